"""Which conversations a rule fits."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from bot.models import Message, Thread
from bot.routing.store import Condition, Field, Rule

# What a conversation once said stays said: these hold for good where they held before.
LASTING: Final = frozenset({"text", "campaign", "link", "first"})
_LINK: Final = re.compile(r"https?://\S|\bwww\.\w|\b\w[\w-]{0,62}\.[a-z]{2,24}/\w", re.IGNORECASE)
_SIGNS: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq,
}  # fmt: skip
_NUMBER: Final = re.compile(r"([<>=]+)(.+)")


class Known(NamedTuple):
    """What is known of a conversation besides: whether a campaign wrote in it, and whether this message is the first
    of its person."""

    campaign: bool = False
    first: bool = False


def unmet(rule: Rule, thread: Thread, message: Message | None, known: Known) -> list[Condition]:
    """The conditions of `rule` that do not hold; `message` is what the person wrote last."""
    return [one for one in rule.conditions if not holds(one, thread, message, known)]


def fits(unmet_ones: Iterable[Condition], *, before: bool) -> bool:
    """Whether a rule fits with these conditions unmet; `before` says that it fitted this conversation before."""
    return all(before and one.field in LASTING for one in unmet_ones)


def holds(condition: Condition, thread: Thread, message: Message | None, known: Known) -> bool:
    """Whether one of its values fits; of a number that nobody tells, none does."""
    said = message.text if message and not message.deleted else ""
    match condition.field:
        case "text":
            return any(word in said.casefold() for word in condition.values)
        case "followers":
            return _compares(condition, thread.person.followers if thread.person else None)
        case "value":
            return _compares(condition, thread.person.valuation if thread.person else None)
        case "link":
            return _yes_or_no(bool(_LINK.search(said))) in condition.values
    return not set(condition.values).isdisjoint(_actual(condition.field, thread, known))


def _compares(condition: Condition, actual: float | None) -> bool:
    found = [one for value in condition.values if (one := _NUMBER.fullmatch(value))]
    return actual is not None and any(_SIGNS[one[1]](actual, float(one[2])) for one in found)


def _yes_or_no(so: bool) -> str:
    return "yes" if so else "no"


def _actual(field: Field, thread: Thread, known: Known) -> tuple[str, ...]:
    """What the conversation has, in the terms of `Condition.values`."""
    person = thread.person
    match field:
        case "account":
            return (thread.account_link_id,)
        case "platform":
            return (thread.platform,)
        case "tag":
            return (person.tag_ids if person else ()) or ("",)
        case "status":
            return ((person.status_id if person else None) or "",)
        case "assignee":
            return (thread.assignee_id or "",)
        case "request":
            return (_yes_or_no(thread.is_request),)
        case "verified":
            return (_yes_or_no(bool(person and person.verified)),)
        case "first":
            return (_yes_or_no(known.first),)
    return (_yes_or_no(known.campaign),)
