"""Durable lanes: each job accepted once, worked in order by one consumer at a time, whoever dies."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from bot.cards.jobs import Leave, Post, Render
from bot.errors import StoreUnavailable
from bot.events.jobs import Refresh
from bot.feature import Console
from bot.features import KINDS
from bot.models import Message
from bot.queue.job import Asker, Job, utc_now
from bot.queue.lanes import Lanes, Ticket
from bot.store import keys
from bot.store.connect import connect
from bot.threads.jobs import Change

ANA = Asker(user="U0ANA")
STREAMS = (keys.PEOPLE, keys.BACKGROUND)


class Pair:
    """Two consumers of one queue; a ticket counts as abandoned at once (`claim_idle` 0)."""

    def __init__(self, url: str) -> None:
        self.redis: Any = connect(url)
        self.one, self.two = (Lanes(self.redis, name, KINDS, claim_idle=0.0) for name in ("one", "two"))

    async def waiting(self, lane: str) -> list[str]:
        """The references of the jobs in a lane, first to last."""
        return [_ref(item) for item in await self.redis.lrange(keys.lane(lane), 0, -1)]

    async def tickets(self) -> Counter[str]:
        """How many tickets each lane has, in the streams and among the delayed."""
        entries = [entry for stream in STREAMS for _, entry in await self.redis.xrange(stream)]
        delayed = await self.redis.zrange(keys.DELAYED, 0, -1)
        return Counter([entry[b"lane"].decode() for entry in entries] + [lane.decode() for lane in delayed])

    async def lanes(self) -> set[str]:
        """The names of the lanes that are not empty."""
        prefix = keys.lane("")
        return {
            key.decode().removeprefix(prefix) async for key in self.redis.scan_iter(prefix.replace("{", "\\{") + "*")
        }

    async def untaken(self, stream: str) -> bool:
        """Whether there is a ticket that nobody holds. Asking Redis to wait for one takes it a tenth of a second."""
        pending = await self.redis.xpending(stream, keys.GROUP)
        return bool(await self.redis.xlen(stream) > pending["pending"])

    async def consumers(self, stream: str) -> set[str]:
        return {one["name"].decode() for one in await self.redis.xinfo_consumers(stream, keys.GROUP)}


def _ref(item: bytes) -> str:
    return str(item).partition('"ref":"')[2][:6]


@pytest.fixture
async def pair(redis_url: str) -> AsyncIterator[Pair]:
    both = Pair(redis_url)
    await both.one.open()
    yield both
    await both.redis.aclose()


def change(thread: str = "t1") -> Change:
    return Change(verb="archive", thread_id=thread, asker=ANA)


async def taken(lanes: Lanes, stream: str = keys.PEOPLE) -> Ticket:
    (ticket,) = await lanes.take(stream, 10, block=0.001)
    return ticket


async def nothing_to_take(pair: Pair) -> bool:
    return not any([await pair.untaken(stream) for stream in STREAMS])


async def test_opening_twice_keeps_what_is_there(pair: Pair) -> None:
    await pair.one.accept(change())
    await pair.two.open()
    assert (await taken(pair.two)).lane == "thread:t1"


async def test_the_same_key_is_accepted_once(pair: Pair) -> None:
    assert await pair.one.accept(change(), once="trigger:1")
    assert not await pair.two.accept(change(), once="trigger:1")
    assert await pair.one.accept(change(), once="trigger:2")
    assert len(await pair.waiting("thread:t1")) == 2


async def test_ten_processes_that_accept_the_same_click_at_once_make_one_job(pair: Pair) -> None:
    answers = await asyncio.gather(*(pair.one.accept(change(), once="trigger:1") for _ in range(10)))
    assert sorted(answers) == [False] * 9 + [True]
    assert len(await pair.waiting("thread:t1")) == 1


async def test_a_jobs_own_key_is_accepted_once_wherever_it_comes_from(pair: Pair) -> None:
    message = Message(id="m1", thread_id="t1", direction="inbound", created_at=utc_now())
    post = Post(channel="C1", thread_id="t1", message=message)
    await pair.one.accept(change())
    assert await pair.one.finish(await taken(pair.one), [post, post])
    assert not await pair.one.accept(post.having(ref="abcdef"))
    assert await pair.waiting("posts:t1") == [post.ref]


async def test_a_key_is_remembered_for_seven_days(pair: Pair) -> None:
    await pair.one.accept(change(), once="trigger:1")
    assert 7 * 86_400 - 5 < await pair.redis.ttl(keys.once("trigger:1")) <= 7 * 86_400


async def test_what_a_silent_redis_takes_too_late_is_refused_and_not_kept(pair: Pair, redis_url: str) -> None:
    """Somebody was told by then that nothing was done."""
    other: Any = connect(redis_url)
    await other.client_pause(600)
    with pytest.raises(StoreUnavailable):
        await pair.one.accept(change(), once="trigger:1", within=0.1)
    await other.aclose()
    assert await pair.waiting("thread:t1") == []
    assert await pair.one.accept(change(), once="trigger:1", within=60.0)  # the key was not used up either


async def test_what_has_no_limit_is_taken_however_late(pair: Pair, redis_url: str) -> None:
    other: Any = connect(redis_url)
    await other.client_pause(300)
    assert await pair.one.accept(change())
    await other.aclose()
    assert len(await pair.waiting("thread:t1")) == 1


@pytest.mark.parametrize("ahead", [-3600.0, 3600.0])
async def test_clocks_that_have_moved_apart_make_nothing_late(pair: Pair, ahead: float) -> None:
    """The difference to Redis's clock is learnt anew with each answer."""
    pair.one._ahead = ahead
    assert await pair.one.accept(change(), within=60.0)
    assert await pair.one.accept(change(), within=60.0)
    assert abs(pair.one._ahead) < 1.0
    assert len(await pair.waiting("thread:t1")) == 2


