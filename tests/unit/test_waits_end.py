"""Who was never answered waits as long as their card is kept, and whoever writes after that waits anew."""

from __future__ import annotations

import time
from typing import Any

import pytest

from bot.reminders.store import Wait, Waiting
from bot.store import keys
from bot.upkeep.store import AT_ONCE, Lifetimes

NOW = time.time()
OLD = NOW - 366 * keys.DAY
TABLES = ("waiting", "due", "targets", "unanswered", "own", "began")


@pytest.fixture
def waiting(redis: Any) -> Waiting:
    return Waiting(redis)


async def waits(redis: Any, thread_id: str, at: float, *, card: bool = False) -> None:
    """Somebody has written, and so far as reminders, targets and figures know, waits; with or without a card."""
    await Waiting(redis).wrote(thread_id, at, f"{thread_id}-1")
    await redis.zadd(keys.TARGETS, {thread_id: at})
    await redis.hset(keys.UNANSWERED, thread_id, repr(at))
    if card:
        await redis.hset(keys.card(thread_id), "thread", "{}")


async def tidied(redis: Any) -> int:
    """How many looks it took."""
    upkeep, looks = Lifetimes(redis), 0
    passed: int | None = 0
    while passed is not None:
        passed, looks = await upkeep.waits(passed), looks + 1
    cursor, first = 0, True
    while cursor or first:
        cursor, first, looks = await upkeep.unanswered(cursor), False, looks + 1
    return looks


async def left(redis: Any) -> dict[str, list[str]]:
    """The threads that something of a wait is kept of, by where."""
    tables = {
        "waiting": await redis.zrange(keys.WAITING, 0, -1),
        "due": await redis.zrange(keys.DUE, 0, -1),
        "targets": await redis.zrange(keys.TARGETS, 0, -1),
        "unanswered": await redis.hkeys(keys.UNANSWERED),
        "own": [one.removeprefix(keys.waiting("").encode()) for one in await redis.keys(keys.waiting("*"))],
        "began": [one.removeprefix(keys.wait_began("").encode()) for one in await redis.keys(keys.wait_began("*"))],
    }
    return {name: sorted(one.decode() for one in found) for name, found in tables.items()}


async def test_a_wait_ends_with_its_card_and_nothing_of_it_is_left(redis: Any) -> None:
    await waits(redis, "gone", OLD)
    await waits(redis, "shown", OLD, card=True)
    await waits(redis, "new", NOW - 60)
    await tidied(redis)
    assert await left(redis) == {name: ["new", "shown"] for name in TABLES}


async def test_who_wrote_again_lately_waits_on_though_no_card_is_known_yet(redis: Any, waiting: Waiting) -> None:
    await waits(redis, "t", OLD)
    await redis.hset(keys.waiting("t"), "last", repr(NOW))
    await tidied(redis)
    assert await waiting.everybody() == ["t"]
    assert await redis.hkeys(keys.UNANSWERED) == [b"t"]


async def test_what_figures_alone_know_of_ends_too(redis: Any) -> None:
    await redis.hset(keys.UNANSWERED, mapping={"gone": OLD, "new": NOW, "shown": OLD})
    await redis.hset(keys.card("shown"), "thread", "{}")
    await tidied(redis)
    assert (await left(redis))["unanswered"] == ["new", "shown"]


async def test_many_are_looked_at_in_turns_and_those_with_cards_are_in_nobodys_way(redis: Any) -> None:
    many = 3 * AT_ONCE
    for number in range(many):
        await waits(redis, f"t{number}", OLD + number, card=number % 3 == 0)
    assert await tidied(redis) > 4
    shown = sorted(f"t{number}" for number in range(0, many, 3))
    assert await left(redis) == dict.fromkeys(TABLES, shown)


async def test_who_writes_after_their_wait_has_ended_waits_anew(redis: Any, waiting: Waiting) -> None:
    await waits(redis, "t", OLD)
    await tidied(redis)
    assert await waiting.wrote("t", NOW, "later")
    assert await waiting.get("t") == Wait(NOW, NOW)
    assert await waiting.all() == {"t": NOW}


async def test_who_writes_when_the_card_has_just_gone_waits_anew_all_the_same(redis: Any, waiting: Waiting) -> None:
    """The hour's upkeep may come after the message, as where the bot was away."""
    await waits(redis, "t", OLD)
    await waiting.look_again(await waiting.due(), {})  # nobody is reminded any more
    assert await waiting.wrote("t", NOW, "later")
    assert await waiting.get("t") == Wait(NOW, NOW)
    assert await waiting.all() == {"t": NOW}
    assert await waiting.wrote("t", NOW, "later")  # the same again, when it is heard of again
    assert not await waiting.wrote("t", NOW + 1, "more")


async def test_who_writes_below_an_old_card_waits_on(redis: Any, waiting: Waiting) -> None:
    await waits(redis, "t", OLD, card=True)
    assert not await waiting.wrote("t", NOW, "later")
    assert await waiting.get("t") == Wait(OLD, OLD)


async def test_an_answer_after_the_end_answers_nobody_and_a_message_after_that_begins_a_wait(
    redis: Any, waiting: Waiting
) -> None:
    await waits(redis, "t", OLD)
    await tidied(redis)
    assert not await waiting.answered("t", NOW - 10)  # nobody is known to wait for it
    assert not await waiting.wrote("t", NOW - 20, "before")
    assert await waiting.wrote("t", NOW, "later")
    assert await waiting.answered("t", NOW + 1)
