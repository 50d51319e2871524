"""What is known of a thread and shown on its card: the thread, its latest message, and who did what to it last."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from bot.models import Message, Thread
from bot.records import Record


class Note(Record):
    """Who did something to a thread, and when. `who` is None when it was done outside Slack: Inbox names no actor.

    `member` is the Inbox member as whom they acted; "" where that is not kept, or a rule did it.
    """

    who: str | None = None
    member: str = ""
    at: datetime

    def is_by(self, member: str, name: str | None) -> bool:
        """Whether that member did it. Versions before 2026-12 wrote down the name alone."""
        return self.member == member if self.member else self.who is not None and self.who == name


State = Literal["waiting", "answered", "archived", "snoozed", "gone"]


class Snoozed(Record):
    """A thread that is put aside: archived, until it is reopened.

    `by` and `name` are who did it, a Slack user who acts as the Inbox member `member`, `at` then. A message that was
    written later than `after`, the newest that they could know, ends it, unless it is to last `even` then. `waking` is
    set before Inbox is asked to reopen the thread; `reminds`: they replied, and wait for an answer.
    """

    id: str
    until: datetime
    by: str
    member: str
    name: str
    at: datetime
    after: datetime
    even: bool = False
    waking: bool = False
    reminds: bool = False


class Card(Record):
    """All that a thread's card in Slack shows, apart from the names of its account and assignee.

    `waiting_since` is when the first message was written that nobody has answered; None where nobody waits.
    `woken`: when it was last no longer snoozed.
    `status`, `tagged` and `valued` tell who changed its contact's status, tags and value. `rested`: nothing changed for
    a week, and what it said is asked of Inbox again when it is needed; `said` is when that was written, None for
    unknown.
    """

    thread: Thread
    latest: Message | None = None
    archived: Note | None = None
    assigned: Note | None = None
    answered: Note | None = None
    waiting_since: datetime | None = None
    woken: datetime | None = None
    snoozed: Snoozed | None = None
    status: Note | None = None
    tagged: Note | None = None
    valued: Note | None = None
    gone: bool = False
    rested: bool = False
    said: datetime | None = None

    @property
    def owed_since(self) -> datetime | None:
        """Since when an answer is owed, from which a target counts: nobody waits for one while it is snoozed."""
        return max(self.waiting_since, self.woken or self.waiting_since) if self.waiting_since else None

    @property
    def their_last(self) -> Message | None:
        """What the person wrote last, as far as that is kept."""
        return self.latest or self.thread.their_last

    @property
    def state(self) -> State:
        """What comes first about it. What was written after it was archived waits, whatever Inbox shows."""
        if self.gone:
            return "gone"
        if self.snoozed:
            return "snoozed"
        if self.waiting_since:
            return "waiting"
        return "archived" if self.thread.archived else "answered"