async def test_jobs_of_one_lane_are_worked_in_the_order_of_acceptance_and_one_at_a_time(pair: Pair) -> None:
    accepted = [change() for _ in range(5)]
    for job in accepted:
        await pair.one.accept(job)
    worked: list[Job | None] = []
    for consumer in (pair.one, pair.two) * 2 + (pair.one,):
        ticket = await taken(consumer)
        assert await nothing_to_take(pair)
        worked.append(await consumer.head(ticket))
        assert await consumer.finish(ticket)
    assert worked == accepted
    assert await pair.tickets() == Counter()


async def test_lanes_do_not_wait_for_each_other(pair: Pair) -> None:
    await pair.one.accept(change("t1"), change("t2"), change("t3"))
    assert [one.lane for one in await pair.one.take(keys.PEOPLE, 2, block=0.001)] == ["thread:t1", "thread:t2"]
    assert (await taken(pair.two)).lane == "thread:t3"


async def test_a_lane_changes_streams_with_whoever_waits_for_its_head(pair: Pair) -> None:
    await pair.one.accept(Refresh(thread_id="t1"), change())
    assert await pair.one.take(keys.PEOPLE, 1, block=0.001) == []
    assert await pair.one.finish(await taken(pair.one, keys.BACKGROUND))
    assert (await taken(pair.one, keys.PEOPLE)).lane == "thread:t1"


async def test_follow_ups_in_the_own_lane_come_after_what_waits_there(pair: Pair) -> None:
    first, second, third = change(), change(), change()
    await pair.one.accept(first, second)
    assert await pair.one.finish(await taken(pair.one), [third])
    assert await pair.waiting("thread:t1") == [second.ref, third.ref]
    assert await pair.tickets() == Counter({"thread:t1": 1})


async def test_a_follow_up_in_the_own_empty_lane_gets_a_ticket(pair: Pair) -> None:
    follow = change()
    await pair.one.accept(change())
    assert await pair.one.finish(await taken(pair.one), [follow])
    assert await pair.two.head(await taken(pair.two)) == follow


async def test_equal_work_that_has_not_begun_is_merged(pair: Pair) -> None:
    first, second, third = (Render(thread_id="t1") for _ in range(3))
    await pair.one.accept(first)
    ticket = await taken(pair.one)
    await pair.one.accept(second)  # the first may have read the state already
    await pair.one.accept(third)
    assert await pair.waiting("card:t1") == [first.ref, second.ref]
    assert await pair.one.finish(ticket)
    assert await pair.two.finish(await taken(pair.two))
    assert await pair.tickets() == Counter()


