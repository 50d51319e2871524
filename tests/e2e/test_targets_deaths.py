"""Whoever dies over a target, at whatever point: each wait is told of once, and the card says that it is late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.store import keys
from bot.targets.jobs import LookAtTargets, TellLate
from tests.e2e.deaths import everywhere, worked
from tests.e2e.rules import inbox
from tests.e2e.steps import idle, shows, thread
from tests.e2e.test_targets import Day, alarms

pytestmark = pytest.mark.exhaustive


@pytest.fixture
async def on(on: Stage, optional_scopes: frozenset[str]) -> Stage:
    """As everywhere, and history may be read, which tells whether something was posted."""
    on.slack.scopes |= optional_scopes
    return on


def is_late(redis: Any, thread_id: str) -> float:
    """They have waited for more than an hour now; since when an answer is owed."""
    since = datetime.fromtimestamp(datetime.now(UTC).timestamp() - 3700, UTC).timestamp()
    redis.hset(keys.waiting(thread_id), mapping={name: repr(since) for name in ("first", "last", "since")})
    redis.zadd(keys.TARGETS, {thread_id: 0})
    return since


async def assert_told_once(on: Stage, redis: Any, person: PersonRecord, card: Message) -> None:
    redis.zadd(keys.TARGETS, {thread(on, person).id: 0})  # the next looks
    await on.bridge.lanes.accept(LookAtTargets())
    await idle(on)
    assert "⏰" in shows(on, card)
    assert len([one for one in alarms(on) if person.name in one.text]) == 1


async def test_whoever_dies_over_the_look_each_wait_is_told_of_once(on: Stage, redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        await Day(on, redis).sets()

        async def act(person: PersonRecord, card: Message, lives: int) -> bool:
            is_late(redis, thread(on, person).id)
            then, died = await worked(on, LookAtTargets(), lives)
            await on.bridge.lanes.accept(*then)
            await idle(on)
            await assert_told_once(on, redis, person, card)
            return died

        await everywhere(on, act)


async def test_whoever_dies_over_telling_it_is_told_once(on: Stage, redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        await Day(on, redis).sets()

        async def act(person: PersonRecord, card: Message, lives: int) -> bool:
            thread_id = thread(on, person).id
            since = is_late(redis, thread_id)
            job = TellLate(stage="late", channel=on.acme.channel, threads={thread_id: since})
            _, died = await worked(on, job, lives)
            await idle(on)
            await assert_told_once(on, redis, person, card)
            return died

        await everywhere(on, act)


async def test_whoever_dies_over_telling_it_before_quiet_hours_it_is_told_once(on: Stage, redis_url: str) -> None:
    """What was posted stands; what was not is left to the next look."""
    with Redis.from_url(redis_url) as redis:
        day = Day(on, redis)
        await day.sets()
        now = datetime.now(UTC)
        quiet = f"quiet {now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=2):%H:%M} UTC"

        async def act(person: PersonRecord, card: Message, lives: int) -> bool:
            thread_id = thread(on, person).id
            since = is_late(redis, thread_id)
            job = TellLate(stage="late", channel=on.acme.channel, mention=on.acme.bo, threads={thread_id: since})
            _, died = await worked(on, job, lives, meanwhile=lambda: inbox(on, quiet, by=on.acme.bo))
            await inbox(on, "quiet off", by=on.acme.bo)
            assert len([one for one in alarms(on) if person.name in one.text]) + redis.zcard(keys.TARGETS) > 0
            await assert_told_once(on, redis, person, card)
            return died

        await everywhere(on, act)
