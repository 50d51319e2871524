"""The worker with toy handlers on a real queue: retries, waits, giving up, crashes and shutdown."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.dm.jobs import Dm
from bot.errors import (
    AccountOffline,
    ChannelRefused,
    ContentRefused,
    Gone,
    NotLinked,
    NotThere,
    RateLimited,
    ScopeMissing,
    SlackBusy,
    SlackDown,
    SlackRevoked,
    SlackUnknown,
    StoreUnavailable,
    Unauthorized,
    Unavailable,
    Unidentified,
)
from bot.events.jobs import Refresh
from bot.feature import Console
from bot.features import KINDS
from bot.people.jobs import Tell
from bot.queue.job import Asker, Job, Later, dump, utc_now
from bot.queue.lanes import Lanes, Ticket
from bot.queue.retries import RETRIES, Sound
from bot.queue.work import DEATHS, Handler
from bot.queue.worker import Worker
from bot.store import embedded, keys
from bot.store.connect import connect

ANA = Asker(user="U0ANA")
SOON = 60.0  # seconds that nothing here takes, however busy the machine is


class Shop:
    """A queue, its workers, and a note of what the handlers were given."""

    def __init__(self, url: str) -> None:
        self.redis: Any = connect(url)
        self.lanes = Lanes(self.redis, "ours", KINDS, claim_idle=60.0)
        self.seen: list[Job] = []
        self.sound = True

    async def failed(self, job: Job, error: Exception) -> Sequence[Job]:
        return [Tell(asker=ANA, text=f"{job.ref} failed: {type(error).__name__}")]

    def worker(self, handle: Handler, lanes: Lanes | None = None, asks: Sound | None = None) -> Worker:
        """A worker whose every job but `Tell` goes to `handle`."""

        async def noted(job: Any, keep: Any) -> Sequence[Job]:
            self.seen.append(job)
            return [] if isinstance(job, Tell) else await handle(job, keep)

        async def sound() -> bool:
            return self.sound

        handlers: dict[type[Any], Handler] = dict.fromkeys((Console, Dm, Refresh, Tell), noted)
        return Worker(lanes or self.lanes, handlers, self.failed, asks or sound, breath=0.01, pauses=(0.0,))

    @asynccontextmanager
    async def working(self, handle: Handler, lanes: Lanes | None = None) -> AsyncIterator[Worker]:
        worker = self.worker(handle, lanes)
        running = asyncio.create_task(worker.run())
        yield worker
        await worker.stop(within=0.1)
        await running

    async def until(self, so: Callable[[], Any], within: float = SOON) -> None:
        async with asyncio.timeout(within):
            while not so():  # noqa: ASYNC110  # what is waited for is in the worker's hands
                await asyncio.sleep(0.005)

    async def more_than(self, count: int) -> None:
        """Until handlers were given more than `count` jobs."""
        await self.until(lambda: len(self.seen) > count)

    async def idle(self, within: float = SOON) -> None:
        """Until nothing waits and nothing is under way."""
        async with asyncio.timeout(within):
            while any(count for state, count in (await self.lanes.depth()).items() if state != "dead"):  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    @property
    def told(self) -> list[str]:
        return [job.text for job in self.seen if isinstance(job, Tell)]


@pytest.fixture
async def shop(redis_url: str) -> AsyncIterator[Shop]:
    opened = Shop(redis_url)
    await opened.lanes.open()
    yield opened
    await opened.redis.aclose()


def dm(recipient: str = "sarah") -> Dm:
    return Dm(recipient=recipient, text="Hi", asker=ANA)


def console() -> Console:
    return Console(words="status", asker=ANA)


def failing(*errors: Exception) -> Handler:
    """A handler that fails with each of these in turn, and then works."""
    left = list(errors)

    async def handle(_: Job, __: object) -> list[Job]:
        if left:
            raise left.pop(0)
        return []

    return handle


works = failing()


async def hangs(_: Job, __: object) -> list[Job]:
    await asyncio.sleep(3600)
    return []


async def test_jobs_of_a_lane_are_done_in_order_and_what_follows_from_them_is_done_too(shop: Shop) -> None:
    asked = [dm() for _ in range(5)]

    async def handle(job: Job, _: object) -> list[Job]:
        await asyncio.sleep(0)
        return [Tell(asker=ANA, text=job.ref)]

    async with shop.working(handle):
        await shop.lanes.accept(*asked)
        await shop.idle()
    assert [job.ref for job in shop.seen if isinstance(job, Dm)] == [job.ref for job in asked]
    assert shop.told == [job.ref for job in asked]


async def test_lanes_are_worked_side_by_side_and_a_lane_by_one_at_a_time(shop: Shop) -> None:
    under_way: list[str] = []
    most = 0

    async def handle(job: Job, _: object) -> list[Job]:
        nonlocal most
        assert job.lane not in under_way
        under_way.append(job.lane)
        most = max(most, len(under_way))
        await asyncio.sleep(0.02)
        under_way.remove(job.lane)
        return []

    await shop.lanes.accept(*(dm(str(number % 8)) for number in range(24)))
    async with shop.working(handle), shop.working(handle, Lanes(shop.redis, "other", KINDS, claim_idle=60.0)):
        await shop.idle()
    assert len(shop.seen) == 24
    assert most > 1
    assert (await shop.lanes.depth())["dead"] == 0


async def test_background_work_that_hangs_does_not_keep_people_waiting(shop: Shop) -> None:
    async def handle(job: Job, keep: Any) -> Sequence[Job]:
        return await (hangs if job.background else works)(job, keep)

    async with shop.working(handle):
        await shop.lanes.accept(*(Refresh(thread_id=str(number)) for number in range(40)))
        await shop.until(lambda: len(shop.seen) >= 10)
        await shop.lanes.accept(dm())
        await shop.until(lambda: any(isinstance(job, Dm) for job in shop.seen))


async def test_a_patient_job_is_tried_again_until_it_works(shop: Shop) -> None:
    async with shop.working(failing(Unavailable(status=503), RuntimeError("bug"), TimeoutError())):
        await shop.lanes.accept(dm())
        await shop.idle()
    assert [job.tries for job in shop.seen] == [0, 1, 2, 3]
    assert await shop.lanes.dead_letters() == []


async def test_a_job_that_somebody_waits_for_is_not_tried_again_but_told(shop: Shop) -> None:
    asked = console()
    async with shop.working(failing(Unavailable(status=503))):
        await shop.lanes.accept(asked)
        await shop.idle()
    assert shop.told == [f"{asked.ref} failed: Unavailable"]
    assert await shop.lanes.dead_letters() == []


@pytest.mark.parametrize("error", [NotLinked(), Gone(status=404, code="threadNotFound"), AccountOffline(status=409)])
async def test_a_refusal_is_told_once_and_is_no_dead_letter(shop: Shop, error: Exception) -> None:
    asked = console()
    async with shop.working(failing(error, error)):
        await shop.lanes.accept(asked)
        await shop.idle()
    assert shop.told == [f"{asked.ref} failed: {type(error).__name__}"]
    assert await shop.lanes.dead_letters() == []


async def test_a_bug_becomes_a_dead_letter_a_word_to_the_person_and_no_obstacle(shop: Shop) -> None:
    broken, healthy = console(), console()
    async with shop.working(failing(RuntimeError("somebody's secret words"))):
        await shop.lanes.accept(broken, healthy)
        await shop.idle()
    (letter,) = await shop.lanes.dead_letters()
    assert letter.job == broken
    assert letter.reason == "RuntimeError"  # never what a person wrote
    assert shop.told == [f"{broken.ref} failed: RuntimeError"]
    assert healthy in shop.seen


@pytest.mark.parametrize("bug", [RuntimeError("words"), ValueError("words")], ids=["bug", "unfit value"])
async def test_a_bug_in_the_last_word_on_a_job_is_no_obstacle(shop: Shop, bug: Exception) -> None:
    broken, healthy = console(), console()
    shop.failed = failing(bug)  # type: ignore[assignment]  # it takes what a handler takes
    async with shop.working(failing(KeyError("x"))):
        await shop.lanes.accept(broken, healthy)
        await shop.idle()
    (letter,) = await shop.lanes.dead_letters()
    assert (letter.job, letter.reason) == (broken, "untold: KeyError")
    assert healthy in shop.seen


UNFIT = [Tell(asker=ANA, text=object()), Tell(asker=ANA, text=5)]  # type: ignore[arg-type]
"""What cannot be written, and what could not be read again."""


@pytest.mark.parametrize("unfit", UNFIT, ids=["unwritable", "unreadable"])
async def test_a_last_word_that_nobody_could_read_is_no_obstacle(shop: Shop, unfit: Job) -> None:
    async def failed(_: Job, __: Exception) -> list[Job]:
        return [unfit]

    broken, healthy = console(), console()
    shop.failed = failed  # type: ignore[method-assign,assignment]
    async with shop.working(failing(KeyError("x"))):
        await shop.lanes.accept(broken, healthy)
        await shop.idle()
    (letter,) = await shop.lanes.dead_letters()
    assert (letter.job, letter.reason) == (broken, "untold: KeyError")
    assert healthy in shop.seen


@pytest.mark.parametrize("how", ["follows", "later", "progress"])
@pytest.mark.parametrize("unfit", UNFIT, ids=["unwritable", "unreadable"])
async def test_a_handler_whose_work_nobody_could_read_has_failed(shop: Shop, unfit: Job, how: str) -> None:
    async def handle(job: Job, keep: Any) -> list[Job]:
        if how == "later":
            raise Later(0.0, job, unfit)
        if how == "progress":
            await keep(job.having(words=unfit.text))  # type: ignore[attr-defined]
        return [unfit]

    asked = console()
    async with shop.working(handle):
        await shop.lanes.accept(asked)
        await shop.idle()
    (letter,) = await shop.lanes.dead_letters()
    assert letter.job == asked
    (told,) = shop.told
    assert told.startswith(f"{asked.ref} failed: ")


async def test_a_patient_job_that_goes_on_failing_while_all_else_works_is_given_up(shop: Shop) -> None:
    asked = dm()
    async with shop.working(failing(*[KeyError("x")] * 50)):
        await shop.lanes.accept(asked)
        await shop.until(lambda: shop.told)
        await shop.idle()
    assert len([job for job in shop.seen if isinstance(job, Dm)]) == RETRIES + 1
    (letter,) = await shop.lanes.dead_letters()
    assert letter.job is not None
    assert (letter.job.ref, letter.job.tries, letter.reason) == (asked.ref, RETRIES, "KeyError")


async def test_what_takes_too_long_for_who_waits_for_it_is_told_and_nothing_to_look_at(shop: Shop) -> None:
    asked = console()
    async with shop.working(failing(TimeoutError())):
        await shop.lanes.accept(asked)
        await shop.until(lambda: shop.told)
        await shop.idle()
    assert (shop.told, await shop.lanes.dead_letters()) == ([f"{asked.ref} failed: TimeoutError"], [])


async def test_a_dead_letter_that_is_revived_is_done(shop: Shop) -> None:
    asked = console()
    async with shop.working(failing(RuntimeError())):
        await shop.lanes.accept(asked)
        await shop.until(lambda: shop.told)
        await shop.idle()
        (letter,) = await shop.lanes.dead_letters()
        await shop.lanes.revive(letter.id)
        await shop.idle()
    assert [job.ref for job in shop.seen if isinstance(job, Console)] == [asked.ref] * 2
    assert await shop.lanes.dead_letters() == []


AWAY = [
    *(SlackDown("503"), SlackRevoked("invalid_auth"), SlackUnknown("not_in_any_book"), ScopeMissing("missing_scope")),
    *(ChannelRefused("is_archived"), Unavailable(status=503), Unauthorized(status=401), TimeoutError()),
]


@pytest.mark.parametrize("error", AWAY, ids=repr)
async def test_an_outage_of_an_hour_buries_nothing_and_keeps_the_order(shop: Shop, error: Exception) -> None:
    """Sixty tries; with the real pauses an hour has more, and none of them counts."""
    shop.sound = False
    asked = [Refresh(thread_id="t1") for _ in range(3)]
    async with shop.working(failing(*[error] * 60)):
        await shop.lanes.accept(*asked)
        await shop.until(lambda: len(shop.seen) == 63)
        await shop.idle()
    assert [job.ref for job in shop.seen] == [asked[0].ref] * 61 + [one.ref for one in asked[1:]]
    assert {(job.failures, job.deaths) for job in shop.seen} == {(0, 0)}
    assert await shop.lanes.dead_letters() == []


async def test_what_fails_by_itself_after_a_long_outage_has_as_many_tries_as_ever(shop: Shop) -> None:
    shop.sound = False
    async with shop.working(failing(*[Unavailable(status=503)] * 40, *[RuntimeError("bug")] * RETRIES)):
        await shop.lanes.accept(Refresh(thread_id="t1"))
        await shop.until(lambda: len(shop.seen) == 41 + RETRIES)
        await shop.idle()
    assert await shop.lanes.dead_letters() == []


@pytest.mark.parametrize("error", [ChannelRefused("is_archived"), SlackUnknown("not_in_any_book")])
async def test_what_is_refused_for_longer_than_a_day_is_given_up(shop: Shop, error: Exception) -> None:
    old = Refresh(thread_id="t1", at=utc_now() - timedelta(days=1, minutes=1))
    async with shop.working(failing(error)):
        await shop.lanes.accept(old)
        await shop.until(lambda: shop.told)
        await shop.idle()
    assert [letter.job for letter in await shop.lanes.dead_letters()] == [old]


@pytest.mark.parametrize("error", [SlackDown("503"), SlackRevoked("invalid_auth"), Unauthorized(status=401)])
async def test_what_is_away_for_longer_than_a_day_is_waited_for(shop: Shop, error: Exception) -> None:
    shop.sound = False
    async with shop.working(failing(*[error] * 40)):
        await shop.lanes.accept(Refresh(thread_id="t1", at=utc_now() - timedelta(days=3)))
        await shop.until(lambda: len(shop.seen) == 41)
        await shop.idle()
    assert await shop.lanes.dead_letters() == []


@pytest.mark.parametrize("error", [SlackDown("503"), Unidentified(), RateLimited(retry_after=0.0)])
async def test_what_somebody_wrote_waits_ten_minutes_and_is_then_handed_back(shop: Shop, error: Exception) -> None:
    young, old = dm("young"), dm("old").having(at=utc_now() - timedelta(minutes=10, seconds=1))
    async with shop.working(failing(*[error] * 40)):
        await shop.lanes.accept(young)
        await shop.until(lambda: len(shop.seen) == 41)
    async with shop.working(failing(error)):
        await shop.lanes.accept(old)
        await shop.until(lambda: shop.told)
        await shop.idle()
    assert shop.told == [f"{old.ref} failed: {type(error).__name__}"]


@pytest.mark.parametrize("error", [SlackDown("503"), SlackRevoked("invalid_auth"), ChannelRefused("is_archived")])
async def test_who_waits_for_an_answer_is_told_that_slack_is_away_and_it_is_no_dead_letter(
    shop: Shop, error: Exception
) -> None:
    asked = console()
    async with shop.working(failing(error)):
        await shop.lanes.accept(asked)
        await shop.idle()
    assert shop.told == [f"{asked.ref} failed: {type(error).__name__}"]
    assert await shop.lanes.dead_letters() == []


async def test_a_word_to_somebody_who_is_no_longer_there_is_no_dead_letter(shop: Shop) -> None:
    async def gone(*_: object) -> list[Job]:
        raise NotThere("user_not_found")

    worker = Worker(shop.lanes, {Tell: gone}, _nothing, _sound, breath=0.01)
    running = asyncio.create_task(worker.run())
    await shop.lanes.accept(Tell(asker=ANA, text="Hello?"))
    await shop.idle()
    await worker.stop()
    await running
    assert await shop.lanes.dead_letters() == []


async def test_what_inbox_cannot_do_while_it_answers_everything_else_is_given_up(shop: Shop) -> None:
    async with shop.working(failing(*[Unavailable(status=500)] * 50)):
        await shop.lanes.accept(Refresh(thread_id="t1"))
        await shop.until(lambda: shop.told)
        await shop.idle()
    (letter,) = await shop.lanes.dead_letters()
    assert letter.reason == "Unavailable 500"
    assert len([job for job in shop.seen if isinstance(job, Refresh)]) == 7  # somebody's click may wait in its lane


async def test_what_slack_will_never_take_is_given_up_at_once(shop: Shop) -> None:
    async with shop.working(failing(*[ContentRefused("msg_too_long")] * 9)):
        await shop.lanes.accept(Refresh(thread_id="t1"))
        await shop.until(lambda: shop.told)
        await shop.idle()
    (letter,) = await shop.lanes.dead_letters()
    assert letter.reason == "ContentRefused msg_too_long"
    assert len([job for job in shop.seen if isinstance(job, Refresh)]) == 1


@pytest.mark.parametrize("make", [console, dm])
@pytest.mark.parametrize("error", [RateLimited(retry_after=0.05), SlackBusy(0.05)])
async def test_who_is_told_to_wait_waits_that_long_and_has_used_no_try(
    shop: Shop, make: Callable[[], Job], error: Exception
) -> None:
    job, at = make(), list[float]()
    handle = failing(*[error] * 3)

    async def timed(given: Job, keep: Any) -> Sequence[Job]:
        at.append(time.monotonic())
        return await handle(given, keep)

    async with shop.working(timed):
        await shop.lanes.accept(job)
        await shop.until(lambda: len(at) == 4)
        await shop.idle()
    assert shop.seen == [job] * 4
    assert all(after - before >= 0.049 for before, after in pairwise(at))


async def test_later_keeps_the_job_in_its_place_with_its_progress_and_does_the_rest_now(shop: Shop) -> None:
    first, second = dm(), dm()

    async def handle(job: Any, _: object) -> Sequence[Job]:
        if job.ref == first.ref and not job.told:
            raise Later(0.1, job.having(told=True), Tell(asker=ANA, text="soon"))
        return []

    async with shop.working(handle):
        await shop.lanes.accept(first, second)
        await shop.idle()
    told = first.having(told=True)
    assert [job if isinstance(job, Dm) else job.kind for job in shop.seen] == [first, "tell", told, second]


async def test_what_a_dead_worker_held_is_done_by_another_that_knows_it_is_not_the_first(shop: Shop) -> None:
    asked = dm()
    await shop.lanes.accept(asked)
    dead = Lanes(shop.redis, "dead", KINDS)
    (ticket,) = await dead.take(keys.PEOPLE, 10, 0.001)
    await dead.checkpoint(ticket, asked.having(told=True))
    began = time.monotonic()
    async with shop.working(works, Lanes(shop.redis, "heir", KINDS, claim_idle=0.3)):
        await shop.idle()
    assert time.monotonic() - began > 0.3  # the claim idle time
    assert shop.seen == [asked.having(told=True, tries=1, deaths=1)]
    assert not await dead.finish(ticket)


@pytest.mark.exhaustive
async def test_a_job_that_kills_its_worker_again_and_again_is_given_up_and_only_such_a_job(
    shop: Shop, redis_url: str
) -> None:
    """Real processes: what is worked beside the killer dies with it, and is done all the same."""
    killer, beside = dm("killer"), [dm(str(number)) for number in range(12)]
    await shop.lanes.accept(killer, *beside)
    for _ in range(30):
        mortal = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.unit.mortal", redis_url)
        if await mortal.wait() == 0:
            break
    (letter,) = await shop.lanes.dead_letters()
    assert letter.job is not None
    assert (letter.job.ref, letter.job.deaths, letter.reason) == (killer.ref, DEATHS, "Fatal")
    done = [one.decode() for one in await shop.redis.lrange("done", 0, -1)]
    assert set(done) == {one.ref for one in (killer, *beside)}  # of the killer, its writer was told
    assert len(done) == 13


async def test_a_job_of_which_every_worker_died_is_given_up(shop: Shop) -> None:
    asked = dm()
    await shop.lanes.accept(asked)
    await Lanes(shop.redis, "dead", KINDS).take(keys.PEOPLE, 10, 0.001)
    await shop.redis.lset(keys.lane(asked.lane), 0, b"p" + dump(asked.having(deaths=DEATHS - 1)))
    async with shop.working(works, Lanes(shop.redis, "heir", KINDS, claim_idle=0.2)):
        await shop.idle()
    (letter,) = await shop.lanes.dead_letters()
    assert letter.reason == "Fatal"
    assert [one.kind for one in shop.seen] == ["tell"]  # its writer is told, and nobody worked it


async def test_who_lives_through_deaths_of_other_jobs_is_not_taken_for_their_cause(shop: Shop) -> None:
    """Each time its worker died, and the next one lived to put it aside."""
    asked = dm()
    await shop.lanes.accept(asked)
    for number in range(DEATHS + 2):
        dead = Lanes(shop.redis, f"dead{number}", KINDS)
        assert len(await dead.take(keys.PEOPLE, 10, 0.001)) == 1
        async with shop.working(failing(Later(30.0, asked)), Lanes(shop.redis, f"heir{number}", KINDS, claim_idle=0.2)):
            await shop.more_than(number)
            await shop.until(lambda: not _handling())
        await shop.lanes.hurry(asked)
        await shop.lanes.release_due()
    assert (await shop.lanes.depth())["people"] == 1
    assert await shop.lanes.dead_letters() == []


async def test_a_job_as_the_last_version_stored_it_is_worked(shop: Shop) -> None:
    stored = (
        b'p{"ref":"7f3a9c","at":"2026-11-26T09:42:58.123456Z","tries":19,"kind":"dm","recipient":"sarah","text":"Hi",'
        b'"asker":{"user":"U0ANA","team":null,"enterprise":null,"channel":null,"thread_ts":null,"response_url":null,'
        b'"trigger":null},"account_link_id":null,"told":true}'
    )
    await shop.lanes.accept(dm())
    await shop.redis.lset(keys.lane(dm().lane), 0, stored)
    async with shop.working(works):
        await shop.idle()
    (job,) = shop.seen
    assert (job.ref, job.tries, job.failures, job.deaths) == ("7f3a9c", 19, 0, 0)


async def test_who_lives_gives_back_what_it_held_while_redis_was_away_and_it_is_no_death(tmp_path: Path) -> None:
    """Redis sleeps in the midst of jobs, for longer than a dead worker's jobs wait; several times."""
    server = embedded.start(tmp_path)
    assert server.process is not None
    shop = Shop(server.url)
    await shop.lanes.open()
    asked = [dm(str(number)) for number in range(4)]

    async def handle(job: Job, keep: Any) -> list[Job]:
        await asyncio.sleep(0.1)
        await keep(job)
        return []

    ours, theirs = (Lanes(shop.redis, name, KINDS, claim_idle=2.0) for name in ("one", "two"))
    async with shop.working(handle, ours) as one, shop.working(handle, theirs) as two:
        one.job_timeout = two.job_timeout = 30.0
        for _ in range(2):
            await shop.lanes.accept(*asked)
            await shop.more_than(len(shop.seen))
            server.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(3.0)
            server.process.send_signal(signal.SIGCONT)
            await shop.idle()
    assert {job.deaths for job in shop.seen} == {0}
    assert await shop.lanes.dead_letters() == []
    await server.stop(shop.redis)
    await shop.redis.aclose()


