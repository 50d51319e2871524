"""Durable lanes: what was accepted is worked in order, once, whoever dies.

A lane is a Redis list of jobs. As long as it is not empty, exactly one *ticket* for it exists: an entry of a Redis
stream, or a member of the delayed set. Whoever holds the ticket works the head of the lane, so a lane is never worked
by two, keeps its order across retries, waits and processes, and needs no lease besides the stream's own pending list.
Jobs are removed, their follow-ups added and the ticket renewed in one script.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot.errors import StoreUnavailable
from bot.queue.job import Job, Kinds, dump, utc_now
from bot.store import keys

GROUP: Final = "workers"
DEAD_LETTERS_LIVE: Final = keys.WEEK  # seconds

# An item is one byte, p (a person waits) or b (background), and the job's JSON.
PRELUDE: Final = f"""
local PREFIX, PEOPLE, BACKGROUND, WEEK = '{keys.PREFIX}', '{keys.PEOPLE}', '{keys.BACKGROUND}', {keys.WEEK}
local GROUP, DELAYED, DEAD, ACTIVE = '{GROUP}', '{keys.DELAYED}', '{keys.DEAD}', '{keys.ACTIVE}'
local SINCE = '{keys.DELAYED_SINCE}'

local function now() local t = redis.call('TIME'); return t[1] + t[2] / 1e6 end

local function active() redis.call('SET', ACTIVE, math.floor(now())) end

local function lane_key(name) return PREFIX .. 'lane:' .. name end
local function hurried(name) return PREFIX .. 'hurried:' .. name end

local function ticket(name, item)
  redis.call('XADD', item:sub(1, 1) == 'p' and PEOPLE or BACKGROUND, '*', 'lane', name)
end

local function kind(item) return cjson.decode(item:sub(2)).kind end

local function push(name, item, once, merge)
  if once ~= '' and not redis.call('SET', PREFIX .. 'once:' .. once, '1', 'NX', 'EX', WEEK) then return 0 end
  if item:sub(1, 1) == 'p' then active() end
  if merge == '1' and redis.call('LLEN', lane_key(name)) > 1 then
    if kind(redis.call('LINDEX', lane_key(name), -1)) == kind(item) then return 0 end
  end
  if redis.call('RPUSH', lane_key(name), item) == 1 then ticket(name, item) end
  return 1
end

local function push_all(from)
  local pushed = 0
  for i = from, #ARGV, 4 do pushed = pushed + push(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]) end
  return pushed
end
"""

# ARGV: consumer, stream, ticket id, lane. Only the present holder of the ticket may go on.
_HELD: Final = (
    PRELUDE
    + """
local consumer, stream, id, lane = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if #redis.call('XPENDING', stream, GROUP, id, id, 1, consumer) == 0 then return 0 end
local function hand_in() redis.call('XACK', stream, GROUP, id); redis.call('XDEL', stream, id) end
local function next_one()
  redis.call('LPOP', lane_key(lane))
  local head = redis.call('LINDEX', lane_key(lane), 0)
  if head then ticket(lane, head) end
  hand_in()
end
"""
)
_ACCEPT: Final = (
    PRELUDE
    + """
if ARGV[2] ~= '' and now() > tonumber(ARGV[2]) then return {-1, tostring(now())} end
if ARGV[1] ~= '' and not redis.call('SET', PREFIX .. 'once:' .. ARGV[1], '1', 'NX', 'EX', WEEK) then
  return {0, tostring(now())}
end
return {push_all(3), tostring(now())}
"""
)
_FINISH: Final = _HELD + "next_one(); push_all(5); return 1"
_CHECKPOINT: Final = _HELD + "redis.call('LSET', lane_key(lane), 0, ARGV[5]); return 1"
_DEFER: Final = (
    _HELD
    + """
redis.call('LSET', lane_key(lane), 0, ARGV[5])
push_all(7)
local wait = redis.call('DEL', hurried(lane)) == 1 and 0 or ARGV[6]
redis.call('ZADD', DELAYED, now() + wait, lane)
redis.call('ZADD', SINCE, now(), lane)
hand_in()
return 1
"""
)
_BURY: Final = (
    _HELD
    + """
local item = redis.call('LINDEX', lane_key(lane), 0)
redis.call('XADD', DEAD, '*', 'lane', lane, 'item', item, 'reason', ARGV[5])
redis.call('XTRIM', DEAD, 'MINID', '~', math.floor((now() - ARGV[6]) * 1000))
next_one()
push_all(7)
return 1
"""
)
_GIVE_BACK: Final = (
    _HELD
    + "local head = redis.call('LINDEX', lane_key(lane), 0); if head then ticket(lane, head) end; hand_in(); return 1"
)
_RELEASE: Final = (
    PRELUDE
    + """
