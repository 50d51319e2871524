"""Commands that are asked for at the same time share a round trip to Redis, and nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import ResponseError

from bot.errors import StoreUnavailable
from bot.store.connect import connect


async def test_a_hundred_at_once_take_a_few_round_trips(redis: Any) -> None:
    before = (await redis.info("stats"))["total_reads_processed"]
    await asyncio.gather(*(redis.set(f"key{number}", number) for number in range(100)))
    assert (await redis.info("stats"))["total_reads_processed"] - before < 10
    assert await redis.get("key99") == b"99"


async def test_each_has_its_own_answer_or_error(redis: Any) -> None:
    await redis.set("word", "no number")
    asked = redis.set("a", 1), redis.get("word"), redis.incr("word"), redis.hgetall("none"), redis.get("a")
    answers: list[Any] = list(await asyncio.gather(*asked, return_exceptions=True))
    assert isinstance(answers.pop(2), ResponseError)
    assert answers == [True, b"no number", {}, b"1"]


async def test_whoever_gives_up_disturbs_nobody(redis: Any) -> None:
    waiting = [asyncio.create_task(redis.incr("count")) for _ in range(6)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # the one under way
    waiting[3].cancel()  # one that waits for its turn
    counted: list[Any] = await asyncio.gather(*waiting, return_exceptions=True)
    assert sum(isinstance(one, int) for one in counted) == 4
    assert await redis.incr("count") in (5, 6)


async def test_whoever_asks_a_server_that_says_nothing_hears_so_when_the_client_is_closed() -> None:
    came, over = asyncio.Event(), asyncio.Event()

    async def says_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        await over.wait()
        writer.close()

    async with await asyncio.start_server(says_nothing, "127.0.0.1", 0) as silent:
        redis: Any = connect(f"redis://127.0.0.1:{silent.sockets[0].getsockname()[1]}")
        asked = [asyncio.create_task(redis.get("word")) for _ in range(3)]
        await came.wait()
        await redis.aclose()
        over.set()
        async with asyncio.timeout(60):
            answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(one) for one in answers] == [StoreUnavailable] * 3


async def test_a_read_that_blocks_holds_up_nobody(redis: Any) -> None:
    await redis.xgroup_create("stream", "group", mkstream=True)
    blocked = asyncio.create_task(redis.xreadgroup("group", "one", {"stream": ">"}, block=20_000))
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await redis.set("key", 1)
    assert not blocked.done()
    await redis.xadd("stream", {"lane": "x"})
    assert await blocked


OUTAGES = (
    "LOADING Redis is loading the dataset in memory",
    "MASTERDOWN Link with MASTER is down",
    "NOREPLICAS Not enough",
)


@pytest.mark.parametrize("said", OUTAGES)
async def test_what_a_server_cannot_do_now_is_an_outage(redis: Any, said: str) -> None:
    script = redis.register_script(f"return redis.error_reply('{said}')")
    with pytest.raises(StoreUnavailable):
        await script()
    pipe = redis.pipeline()
    pipe.eval(f"return redis.error_reply('{said}')", 0)
    with pytest.raises(StoreUnavailable):
        await pipe.execute()


async def test_a_full_redis_is_an_outage_and_a_mistake_in_a_script_is_none(redis: Any) -> None:
    await redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(StoreUnavailable):
            await redis.set("key", "value")
    finally:
        await redis.config_set("maxmemory", 0)
    with pytest.raises(ResponseError):
        await redis.register_script("return redis.call('NO-SUCH-COMMAND')")()
    with pytest.raises(ResponseError):
        await redis.register_script("return nothing.at.all")()


async def test_a_server_that_is_gone_is_an_outage_for_each_kind_of_command(tmp_path: Path) -> None:
    client: Any = connect(f"unix://{tmp_path}/nobody.sock")
    for asked in (
        client.get("key"),
        client.xreadgroup("group", "one", {"stream": ">"}),
        client.pipeline().watch("key"),
    ):
        with pytest.raises(StoreUnavailable):
            await asked
    await client.aclose()
