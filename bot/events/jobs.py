"""What happens in Inbox."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from bot.inbox.event import Event
from bot.models import Thread
from bot.queue.job import Background


class Notify(Background):
    """A message event from Inbox: find out what it says and whether it belongs in a channel.

    In order with what else happens in its conversation, and with nothing else.
    """

    kind: Literal["notify"] = "notify"
    event: Event

    @property
    def lane(self) -> str:
        message = self.event.message
        return f"inbound:{self.event.thread_id or (message.thread_id if message else '')}"


class Refresh(Background):
    """Something may have changed a thread outside Slack: learn what is true now and draw it.

    `event` or `shown` (a thread in an answer) say what to expect; where the card shows that already, nothing is read.
    """

    waits_in: ClassVar[str] = "thread:{thread_id}"
    kind: Literal["refresh"] = "refresh"
    thread_id: str
    event: Event | None = None
    shown: Thread | None = None


class Recheck(Background):
    """Refresh a thread some seconds later, without holding up what people do with it meanwhile."""

    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "recheck:{thread_id}"
    kind: Literal["recheck"] = "recheck"
    thread_id: str
    waited: bool = False


class RefreshPerson(Background):
    """What is noted of a person changed: refresh each thread with them that has a card."""

    kind: Literal["refresh_person"] = "refresh_person"
    event: Event

    @property
    def lane(self) -> str:
        return f"person:{self.event.contact_id or self.event.person_platform_id}"


class Digest(Background):
    """Sum up what happened while the bot was away. `stale` when that was longer than Inbox keeps its events.

    `places` are the channels of the threads, as far as they are known; None where a thread is posted nowhere.
    """

    waits_in: ClassVar[str] = "digest"
    kind: Literal["digest"] = "digest"
    stale: bool = False
    places: dict[str, str | None] = Field(default_factory=dict)


class Outbound(Background):
    """Our side wrote in a thread: nobody waits for an answer there any more, unless it was a campaign.

    A campaign's has its turn among the messages, whose channel may depend on it. An answer has a time, which counts
    whenever it is heard of: it waits for no message, or somebody is reminded of what was answered. `message_id` is ""
    where whoever sent it from Slack says so themselves.
    """

    kind: Literal["outbound"] = "outbound"
    thread_id: str
    written: datetime
    campaign: bool = False
    message_id: str = ""

    @property
    def lane(self) -> str:
        return f"{'inbound' if self.campaign else 'answered'}:{self.thread_id}"


class Ours(Background):
    """Our side wrote in a thread: show it below the card that the thread has, among what else is written there."""

    waits_in: ClassVar[str] = "inbound:{thread_id}"
    kind: Literal["ours"] = "ours"
    thread_id: str
    event: Event


class Campaign(Background):
    """A campaign wrote in a thread, or was answered there."""

    waits_in: ClassVar[str] = "inbound:{thread_id}"
    kind: Literal["campaign"] = "campaign"
    thread_id: str


class Sync(Background):
    """Read the event feed after the stored cursor."""

    logged: ClassVar[bool] = False
    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "sync"
    kind: Literal["sync"] = "sync"


class LookAtBuried(Background):
    """Ask Inbox for the conversations whose cards say that they are deleted; `left` are those not asked for yet."""

    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "buried"
    kind: Literal["look_at_buried"] = "look_at_buried"
    left: tuple[str, ...] | None = None