async def test_a_wait_written_down_at_a_time_that_has_not_come_yet_is_over(pair: Pair) -> None:
    """Redis' clock was set back by ten minutes: what waits, waits no longer than it was told to."""
    await pair.one.accept(change("t1"), change("t2"))
    first, second = await pair.one.take(keys.PEOPLE, 10, block=0.001)
    for ticket, thread in ((first, "t1"), (second, "t2")):
        await pair.one.defer(ticket, change(thread), 30.0)
    for name in (keys.DELAYED, keys.DELAYED_SINCE):
        await pair.redis.zincrby(name, 600, first.lane)
    await pair.one.release_due()
    assert (await taken(pair.one)).lane == first.lane
    assert await pair.redis.zrange(keys.DELAYED, 0, -1) == [second.lane.encode()]
    assert await pair.redis.zrange(keys.DELAYED_SINCE, 0, -1) == [second.lane.encode()]


async def test_a_deferred_job_keeps_its_place_and_its_progress(pair: Pair) -> None:
    first, second, elsewhere = change(), change(), change("t2")
    await pair.one.accept(first, second)
    progress = first.having(told=True, tries=3)
    assert await pair.one.defer(await taken(pair.one), progress, 60.0, [elsewhere])
    assert (await taken(pair.two)).lane == "thread:t2"  # what follows from it does not wait
    await pair.two.release_due()
    assert await nothing_to_take(pair)
    await pair.two.hurry(progress)
    await pair.two.release_due()
    ticket = await taken(pair.two)
    assert await pair.two.head(ticket) == progress
    assert await pair.two.finish(ticket)
    assert await pair.waiting("thread:t1") == [second.ref]


async def test_a_lane_is_released_once_however_many_look(pair: Pair) -> None:
    await pair.one.accept(change())
    assert await pair.one.defer(await taken(pair.one), change(), 0.0)
    await asyncio.gather(*(lanes.release_due() for lanes in (pair.one, pair.two) * 3))
    assert await pair.tickets() == Counter({"thread:t1": 1})


async def test_what_is_being_worked_when_it_is_hurried_does_not_wait_afterwards(pair: Pair) -> None:
    await pair.one.accept(change())
    ticket = await taken(pair.one)
    await pair.two.hurry(change())
    await pair.one.defer(ticket, change(), 600.0)
    await pair.one.release_due()
    ticket = await taken(pair.one)
    await pair.one.defer(ticket, change(), 600.0)  # that was for once
    await pair.one.release_due()
    assert not await pair.untaken(keys.PEOPLE)


async def test_what_waits_can_be_hurried_and_what_does_not_stays_as_it_is(pair: Pair) -> None:
    await pair.one.hurry(change())
    assert await pair.tickets() == {}
    await pair.one.accept(change())
    ticket = await taken(pair.one)
    await pair.one.defer(ticket, change(), 600.0)
    await pair.one.release_due()
    assert not await pair.untaken(keys.PEOPLE)
    await pair.two.hurry(change())
    await pair.two.release_due()
    assert [one.lane for one in await pair.two.take(keys.PEOPLE, 1, block=0.01)] == ["thread:t1"]
    assert await pair.tickets() == {"thread:t1": 1}


async def test_a_job_accepted_while_its_lane_is_delayed_waits_behind_it(pair: Pair) -> None:
    first, second = change(), change()
    await pair.one.accept(first)
    await pair.one.defer(await taken(pair.one), first, 60)
    await pair.one.accept(second)
    assert await nothing_to_take(pair)
    assert await pair.waiting("thread:t1") == [first.ref, second.ref]


async def test_a_buried_job_makes_way_and_can_be_revived(pair: Pair) -> None:
    broken, healthy, word = change().having(tries=6), change(), change("t2")
    await pair.one.accept(broken, healthy)
    assert await pair.one.bury(await taken(pair.one), "Rejected 422", [word])
    (letter,) = await pair.one.dead_letters()
    assert (letter.lane, letter.reason, letter.job) == ("thread:t1", "Rejected 422", broken)
    assert await pair.waiting("thread:t1") == [healthy.ref]
    assert await pair.waiting("thread:t2") == [word.ref]

    assert await pair.two.revive(letter.id)
    assert await pair.waiting("thread:t1") == [healthy.ref, broken.ref]
    assert await pair.two.dead_letters() == []
    assert not await pair.two.revive(letter.id)
    assert await pair.tickets() == Counter({"thread:t1": 1, "thread:t2": 1})


