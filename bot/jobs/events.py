"""What happens in Inbox, what is shown of it in channels, and what is due."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from bot.jobs.base import Asker, Base
from bot.models import Event, Message, Record, Thread


class Notify(Base):
    """A message event from Inbox: find out what it says and whether it belongs in a channel.

    In order with what else happens in its conversation, and with nothing else.
    """

    background: ClassVar[bool] = True
    kind: Literal["notify"] = "notify"
    event: Event

    @property
    def lane(self) -> str:
        message = self.event.message
        return f"inbound:{self.event.thread_id or (message.thread_id if message else '')}"


class Refresh(Base):
    """Something may have changed a thread outside Slack: learn what is true now and draw it.

    `event` or `shown` (a thread in an answer) say what to expect; where the card shows that already, nothing is read.
    """

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "thread:{thread_id}"
    kind: Literal["refresh"] = "refresh"
    thread_id: str
    event: Event | None = None
    shown: Thread | None = None


class Recheck(Base):
    """Refresh a thread some seconds later, without holding up what people do with it meanwhile."""

    merge: ClassVar[bool] = True
    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "recheck:{thread_id}"
    kind: Literal["recheck"] = "recheck"
    thread_id: str
    waited: bool = False


class RefreshPerson(Base):
    """A person's default assignee, tags or status changed: refresh each thread with them that has a card."""

    background: ClassVar[bool] = True
    kind: Literal["refresh_person"] = "refresh_person"
    event: Event

    @property
    def lane(self) -> str:
        return f"person:{self.event.contact_id or self.event.person_platform_id}"


class Attempt(Record):
    """A post that may have been made: of which messages, where, and when. `old` is where the card was before."""

    ids: tuple[str, ...]
    channel: str
    thread_ts: str | None = None
    at: datetime
    old: tuple[str, str] | None = None


class Post(Base):
    """Show what waits to be shown of a conversation: as a new card, or below the card that the thread already has.

    `message` is what it was asked for; it waits with the others where `waits` says so, which older versions never do.
    `attempt` is written down before it is made.
    """

    merge: ClassVar[bool] = True
    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "posts:{thread_id}"
    kind: Literal["post"] = "post"
    channel: str
    thread_id: str
    message: Message
    waits: bool = False
    attempt: Attempt | None = None

    @property
    def once(self) -> str | None:
        return None if self.waits else f"message:{self.message.id}"


class Amend(Base):
    """A message was edited, deleted or reacted to: show it as it is now, where it is shown.

    First it waits until what came before it was found out (`in_turn`): the message itself may be among that.
    """

    background: ClassVar[bool] = True
    kind: Literal["amend"] = "amend"
    thread_id: str
    message_id: str
    deleted: bool = False
    in_turn: bool = False

    @property
    def lane(self) -> str:
        return f"{'amend' if self.in_turn else 'inbound'}:{self.thread_id}"


class Digest(Base):
    """Sum up what happened while the bot was away. `stale` when that was longer than Inbox keeps its events.

    `places` are the channels of the threads, as far as they are known; None where a thread is posted nowhere.
    """

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "digest"
    kind: Literal["digest"] = "digest"
    stale: bool = False
    places: dict[str, str | None] = Field(default_factory=dict)


class Announce(Base):
    """Say to a whole channel what was missed, and then show the `threads`, by the time of the first message in each."""

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "announce:{channel}"
    kind: Literal["announce"] = "announce"
    channel: str
    text: str
    threads: dict[str, datetime] = Field(default_factory=dict)


class Missed(Base):
    """Show a thread in which somebody wrote while the bot was away: its card, and what was written since."""

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "posts:{thread_id}"
    kind: Literal["missed"] = "missed"
    channel: str
    thread_id: str
    since: datetime


class Render(Base):
    """Draw a thread's card anew from what is known now."""

    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "card:{thread_id}"
    kind: Literal["render"] = "render"
    thread_id: str


class Outbound(Base):
    """Our side wrote in a thread: nobody waits for an answer there any more, unless it was a campaign.

    A campaign's has its turn among the messages, whose channel may depend on it. An answer has a time, which counts
    whenever it is heard of: it waits for no message, or somebody is reminded of what was answered.
    """

    background: ClassVar[bool] = True
    kind: Literal["outbound"] = "outbound"
    thread_id: str
    written: datetime
    campaign: bool = False

    @property
    def lane(self) -> str:
        return f"{'inbound' if self.campaign else 'answered'}:{self.thread_id}"


class Campaign(Base):
    """A campaign wrote in a thread, or was answered there."""

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "inbound:{thread_id}"
    kind: Literal["campaign"] = "campaign"
    thread_id: str


class Move(Base):
    """Post a thread's card anew in a channel, and close the old one.

    `mover` moved it by hand and is told. Once there is a new card, `posted` is its ts, and `old` the place it had.
    `message` is what older versions moved it for: now the messages that wait say where their card belongs (`Post`).
    """

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "posts:{thread_id}"
    kind: Literal["move"] = "move"
    channel: str
    thread_id: str
    message: Message | None = None
    mover: Asker | None = None
    posted: str = ""
    old: tuple[str, str] | None = None

    @property
    def once(self) -> str | None:
        return f"message:{self.message.id}" if self.message else None


class Leave(Base):
    """Close the card that a thread had at `old`, with a link to the one it has now."""

    waits_in: ClassVar[str] = "card:{thread_id}"
    kind: Literal["leave"] = "leave"
    thread_id: str
    old: tuple[str, str]


class Count(Base):
    """For the figures: a message came or went out, or a thread was closed, at `when`, in the order of the events.

    `member` is who wrote it, where that is certain.
    """

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "count:{thread_id}"
    kind: Literal["count"] = "count"
    what: Literal["received", "sent", "closed"]
    thread_id: str
    when: datetime
    message_id: str = ""
    member: str = ""


class Due(Base):
    """Look at the threads in which somebody may have waited long enough, and at the channels' mornings."""

    merge: ClassVar[bool] = True
    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "due"
    kind: Literal["due"] = "due"


class Nudge(Base):
    """Remind a channel, or a person in a direct message (`channel` is their id), of threads that wait.

    `threads` maps each to the time of the first message that nobody answered and nobody was reminded of.
    """

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "channel:{channel}"
    kind: Literal["nudge"] = "nudge"
    channel: str
    threads: dict[str, float]


class Morning(Base):
    """A channel's digest of the day `day` (ISO), by its own clock."""

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "channel:{channel}"
    kind: Literal["morning"] = "morning"
    channel: str
    day: str

    @property
    def once(self) -> str | None:
        return f"morning:{self.channel}:{self.day}"


class Sync(Base):
    """Read the event feed after the stored cursor."""

    merge: ClassVar[bool] = True
    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "sync"
    kind: Literal["sync"] = "sync"


class LookAtBuried(Base):
    """Ask Inbox for the conversations whose cards say that they are deleted; `left` are those not asked for yet."""

    merge: ClassVar[bool] = True
    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "buried"
    kind: Literal["look_at_buried"] = "look_at_buried"
    left: tuple[str, ...] | None = None
