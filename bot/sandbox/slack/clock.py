"""Time, ids and waiting in the sandbox's Slack, and the log of what the bot called."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from bot.sandbox.slack.records import Call, Json

T = TypeVar("T")
PATIENCE: Final = 60.0  # seconds that nothing here takes, however busy the machine is


class Clock:
    """What everything in the sandbox's Slack goes by; the same `seed` gives the same ids."""

    def __init__(self, seed: int) -> None:
        self.calls: list[Call] = []
        self._ahead, self._last_ts, self._ids = 0.0, 0, 0
        self._random = random.Random(seed)
        self._changed = asyncio.Event()

    def now(self) -> float:
        """Unix seconds by this Slack's clock."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time pass here, so that trigger ids and response_urls age; signatures keep real time."""
        self._ahead += seconds

    def next_ts(self) -> str:
        self._last_ts = max(int(self.now() * 1_000_000) // 100 * 100, self._last_ts + 100)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def next_id(self, prefix: str) -> str:
        self._ids += 1
        return f"{prefix}0{self._ids:04d}{self._random.getrandbits(24):06X}"

    def token(self) -> str:
        return f"{self._random.getrandbits(96):024x}"

    def changed(self) -> None:
        self._changed.set()

    async def until(self, predicate: Callable[[], T], timeout: float = PATIENCE) -> T:  # noqa: ASYNC109  # reads best so
        """What `predicate` returns once it is truthy; AssertionError with the calls made when that takes too long.

        It is asked again at each change here, and every 20 ms for predicates that look elsewhere.
        """
        end = time.monotonic() + timeout
        while not (found := predicate()):
            left = end - time.monotonic()
            if left <= 0:
                raise AssertionError(f"not within {timeout} s; Slack saw:\n{self.story()}")
            self._changed.clear()
            waiting = asyncio.ensure_future(self._changed.wait())
            await asyncio.wait({waiting}, timeout=min(left, 0.02))
            waiting.cancel()
        return found

    def story(self) -> str:
        """The calls so far, one line each."""
        told = (f"  {c.method} {_brief(c.args)} -> {'ok' if c.ok else c.answer.get('error', '?')}" for c in self.calls)
        return "\n".join(told) or "  no calls"


def _brief(args: Json) -> str:
    shown = str({name: value for name, value in args.items() if name in ("channel", "user", "ts", "text", "view_id")})
    return shown if len(shown) < 160 else f"{shown[:159]}…"
