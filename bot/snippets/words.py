"""What people read of saved replies, as Slack mrkdwn; what stands beside a field or in a menu is plain text."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from bot.snippets.places import PLACES, unfilled
from bot.text import plain
from bot.words import EMPTY_TEXT_FIELD

NONE_YET: Final = "There are no saved replies yet. *New saved reply* makes one, and *Reply* and `/dm` offer it."
NO_NAME: Final = "Give it a name to find it by."
NO_TEXT: Final = "Write the text."
NAME_TAKEN: Final = "Nothing is saved yet: there is a saved reply of that name already. Choose another name."
GONE_MEANWHILE: Final = "Somebody removed that saved reply meanwhile. *Save* creates it again."
GONE: Final = "Somebody removed that saved reply meanwhile. Choose another one."
GONE_TEXT_KEPT: Final = "Somebody removed that saved reply meanwhile. Your text is as it was."
FULL: Final = "Nothing is saved yet: there is no room for more saved replies. Remove one first."
TEAMS: Final = "It is the team's: an admin can change it."
EVERYBODY, MYSELF = "Everybody", "Only me"
EXPLAINED: Final = (
    "Filled in when it is chosen: `{first_name}`, `{name}` and `{handle}` of the person, `{me}`, and `{account}` that "
    "sends. `{first_name|there}` says *there* to somebody without a name."
)


def form_too_old(missing: Collection[str]) -> str:
    """The saved reply follows, to copy; `missing` are its places without a value."""
    left = f"fill in {_named(missing)} and copy it" if missing else "to copy"
    return f"That form was open for too long, so I couldn't write into it. This is the saved reply, {left}:"


def _named(missing: Collection[str]) -> str:
    return ", ".join(f"`{{{one}}}`" for one in sorted(missing))


def saved(name: str) -> str:
    return f"✅ *{plain(name, 100)}* is saved."


def removed(name: str) -> str:
    return f"*{plain(name, 100)}* is removed."


def changed_meanwhile(who: str) -> str:
    """`who` is a mention, or "" where nobody is known."""
    return (
        f"⚠️ {who or 'Somebody'} changed it while you had it open, so nothing of yours is saved yet. Theirs is "
        "below, yours is in the form: *Save* puts yours in its place."
    )


def changed_before_removing(who: str) -> str:
    """The same where it was to be removed."""
    return f"⚠️ {who or 'Somebody'} changed it while you had it open, so it is not removed. This is how it is now."


def not_saved(name: str) -> str:
    return f"You closed the form before I could ask, and *{plain(name, 100)}* is not saved. This is what you wrote:"


def theirs(name: str) -> str:
    return f"*{plain(name, 100)}* is now:"


def unknown_place(place: str) -> str:
    """Beside a field."""
    known = ", ".join(f"{{{one}}}" for one in PLACES)
    return f"I don't know {place}. There are {known}. Write braces that are code between backticks: `{{x}}`."


def no_value(place: str) -> str:
    """Beside a field; `place` with the words around it."""
    return (
        f"There is a place that I couldn't fill in: “{place}”. Write what belongs there, or take it out; write braces "
        "that are code alone between backticks."
    )


def unsendable(said: str, missing: Collection[str] = ()) -> str:
    """Beside its field, why what somebody wrote can't be sent; "" where it can. `missing` as for `unfilled`."""
    if left := unfilled(said, missing):
        return no_value(left)
    return "" if said.strip() else EMPTY_TEXT_FIELD


def too_long(name: str, over: int, most: int) -> str:
    """It does not fit behind what is written, by `over` characters."""
    more = "1 character" if over == 1 else f"{over:,} characters"
    return (
        f"*{plain(name, 100)}* is {more} too long here, where {most:,} fit. Shorten what you wrote, or choose another."
    )
