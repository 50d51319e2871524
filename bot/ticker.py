"""Asks for a look at the event feed from time to time, once for all processes together."""

from __future__ import annotations

import asyncio

import structlog

from bot.errors import StoreUnavailable
from bot.jobs import Sync
from bot.store.lanes import Lanes
from bot.store.pace import Pace

log = structlog.get_logger(__name__)


class Ticker:
    """`every` seconds; the first look is at the start."""

    def __init__(self, pace: Pace, lanes: Lanes, every: float) -> None:
        self._pace, self._lanes, self._every = pace, lanes, every
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Until stopped."""
        await self._look()
        while not self._stopping.is_set():
            try:
                await asyncio.wait_for(self._stopping.wait(), self._every)
                return
            except TimeoutError:
                pass  # time for another look
            try:
                if await self._pace.turn("feed", self._every * 0.9):
                    await self._look()
            except StoreUnavailable as error:
                log.warning("store_unavailable", error=str(error))

    def stop(self) -> None:
        """A flag, as a cancellation may get lost: before Python 3.12 wait_for, which redis-py uses, can swallow it."""
        self._stopping.set()

    async def _look(self) -> None:
        try:
            await self._lanes.accept(Sync())
        except StoreUnavailable as error:
            log.warning("store_unavailable", error=str(error))
