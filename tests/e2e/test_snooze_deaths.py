"""Whoever dies over a snooze, at whatever point: it is snoozed once, and wakes once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.queue.job import Asker, utc_now
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.snooze.jobs import Ring, Rouse, Woken
from bot.threads.jobs import Change, Wish
from tests.e2e.deaths import everywhere, worked
from tests.e2e.snoozing import Clock, below, snooze
from tests.e2e.steps import idle, shows, thread, told

pytestmark = pytest.mark.exhaustive


@pytest.fixture
async def clock(redis_url: str) -> AsyncIterator[Clock]:
    found = Clock(redis_url)
    yield found
    found.close()


@pytest.fixture
async def on(on: Stage, optional_scopes: frozenset[str]) -> Stage:
    """As everywhere, and history may be read, which tells whether something was posted."""
    on.slack.scopes |= optional_scopes
    return on


async def test_whoever_dies_over_snoozing_it_is_snoozed_once(on: Stage, clock: Clock) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        asker = Asker(user=on.acme.ana, team=on.slack.team_id, channel=card.channel)
        wish = Wish(until=utc_now() + timedelta(days=1))
        job = Change(verb="snooze", thread_id=thread(on, person).id, snooze=wish, asker=asker)
        then, died = await worked(on, job, lives)
        await on.bridge.lanes.accept(*then)
        await idle(on)
        assert thread(on, person).archived
        assert shows(on, card).startswith("😴")
        assert clock.snoozed().count(job.thread_id) == 1
        assert told(on, on.acme.ana) == []
        return died

    await everywhere(on, act)


async def test_whoever_dies_over_the_timer_each_wakes_once(on: Stage, clock: Clock) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        await snooze(on, on.acme.ana, card)
        clock.comes()
        _, died = await worked(on, Ring(), lives)
        await idle(on)
        return assert_awake(on, clock, person, card) and died

    await everywhere(on, act)


async def test_whoever_dies_over_waking_it_wakes_once(on: Stage, clock: Clock) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        await snooze(on, on.acme.ana, card)
        job = Rouse(thread_id=thread(on, person).id, snoozed=clock.snooze(thread(on, person).id))
        then, died = await worked(on, job, lives)
        await on.bridge.lanes.accept(*then)
        await idle(on)
        return assert_awake(on, clock, person, card) and died

    await everywhere(on, act)


async def test_whoever_dies_over_saying_so_it_is_said_once(on: Stage, clock: Clock) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        await snooze(on, on.acme.ana, card)
        snoozed = clock.snooze(thread(on, person).id)
        await on.inbox.app_archives(thread(on, person).id, archived=False)
        await idle(on)
        then, died = await worked(on, Woken(thread_id=thread(on, person).id, snoozed=snoozed), lives)
        await on.bridge.lanes.accept(*then)
        await idle(on)
        assert len(below(on, card)) == 1
        return died

    await everywhere(on, act)


def assert_awake(on: Stage, clock: Clock, person: PersonRecord, card: Message) -> bool:
    assert not thread(on, person).archived
    assert len(below(on, card)) == 1
    assert thread(on, person).id not in clock.snoozed()
    assert "Snoozed" not in shows(on, card)
    return True
