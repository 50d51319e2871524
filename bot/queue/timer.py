"""Asks for work that is due now and then, once for all processes together.

Which work that is, each feature says with `@feature.looks`, as in `bot.upkeep.tidy`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import structlog

from bot.errors import StoreUnavailable
from bot.queue.job import Job
from bot.queue.lanes import Lanes
from bot.store.quota import Quota

log = structlog.get_logger(__name__)


class Look(NamedTuple):
    """A job that is asked for every `interval` seconds, or as many as that says now, when `wanted` says so too."""

    name: str
    job: Callable[[], Job]
    interval: float | Callable[[], Awaitable[float]]
    wanted: Callable[[], Awaitable[bool]] | None = None
    at_start: bool = False


class Timer:
    """`often` seconds is the shortest time between two looks of any kind."""

    def __init__(self, quota: Quota, lanes: Lanes, looks: Sequence[Look], often: float) -> None:
        self._quota, self._lanes, self._looks, self._often = quota, lanes, looks, often
        self._stopping = asyncio.Event()
        self.looked = asyncio.Event()  # what is asked for at the start is asked for

    async def run(self) -> None:
        """Until stopped."""
        await self._each(self._at_start)
        self.looked.set()
        while not self._stopping.is_set():
            try:
                await asyncio.wait_for(self._stopping.wait(), self._often / 2)
            except TimeoutError:
                pass  # time for another look
            await self._each(self._if_due)

    def stop(self) -> None:
        """A flag, as a cancellation may get lost: before Python 3.12 wait_for, which redis-py uses, can swallow it."""
        self._stopping.set()

    async def _each(self, look: Callable[[Look], Awaitable[None]]) -> None:
        for one in self._looks:
            try:
                await look(one)
            except StoreUnavailable as error:
                log.warning("store_unavailable", error=str(error))

    async def _at_start(self, look: Look) -> None:
        if look.at_start:
            await self._lanes.accept(look.job())

    async def _if_due(self, look: Look) -> None:
        seconds = await look.interval() if callable(look.interval) else look.interval
        due = await self._quota.turn(look.name, seconds)
        if due and (look.wanted is None or await look.wanted()):
            await self._lanes.accept(look.job())