async def test_a_revived_job_begins_anew(pair: Pair) -> None:
    old = change().having(tries=6, failures=6, deaths=5, at=utc_now().replace(year=2020))
    await pair.one.accept(old)
    await pair.one.bury(await taken(pair.one), "reason")
    (letter,) = await pair.one.dead_letters()
    await pair.one.revive(letter.id)
    job = await pair.one.head(await taken(pair.one))
    assert job is not None
    assert (job.ref, job.tries, job.failures, job.deaths, job.age < 60) == (old.ref, 0, 0, 0, True)


async def test_dead_letters_are_listed_newest_first_and_counted(pair: Pair) -> None:
    for reason in ("first", "second", "third"):
        await pair.one.accept(change())
        await pair.one.bury(await taken(pair.one), reason)
    assert [letter.reason for letter in await pair.one.dead_letters(2)] == ["third", "second"]
    assert await pair.one.depth() == {"people": 0, "background": 0, "delayed": 0, "dead": 3}


async def test_a_job_of_another_version_is_no_job_but_can_be_buried_and_seen(pair: Pair) -> None:
    await pair.one.accept(change())
    await pair.redis.lset(keys.lane("thread:t1"), 0, b'p{"kind":"telepathy"}')
    ticket = await taken(pair.one)
    with pytest.raises(ValueError, match="telepathy"):
        await pair.one.head(ticket)
    assert await pair.one.bury(ticket, "unreadable")
    (letter,) = await pair.one.dead_letters()
    assert letter.job is None
    assert await pair.one.revive(letter.id)
    assert await pair.redis.lindex(keys.lane("thread:t1"), 0) == b'p{"kind":"telepathy"}'


async def test_what_is_given_back_can_be_taken_at_once_and_begins_where_it_stood(pair: Pair) -> None:
    job = change()
    await pair.one.accept(job)
    ticket = await taken(pair.one)
    told = job.having(told=True)
    assert await pair.one.checkpoint(ticket, told)
    assert await pair.one.give_back(ticket)
    again = await taken(pair.two)
    assert not again.again
    assert await pair.two.head(again) == told


async def test_a_ticket_is_not_claimed_before_its_time(pair: Pair) -> None:
    await pair.one.accept(change())
    await taken(pair.one)
    assert await Lanes(pair.redis, "three", KINDS, claim_idle=60).reclaim(keys.PEOPLE, 10) == []
    (claimed,) = await pair.two.reclaim(keys.PEOPLE, 10)
    assert claimed.again


FENCED: dict[str, Callable[[Lanes, Ticket], Awaitable[bool]]] = {
    "finish": lambda lanes, ticket: lanes.finish(ticket, [change("t9")]),
    "defer": lambda lanes, ticket: lanes.defer(ticket, change("t8"), 0, [change("t9")]),
    "checkpoint": lambda lanes, ticket: lanes.checkpoint(ticket, change("t8")),
    "bury": lambda lanes, ticket: lanes.bury(ticket, "reason", [change("t9")]),
    "give_back": lambda lanes, ticket: lanes.give_back(ticket),
}


@pytest.mark.parametrize("verb", FENCED)
async def test_a_consumer_whose_ticket_was_claimed_changes_nothing_any_more(pair: Pair, verb: str) -> None:
    job, behind = change(), change()
    await pair.one.accept(job, behind)
    lost = await taken(pair.one)
    (ticket,) = await pair.two.reclaim(keys.PEOPLE, 10)
    assert not await FENCED[verb](pair.one, lost)
    assert await pair.two.head(ticket) == job
    assert await pair.waiting("thread:t1") == [job.ref, behind.ref]
    assert await pair.tickets() == Counter({"thread:t1": 1})
    assert await pair.one.depth() == {"people": 1, "background": 0, "delayed": 0, "dead": 0}
    assert await pair.two.finish(ticket)
    assert not await FENCED[verb](pair.two, ticket)
    assert await pair.waiting("thread:t1") == [behind.ref]


async def test_who_leaves_with_empty_hands_is_forgotten(pair: Pair) -> None:
    await pair.one.accept(change())
    ticket = await taken(pair.one)
    await pair.two.take(keys.PEOPLE, 1, 0.001)
    await pair.two.leave()
    await pair.one.leave()
    assert await pair.consumers(keys.PEOPLE) == {"one"}  # its ticket would be lost with it
    assert await pair.one.finish(ticket)
    await pair.one.leave()
    assert await pair.consumers(keys.PEOPLE) == set()


