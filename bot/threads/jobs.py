"""What people ask for when they change a conversation."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final, Literal

from bot import words
from bot.queue.job import Asked
from bot.records import Record

Verb = Literal["archive", "reopen", "snooze", "assign_to_me", "assign_to", "claim", "unassign", "take_or_give_back"]
PUTS_AWAY: Final = ("archive", "snooze")


class Wish(Record):
    """How a thread is to be snoozed: `until` then, `even` if they write meanwhile, else until they write `after` then.

    `listed`: it was asked for in a list, which does not show what becomes of it. `reminds`: they replied, and want to
    know when there is no answer.
    """

    until: datetime
    even: bool = False
    after: datetime | None = None
    listed: bool = False
    reminds: bool = False


class Change(Asked, tag="change"):
    """A click on a card or in a list, or a message shortcut: change a thread in Inbox.

    `assign_to` gives it to the member `assignee`; `claim` takes it for who replied, where nobody has it.
    `take_or_give_back` gives it back where `assignee`, whom the card showed, is who asks, else takes it. `snooze`
    archives it for as long as the wish in `snooze` says. `begun` is set before Inbox is asked: whoever takes over then
    asks again, rather than find that it is done already. `seen_in` names the list it was pressed in, if any; where it
    is `listed`, a form was opened there, and the list cannot be drawn anew. `note`: what the new assignee is to read.
    `seen`: when the last message was written that was shown to whoever archives or snoozes it; where they wrote after
    that, it is left open. `unless_after`: the same where that was asked for with a reply. `undo`: it was put away all
    the same, as they wrote at that very moment, and is opened again as soon as Inbox lets it, which is tried
    `since` then; its asker knows of that, unless it is `untold`.
    """

    recorded: ClassVar[tuple[str, str]] = ("{verb}", "{thread_id}")
    patient: ClassVar[bool] = False
    resumed: ClassVar[bool] = True
    waits_in: ClassVar[str] = "thread:{thread_id}"
    verb: Verb
    thread_id: str
    assignee: str = ""
    snooze: Wish | None = None
    begun: bool = False
    told: bool = False
    seen_in: str = ""
    listed: bool = False
    note: str = ""
    unless_after: datetime | None = None
    seen: datetime | None = None
    undo: bool = False
    since: datetime | None = None
    untold: bool = False

    @property
    def pressed(self) -> bool:
        """Whether somebody pressed for it; else it follows a reply."""
        return self.verb != "claim" and self.unless_after is None

    @property
    def last_seen(self) -> datetime | None:
        """When the last message was written that they were shown who want it put away."""
        return self.unless_after or self.seen

    @property
    def listed_wish(self) -> bool:
        """Whether it is to be snoozed by a form that was opened in a list."""
        return self.snooze is not None and self.snooze.listed

    @property
    def line(self) -> str:
        return words.CHANGING.get(self.verb, "") if self._is_known else ""

    @property
    def done(self) -> str:
        return words.CHANGED.get(self.verb, "") if self._is_known else ""

    @property
    def _is_known(self) -> bool:
        """Whether its asker waits for it."""
        return self.pressed and not self.untold
