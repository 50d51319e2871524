"""From an older layout of the keys to the present one, at the start, by one process while the others wait.

Each layout has a prefix of its own (`bot.store.keys`). A step changes what lies under the old prefix, where a change is
needed, and must be safe to run twice; then everything is renamed. A bot that dies within it goes on at the next start.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot.errors import SettingsError
from bot.store import keys

log = structlog.get_logger(__name__)

Steps = Mapping[int, Callable[[Any], Awaitable[None]]]
STEPS: Final[Steps] = {}  # by the layout they begin with; none so far, as there has been one layout
LONGEST: Final = 600.0  # seconds until another process takes over from one that died in it


async def migrate(redis: Redis, to: int = keys.LAYOUT, steps: Steps = STEPS) -> None:
    """Bring what is in Redis forward to layout `to`.

    Raises `SettingsError` when a newer version of the bot has been there, or half of a copy, and `StoreUnavailable`.
    """
    client: Any = redis  # redis-py types its commands as sync and async at once
    await whole(redis)
    if await layout_of(client) != to:
        async with client.lock(keys.MIGRATING, timeout=LONGEST):
            await _forward(client, to, steps)


async def _forward(client: Any, to: int, steps: Steps) -> None:
    while (layout := await layout_of(client)) < to:
        log.info("migrating", layout=layout)
        if layout in steps:
            await steps[layout](client)
        async for name in client.scan_iter(match=f"{keys.prefix(layout)}*", count=1000):
            await _rename(client, name, layout)
        await client.set(keys.LAYOUT_IS, layout + 1)
    await readable(client, to)


async def readable(redis: Redis, to: int = keys.LAYOUT) -> None:
    """Raises `SettingsError` when a newer version of the bot has been there, and `StoreUnavailable`."""
    layout = await layout_of(redis)
    if layout > to:
        raise SettingsError(
            f"REDIS_URL holds the data of a newer version of the bot (layout {layout}; this one knows {to}): "
            "install that version again, import a copy of an earlier time, or use another Redis."
        )


async def _rename(client: Any, name: bytes, layout: int) -> None:
    old, new = keys.prefix(layout).encode(), keys.prefix(layout + 1).encode()
    try:
        await client.rename(name, new + name.removeprefix(old))
    except ResponseError as error:
        if "no such key" not in str(error):  # SCAN may name one twice, and one may expire meanwhile
            raise


async def whole(redis: Redis) -> None:
    """Raises `SettingsError` when a copy was not put back to its end, and `StoreUnavailable`."""
    client: Any = redis
    if await client.exists(keys.IMPORTING):
        raise SettingsError("REDIS_URL holds half of a copy: run `bot import` again, which did not come to its end.")


async def layout_of(redis: Redis) -> int:
    """The layout of what lies there; the first one left no number."""
    client: Any = redis
    return int(await client.get(keys.LAYOUT_IS) or 1)
