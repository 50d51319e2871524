"""Cards that were taken for deleted because an ended API answered 404: those whose conversation is there come back."""

from __future__ import annotations

from typing import Final

import structlog

from bot.context import Bot
from bot.errors import Gone, RateLimited, Unavailable
from bot.events.jobs import LookAtBuried, Refresh
from bot.feature import Feature
from bot.queue.job import Job, Keep, Later, utc_now

log = structlog.get_logger(__name__)

READ_FOR: Final = 4.0  # seconds of asking in one job
MOST: Final = 1000  # cards that one look asks for; what is left comes back with its next event
AGAIN: Final = 10.0  # seconds until an Inbox that does not answer is asked again
feature = Feature()


@feature.handles(LookAtBuried)
async def look_at_buried(job: LookAtBuried, _: Keep, bot: Bot) -> list[Job]:
    """Ask Inbox for each buried conversation, a few seconds at a time; those that are there are drawn anew."""
    if job.left is None:
        job = job.having(left=tuple(await bot.cards.buried(MOST)))
    began, there = utc_now(), list[Job]()
    left = list(job.left or ())
    while left:
        if (utc_now() - began).total_seconds() > READ_FOR:
            raise Later(0.0, job.having(left=tuple(left)), *there)
        try:
            await bot.background.thread(left[0])
        except Gone:
            pass
        except RateLimited as error:
            raise Later(error.retry_after, job.having(left=tuple(left)), *there) from error
        except Unavailable as error:
            raise Later(AGAIN, job.having(left=tuple(left)), *there) from error
        else:
            there.append(Refresh(thread_id=left[0]))
        left.pop(0)
    log.info("buried_looked_at", back=len(there), asked=len(job.left or ()))
    return there
