"""The messages that are sent later, each with its text until it is sent or given back."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final, NamedTuple

from redis.asyncio import Redis

from bot.later.jobs import Scheduled
from bot.models import Place
from bot.queue.job import utc_now
from bot.store import keys
from bot.store.scripts import script

ANSWER: Final = timedelta(days=7)  # how long somebody who is asked has to answer
LISTED: Final = 400 * 24 * 3600  # seconds; no message waits for so long
AGAIN: Final = 25 * 3600.0  # seconds after which one that was rung for and is still there is rung for again

Change = Callable[[Scheduled], Scheduled | None]


class Due(NamedTuple):
    """A message to look at, and when that was due (Unix seconds)."""

    about: str
    at: float


class Schedule:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._put = script(redis, "later/put.lua")
        self._rung = script(redis, "snooze/rung.lua")  # the same, of another list

    async def begin(self, message: Scheduled) -> bool:
        """It waits from now on; nothing happens where it does already. False where all that became of it is over."""
        return await self._write(message, "") >= 0

    async def move(self, about: str, by: str, change: Change) -> Scheduled | None:
        """The message after `change`, or as `by`, the same job, has left it before; None where it is not to change.

        Two changes at once happen one after the other.
        """
        while known := await self.get(about):
            if by == known.by:
                return known
            changed = change(known)
            if changed is None:
                return None
            moved = changed.having(by=by, rev=known.rev + 1, decided=utc_now())
            if await self._write(moved, str(known.rev)) > 0:
                return moved
        return None

    async def get(self, about: str) -> Scheduled | None:
        """None where there is none of that name, or no more."""
        raw = await self._redis.get(keys.scheduled(about))
        return Scheduled.read(raw) if raw else None

    async def all(self) -> list[Scheduled]:
        """Those whose writers may still decide, the soonest first."""
        return await self._of([one.decode() for one in await self._redis.zrange(keys.SCHEDULED, 0, -1)])

    async def between(self, line: str) -> list[Scheduled]:
        """The same, of those from one account to one person."""
        return await self._of([one.decode() for one in await self._redis.smembers(keys.scheduled_to(line))])

    async def of_intent(self, line: str, intent: str) -> Scheduled | None:
        """The one of that attempt, of those from one account to one person, whatever has become of it."""
        names = [one.decode() for one in await self._redis.smembers(keys.scheduled_to(line))]
        return next(iter([await self.get(one) for one in names if one.endswith(f"-{intent}")]), None)

    async def _of(self, names: list[str]) -> list[Scheduled]:
        found = await self._redis.mget([keys.scheduled(one) for one in names]) if names else []
        there = [Scheduled.read(raw) for raw in found if raw]
        return sorted((one for one in there if one.open), key=lambda one: one.order)

    async def erase(self, message: Scheduled) -> None:
        """It is over, and nothing is kept of it but that: whoever wrote it down and died does so again."""
        pipe = self._redis.pipeline()
        pipe.set(_erased(message.id), "1", ex=keys.WEEK)
        pipe.delete(keys.scheduled(message.id), keys.scheduled_post(message.id))
        pipe.zrem(keys.SCHEDULED, message.id).srem(keys.scheduled_to(message.to), message.id)
        await pipe.execute()

    async def due(self, count: int = 200) -> list[Due]:
        """The messages to look at now, longest due first."""
        now = time.time()
        found = await self._redis.zrangebyscore(keys.SCHEDULED, "-inf", now, start=0, num=count, withscores=True)
        return [Due(one.decode(), at) for one, at in found]

    async def anything(self) -> bool:
        return bool(await self.due(1))

    async def rung(self, due: Due, *, lost: bool = False) -> None:
        """Work is under way for it, or there is nothing of it any more; nothing happens when it has another time."""
        if lost:
            await self._redis.zrem(keys.SCHEDULED, due.about)
            return
        await self._rung(keys=[keys.SCHEDULED], args=[due.about, repr(due.at), repr(time.time() + AGAIN)])

    async def post_at(self, about: str) -> Place | None:
        """Where it is shown below its card; None while it is not."""
        channel, ts = await self._redis.hmget(keys.scheduled_post(about), "channel", "ts")
        return Place(channel.decode(), ts.decode()) if channel and ts else None

    async def posts(self) -> dict[Place, str]:
        """Where those whose writers may still decide are shown, with their names."""
        found = {await self.post_at(one.id): one.id for one in await self.all()}
        return {place: about for place, about in found.items() if place}

    async def put_post(self, message: Scheduled, place: Place) -> None:
        name, pipe = keys.scheduled_post(message.id), self._redis.pipeline()
        pipe.hset(name, mapping=place._asdict()).expire(name, _lives(_look_at(message)))
        await pipe.execute()

    async def _write(self, message: Scheduled, rev: str) -> int:
        names = [keys.scheduled(message.id), keys.SCHEDULED, keys.scheduled_to(message.to), _erased(message.id)]
        look = _look_at(message)
        args = [message.id, rev, message.json(), repr(look.timestamp()), _lives(look), LISTED]
        return int(await self._put(keys=names, args=args))


def _erased(about: str) -> str:
    return keys.once(f"scheduled:{about}")


def _look_at(message: Scheduled) -> datetime:
    """At its time; one that asks, when the time to answer is over; one that goes or is over, when it should be gone."""
    match message.state:
        case "waits":
            return message.at
        case "asks":
            return max(message.at, message.asked or message.at) + ANSWER
    return utc_now() + timedelta(seconds=AGAIN)


def _lives(look: datetime) -> int:
    return max(0, ceil((look - utc_now()).total_seconds())) + keys.FORTNIGHT
