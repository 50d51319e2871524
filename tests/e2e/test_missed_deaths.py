"""Whoever dies over what was missed: all of it stands in the thread once, and what was written since as well."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from redis import Redis

from bot.cards.jobs import Missed, Post
from bot.events.jobs import Notify
from bot.events.types import wanted
from bot.inbox.webhook import parse_event
from bot.queue.job import Job, Later
from bot.sandbox.inbox.records import Logged, PersonRecord
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.store import keys
from tests.conftest import QUICK, Open
from tests.e2e.deaths import ENOUGH, worked
from tests.e2e.steps import calls, card_of, cards, idle, shows, thread
from tests.e2e.test_conversation import below

BAD = "xyzzy"


@pytest.fixture
async def on(opened: Open, api: str, optional_scopes: frozenset[str]) -> Stage:
    """As everywhere, with much of Inbox's quota, and history may be read, which tells whether something was posted."""
    on = await opened(versions=[api], timing=replace(QUICK, inbox_per_minute=100_000))
    on.slack.scopes |= optional_scopes
    on.inbox.rate_per_minute = 100_000
    return on


def owed(on: Stage, person: PersonRecord, first: str, redis_url: str) -> Missed:
    """What the feed notes of a conversation in which `first` was the first that was missed; the job that shows it."""
    found = thread(on, person)
    since = next(one.created_at for one in found.messages if one.id == first) - timedelta(seconds=1)
    with Redis.from_url(redis_url) as redis:
        redis.hset(keys.OWED, found.id, since.timestamp())
        redis.set(keys.CURSOR, on.inbox.events[-1].seq)  # so far it has read
    return Missed(channel=on.acme.channel, thread_id=found.id, since=since)


async def write(on: Stage, person: PersonRecord, *texts: str) -> str:
    """The id of the first."""
    ids = []
    for one in texts:
        ids.append(await on.inbox.customer_writes(person, one))
        await asyncio.sleep(0.003)  # Inbox tells the millisecond
    return ids[0]


async def dies(on: Stage, job: Job, lives: int, person: PersonRecord, *, heard: bool) -> tuple[bool, bool]:
    """Whether the worker died over the job, and whether m4 was written then, before another one did the job."""
    wrote, then = False, list[Job]()

    async def meanwhile() -> None:
        nonlocal wrote, then
        wrote = True
        before = len(on.inbox.events)
        await write(on, person, "m4")
        if heard:
            then = await _heard(on, on.inbox.events[before:])

    for _ in range(ENOUGH):
        try:
            first, died = await worked(on, job, lives, meanwhile)
        except Later as later:
            job = later.job
            await on.bridge.lanes.accept(*later.then)
            await asyncio.sleep(0.05)
        else:
            await on.bridge.lanes.accept(*then, *first)
            return died, wrote
    raise AssertionError("it waits more often than that")


async def _heard(on: Stage, events: Sequence[Logged]) -> list[Job]:
    """What follows from what Inbox tells, and has its turn after the job."""
    then: list[Job] = []
    for one in events:
        event = parse_event(on.inbox.event_body(one.id))
        for job in [job for job in (wanted(event) if event else []) if isinstance(job, Notify)]:
            then += (await worked(on, job, ENOUGH))[0]
    return then


async def hears(on: Stage, before: int) -> None:
    """Inbox tells what has happened since it had so many events."""
    for one in on.inbox.events[before:]:
        await on.inbox.redeliver(one.id)
    await idle(on)


def card_with(on: Stage, person: PersonRecord) -> Message:
    (card,) = [one for one in cards(on) if f"(@{person.username})" in shows(on, one)]
    return card


@pytest.mark.exhaustive
@pytest.mark.timeout(180)
@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("known", [True, False])
async def test_whoever_dies_over_what_was_missed_shows_it_once(
    on: Stage, redis_url: str, *, known: bool, heard: bool
) -> None:
    for lives in range(0, 2 * ENOUGH, 1 if known else 2):
        person = on.inbox.add_person(f"person{lives}", f"Person {lives}")
        on.inbox.auto_deliver = True
        if known:
            await card_of(on, "m1", person)
        on.inbox.auto_deliver = False
        first = await write(on, person, "m2", "m3")
        job, events = owed(on, person, first, redis_url), len(on.inbox.events)
        await asyncio.sleep(0.05)
        died, wrote = await dies(on, job, lives, person, heard=heard)
        await idle(on)
        if not heard:
            await hears(on, events)
        card = card_with(on, person)
        expected = [*(["m1"] if known else []), "m2", "m3", *(["m4"] if wrote else [])]
        assert re.findall(r"\bm\d\b", below(on, card)) == expected
        assert expected[-1] in shows(on, card)
        if not died:
            assert lives > 2
            return
    raise AssertionError("it waits more often than that")


