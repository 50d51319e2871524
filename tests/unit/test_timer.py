"""How often the event feed is looked at: by what people do, by what webhooks bring, and once for all processes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.context import Timing
from bot.events.jobs import Sync
from bot.events.pace import interval
from bot.events.store import Feed
from bot.events.types import wanted
from bot.feature import Console
from bot.features import KINDS
from bot.inbox.event import Event
from bot.queue.job import Asker, Job, utc_now
from bot.queue.lanes import Lanes
from bot.queue.timer import Look, Timer
from bot.store import keys
from bot.store.connect import connect
from bot.store.quota import WINDOWS, Quota

OFTEN = Timing().poll


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    client = connect(redis_url)
    yield client
    await client.aclose()


async def now_every(redis: Any) -> float:
    return await interval(Feed(redis), OFTEN)


def event() -> Event:
    return Event(
        id="e1",
        seq=1,
        type="message.received",
        created_at=utc_now(),
        api="v2",
        thread_id="t1",
        message_id="m1",
        direction="inbound",
    )


async def acted(redis: Any, ago: float) -> None:
    await redis.set(keys.ACTIVE, int(time.time() - ago))


async def test_it_is_looked_every_three_seconds_while_people_act_and_ever_more_rarely_afterwards(redis: Any) -> None:
    assert OFTEN == 3.0
    found = []
    for ago in (0, 120, 600, 1200, 7200):
        await acted(redis, ago)
        found.append(await now_every(redis))
    assert found == [3.0, 3.0, pytest.approx(10.0, abs=0.1), 10.5, 10.5]


async def test_a_click_or_a_command_wakes_it_and_background_work_does_not(redis: Any) -> None:
    lanes = Lanes(redis, "test", KINDS)
    await acted(redis, 7200)
    await lanes.accept(Sync())
    assert await now_every(redis) == 10.5
    await lanes.accept(Console(words="whoami", asker=Asker(user="U1")))
    assert await now_every(redis) == 3.0


async def test_a_message_in_the_feed_wakes_it(redis: Any) -> None:
    await acted(redis, 7200)
    assert await Feed(redis).turn(event(), wanted(event()))
    assert await now_every(redis) == 3.0


async def test_a_webhook_makes_it_rest_for_as_long_as_webhooks_come(redis: Any) -> None:
    await Feed(redis).arrive(event(), wanted(event()), same_count=True)
    assert await now_every(redis) == 60.0
    await redis.set(keys.WEBHOOK_AT, int(time.time() - 1900))
    assert await now_every(redis) == 3.0


async def test_many_processes_look_as_often_as_one(redis: Any) -> None:
    looks, all_looked = 0, asyncio.Event()

    class Counted(Lanes):
        async def accept(self, *accepted: Job, once: str = "", within: float | None = None) -> bool:
            nonlocal looks
            looks += 1
            if looks == 5:
                all_looked.set()
            return True

    async def every() -> float:
        return 0.2

    look = Look("feed", Sync, every, at_start=True)
    crew = [Timer(Quota(redis), Counted(redis, f"p{n}", KINDS), [look], 0.2) for n in range(5)]
    began = time.monotonic()
    tasks = [asyncio.create_task(one.run()) for one in crew]
    await asyncio.wait_for(all_looked.wait(), 60.0)  # each looks when it starts
    async with asyncio.timeout(60.0):
        while looks < len(crew) + 5:  # noqa: ASYNC110  # Redis's clock tells no event
            await asyncio.sleep(0.05)
    for one in crew:
        one.stop()
    await asyncio.gather(*tasks)
    assert looks - len(crew) <= (time.monotonic() - began) / 0.2 + 1  # however long that took


async def test_somebody_who_acts_after_a_long_quiet_time_does_not_wait_for_the_long_interval(redis: Any) -> None:
    quota = Quota(redis)
    assert await quota.turn("feed", 30.0)
    await asyncio.sleep(0.05)
    assert not await quota.turn("feed", 30.0)
    assert await quota.turn("feed", 0.03)


async def test_a_day_of_readings_spends_at_most_fifteen_percent_of_any_quota(redis: Any) -> None:
    """However long people are active: five minutes at a time, from when the bot was new."""
    parts, this = list[float](), int(time.time()) // 3600
    await acted(redis, 0)
    for at in range(48 * 12):
        hour = at - at % 12
        count = {keys.readings(str(this)): int(sum(parts[hour:at]))}
        count |= {
            keys.readings(str(this - back)): int(sum(parts[hour - 12 * back : hour - 12 * back + 12]))
            for back in range(1, 25)
            if hour >= 12 * back
        }
        await redis.mset(count)
        parts.append(300 / await now_every(redis))
    slower = next(at for at, count in enumerate(parts) if count < 300 / OFTEN)
    assert 7.5 <= slower / 12 <= 9  # hours of reading as often as people want
    assert max(parts) / 5 <= 0.15 * WINDOWS[60]
    assert max(parts) * 12 <= 0.15 * WINDOWS[3600]
    assert max(sum(parts[at : at + 24 * 12]) for at in range(24 * 12)) <= 0.15 * WINDOWS[86_400]


async def test_a_webhook_that_is_yet_to_come_is_not_believed(redis: Any) -> None:
    """As after a clock was set back by ten minutes."""
    await redis.set(keys.WEBHOOK_AT, int(time.time()) + 600)
    await redis.set(keys.ACTIVE, int(time.time()) + 600)
    assert await now_every(redis) == OFTEN
