"""One model under one key, as JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Generic, TypeVar

from redis.asyncio import Redis
from redis.exceptions import WatchError

from bot.models import Record

M = TypeVar("M", bound=Record)


class Kept(Generic[M]):
    """`key` makes the key of what the model is about; with `lives`, the model is gone so long after the last `put`.

    What equals a model's default is left out, so that a later version may choose another default.
    """

    def __init__(
        self, redis: Redis, model: type[M], key: Callable[[str], str], lives: timedelta | int | None = None
    ) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._model, self._key, self._lives = model, key, lives

    async def get(self, about: str) -> M | None:
        """None where nothing was put, or its time is over."""
        return self._read(await self._redis.get(self._key(about)))

    async def put(self, about: str, value: M) -> None:
        await self._redis.set(self._key(about), self._written(value), ex=self._lives)

    async def change(self, about: str, change: Callable[[M | None], M]) -> M:
        """What `change` makes of what is there; two changes at once happen one after the other."""
        key = self._key(about)
        async with self._redis.pipeline() as pipe:
            while True:
                try:
                    await pipe.watch(key)
                    value = change(self._read(await pipe.get(key)))
                    pipe.multi()
                    pipe.set(key, self._written(value), ex=self._lives)
                    await pipe.execute()
                    return value
                except WatchError:
                    continue

    async def all(self) -> dict[str, M]:
        """Every model there is, by the last part of its key."""
        found = sorted([one async for one in self._redis.scan_iter(match=self._key("*"), count=500)])
        values = await self._redis.mget(found) if found else []
        pairs = ((key, self._read(value)) for key, value in zip(found, values, strict=True))
        return {key.decode().rpartition(":")[2]: value for key, value in pairs if value is not None}

    def _read(self, raw: bytes | None) -> M | None:
        return None if raw is None else self._model.model_validate_json(raw)

    def _written(self, value: M) -> str:
        return value.model_dump_json(exclude_defaults=True)
