"""Who waits since when, whatever the order in which it is heard of: a reminder never comes for what was answered."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.reminders.store import FIRST_LOOK, FORGOTTEN, Wait, Waiting
from bot.store import keys
from bot.store.connect import connect

NOW = time.time()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    client = connect(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def waiting(redis: Any) -> Waiting:
    return Waiting(redis)


async def test_they_wait_from_the_first_unanswered_message_on(waiting: Waiting) -> None:
    for at in (NOW - 30.25, NOW - 20, NOW - 10):
        await waiting.wrote("t", at)
    assert await waiting.get("t") == Wait(NOW - 30.25, NOW - 30.25)
    assert await waiting.all() == {"t": NOW - 30.25}


async def test_an_answer_that_is_heard_of_before_what_it_answers_ends_it_as_well(waiting: Waiting) -> None:
    await waiting.answered("t", NOW - 10)
    await waiting.wrote("t", NOW - 20)
    assert await waiting.get("t") is None
    await waiting.wrote("t", NOW - 5)
    assert await waiting.get("t") == Wait(NOW - 5, NOW - 5)


async def test_what_came_after_the_answer_waits_on_though_the_answer_is_heard_of_late(waiting: Waiting) -> None:
    await waiting.wrote("t", NOW - 30)
    await waiting.wrote("t", NOW - 10)
    await waiting.answered("t", NOW - 20)
    assert await waiting.get("t") == Wait(NOW - 10, NOW - 10)
    assert await waiting.all() == {"t": NOW - 10}
    await waiting.answered("t", NOW)
    assert await waiting.get("t") is None
    assert await waiting.all() == {}


async def test_the_same_message_heard_of_twice_is_one(waiting: Waiting) -> None:
    for _ in range(2):
        await waiting.wrote("t", NOW - 10)
    await waiting.reminded("t", NOW - 10)
    await waiting.wrote("t", NOW - 10)
    assert await waiting.get("t") == Wait(NOW - 10, None)


async def test_a_reminder_of_something_else_changes_nothing(waiting: Waiting) -> None:
    await waiting.wrote("t", NOW - 10)
    await waiting.reminded("t", NOW - 11)
    assert await waiting.get("t") == Wait(NOW - 10, NOW - 10)


async def test_they_are_looked_at_when_it_is_time_and_not_when_it_is_over(waiting: Waiting) -> None:
    await waiting.wrote("soon", NOW - FIRST_LOOK - 1)
    await waiting.wrote("later", NOW + 3600)
    assert await waiting.due() == ["soon"]
    await waiting.look_at({"soon": NOW + 3600, "over": NOW - 60})
    assert not await waiting.anything()
    await waiting.look_at_all()
    assert sorted(await waiting.due()) == ["later", "soon"]
    await waiting.over("soon")
    assert await waiting.due() == ["later"]


async def test_after_two_weeks_they_are_forgotten(waiting: Waiting, redis: Any) -> None:
    await waiting.wrote("old", NOW - FORGOTTEN - 1)
    await waiting.wrote("new", NOW)
    assert await waiting.all() == {"new": NOW}
    assert 0 < await redis.ttl(keys.waiting("new")) <= FORGOTTEN


async def test_whoever_waits_for_two_weeks_makes_room_without_anybody_asking(waiting: Waiting, redis: Any) -> None:
    await redis.zadd(keys.WAITING, {"reminded once": NOW - FORGOTTEN - 1})
    await waiting.wrote("new", NOW)
    assert await redis.zrange(keys.WAITING, 0, -1) == [b"new"]
