"""Inbox events in the order in which they happened, from webhooks that may be lost, late, repeated or out of order.

Every event has a team-wide `seq`. An event that directly follows the cursor goes on at once; any other waits while
the feed is read from the cursor, which gives the order. Gaps are normal: a webhook sees only some types.
https://docs.inboxapp.com/webhooks/overview ("detect missed events and maintain ordering")
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from redis.asyncio import Redis

from bot.events.jobs import Sync
from bot.inbox.event import Event
from bot.models import Message
from bot.queue.job import Job, utc_now
from bot.queue.lanes import flat
from bot.reminders.store import wrote_of
from bot.stats.jobs import Count
from bot.stats.store import received_of
from bot.store import keys
from bot.store.client import moves, same_server
from bot.store.scripts import script

READING: Final = 600  # seconds; who does not read on by then has been away again
BUSY: Final = 20  # messages that are read one by one of a thread in a minute
LISTED_EACH: Final = 10.0  # seconds between two lists of a busy thread
CLOCKS_DIFFER: Final = 60.0  # seconds, at most, between Redis' clock and ours

Argument = str | bytes | int | float


class Missed(NamedTuple):
    """A thread with messages from while the bot was away: how many, and when the first one was written."""

    thread_id: str
    messages: int
    since: datetime


class Turn(NamedTuple):
    """An event whose turn it is, and the jobs that it asks for.

    Where it is `missed`, it tells of an inbound message from while the bot was away: that belongs in the digest,
    whatever else it asks for. Somebody waits since then, and it counts for the figures where the last job says so.
    """

    event: Event
    wanted: Sequence[Job]
    missed: bool = False

    def arguments(self) -> list[Argument]:
        """For the script."""
        event, jobs = self.event, flat(self.wanted)
        begin: list[Argument] = [event.id, len(jobs), *jobs]
        if not self.missed or not event.thread_id:
            return [*begin, ""]
        figure = self.wanted[-1] if self.wanted and isinstance(self.wanted[-1], Count) else None
        wrote = wrote_of(event.thread_id, event.created_at.timestamp(), event.message_id or "")
        return [*begin, event.thread_id, *wrote, *(received_of(figure) if figure else [""] * 4)]


class Feed:
    """The cursor, and the events that wait for their turn. Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._arrive = script(redis, "events/arrive.lua")
        self._turns = script(redis, "events/turns.lua")
        self._advance = script(redis, "events/advance.lua")
        self._owed = script(redis, "events/owed.lua")
        self._collect = script(redis, "events/collect.lua")

    async def arrive(self, event: Event, wanted: Iterable[Job], *, same_count: bool) -> bool:
        """A webhook brought `event`, which asks for the jobs `wanted`. False when it is known already.

        `same_count` says that its `seq` belongs to the same count as the feed's; whether v1 and v2 share one is
        unknown, so a webhook of the other version never moves the cursor.
        """
        at, api = event.created_at.timestamp(), event.api if same_count else ""
        args = [event.id, event.seq, api, event.json(), at, *flat([Sync()]), *flat(wanted)]
        return bool(await self._arrive(keys=[keys.CURSOR], args=args))

    async def turn(self, event: Event, wanted: Iterable[Job]) -> bool:
        """It is this event's turn: accept its jobs unless they were accepted before."""
        (new,) = await self.turns([Turn(event, list(wanted))])
        return new

    async def turns(self, turns: Sequence[Turn]) -> list[bool]:
        """These events have their turns, in order and in one step: whether each had none before."""
        args = [part for one in turns for part in one.arguments()]
        return [bool(new) for new in (await self._turns(keys=[keys.CURSOR], args=args) if turns else ())]

    async def cursor(self) -> int | None:
        value = await self._redis.get(keys.CURSOR)
        return None if value is None else int(value)

    def moves(self) -> int:
        """Which server of Redis takes what is written now, for `advance`."""
        return moves(self._redis)

    async def advance(self, seq: int, api: str = "", known: int | None = None) -> None:
        """Everything up to `seq` has had its turn, in the feed of this API version, or of the one that is spoken.

        Raises `StoreUnavailable` where Redis may have lost these turns since its `moves` were `known`.
        """
        with same_server(self._redis, self.moves() if known is None else known):
            await self._advance(keys=[keys.CURSOR], args=[seq, api])

    async def waiting(self) -> list[Event]:
        """The events that wait, in order."""
        ids = await self._redis.zrange(keys.PENDING, 0, -1)
        found = await self._redis.hmget(keys.PENDING_EVENTS, ids) if ids else []
        return [Event.read(raw) for raw in found if raw is not None]

    async def read_at(self) -> datetime | None:
        """When the feed was last read to its end; None before the first time."""
        value = await self._redis.get(keys.READ_AT)
        return None if value is None else datetime.fromisoformat(value.decode())

    async def was_read(self, at: datetime) -> None:
        """To its end, and with it an absence."""
        pipe = self._redis.pipeline()
        pipe.set(keys.READ_AT, at.isoformat()).delete(keys.READ_BEFORE, keys.ABSENCE, keys.CAUGHT_UP)
        count = keys.readings(str(int(at.timestamp()) // 3600))
        pipe.incr(count).expire(count, 26 * 3600)
        await pipe.execute()

    async def readings(self, at_least: float) -> float:
        """How often it was read in a day, where an hour counts for `at_least` so many.

        So whoever has not read for a while does not read the more afterwards.
        """
        this = int(time.time()) // 3600
        now, *before = await self._redis.mget([keys.readings(str(this - back)) for back in range(25)])
        return int(now or 0) + sum(max(int(one or 0), at_least) for one in before)

    async def read_before(self) -> datetime | None:
        """When another API version's feed was read to its end, while this one's was not yet; else None."""
        value = await self._redis.get(keys.READ_BEFORE)
        return None if value is None else datetime.fromisoformat(value.decode())

    async def absence(self, since: datetime, until: datetime) -> datetime:
        """Nobody read the feed `since` then; until when, as the first reading of this absence said."""
        pipe = self._redis.pipeline()
        pipe.hsetnx(keys.ABSENCE, "since", since.timestamp()).hsetnx(keys.ABSENCE, "until", until.timestamp())
        pipe.hget(keys.ABSENCE, "until").expire(keys.ABSENCE, READING)
        *_, began, _ = await pipe.execute()
        return datetime.fromtimestamp(float(began), UTC)

    async def owed(self, thread_id: str) -> datetime | None:
        """Since when messages of the thread may have been missed that are not shown; None where none were."""
        at = await self._owed(keys=[keys.OWED], args=[thread_id])
        return datetime.fromtimestamp(float(at), UTC) if at else None

    async def caught_up(self, thread_id: str) -> None:
        """What was missed of the thread is shown, or waits to be."""
        pipe = self._redis.pipeline()
        pipe.hdel(keys.OWED, thread_id).sadd(keys.CAUGHT_UP, thread_id).expire(keys.CAUGHT_UP, keys.WEEK)
        await pipe.execute()

    async def knows_gap(self) -> bool:
        """Whether it is noted that events are lost to the feed; of this absence, a digest may have told it since."""
        pipe = self._redis.pipeline()
        return any(await pipe.exists(keys.GAP).hexists(keys.ABSENCE, "gap").execute())

    async def drop_gap(self) -> None:
        """There is nothing to tell: nobody wrote meanwhile."""
        await self._redis.delete(keys.GAP)

    async def stir(self) -> None:
        """Somebody acts now."""
        await self._redis.set(keys.ACTIVE, int(time.time()))

    async def quiet_for(self) -> tuple[float, float]:
        """Seconds since somebody last acted, here or in Inbox, and since a webhook last came; infinite for never.

        A webhook's time that has not come yet is left over from before a clock was set back, and proves nothing.
        """
        active, webhook = await self._redis.mget(keys.ACTIVE, keys.WEBHOOK_AT)
        idle, without = (time.time() - float(at) if at else math.inf for at in (active, webhook))
        return max(0.0, idle), math.inf if without < -CLOCKS_DIFFER else max(0.0, without)

    async def miss_gap(self, thread_ids: Iterable[str], since: datetime) -> None:
        """Events since then are lost to the feed: these are the threads in which somebody wrote."""
        pipe = self._redis.pipeline()
        for one in thread_ids:
            pipe.zadd(keys.MISSED, {one: since.timestamp()}, lt=True).hsetnx(keys.OWED, one, since.timestamp())
        pipe.set(keys.GAP, since.isoformat(), ex=keys.WEEK)
        pipe.hset(keys.ABSENCE, "gap", 1).expire(keys.ABSENCE, READING)
        await pipe.execute()

    async def has_missed(self) -> bool:
        """Whether something waits for a digest."""
        return bool(await self._redis.exists(keys.MISSED))

    async def missed_more(self, ref: str) -> bool:
        """Whether events are lost to the feed beside what `collect` answered for `ref`."""
        return bool(await self._redis.exists(f"{keys.MISSED}:{ref}:gap"))

    async def collect(self, ref: str) -> list[Missed]:
        """What was missed so far, by the time of the first message; the same again for the same `ref`."""
        place = f"{keys.MISSED}:{ref}"
        await self._collect(keys=[keys.CURSOR], args=[place])
        threads = await self._redis.zrange(place, 0, -1, withscores=True)
        counts = await self._redis.hgetall(f"{place}:count")
        return [
            Missed(one.decode(), int(counts.get(one, 1)), datetime.fromtimestamp(at, UTC)) for one, at in threads if one
        ]

    async def shown(self, message_ids: Iterable[str]) -> set[str]:
        """Which of these messages are in a channel already, or on their way there."""
        return await self._marked("message", message_ids)

    async def missed(self, message_ids: Iterable[str]) -> set[str]:
        """Which of these messages were counted for a digest; their own times may be older than their events'."""
        return await self._marked("missed", message_ids)

    async def unseen(self, messages: Sequence[Message], since: datetime) -> list[Message]:
        """Those of a thread's newest messages, newest first, that its person wrote `since` and that no channel shows.

        Oldest first; what was counted for a digest is among them, however old.
        """
        missed = await self.missed(one.id for one in messages)
        theirs = [one for one in reversed(messages) if one.inbound and (one.id in missed or one.created_at >= since)]
        known = await self.shown(one.id for one in theirs)
        return [one for one in theirs if one.id not in known]

    async def _marked(self, mark: str, message_ids: Iterable[str]) -> set[str]:
        ids = list(message_ids)
        found = await self._redis.mget([keys.once(f"{mark}:{one}") for one in ids]) if ids else []
        return {one for one, mark in zip(ids, found, strict=True) if mark is not None}

    async def began(self) -> datetime:
        """When this bot ran for the first time; what happened before is history and is not posted."""
        await self._redis.set(keys.BEGAN, utc_now().isoformat(), nx=True)
        return datetime.fromisoformat((await self._redis.get(keys.BEGAN)).decode())

    # --- conversations in which very much is written -----------------------------------------------------------------

    async def is_busy(self, thread_id: str) -> bool:
        """One more message of the thread is to be read; whether that makes many in a minute."""
        pipe, name = self._redis.pipeline(), keys.read_lately(thread_id, "count")
        pipe.set(name, 0, ex=60, nx=True).incr(name)
        _, count = await pipe.execute()
        return int(count) > BUSY

    async def listing_rests(self, thread_id: str) -> float:
        """Seconds until a busy thread's messages may be listed again; 0 when that is now."""
        name = keys.read_lately(thread_id, "listed")
        if await self._redis.set(name, "1", px=int(LISTED_EACH * 1000), nx=True):
            return 0.0
        return max(int(await self._redis.pttl(name)), 1) / 1000

    async def keep_read(self, thread_id: str, messages: Sequence[Message]) -> None:
        """These were listed, for the events that tell of them one by one."""
        if messages:
            pipe = self._redis.pipeline()
            found = {one.id: one.json() for one in messages}
            pipe.hset(keys.read_lately(thread_id), mapping=found).expire(keys.read_lately(thread_id), 60)
            await pipe.execute()

    async def read_lately(self, thread_id: str, message_id: str) -> Message | None:
        raw = await self._redis.hget(keys.read_lately(thread_id), message_id)
        return Message.read(raw) if raw else None
