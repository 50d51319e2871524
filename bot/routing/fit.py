"""Which conversations a rule fits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bot.models import Message, Thread
from bot.routing.store import Condition, Field, Rule

# What a conversation once said stays said: these hold for good where they held before.
LASTING: Final = frozenset({"text", "campaign"})


def unmet(rule: Rule, thread: Thread, message: Message | None, *, campaign: bool) -> list[Condition]:
    """The conditions of `rule` that do not hold. `campaign` says whether a campaign wrote in the thread."""
    return [one for one in rule.conditions if not _holds(one, thread, message, campaign)]


def fits(unmet_ones: Iterable[Condition], *, before: bool) -> bool:
    """Whether a rule fits with these conditions unmet; `before` says that it fitted this conversation before."""
    return all(before and one.field in LASTING for one in unmet_ones)


def _holds(condition: Condition, thread: Thread, message: Message | None, campaign: bool) -> bool:
    if condition.field == "text":
        said = message.text.casefold() if message and not message.deleted else ""
        return any(word in said for word in condition.values)
    return not set(condition.values).isdisjoint(_actual(condition.field, thread, campaign))


def _actual(field: Field, thread: Thread, campaign: bool) -> tuple[str, ...]:
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
            return ("yes" if thread.is_request else "no",)
    return ("yes" if campaign else "no",)