async def test_an_inbox_that_is_silent_when_asked_whether_it_answers_is_no_fault_of_the_job(shop: Shop) -> None:
    async def silent() -> bool:
        await asyncio.sleep(3600)
        return True

    lanes = Lanes(shop.redis, "ours", KINDS, claim_idle=0.5)  # it is given a tenth of that to answer
    worker = shop.worker(failing(*[Unavailable(status=503)] * (RETRIES + 3)), lanes, silent)
    running = asyncio.create_task(worker.run())
    await shop.lanes.accept(Refresh(thread_id="t1"))
    await shop.until(lambda: len(shop.seen) > RETRIES + 3)
    await shop.idle()
    await worker.stop(within=0.1)
    await running
    assert await shop.lanes.dead_letters() == []
    assert shop.told == []


async def test_who_lost_the_job_stops_before_acting_and_nothing_follows_from_it(shop: Shop) -> None:
    kept, acted = asyncio.Event(), False

    async def handle(job: Any, keep: Any) -> Sequence[Job]:
        nonlocal acted
        await kept.wait()
        await keep(job)
        acted = True
        return [Tell(asker=ANA, text="done twice")]

    async with shop.working(handle):
        await shop.lanes.accept(dm())
        await shop.until(lambda: shop.seen)
        (ticket,) = await Lanes(shop.redis, "thief", KINDS, claim_idle=0.0).reclaim(keys.PEOPLE, 10)
        kept.set()
        await shop.until(lambda: not _handling())
    assert not acted
    assert await Lanes(shop.redis, "thief", KINDS).finish(ticket)
    assert shop.told == []


