"""Nothing is kept longer than it is said to be, though nothing new comes: by a timer, once in an hour.

How long is each store's: `bot.upkeep.store` for conversations, `bot.people.audit_store` for the record,
`bot.people.known` for whom it saw, `bot.queue.lanes` for what failed for good.
"""

from __future__ import annotations

import asyncio
from typing import Final

from bot.context import Bot
from bot.feature import Feature
from bot.queue.job import Job, Keep, Later, utc_now
from bot.queue.timer import Look
from bot.upkeep.jobs import Tidy

EVERY: Final = 3600.0  # seconds
FOR: Final = 2.0  # seconds of looking at cards in one job
BREATH: Final = 1.0  # seconds until it goes on: people's work comes first
PAUSE: Final = 0.005  # seconds between two looks, each of which takes Redis a millisecond
feature = Feature()


@feature.looks
def look(bot: Bot) -> Look:
    return Look("tidy", Tidy, EVERY)


@feature.handles(Tidy)
async def tidy(job: Tidy, _: Keep, bot: Bot) -> list[Job]:
    """Dead letters, the record, who was not seen for long, and what is kept of conversations."""
    if job.cursor is None:
        await bot.lanes.trim()
        await bot.record.trim()
        await bot.directory.known.trim()
        await bot.links.note()
        job = job.having(whole=await bot.lifetimes.is_whole())
    began, cursor = utc_now(), job.cursor or 0
    while (utc_now() - began).total_seconds() < FOR:
        cursor, threads = await bot.lifetimes.some(cursor, whole=job.whole)
        await asyncio.gather(*(bot.lifetimes.rest(one) for one in threads))
        if cursor == 0:
            return []
        await asyncio.sleep(PAUSE)
    raise Later(BREATH, job.having(cursor=cursor))
