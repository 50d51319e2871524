"""Cards that were taken for deleted because an ended API answered 404: those whose conversation is there come back."""

from __future__ import annotations

from typing import Final

import structlog

from bot import jobs
from bot.errors import Gone, RateLimited, Unavailable
from bot.inbox import Inbox
from bot.jobs import Job, Later, LookAtBuried, Refresh
from bot.store.cards import Cards

log = structlog.get_logger(__name__)

READ_FOR: Final = 4.0  # seconds of asking in one job
MOST: Final = 1000  # cards that one look asks for; what is left comes back with its next event
AGAIN: Final = 10.0  # seconds until an Inbox that does not answer is asked again


class Buried:
    """`inbox` should be paced as background work."""

    def __init__(self, inbox: Inbox, cards: Cards) -> None:
        self._inbox, self._cards = inbox, cards

    async def look(self, job: LookAtBuried, _: object) -> list[Job]:
        """Ask Inbox for each buried conversation, a few seconds at a time; those that are there are drawn anew."""
        if job.left is None:
            job = job.model_copy(update={"left": tuple(await self._cards.buried(MOST))})
        began, there = jobs.now(), list[Job]()
        left = list(job.left or ())
        while left:
            if (jobs.now() - began).total_seconds() > READ_FOR:
                raise Later(0.0, job.model_copy(update={"left": tuple(left)}), *there)
            try:
                await self._inbox.thread(left[0])
            except Gone:
                pass
            except RateLimited as error:
                raise Later(error.retry_after, job.model_copy(update={"left": tuple(left)}), *there) from error
            except Unavailable as error:
                raise Later(AGAIN, job.model_copy(update={"left": tuple(left)}), *there) from error
            else:
                there.append(Refresh(thread_id=left[0]))
            left.pop(0)
        log.info("buried_looked_at", back=len(there), asked=len(job.left or ()))
        return there
