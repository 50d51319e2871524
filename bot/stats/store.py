"""What came and what was answered, counted by day; each message counts once, however often its event comes.

A conversation waits from its first message that nobody has answered until somebody does, or it is closed. An answer may
be heard of before what it answers, or after what came later, as after an absence.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from redis.asyncio import Redis

from bot.stats.figures import Answer, Day, Fact
from bot.stats.jobs import Count
from bot.store import keys
from bot.store.scripts import script

LIVES: Final = 40 * 86_400  # seconds that a day is kept; 30 days are shown


class Counts:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._received = script(redis, "stats/received.lua")
        self._sent = script(redis, "stats/sent.lua")

    async def since(self) -> date:
        """The day on which counting began; today, when it is asked for the first time."""
        await self._redis.set(keys.COUNTED_SINCE, _day(datetime.now(UTC)).isoformat(), nx=True)
        return date.fromisoformat((await self._redis.get(keys.COUNTED_SINCE)).decode())

    async def received(self, job: Count) -> None:
        """Somebody outside wrote; a thread in which nobody waits yet waits from now on."""
        await self._received(keys=[keys.UNANSWERED], args=[*received_of(job), job.thread_id, job.message_id])

    async def sent(self, thread_id: str, message_id: str, at: datetime, member: str, *, certain: bool) -> None:
        """The team wrote: an answer, if somebody waits. Who wrote it may be told more certainly a second time."""
        args: list[str | int | float] = [
            keys.answered(_day(at)),
            LIVES,
            thread_id,
            message_id,
            at.timestamp(),
            member,
            int(certain),
        ]
        await self._sent(keys=[keys.UNANSWERED, keys.latest_of(thread_id)], args=args)

    async def note(self, message_id: str, fact: Fact) -> None:
        """What a message of the team is about, for when it turns out to be an answer."""
        name = keys.answer_facts(_day(fact.at))
        pipe = self._redis.pipeline()
        pipe.hset(name, message_id, fact.json()).expire(name, LIVES)
        await pipe.execute()

    async def closed(self, thread_id: str) -> None:
        """Nobody waits there any more."""
        await self._redis.hdel(keys.UNANSWERED, thread_id)

    async def days(self, days: Sequence[date]) -> list[Day]:
        """What was counted on each of `days`."""
        pipe = self._redis.pipeline(transaction=False)
        for day in days:
            pipe.hvals(keys.received(day)).hgetall(keys.answered(day)).hgetall(keys.answer_facts(day))
        found = await pipe.execute()
        parts = zip(days, found[::3], found[1::3], found[2::3], strict=True)
        return [
            Day(
                day=day,
                received=tuple(one.decode() for one in came),
                answers=tuple(_answer(raw, facts.get(message)) for message, raw in answers.items()),
            )
            for day, came, answers, facts in parts
        ]

    async def reports(self, count: int = 50) -> list[str]:
        """The channels whose report is due."""
        found = await self._redis.zrangebyscore(keys.REPORTS, "-inf", time.time(), start=0, num=count)
        return [one.decode() for one in found]

    async def report(self, channel: str) -> float | None:
        """When the channel's next report is due."""
        found = await self._redis.zscore(keys.REPORTS, channel)
        return None if found is None else float(found)

    async def save_report(self, channel: str, at: float | None) -> None:
        """When the channel's next report is due; None for never."""
        if at is None:
            await self._redis.zrem(keys.REPORTS, channel)
        else:
            await self._redis.zadd(keys.REPORTS, {channel: at})

    async def anything(self) -> bool:
        """Whether a report is due."""
        return bool(await self.reports(1))


def received_of(job: Count) -> list[str | int | float]:
    """What the script wants to know of a message to us: its day's key, how long that lives, the thread's, and when."""
    return [keys.received(_day(job.when)), LIVES, keys.latest_of(job.thread_id), job.when.timestamp()]


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def _answer(raw: bytes, fact: bytes | None) -> Answer:
    seconds, _, member = raw.decode().partition(" ")
    known = Fact.read(fact) if fact else None
    return Answer(member=member, seconds=float(seconds), fact=known)
