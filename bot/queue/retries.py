"""Whether a job that failed is tried again, and when: what is away is waited for, what fails by itself is given up.

What is given up becomes a dead letter (`bot.queue.work`), as does what `DEATHS` workers died of; how long a kind of job
waits for what is away is its `patience` (`bot.queue.job`).

What somebody wrote has rules of its own, as it must not be sent twice: `SENDS_WAIT` in `bot.queue.job`, `bot.send`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from bot.errors import (
    ChannelRefused,
    Conflict,
    Forbidden,
    Gone,
    InboxError,
    RateLimited,
    Refused,
    Rejected,
    ScopeMissing,
    SlackAway,
    SlackBusy,
    SlackDown,
    SlackError,
    SlackRefused,
    SlackRevoked,
    Unauthorized,
    Unavailable,
    Unidentified,
    VersionEnded,
)
from bot.queue.job import DAY, Job

Sound = Callable[[], Awaitable[bool]]

RETRIES: Final = 6  # of a job that fails while everything else works; the seventh failure is the last
MORE: Final = 10  # of what is vital, as a part of Inbox may be away for minutes; `LONGER` apart
LONGER: Final = 6.0  # times the longest of the pauses: a minute
PAUSES: Final = (0.5, 1.0, 2.0, 5.0, 10.0)  # seconds between tries; the last one repeats

TOLD_TO_WAIT: Final = (RateLimited, SlackBusy)
# Each of these may end by itself or by what somebody does; that a person cannot be identified, when Slack answers.
WAITS: Final = (SlackAway, ChannelRefused, ScopeMissing, Unauthorized, Unidentified, VersionEnded)
DOUBTFUL: Final = (Unavailable, TimeoutError)  # the neighbour's, if it answers nobody else either
FINAL: Final = (Refused, SlackRefused, Gone, Forbidden, Conflict, Rejected)  # of what is not above
EXPECTED: Final = (InboxError, SlackError, Refused)


class Fatal(Exception):
    """Not to be tried again."""


class Again(NamedTuple):
    """The job for another try, in `wait` seconds."""

    job: Job
    wait: float


class Retries:
    """`sound` says whether Slack and Inbox answer anything at all, `within` so many seconds or they do not."""

    def __init__(self, sound: Sound, within: float, pauses: Sequence[float] = PAUSES) -> None:
        self._sound, self._within, self._pauses = sound, within, pauses

    async def again(self, job: Job, error: Exception) -> Again | None:
        """The next try of a job that failed; None when there is to be none."""
        is_over = job.age > job.patience
        if isinstance(error, TOLD_TO_WAIT) and not is_over:  # nothing was done
            return Again(job, error.retry_after)
        if not job.patient or isinstance(error, Fatal):
            return None
        if is_over:  # even a day's patience has an end, unless all else waits as well
            waits = job.patience >= DAY and await self._is_away(error)
        else:
            waits = isinstance(error, WAITS) or (isinstance(error, DOUBTFUL) and await self._is_away(error))
        if waits:
            return Again(tried(job), self.pause(job))
        most = RETRIES + (MORE if isinstance(error, Unavailable) and job.vital else 0)
        if is_over or isinstance(error, FINAL) or job.failures >= most:
            return None
        pause = self.pause(job) if job.failures < RETRIES else LONGER * self._pauses[-1]
        return Again(tried(job).having(failures=job.failures + 1), pause)

    def pause(self, job: Job) -> float:
        return self._pauses[min(job.tries, len(self._pauses) - 1)]

    async def _is_away(self, error: Exception) -> bool:
        """Whether the job fails because Slack or Inbox is away, or refuses us, for everybody."""
        if isinstance(error, (RateLimited, SlackBusy, SlackRevoked, Unauthorized, VersionEnded)):
            return True
        if not isinstance(error, (Unavailable, SlackDown, TimeoutError)):
            return False
        try:
            async with asyncio.timeout(self._within):
                return not await self._sound()
        except TimeoutError:
            return True


def tried(job: Job) -> Job:
    """One attempt of unknown outcome more."""
    return job.having(tries=job.tries + 1)
