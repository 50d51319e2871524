"""Doing one thing with many conversations."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from msgspec import field

from bot.models import Thread
from bot.queue.job import Asked, Filled, Job
from bot.records import Record
from bot.threads.jobs import Wish

Act = Literal["archive", "assign", "tag", "snooze"]
How = Literal["done", "already", "fresh", "taken", "kept", "gone", "failed", "unsure"]
"""What became of a conversation: `fresh` had a new message and stays; `taken` was taken by a colleague since the list
was drawn, and stays theirs; `kept` has its contact's assignee as before; of what is `unsure`, Inbox was asked, and
nobody knows what became of it."""


class Wanted(Record):
    """`assign` gives to the member `assignee`, "" for nobody; `tag` adds `tags` (names by id); `snooze`: until when."""

    act: Act
    assignee: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    snooze: Wish | None = None


class OpenBulk(Filled, tag="open_bulk"):
    """Fill the loading view in which somebody says how, for those that are ticked in the list `seen_in`.

    `turn` is how far the list had come when what Slack shows of it was drawn; None for unknown.
    """

    recorded: ClassVar[tuple[str, str]] = ("bulk {act}", "")
    act: Act
    seen_in: str
    turn: int | None = None


class BeginBulk(Asked, tag="begin_bulk"):
    """Do it with those that are ticked in the list `seen_in`; `turn` as for `OpenBulk`."""

    patient: ClassVar[bool] = False
    says: ClassVar[str] = ""  # how far it is, is said at once
    waits_in: ClassVar[str] = "shown:{asker.user}"
    wanted: Wanted
    seen_in: str
    turn: int | None = None

    @property
    def described(self) -> tuple[str, str]:
        return f"bulk {self.wanted.act}", ""


class Ticked(Record):
    """A conversation, and when the last message was written that the list showed of it.

    `has` is the member whom the list showed as assignee, "" for nobody, None for unknown.
    """

    thread_id: str
    seen: datetime | None = None
    has: str | None = None


class Bulk(Asked, tag="bulk"):
    """The one job that goes from conversation to conversation, with the background's share of Inbox's quota.

    It is worked in the lane of the conversation that is first in `left`, where people's clicks wait too; so where it
    has to wait for Inbox, it `waits` beside it for `rests` seconds. `how` has what became of the others, in order,
    `why` the reason of the first that failed, and `came` those that had a new message, as Inbox showed them. `begun`
    is set before Inbox is asked to change the first of `left`: whoever takes over then finds it done or not, which is
    found out before a *Stop* counts. `told` is when its person last heard how far it is.
    """

    background: ClassVar[bool] = True
    says: ClassVar[str] = ""
    id: str
    wanted: Wanted
    seen_in: str
    left: tuple[Ticked, ...]
    how: dict[str, How] = field(default_factory=dict)
    why: str = ""
    came: tuple[Thread, ...] = ()
    begun: bool = False
    told: datetime | None = None
    waits: bool = False
    rests: float = 0.0
    slept: bool = False

    @property
    def lane(self) -> str:
        return f"bulk:{self.id}" if self.waits or not self.left else f"thread:{self.left[0].thread_id}"

    @property
    def described(self) -> tuple[str, str]:
        return f"bulk {self.wanted.act}", ""

    def after(self, how: How, why: str = "", came: Thread | None = None) -> Bulk:
        """The job that goes on with the next conversation, after the first of `left` came out so."""
        first, *rest = self.left
        return self.having(
            left=tuple(rest),
            how={**self.how, first.thread_id: how},
            why=self.why or why,
            came=(*self.came, came) if came else self.came,
            begun=False,
            tries=0,
            failures=0,
            deaths=0,
        )


class StopBulk(Asked, tag="stop_bulk"):
    """Let it end with the conversation that is in hand; `id` is the `Bulk`'s."""

    patient: ClassVar[bool] = False
    says: ClassVar[str] = ""  # what it stops says so
    waits_in: ClassVar[str] = "stop:{id}"
    id: str

    @property
    def stopped(self) -> Bulk:
        """What it stops, as it lies in its lane while it waits for Inbox."""
        return Bulk(id=self.id, wanted=Wanted(act="archive"), seen_in="", left=(), asker=self.asker)


class EndBulk(Asked, tag="end_bulk"):
    """Draw the list `seen_in` with what became of `threads` in it; `said` is that in words (mrkdwn).

    `came` are those that had a new message, which their cards may not say.
    """

    noted: ClassVar[bool] = False
    patient: ClassVar[bool] = False
    says: ClassVar[str] = ""
    waits_in: ClassVar[str] = "shown:{asker.user}"
    id: str
    seen_in: str
    threads: tuple[str, ...]
    said: str
    came: tuple[Thread, ...] = ()


class TellAssigned(Job, tag="tell_assigned"):
    """A colleague, `by` name, gave `count` conversations to `member_id`: tell them once, if they want to know."""

    waits_in: ClassVar[str] = "assigned:{member_id}"
    member_id: str
    by: str
    count: int
