"""Shared quotas: when the next call may go out, for all processes together."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from redis.asyncio import Redis

from bot.errors import RateLimited
from bot.store import keys
from bot.store.scripts import script

# https://docs.inboxapp.com/reference/rate-limits: all three windows slide and hold at once, for the whole team.
WINDOWS: Final = {60: 300, 3600: 10_000, 86_400: 100_000}
BURST: Final = 3  # posts in one channel without a pause
# The classes of posts in one channel: cards of new conversations and what people did; what is new in others; the rest.
FIRST, NEW, LATER = 0, 1, 2
KEPT_FOR_PEOPLE: Final = 0.2  # of each window: background work stops short of it
BLOCKED: Final = "inbox-blocked"  # nobody calls Inbox while this is held
LOW: Final = "inbox-low"  # only people do
LONGEST_BLOCK: Final = 3600.0  # seconds, whatever a 429 says
LONGEST_HOLD: Final = 60.0  # seconds; which window the headers describe is unknown, so look again after a minute


class Quota:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis, channel_interval: float = 1.0, inbox_per_minute: int = 300) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._interval, self._windows = channel_interval, WINDOWS | {60: inbox_per_minute}
        self._slot = script(redis, "store/slot.lua")
        self._rest = script(redis, "store/rest.lua")
        self._spend = script(redis, "store/spend.lua")
        self._turn = script(redis, "store/turn.lua")

    async def channel(self, channel: str, who: str = "", turn: int = NEW, since: float = 0.0) -> float:
        """Seconds to wait before the next post in `channel`; 0 when the slot is ours now.

        `who` names one who waits `since` then (Unix seconds), as long as they come back when they were told; `turn` is
        the class of the post.
        https://docs.slack.dev/apis/web-api/rate-limits: about one a second, short bursts allowed.
        """
        name = f"channel:{channel}"
        names = [keys.quota(name), *(keys.quota(f"{name}:{part}") for part in ("queue", "back", "given"))]
        wait = await self._slot(keys=names, args=[int(self._interval * 1000), BURST, who, turn, since * 1000])
        return int(wait) / 1000

    async def rest(self, channel: str, seconds: float) -> None:
        """Slack told us to wait: whoever else wants to post in `channel` waits too."""
        await self._rest(keys=[keys.quota(f"channel:{channel}")], args=[int(seconds * 1000)])

    async def hold(self, name: str, seconds: float) -> None:
        """Inbox told us to wait: no call goes out for `seconds`, or no background call (`BLOCKED`, `LOW`)."""
        length = max(1, int(seconds * 1000))
        await self._redis.set(keys.quota(name), length, px=length)

    async def held_for(self, name: str) -> float:
        """For how many more seconds that is held."""
        return max(0, int(await self._redis.pttl(keys.quota(name)))) / 1000

    async def turn(self, name: str, every: float) -> bool:
        """True for one process, and not again before `every` seconds have passed."""
        return bool(await self._turn(keys=[keys.quota(f"turn:{name}")], args=[int(every * 1000)]))

    async def inbox(self, *, background: bool) -> None:
        """Spend one call to Inbox. Raises `RateLimited` when the budget is spent; for background work, earlier."""
        share = 1 - KEPT_FOR_PEOPLE if background else 1.0
        args = [part for window, limit in self._windows.items() for part in (window, int(limit * share))]
        held = [BLOCKED, LOW] if background else [BLOCKED]
        wait = await self._spend(keys=[keys.quota("inbox:"), *map(keys.quota, held)], args=args)
        if wait:
            raise RateLimited("our share of Inbox's quota is spent", retry_after=int(wait) / 1000)

    async def left(self) -> dict[int, int]:
        """Calls left in each window (seconds), by our own count."""
        now = time.time()
        names = [f"inbox:{window}:{int(now // window) - back}" for window in self._windows for back in (0, 1)]
        counts = [int(one or 0) for one in await self._redis.mget([keys.quota(name) for name in names])]
        spent = zip(self._windows.items(), counts[::2], counts[1::2], strict=True)
        return {
            window: max(0, limit - this - int(last * (1 - now % window / window)))
            for (window, limit), this, last in spent
        }

    async def held(self) -> dict[str, float]:
        """How many more seconds Inbox told us to wait: `all` calls, and `background` ones."""
        waits = [await self._redis.pttl(keys.quota(name)) for name in (BLOCKED, LOW)]
        every, background = (max(0, wait) / 1000 for wait in waits)
        return {"all": every, "background": max(every, background)}

    async def learn(self, headers: Mapping[str, str], status: int) -> None:
        """What Inbox's headers say: other tools of the team spend from the same quota."""
        left, limit = _number(headers.get("x-ratelimit-remaining")), _number(headers.get("x-ratelimit-limit"))
        if status == 429 and not left:  # with calls left, it is the platform that limits one account
            await self.hold(BLOCKED, min(_number(headers.get("retry-after")) or 30.0, LONGEST_BLOCK))
            return
        if left is None or limit is None or left > limit * KEPT_FOR_PEOPLE:
            return
        await self.hold(LOW if left > 0 else BLOCKED, _until(headers.get("x-ratelimit-reset")))


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "nan")
    except ValueError:
        return None
    return number if 0 <= number < 1e12 else None  # which NaN is not


def _until(reset: str | None) -> float:
    """Seconds until `X-RateLimit-Reset`, Unix seconds as far as is known; a short rest where it cannot be read."""
    at = _number(reset)
    return min(max(at - time.time(), 1.0), LONGEST_HOLD) if at else 5.0
