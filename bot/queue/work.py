"""What is done around one job: the handler has its time, and what came of it is written down, counted and logged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import structlog

from bot.errors import InboxError, NotThere, Refused, SlackError, StoreUnavailable
from bot.metrics import FINISHED, SECONDS
from bot.queue.job import Job, Keep, Later
from bot.queue.lanes import UNTOLD, Lanes, Ticket
from bot.queue.retries import EXPECTED, Fatal, Retries
from bot.telemetry import report, span

log = structlog.get_logger(__name__)

Handler = Callable[[Any, Keep], Awaitable[Sequence[Job]]]
Failed = Callable[[Job, Exception], Awaitable[Sequence[Job]]]

DEATHS: Final = 5  # workers that died one after the other with a job in hand, after which the job is the cause


class TakenError(Exception):
    """Another worker has the job now."""


class Work:
    """Does jobs whose tickets are held. `failed` says what follows from a job given up."""

    def __init__(self, lanes: Lanes, handlers: Mapping[type[Job], Handler], failed: Failed, retries: Retries) -> None:
        self._lanes, self._handlers, self._failed, self._retries = lanes, handlers, failed, retries

    async def do(self, ticket: Ticket, job: Job, within: float) -> None:
        """Work the head of the ticket's lane, for `within` seconds. Raises `StoreUnavailable` and `TakenError`."""
        kind, outcome = job.kind, "stopped"

        async def keep(progress: Job) -> None:
            nonlocal job
            self._lanes.check(progress)
            job = progress
            if not await self._lanes.checkpoint(ticket, progress):
                raise TakenError

        try:
            if ticket.again:
                await keep(survived(job))
            if job.deaths >= DEATHS:
                raise Fatal("every worker that took it died")
            with span(kind, ref=job.ref), self._lanes.steady(ticket):
                async with asyncio.timeout(within):
                    then = await self._handled(job, keep)
            await self._lanes.finish(ticket, _under(job, then), job)
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

    async def _handled(self, job: Job, keep: Keep) -> Sequence[Job]:
        """What follows; a handler from which nothing follows that could be read again has failed."""
        try:
            then = await self._handlers[type(job)](job, keep)
        except Later as later:
            self._lanes.check(later.job, *later.then)
            raise
        self._lanes.check(*then)
        return then

    async def _trouble(self, ticket: Ticket, job: Job, error: Exception) -> str:
        """What becomes of a job whose handler failed: wait, or give it up. Returns the outcome's name."""
        if again := await self._retries.again(job, error):
            await self._lanes.defer(ticket, _alive(again.job), again.wait)
            log.info("again", ref=job.ref, kind=job.kind, error=_named(error), wait=again.wait)
            return "again"
        return await self._give_up(ticket, job, error)

    async def _give_up(self, ticket: Ticket, job: Job, error: Exception) -> str:
        then, said = await self._last_word(job, error)
        slow = isinstance(error, (SlackError, TimeoutError)) and not job.patient
        told = slow or isinstance(error, (Refused, InboxError, NotThere))
        if told and said and not job.background:  # then nobody need look at it
            log.info("refused", ref=job.ref, kind=job.kind, error=_named(error))
            await self._lanes.finish(ticket, then, job)
            return "refused"
        log.error("given_up", ref=job.ref, kind=job.kind, error=_named(error), exc_info=not isinstance(error, EXPECTED))
        if not isinstance(error, EXPECTED):
            report(error, ref=job.ref, kind=job.kind)
        reason = _named(error) if said else f"{UNTOLD}: {_named(error)}"
        await self._lanes.bury(ticket, reason, then, job)
        return "dead"

    async def _last_word(self, job: Job, error: Exception) -> tuple[list[Job], bool]:
        """What follows from a job given up, and whether that was found out: its lane goes on in any case."""
        try:
            then = _under(job, await self._failed(job, error))
            self._lanes.check(*then)
            return then, True
        except StoreUnavailable:
            raise
        except Exception as bug:
            log.exception("last_word_failed", ref=job.ref, kind=job.kind)
            report(bug, ref=job.ref, kind=job.kind)
            return [], False


def _alive(job: Job) -> Job:
    """Its worker has lived to put it aside."""
    return job.having(deaths=0) if job.deaths else job


def survived(job: Job) -> Job:
    """The worker that had it has died."""
    return job.having(tries=job.tries + 1, deaths=job.deaths + 1)


def _under(job: Job, then: Sequence[Job]) -> list[Job]:
    """What follows from a job goes by its reference, to the words that the person reads."""
    return [one.having(ref=job.ref) for one in then]


def _named(error: Exception) -> str:
    """The error without anything a person wrote: its class, status and code."""
    parts = [type(error).__name__, getattr(error, "status", ""), getattr(error, "code", "")]
    return " ".join(str(part) for part in parts if part)
