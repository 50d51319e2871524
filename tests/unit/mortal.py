"""A worker in a process of its own that one job kills: for `test_worker`. Exits with 0 once there is nothing to do."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from bot.dm.jobs import Dm
from bot.features import KINDS
from bot.people.jobs import Tell
from bot.queue.job import Asker, Job
from bot.queue.lanes import Lanes
from bot.queue.worker import Worker
from bot.store.connect import connect


async def main(url: str) -> None:
    redis: Any = connect(url)

    async def work(job: Any, _: object) -> list[Job]:
        await asyncio.sleep(0.05)  # all that was taken with it has begun
        if isinstance(job, Dm) and job.recipient == "killer":
            os.kill(os.getpid(), signal.SIGKILL)
        await redis.rpush("done", job.ref)
        return []

    async def failed(_: Job, __: Exception) -> Sequence[Job]:
        return [Tell(asker=Asker(user="U0ANA"), text="given up")]

    async def sound() -> bool:
        return True

    lanes = Lanes(redis, f"mortal-{os.getpid()}", KINDS, claim_idle=0.3)
    worker = Worker(lanes, {Dm: work, Tell: work}, failed, sound, breath=0.02)
    running = asyncio.create_task(worker.run())
    while any(count for state, count in (await lanes.depth()).items() if state != "dead"):  # noqa: ASYNC110  # it is in the worker's hands
        await asyncio.sleep(0.02)
    await worker.stop()
    await running
    await redis.aclose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
