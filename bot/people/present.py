"""Who is there of those whom a post is to reach: not away, and not in their quiet hours."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from bot.context import Bot
from bot.errors import SlackAway

ALONE: Final = 20  # people of a group whom something reaches one by one, as the group as a whole cannot be mentioned


class Present(NamedTuple):
    """The ids of people and whole groups that are there; where there are none, until when all are not, if known."""

    ids: tuple[str, ...]
    until: datetime | None = None


def token(one: str) -> str:
    """What notifies a Slack user or user group."""
    return f"<!subteam^{one}>" if one.startswith("S") else f"<@{one}>"


async def present(bot: Bot, named: Sequence[str], at: datetime, but: Collection[str] = ()) -> Present:
    """Of the Slack users and user groups `named`, not `but` those users; a group is one where all in it are there."""
    found, ends = list[str](), list[datetime]()
    for one in named:
        users = await members(bot, one) if one.startswith("S") else [one]
        absent = {user: await _absent(bot, user, at) for user in users}
        there = [user for user in users if user not in but and absent[user] is None]
        ends += [end for end in absent.values() if isinstance(end, datetime)]
        found += [one] if one.startswith("S") and len(there) == len(users) else there[:ALONE]
    return Present(tuple(dict.fromkeys(found)), min(ends, default=None))


async def members(bot: Bot, group: str) -> list[str]:
    """Of a user group; none where Slack does not tell: then the group counts as a whole."""
    try:
        return list(await bot.groups.users(group))
    except SlackAway:
        return []


async def _absent(bot: Bot, user: str, at: datetime) -> datetime | bool | None:
    """Until when somebody has quiet hours or is away, True where that is not known; None where they are there."""
    choices = await bot.preferences.person(user)
    if choices.away and choices.away.holds(at):
        return choices.away.until or True
    return choices.quiet.until(at) if choices.quiet else None
