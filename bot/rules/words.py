"""What people read of what rules do, as Slack mrkdwn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from bot.slack.blocks import Msg, paragraphs, section
from bot.text import clip_marked, linked, plain, when_long

_NAMED: Final = 12  # people, in one sentence

AWAY_USAGE: Final = (
    "I don't understand until when. Type `/inbox away until Mon`, `until tomorrow 14:00`, `until 1 Dec`, `for 2 days`, "
    "or `/inbox away` alone until you type `/inbox back`."
)
AWAY_OVER: Final = "That time is over. Choose one that is still to come."
AWAY_FAR: Final = "That is more than a year ahead. Type `/inbox away` alone: it lasts until you type `/inbox back`."
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
        return "You are away: rules assign you nothing until you type `/inbox back`."
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
    more = f", and {len(everybody) - _NAMED} more" if len(everybody) > _NAMED else ""
    reasons = ", ".join(reason(one) for one in everybody[:_NAMED]) + more or "it names nobody"
    return (
        f"👥 Nobody is free for rule {number} ({clip_marked(said, 500)}): {reasons}. The conversation with "
        f"{linked(who, link)} stays unassigned: *Assign to me* on its card takes it. {ONCE}"
    )


NO_TURNS: Final = "No rule assigns it."
UNKNOWN_NOW: Final = "I can't tell just now who of them is free. Try again in a minute."


def has_it(name: str) -> str:
    return f"*{plain(name, 100)}* has it already, so no rule assigns it."


def turns(number: int, everybody: Sequence[Somebody]) -> str:
    """Who would get it now; `everybody` stands in the order of their turns, the next one first."""
    free = next((one for one in everybody if not one.why), None)
    rest = [reason(one) for one in everybody if one.why]
    said = f"By rule {number} *{plain(free.name, 60)}* is next." if free else f"Nobody is free for rule {number}."
    return clip_marked(said + (f" {', '.join(rest)}." if rest else ""), 1_500)


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


def mention(tokens: Sequence[str], who: str, number: int, said: str, link: str = "") -> str:
    """Below a card, or with its `link` alone; `tokens` name people to Slack, `said` are the rule's conditions."""
    return f"{' '.join(['🔔', *tokens, linked(who, link)])} waits for an answer (rule {number}: {said})."


def mentioned_it(tokens: Sequence[str]) -> str:
    return clip_marked(f"mentioned {', '.join(tokens)}", 500)


def waiter(who: str, since: datetime, link: str | None) -> str:
    return f"• {linked(who, link)} waits since {when_long(since)}"


def mentions_left(tokens: Sequence[str], lines: Sequence[str], count: int) -> Msg:
    """What rules wanted to mention people for, after as many mentions in an hour as a channel bears."""
    more = [f"… and {count - len(lines)} more"] if count > len(lines) else []
    named = " ".join([*tokens[:_NAMED], ""])
    head = f"🔔 {named}*{count} more wait{'s' if count == 1 else ''} for an answer*, beyond 20 mentions in an hour:"
    return {"text": head, "blocks": paragraphs([head, *lines, *more])}


def noted_it(tags: Sequence[str], status: str) -> str:
    """`added the tag *press* and set the status to *New*`; "" for nothing."""
    named = ", ".join(f"*{plain(one, 60)}*" for one in tags)
    added = [f"added the tag{'s' if len(tags) > 1 else ''} {named}"] if tags else []
    return " and ".join([*added, *([f"set the status to *{plain(status, 60)}*"] if status else [])])


NOTED_NOTHING: Final = "could not add its tags or status: Inbox refused them"


def not_noted(number: int, names: Sequence[str]) -> str:
    """To admins: Inbox refused these tags or this status, which may be gone."""
    named = ", ".join(f"*{plain(one, 60)}*" for one in names)
    return (
        f"Rule {number} can't give contacts {named}: Inbox refuses it. Is it deleted there? Make the rule anew with "
        "one that there is: `/inbox route list`."
    )


def message(text: str) -> Msg:
    return {"text": text, "blocks": [section(text)]}
