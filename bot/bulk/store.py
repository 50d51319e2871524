"""Which of the acts with many conversations are to end."""

from __future__ import annotations

from typing import Any, Final

from redis.asyncio import Redis

from bot.store import keys

LIVES: Final = 86_400  # seconds; none takes so long


class Stops:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once

    async def stop(self, bulk_id: str, user: str) -> None:
        """`user` wants it to end; that of somebody else goes on."""
        await self._redis.set(keys.bulk_stop(bulk_id, user), "1", ex=LIVES)

    async def stopped(self, bulk_id: str, user: str) -> bool:
        return bool(await self._redis.exists(keys.bulk_stop(bulk_id, user)))
