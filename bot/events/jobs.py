"""What happens in Inbox."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from msgspec import field

from bot.inbox.event import Event
from bot.models import Thread
from bot.queue.job import Background


class Notify(Background, tag="notify"):
    """A message event from Inbox: find out what it says and whether it belongs in a channel.

    In order with what else happens in its conversation, and with nothing else. `looks` counts how often Inbox did not
    show it.
    """

    vital: ClassVar[bool] = True
    event: Event
    looks: int = 0

    @property
    def lane(self) -> str:
        message = self.event.message
        return f"inbound:{self.event.thread_id or (message.thread_id if message else '')}"


class Refresh(Background, tag="refresh"):
    """Something may have changed a thread outside Slack: learn what is true now and draw it.

    `event` or `shown` (a thread in an answer) say what to expect; where the card shows that already, nothing is read.
    """

    waits_in: ClassVar[str] = "thread:{thread_id}"
    thread_id: str
    event: Event | None = None
    shown: Thread | None = None


class Recheck(Background, tag="recheck"):
    """Refresh a thread some seconds later, without holding up what people do with it meanwhile."""

    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "recheck:{thread_id}"
    thread_id: str
    waited: bool = False


class RefreshPerson(Background, tag="refresh_person"):
    """What is noted of a person changed: refresh each thread with them that has a card."""

    event: Event

    @property
    def lane(self) -> str:
        return f"person:{self.event.contact_id or self.event.person_platform_id}"


class Relabel(Background, tag="relabel"):
    """A tag or a status was made, renamed or deleted in Inbox: draw the cards that show it anew, a few at a time.

    `left` are the threads whose cards are still to be drawn; None: they, and its name, are to be looked up first. One
    label after the other, as all their cards share what Slack and Inbox take.
    """

    waits_in: ClassVar[str] = "labels"
    label_id: str
    deleted: bool = False
    left: tuple[str, ...] | None = None


class Digest(Background, tag="digest"):
    """Sum up what happened while the bot was away. An older version said with `stale` that events are lost to the feed.

    `places` are the channels of the threads, as far as they are known; None where a thread is posted nowhere. The
    threads of which Inbox does not tell what rules ask for are `unknown`: they are counted in the default channel.
    Once the list of many was read (`listed`), those that are left are asked for one by one.
    """

    waits_in: ClassVar[str] = "digest"
    stale: bool = False
    places: dict[str, str | None] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    listed: bool = False


class RouteMissed(Background, tag="route_missed"):
    """Show a thread in which somebody wrote while the bot was away, once Inbox tells what the rules ask for.

    Each by itself: none holds up the digest, or another.
    """

    vital: ClassVar[bool] = True
    waits_in: ClassVar[str] = "missed:{thread_id}"
    thread_id: str
    since: datetime


class Outbound(Background, tag="outbound"):
    """Our side wrote in a thread: nobody waits for an answer there any more, unless it was a campaign.

    A campaign's has its turn among the messages, whose channel may depend on it. An answer has a time, which counts
    whenever it is heard of: it waits for no message, or somebody is reminded of what was answered. `message_id` is ""
    where whoever sent it from Slack says so themselves.
    """

    thread_id: str
    written: datetime
    campaign: bool = False
    message_id: str = ""

    @property
    def lane(self) -> str:
        return f"{'inbound' if self.campaign else 'answered'}:{self.thread_id}"


class Ours(Background, tag="ours"):
    """Our side wrote in a thread: show it below the card that the thread has, among what else is written there.

    `looks` as for `Notify`.
    """

    waits_in: ClassVar[str] = "inbound:{thread_id}"
    thread_id: str
    event: Event
    looks: int = 0


class Campaign(Background, tag="campaign"):
    """A campaign wrote in a thread, or was answered there."""

    waits_in: ClassVar[str] = "inbound:{thread_id}"
    thread_id: str


class Sync(Background, tag="sync"):
    """Read the event feed after the stored cursor."""

    logged: ClassVar[bool] = False
    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "sync"


class LookAtBuried(Background, tag="look_at_buried"):
    """Ask Inbox for the conversations whose cards say that they are deleted; `left` are those not asked for yet."""

    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "buried"
    left: tuple[str, ...] | None = None
