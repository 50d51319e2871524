"""Whose turn it is, and until when somebody is away."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.channels.store import Away
from bot.errors import Mistake
from bot.rules.times import read_until
from bot.rules.turn_store import SPENT, Turn, TurnStore
from bot.store import keys
from bot.store.connect import connect

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 26, 14, 30, tzinfo=UTC)  # a Thursday, 15:30 in Berlin
FIVE = [Turn(f"U{n}", f"m{n}") for n in range(5)]


@pytest.fixture
def turns(redis: Any) -> TurnStore:
    return TurnStore(redis)


async def taken(turns: TurnStore, number: int, everybody: list[Turn], most: int | None = None) -> str:
    found = await turns.take("r", f"t{number}", f"m{number}", everybody, most)
    return found.user if found else ""


async def test_turns_go_round_and_a_repeat_takes_none(turns: TurnStore) -> None:
    found = [await taken(turns, n // 2, FIVE) for n in range(14)]
    assert found == [f"U{n // 2 % 5}" for n in range(14)]


async def test_who_is_not_free_is_passed_over_and_has_the_turn_after_that(turns: TurnStore) -> None:
    without = [one._replace(free=one.user != "U1") for one in FIVE]
    assert [await taken(turns, n, without) for n in range(3)] == ["U0", "U2", "U3"]
    assert [await taken(turns, n, FIVE) for n in range(3, 6)] == ["U4", "U0", "U1"]


async def test_nobody_has_more_than_the_most(turns: TurnStore) -> None:
    found = Counter([await taken(turns, n, FIVE, most=2) for n in range(12)])
    assert found == {"U0": 2, "U1": 2, "U2": 2, "U3": 2, "U4": 2, "": 2}


async def test_what_inbox_shows_and_what_was_given_meanwhile_is_counted_once(turns: TurnStore) -> None:
    began = await turns.now()
    await turns.take("r", "t1", "m1", FIVE[:1], None)
    await turns.take("r", "t2", "m2", FIVE[:1], None)
    await turns.confirmed("r", "t2", FIVE[0])
    assert await turns.count("m0", ["t0", "t2"], began) == 3  # t1 is not confirmed yet, t2 was since then, and is there
    await asyncio.sleep(0.005)
    assert await turns.count("m0", ["t0"], await turns.now()) == 2  # t2 is closed by now


async def test_when_somebody_leaves_the_list_their_neighbour_comes_next(turns: TurnStore) -> None:
    assert [await taken(turns, n, FIVE) for n in range(3)] == ["U0", "U1", "U2"]
    assert [await taken(turns, n, FIVE[:2] + FIVE[3:]) for n in range(3, 6)] == ["U3", "U4", "U0"]


async def test_a_turn_that_came_to_nothing_is_owed_once(turns: TurnStore) -> None:
    first = await turns.take("r", "t0", "m0", FIVE, None)
    assert first
    for _ in range(2):
        await turns.give_back("r", "t0", "m0", first)
    spent = await turns.taken("t0", "m0")
    assert spent
    assert spent.user == SPENT
    assert [await taken(turns, n, FIVE) for n in range(1, 5)] == ["U0", "U1", "U2", "U3"]
    assert (await turns.loads(["m0", "m4"]))["m0"].number == 1


async def test_what_turns_leave_in_redis_goes_by_itself(turns: TurnStore, redis: Any) -> None:
    lives = {keys.circle("r"): 90 * keys.DAY, keys.load("m0"): 3600, keys.given("m0"): keys.WEEK}
    for number in range(2):
        await taken(turns, number, FIVE[:1])
        for name, seconds in lives.items():
            assert await redis.ttl(name) == pytest.approx(seconds, abs=5)
            await redis.expire(name, 60)  # each turn that is taken lets them live anew
    assert [name async for name in redis.scan_iter(match=keys.key("turns", "*")) if await redis.ttl(name) < 0] == []


async def test_what_somebody_was_given_long_ago_is_forgotten_and_what_is_not_confirmed_stays(
    turns: TurnStore, redis: Any
) -> None:
    now = await turns.now()
    old = {"hour": now - 3_601_000, "minutes": now - 3_000_000, "unconfirmed": math.inf}
    await redis.zadd(keys.given("m0"), old)
    await taken(turns, 1, FIVE[:1])
    assert await redis.zrange(keys.given("m0"), 0, -1) == [b"minutes", b"t1", b"unconfirmed"]


async def test_a_thousand_turns_by_two_workers_with_some_given_back_are_shared_evenly(redis_url: str) -> None:
    """Among five of whom one is away and one has as many as may be."""
    clients, dice = [connect(redis_url) for _ in range(2)], random.Random(7)
    stores = [TurnStore(one) for one in clients]
    everybody = [one._replace(free=one.user != "U3") for one in FIVE]
    await stores[0].count("m4", [f"old{n}" for n in range(400)], await stores[0].now())
    held: list[str] = []

    async def work(number: int) -> None:
        store = dice.choice(stores)
        for _ in range(dice.choice((1, 1, 1, 2))):  # a worker died after it, and another one did it again
            turn = await store.take("r", f"t{number}", f"m{number}", everybody, 400)
        assert turn
        if dice.random() < 0.1:
            await store.give_back("r", f"t{number}", f"m{number}", turn)
        else:
            await store.confirmed("r", f"t{number}", turn)
            held.append(turn.user)

    for start in range(0, 1000, 20):
        await asyncio.gather(*(work(number) for number in range(start, start + 20)))
    counts = Counter(held)
    assert counts.keys() == {"U0", "U1", "U2"}
    assert max(counts.values()) - min(counts.values()) <= 3  # as many turns may be owed in the end
    for one in clients:
        await one.aclose()


@pytest.mark.parametrize(
    ("typed", "until"),
    [
        ("until Mon", "2026-11-30 09:00"),
        ("until monday", "2026-11-30 09:00"),
        ("until next thu", "2026-12-03 09:00"),
        ("Thursday 14:00", "2026-12-03 14:00"),
        ("until tomorrow", "2026-11-27 09:00"),
        ("till tomorrow at 2pm", "2026-11-27 14:00"),
        ("until 16:00", "2026-11-26 16:00"),
        ("until 9:00", "2026-11-27 09:00"),
        ("until 2026-12-24", "2026-12-24 09:00"),
        ("until 24 Dec", "2026-12-24 09:00"),
        ("until Jan 2nd", "2027-01-02 09:00"),
        ("until 1 December 12:30", "2026-12-01 12:30"),
        ("until 1.12.", "2026-12-01 09:00"),
        ("until 5.12. 14:00", "2026-12-05 14:00"),
        ("24.12.", "2026-12-24 09:00"),
        ("until 24.12.2026", "2026-12-24 09:00"),
        ("until 24.12.2026.", "2026-12-24 09:00"),
        ("until 24.12.26, 14.30", "2026-12-24 14:30"),
        ("until 1. 12.", "2026-12-01 09:00"),
        ("until 1. 12. 2026 at 8:00", "2026-12-01 08:00"),
        ("until 6.1.", "2027-01-06 09:00"),
        ("until Dec 1.", "2026-12-01 09:00"),
        ("until 1. Dec.", "2026-12-01 09:00"),
        ("until 1 Dec 2026", "2026-12-01 09:00"),
        ("until December 1, 2026", "2026-12-01 09:00"),
        ("until Sept. 3rd, 2027 at 8:00", "2027-09-03 08:00"),
        ("until 1 Dec 1430", "2026-12-01 14:30"),
        ("until 1.12. 1430", "2026-12-01 14:30"),
        ("until 1 Dec 1800", "2026-12-01 18:00"),
        ("until 1 Dec 2000", "2026-12-01 20:00"),
        ("until Dec 1 at 2015", "2026-12-01 20:15"),
        ("until 1.12. 2015", "2026-12-01 20:15"),
        ("until 1 Decembre", "2026-12-01 09:00"),
        ("until 1 décembre 2000", "2026-12-01 20:00"),
        ("until 1. Dez.", "2026-12-01 09:00"),
        ("until 1. Dezember 2026, 14:00", "2026-12-01 14:00"),
        ("until 1. Juni", "2027-06-01 09:00"),
        ("until 1 juin", "2027-06-01 09:00"),
        ("until 1 Juli", "2027-07-01 09:00"),
        ("until 1 juillet", "2027-07-01 09:00"),
        ("until 1. März", "2027-03-01 09:00"),
        ("until 1 fe\u0301vrier", "2027-02-01 09:00"),
        ("until 15 AOÛT 2027", "2027-08-15 09:00"),
        ("until 5. Mai", "2027-05-05 09:00"),
        ("until Januar 2", "2027-01-02 09:00"),
        ("until Montag", "2026-11-30 09:00"),
        ("until Mittwoch, 14:00", "2026-12-02 14:00"),
        ("until Sonnabend", "2026-11-28 09:00"),
        ("until Sonntag.", "2026-11-29 09:00"),
        ("until next Donnerstag", "2026-12-03 09:00"),
        ("until fridays", "2026-11-27 09:00"),
        ("until Freitags 8:00", "2026-11-27 08:00"),
        ("until Tues. 8:00", "2026-12-01 08:00"),
        ("until Weds", "2026-12-02 09:00"),
        ("until 16.30", "2026-11-26 16:30"),
        ("until 16:30.", "2026-11-26 16:30"),
        ("until tomorrow.", "2026-11-27 09:00"),
        ("for 2 days", "2026-11-28 15:30"),
        ("3h", "2026-11-26 18:30"),
        ("a week", "2026-12-03 15:30"),
    ],
)
def test_until_when_is_understood(typed: str, until: str) -> None:
    assert f"{read_until(typed, NOW, BERLIN).astimezone(BERLIN):%Y-%m-%d %H:%M}" == until


@pytest.mark.parametrize(
    "typed",
    [
        *("until", "soon", "until never", "32 Dec", "until 2020-01-01", "until 2030-01-01", "12"),
        *("9.30.", "31.2.", "1.13.", "24.12.2025", "24.12.2030", "29.2.", "tomorrow 1.12.", "1.12.2026.5", "9."),
        *("until monkey", "until sunset", "until next fridge", "until marathon 5", "until Dec 1 2027", "1 Dec 2025"),
        *("until 31 Feb 2027", "until Dec 2026", "until mo"),
        *("until Sam", "until Sams", "until die", "until don", "until mit", "until fris", "until thus", "1 jui"),
        *("1 mais", "24.12.2015", "1 Dec 2015 14:00", "until 1 Dec 2030", "until Dec 2015", "2015"),
    ],
)
def test_what_is_no_time_to_come_is_refused(typed: str) -> None:
    with pytest.raises(Mistake):
        read_until(typed, NOW, BERLIN)


def test_away_holds_until_its_end_or_for_good() -> None:
    assert Away().holds(NOW)
    assert Away(until=NOW + timedelta(minutes=1)).holds(NOW)
    assert not Away(until=NOW).holds(NOW)
