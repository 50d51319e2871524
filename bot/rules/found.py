"""A rule by its id, and what is written down of what it did."""

from __future__ import annotations

from typing import Literal, NamedTuple

from bot.context import Bot
from bot.queue.job import Asker, Job, utc_now
from bot.routing.store import Did, Rule


class Found(NamedTuple):
    """A rule, and which one it is now."""

    number: int
    rule: Rule


async def found(bot: Bot, rule_id: str) -> Found | None:
    """None where somebody has removed it."""
    rules = enumerate(await bot.routes.rules(), 1)
    return next((Found(number, one) for number, one in rules if one.id == rule_id), None)


async def remember(
    bot: Bot, by: Found, thread_id: str, kind: Literal["assigned", "mentioned", "noted"], what: str
) -> None:
    """For `/inbox why`; `what` is mrkdwn."""
    did = Did(rule=by.rule.id, kind=kind, number=by.number, what=what, at=utc_now())
    await bot.routes.did(thread_id, did)


async def record(bot: Bot, job: Job, what: str, thread_id: str, outcome: str, member: str = "") -> None:
    """For `/inbox log`: it was the bot."""
    us = Asker(user=bot.installation.bot_user)
    await bot.record.note(us, what, thread_id, outcome, job.ref, member)