def _handling() -> list[asyncio.Task[Any]]:
    return [task for task in asyncio.all_tasks() if "Worker._work" in repr(task.get_coro())]


async def test_a_handler_that_hangs_is_ended_and_tried_again_while_others_go_on(shop: Shop) -> None:
    hung = dm("hung")

    async def handle(job: Any, keep: Any) -> Sequence[Job]:
        return await (hangs if job.recipient == "hung" and job.tries < 2 else works)(job, keep)

    worker = shop.worker(handle)
    worker.job_timeout = 0.15
    running = asyncio.create_task(worker.run())
    await shop.lanes.accept(hung, dm("omar"))
    await shop.until(lambda: len(shop.seen) == 2)
    await shop.idle()
    await worker.stop()
    await running
    assert [job.tries for job in shop.seen if job.lane == hung.lane] == [0, 1, 2]
    assert len(shop.seen) == 4


def test_a_job_ends_before_anybody_may_take_it_for_abandoned(shop: Shop) -> None:
    assert shop.worker(works).job_timeout < shop.lanes.claim_idle
    assert Worker(Lanes(shop.redis, "x", KINDS, claim_idle=1.0), {}, shop.failed, _sound).job_timeout < 1.0


async def test_a_job_that_no_version_of_ours_wrote_is_buried_and_the_lane_goes_on(shop: Shop) -> None:
    healthy = dm()
    await shop.lanes.accept(dm(), healthy)
    await shop.redis.lset(keys.lane(healthy.lane), 0, b'p{"kind":"telepathy"}')
    async with shop.working(works):
        await shop.idle()
    (letter,) = await shop.lanes.dead_letters()
    assert letter.job is None
    assert letter.reason.startswith("unreadable")
    assert shop.seen == [healthy]


