"""How well the Redis is that everything rests on."""

from __future__ import annotations

import time
from typing import Any, Final, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot.store import keys

UNKNOWN: Final = "unknown"


class Health(NamedTuple):
    """`latency` in seconds; `appendonly` whether what was accepted survives a crash; `eviction` the policy's name.

    "unknown" and None where the server does not say.
    """

    version: str
    appendonly: bool | None
    eviction: str
    latency: float


async def health(redis: Redis) -> Health:
    """Asks with INFO alone, which most hosted Redis allow too, and writes. Raises `StoreUnavailable`."""
    client: Any = redis  # redis-py types its commands as sync and async at once
    try:
        info = await client.info()
    except ResponseError:  # a user without the right to it
        info = {}
    await write(client)
    began = time.perf_counter()
    await client.ping()
    latency = time.perf_counter() - began
    version = str(info.get("redis_version", UNKNOWN))  # Valkey says here which Redis it can stand in for
    kept = bool(info["aof_enabled"]) if "aof_enabled" in info else None
    return Health(version, kept, str(info.get("maxmemory_policy", UNKNOWN)), latency)


async def write(redis: Redis) -> None:
    """Write a key that nobody reads. Raises `StoreUnavailable`, and `NotWritable` when writes alone are refused."""
    await redis.set(keys.READY, "1", ex=60)
