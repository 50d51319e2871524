"""Inbox's events: each has its turn once, in order, whatever the webhooks did on their way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Literal, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.context import Bot, Timing
from bot.errors import RateLimited, StoreUnavailable, Unavailable
from bot.events.feed import sync
from bot.events.jobs import Sync
from bot.events.store import Feed, Turn
from bot.events.types import wanted
from bot.features import KINDS
from bot.inbox.event import Event, EventPage
from bot.queue.job import Job, Later, utc_now
from bot.reminders.store import Wait, Waiting
from bot.store import keys
from bot.store.connect import connect
from bot.store.installation import InstallState

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


def event(seq: int, *, api: Literal["v1", "v2"] = "v2", at: datetime | None = None) -> Event:
    """An inbound message; the other API version counts from 1000."""
    return Event(
        id=f"e{seq}",
        seq=seq if api == "v2" else seq + 1000,
        type="message.received",
        created_at=at or utc_now(),
        api=api,
        thread_id="t1",
        message_id=f"m{seq}",
        direction="inbound",
    )


class Source:
    """What a bot reads the feed from: pages of two, and a say in what happens while it reads."""

    version = "v2"

    def __init__(self) -> None:
        self.events_so_far: list[Event] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self.down, self.away, self.limited = False, False, False

    async def team(self) -> None:
        if self.away:
            raise Unavailable(status=503)

    async def events(self, after: int | None) -> EventPage:
        left = [one for one in self.events_so_far if one.seq > (after or 0)]
        page = left[:2]
        if self.meanwhile:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        if self.limited:
            raise RateLimited(retry_after=7.0)
        if self.down:
            raise Unavailable(status=503)
        return EventPage(events=tuple(page), last_seq=page[-1].seq if page else None, has_more=len(left) > 2)


async def nowhere(_: Job) -> None:
    """A sync keeps nothing of its progress."""


class Bench:
    """A feed on a real Redis, and what reads it."""

    def __init__(self, url: str) -> None:
        self.redis: Any = connect(url)
        self.feed, self.source = Feed(self.redis), Source()
        self.bot = cast(
            Bot, SimpleNamespace(background=self.source, feed=self.feed, timing=Timing())
        )  # all that a sync touches

    async def arrive(self, one: Event) -> bool:
        return await self.feed.arrive(one, wanted(one), same_count=one.api == "v2")

    async def sync(self) -> None:
        await sync(Sync(), nowhere, self.bot)

    def happen(self, *seqs: int) -> None:
        self.source.events_so_far += map(event, seqs)

    async def lane(self, name: str) -> list[Any]:
        return [KINDS.load(item[1:]) for item in await self.redis.lrange(keys.lane(name), 0, -1)]

    async def dispatched(self) -> list[str]:
        """The ids of the events whose turn it was, in order."""
        return [job.event.id for job in await self.lane("inbound:t1")]

    async def syncs(self) -> int:
        return len(await self.lane("sync"))

    async def waiting(self) -> list[str]:
        return [one.id for one in await self.feed.waiting()]


@pytest.fixture
async def bench(redis_url: str) -> AsyncIterator[Bench]:
    opened = Bench(redis_url)
    await opened.feed.began()
    await opened.feed.advance(3)
    yield opened
    await opened.redis.aclose()


async def test_an_event_that_directly_follows_goes_on_at_once(bench: Bench) -> None:
    assert await bench.arrive(event(4))
    assert await bench.arrive(event(5))
    assert await bench.dispatched() == ["e4", "e5"]
    assert await bench.feed.cursor() == 5
    assert await bench.syncs() == 0


async def test_an_event_after_a_gap_waits_until_the_feed_is_read(bench: Bench) -> None:
    assert await bench.arrive(event(6))
    assert await bench.dispatched() == []
    assert await bench.waiting() == ["e6"]
    assert await bench.feed.cursor() == 3
    assert await bench.syncs() == 1
    bench.happen(4, 5, 6, 7)
    await bench.sync()
    assert await bench.dispatched() == ["e4", "e5", "e6", "e7"]
    assert await bench.waiting() == []
    assert await bench.feed.cursor() == 7


async def test_many_gaps_ask_for_few_readings(bench: Bench) -> None:
    for seq in range(10, 30, 2):
        await bench.arrive(event(seq))
    assert await bench.syncs() <= 2


async def test_a_late_event_that_the_feed_did_not_show_goes_on_and_moves_nothing(bench: Bench) -> None:
    assert await bench.arrive(event(2))
    assert await bench.dispatched() == ["e2"]
    assert await bench.feed.cursor() == 3


@pytest.mark.parametrize("seq", [2, 4, 9])
async def test_a_repeated_event_is_known(bench: Bench, seq: int) -> None:
    assert await bench.arrive(event(seq))
    assert not await bench.arrive(event(seq))
    bench.happen(4, 9)
    await bench.sync()
    await bench.sync()
    assert not await bench.arrive(event(seq))
    assert (await bench.dispatched()).count(f"e{seq}") == 1


async def test_ten_deliveries_at_once_are_one_event(bench: Bench) -> None:
    answers = await asyncio.gather(*(bench.arrive(event(4)) for _ in range(10)))
    assert sorted(answers) == [False] * 9 + [True]
    assert await bench.dispatched() == ["e4"]


async def test_an_event_that_the_feed_showed_first_is_known_when_its_webhook_comes(bench: Bench) -> None:
    bench.happen(4)
    await bench.sync()
    assert not await bench.arrive(event(4))
    assert await bench.dispatched() == ["e4"]


async def test_the_other_versions_count_never_moves_the_cursor(bench: Bench) -> None:
    four = event(4, api="v1").having(seq=4)
    assert await bench.feed.arrive(four, wanted(four), same_count=False)
    assert await bench.dispatched() == []
    assert await bench.feed.cursor() == 3
    await bench.sync()
    assert await bench.dispatched() == ["e4"]
    assert await bench.feed.cursor() == 3


async def test_before_the_first_reading_events_wait_for_it(redis_url: str) -> None:
    bench = Bench(redis_url)
    await bench.feed.began()
    assert await bench.arrive(event(4))
    assert await bench.dispatched() == []
    bench.happen(4, 5)
    await bench.sync()
    assert await bench.dispatched() == ["e4", "e5"]
    await bench.redis.aclose()


async def test_the_first_start_posts_no_history(redis_url: str) -> None:
    bench = Bench(redis_url)
    bench.source.events_so_far = [event(seq, at=NOON.replace(year=2025)) for seq in (1, 2, 3)]
    await bench.feed.began()
    bench.happen(4)
    await bench.sync()
    assert await bench.dispatched() == ["e4"]
    assert await bench.feed.cursor() == 4
    await bench.redis.aclose()


async def test_while_the_feed_cannot_be_read_it_is_tried_again_and_nothing_is_out_of_order(bench: Bench) -> None:
    for seq in (8, 6, 7):
        await bench.arrive(event(seq))
    bench.source.down = True
    with pytest.raises(Later) as later:
        await bench.sync()
    assert await bench.dispatched() == []
    bench.source.down = False
    bench.happen(4, 5, 6, 7, 8)
    await sync(cast(Sync, later.value.job), nowhere, bench.bot)
    assert await bench.dispatched() == ["e4", "e5", "e6", "e7", "e8"]


async def test_while_inbox_is_away_nothing_is_shown_out_of_order_however_long(bench: Bench) -> None:
    for seq in (8, 6, 7):
        await bench.arrive(event(seq))
    bench.source.down = bench.source.away = True
    job = Sync()
    for _ in range(40):
        with pytest.raises(Later) as later:
            await sync(job, nowhere, bench.bot)
        job = cast(Sync, later.value.job)
    assert await bench.dispatched() == []
    bench.source.down = bench.source.away = False
    bench.happen(4, 5, 6, 7, 8)
    await sync(job, nowhere, bench.bot)
    assert await bench.dispatched() == ["e4", "e5", "e6", "e7", "e8"]


async def test_a_feed_that_is_to_be_asked_later_is_asked_then_and_nothing_else_is_asked(bench: Bench) -> None:
    await bench.arrive(event(6))
    bench.source.limited = bench.source.away = True
    with pytest.raises(Later) as later:
        await sync(Sync(tries=100, failures=5), nowhere, bench.bot)
    assert later.value.seconds == 7.0
    assert await bench.dispatched() == []


async def test_an_inbox_that_comes_back_as_it_is_asked_ends_no_order(bench: Bench) -> None:
    """The feed could not be read just before, and all else is answered just after."""
    for seq in (8, 6, 7):
        await bench.arrive(event(seq))
    bench.source.down = True
    with pytest.raises(Later) as later:
        await sync(Sync(tries=100), nowhere, bench.bot)
    bench.source.down = False
    bench.happen(4, 5, 6, 7, 8)
    await sync(cast(Sync, later.value.job), nowhere, bench.bot)
    assert await bench.dispatched() == ["e4", "e5", "e6", "e7", "e8"]


async def test_when_the_feed_alone_cannot_be_read_for_long_what_waits_goes_on_in_its_own_order(bench: Bench) -> None:
    for seq in (8, 6, 7):
        await bench.arrive(event(seq))
    bench.source.down = True
    job, tries = Sync(), 0
    while not await bench.dispatched():
        tries += 1
        try:
            await sync(job, nowhere, bench.bot)
        except Later as later:
            job = cast(Sync, later.job)
    assert tries == len(Timing().pauses) + 1
    assert await bench.dispatched() == ["e6", "e7", "e8"]
    bench.source.down = False
    bench.happen(4, 5, 6, 7, 8)
    await bench.sync()
    assert await bench.dispatched() == ["e6", "e7", "e8", "e4", "e5"]


async def test_an_event_that_arrives_during_a_reading_does_not_overtake_those_before_it(bench: Bench) -> None:
    """Its own reading comes next: 5 was lost on its way and is in the feed by then."""

    async def meanwhile() -> None:
        bench.happen(5, 6)
        assert await bench.arrive(event(6))

    bench.happen(4)
    bench.source.meanwhile = meanwhile
    await bench.sync()
    await bench.sync()
    assert await bench.dispatched() == ["e4", "e5", "e6"]


async def test_the_cursor_never_goes_back(bench: Bench) -> None:
    await bench.feed.advance(10)
    await bench.feed.advance(9)
    assert await bench.feed.cursor() == 10


async def test_the_beginning_stays(bench: Bench) -> None:
    assert await bench.feed.began() == await Feed(bench.redis).began() <= utc_now()


async def test_what_a_reading_died_over_is_read_again(bench: Bench) -> None:
    bench.happen(4, 5)
    assert await bench.feed.turn(event(4), wanted(event(4)))  # and then the process is killed
    await bench.sync()
    assert await bench.dispatched() == ["e4", "e5"]


async def test_without_redis_nothing_is_accepted() -> None:
    bench = Bench("unix:///nonexistent/valkey.sock")
    with pytest.raises(StoreUnavailable):
        await bench.arrive(event(4))
    with pytest.raises(StoreUnavailable):
        await bench.sync()
    await bench.redis.aclose()


# --- any interleaving -------------------------------------------------------------------------------------------------

_COUNT = 8
_Arrival = tuple[int, bool]  # seq, and whether the other API version delivers it
_ARRIVALS = st.lists(st.tuples(st.integers(1, _COUNT), st.booleans()), max_size=4)
_STEP = st.one_of(
    st.tuples(st.just("arrive"), _ARRIVALS),
    st.tuples(st.just("happen"), _ARRIVALS),
    st.tuples(st.just("sync"), _ARRIVALS),  # these arrive while the feed is read
)


async def _deliver(bench: Bench, arrivals: Iterable[_Arrival]) -> None:
    happened = {one.id for one in bench.source.events_so_far}
    for seq, other in arrivals:
        if f"e{seq}" in happened:  # nobody tells of what has not happened
            await bench.arrive(event(seq, api="v1" if other else "v2"))


async def _played(url: str, steps: list[tuple[str, list[_Arrival]]]) -> list[str]:
    bench = Bench(url)
    try:
        await bench.redis.flushall()
        await bench.feed.began()
        await bench.feed.advance(0)
        for name, arrivals in steps:
            if name == "happen" and (seq := len(bench.source.events_so_far) + 1) <= _COUNT:
                bench.happen(seq)
            if name == "sync":
                bench.source.meanwhile = lambda these=arrivals: _deliver(bench, these)
                await bench.sync()
            else:
                await _deliver(bench, arrivals)
        bench.happen(*range(len(bench.source.events_so_far) + 1, _COUNT + 1))
        await bench.sync()  # the timer's
        await bench.sync()
        await _deliver(bench, [(seq, other) for seq in range(1, _COUNT + 1) for other in (False, True)])
        assert await bench.waiting() == []
        return await bench.dispatched()
    finally:
        await bench.redis.aclose()


@settings(max_examples=60)
@given(st.lists(_STEP, max_size=25))
async def test_every_event_has_its_turn_once_however_its_webhooks_arrive(
    valkey: str, steps: list[tuple[str, list[_Arrival]]]
) -> None:
    assert sorted(await _played(valkey, steps)) == [f"e{seq}" for seq in range(1, _COUNT + 1)]


@settings(max_examples=60)
@given(st.lists(_STEP, max_size=25))
async def test_with_one_count_events_have_their_turns_in_order(
    valkey: str, steps: list[tuple[str, list[_Arrival]]]
) -> None:
    steps = [(name, [(seq, False) for seq, _ in arrivals]) for name, arrivals in steps]
    assert await _played(valkey, steps) == [f"e{seq}" for seq in range(1, _COUNT + 1)]


async def test_a_page_that_was_asked_of_a_version_that_ended_meanwhile_is_not_believed(bench: Bench) -> None:
    async def moves() -> None:
        bench.source.version = "v1"

    bench.happen(4, 5)
    bench.source.meanwhile = moves
    (again,) = await sync(Sync(), nowhere, bench.bot)
    assert isinstance(again, Sync)
    assert (await bench.dispatched(), await bench.feed.cursor()) == ([], 3)


async def test_the_other_versions_feed_is_not_told_again_from_its_beginning(bench: Bench) -> None:
    """The last version's feed was read a minute ago; what it told may have another id here, and is asked of Inbox."""
    install, now = InstallState(bench.redis), utc_now()
    await bench.redis.set(keys.BEGAN, (now - timedelta(days=6)).isoformat())
    await bench.feed.was_read(now - timedelta(minutes=1))
    await install.speak("v1")
    await install.speak("v2")
    bench.source.events_so_far = [
        event(1, at=now - timedelta(days=3)),
        event(2, at=now - timedelta(minutes=2)),
        event(3),
    ]
    await bench.sync()
    await bench.feed.advance(0, "v2")  # by a reading that did not come to the end
    await bench.sync()
    assert await bench.dispatched() == ["e2", "e3"]
    assert (await bench.feed.cursor(), await bench.feed.read_before()) == (3, None)


