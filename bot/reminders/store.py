"""Who waits for an answer since when, and when to look at it again: known from what passes by, without asking Inbox.

A wait begins with the first inbound message after an answer, an archive or nothing, and ends with the next of these;
it goes on where an archived conversation is reopened that nobody has answered. Reminded of it, it waits for a reminder
again only from the next inbound message on: one reminder for each. All times are Unix seconds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Any, Final, NamedTuple

from redis.asyncio import Redis

from bot.store import keys
from bot.store.again import arguments, due_now
from bot.store.scripts import script

FIRST_LOOK: Final = 900.0  # seconds; most are answered by then, and no reminder is wanted sooner
FORGOTTEN: Final = keys.FORTNIGHT  # seconds after which nobody is reminded any more, though they wait
COUNTED: Final = 500  # waits that are counted at once, as Redis does nothing else meanwhile
MOST: Final = 10_000  # waits that are told of or counted


class Wait(NamedTuple):
    """A thread that waits: since the `first` unanswered message, and since the first one nobody was reminded of."""

    first: float
    since: float | None


def wrote_of(thread_id: str, at: float, message_id: str) -> list[str]:
    """What the script wants to know of a message to us: when, which, when to look, and two of the thread's keys."""
    return [repr(at), message_id, repr(at + FIRST_LOOK), keys.waiting(thread_id), keys.wait_began(thread_id)]


class Waiting:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._wrote = script(redis, "reminders/wrote.lua")
        self._answered = script(redis, "reminders/answered.lua")
        self._closed = script(redis, "reminders/closed.lua")
        self._reopened = script(redis, "reminders/reopened.lua")
        self._reminded = script(redis, "reminders/reminded.lua")
        self._again = script(redis, "store/again.lua")
        self._by_channel = script(redis, "reminders/by_channel.lua")

    async def wrote(self, thread_id: str, at: float, message_id: str = "") -> bool:
        """Somebody wrote to us. Whether a wait begins with this message; the same answer when it is asked again."""
        return bool(await self._run(self._wrote, thread_id, repr(at), repr(at + FIRST_LOOK), message_id))

    async def answered(self, thread_id: str, at: float) -> bool:
        """Our side wrote; what they write later waits for the next answer. Whether somebody had waited for this one."""
        return bool(await self._run(self._answered, thread_id, repr(at)))

    async def closed(self, thread_id: str, at: float, *, inboxs: bool = False) -> bool:
        """The conversation was archived, or is gone; whether that ended a wait.

        `inboxs` tells that `at` is by Inbox's clock, as messages are.
        """
        return bool(await self._run(self._closed, thread_id, repr(at), str(int(inboxs))))

    async def sleeps(self, thread_id: str, until: datetime) -> None:
        """The conversation is snoozed: what is known of who waits in it outlasts that."""
        lives = ceil(until.timestamp() - time.time()) + keys.FORTNIGHT
        await self._redis.expire(keys.waiting(thread_id), lives)

    async def reopened(self, thread_id: str, *, woken: bool = False) -> None:
        """It is open again: who waited when it was archived waits on. Where it was `woken`, targets begin anew."""
        await self._run(self._reopened, thread_id, repr(time.time()), str(int(woken)))

    async def reminded(self, thread_id: str, since: float) -> None:
        """Whoever had to know was reminded of what was written since then."""
        await self._run(self._reminded, thread_id, repr(since))

    async def get(self, thread_id: str) -> Wait | None:
        first, since = await self._redis.hmget(keys.waiting(thread_id), "first", "since")
        return Wait(float(first), float(since) if since else None) if first else None

    async def all(self) -> dict[str, float]:
        """The threads that wait and of which people are reminded, and since when, longest first; 10,000 at the most."""
        since = time.time() - FORGOTTEN
        found = await self._redis.zrangebyscore(keys.WAITING, since, "+inf", start=0, num=MOST, withscores=True)
        return {one.decode(): at for one, at in found}

    async def by_channel(self) -> dict[str, tuple[int, float]]:
        """Of those of which people are reminded, by their cards' channels ("" without one): how many, and since when.

        Of 10,000 at the most, those who wait longest.
        """
        begun, counted = time.time() - FORGOTTEN, dict[str, tuple[int, float]]()
        for passed in range(0, MOST, COUNTED):
            found = await self._by_channel(keys=[keys.WAITING], args=[begun, passed, COUNTED])
            for channel, count, since in found:
                before, first = counted.get(channel.decode(), (0, float(since)))
                counted[channel.decode()] = (before + int(count), first)
            if sum(int(count) for _, count, _ in found) < COUNTED:
                break
        return counted

    async def everybody(self) -> list[str]:
        """Ids of all threads that wait, however long, the longest first."""
        return [one.decode() for one in await self._redis.zrange(keys.WAITING, 0, -1)]

    async def due(self, count: int = 200) -> dict[str, float]:
        """The threads to look at now, and by when that was."""
        return await due_now(self._redis, keys.DUE, count)

    async def look_again(self, due: Mapping[str, float], again: Mapping[str, float]) -> None:
        """When to look at these threads next that were `due`; without a time, nobody is reminded of this wait any more.

        Where that changed meanwhile, as a setting did or another wait began, it stays as it is.
        """
        await self._again(keys=[keys.DUE, *map(keys.waiting, due)], args=arguments(due, again))

    async def look_at_all(self) -> None:
        """Look at every thread at once: what counts has changed. A look that is under way knows nothing of it."""
        found = await self._redis.zrange(keys.DUE, 0, -1)
        if found:
            await self._redis.zadd(keys.DUE, dict.fromkeys(found, -time.time()), xx=True)

    async def mornings(self, count: int = 50) -> list[str]:
        """The channels whose digest is due."""
        found = await self._redis.zrangebyscore(keys.MORNINGS, "-inf", time.time(), start=0, num=count)
        return [one.decode() for one in found]

    async def save_morning(self, channel: str, at: float | None) -> None:
        """When the channel's next digest is due; None for never."""
        if at is None:
            await self._redis.zrem(keys.MORNINGS, channel)
        else:
            await self._redis.zadd(keys.MORNINGS, {channel: at})

    async def next_morning(self, channel: str, was: float, at: float | None) -> None:
        """The digest that `was` due is over; what an admin has chosen meanwhile stays."""
        await self._again(keys=[keys.MORNINGS], args=arguments({channel: was}, {} if at is None else {channel: at}))

    async def morning(self, channel: str) -> float | None:
        found = await self._redis.zscore(keys.MORNINGS, channel)
        return None if found is None else float(found)

    async def anything(self) -> bool:
        """Whether there is something to look at now."""
        return bool(await self.due(1) or await self.mornings(1))

    async def _run(self, script: Any, thread_id: str, *args: str) -> Any:
        """The times go as text, so that they come back as they went."""
        names = [keys.WAITING, keys.DUE, keys.waiting(thread_id), keys.wait_began(thread_id)]
        return await script(keys=names, args=[thread_id, *args])
