"""What people read of what rules do, as Slack mrkdwn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from bot.slack.blocks import Msg, section
from bot.text import clip, plain, when_long

_NAMED: Final = 12  # people, in one sentence

AWAY_USAGE: Final = (
    "I don't understand until when. Say `/inbox away until Mon`, `until tomorrow 14:00`, `until 1 Dec`, `for 2 days`, "
    "or `/inbox away` alone until you say `/inbox back`."
)
AWAY_OVER: Final = "That time is over. Say one that is still to come."
AWAY_FAR: Final = "That is more than a year ahead. Say `/inbox away` alone: it lasts until you say `/inbox back`."
FOUND_NOBODY: Final = "wanted to assign it, but nobody whom it names was free"


class Somebody(Protocol):
    """One whom a rule names, and why they get nothing: `bot.rules.available.Candidate`."""

    @property
    def name(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def until(self) -> datetime | None: ...


def rule(number: int) -> str:
    """On a card, behind *by*."""
    return f"rule {number}"


def assigned_it(name: str) -> str:
    return f"assigned it to *{plain(name, 100)}*"


def away(until: datetime | None) -> str:
    """To somebody who is away from now on."""
    if until is None:
        return "You are away: rules assign you nothing until you say `/inbox back`."
    return f"You are away until {when_long(until)}: until then rules assign you nothing. `/inbox back` ends it."


def back(*, was: bool) -> str:
    return "You are back: rules assign you conversations again." if was else "You were not away: rules may assign you."


def reason(one: Somebody) -> str:
    """`Ana is away until 30 Nov, 9:00`."""
    until = f" until {when_long(one.until)}" if one.until else ""
    why = {
        "away": f"is away{until}",
        "quiet": f"has quiet hours{until}",
        "seat": "has no seat in Inbox",
        "full": "has as many open conversations as the rule allows",
    }.get(one.why, "is free")
    return f"{plain(one.name, 60)} {why}"


def nobody_free(number: int, said: str, everybody: Sequence[Somebody], who: str, link: str | None) -> str:
    """In a channel; `said` is the rule, `who` the person whose conversation stays unassigned."""
    named = f"<{link}|{plain(who, 80)}>" if link else f"*{plain(who, 80)}*"
    more = f", and {len(everybody) - _NAMED} more" if len(everybody) > _NAMED else ""
    reasons = ", ".join(reason(one) for one in everybody[:_NAMED]) + more or "it names nobody"
    return clip(
        f"👥 Nobody is free for rule {number} ({said}): {reasons}. The conversation with {named} stays unassigned: "
        f"*Assign to me* on its card takes it. {ONCE}",
        2_900,
    )


NO_TURNS: Final = "No rule assigns it."
UNKNOWN_NOW: Final = "Slack does not tell me now who they are. Try again in a minute."


def has_it(name: str) -> str:
    return f"*{plain(name, 100)}* has it already, so no rule assigns it."


def turns(number: int, everybody: Sequence[Somebody]) -> str:
    """Who would get it now; `everybody` stands in the order of their turns, the next one first."""
    free = next((one for one in everybody if not one.why), None)
    rest = [reason(one) for one in everybody if one.why]
    said = f"By rule {number} *{plain(free.name, 60)}* is next." if free else f"Nobody is free for rule {number}."
    return clip(said + (f" {', '.join(rest)}." if rest else ""), 1_500)


ONCE: Final = "I say this once, until the rule has found somebody again."


def nobody_free_closed(number: int) -> str:
    """The same where another organisation reads along."""
    return f"👥 Nobody is free for rule {number}, so a conversation stays unassigned. {ONCE}"


def nobody_free_nowhere(number: int) -> str:
    """To admins, of a conversation without a card."""
    return (
        f"Nobody is free for rule {number}, so a conversation that has no card stays unassigned: `/inbox unassigned` "
        "lists it, and `/inbox assign list` shows the rule."
    )


def message(text: str) -> Msg:
    return {"text": text, "blocks": [section(text)]}
