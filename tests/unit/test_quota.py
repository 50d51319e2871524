"""Quotas that all processes share: a channel's posts, and the calls to Inbox."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from bot.errors import RateLimited, StoreUnavailable
from bot.store import keys
from bot.store.connect import connect
from bot.store.quota import BLOCKED, FIRST, LATER, LOW, NEW, WINDOWS, Quota


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that no test outlives, and in which little fits."""
    monkeypatch.setattr("bot.store.quota.WINDOWS", {86_400: 10})


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel that takes no burst."""
    monkeypatch.setattr("bot.store.quota.BURST", 1)


async def spend(quota: Quota, *, background: bool, most: int = 50) -> int:
    """How many calls to Inbox go out before the budget says no."""
    for count in range(most):
        try:
            await quota.inbox(background=background)
        except RateLimited as limited:
            return count if limited.retry_after > 0 else -1
    return most


async def test_a_channel_takes_a_short_burst_and_then_one_post_per_interval(redis: Any) -> None:
    quota = Quota(redis, channel_interval=30.0)
    assert [await quota.channel("C1") for _ in range(3)] == [0, 0, 0]
    assert 29 < await quota.channel("C1") <= 30


async def test_a_channel_rests_when_slack_says_so_though_it_has_just_taken_a_post(redis: Any) -> None:
    quota = Quota(redis, channel_interval=1.0)
    assert await quota.channel("C1") == 0
    await quota.rest("C1", 30.0)
    assert await quota.channel("C1") > 20


@pytest.mark.usefixtures("strict")
async def test_asking_again_does_not_lengthen_the_wait(redis: Any) -> None:
    quota = Quota(redis, channel_interval=30.0)
    waits = [await quota.channel("C1") for _ in range(5)]
    assert waits[0] == 0
    assert all(29 < wait <= 30 for wait in waits[1:])


@pytest.mark.usefixtures("strict")
async def test_who_waits_as_long_as_told_has_the_slot(redis: Any) -> None:
    quota = Quota(redis, channel_interval=60.0)
    assert await quota.channel("C1") == 0
    wait = await quota.channel("C1")
    assert wait > 0
    await redis.decrby(keys.quota("channel:C1"), round(wait * 1000))  # when it is free: as if that had passed
    assert await quota.channel("C1") == 0
    assert await quota.channel("C1") > 0


@pytest.mark.usefixtures("strict")
async def test_channels_do_not_wait_for_each_other(redis: Any) -> None:
    quota = Quota(redis, channel_interval=30.0)
    assert [await quota.channel(channel) for channel in ("C1", "C2")] == [0, 0]


async def test_processes_share_a_channels_slots(redis: Any) -> None:
    answers = await asyncio.gather(*(Quota(redis, 30.0).channel("C1") for _ in range(9)))
    assert answers.count(0) == 3


def test_the_budget_is_the_vendors() -> None:
    assert WINDOWS == {60: 300, 3600: 10_000, 86_400: 100_000}


@pytest.mark.usefixtures("small")
async def test_background_work_leaves_a_fifth_of_the_budget_to_people(redis: Any) -> None:
    quota = Quota(redis)
    assert await spend(quota, background=True) == 8
    assert await spend(quota, background=False) == 2
    assert await spend(quota, background=True) == 0


@pytest.mark.usefixtures("small")
async def test_people_may_spend_all_of_it_and_processes_share_it(redis: Any) -> None:
    assert await spend(Quota(redis), background=False, most=6) == 6
    assert await spend(Quota(redis), background=False) == 4
    with pytest.raises(RateLimited) as limited:
        await Quota(redis).inbox(background=False)
    assert limited.value.retry_after <= 60  # a look each minute: the window slides


@pytest.mark.usefixtures("small")
async def test_a_call_that_was_not_made_is_not_counted(redis: Any) -> None:
    quota = Quota(redis)
    await spend(quota, background=True)
    for _ in range(20):
        assert await spend(quota, background=True) == 0
    assert await spend(quota, background=False) == 2


async def test_the_calls_of_a_minute_can_be_set(redis: Any) -> None:
    assert await spend(Quota(redis, inbox_per_minute=5), background=False, most=6) == 5


async def test_the_tightest_of_all_windows_decides(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.quota.WINDOWS", {43_200: 100, 86_400: 5})
    assert await spend(Quota(redis), background=False) == 5


async def test_a_full_second_is_over_two_seconds_later(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.quota.WINDOWS", {1: 3})
    quota = Quota(redis)
    while await spend(quota, background=False) < 3:
        pass  # the second turned while we spent
    async with asyncio.timeout(60):
        while not await spend(quota, background=False, most=1):  # noqa: ASYNC110  # Redis's clock tells no event
            await asyncio.sleep(0.05)


async def test_after_a_429_nobody_calls_for_as_long_as_inbox_says(redis: Any) -> None:
    quota = Quota(redis)
    await quota.learn({"retry-after": "40"}, 429)
    for background in (False, True):
        with pytest.raises(RateLimited) as limited:
            await Quota(redis).inbox(background=background)
        assert 39 < limited.value.retry_after <= 40


async def test_the_wait_after_a_429_ends(redis: Any) -> None:
    quota = Quota(redis)
    await quota.learn({"retry-after": "3000"}, 429)
    assert await spend(quota, background=False) == 0
    await quota.learn({"retry-after": "0.1"}, 429)
    async with asyncio.timeout(60):
        while not await spend(quota, background=False, most=1):  # noqa: ASYNC110  # Redis's clock tells no event
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("said", [{}, {"retry-after": ""}, {"retry-after": "soon"}, {"retry-after": "nan"}])
async def test_a_429_without_a_number_waits_half_a_minute(redis: Any, said: dict[str, str]) -> None:
    await Quota(redis).learn(said, 429)
    with pytest.raises(RateLimited) as limited:
        await Quota(redis).inbox(background=False)
    assert 29 < limited.value.retry_after <= 30


async def test_a_429_that_names_years_waits_an_hour(redis: Any) -> None:
    await Quota(redis).learn({"retry-after": "99999999"}, 429)
    with pytest.raises(RateLimited) as limited:
        await Quota(redis).inbox(background=False)
    assert limited.value.retry_after <= 3600


async def test_an_ordinary_answer_holds_nobody(redis: Any) -> None:
    await Quota(redis).learn({"retry-after": "40", "x-ratelimit-remaining": "250", "x-ratelimit-limit": "300"}, 200)
    await Quota(redis).inbox(background=True)


def headers(left: int, reset: float | str = 40) -> dict[str, str]:
    """What Inbox says of the team's quota; `reset` is in so many seconds."""
    at = reset if isinstance(reset, str) else str(int(time.time() + reset))
    return {"x-ratelimit-limit": "300", "x-ratelimit-remaining": str(left), "x-ratelimit-reset": at}


