"""Works the lanes: people's and background work side by side, each with places of its own.

A job may take most of the lanes' `claim_idle`; whoever dies with one in hand leaves it to be claimed after that.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import structlog

from bot.errors import StoreMoved, StoreUnavailable
from bot.queue.job import Job
from bot.queue.lanes import UNREADABLE, Lanes, Ticket
from bot.queue.retries import PAUSES, Retries, Sound, tried
from bot.queue.work import Failed, Handler, TakenError, Work, survived
from bot.store import keys

log = structlog.get_logger(__name__)

Halted = Callable[[], Awaitable[bool]]

PLACES: Final = 16  # jobs at once, for people and for the background each
SUSPECT: Final = 2  # deaths after which it is worked beside no other suspect: they must not die of each other
ASLEEP: Final = 2.0  # seconds beyond the usual after which an answer of Redis shows that it was asleep
BREATH: Final = 0.1  # seconds between looks at what is due and at whether to stop


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

        While `halted` says so, jobs are left where they are.
        """
        self._lanes, self._breath = lanes, breath
        # A job's own time may be over when it is asked whether all is sound.
        self._retries = Retries(sound, within=lanes.claim_idle * 0.1, pauses=pauses)
        self._work = Work(lanes, handlers, failed, self._retries)
        self.job_timeout = lanes.claim_idle * 0.8  # seconds; nobody else may take a job that is still being done
        self._halted, self._is_halted, self._asked = halted, False, 0.0
        self._stopping = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._running: dict[asyncio.Task[None], Ticket] = {}
        self._unfinished: list[Ticket] = []  # we live and hold them, but Redis did not take what became of them
        self._reclaimed = dict.fromkeys((keys.PEOPLE, keys.BACKGROUND), 0.0)  # when the dead were looked for
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
        await self._return([ticket for _, ticket in unfinished], begun=True)
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
        """Take tickets for as many places as are free, as long as there is work for them."""
        places = asyncio.Semaphore(PLACES)
        while not self._stopping.is_set():
            if self._is_halted:
                await self._rest(self._breath)
                continue
            free = await _all_free(places)
            tickets = await self._tickets(stream, free)
            if self._stopping.is_set() and tickets:  # they came while we were told to stop
                await self._return(tickets)
                break
            for ticket in tickets:
                task = asyncio.create_task(self._serve_ticket(ticket))
                self._running[task] = ticket
                task.add_done_callback(self._running.pop)
                task.add_done_callback(lambda _: places.release())
            for _ in range(free - len(tickets)):
                places.release()

    async def _tickets(self, stream: str, free: int) -> list[Ticket]:
        """Once a second those of the dead; else the next ones, waiting a moment for the first."""
        asked = time.monotonic()
        try:
            if asked - self._reclaimed[stream] > 1.0 and asked > self._claims_from:
                self._reclaimed[stream] = asked
                if tickets := self._of_the_dead(await self._lanes.reclaim(stream, free), asked):
                    return tickets
            tickets = await self._lanes.take(stream, free, block=self._breath)
            self._notice_sleep(asked)
            return tickets
        except StoreUnavailable as error:
            self._store_is_away(error)
            await self._rest(0.5)
            return []

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
            await self._begin_anew(self._unfinished[0])
            self._unfinished.pop(0)

    async def _begin_anew(self, held: Ticket) -> None:
        ticket = self._lanes.renewed(held)
        job = await self._begun(ticket)
        if job is None:
            await self._lanes.give_back(ticket)
        else:
            await self._lanes.defer(ticket, tried(job), self._retries.pause(job))

    async def _begun(self, ticket: Ticket) -> Job | None:
        """The job at the head of the lane; None where there is none that can be read."""
        try:
            return await self._lanes.head(ticket)
        except ValueError:
            return None

    async def _return(self, tickets: Sequence[Ticket], *, begun: bool = False) -> None:
        """Another worker has them at once; without Redis, it claims them later. What was `begun` counts as tried."""
        try:
            for ticket in map(self._lanes.renewed, tickets):
                if begun and (job := await self._begun(ticket)):
                    await self._lanes.checkpoint(ticket, tried(job))
                await self._lanes.give_back(ticket)
        except StoreUnavailable as error:
            log.warning("store_unavailable", error=str(error))

    async def _rest(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            pass

    async def _serve_ticket(self, ticket: Ticket) -> None:
        try:
            try:
                await self._serve_head(ticket)
            except StoreMoved as error:
                log.warning("store_moved", lane=ticket.lane, error=str(error))
                await self._begin_anew(ticket)
        except StoreUnavailable as error:
            self._store_is_away(error)
            self._unfinished.append(ticket)
        except TakenError:
            log.warning("taken", lane=ticket.lane)
        finally:
            if self._suspected == ticket:
                self._suspected = None

    async def _serve_head(self, ticket: Ticket) -> None:
        """Work what is first in the lane. Raises `StoreUnavailable` and `TakenError`."""
        try:
            job = await self._lanes.head(ticket)
        except ValueError as error:
            log.error("unreadable_job", lane=ticket.lane)
            await self._lanes.bury(ticket, f"{UNREADABLE}: {type(error).__name__}")
            return
        if job is None:
            await self._lanes.finish(ticket)
        elif await self._may_begin(ticket, job):
            await self._work.do(ticket, job, self.job_timeout)

    async def _may_begin(self, ticket: Ticket, job: Job) -> bool:
        """Whether it is the turn of this one among those that workers have died of; the others wait, without blame."""
        if job.deaths + ticket.again < SUSPECT:
            return True
        if self._suspected is None:
            self._suspected = ticket
            return True
        await self._lanes.defer(ticket, survived(job) if ticket.again else job, 1.0)
        return False


async def _all_free(places: asyncio.Semaphore) -> int:
    """Take all places that are free, waiting for the first."""
    await places.acquire()
    free = 1
    while not places.locked() and free < PLACES:
        await places.acquire()
        free += 1
    return free


async def cancelled(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Cancel until they have ended: redis-py's `wait_for` may swallow it (https://github.com/python/cpython/issues/86296)."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=0.2)
    await asyncio.gather(*tasks, return_exceptions=True)