-- What was put off at a time that has not come yet waits for a clock that was set back: it is due.
local due = redis.call('ZRANGEBYSCORE', SINCE, now() + 1, '+inf', 'LIMIT', 0, 200)
if #due == 0 then due = redis.call('ZRANGEBYSCORE', DELAYED, '-inf', now(), 'LIMIT', 0, 200) end
for _, lane in ipairs(due) do
  local waited = redis.call('ZREM', DELAYED, lane) == 1
  redis.call('ZREM', SINCE, lane)
  local head = redis.call('LINDEX', lane_key(lane), 0)
  if waited and head then ticket(lane, head) end
end
return #due
"""
)
_HURRY: Final = (
    PRELUDE
    + """
if redis.call('EXISTS', lane_key(ARGV[1])) == 0 then return end
if redis.call('ZADD', DELAYED, 'XX', 'CH', now(), ARGV[1]) == 0 then
  redis.call('SET', hurried(ARGV[1]), '1', 'EX', 60)
end
"""
)
_LEAVE: Final = (
    PRELUDE
    + """
for _, stream in ipairs({PEOPLE, BACKGROUND}) do
  if #redis.call('XPENDING', stream, GROUP, '-', '+', 1, ARGV[1]) == 0 then
    redis.call('XGROUP', 'DELCONSUMER', stream, GROUP, ARGV[1])
  end
end
"""
)
_REVIVE: Final = (
    PRELUDE
    + """
