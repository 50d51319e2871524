"""Who is in a user group of Slack's, which is asked again after five minutes; its last word holds while it is away."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from redis.asyncio import Redis

from bot.errors import NotThere, ScopeMissing, SlackAway
from bot.queue.job import utc_now
from bot.records import Record
from bot.slack.client import Slack
from bot.store import keys
from bot.store.kept import Kept

FRESH: Final = 300.0  # seconds


class Group(Record):
    """`users` are Slack's ids; none where the group is gone or may not be read."""

    users: tuple[str, ...] = ()
    at: datetime


class Groups:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis, slack: Slack) -> None:
        self._slack, self._kept = slack, Kept(redis, Group, keys.group, keys.WEEK)

    async def users(self, group: str) -> tuple[str, ...]:
        """In an order that stays. Raises `SlackAway` where Slack never said it and does not now."""
        known = await self._kept.get(group)
        if known and (utc_now() - known.at).total_seconds() < FRESH:
            return known.users
        try:
            found = Group(users=tuple(sorted(await self._slack.group_members(group))), at=utc_now())
        except (NotThere, ScopeMissing):
            found = Group(at=utc_now())
        except SlackAway:
            if known is None:
                raise
            return known.users
        await self._kept.put(group, found)
        return found.users
