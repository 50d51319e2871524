"""Who waits for an answer since when, and when to look at it again: known from what passes by, without asking Inbox.

A thread waits from the first inbound message after our side's last word. Reminded of it, it waits for a reminder again
only from the next inbound message on: one reminder for each. All times are Unix seconds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from redis.asyncio import Redis

from bot.store import keys
from bot.store.scripts import script

FIRST_LOOK: Final = 900.0  # seconds; most are answered by then, and no reminder is wanted sooner
FORGOTTEN: Final = keys.FORTNIGHT  # seconds after which nobody is reminded any more


class Wait(NamedTuple):
    """A thread that waits: since the `first` unanswered message, and since the first one nobody was reminded of."""

    first: float
    since: float | None


class Waiting:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._wrote = script(redis, "reminders/wrote.lua")
        self._answered = script(redis, "reminders/answered.lua")
        self._reminded = script(redis, "reminders/reminded.lua")

    async def wrote(self, thread_id: str, at: float) -> None:
        """Somebody wrote to us."""
        await self._run(self._wrote, thread_id, at, at + FIRST_LOOK)

    async def answered(self, thread_id: str, at: float) -> None:
        """Our side wrote; what they write later waits for the next answer."""
        await self._run(self._answered, thread_id, at)

    async def reminded(self, thread_id: str, since: float) -> None:
        """Whoever had to know was reminded of what was written since then."""
        await self._run(self._reminded, thread_id, since)

    async def over(self, thread_id: str) -> None:
        """Nobody is to be reminded: the thread was archived or deleted, or is too old."""
        pipe = self._redis.pipeline()
        pipe.hdel(keys.waiting(thread_id), "first", "last", "since")
        pipe.zrem(keys.WAITING, thread_id).zrem(keys.DUE, thread_id)
        await pipe.execute()

    async def get(self, thread_id: str) -> Wait | None:
        first, since = await self._redis.hmget(keys.waiting(thread_id), "first", "since")
        return Wait(float(first), float(since) if since else None) if first else None

    async def all(self, count: int = 500) -> dict[str, float]:
        """The threads that wait and since when, longest first."""
        await self._redis.zremrangebyscore(keys.WAITING, "-inf", time.time() - FORGOTTEN)
        found = await self._redis.zrange(keys.WAITING, 0, count - 1, withscores=True)
        return {one.decode(): at for one, at in found}

    async def due(self, count: int = 200) -> list[str]:
        """The threads to look at now."""
        return await self._up_to_now(keys.DUE, count)

    async def look_at(self, whens: Mapping[str, float]) -> None:
        """When to look at these threads again, unless they no longer wait for a reminder."""
        if whens:
            await self._redis.zadd(keys.DUE, dict(whens), xx=True)

    async def look_at_all(self) -> None:
        """Look at every thread at once: what counts has changed."""
        found = await self._redis.zrange(keys.DUE, 0, -1)
        if found:
            await self._redis.zadd(keys.DUE, dict.fromkeys(found, 0), xx=True)

    async def mornings(self, count: int = 50) -> list[str]:
        """The channels whose digest is due."""
        return await self._up_to_now(keys.MORNINGS, count)

    async def save_morning(self, channel: str, at: float | None) -> None:
        """When the channel's next digest is due; None for never."""
        if at is None:
            await self._redis.zrem(keys.MORNINGS, channel)
        else:
            await self._redis.zadd(keys.MORNINGS, {channel: at})

    async def morning(self, channel: str) -> float | None:
        found = await self._redis.zscore(keys.MORNINGS, channel)
        return None if found is None else float(found)

    async def anything(self) -> bool:
        """Whether there is something to look at now."""
        return bool(await self.due(1) or await self.mornings(1))

    async def _up_to_now(self, key: str, count: int) -> list[str]:
        found = await self._redis.zrangebyscore(key, "-inf", time.time(), start=0, num=count)
        return [one.decode() for one in found]

    async def _run(self, script: Any, thread_id: str, *times: float) -> None:
        """The times go as text, so that they come back as they went."""
        await script(
            keys=[keys.WAITING, keys.DUE, keys.waiting(thread_id)], args=[thread_id, *(repr(one) for one in times)]
        )
