"""Works the lanes: people's and background work side by side, each with places of its own.

A job may take most of the lanes' `claim_idle`; whoever dies with one in hand leaves it to be claimed after that.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import structlog

from bot.errors import InboxError, NotThere, Refused, SlackError, StoreUnavailable
from bot.metrics import FINISHED, SECONDS
from bot.queue.job import Job, Keep, Later
from bot.queue.lanes import Lanes, Ticket
from bot.queue.retries import EXPECTED, PAUSES, Fatal, Retries, Sound, tried
from bot.store import keys
from bot.telemetry import report, span

log = structlog.get_logger(__name__)

Handler = Callable[[Any, Keep], Awaitable[Sequence[Job]]]
Handlers = dict[type[Any], Handler]
Failed = Callable[[Job, Exception], Awaitable[Sequence[Job]]]
Halted = Callable[[], Awaitable[bool]]

PLACES: Final = 16  # jobs at once, for people and for the background each
DEATHS: Final = 5  # workers that died one after the other with a job in hand, after which it is taken for the cause
SUSPECT: Final = 2  # deaths after which it is worked beside no other suspect: they must not die of each other
ASLEEP: Final = 2.0  # seconds beyond the usual after which an answer of Redis shows that it was asleep
BREATH: Final = 0.1  # seconds between looks at what is due and at whether to stop


class TakenError(Exception):
    """Another worker has the job now."""


async def never() -> bool:
    return False


class Worker:
    """Runs until `stop` is called; then finishes or gives back what it has in hand."""

    def __init__(
        self,
        lanes: Lanes,
        handlers: Mapping[type[Job], Handler],
        failed: Failed,
        sound: Sound,
        halted: Halted = never,
        breath: float = BREATH,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        """`failed` says what follows from a job given up; `sound` whether Slack and Inbox answer anything at all.

        While `halted` says so, jobs are left where they are."""
        self._breath = breath
        self._lanes, self._handlers, self._failed = lanes, handlers, failed
        # A job's own time may be over when it is asked whether all is sound.
        self._retries = Retries(sound, within=lanes.claim_idle * 0.1, pauses=pauses)
        self.job_timeout = lanes.claim_idle * 0.8  # seconds; nobody else may take a job that is still being done
        self._halted, self._is_halted, self._asked = halted, False, 0.0
        self._stopping = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._running: dict[asyncio.Task[None], Ticket] = {}
        self._unfinished: list[Ticket] = []  # we live and hold them, but Redis did not take what became of them
        self._claims_from = 0.0  # when the living have had the time to give back what they held while Redis was away
        self._suspected: Ticket | None = None

    async def run(self) -> None:
        """Work until stopped."""
        async with asyncio.TaskGroup() as group:
            parts = [self._clock(), self._serve(keys.PEOPLE), self._serve(keys.BACKGROUND)]
            self._loops = [group.create_task(part) for part in parts]

    async def stop(self, within: float = 8.0) -> None:
        """Take no more work, let what is under way finish for `within` seconds, and give back the rest."""
        self._stopping.set()
        deadline = time.monotonic() + within
        for tasks in (self._loops, self._running):  # the loops may be waiting for work a moment longer
            if tasks:
                await asyncio.wait(list(tasks), timeout=max(0.0, deadline - time.monotonic()))
        unfinished = list(self._running.items())
        await cancelled([task for task, _ in unfinished])
        self._unfinished += [ticket for _, ticket in unfinished if ticket not in self._unfinished]
        try:
            await self._give_back_unfinished()
            await self._lanes.leave()
        except StoreUnavailable as error:
            log.warning("store_unavailable", error=str(error))

    async def _clock(self) -> None:
        """Give out the lanes whose wait is over."""
        while not self._stopping.is_set():
            try:
                await self._look_up()
                await self._give_back_unfinished()
                await self._lanes.release_due()
            except StoreUnavailable as error:
                self._store_is_away(error)
                await self._rest(1.0)
            await self._rest(self._breath)

    async def _look_up(self) -> None:
        """Learn, once a second, whether the work is to rest."""
        if time.monotonic() - self._asked < 1.0:
            return
        self._asked = time.monotonic()
        halted = await self._halted()
        if halted and not self._is_halted:
            log.error("work_stopped", reason="Slack took the token away", remedy="install the app again and restart")
        self._is_halted = halted

    async def _serve(self, stream: str) -> None:
        places = asyncio.Semaphore(PLACES)
        reclaimed = 0.0
        while not self._stopping.is_set():
            if self._is_halted:
                await self._rest(self._breath)
                continue
            await places.acquire()
            free = 1
            while not places.locked() and free < PLACES:
                await places.acquire()
                free += 1
            tickets: list[Ticket] = []
            asked = time.monotonic()
            try:
                if asked - reclaimed > 1.0 and asked > self._claims_from:
                    reclaimed = asked
                    tickets = self._of_the_dead(await self._lanes.reclaim(stream, free), asked)
                if not tickets:
                    tickets = await self._lanes.take(stream, free, block=self._breath)
                    self._notice_sleep(asked)
            except StoreUnavailable as error:
                self._store_is_away(error)
                await self._rest(0.5)
            if self._stopping.is_set() and tickets:  # they came while we were told to stop
                await self._return(tickets)
                break
            for ticket in tickets:
                task = asyncio.create_task(self._work(ticket))
                self._running[task] = ticket
                task.add_done_callback(self._running.pop)
                task.add_done_callback(lambda _: places.release())
            for _ in range(free - len(tickets)):
                places.release()

    def _store_is_away(self, error: StoreUnavailable) -> None:
        """Whoever lives gives back what it holds when Redis is there again: until then nobody is taken for dead."""
        log.warning("store_unavailable", error=str(error))
        self._claims_from = time.monotonic() + self._lanes.claim_idle

    def _notice_sleep(self, asked: float) -> bool:
        """Whether Redis took long to answer what it was asked: as if it had been away, though nobody was told so."""
        if slept := time.monotonic() - asked > self._breath + ASLEEP:
            self._store_is_away(StoreUnavailable("it was asleep"))
        return slept

    def _of_the_dead(self, claimed: list[Ticket], asked: float) -> list[Ticket]:
        """What was claimed; where Redis has slept, those who held it may live: then it is no death."""
        if not self._notice_sleep(asked):
            return claimed
        self._unfinished += claimed
        return []

    async def _give_back_unfinished(self) -> None:
        """What was in hand when Redis went away is worked again; how far it came is not known."""
        while self._unfinished:
            ticket = self._unfinished[0]
            try:
                job = await self._lanes.head(ticket)
            except ValueError:
                job = None
            if job is None:
                await self._lanes.give_back(ticket)
            else:
                await self._lanes.defer(ticket, tried(job), self._retries.pause(job))
            self._unfinished.pop(0)

    async def _return(self, tickets: Sequence[Ticket]) -> None:
        """Another worker has them at once; without Redis, it claims them later."""
        try:
            for ticket in tickets:
                await self._lanes.give_back(ticket)
        except StoreUnavailable as error:
            log.warning("store_unavailable", error=str(error))

    async def _rest(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            pass

    async def _work(self, ticket: Ticket) -> None:
        try:
            job = await self._lanes.head(ticket)
            if job is None:
                await self._lanes.finish(ticket)
            elif await self._may_begin(ticket, job):
                await self._do(ticket, job)
        except StoreUnavailable as error:
            self._store_is_away(error)
            self._unfinished.append(ticket)
        except TakenError:
            log.warning("taken", lane=ticket.lane)
        except ValueError as error:
            log.error("unreadable_job", lane=ticket.lane)
            await self._lanes.bury(ticket, f"unreadable: {type(error).__name__}")
        finally:
            if self._suspected == ticket:
                self._suspected = None

    async def _may_begin(self, ticket: Ticket, job: Job) -> bool:
        """Whether it is the turn of this one among those that workers have died of; the others wait, without blame."""
        if job.deaths + ticket.again < SUSPECT:
            return True
        if self._suspected is None:
            self._suspected = ticket
            return True
        await self._lanes.defer(ticket, _survived(job) if ticket.again else job, 1.0)
        return False

    async def _do(self, ticket: Ticket, job: Job) -> None:
        kind, outcome = job.kind, "stopped"

        async def keep(progress: Job) -> None:
            nonlocal job
            job = progress
            if not await self._lanes.checkpoint(ticket, progress):
                raise TakenError

        try:
            if ticket.again:
                await keep(_survived(job))
            if job.deaths >= DEATHS:
                raise Fatal("every worker that took it died")
            with span(kind, ref=job.ref):
                async with asyncio.timeout(self.job_timeout):
                    then = await self._handlers[type(job)](job, keep)
            await self._lanes.finish(ticket, _under(job, then))
            outcome = "done"
        except Later as later:
            outcome = "later"
            await self._lanes.defer(ticket, _alive(later.job), later.seconds, _under(job, later.then))
        except (StoreUnavailable, TakenError):
            raise
        except Exception as error:
            outcome = await self._trouble(ticket, job, error)
        finally:
            FINISHED.labels(kind, outcome).inc()
            SECONDS.labels(kind).observe(job.age)
            note = log.debug if outcome == "done" and not job.logged else log.info
            note("job", ref=job.ref, kind=kind, outcome=outcome, seconds=round(job.age, 3))

    async def _trouble(self, ticket: Ticket, job: Job, error: Exception) -> str:
        """What becomes of a job whose handler failed: wait, or give it up. Returns the outcome's name."""
        if again := await self._retries.again(job, error):
            await self._lanes.defer(ticket, _alive(again.job), again.wait)
            log.info("again", ref=job.ref, kind=job.kind, error=_named(error), wait=again.wait)
            return "again"
        return await self._give_up(ticket, job, error)

    async def _give_up(self, ticket: Ticket, job: Job, error: Exception) -> str:
        then = _under(job, await self._failed(job, error))
        told = isinstance(error, (Refused, InboxError, NotThere)) or (isinstance(error, SlackError) and not job.patient)
        if told and not job.background:  # then nobody need look at it
            log.info("refused", ref=job.ref, kind=job.kind, error=_named(error))
            await self._lanes.finish(ticket, then)
            return "refused"
        log.error("given_up", ref=job.ref, kind=job.kind, error=_named(error), exc_info=not isinstance(error, EXPECTED))
        if not isinstance(error, EXPECTED):
            report(error, ref=job.ref, kind=job.kind)
        await self._lanes.bury(ticket, _named(error), then)
        return "dead"


async def cancelled(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Cancel until they have ended: redis-py's `wait_for` may swallow it (https://github.com/python/cpython/issues/86296)."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=0.2)
    await asyncio.gather(*tasks, return_exceptions=True)


def _alive(job: Job) -> Job:
    """Its worker has lived to put it aside."""
    return job.model_copy(update={"deaths": 0}) if job.deaths else job


def _survived(job: Job) -> Job:
    """The worker that had it has died."""
    return job.model_copy(update={"tries": job.tries + 1, "deaths": job.deaths + 1})


def _under(job: Job, then: Sequence[Job]) -> list[Job]:
    """What follows from a job goes by its reference, to the words that the person reads."""
    return [one.model_copy(update={"ref": job.ref}) for one in then]


def _named(error: Exception) -> str:
    """The error without anything a person wrote: its class, status and code."""
    parts = [type(error).__name__, getattr(error, "status", ""), getattr(error, "code", "")]
    return " ".join(str(part) for part in parts if part)
