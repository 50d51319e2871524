"""What is shown of conversations in channels."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from msgspec import field

from bot.models import Message
from bot.queue.job import Asker, Background, Job
from bot.records import Record
from bot.waits.jobs import Notice


class Attempt(Record):
    """A post that may have been made: of which messages, where, and when. `old` is where the card was before.

    `notice` is who was to notice by it that somebody begins to wait. It is found by its `mark`, else by the first id.
    """

    ids: tuple[str, ...]
    channel: str
    thread_ts: str | None = None
    at: datetime
    old: tuple[str, str] | None = None
    notice: Notice = Notice()
    mark: str = ""


class Post(Background, tag="post"):
    """Show what waits to be shown of a conversation: as a new card, or below the card that the thread already has.

    `message` is what it was asked for; it waits with the others where `waits` says so, which older versions never do.
    `attempt` is written down before it is made. Where it `opens` the card's thread, what stands on the card alone goes
    below it, though nothing waits. `alone`: the next post shows one message, as Slack refused several together.
    `ahead`: it goes before what was missed, which Inbox does not tell.
    """

    merge: ClassVar[bool] = True
    vital: ClassVar[bool] = True
    waits_in: ClassVar[str] = "posts:{thread_id}"
    channel: str
    thread_id: str
    message: Message
    waits: bool = False
    opens: bool = False
    alone: bool = False
    ahead: bool = False
    attempt: Attempt | None = None

    @property
    def once(self) -> str | None:
        return None if self.waits else f"message:{self.message.id}"


class Amend(Background, tag="amend"):
    """A message was edited, deleted or reacted to: show it as it is now, where it is shown.

    First it waits until what came before it was found out (`in_turn`): the message itself may be among that. Then it
    has its turn among the posts, none of which shows meanwhile what was read before; `aside` of them it waits for a
    message that is on its way.
    """

    thread_id: str
    message_id: str
    deleted: bool = False
    in_turn: bool = False
    aside: bool = False

    @property
    def lane(self) -> str:
        place = "amend" if self.aside else "posts" if self.in_turn else "inbound"
        return f"{place}:{self.thread_id}"


class Announce(Background, tag="announce"):
    """Say to a whole channel what was missed, and then show the `threads`, by the time of the first message in each."""

    waits_in: ClassVar[str] = "announce:{channel}"
    channel: str
    text: str
    threads: dict[str, datetime] = field(default_factory=dict)


class Missed(Background, tag="missed"):
    """Show a thread in which somebody wrote while the bot was away: its card, and what was written since.

    `attempt` is written down before it is made, of the card or of the post below it.
    """

    vital: ClassVar[bool] = True
    waits_in: ClassVar[str] = "posts:{thread_id}"
    channel: str
    thread_id: str
    since: datetime
    attempt: Attempt | None = None


class Render(Job, tag="render"):
    """Draw a thread's card anew from what is known now."""

    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "card:{thread_id}"
    thread_id: str


class Move(Background, tag="move"):
    """Post a thread's card anew in a channel, and close the old one.

    `mover` moved it by hand and is told. Once there is a new card, `posted` is its ts, and `old` the place it had.
    `message` is what older versions moved it for: now the messages that wait say where their card belongs (`Post`).
    """

    waits_in: ClassVar[str] = "posts:{thread_id}"
    channel: str
    thread_id: str
    message: Message | None = None
    mover: Asker | None = None
    posted: str = ""
    old: tuple[str, str] | None = None

    @property
    def once(self) -> str | None:
        return f"message:{self.message.id}" if self.message else None


class Lost(Background, tag="lost"):
    """The thread's card at `place` was deleted in Slack: a new one comes where somebody waits.

    `stray` is what was to stand below it, and must not stay where it is.
    """

    waits_in: ClassVar[str] = "posts:{thread_id}"
    thread_id: str
    place: tuple[str, str]
    stray: tuple[str, str] | None = None


class Leave(Job, tag="leave"):
    """Close the card that a thread had at `old`, with a link to the one it has now.

    It waits `aside` for a channel that takes no changes: else the new card would not be drawn so long.
    """

    thread_id: str
    old: tuple[str, str]
    aside: bool = False

    @property
    def lane(self) -> str:
        return f"left:{':'.join(self.old)}" if self.aside else f"card:{self.thread_id}"


class LookAtSharing(Background, tag="look_at_sharing"):
    """Ask Slack whether another organisation reads the channel; without one, each in which something stands."""

    logged: ClassVar[bool] = False
    waits_in: ClassVar[str] = "sharing:{channel}"
    channel: str = ""


class Redraw(Background, tag="redraw"):
    """Draw all that stands in a channel anew, as who reads it has changed: newest first, a few at a time.

    `done` counts what was drawn of what was collected; None: nothing is collected yet. `told`: the admins know of it.
    `alone`: one at a time, as a portion failed.
    """

    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "redraw:{channel}"
    channel: str
    done: int | None = None
    told: bool = False
    alone: bool = False

    def after(self, count: int, *, alone: bool = False) -> Redraw:
        """The job that goes on past `count` more, for which what has failed until now does not count."""
        fresh = {"done": (self.done or 0) + count, "alone": alone, "tries": 0, "failures": 0, "deaths": 0}
        return self.having(**fresh)


class RenderBelow(Background, tag="render_below"):
    """Draw a post below the thread's card anew from what is known of the messages that it shows.

    It waits `aside` for a channel that takes no changes: the card may be in another one by then.
    """

    thread_id: str
    place: tuple[str, str]
    aside: bool = False

    @property
    def lane(self) -> str:
        return f"below:{':'.join(self.place)}" if self.aside else f"posts:{self.thread_id}"
