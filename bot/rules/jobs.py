"""What follows from a message because a rule says so."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from bot.queue.job import Background


class AssignByRule(Background):
    """Assign a conversation that nobody has to whoever's turn it is in the rule with the id `rule`.

    The turn is taken once for the message `message_id`. It `waits` for a volunteer, or while Inbox or Slack is away,
    `until` then, beside the lane of the thread, in which people's clicks are done. `channel` is where its card is to
    be, "" for nowhere.
    """

    kind: Literal["assign_by_rule"] = "assign_by_rule"
    thread_id: str
    message_id: str
    rule: str
    channel: str = ""
    waits: bool = False
    until: datetime | None = None

    @property
    def lane(self) -> str:
        return f"assigning:{self.thread_id}:{self.message_id}" if self.waits else f"thread:{self.thread_id}"


class NobodyFree(Background):
    """Tell a channel that nobody whom a rule names is free, so that the thread stays unassigned; once until one is."""

    waits_in: ClassVar[str] = "channel:{channel}"
    kind: Literal["nobody_free"] = "nobody_free"
    channel: str
    rule: str
    thread_id: str


class Judge(Background):
    """Do what the rules say about what somebody wrote in a thread while the bot was away; `channel` is its card's."""

    waits_in: ClassVar[str] = "judging:{thread_id}"
    kind: Literal["judge"] = "judge"
    thread_id: str
    channel: str = ""
