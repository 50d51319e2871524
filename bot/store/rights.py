"""What admins allowed, and what waits until somebody is linked."""

from __future__ import annotations

from typing import Any, Final

from redis.asyncio import Redis

from bot import jobs
from bot.jobs import Job
from bot.store import keys
from bot.store.lanes import answering

CLICK_LIVES: Final = 15 * 60  # seconds


class Rights:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once

    async def allow_guest(self, user: str) -> None:
        async with answering():
            await self._redis.sadd(keys.GUESTS, user)

    async def disallow_guest(self, user: str) -> None:
        async with answering():
            await self._redis.srem(keys.GUESTS, user)

    async def guest_allowed(self, user: str) -> bool:
        async with answering():
            return bool(await self._redis.sismember(keys.GUESTS, user))

    async def keep_click(self, user: str, click: Job) -> None:
        """What `user` wanted and could not have, as nobody knows their member yet; only the last click is kept."""
        async with answering():
            await self._redis.set(keys.click(user), jobs.dump(click), ex=CLICK_LIVES)

    async def kept_click(self, user: str) -> Job | None:
        """The last click of `user` that was refused for want of a link, in the last 15 minutes."""
        async with answering():
            raw = await self._redis.get(keys.click(user))
        return jobs.load(raw) if raw else None

    async def drop_click(self, user: str) -> None:
        async with answering():
            await self._redis.delete(keys.click(user))
