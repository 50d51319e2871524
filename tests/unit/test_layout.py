"""What an older version of the bot left in Redis comes forward, whoever dies on the way; a newer one's stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.store import keys
from bot.store.connect import connect
from bot.store.layout import migrate
from tests.unit.conftest import Outside
from tests.unit.forks import Run


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    """What a bot with the first layout left: links, a stream with a group, a key that expires; and somebody else's."""
    client: Any = connect(redis_url)
    await client.set("{inbox-bridge}:1:link:U1", "m1")
    await client.set("{inbox-bridge}:1:link:U2", "m2")
    await client.set("{inbox-bridge}:1:once:trigger:1", "1", ex=1000)
    await client.xadd("{inbox-bridge}:1:stream:people", {"lane": "tell:U1"})
    await client.xgroup_create("{inbox-bridge}:1:stream:people", "workers", id="0")
    await client.set("inbox-bridge:1:other", "1")
    yield client
    await client.aclose()


async def louder(client: Any) -> None:
    """A step, safe to run twice."""
    for user in ("U1", "U2"):
        member = await client.get(f"{{inbox-bridge}}:1:link:{user}")
        if member is not None:
            await client.set(f"{{inbox-bridge}}:1:link:{user}", member.upper())


async def names(client: Any) -> set[str]:
    return {name.decode() for name in await client.keys("*")}


MOVED = {"link:U1", "link:U2", "once:trigger:1", "stream:people"}


async def test_everything_comes_forward_with_what_hangs_on_it(redis: Any) -> None:
    await migrate(redis, 3, {1: louder})
    ours = {f"{{inbox-bridge}}:3:{name}" for name in MOVED} | {"{inbox-bridge}:layout"}
    assert await names(redis) == ours | {"inbox-bridge:1:other"}
    assert await redis.get("{inbox-bridge}:3:link:U1") == b"M1"
    assert 0 < await redis.ttl("{inbox-bridge}:3:once:trigger:1") <= 1000
    (group,) = await redis.xinfo_groups("{inbox-bridge}:3:stream:people")
    assert group["name"] == b"workers"


async def test_whoever_dies_on_the_way_leaves_it_to_the_next(redis: Any) -> None:
    async def dies(client: Any) -> None:
        await louder(client)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await migrate(redis, 2, {1: dies})
    await redis.rename("{inbox-bridge}:1:link:U1", "{inbox-bridge}:2:link:U1")  # as if it had come as far as this
    await migrate(redis, 2, {1: louder})
    assert {await redis.get(f"{{inbox-bridge}}:2:link:{user}") for user in ("U1", "U2")} == {b"M1", b"M2"}
    assert not [name for name in await names(redis) if name.startswith("{inbox-bridge}:1:")]


async def test_of_many_that_start_at_once_one_does_it(redis: Any) -> None:
    times = 0

    async def counted(client: Any) -> None:
        nonlocal times
        times += 1
        await asyncio.sleep(0.05)

    await asyncio.gather(*(migrate(redis, 2, {1: counted}) for _ in range(5)))
    assert times == 1
    assert await redis.get("{inbox-bridge}:2:link:U2") == b"m2"


async def test_the_present_layout_costs_one_question_and_writes_nothing(redis: Any) -> None:
    before = await names(redis)
    await migrate(redis)
    assert await names(redis) == before


async def test_a_bot_does_not_start_on_the_data_of_a_newer_one(
    bot: Run, outside: Outside, redis: Any, tmp_path: Path
) -> None:
    await redis.set(keys.LAYOUT_IS, keys.LAYOUT + 1)
    ended = await bot(tmp_path, outside.env, "serve")
    assert ended.code == 2
    assert f"newer version of the bot (layout {keys.LAYOUT + 1}" in ended.err
    assert "Traceback" not in ended.err
