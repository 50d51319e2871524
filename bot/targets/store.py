"""When to see whether a conversation is late, what its card says of that, and of what was told already.

Known from what is drawn: whatever draws a card of somebody who waits writes down when it is late. Times are Unix
seconds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from redis.asyncio import Redis

from bot.store import keys
from bot.store.again import arguments, due_now
from bot.store.scripts import script
from bot.targets.jobs import Stage


class Targets:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._drawn = script(redis, "targets/drawn.lua")
        self._release = script(redis, "targets/release.lua")
        self._again = script(redis, "store/again.lua")

    async def drawn(self, thread_id: str, by: datetime | None, *, late: bool) -> None:
        """The card is being drawn so that it says by when to answer, or nothing of that.

        A look that is under way sees that: the time to look is never the same twice, a little before `by`.
        """
        said = (repr(by.timestamp() - time.time() % 0.1), _said(by, late)) if by else ("", "")
        await self._drawn(keys=[keys.card(thread_id), keys.TARGETS], args=[thread_id, *said])

    async def says(self, thread_id: str, by: datetime | None, *, late: bool) -> bool:
        """Whether the card was last drawn so."""
        raw = await self._redis.hget(keys.card(thread_id), "target")
        return (raw.decode() if raw else "") == (_said(by, late) if by else "")

    async def late(self, thread_ids: Sequence[str]) -> int:
        """How many of the cards of these threads say that they are late."""
        pipe = self._redis.pipeline(transaction=False)
        for one in thread_ids:
            pipe.hget(keys.card(one), "target")
        return sum(raw is not None and raw.endswith(b" 1") for raw in await pipe.execute())

    async def due(self, count: int = 200) -> dict[str, float]:
        """The threads to look at now, and by when that was."""
        return await due_now(self._redis, keys.TARGETS, count)

    async def look_again(self, due: Mapping[str, float], again: Mapping[str, float]) -> None:
        """When to look at these threads next that were `due`; without a time, once their cards are drawn again.

        Where that changed meanwhile, as a setting did or a wait began, it stays as it is.
        """
        await self._again(keys=[keys.TARGETS], args=arguments(due, again))

    async def look_at_all(self, thread_ids: Sequence[str]) -> None:
        """Look at these threads at once: what counts has changed. A look that is under way knows nothing of it."""
        if thread_ids:
            await self._redis.zadd(keys.TARGETS, dict.fromkeys(thread_ids, -time.time()))

    async def claim(self, stage: Stage, thread_id: str, since: float, ref: str) -> bool:
        """Whether the job `ref` is the one that tells of this wait: the first that asks, whenever it is run again."""
        name = _told(stage, thread_id, since)
        if await self._redis.set(name, ref, nx=True, ex=keys.FORTNIGHT):
            return True
        return bool(await self._redis.get(name) == ref.encode())

    async def told(self, stage: Stage, thread_id: str, since: float) -> bool:
        """Whether somebody was told of this wait, or is being told."""
        return bool(await self._redis.exists(_told(stage, thread_id, since)))

    async def claimed(self, stage: Stage, threads: Mapping[str, float], ref: str) -> list[str]:
        """The threads of these waits that the job `ref` tells of."""
        found = await self._redis.mget([_told(stage, one, since) for one, since in threads.items()]) if threads else []
        return [one for one, claim in zip(threads, found, strict=True) if claim == ref.encode()]

    async def release(self, stage: Stage, threads: Mapping[str, float], ref: str, again: float) -> None:
        """The job `ref` does not tell of these waits: those that it has claimed are looked at `again` by then."""
        if threads:
            names = [_told(stage, one, since) for one, since in threads.items()]
            await self._release(keys=names, args=[ref, again, *threads])

    async def anything(self) -> bool:
        """Whether there is something to look at now."""
        return bool(await self.due(1))


def _said(by: datetime, late: bool) -> str:
    return f"{by.timestamp():.0f} {int(late)}"


def _told(stage: Stage, thread_id: str, since: float) -> str:
    return keys.once(f"target:{stage}:{thread_id}:{since:.0f}")
