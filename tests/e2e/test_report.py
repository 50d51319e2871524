"""The report on Monday: once, in channels that want it, and never where another organisation reads along."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.stats.jobs import LookAtReports, Report
from bot.store import keys
from tests.e2e.deaths import ENOUGH
from tests.e2e.steps import cards, form, hears, idle, whole_day
from tests.mortal import Interrupted


class Week:
    """A stage on which Mondays come."""

    def __init__(self, on: Stage, redis: Any) -> None:
        self.on, self.redis = on, redis

    async def wants(self, *, report: bool = True) -> None:
        """Ana ticks the box in the channel's settings."""
        assert (await self.on.slack.command(self.on.acme.ana, self.on.acme.channel, "/inbox", "settings")).ok
        await form(self.on, self.on.acme.ana, "Messages show")
        ticked = ["report"] if report else []
        assert (await self.on.slack.submit(self.on.acme.ana, values={"report": ticked, "zone": "UTC"})).ok
        await idle(self.on)

    async def comes(self, ago: float = 1.0) -> None:
        """Monday, 9:00, was `ago` seconds before."""
        self.redis.zadd(keys.REPORTS, {self.on.acme.channel: datetime.now(UTC).timestamp() - ago}, xx=True)
        await self.rings()

    async def rings(self) -> None:
        await self.on.bridge.lanes.accept(LookAtReports())
        await idle(self.on)

    def next(self) -> float:
        return float(self.redis.zscore(keys.REPORTS, self.on.acme.channel) or 0)


@pytest.fixture
async def week(on: Stage, redis_url: str) -> AsyncIterator[Week]:
    with Redis.from_url(redis_url) as redis:
        yield Week(on, redis)


def reports(on: Stage) -> list[Message]:
    return [one for one in cards(on) if one.text.startswith("📊")]


async def test_on_monday_the_channel_reads_how_the_week_before_was(week: Week) -> None:
    on, yesterday = week.on, await whole_day() - timedelta(days=1)
    await week.wants()
    await hears(on, on.acme.ana, "A report comes on Mondays at 9:00.")
    monday = datetime.fromtimestamp(week.next(), UTC)
    assert (monday.weekday(), monday.hour, monday.minute) == (0, 9, 0)
    week.redis.hset(keys.received(yesterday), mapping={"m1": "t1", "m2": "t1"})
    week.redis.hset(keys.answered(yesterday), "m3", f"600.000 {on.acme.bo_member}")
    week.redis.hset(keys.received(yesterday + timedelta(days=1)), "m4", "t1")  # today is of the next week
    await week.rings()
    assert reports(on) == []
    await week.comes()
    (said,) = reports(on)
    shown = on.slack.show(said)
    assert f"How we did last week*, {yesterday - timedelta(days=6):%d %B} to {yesterday:%d %B} by UTC." in shown
    assert "The last 7 days*: 2 messages received in 1 conversation, 1 answered" in shown
    assert "Bo: 1, median 10 min" in shown
    assert "30 days" not in shown
    assert [block["type"] for block in said.blocks].count("data_visualization") == 1
    assert week.next() > datetime.now(UTC).timestamp()
    await week.rings()
    await week.comes()
    assert len(reports(on)) == 1  # the same day's never again
    assert week.next() > datetime.now(UTC).timestamp()


async def test_one_that_is_due_comes_though_the_settings_are_saved_before_anybody_looks(week: Week) -> None:
    await week.wants()
    week.redis.zadd(keys.REPORTS, {week.on.acme.channel: datetime.now(UTC).timestamp() - 1})
    await week.wants()
    await week.rings()
    assert len(reports(week.on)) == 1


async def test_east_of_utc_its_monday_comes_on_the_sunday_of_utc_which_counts(week: Week) -> None:
    on, sunday = week.on, await whole_day()
    await week.wants()
    for back in range(8):
        week.redis.hset(keys.received(sunday - timedelta(days=back)), f"m{back}", f"t{back}")
    await on.bridge.lanes.accept(Report(channel=on.acme.channel, day=(sunday + timedelta(days=1)).isoformat()))
    await idle(on)
    (said,) = reports(on)
    shown = on.slack.show(said)
    monday = sunday - timedelta(days=6)
    assert f"How we did last week*, {monday:%d %B} to {sunday:%d %B} by UTC, where the last day is not over." in shown
    assert "The last 7 days*: 7 messages received" in shown


async def test_without_the_wish_none_comes(week: Week) -> None:
    await week.comes()
    await week.wants()
    await week.wants(report=False)
    await week.comes()
    assert (reports(week.on), week.next()) == ([], 0)


async def test_one_that_could_not_come_in_time_is_left_out(week: Week) -> None:
    await week.wants()
    await week.comes(ago=4 * 3600)
    assert reports(week.on) == []
    assert week.next() > datetime.now(UTC).timestamp()


async def test_where_another_organisation_reads_along_none_comes(week: Week) -> None:
    await week.wants()
    week.on.slack.channels[week.on.acme.channel].shared = True
    await week.comes()
    assert reports(week.on) == []
    assert week.next() > datetime.now(UTC).timestamp()


async def test_what_an_admin_chooses_while_a_report_finds_its_next_date_stays(week: Week) -> None:
    on, channel = week.on, week.on.acme.channel
    handler: Any = on.bridge.worker._work._handlers[LookAtReports]
    now = datetime.now(UTC).timestamp()

    async def keep(_: object) -> None: ...

    async def chooses() -> None:
        week.redis.set(keys.channel_choices(channel), '{"reminders": {"report": true}}')
        week.redis.zadd(keys.REPORTS, {channel: now + 12_345})

    for after in range(1, ENOUGH):
        week.redis.delete(keys.channel_choices(channel))
        week.redis.zadd(keys.REPORTS, {channel: now - 1})
        done = Interrupted(handler(LookAtReports(), keep), after, chooses)
        await done
        if not done.was:
            assert after > 2
            assert week.next() == 0
            return
        assert week.next() == now + 12_345
    raise AssertionError("it waits more often than that")