async def test_stop_lets_what_is_under_way_finish_and_takes_nothing_new(shop: Shop) -> None:
    first, second = dm(), dm()

    async def handle(_: Job, __: object) -> list[Job]:
        await asyncio.sleep(0.1)
        return []

    worker = shop.worker(handle)
    running = asyncio.create_task(worker.run())
    await shop.lanes.accept(first, second)
    await shop.until(lambda: shop.seen)
    await worker.stop(within=5.0)
    await asyncio.wait_for(running, SOON)
    assert shop.seen == [first]
    async with shop.working(works, Lanes(shop.redis, "heir", KINDS, claim_idle=60.0)):
        await shop.idle()  # nothing is left with whoever has gone
    assert shop.seen == [first, second]


async def test_stop_gives_back_what_does_not_finish_in_time_and_another_has_it_at_once(shop: Shop) -> None:
    asked = [dm(str(number)) for number in range(10)]
    worker = shop.worker(hangs)
    running = asyncio.create_task(worker.run())
    await shop.lanes.accept(*asked)
    await shop.until(lambda: len(shop.seen) == 10)
    await asyncio.wait_for(worker.stop(within=0.2), SOON)
    await asyncio.wait_for(running, SOON)
    shop.seen.clear()
    async with shop.working(works, Lanes(shop.redis, "heir", KINDS, claim_idle=60.0)):
        await shop.idle()  # long before anybody may claim it
    assert sorted(job.ref for job in shop.seen) == sorted(job.ref for job in asked)
    assert {(job.tries, job.failures, job.deaths) for job in shop.seen} == {(1, 0, 0)}  # it may have been done
    names = {one["name"] for one in await shop.redis.xinfo_consumers(keys.PEOPLE, keys.GROUP)}
    assert b"ours" not in names


