"""The worker with toy handlers on a real queue: retries, waits, giving up, crashes and shutdown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest

from bot.errors import (
    AccountOffline,
    Gone,
    NotLinked,
    RateLimited,
    SlackBusy,
    SlackDown,
    SlackRefused,
    StoreUnavailable,
    Unavailable,
)
from bot.jobs import Asker, Console, Dm, Job, Later, Refresh, Tell
from bot.store import keys
from bot.store.connect import connect
from bot.store.lanes import GROUP, Lanes, Ticket
from bot.worker import TRIES, Handler, Worker

ANA = Asker(user="U0ANA")
SOON = 5.0  # seconds that nothing here should take


class Shop:
    """A queue, its workers, and a note of what the handlers were given."""

    def __init__(self, url: str) -> None:
        self.redis: Any = connect(url)
        self.lanes = Lanes(self.redis, "ours", claim_idle=60.0)
        self.seen: list[Job] = []
        self.sound = True

    async def failed(self, job: Job, error: Exception) -> Sequence[Job]:
        return [Tell(asker=ANA, text=f"{job.ref} failed: {type(error).__name__}")]

    def worker(self, handle: Handler, lanes: Lanes | None = None) -> Worker:
        """A worker whose every job but `Tell` goes to `handle`."""

        async def noted(job: Any, keep: Any) -> Sequence[Job]:
            self.seen.append(job)
            return [] if isinstance(job, Tell) else await handle(job, keep)

        async def sound() -> bool:
            return self.sound

        return Worker(lanes or self.lanes, dict.fromkeys((Console, Dm, Refresh, Tell), noted), self.failed, sound)

    @asynccontextmanager
    async def working(self, handle: Handler, lanes: Lanes | None = None) -> AsyncIterator[Worker]:
        worker = self.worker(handle, lanes)
        running = asyncio.create_task(worker.run())
        yield worker
        await worker.stop(within=0.1)
        await running

    async def until(self, so: Callable[[], Any]) -> None:
        async with asyncio.timeout(SOON):
            while not so():  # noqa: ASYNC110  # what is waited for is in the worker's hands
                await asyncio.sleep(0.005)

    async def idle(self) -> None:
        """Until nothing waits and nothing is under way."""
        async with asyncio.timeout(SOON):
            while any(count for state, count in (await self.lanes.depth()).items() if state != "dead"):  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    @property
    def told(self) -> list[str]:
        return [job.text for job in self.seen if isinstance(job, Tell)]


@pytest.fixture
async def shop(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    monkeypatch.setattr("bot.worker.PAUSES", (0.0,))
    monkeypatch.setattr("bot.worker.BREATH", 0.01)
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
    async with shop.working(handle), shop.working(handle, Lanes(shop.redis, "other", claim_idle=60.0)):
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
        began = time.monotonic()
        await shop.lanes.accept(dm())
        await shop.until(lambda: any(isinstance(job, Dm) for job in shop.seen))
        assert time.monotonic() - began < 1.0


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


async def test_a_patient_job_that_goes_on_failing_while_all_else_works_is_given_up(shop: Shop) -> None:
    asked = dm()
    async with shop.working(failing(*[KeyError("x")] * 50)):
        await shop.lanes.accept(asked)
        await shop.until(lambda: shop.told)
        await shop.idle()
    assert len([job for job in shop.seen if isinstance(job, Dm)]) == TRIES + 1
    (letter,) = await shop.lanes.dead_letters()
    assert letter.job is not None
    assert (letter.job.ref, letter.job.tries, letter.reason) == (asked.ref, TRIES, "KeyError")


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


@pytest.mark.parametrize("error", [SlackDown("503"), Unavailable(status=503)])
async def test_background_work_waits_as_long_as_slack_or_inbox_is_down_for_all(shop: Shop, error: Exception) -> None:
    shop.sound = False
    async with shop.working(failing(*[error] * (TRIES * 3))):
        await shop.lanes.accept(Refresh(thread_id="t1"))
        await shop.until(lambda: len(shop.seen) > TRIES * 3)
        await shop.idle()
    assert await shop.lanes.dead_letters() == []


async def test_what_inbox_cannot_do_while_it_answers_everything_else_is_given_up(shop: Shop) -> None:
    async with shop.working(failing(*[Unavailable(status=500)] * 50)):
        await shop.lanes.accept(Refresh(thread_id="t1"))
        await shop.until(lambda: shop.told)
        await shop.idle()
    (letter,) = await shop.lanes.dead_letters()
    assert letter.reason == "Unavailable 500"


async def test_what_slack_refuses_is_given_up_at_once(shop: Shop) -> None:
    async with shop.working(failing(*[SlackRefused("channel_not_found")] * 9)):
        await shop.lanes.accept(Refresh(thread_id="t1"))
        await shop.until(lambda: shop.told)
        await shop.idle()
    (letter,) = await shop.lanes.dead_letters()
    assert letter.reason == "SlackRefused channel_not_found"
    assert len([job for job in shop.seen if isinstance(job, Refresh)]) == 1


@pytest.mark.parametrize("job", [console(), dm()])
@pytest.mark.parametrize("error", [RateLimited(retry_after=0.05), SlackBusy(0.05)])
async def test_who_is_told_to_wait_waits_that_long_and_has_used_no_try(shop: Shop, job: Job, error: Exception) -> None:
    at: list[float] = []
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
            raise Later(0.1, job.model_copy(update={"told": True}), Tell(asker=ANA, text="soon"))
        return []

    async with shop.working(handle):
        await shop.lanes.accept(first, second)
        await shop.idle()
    told = first.model_copy(update={"told": True})
    assert [job if isinstance(job, Dm) else job.kind for job in shop.seen] == [first, "tell", told, second]


async def test_what_a_dead_worker_held_is_done_by_another_that_knows_it_is_not_the_first(shop: Shop) -> None:
    asked = dm()
    await shop.lanes.accept(asked)
    dead = Lanes(shop.redis, "dead")
    (ticket,) = await dead.take(keys.PEOPLE, 10, 0.001)
    await dead.checkpoint(ticket, asked.model_copy(update={"told": True}))
    began = time.monotonic()
    async with shop.working(works, Lanes(shop.redis, "heir", claim_idle=0.3)):
        await shop.idle()
    assert 0.3 < time.monotonic() - began < 2.3  # the claim idle time and 2 s
    assert shop.seen == [asked.model_copy(update={"told": True, "tries": 1})]
    assert not await dead.finish(ticket)


async def test_a_job_that_kills_its_worker_again_and_again_is_given_up_and_what_waits_behind_it_is_done(
    shop: Shop,
) -> None:
    deadly, healthy = dm(), dm()
    await shop.lanes.accept(deadly, healthy)
    for number in range(60):  # more deaths than anybody would wait for
        heir = Lanes(shop.redis, f"heir {number}", claim_idle=0.0)
        if await dies_of(shop, heir, deadly):
            break
    worked = [job for job in shop.seen if job.ref == deadly.ref and not isinstance(job, Tell)]
    assert 5 < len(worked) < 60  # not for the first deaths: workers are also restarted
    (letter,) = await shop.lanes.dead_letters()
    assert letter.job is not None
    assert letter.job.ref == deadly.ref
    assert shop.told
    assert healthy.ref in [job.ref for job in shop.seen]


async def dies_of(shop: Shop, lanes: Lanes, deadly: Job) -> bool:
    """A worker begins, and dies with the job in hand as a process does that is killed; True when it outlives it."""

    async def handle(job: Job, keep: Any) -> Sequence[Job]:
        return await (hangs if job.ref == deadly.ref else works)(job, keep)

    worker = shop.worker(handle, lanes)
    worker.job_timeout = 60.0
    running = asyncio.create_task(worker.run())
    before = len(shop.seen)
    await shop.until(lambda: len(shop.seen) > before)
    if buried := bool((await shop.lanes.depth())["dead"]):
        await shop.idle()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    for task in _handling():
        task.cancel()
    await asyncio.gather(*_handling(), return_exceptions=True)
    return buried


async def test_an_inbox_that_is_silent_when_asked_whether_it_answers_is_no_fault_of_the_job(shop: Shop) -> None:
    async def silent() -> bool:
        await asyncio.sleep(3600)
        return True

    worker = shop.worker(failing(*[Unavailable(status=503)] * (TRIES + 3)))
    worker._lanes.claim_idle, worker._sound = 0.5, silent  # it is given a tenth of that to answer
    running = asyncio.create_task(worker.run())
    await shop.lanes.accept(Refresh(thread_id="t1"))
    await shop.until(lambda: len(shop.seen) > TRIES + 3)
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
        (ticket,) = await Lanes(shop.redis, "thief", claim_idle=0.0).reclaim(keys.PEOPLE, 10)
        kept.set()
        await shop.until(lambda: not _handling())
    assert not acted
    assert await Lanes(shop.redis, "thief").finish(ticket)
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
    assert Worker(Lanes(shop.redis, "x", claim_idle=1.0), {}, shop.failed, shop.worker(works)._sound).job_timeout < 1.0


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
    async with shop.working(works, Lanes(shop.redis, "heir", claim_idle=60.0)):
        await shop.idle()  # nothing is left with whoever has gone
    assert shop.seen == [first, second]


async def test_stop_gives_back_what_does_not_finish_in_time_and_another_has_it_at_once(shop: Shop) -> None:
    asked = [dm(str(number)) for number in range(10)]
    worker = shop.worker(hangs)
    running = asyncio.create_task(worker.run())
    await shop.lanes.accept(*asked)
    await shop.until(lambda: len(shop.seen) == 10)
    began = time.monotonic()
    await worker.stop(within=0.2)
    assert 0.2 <= time.monotonic() - began < 1.0
    await asyncio.wait_for(running, SOON)
    shop.seen.clear()
    async with shop.working(works, Lanes(shop.redis, "heir", claim_idle=60.0)):
        await shop.idle()
        assert time.monotonic() - began < 3.0  # long before anybody may claim it
    assert sorted(job.ref for job in shop.seen) == sorted(job.ref for job in asked)
    assert {job.tries for job in shop.seen} == {0}  # nothing failed
    names = {one["name"] for one in await shop.redis.xinfo_consumers(keys.PEOPLE, GROUP)}
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
    assert (await shop.redis.xpending(keys.PEOPLE, GROUP))["pending"] == 0


def _serving() -> list[asyncio.Task[Any]]:
    return [task for task in asyncio.all_tasks() if "Worker._serve" in repr(task.get_coro())]


async def test_stop_ends_quietly_when_redis_is_away(tmp_path: Any) -> None:
    """Whoever is told to end while Redis is down ends: what it held is claimed later."""
    worker = Worker(lanes := Lanes(connect(f"unix://{tmp_path}/none.sock"), "ours"), {}, _nothing, _sound)
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
