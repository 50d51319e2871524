"""Asks for a look at the event feed, and at who waits for an answer, now and then, once for all processes together.

Often while people are active, rarely while nobody is, and hardly ever while webhooks bring the news. A look spends from
the background's share of Inbox's quota and waits when that is used up (`Pace.inbox`).
"""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from bot.errors import StoreUnavailable
from bot.jobs import Due, Sync
from bot.store.feed import Feed
from bot.store.lanes import Lanes
from bot.store.pace import Pace
from bot.store.waiting import Waiting

log = structlog.get_logger(__name__)

# As multiples of the shortest time between two looks, three seconds:
IDLE: Final = 10  # the longest time between two looks, when nobody has acted for long: 30 s
RESTING: Final = 20  # the time between two looks while webhooks come: 60 s
FADES: Final = 60  # the time is this part of how long nobody has acted: three minutes for three seconds
REMIND: Final = 5  # the time between two looks at who may have waited long enough: 15 s
TRUSTED: Final = 600  # a webhook that came within 30 minutes is taken to work


class Ticker:
    """`often` seconds is the shortest time between two looks; the first one is at the start."""

    def __init__(self, pace: Pace, feed: Feed, lanes: Lanes, often: float, waiting: Waiting) -> None:
        self._pace, self._feed, self._lanes, self._often, self._waiting = pace, feed, lanes, often, waiting
        self._stopping = asyncio.Event()
        self.looked = asyncio.Event()  # the first look is asked for

    async def run(self) -> None:
        """Until stopped."""
        await self._stir()
        await self._look()
        self.looked.set()
        while not self._stopping.is_set():
            try:
                await asyncio.wait_for(self._stopping.wait(), self._often / 2)
            except TimeoutError:
                pass  # time for another look
            try:
                if await self._pace.turn("feed", await self.interval()):
                    await self._look()
                if await self._pace.turn("reminders", self._often * REMIND) and await self._waiting.anything():
                    await self._lanes.accept(Due())
            except StoreUnavailable as error:
                log.warning("store_unavailable", error=str(error))

    def stop(self) -> None:
        """A flag, as a cancellation may get lost: before Python 3.12 wait_for, which redis-py uses, can swallow it."""
        self._stopping.set()

    async def interval(self) -> float:
        """Seconds that should lie between two looks now."""
        idle, without_webhook = await self._feed.quiet_for()
        if without_webhook < self._often * TRUSTED:
            return self._often * RESTING
        return min(max(self._often, idle / FADES), self._often * IDLE)

    async def _stir(self) -> None:
        """Who starts the bot watches it."""
        try:
            await self._feed.stir()
        except StoreUnavailable as error:
            log.warning("store_unavailable", error=str(error))

    async def _look(self) -> None:
        try:
            await self._lanes.accept(Sync())
        except StoreUnavailable as error:
            log.warning("store_unavailable", error=str(error))
