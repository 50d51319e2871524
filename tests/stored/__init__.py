"""What version 1 of the layout left in Redis, as the code of November 2026 wrote it (dated a year earlier).

`jobs.jsonl` holds jobs of every kind, and how each waits. `redis.json` holds what a team had after an hour of work and
a hard end. Nothing here names a module. What is written differently later gets lines of its own beside these.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
DEAD_FOR: Final = 3_600_000  # ms since the worker of that time died


def stored_jobs() -> list[dict[str, Any]]:
    """Each with `job`, and the `lane`, `once`, `patient`, `background` and `merge` that it has."""
    return [json.loads(line) for line in (HERE / "jobs.jsonl").read_text().splitlines()]


def stored_redis(names: dict[str, str] | None = None) -> tuple[dict[str, str], dict[str, Any]]:
    """The ids that the data are about by what they are, and every key. `names` gives some of the ids another value."""
    raw = (HERE / "redis.json").read_text()
    facts = json.loads(raw)["facts"]
    for what, value in (names or {}).items():
        raw = raw.replace(facts[what], value)
    found = json.loads(raw)
    return found["facts"], found["keys"]


async def restore(redis: Any, kept: dict[str, Any]) -> None:
    """Put the keys into an empty Redis."""
    for name, one in kept.items():
        value = one["value"]
        match one["type"]:
            case "string":
                await redis.set(name, value)
            case "hash":
                await redis.hset(name, mapping=value)
            case "list":
                await redis.rpush(name, *value)
            case "set":
                await redis.sadd(name, *value)
            case "zset":
                await redis.zadd(name, value)
            case "stream":
                await _restore_stream(redis, name, value)
        if one["expires"]:
            await redis.expire(name, one["expires"])


async def _restore_stream(redis: Any, name: str, value: dict[str, Any]) -> None:
    for entry_id, fields in value["entries"]:
        await redis.xadd(name, fields, id=entry_id)
    for group, last in value["groups"].items():
        await redis.xgroup_create(name, group, id=last, mkstream=True)
        for entry_id, consumer in value["pending"]:
            await redis.xclaim(name, group, consumer, 0, [entry_id], idle=DEAD_FOR, force=True)


async def renew(redis: Any, *streams: str) -> None:
    """What these hold was written just now, and not a year ago."""
    for name in streams:
        entries = await redis.xrange(name)
        await redis.delete(name)
        for _, fields in entries:
            await redis.xadd(name, fields)
