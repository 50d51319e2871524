"""How well the Redis is that everything rests on."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from redis.asyncio import Redis


class Health(NamedTuple):
    """`latency` in seconds; `appendonly` whether what was accepted survives a crash; `eviction` the policy's name."""

    version: str
    appendonly: bool
    eviction: str
    latency: float


async def health(redis: Redis) -> Health:
    """Asks with INFO alone, which hosted Redis allows too. Raises `StoreUnavailable`."""
    client: Any = redis  # redis-py types its commands as sync and async at once
    info = await client.info()
    began = time.perf_counter()
    await client.ping()
    latency = time.perf_counter() - began
    version = str(info.get("redis_version", "0"))  # Valkey says here which Redis it can stand in for
    return Health(version, bool(info.get("aof_enabled")), str(info.get("maxmemory_policy", "unknown")), latency)
