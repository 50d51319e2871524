"""Shared quotas: when the next call may go out, for all processes together."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from redis.asyncio import Redis

from bot.errors import RateLimited
from bot.store import keys

# A time that lies further ahead than it can have been meant to is left over from before Redis' clock was set back (or
# from another server, with another clock): it is not believed, or all posts would rest for as long.
# One slot each `interval` seconds, with `burst` in hand (the generic cell rate algorithm). Answers the wait in ms.
#
# Who waits stands in a queue, by class and then by since when, and in a list of when each was told to come back. A free
# slot goes to the first in the queue among those who are here: those who were told to come by now, and the one who
# asks. Of five slots, one goes to whoever has waited longest, so that no class waits for ever.
# KEYS: when the next slot is free, the queue, who comes back when, how many slots were given.
# ARGV: interval, burst, who asks ("" stands in no queue), their class, since when they wait (ms).
# When a channel is free again is kept with how far ahead that was when it was written.
_FREE: Final = """
local function believed(key, now, usual)
  local at, ahead = string.match(redis.call('GET', key) or '0', '^(%d+) ?(%d*)')
  if tonumber(at) - now > (tonumber(ahead) or usual) then return 0 end
  return tonumber(at)
end
"""
_SLOT: Final = (
    _FREE
    + """
local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)
local interval, burst, who, class = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local asked = tonumber(ARGV[5])
local free = believed(KEYS[1], now, interval)
local due = math.max(free, now - interval * (burst - 1))
local CLASS, CLASSES, FIFTH, LATE, FORGOTTEN, LONGEST = 1e13, 3, 5, 1000, 60000, 30000
local function take()
  redis.call('SET', KEYS[1], due + interval, 'PX', interval * (burst + 1))
  return 0
end
if who == '' then return due > now and due - now or take() end

for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - FORGOTTEN)) do
  redis.call('ZREM', KEYS[2], gone); redis.call('ZREM', KEYS[3], gone)
end
redis.call('ZADD', KEYS[2], string.format('%.3f', class * CLASS + asked), who)
redis.call('ZADD', KEYS[3], now, who)

local longest, since
for one = 0, CLASSES - 1 do
  local from, to = string.format('%.0f', one * CLASS), string.format('(%.0f', (one + 1) * CLASS)
  local head = redis.call('ZRANGEBYSCORE', KEYS[2], from, to, 'WITHSCORES', 'LIMIT', 0, 1)
  if head[1] and (not since or head[2] - from < since) then longest, since = head[1], head[2] - from end
end

local rank = redis.call('ZRANK', KEYS[2], who)
local given = tonumber(redis.call('GET', KEYS[4]) or 0)
local until_fifth = (FIFTH - 1 - given % FIFTH) % FIFTH
if due <= now then
  local best, first
  for _, one in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], now - LATE, now + interval / 4)) do
    local score = tonumber(redis.call('ZSCORE', KEYS[2], one))
    if until_fifth == 0 and one == longest then score = -1 end
    if score and (not first or score < first) then best, first = one, score end
  end
  if best == who then
    redis.call('ZREM', KEYS[2], who); redis.call('ZREM', KEYS[3], who)
    redis.call('INCR', KEYS[4])
    for at = 2, 4 do redis.call('EXPIRE', KEYS[at], 3600) end
    return take()
  end
end
local slots = who == longest and math.min(rank, until_fifth) or rank
local wait = math.max(due - now, 0) + slots * interval
wait = math.floor(math.min(math.max(wait, interval / 20, 1), LONGEST))
redis.call('ZADD', KEYS[3], now + wait, who)
for at = 2, 4 do redis.call('EXPIRE', KEYS[at], 3600) end
return wait
"""
)
# ARGV: for how many ms a channel takes no posts.
_REST: Final = (
    _FREE
    + """
local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)
if now + ARGV[1] > believed(KEYS[1], now, ARGV[1]) then
  redis.call('SET', KEYS[1], (now + ARGV[1]) .. ' ' .. ARGV[1], 'PX', ARGV[1] + 1000)
end
"""
)
# A sliding count of the last minute from two fixed ones, as the vendor's windows slide. Answers the wait in ms.
_SPEND: Final = """
local t = redis.call('TIME'); local now = tonumber(t[1])
local wait = 0
for i = 2, #KEYS do
  local left, meant = redis.call('PTTL', KEYS[i]), tonumber(redis.call('GET', KEYS[i]) or 0)
  if meant > 1 and left > meant + 1000 then redis.call('DEL', KEYS[i]) else wait = math.max(wait, left) end
end
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
local last = tonumber(redis.call('GET', KEYS[1]) or 0)
if last <= now and now - last < tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], now, 'EX', 3600)
return 1
"""
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


class Pace:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis, channel_interval: float = 1.0, inbox_per_minute: int = 300) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._interval, self._windows = channel_interval, WINDOWS | {60: inbox_per_minute}
        self._slot = redis.register_script(_SLOT)
        self._rest = redis.register_script(_REST)
        self._spend = redis.register_script(_SPEND)
        self._turn = redis.register_script(_TURN)

    async def channel(self, channel: str, who: str = "", turn: int = NEW, since: float = 0.0) -> float:
        """Seconds to wait before the next post in `channel`; 0 when the slot is ours now.

        `who` names one who waits `since` then (Unix seconds), as long as they come back when they were told; `turn` is
        the class of the post.
        https://docs.slack.dev/apis/web-api/rate-limits: about one a second, short bursts allowed.
        """
        name = f"channel:{channel}"
        names = [keys.pace(name), *(keys.pace(f"{name}:{part}") for part in ("queue", "back", "given"))]
        wait = await self._slot(keys=names, args=[int(self._interval * 1000), BURST, who, turn, since * 1000])
        return int(wait) / 1000

    async def rest(self, channel: str, seconds: float) -> None:
        """Slack told us to wait: whoever else wants to post in `channel` waits too."""
        await self._rest(keys=[keys.pace(f"channel:{channel}")], args=[int(seconds * 1000)])

    async def hold(self, name: str, seconds: float) -> None:
        """Inbox told us to wait: no call goes out for `seconds`, or no background call (`BLOCKED`, `LOW`)."""
        length = max(1, int(seconds * 1000))
        await self._redis.set(keys.pace(name), length, px=length)

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
