"""A rule by its id, and what is written down of what it did."""

from __future__ import annotations

from typing import Literal, NamedTuple

from bot.context import Bot
from bot.queue.job import utc_now
from bot.routing.said import named
from bot.routing.store import Did, Rule


class Found(NamedTuple):
    """A rule, and which one it is now."""

    number: int
    rule: Rule


async def found(bot: Bot, rule_id: str) -> Found | None:
    """None where somebody has removed it."""
    rules = enumerate(await bot.routes.rules(), 1)
    return next((Found(number, one) for number, one in rules if one.id == rule_id), None)


async def as_called(bot: Bot, by: Found) -> Found:
    """With what things are called now, for what people read of it."""
    (rule,) = named([by.rule], await bot.directory.names())
    return by._replace(rule=rule)


async def remember(
    bot: Bot, by: Found, thread_id: str, kind: Literal["assigned", "mentioned", "noted"], what: str
) -> None:
    """For `/inbox why`; `what` is mrkdwn."""
    did = Did(rule=by.rule.id, kind=kind, number=by.number, what=what, at=utc_now())
    await bot.routes.did(thread_id, did)
