"""Who was never answered waits no longer than their card is kept: by a timer, once in an hour.

Else whoever nobody answers or archives, as those who advertise, would wait for ever: no event ends that.
"""

from __future__ import annotations

import asyncio

from bot.context import Bot
from bot.feature import Feature
from bot.queue.job import Job, Keep, Later, utc_now
from bot.queue.timer import Look
from bot.upkeep.jobs import TidyWaits
from bot.upkeep.tidy import BREATH, EVERY, FOR, PAUSE

feature = Feature()


@feature.looks
def look(bot: Bot) -> Look:
    return Look("tidy-waits", TidyWaits, EVERY)


@feature.handles(TidyWaits)
async def tidy_waits(job: TidyWaits, _: Keep, bot: Bot) -> list[Job]:
    """First what reminders know of waits, then what figures know of them."""
    began = utc_now()
    while (utc_now() - began).total_seconds() < FOR:
        if job.passed is not None:
            job = job.having(passed=await bot.lifetimes.waits(job.passed))
        else:
            job = job.having(cursor=await bot.lifetimes.unanswered(job.cursor))
            if job.cursor == 0:
                return []
        await asyncio.sleep(PAUSE)
    raise Later(BREATH, job)
