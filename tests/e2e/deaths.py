"""Workers that die at each point of a job in turn, and others that take over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from bot.queue.job import Job
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from tests.e2e.steps import card_of
from tests.mortal import Mortal

ENOUGH = 60  # no handler here waits so often


async def worked(
    on: Stage, job: Job, lives: int, meanwhile: Callable[[], Awaitable[object]] | None = None
) -> tuple[Sequence[Job], bool]:
    """What follows from a job whose worker lives so long, and another one does it then; and whether the first died.

    `meanwhile` is what happens before the other one takes it.
    """
    handler: Any = on.bridge.worker._work._handlers[type(job)]

    async def keep(progress: Job) -> None:
        nonlocal job
        job = progress

    mortal: Mortal[Sequence[Job]] = Mortal(handler(job, keep), lives)
    then = await mortal
    if then is None:
        if meanwhile:
            await meanwhile()
        then = await handler(job.having(tries=job.tries + 1), keep)
    return then, mortal.died


async def everywhere(on: Stage, act: Callable[[PersonRecord, Message, int], Awaitable[bool]]) -> None:
    """Let `act` be done with somebody new for each point at which its worker may die, until none is left."""
    for lives in range(ENOUGH):
        person = on.inbox.add_person(f"person{lives}", f"Person {lives}")
        if not await act(person, await card_of(on, "Later, please", person), lives):
            assert lives > 2
            return
    raise AssertionError("it waits more often than that")