async def test_what_arrives_while_the_worker_stops_is_not_left_in_its_hands(shop: Shop) -> None:
    worker = shop.worker(hangs)
    running = asyncio.create_task(worker.run())
    await shop.until(lambda: len(_serving()) == 2)
    await asyncio.sleep(0.02)  # both wait for work now
    stopping = asyncio.create_task(worker.stop(within=0.1))
    await asyncio.sleep(0)
    await shop.lanes.accept(dm())
    await stopping
    await asyncio.wait_for(running, SOON)
    for task in _handling():  # as the end of the process would
        task.cancel()
    assert (await shop.redis.xpending(keys.PEOPLE, keys.GROUP))["pending"] == 0


def _serving() -> list[asyncio.Task[Any]]:
    return [task for task in asyncio.all_tasks() if "Worker._serve" in repr(task.get_coro())]


async def test_stop_ends_quietly_when_redis_is_away(tmp_path: Any) -> None:
    """Whoever is told to end while Redis is down ends: what it held is claimed later."""
    worker = Worker(lanes := Lanes(connect(f"unix://{tmp_path}/none.sock"), "ours", KINDS), {}, _nothing, _sound)
    held = asyncio.create_task(asyncio.sleep(3600))
    worker._running[held] = Ticket(keys.PEOPLE, "1-1", "x")
    held.add_done_callback(lambda task: worker._running.pop(task, None))
    await worker.stop(within=0.01)
    assert held.cancelled()
    with pytest.raises(StoreUnavailable):
        await lanes.depth()


async def _nothing(*_: object) -> Sequence[Job]:
    return []


async def _sound() -> bool:
    return True
