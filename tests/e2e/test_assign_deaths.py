"""Whoever dies over an assignment by rule, at whatever point: the turn is taken once, and nobody is passed over."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.routing.store import Routes
from bot.rules.jobs import AssignByRule, NobodyFree
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.store import keys
from bot.store.connect import connect
from tests.conftest import QUICK, Open
from tests.e2e.deaths import everywhere, worked
from tests.e2e.rules import Time, assignments, colleague, has_it, inbox, says, somebody, write
from tests.e2e.steps import calls, cards, idle, shows, thread, version
from tests.mortal import Mortal

pytestmark = pytest.mark.exhaustive


@pytest.fixture
def clock(redis_url: str) -> Iterator[Time]:
    found = Time(redis_url)
    yield found
    found.close()


@pytest.fixture
async def routes(redis_url: str) -> AsyncIterator[Routes]:
    redis = connect(redis_url)
    yield Routes(redis)
    await redis.aclose()


@pytest.fixture
async def on(opened: Open, api: str, optional_scopes: frozenset[str]) -> Stage:
    """History may be read, which tells whether something was posted, and there is no quota that hundreds would meet."""
    on = await opened(versions=[api], timing=replace(QUICK, inbox_per_minute=100_000))
    on.slack.scopes |= optional_scopes
    on.inbox.rate_per_minute = 100_000
    return on


async def rule(on: Stage, routes: Routes, *users: str) -> str:
    """The id of a rule for Ana and Bo, or `users`, which fits what nobody has written so far."""
    people = ",".join(f"<@{one}>" for one in users or (on.acme.ana, on.acme.bo))
    await says(on, f"assign add text:invoice to:{people}", "Rule 1")
    return (await routes.rules())[0].id


def job_for(on: Stage, person: PersonRecord, rule_id: str) -> AssignByRule:
    found = thread(on, person)
    return AssignByRule(thread_id=found.id, message_id=found.messages[-1].id, rule=rule_id)


async def test_whoever_dies_over_it_the_next_in_turn_has_it_and_is_told_once(on: Stage, routes: Routes) -> None:
    rule_id, given = await rule(on, routes), list[str | None]()

    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        on.inbox.auto_deliver = False  # what the event asks for waits in the lane of the thread
        then, died = await worked(on, job_for(on, person, rule_id), lives)
        on.inbox.auto_deliver = True
        await on.bridge.lanes.accept(*then)
        await on.slack.until(lambda: "by rule 1" in shows(on, card))
        await idle(on)
        given.append(has_it(on, person))
        heard = [one for user in (on.acme.ana, on.acme.bo) for one in on.slack.dms(user)]
        assert len([one for one in heard if f"*{person.name}*" in one.text]) == 1
        return died

    await everywhere(on, act)
    ana, bo = on.acme.ana_member, on.acme.bo_member
    assert given == [(ana, bo)[number % 2] for number in range(len(given))]


async def test_whoever_dies_over_saying_that_nobody_is_free_it_is_said_once(
    on: Stage, routes: Routes, clock: Time
) -> None:
    rule_id = await rule(on, routes, on.acme.bo)
    await inbox(on, "away", by=on.acme.bo)

    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        clock.forget(keys.nobody_free(rule_id))
        before = len(cards(on))
        job = NobodyFree(channel=card.channel, rule=rule_id, thread_id=thread(on, person).id, ref=f"{lives:06}")
        _, died = await worked(on, job, lives)
        assert len(cards(on)) == before + 1
        return died

    await everywhere(on, act)


async def test_a_turn_that_came_to_nothing_as_a_colleague_was_faster_in_inbox_comes_back(
    on: Stage, routes: Routes
) -> None:
    """Its worker dies between the turn and the write, and Zoe takes the conversation meanwhile."""
    rule_id, (_, zoe) = await rule(on, routes), colleague(on, "Zoe")
    faster = 0

    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        nonlocal faster
        job, writes = job_for(on, person, rule_id), len(assignments(on))
        died = await dying(on, job, lives)
        if died and len(assignments(on)) == writes:
            await on.inbox.app_assigns(thread(on, person).id, zoe)
            faster += 1
        await on.bridge.lanes.accept(job.having(tries=1))
        await idle(on)
        assert (has_it(on, person) == zoe) == (len(assignments(on)) == writes)
        return died

    await everywhere(on, act)
    assert faster > 3
    for number in range(100, 104):
        await write(on, "My invoice", somebody(on, number))
    had = Counter(one.effective_assignee for one in on.inbox.world.threads.values())
    assert abs(had[on.acme.ana_member] - had[on.acme.bo_member]) <= 1
    assert had[zoe] == faster


async def dying(on: Stage, job: AssignByRule, lives: int) -> bool:
    """Whether the worker has died; no other takes over so far."""

    async def keep(_: object) -> None:
        return

    handler: Any = on.bridge.worker._work._handlers[AssignByRule]
    mortal: Mortal[object] = Mortal(handler(job, keep), lives)
    await mortal
    return mortal.died


async def test_many_who_write_at_once_are_shared_evenly_and_no_click_is_overruled(on: Stage, routes: Routes) -> None:
    """Among five: one is away, and one has as many as the rule allows."""
    others = [colleague(on, name) for name in ("Cy", "Di", "Ed")]
    users = (on.acme.ana, on.acme.bo, *(user for user, _ in others))
    members = (on.acme.ana_member, on.acme.bo_member, *(member for _, member in others))
    await inbox(on, "assignments off", by=users[4])
    await inbox(on, "away", by=users[3])
    for number in range(20):
        on.inbox.add_thread(on.acme.account, somebody(on, 900 + number), assignee_id=members[4])
    await says(on, f"assign add all to:{','.join(f'<@{one}>' for one in users)} most:20", "Rule 1")
    people = [somebody(on, number) for number in range(45)]
    await asyncio.gather(*(on.inbox.customer_writes(one, "Hello") for one in people))
    await idle(on)
    had = Counter(has_it(on, one) for one in people)
    assert had == dict.fromkeys(members[:3], 15)
    assert sorted(assignments(on)) == sorted(members[:3] * 15)
    lists = [call for call in calls(on, "GET") if call.path == f"/{version(on)}/threads"]
    assert len(lists) <= 2 * 4  # of each who is there, once: one worker asks Inbox what they have
