"""Inbox events in the order in which they happened, from webhooks that may be lost, late, repeated or out of order.

Every event has a team-wide `seq`. An event that directly follows the cursor goes on at once; any other waits while
the feed is read from the cursor, which gives the order. Gaps are normal: a webhook sees only some types.
https://docs.inboxapp.com/webhooks/overview ("detect missed events and maintain ordering")
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from redis.asyncio import Redis

from bot.jobs import Job, Sync, now
from bot.models import Event
from bot.store import keys
from bot.store.lanes import PRELUDE, answering, flat

_FEED: Final = (
    PRELUDE
    + f"""
local CURSOR, PENDING, EVENTS = '{keys.CURSOR}', '{keys.PENDING}', '{keys.PENDING_EVENTS}'
local function fresh(id) return redis.call('SET', PREFIX .. 'once:event:' .. id, '1', 'NX', 'EX', WEEK) end
"""
)
# ARGV: event id, seq, may it move the cursor, its JSON, the sync job (4), then the jobs it asks for (4 each)
_ARRIVE: Final = (
    _FEED
    + """
if not fresh(ARGV[1]) then return 0 end
local cursor, seq = tonumber(redis.call('GET', CURSOR) or -1), tonumber(ARGV[2])
if ARGV[3] == '1' and cursor >= 0 and seq <= cursor + 1 then
  if seq == cursor + 1 then redis.call('SET', CURSOR, ARGV[2]) end
  push_all(9)
  return 1
end
redis.call('ZADD', PENDING, seq, ARGV[1])
redis.call('HSET', EVENTS, ARGV[1], ARGV[4])
push(ARGV[5], ARGV[6], ARGV[7], ARGV[8])
return 1
"""
)
# ARGV: event id, then its jobs. New, or waiting: either way this is its turn.
_TURN: Final = (
    _FEED
    + """
if not fresh(ARGV[1]) and redis.call('HDEL', EVENTS, ARGV[1]) == 0 then return 0 end
redis.call('ZREM', PENDING, ARGV[1])
redis.call('HDEL', EVENTS, ARGV[1])
push_all(2)
return 1
"""
)
_ADVANCE: Final = (
    _FEED
    + "if tonumber(redis.call('GET', CURSOR) or -1) < tonumber(ARGV[1]) then redis.call('SET', CURSOR, ARGV[1]) end"
)


class Feed:
    """The cursor, and the events that wait for their turn. Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._arrive = redis.register_script(_ARRIVE)
        self._turn = redis.register_script(_TURN)
        self._advance = redis.register_script(_ADVANCE)

    async def arrive(self, event: Event, wanted: Iterable[Job], *, same_count: bool) -> bool:
        """A webhook brought `event`, which asks for the jobs `wanted`. False when it is known already.

        `same_count` says that its `seq` belongs to the same count as the feed's; whether v1 and v2 share one is
        unknown, so a webhook of the other version never moves the cursor.
        """
        args = [event.id, event.seq, int(same_count), event.model_dump_json(), *flat([Sync()]), *flat(wanted)]
        async with answering():
            return bool(await self._arrive(keys=[keys.CURSOR], args=args))

    async def turn(self, event: Event, wanted: Iterable[Job]) -> bool:
        """It is this event's turn: accept its jobs unless they were accepted before."""
        async with answering():
            return bool(await self._turn(keys=[keys.CURSOR], args=[event.id, *flat(wanted)]))

    async def cursor(self) -> int | None:
        async with answering():
            value = await self._redis.get(keys.CURSOR)
        return None if value is None else int(value)

    async def advance(self, seq: int) -> None:
        """Everything up to `seq` has had its turn."""
        async with answering():
            await self._advance(keys=[keys.CURSOR], args=[seq])

    async def waiting(self) -> list[Event]:
        """The events that wait, in order."""
        async with answering():
            ids = await self._redis.zrange(keys.PENDING, 0, -1)
            found = await self._redis.hmget(keys.PENDING_EVENTS, ids) if ids else []
        return [Event.model_validate_json(raw) for raw in found if raw is not None]

    async def began(self) -> datetime:
        """When this bot ran for the first time; what happened before is history and is not posted."""
        async with answering():
            await self._redis.set(keys.BEGAN, now().isoformat(), nx=True)
            return datetime.fromisoformat((await self._redis.get(keys.BEGAN)).decode())