class Interrupted(Redis):
    """A connection on which something happens just before a consumer is deleted."""

    before: Callable[[], Awaitable[None]]

    async def xgroup_delconsumer(self, *args: Any) -> Any:
        await self.before()
        return await cast(Any, super()).xgroup_delconsumer(*args)


async def test_a_ticket_that_comes_while_its_consumer_leaves_is_not_lost_with_it(pair: Pair, redis_url: str) -> None:
    redis = cast(Interrupted, Interrupted.from_url(redis_url))
    leaving = Lanes(redis, "leaving", KINDS)
    taking = asyncio.create_task(leaving.take(keys.PEOPLE, 1, block=1.0))
    await asyncio.sleep(0.02)  # it waits for work now

    async def work_comes() -> None:
        if not taking.done():
            await pair.one.accept(change())
            await taking

    redis.before = work_comes
    try:
        await leaving.leave()
        await work_comes()
    finally:
        await redis.aclose()
    assert [ticket.lane for ticket in await pair.two.reclaim(keys.PEOPLE, 10)] == ["thread:t1"]


AWAY: dict[str, Callable[[Lanes], Awaitable[Any]]] = {
    "open": lambda lanes: lanes.open(),
    "accept": lambda lanes: lanes.accept(change()),
    "take": lambda lanes: lanes.take(keys.PEOPLE, 1, 0.01),
    "reclaim": lambda lanes: lanes.reclaim(keys.PEOPLE, 1),
    "head": lambda lanes: lanes.head(Ticket(keys.PEOPLE, "1-1", "x")),
    "finish": lambda lanes: lanes.finish(Ticket(keys.PEOPLE, "1-1", "x")),
    "release_due": lambda lanes: lanes.release_due(),
    "dead_letters": lambda lanes: lanes.dead_letters(),
    "revive": lambda lanes: lanes.revive("1-1"),
    "depth": lambda lanes: lanes.depth(),
    "leave": lambda lanes: lanes.leave(),
}


@pytest.mark.parametrize("verb", AWAY)
async def test_without_redis_every_verb_says_that_the_store_is_unavailable(verb: str) -> None:
    redis = connect("unix:///nonexistent/valkey.sock")
    with pytest.raises(StoreUnavailable):
        await AWAY[verb](Lanes(redis, "one", KINDS))
    await redis.aclose()


# --- any interleaving -------------------------------------------------------------------------------------------------

_WHO = st.integers(0, 1)
_STEP = st.one_of(
    st.tuples(st.just("accept"), st.integers(0, 2), st.booleans()),
    st.tuples(st.just("take"), _WHO, st.sampled_from(STREAMS)),
    st.tuples(st.just("reclaim"), _WHO, st.sampled_from(STREAMS)),
    st.tuples(st.sampled_from(["finish", "finish and follow", "bury", "give back"]), _WHO, st.integers(0, 9)),
    st.tuples(st.sampled_from(["checkpoint", "defer", "defer long"]), _WHO, st.integers(0, 9)),
    st.tuples(st.just("release"), _WHO, st.none()),
    st.tuples(st.just("revive"), _WHO, st.none()),
)


