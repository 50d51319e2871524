"""Which lines are shown: that what somebody asked for takes longer than a second."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from redis.asyncio import Redis

from bot.queue.job import utc_now
from bot.records import Record
from bot.store import keys
from bot.store.kept import Kept
from bot.store.scripts import script

LIVES: Final = timedelta(days=1)
POSTING: Final = timedelta(seconds=3)  # after which whoever was to note where the line stands has not lived to do so


class Shown(Record):
    """A line: in the direct messages (`channel`, `ts`), or said by a command's `url`. Neither: on its way."""

    at: datetime
    channel: str = ""
    ts: str = ""
    url: str = ""

    @property
    def is_on_its_way(self) -> bool:
        return not (self.ts or self.url) and utc_now() - self.at < POSTING


class Lines:
    """Raises `StoreUnavailable` when Redis does not answer. A `name` is a `Line`'s."""

    def __init__(self, redis: Redis) -> None:
        self._shown = Kept(redis, Shown, keys.line, LIVES)
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._begin = script(redis, "people/begin_line.lua")

    async def begin(self, name: str, lane: str = "") -> bool:
        """Whether to show it now: it is not shown yet, and not taken out of its `lane` either."""
        shown = Shown(at=utc_now()).json()
        args = [lane and keys.lane(lane), shown, int(LIVES.total_seconds())]
        return bool(await self._begin(keys=[keys.line(name)], args=args))

    async def put(self, name: str, shown: Shown) -> bool:
        """Where it stands; False where it was dropped meanwhile."""
        written = shown.json()
        return bool(await self._redis.set(keys.line(name), written, xx=True, ex=LIVES))

    async def get(self, name: str) -> Shown | None:
        return await self._shown.get(name)

    async def drop(self, name: str) -> None:
        await self._redis.delete(keys.line(name))