async def test_when_other_tools_have_spent_most_of_it_only_people_go_on(redis: Any) -> None:
    """Design §3.7: the quota is the team's, shared with its other tools."""
    await Quota(redis).learn(headers(left=5), 200)
    await Quota(redis).inbox(background=False)
    with pytest.raises(RateLimited) as limited:
        await Quota(redis).inbox(background=True)
    assert 35 < limited.value.retry_after <= 40


async def test_when_other_tools_have_spent_all_of_it_nobody_goes_on(redis: Any) -> None:
    await Quota(redis).learn(headers(left=0), 200)
    with pytest.raises(RateLimited):
        await Quota(redis).inbox(background=False)


@pytest.mark.parametrize("reset", ["9999999999", "40", "soon", "", "nan", "-1", "inf"])
async def test_a_reset_that_cannot_be_read_or_is_far_off_holds_for_a_minute_at_most(redis: Any, reset: str) -> None:
    await Quota(redis).learn(headers(left=0, reset=reset), 200)
    with pytest.raises(RateLimited) as limited:
        await Quota(redis).inbox(background=False)
    assert 0 < limited.value.retry_after <= 60


async def test_a_429_of_the_platform_with_quota_left_holds_nobody(redis: Any) -> None:
    await Quota(redis).learn({"retry-after": "40"} | headers(left=200), 429)
    await Quota(redis).inbox(background=True)


async def test_one_process_has_the_turn(redis: Any) -> None:
    turns = await asyncio.gather(*(Quota(redis).turn("feed", 30.0) for _ in range(5)))
    assert sorted(turns) == [False] * 4 + [True]
    assert await Quota(redis).turn("other", 0.05)
    await asyncio.sleep(0.06)
    assert await Quota(redis).turn("other", 0.05)


TEN_MINUTES = 600_000  # ms


