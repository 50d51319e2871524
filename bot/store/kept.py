"""One model under one key, as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Generic, TypeVar

from redis.asyncio import Redis

from bot.records import Record

M = TypeVar("M", bound=Record)


class Kept(Generic[M]):
    """`key` makes the key of what the model is about; with `lives`, the model is gone so long after the last `put`.

    What equals a model's default is left out, so that a later version may choose another default. `noted` is the set
    in which it is noted what there are models of.
    """

    def __init__(
        self,
        redis: Redis,
        model: type[M],
        key: Callable[[str], str],
        lives: timedelta | int | None = None,
        noted: str = "",
    ) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._model, self._key, self._lives, self._noted = model, key, lives, noted

    async def get(self, about: str) -> M | None:
        """None where nothing was put, or its time is over."""
        return self._read(await self._redis.get(self._key(about)))

    async def put(self, about: str, value: M) -> None:
        if self._noted:  # first: who dies in between has noted nothing wrong
            await self._redis.sadd(self._noted, about)
        await self._redis.set(self._key(about), self._written(value), ex=self._lives)

    async def drop(self, about: str) -> None:
        """Nothing is kept of it any more."""
        await self._redis.delete(self._key(about))

    async def change(self, about: str, change: Callable[[M | None], M]) -> M:
        """What `change` makes of what is there; two changes at once happen one after the other."""
        key = self._key(about)

        async def changed(pipe: Any) -> M:
            value = change(self._read(await pipe.get(key)))
            pipe.multi()
            pipe.set(key, self._written(value), ex=self._lives)
            if self._noted:
                pipe.sadd(self._noted, about)
            return value

        value: M = await self._redis.transaction(changed, key, value_from_callable=True)
        return value

    async def of(self, abouts: Sequence[str]) -> dict[str, M]:
        """The models of these; those of which there is none are left out."""
        values = await self._redis.mget([self._key(one) for one in abouts]) if abouts else []
        pairs = ((about, self._read(value)) for about, value in zip(abouts, values, strict=True))
        return {about: value for about, value in pairs if value is not None}

    async def all(self) -> dict[str, M]:
        """Every model there is, by the last part of its key. All of Redis is looked through."""
        found = [one.decode() async for one in self._redis.scan_iter(match=self._key("*"), count=500)]
        return await self.of(sorted(one.rpartition(":")[2] for one in found))

    def _read(self, raw: bytes | None) -> M | None:
        return None if raw is None else self._model.read(raw)

    def _written(self, value: M) -> str:
        return value.json()
