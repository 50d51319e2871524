"""What is looked at again and again, each at its time: what a look decides counts where nothing changed meanwhile."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any


async def due_now(redis: Any, key: str, count: int) -> dict[str, float]:
    """The names in the sorted set `key` whose time (Unix seconds) has come, and that time."""
    found = await redis.zrangebyscore(key, "-inf", time.time(), start=0, num=count, withscores=True)
    return {one.decode(): at for one, at in found}


def arguments(due: Mapping[str, float], again: Mapping[str, float]) -> list[str]:
    """For `again.lua`: each name, when it was due, and when it is looked at next; "" for never."""
    return [part for one, at in due.items() for part in (one, repr(at), repr(again[one]) if one in again else "")]
