"""Shared quotas: when the next call may go out, for all processes together."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from redis.asyncio import Redis

from bot.errors import RateLimited
from bot.store import keys

# One slot each `interval` seconds, with `burst` in hand (the generic cell rate algorithm). Answers the wait in ms.
_SLOT: Final = """
local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now - interval * (burst - 1))
if due > now then return due - now end
redis.call('SET', KEYS[1], due + interval, 'PX', interval * (burst + 1))
return 0
"""
# A sliding count of the last minute from two fixed ones, as the vendor's windows slide. Answers the wait in ms.
_SPEND: Final = """
local t = redis.call('TIME'); local now = tonumber(t[1])
local wait = 0
for i = 2, #KEYS do wait = math.max(wait, redis.call('PTTL', KEYS[i])) end
if wait > 0 then return wait end
for i = 1, #ARGV, 2 do
  local window, limit = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  local bucket, passed = math.floor(now / window), (now % window) / window
  local this = tonumber(redis.call('GET', KEYS[1] .. window .. ':' .. bucket) or 0)
  local last = tonumber(redis.call('GET', KEYS[1] .. window .. ':' .. (bucket - 1)) or 0)
  if last * (1 - passed) + this + 1 > limit then wait = math.max(wait, math.min(window - now % window, 60) * 1000) end
end
if wait > 0 then return wait end
for i = 1, #ARGV, 2 do
  local key = KEYS[1] .. ARGV[i] .. ':' .. math.floor(now / ARGV[i])
  redis.call('INCR', key)
  redis.call('EXPIRE', key, ARGV[i] * 2)
end
return 0
"""
# The time of the last turn is kept rather than a lock: who wants its turn sooner than the last one did may have it.
_TURN: Final = """
local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)
if now - tonumber(redis.call('GET', KEYS[1]) or 0) < tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], now, 'EX', 3600)
return 1
"""
# https://docs.inboxapp.com/reference/rate-limits: all three windows slide and hold at once, for the whole team.
WINDOWS: Final = {60: 300, 3600: 10_000, 86_400: 100_000}
BURST: Final = 3  # posts in one channel without a pause
KEPT_FOR_PEOPLE: Final = 0.2  # of each window: background work stops short of it
BLOCKED: Final = "inbox-blocked"  # nobody calls Inbox while this is held
LOW: Final = "inbox-low"  # only people do
LONGEST_BLOCK: Final = 3600.0  # seconds, whatever a 429 says
LONGEST_HOLD: Final = 60.0  # seconds; which window the headers describe is unknown, so look again after a minute


class Pace:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis, channel_interval: float = 1.0, inbox_per_minute: int = 300) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._interval, self._windows = channel_interval, WINDOWS | {60: inbox_per_minute}
        self._slot = redis.register_script(_SLOT)
        self._spend = redis.register_script(_SPEND)
        self._turn = redis.register_script(_TURN)

    async def channel(self, channel: str) -> float:
        """Seconds to wait before the next post in `channel`; 0 when the slot is ours now.

        https://docs.slack.dev/apis/web-api/rate-limits: about one a second, short bursts allowed.
        """
        wait = await self._slot(keys=[keys.pace(f"channel:{channel}")], args=[int(self._interval * 1000), BURST])
        return int(wait) / 1000

    async def hold(self, name: str, seconds: float) -> None:
        """Inbox told us to wait: no call goes out for `seconds`, or no background call (`BLOCKED`, `LOW`)."""
        await self._redis.set(keys.pace(name), "1", px=max(1, int(seconds * 1000)))

    async def held_for(self, name: str) -> float:
        """For how many more seconds that is held."""
        return max(0, int(await self._redis.pttl(keys.pace(name)))) / 1000

    async def turn(self, name: str, every: float) -> bool:
        """True for one process, and not again before `every` seconds have passed."""
        return bool(await self._turn(keys=[keys.pace(f"turn:{name}")], args=[int(every * 1000)]))

    async def inbox(self, *, background: bool) -> None:
        """Spend one call to Inbox. Raises `RateLimited` when the budget is spent; for background work, earlier."""
        share = 1 - KEPT_FOR_PEOPLE if background else 1.0
        args = [part for window, limit in self._windows.items() for part in (window, int(limit * share))]
        held = [BLOCKED, LOW] if background else [BLOCKED]
        wait = await self._spend(keys=[keys.pace("inbox:"), *map(keys.pace, held)], args=args)
        if wait:
            raise RateLimited("our share of Inbox's quota is spent", retry_after=int(wait) / 1000)

    async def left(self) -> dict[int, int]:
        """Calls left in each window (seconds), by our own count."""
        now = time.time()
        names = [f"inbox:{window}:{int(now // window) - back}" for window in self._windows for back in (0, 1)]
        counts = [int(one or 0) for one in await self._redis.mget([keys.pace(name) for name in names])]
        spent = zip(self._windows.items(), counts[::2], counts[1::2], strict=True)
        return {
            window: max(0, limit - this - int(last * (1 - now % window / window)))
            for (window, limit), this, last in spent
        }

    async def held(self) -> dict[str, float]:
        """How many more seconds Inbox told us to wait: `all` calls, and `background` ones."""
        waits = [await self._redis.pttl(keys.pace(name)) for name in (BLOCKED, LOW)]
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