def closed(seq: int, at: datetime) -> Event:
    return event(seq, at=at).having(type="thread.archived", message_id=None, direction=None)


async def test_what_was_missed_counts_at_once_but_after_what_still_is_to_be_counted(bench: Bench) -> None:
    """And no event counts twice, though whoever read it died before they wrote down that they had."""
    away = utc_now() - timedelta(hours=1)
    events = [event(1, at=away), closed(2, away), event(3, at=away)]
    turns = [
        Turn(one, wanted(one)[1:] if one.message_id else wanted(one), missed=bool(one.message_id)) for one in events
    ]
    assert await bench.feed.turns(turns[:2]) == [True, True]
    assert await bench.redis.hkeys(keys.received(away.date())) == [b"m1"]
    assert await bench.feed.turns(turns) == [False, False, True]
    assert [job.what for job in await bench.lane("count:t1")] == ["closed", "received"]
    assert await bench.redis.hkeys(keys.received(away.date())) == [b"m1"]
    (missed,) = await bench.feed.collect("digest")
    assert (missed.thread_id, missed.messages) == ("t1", 2)
    assert await Waiting(bench.redis).get("t1") == Wait(away.timestamp(), away.timestamp())


async def test_a_gap_is_noted_once_in_an_absence_though_a_digest_tells_it_meanwhile(bench: Bench) -> None:
    since = utc_now() - timedelta(days=9)
    await bench.feed.absence(since, utc_now())
    await bench.feed.miss_gap(["t1"], since)
    assert [one.messages for one in await bench.feed.collect("digest")] == [1]
    assert await bench.feed.missed_more("digest")
    assert await bench.feed.knows_gap()
    await bench.feed.was_read(utc_now())
    assert not await bench.feed.knows_gap()


async def test_what_a_later_absence_counts_is_not_in_the_digest_of_an_earlier_one(bench: Bench) -> None:
    """Which has no counts: the feed had lost its events."""
    away = utc_now() - timedelta(hours=1)
    await bench.feed.miss_gap(["t1"], away - timedelta(days=9))
    await bench.feed.collect("digest")
    await bench.feed.turns([Turn(one, wanted(one)[1:], missed=True) for one in (event(1, at=away), event(2, at=away))])
    assert [one.messages for one in await bench.feed.collect("digest")] == [1]
    assert [one.messages for one in await bench.feed.collect("next")] == [2]
