"""Channels that take nothing from the bot: what is meant for them waits for a day, and admins hear of it once.

An admin may unarchive the channel, invite the bot or let it post; then all goes on, in order, and admins hear that too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from bot.errors import ChannelRefused, Posting, ScopeMissing, SlackBusy, SlackRefused
from bot.people.notices import Notices
from bot.queue.job import DAY, Job, Later
from bot.store.quota import Quota

LOOK_AGAIN: Final = 30.0  # seconds until a channel that took nothing is tried again
REFUSALS: Final = (ChannelRefused, ScopeMissing)


class RefusedChannels:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, notices: Notices, quota: Quota, look_again: float = LOOK_AGAIN) -> None:
        self._notices, self._quota, self.look_again = notices, quota, look_again

    @asynccontextmanager
    async def waiting(self, job: Job, channel: str, then: Sequence[Job] = ()) -> AsyncIterator[None]:
        """Raises `Later` where the channel refuses what is done within, or Slack's refusal after a day.

        `then` is done at once where it must wait. What Slack took is noted with `taken`: only that shows that the
        channel takes it again.
        """
        try:
            yield
        except SlackBusy as error:
            await self._quota.rest(channel, error.retry_after)
            raise
        except REFUSALS as error:
            await self.note(channel, error)
            if job.age > DAY:
                raise
            raise Later(self.look_again, job, *then) from error

    async def taken(self, job: Job, channel: str, took: Posting) -> None:
        """The channel took that. Slack may let us change a post where we may not post."""
        await self._notices.channel_takes(channel, took, doubtful=job.age > self.look_again / 2)

    async def note(self, channel: str, error: SlackRefused) -> None:
        if error.refused in ("reply", "change"):  # each new card finds out for itself
            await self._quota.hold(_held(channel, error.refused), self.look_again)
        await self._notices.channel_refuses(channel, error.code, change=error.refused == "change")

    async def unless_known(self, job: Job, channel: str, to: Posting, then: Sequence[Job] = ()) -> None:
        """Raises `Later` while the channel is known to refuse that: hundreds of cards need not all find that out.

        What it takes of the rest goes on: a channel where only some may post lets what stands there be changed.
        """
        if wait := await self.known(channel, to):
            raise Later(wait, job, *then)

    async def known(self, channel: str, to: Posting) -> float:
        """Seconds for which the channel is known to refuse that; 0 where it is not."""
        return await self._quota.held_for(_held(channel, to))


def _held(channel: str, to: Posting) -> str:
    return f"refused:{channel}:{to}"
