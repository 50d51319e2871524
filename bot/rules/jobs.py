"""What follows from a message because a rule says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Self

from bot.queue.job import Background, Later, utc_now


class Aside(Background):
    """What may have to wait: it `waits`, `until` then, in a lane of its own, beside that of what people do."""

    waits: bool = False
    until: datetime | None = None

    def later(self, until: datetime) -> Self:
        return self.having(waits=True, until=until)

    def back(self) -> Self:
        """The same where it is done. Raises `Later` before its time."""
        if self.until and (left := (self.until - utc_now()).total_seconds()) > 0:
            raise Later(left, self)
        return self.having(waits=False, until=None)

    def tried(self, pauses: Sequence[float], seconds: float | None = None) -> Self:
        """The same for another try, in so many seconds, or else by how often it was tried."""
        wait = pauses[min(self.tries, len(pauses) - 1)] if seconds is None else seconds
        again = self.having(tries=self.tries + 1)
        return again.later(utc_now() + timedelta(seconds=wait))


class AssignByRule(Aside, tag="assign_by_rule"):
    """Assign a conversation that nobody has to whoever's turn it is in the rule with the id `rule`.

    The turn is taken once for the message `message_id`. It `waits` for a volunteer, or while Inbox or Slack is away,
    `until` then, beside the lane of the thread, in which people's clicks are done. `channel` is where its card is to
    be, "" for nowhere.
    """

    thread_id: str
    message_id: str
    rule: str
    channel: str = ""

    @property
    def lane(self) -> str:
        return f"assigning:{self.thread_id}:{self.message_id}" if self.waits else f"thread:{self.thread_id}"


class NobodyFree(Background, tag="nobody_free"):
    """Tell a channel that nobody whom a rule names is free, so that the thread stays unassigned; once until one is.

    It asks Inbox: beside the lane of what else is said in the channel, which Inbox does not hold up.
    """

    waits_in: ClassVar[str] = "nobody-free:{channel}"
    channel: str
    rule: str
    thread_id: str


class MentionByRule(Aside, tag="mention_by_rule"):
    """Mention whom the rule with the id `rule` names below the card of a thread, once for a wait.

    After the post that shows the message. In quiet hours it `waits`, `until` then, beside the lane of the posts.
    """

    thread_id: str
    message_id: str
    rule: str

    @property
    def lane(self) -> str:
        return f"mentioning:{self.thread_id}:{self.message_id}" if self.waits else f"posts:{self.thread_id}"


class MentionsLeft(Background, tag="mentions_left"):
    """Sum up in one post whom rules wanted to mention in a channel that had as many mentions as it bears."""

    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "mentions:{channel}"
    channel: str


class NoteByRule(Aside, tag="note_by_rule"):
    """Give the contact of a thread the tags and, with `status`, the status of the rule with the id `rule`, once.

    While Inbox is away it `waits`, `until` then, beside the lane in which people change the contact. `begun` is set
    before Inbox is asked to change anything.
    """

    thread_id: str
    contact_id: str
    rule: str
    status: bool = False
    begun: bool = False

    @property
    def lane(self) -> str:
        return f"noting:{self.thread_id}:{self.rule}" if self.waits else f"contact:{self.contact_id}"


class Judge(Background, tag="judge"):
    """Do what the rules say about what somebody wrote in a thread while the bot was away; `channel` is its card's."""

    waits_in: ClassVar[str] = "judging:{thread_id}"
    thread_id: str
    channel: str = ""