@pytest.mark.parametrize("heard", [True, False])
async def test_a_post_of_what_was_missed_whose_answer_is_lost_hides_nothing_and_is_not_repeated(
    on: Stage, redis_url: str, *, heard: bool
) -> None:
    card, person = await card_of(on, "m1"), on.acme.sarah
    on.inbox.auto_deliver = False
    first = await write(on, person, "m2", "m3")
    job, events = owed(on, person, first, redis_url), len(on.inbox.events)
    on.slack.fail("chat.postMessage", drop="after", delay=0.3)
    await on.bridge.lanes.accept(job)
    await on.slack.until(lambda: "m3" in below(on, card))
    on.inbox.auto_deliver = heard
    await write(on, person, "m4")
    await idle(on)
    if not heard:
        await hears(on, events)
    assert re.findall(r"\bm\d\b", below(on, card)) == ["m1", "m2", "m3", "m4"]


async def test_of_what_was_missed_a_text_that_slack_refuses_hides_nothing_else(on: Stage, redis_url: str) -> None:
    on.slack.refused.add(BAD)
    card, person = await card_of(on, "m1"), on.acme.sarah
    on.inbox.auto_deliver = False
    first = await write(on, person, "m2", f"{BAD} m3", "m4")
    await on.bridge.lanes.accept(owed(on, person, first, redis_url))
    await idle(on)
    assert re.findall(r"\bm\d\b", below(on, card)) == ["m1", "m2", "m4"]
    assert BAD not in below(on, card)
    assert "m4" in shows(on, card)


# --- what is new waits for what was missed ---------------------------------------------------------------------------

TALK = "GET /*/threads/*/messages*"
Posts = Callable[[Post], Awaitable[list[Post]]]


@pytest.fixture
async def behind(on: Stage, redis_url: str) -> tuple[Post, Posts]:
    """The post of m3, before which m2 was missed; and what works it, and says what was written down meanwhile."""
    await card_of(on, "m1")
    on.inbox.auto_deliver = False
    owed(on, on.acme.sarah, await write(on, on.acme.sarah, "m2"), redis_url)
    before = len(on.inbox.events)
    await write(on, on.acme.sarah, "m3")
    (post,) = [one for one in await _heard(on, on.inbox.events[before:]) if isinstance(one, Post)]

    async def posts(job: Post) -> list[Post]:
        kept, handler = list[Post](), on.bridge.worker._work._handlers[Post]

        async def keep(progress: Any) -> None:
            kept.append(progress)

        await on.bridge.lanes.accept(*await handler(job, keep))
        await idle(on)
        return kept

    return post, posts


async def test_what_waited_for_what_was_missed_is_given_up_no_sooner_for_that(
    on: Stage, behind: tuple[Post, Posts]
) -> None:
    post, posts = behind
    kept = await posts(post.having(tries=5, failures=5))
    assert [one.failures for one in kept] == [0] * len(kept)
    assert len(kept) > 1
    assert re.findall(r"\bm\d\b", below(on, cards(on)[0])) == ["m1", "m2", "m3"]


async def test_what_goes_before_what_inbox_does_not_tell_does_so_until_it_is_shown(
    on: Stage, behind: tuple[Post, Posts]
) -> None:
    post, posts = behind
    on.inbox.fail(TALK, 503, times=None)
    kept = await posts(post.having(tries=5, failures=len(QUICK.pauses)))
    assert [(one.failures, one.ahead) for one in kept] == [(0, True)] * len(kept)
    assert re.findall(r"\bm\d\b", below(on, cards(on)[0])) == ["m1", "m3"]
    asked = len(calls(on, "GET", "/messages"))
    await posts(kept[0])
    assert len(calls(on, "GET", "/messages")) == asked


async def test_what_was_missed_is_asked_for_when_inbox_says_and_nothing_is_shown_before(
    on: Stage, behind: tuple[Post, Posts]
) -> None:
    post, posts = behind
    on.inbox.fail(TALK, 429, retry_after=7)
    asked, patient = len(calls(on, "GET", "/messages")), post.having(tries=5, failures=5)
    with pytest.raises(Later) as later:
        await posts(patient)
    assert (later.value.seconds, later.value.job) == (7.0, patient)
    assert len(calls(on, "GET", "/messages")) == asked + 1
    assert re.findall(r"\bm\d\b", below(on, cards(on)[0])) == []
