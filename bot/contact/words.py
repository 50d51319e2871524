"""What a person reads about a contact, as Slack mrkdwn; the rest is in `bot.words`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.facts import ContactChange, Fact, Value
from bot.text import money, plain

NAMES: Final[Mapping[str, str]] = {
    "status": "status", "valuation": "value", "notes": "notes", "assignee": "default assignee", "tags": "tags",
}  # fmt: skip
GONE = "That contact was deleted in Inbox, so nothing was saved."
NO_CONTACT = (
    "Inbox names no contact for this person in the version of its API that I use (v1), so I can neither show nor "
    "change one. Open the conversation in Inbox and change it there."
)
NOT_SHOWN = "Inbox isn't answering, so I can't show the contact. Try again in a minute."
NOTHING = "Inbox already has it that way, so there was nothing to save."
NOTED_ALREADY = "That is already in the contact's notes."
EMPTY_NOTE = "There are no words in that message that I could put into the notes."
TALK_GONE = "That is too long ago: I no longer have what was said. Choose *This message…* on it again."
TOO_OLD = "This form was opened more than a day ago. Copy what you wrote, close it, and open Contact… again."
FRESH_LIST = "The form now has the current list."
BAD_VALUE = "Write a number, such as 1500 or 99.50, or leave it empty."
NO_STATUSES = "Your team has no statuses. Add some in Inbox."
NO_TAGS = "Your team has no tags. Add some in Inbox."
LONG_NOTES = "The notes are too long for a form in Slack; this is how they end. Change them in Inbox."
ASSIGNEE_HINT = "Gets this contact's conversations that are assigned to nobody else."
ASSIGNEE_UNKNOWN = "As it is (Inbox doesn't tell me who)"
_GAVE_UP = "Inbox didn't answer for 10 minutes, so I stopped trying."


def gave_up(*, begun: bool) -> str:
    """`begun`: Inbox was asked to change something, and what came of that is not known."""
    if begun:
        return f"{_GAVE_UP} Whether it was saved I can't tell: open the contact and look."
    return f"{_GAVE_UP} Nothing was saved."


def saved(name: str, change: ContactChange, named: Mapping[str, str], currency: str) -> str:
    """`named` are names by id of what was chosen."""
    parts = [_fact(fact, value, named, currency) for fact, value in change.facts.items()]
    tags = [*(f"+ {_named(one, named)}" for one in change.add), *(f"− {_named(one, named)}" for one in change.remove)]  # noqa: RUF001 - a minus
    parts += [f"tags {', '.join(tags)}"] if tags else []
    return f"Saved for *{plain(name, 150)}*: {'; '.join(parts)}."


def clash(fact: Fact, theirs: Value, mine: Value, named: Mapping[str, str], currency: str) -> str:
    """Somebody else changed what was changed here; the notes, which are long, are shown elsewhere."""
    if fact == "notes":
        return "Somebody changed the notes after you opened the form."
    now, wanted = _said(theirs, named, currency), _said(mine, named, currency)
    return (
        f"Somebody changed the {NAMES[fact]} after you opened the form: it is {now} in Inbox now, you chose {wanted}."
    )


def nothing_saved(clashes: Sequence[str]) -> str:
    return " ".join([*clashes, "Nothing was saved. Look at the form, and save again."])


def partly(done: ContactChange, clashes: Sequence[str], refusals: Sequence[str]) -> str:
    """What was saved, if anything, and why the rest was not."""
    kept = f"Saved: {named_parts(done)}." if not done.is_empty else "Nothing was saved."
    return " ".join([*clashes, *refusals, kept, "The rest is still in the form."])


def no_longer(kind: str, name: str) -> str:
    """A tag or status that was chosen is gone."""
    return f"The {kind} *{plain(name, 60)}* no longer exists in Inbox."


def refused(parts: str, why: str) -> str:
    return f"Not saved: {parts}. {why}"


def named_parts(change: ContactChange, named: Mapping[str, str] | None = None) -> str:
    """`status, value, tag *VIP*`: what a change is about."""
    tags = [f"tag {_named(one, named)}" for one in (*change.add, *change.remove)] if named is not None else ["tags"]
    return ", ".join([*(NAMES[one] for one in change.facts), *(tags if change.add or change.remove else [])])


def _fact(fact: Fact, value: Value, named: Mapping[str, str], currency: str) -> str:
    return NAMES[fact] if fact == "notes" else f"{NAMES[fact]} {_said(value, named, currency)}"


def _said(value: Value, named: Mapping[str, str], currency: str) -> str:
    if value is None:
        return "*none*"
    return f"*{money(value, currency)}*" if isinstance(value, float) else _named(value, named)


def _named(about: str, named: Mapping[str, str]) -> str:
    return f"*{plain(named[about], 60)}*" if about in named else "another one"