class Model:
    """What the queue must look like after each step; `hands` are the tickets each consumer believes to hold."""

    def __init__(self, pair: Pair) -> None:
        self.pair, self.both = pair, (pair.one, pair.two)
        self.lanes: defaultdict[str, list[str]] = defaultdict(list)
        self.dead: list[str] = []
        self.holder: dict[tuple[str, str], int] = {}  # two streams may number two tickets alike
        self.hands: tuple[list[Ticket], list[Ticket]] = ([], [])

    def job(self, number: int, background: bool) -> Job:
        job: Job = Refresh(thread_id=str(number)) if background else change(str(number))
        self.lanes[job.lane].append(job.ref)
        return job

    async def step(self, name: str, who: int, what: Any) -> None:
        lanes = self.both[who % 2]
        match name:
            case "accept":
                await lanes.accept(self.job(who, what))
            case "take" if not await self.pair.untaken(what):
                pass
            case "take" | "reclaim":
                found = await (lanes.take(what, 1, 0.001) if name == "take" else lanes.reclaim(what, 1))
                for ticket in found:
                    assert name == "reclaim" or (ticket.stream, ticket.id) not in self.holder
                    self.holder[ticket.stream, ticket.id] = who
                    self.hands[who].append(ticket)
            case "release":
                await lanes.release_due()
            case "revive":
                for letter in (await lanes.dead_letters())[-1:]:
                    assert letter.job is not None
                    assert await lanes.revive(letter.id)
                    self.dead.remove(letter.job.ref)
                    self.lanes[letter.lane].append(letter.job.ref)
            case _ if self.hands[who]:
                await self.act(name, who, self.hands[who][what % len(self.hands[who])])

    async def act(self, name: str, who: int, ticket: Ticket) -> None:
        """What a consumer does with a ticket has an effect exactly when it still holds it."""
        lanes, holds, lane = self.both[who], self.holder.get((ticket.stream, ticket.id)) == who, self.lanes[ticket.lane]
        number = int(ticket.lane.partition(":")[2])
        job = await lanes.head(ticket)
        if not holds:
            job = change(str(number))
        assert job is not None
        done = job.ref
        if holds and name in ("finish", "finish and follow", "bury"):
            assert lane.pop(0) == done
        if holds and name != "checkpoint":
            del self.holder[ticket.stream, ticket.id]
        match name:
            case "finish":
                answer = await lanes.finish(ticket)
            case "finish and follow":
                follow = self.job(number, background=True) if holds else change(str(number))
                answer = await lanes.finish(ticket, [follow])
            case "bury":
                answer = await lanes.bury(ticket, "reason")
                self.dead += [done] if holds else []
            case "give back":
                answer = await lanes.give_back(ticket)
            case "checkpoint":
                answer = await lanes.checkpoint(ticket, job.having(tries=job.tries + 1))
            case _:
                answer = await lanes.defer(ticket, job, 0.0 if name == "defer" else 60.0)
        assert answer == holds

    async def holds_true(self) -> None:
        full = {lane: refs for lane, refs in self.lanes.items() if refs}
        assert await self.pair.tickets() == Counter(full.keys())  # one each, and none for an empty lane
        assert await self.pair.lanes() == full.keys()
        for lane, refs in full.items():
            assert await self.pair.waiting(lane) == refs
        letters = [letter.job.ref for letter in await self.pair.one.dead_letters() if letter.job]
        assert sorted(letters) == sorted(self.dead)

    async def drained(self) -> None:
        """Whatever happened before, one consumer that lives on works every lane to its end, in order."""
        for lane in [one for one, refs in self.lanes.items() if refs]:
            await self.pair.redis.zadd(keys.DELAYED, {lane: 0}, xx=True)
        await self.pair.one.release_due()
        while any(self.lanes.values()):
            for stream in STREAMS:
                found = await self.pair.one.take(stream, 9, 0.001) if await self.pair.untaken(stream) else []
                for ticket in [*found, *await self.pair.one.reclaim(stream, 9)]:
                    job = await self.pair.one.head(ticket)
                    if await self.pair.one.finish(ticket):
                        assert job is not None
                        assert self.lanes[ticket.lane].pop(0) == job.ref
        assert await self.pair.tickets() == Counter()


async def _played(url: str, steps: list[tuple[str, int, Any]]) -> None:
    pair = Pair(url)
    try:
        await pair.redis.flushall()
        await pair.one.open()
        model = Model(pair)
        for step in steps:
            await model.step(*step)
            await model.holds_true()
        await model.drained()
    finally:
        await pair.redis.aclose()


@settings(max_examples=60)
@given(st.lists(_STEP, min_size=5, max_size=40))
async def test_a_lane_has_one_ticket_exactly_while_it_has_work_whatever_two_consumers_do(
    valkey: str, steps: list[tuple[str, int, Any]]
) -> None:
    await _played(valkey, steps)


async def test_console_words_of_two_people_do_not_share_a_lane(pair: Pair) -> None:
    await pair.one.accept(Console(words="x", asker=ANA), Console(words="y", asker=Asker(user="U0BO")))
    assert await pair.lanes() == {"console:U0ANA", "console:U0BO"}


async def test_work_is_merged_with_its_own_kind_alone(pair: Pair) -> None:
    await pair.one.accept(Render(thread_id="t1"))
    ticket = await taken(pair.one)
    leave = Leave(thread_id="t1", old=("C1", "1.0"))
    later = Render(thread_id="t1")
    await pair.one.accept(leave)
    await pair.one.accept(later)  # the first one may have read the state already, and what waits draws no card
    await pair.one.accept(Render(thread_id="t1"))
    assert await pair.one.finish(ticket)
    assert await pair.waiting("card:t1") == [leave.ref, later.ref]
