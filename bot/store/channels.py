"""Every channel of which something is kept for good: so nobody looks through all of Redis for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from redis.asyncio import Redis

from bot.store import keys

KINDS: Final = (keys.channel_choices, keys.consent, keys.sharing)


async def channels(redis: Redis) -> list[str]:
    """In order. Of some of them nothing may be kept any more. Raises `StoreUnavailable`."""
    client: Any = redis  # redis-py types its commands as sync and async at once
    if not await client.exists(keys.CHANNELS_FOUND):
        for kind in KINDS:
            await note(redis, [one.decode() async for one in client.scan_iter(match=kind("*"), count=10_000)])
        await client.set(keys.CHANNELS_FOUND, "1")
    return sorted([one.decode() for one in await client.smembers(keys.CHANNELS)])


async def note(redis: Redis, names: Iterable[str]) -> None:
    """Of these keys, those that are of channels: an older version of the bot, which ran meanwhile, noted none."""
    client: Any = redis
    begins = tuple(kind("") for kind in KINDS)
    if found := {one.rpartition(":")[2] for one in names if one.startswith(begins)}:
        await client.sadd(keys.CHANNELS, *found)
