"""Everything that the bot keeps in Redis, key by key, to be written to a file and put back.

What was asked of Slack and Inbox a moment ago is left out: it is asked again.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis

from bot.errors import SettingsError
from bot.store import keys
from bot.store.layout import layout_of, migrate, whole

PAGE: Final = 200  # keys in one round trip
_LEFT_OUT: Final = ("cache:", "ready", "hurried:")
# What people set comes first in a file, then where the feed was left, then what is known of conversations.
_FIRST: Final = (
    *("installation", "routes", "choices:", "link:", "linked", "matched-by:", "guests", "consent:", "snippets:"),
    *("feed:", "snoozed", "card:"),
)

Type = Literal["string", "hash", "list", "set", "zset", "stream"]


class Item(BaseModel):
    """One key, without the prefix of its layout. `until`: when it is gone. What is JSON stands as what it says."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: str
    type: Type
    until: datetime | None = None
    value: Any


async def is_empty(redis: Redis) -> bool:
    """Whether nothing lies there that would be lost; half of a copy would not. Raises `StoreUnavailable`."""
    client: Any = redis  # redis-py types its commands as sync and async at once
    if await client.exists(keys.IMPORTING):
        return True
    async for name in client.scan_iter(match=keys.ALL, count=1000):
        if not _is_left_out(name.decode()):
            return False
    return True


async def read(redis: Redis) -> AsyncIterator[Item]:
    """All that lies there, in whatever layout. What changes meanwhile is as it is when its turn comes.

    Raises `SettingsError` where half of a copy does, and `StoreUnavailable`.
    """
    client: Any = redis
    await whole(redis)
    prefix = keys.prefix(await layout_of(redis))
    found = {name.decode() async for name in client.scan_iter(match=f"{prefix}*", count=1000)}
    names = sorted((name.removeprefix(prefix) for name in found if not _is_left_out(name)), key=_order)
    for begin in range(0, len(names), PAGE):
        for item in await _page(client, prefix, names[begin : begin + PAGE]):
            yield item


async def write(redis: Redis, layout: int, items: Sequence[Item]) -> None:
    """Put `items` into the place of all that lies there. One that ends within it is begun again, or no bot starts.

    Raises `SettingsError` for a layout that this version does not know, and `StoreUnavailable`.
    """
    client: Any = redis
    if layout > keys.LAYOUT:
        raise SettingsError(f"The copy is of a newer version of the bot (layout {layout}): import it with that one.")
    await client.set(keys.IMPORTING, "1")
    async for name in client.scan_iter(match=keys.ALL, count=1000):
        if name.decode() != keys.IMPORTING:
            await client.delete(name)
    now = datetime.now(UTC)
    for begin in range(0, len(items), PAGE):
        pipe = client.pipeline()
        for item in items[begin : begin + PAGE]:
            if item.until is None or item.until > now:
                _put(pipe, keys.prefix(layout) + item.key, item, now)
        await pipe.execute()
    await client.set(keys.LAYOUT_IS, layout)
    await client.delete(keys.IMPORTING)
    await migrate(client)


def without_requests(items: Iterable[Item]) -> tuple[list[Item], int]:
    """The same without what people had asked for that was not done yet, and how many pieces of work that is.

    For the copy of a bot that ran on: it did them. Tickets that lead to nothing are no harm.
    """
    kept, left_out = list[Item](), 0
    for item in items:
        if not item.key.startswith("lane:"):
            kept.append(item)
            continue
        work = [one for one in item.value if '"asker":' not in str(one)]
        left_out += len(item.value) - len(work)
        if work:
            kept.append(item.model_copy(update={"value": work}))
    return kept, left_out


def _is_left_out(name: str) -> bool:
    """`name` with its prefix, `{inbox-bridge}:1:`."""
    return name.split(":", 2)[-1].startswith(_LEFT_OUT)


def _order(name: str) -> tuple[int, str]:
    return next((at for at, one in enumerate(_FIRST) if name.startswith(one)), len(_FIRST)), name


async def _page(client: Any, prefix: str, names: Sequence[str]) -> list[Item]:
    pipe = client.pipeline()
    pipe.time()
    for name in names:
        pipe.type(prefix + name).pttl(prefix + name)
    (seconds, micros), *told = await pipe.execute()
    types = [one.decode() for one in told[::2]]
    pipe = client.pipeline()
    for name, kind in zip(names, types, strict=True):
        _get(pipe, prefix + name, kind)
    values = iter(await pipe.execute())
    items = []
    for name, kind, left in zip(names, types, told[1::2], strict=True):
        raw = next(values) if kind != "none" else None
        if raw or raw == b"":  # else it has ended meanwhile
            until = datetime.fromtimestamp(seconds + micros / 1e6 + left / 1000, UTC) if left >= 0 else None
            items.append(Item(key=name, type=kind, until=until, value=_READ[kind](raw)))
    return items


def _get(pipe: Any, name: str, kind: str) -> None:
    match kind:
        case "string":
            pipe.get(name)
        case "hash":
            pipe.hgetall(name)
        case "list":
            pipe.lrange(name, 0, -1)
        case "set":
            pipe.smembers(name)
        case "zset":
            pipe.zrange(name, 0, -1, withscores=True)
        case "stream":
            pipe.xrange(name)


def _put(pipe: Any, name: str, item: Item, now: datetime) -> None:
    value = item.value
    match item.type:
        case "string":
            pipe.set(name, _packed(value))
        case "hash":
            pipe.hset(name, mapping={_bytes(field): _packed(one) for field, one in value.items()})
        case "list":
            pipe.rpush(name, *map(_packed, value))
        case "set":
            pipe.sadd(name, *map(_bytes, value))
        case "zset":
            pipe.zadd(name, {_bytes(member): score for member, score in value.items()})
        case "stream":
            for entry_id, fields in value:
                pipe.xadd(name, {_bytes(field): _packed(one) for field, one in fields.items()}, id=entry_id)
    if item.until is not None:
        pipe.pexpire(name, max(1, int((item.until - now).total_seconds() * 1000)))


_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "string": lambda raw: _unpacked(raw),
    "hash": lambda raw: {_text(field): _unpacked(raw[field]) for field in sorted(raw)},
    "list": lambda raw: [_text(one) for one in raw],
    "set": lambda raw: sorted(map(_text, raw)),
    "zset": lambda raw: {_text(member): score for member, score in raw},
    "stream": lambda raw: [[_text(i), {_text(field): _unpacked(one) for field, one in f.items()}] for i, f in raw],
}


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _unpacked(raw: bytes) -> Any:
    """An object or a list, where that is written again as it is; else the text."""
    text = _text(raw)
    if not text.startswith(("{", "[")):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if _packed(found) == raw else text


def _packed(value: Any) -> bytes:
    if isinstance(value, str):
        return _bytes(value)
    return _bytes(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