local found = redis.call('XRANGE', DEAD, ARGV[1], ARGV[1])
if #found == 0 then return 0 end
redis.call('XDEL', DEAD, ARGV[1])
return push(ARGV[2], ARGV[3], '', '')
"""
)


@dataclass(frozen=True)
class Ticket:
    """The right to work one lane. `again` is set when another worker held it before and did not finish."""

    stream: str
    id: str
    lane: str
    again: bool = False


@dataclass(frozen=True)
class DeadLetter:
    """A job that failed for good, kept for seven days. `job` is None when this version cannot read it any more."""

    id: str
    lane: str
    reason: str
    job: Job | None


class Lanes:
    """The one way into and out of the queue. Every method raises `StoreUnavailable` when Redis does not answer.

    `claim_idle` (seconds) is how long a ticket must lie untouched before it is taken from a worker that is presumed
    dead; it must be longer than any job may take.
    """

    def __init__(self, redis: Redis, consumer: str, kinds: Kinds, claim_idle: float = 15.0) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self.consumer, self.claim_idle, self._kinds = consumer, claim_idle, kinds
        self._ahead = 0.0  # seconds that Redis's clock is ahead of ours
        self._accept = redis.register_script(_ACCEPT)
        self._finish = redis.register_script(_FINISH)
        self._checkpoint = redis.register_script(_CHECKPOINT)
        self._defer = redis.register_script(_DEFER)
        self._bury = redis.register_script(_BURY)
        self._give_back = redis.register_script(_GIVE_BACK)
        self._release = redis.register_script(_RELEASE)
        self._revive = redis.register_script(_REVIVE)
        self._leave = redis.register_script(_LEAVE)
        self._hurry = redis.register_script(_HURRY)

    async def open(self) -> None:
        """Make the consumer groups, if they do not exist."""
        seconds, micros = await self._redis.time()
        self._ahead = int(seconds) + int(micros) / 1e6 - time.time()
        for stream in (keys.PEOPLE, keys.BACKGROUND):
            try:
                await self._redis.xgroup_create(stream, GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def accept(self, *accepted: Job, once: str = "", within: float | None = None) -> bool:
        """Write the jobs, unless `once` was accepted in the last seven days. False when nothing was new.

        `within` seconds, or not at all: a Redis that was asleep must not do later what somebody was told is not done.
        """
        for _ in range(2):
            began = time.time()
            deadline = "" if within is None else repr(began + self._ahead + within)
            new, at = await self._accept(keys=[keys.PEOPLE], args=[once, deadline, *flat(accepted)])
            self._ahead = float(at) - time.time()
            if int(new) >= 0:
                return bool(new)
            if time.time() - began > (within or 0):
                break  # it was really late; otherwise only the clocks have moved apart
        raise StoreUnavailable("Redis answered too late")

    async def take(self, stream: str, count: int, block: float) -> list[Ticket]:
        """Up to `count` tickets, waiting up to `block` seconds for the first."""
        try:
            answer = await self._redis.xreadgroup(
                GROUP, self.consumer, {stream: ">"}, count=count, block=max(1, int(block * 1000))
            )
        except ResponseError as error:
            if not _no_group(error):
                raise
            await self.open()
            return []
        return [Ticket(stream, i.decode(), f[b"lane"].decode()) for _, entries in _pairs(answer) for i, f in entries]

    async def reclaim(self, stream: str, count: int) -> list[Ticket]:
        """Tickets of workers that died: untouched for `claim_idle` seconds."""
        _, entries, *_ = await self._redis.xautoclaim(
            stream, GROUP, self.consumer, min_idle_time=int(self.claim_idle * 1000), start_id="0-0", count=count
        )
        return [Ticket(stream, i.decode(), f[b"lane"].decode(), again=True) for i, f in entries if f]

    async def head(self, ticket: Ticket) -> Job | None:
        """The job to do; None when the lane is empty. Raises `ValueError` when it cannot be read."""
        item = await self._redis.lindex(keys.lane(ticket.lane), 0)
        return None if item is None else self._kinds.load(item[1:])

    async def finish(self, ticket: Ticket, then: Iterable[Job] = ()) -> bool:
        """Take the job out and add what follows from it. False when the ticket is no longer ours."""
        return await self._held(self._finish, ticket, *flat(then))

    async def checkpoint(self, ticket: Ticket, job: Job) -> bool:
        """Write down how far the job has come, so that whoever goes on knows."""
        return await self._held(self._checkpoint, ticket, _item(job))

    async def defer(self, ticket: Ticket, job: Job, seconds: float, then: Iterable[Job] = ()) -> bool:
        """Leave the job at the head of its lane, as `job`, and work the lane again in `seconds`."""
        return await self._held(self._defer, ticket, _item(job), str(seconds), *flat(then))

    async def bury(self, ticket: Ticket, reason: str, then: Iterable[Job] = ()) -> bool:
        """Move the job to the dead letters and go on with the lane."""
        return await self._held(self._bury, ticket, reason, str(DEAD_LETTERS_LIVE), *flat(then))

    async def give_back(self, ticket: Ticket) -> bool:
        """Let another worker have the lane at once: this one is shutting down."""
        return await self._held(self._give_back, ticket)

    async def release_due(self) -> None:
        """Issue tickets for the lanes whose wait is over."""
        await self._release(keys=[keys.DELAYED])

    async def hurry(self, job: Job) -> None:
        """What waits in the lane of `job` waits no longer; what is being worked there will not wait after it."""
        await self._hurry(keys=[keys.DELAYED], args=[job.lane])

    async def dead_letters(self, count: int = 100) -> list[DeadLetter]:
        """The newest dead letters first."""
        entries: Any = await self._redis.xrevrange(keys.DEAD, count=count)
        return [
            DeadLetter(i.decode(), f[b"lane"].decode(), f[b"reason"].decode(), self._readable(f[b"item"]))
            for i, f in entries
        ]

    async def revive(self, letter_id: str) -> bool:
        """Try a dead letter again, as if it had just been accepted. False when there is none with that id."""
        entries: Any = await self._redis.xrange(keys.DEAD, letter_id, letter_id)
        if not entries:
            return False
        fields = entries[0][1]
        item, job = fields[b"item"], self._readable(fields[b"item"])
        if job is not None:
            item = _item(job.model_copy(update={"tries": 0, "at": utc_now()}))
        return bool(await self._revive(keys=[keys.DEAD], args=[letter_id, fields[b"lane"], item]))

    async def depth(self) -> dict[str, int]:
        """How many lanes have work, wait and failed: `people`, `background`, `delayed`, `dead`."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.xlen(keys.PEOPLE).xlen(keys.BACKGROUND).zcard(keys.DELAYED).xlen(keys.DEAD)
        counts = await pipe.execute()
        return dict(zip(("people", "background", "delayed", "dead"), counts, strict=True))

    async def oldest(self) -> float:
        """Seconds that the oldest work which may be done now has waited; 0 when there is none."""
        pipe = self._redis.pipeline(transaction=False)
        for stream in (keys.PEOPLE, keys.BACKGROUND):
            pipe.xrange(stream, count=1)
        pipe.time()
        *first, (seconds, micros) = await pipe.execute()
        began = [int(entries[0][0].split(b"-")[0]) / 1000 for entries in first if entries]
        return max(0.0, seconds + micros / 1e6 - min(began)) if began else 0.0

    async def leave(self) -> None:
        """Forget this consumer, unless it holds a ticket: that would be forgotten with it."""
        await self._leave(keys=[keys.PEOPLE], args=[self.consumer])

    def _readable(self, item: bytes) -> Job | None:
        try:
            return self._kinds.load(item[1:])
        except ValueError:
            return None

    async def _held(self, script: Any, ticket: Ticket, *args: str | bytes) -> bool:
        return bool(
            await script(keys=[ticket.stream], args=[self.consumer, ticket.stream, ticket.id, ticket.lane, *args])
        )


def flat(wanted: Iterable[Job]) -> Sequence[str | bytes]:
    """Jobs as the scripts' arguments: lane, item, once, merge for each."""
    return [part for job in wanted for part in (job.lane, _item(job), job.once or "", "1" if job.merge else "")]


def _no_group(error: ResponseError) -> bool:
    """Redis lost what it kept, the consumer groups too."""
    return "NOGROUP" in str(error)


def _item(job: Job) -> bytes:
    return (b"b" if job.background else b"p") + dump(job)


def _pairs(answer: Any) -> Any:
    """Streams and their entries, from either protocol version's shape of the answer."""
    return answer.items() if isinstance(answer, dict) else answer or ()
