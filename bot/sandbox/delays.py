"""How a local Slack or Inbox is slow: for so many seconds, or until somebody has seen enough of it."""

from __future__ import annotations

import asyncio


class Delays:
    """The delays of one service."""

    def __init__(self) -> None:
        self._over = asyncio.Event()

    async def last(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._over.wait()
        except TimeoutError:
            pass

    def end(self) -> None:
        """End those under way; later ones last as long as they were to."""
        self._over.set()
        self._over = asyncio.Event()
