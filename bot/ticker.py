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

    async def run(self) -> None:
        """Until cancelled."""
        await self._look()
        while True:
            await asyncio.sleep(self._every)
            try:
                if await self._pace.turn("feed", self._every * 0.9):
                    await self._look()
            except StoreUnavailable as error:
                log.warning("store_unavailable", error=str(error))

    async def _look(self) -> None:
        try:
            await self._lanes.accept(Sync())
        except StoreUnavailable as error:
            log.warning("store_unavailable", error=str(error))