async def test_a_channels_slot_in_the_future_is_not_believed(redis: Any) -> None:
    """As after Redis' clock was set back."""
    await redis.set(keys.quota("channel:C1"), int(time.time() * 1000) + TEN_MINUTES)
    assert await Quota(redis, channel_interval=2.0).channel("C1") <= 2


async def test_a_turn_in_the_future_is_not_believed(redis: Any) -> None:
    await redis.set(keys.quota("turn:feed"), int(time.time() * 1000) + TEN_MINUTES)
    assert await Quota(redis).turn("feed", 30.0)
    assert not await Quota(redis).turn("feed", 30.0)


@pytest.mark.parametrize("name", [BLOCKED, LOW])
async def test_a_wait_longer_than_inbox_asked_for_is_not_believed(redis: Any, name: str) -> None:
    await Quota(redis).hold(name, 40.0)
    await redis.pexpire(keys.quota(name), 40_000 + TEN_MINUTES)
    await Quota(redis).inbox(background=True)


async def test_without_redis_nothing_goes_out() -> None:
    redis = connect("unix:///nonexistent/valkey.sock")
    with pytest.raises(StoreUnavailable):
        await Quota(redis).inbox(background=False)
    with pytest.raises(StoreUnavailable):
        await Quota(redis).channel("C1")
    await redis.aclose()


# --- who goes first in a channel -------------------------------------------------------------------------------------


class Channel:
    """Askers who come back exactly when they were told, on a clock of their own; who was served, in order."""

    def __init__(self, redis: Any, interval: float) -> None:
        self._pace = Quota(redis, interval)
        self.served: list[str] = []

    async def rest(self) -> None:
        """Nobody is served before all of a test have asked."""
        await self._pace.rest("C1", 2.0)

    async def ask(self, who: str, turn: int) -> None:
        since = time.time()
        while wait := await self._pace.channel("C1", who, turn, since):  # noqa: ASYNC110  # Redis's clock tells no event
            await asyncio.sleep(wait)
        self.served.append(who)


@pytest.mark.usefixtures("strict")
async def test_what_is_new_goes_before_what_is_late_whoever_came_first(redis: Any) -> None:
    channel = Channel(redis, 0.2)
    await channel.rest()
    late = [asyncio.create_task(channel.ask(f"late {n}", LATER)) for n in range(3)]
    await asyncio.sleep(0.05)
    new = [asyncio.create_task(channel.ask("follow-up", NEW)), asyncio.create_task(channel.ask("card", FIRST))]
    await asyncio.gather(*late, *new)
    assert channel.served == ["card", "follow-up", "late 0", "late 1", "late 2"]


@pytest.mark.usefixtures("strict")
async def test_of_five_slots_one_goes_to_who_has_waited_longest(redis: Any) -> None:
    channel = Channel(redis, 0.1)
    await channel.rest()
    late = asyncio.create_task(channel.ask("late", LATER))
    await asyncio.sleep(0.02)
    await asyncio.gather(late, *(channel.ask(f"card {n}", FIRST) for n in range(12)))
    assert channel.served.index("late") <= 9


@pytest.mark.usefixtures("strict")
async def test_no_slot_is_lost_while_many_wait_and_none_is_given_early(redis: Any) -> None:
    channel, began = Channel(redis, 0.05), time.monotonic()
    await asyncio.gather(*(channel.ask(f"{turn}-{n}", turn) for turn in (LATER, NEW, FIRST) for n in range(10)))
    assert time.monotonic() - began > 29 * 0.05
    assert sorted(channel.served) == sorted(f"{turn}-{n}" for turn in (LATER, NEW, FIRST) for n in range(10))


@pytest.mark.usefixtures("strict")
async def test_who_does_not_come_back_holds_nobody_up(redis: Any) -> None:
    quota = Quota(redis, 1.0)
    await quota.rest("C1", 1.0)
    assert await quota.channel("C1", "dead", FIRST) > 0
    channel = Channel(redis, 0.05)
    async with asyncio.timeout(60):
        await channel.ask("alive", LATER)


async def test_who_changes_class_is_served_as_what_they_are_now(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.quota.BURST", 1)
    quota = Quota(redis, 30.0)
    assert await quota.channel("C1", "a", NEW) == 0
    waits = [await quota.channel("C1", "b", NEW), await quota.channel("C1", "c", LATER)]
    assert waits[0] <= 30
    assert await quota.channel("C1", "c", FIRST) <= 30
    assert await quota.channel("C1", "b", NEW) >= 30
