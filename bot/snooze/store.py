"""Which conversations are snoozed, and until when: a part of what their cards show, which is there until it ends."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from redis.asyncio import Redis

from bot.card import Snoozed
from bot.store import keys
from bot.store.scripts import script

EXPECTED: Final = 60  # seconds within which a snooze that was begun is written down
AGAIN: Final = 25 * 3600.0  # seconds after which one that was rung for and is still there is rung for again


class Due(NamedTuple):
    """A thread that is to be woken, and when that was due (Unix seconds)."""

    thread_id: str
    at: float


class Snoozes:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._amend = script(redis, "snooze/amend.lua")
        self._end = script(redis, "snooze/end.lua")
        self._rung = script(redis, "snooze/rung.lua")

    async def expect(self, thread_id: str) -> None:
        """It is about to be archived because somebody snoozes it."""
        await self._redis.set(keys.snoozing(thread_id), "1", ex=EXPECTED)

    async def put(self, thread_id: str, snoozed: Snoozed) -> None:
        """It is snoozed from now on, or until another time."""
        pipe = self._redis.pipeline()
        pipe.hset(keys.card(thread_id), "snoozed", snoozed.json())
        pipe.zadd(keys.SNOOZED, {thread_id: snoozed.until.timestamp()})
        pipe.persist(keys.card(thread_id))
        await pipe.execute()

    async def get(self, thread_id: str) -> Snoozed | None:
        raw = await self._redis.hget(keys.card(thread_id), "snoozed")
        return Snoozed.read(raw) if raw else None

    async def of(self, thread_ids: Sequence[str]) -> dict[str, Snoozed]:
        """Those of these threads that are snoozed."""
        pipe = self._redis.pipeline(transaction=False)
        for one in thread_ids:
            pipe.hget(keys.card(one), "snoozed")
        found = await pipe.execute()
        return {one: Snoozed.read(raw) for one, raw in zip(thread_ids, found, strict=True) if raw}

    async def all(self) -> dict[str, Snoozed]:
        """All that are snoozed; those that wake first come first."""
        found = await self.of([one.decode() for one in await self._redis.zrange(keys.SNOOZED, 0, -1)])
        return dict(sorted(found.items(), key=lambda one: one[1].until))

    async def closes(self, thread_id: str) -> bool:
        """Whether the thread is archived because it is snoozed, or is about to be."""
        expected, snoozed = keys.snoozing(thread_id), keys.card(thread_id)
        return bool(await self._redis.exists(expected) or await self._redis.hexists(snoozed, "snoozed"))

    async def amend(self, thread_id: str, snoozed: Snoozed) -> None:
        """More is known of this snooze; nothing happens when it has ended."""
        await self._amend(keys=[keys.card(thread_id)], args=[snoozed.id, snoozed.json()])

    async def end(self, thread_id: str, snooze_id: str = "") -> None:
        """The thread is not snoozed any more; with `snooze_id`, unless it is another snooze by now."""
        await self._end(keys=[keys.card(thread_id), keys.SNOOZED], args=[thread_id, snooze_id])

    async def due(self, count: int = 200) -> list[Due]:
        """The threads to wake now, longest due first."""
        found = await self._redis.zrangebyscore(keys.SNOOZED, "-inf", time.time(), start=0, num=count, withscores=True)
        return [Due(one.decode(), at) for one, at in found]

    async def anything(self) -> bool:
        """Whether one is to be woken now."""
        return bool(await self.due(1))

    async def rung(self, due: Due) -> None:
        """Work is under way that wakes it; nothing happens when it was put off meanwhile."""
        await self._rung(keys=[keys.SNOOZED], args=[due.thread_id, repr(due.at), repr(time.time() + AGAIN)])
