"""Which waits people were mentioned for because a rule says so, and what a channel still has to hear of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from redis.asyncio import Redis

from bot.card import Card
from bot.store import keys
from bot.store.scripts import script

MENTIONS: Final = 20  # in one channel within an hour
HOUR: Final = 3_600_000  # ms


class MentionStore:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._room = script(redis, "rules/room.lua")

    async def is_done(self, card: Card) -> bool:
        """Whether people were mentioned for the wait that the card shows: a message of it was written by then."""
        until = await self._redis.get(keys.mentioned_until(card.thread.id))
        return until is not None and card.waiting_since is not None and card.waiting_since.timestamp() <= float(until)

    async def done(self, card: Card) -> None:
        times = [one for one in (card.waiting_since, card.latest and card.latest.created_at) if one]
        until = repr(max(times).timestamp()) if times else "0"
        await self._redis.set(keys.mentioned_until(card.thread.id), until, ex=keys.FORTNIGHT)

    async def has_room(self, channel: str, wait: str, rule: str) -> bool:
        """Whether the channel bears another mention in this hour; else it is kept for the summary.

        `wait` is a thread and since when somebody waits there.
        """
        names = [keys.mentions(channel), keys.mentions_left(channel)]
        return bool(await self._room(keys=names, args=[wait, MENTIONS, HOUR, rule]))

    async def rests(self, channel: str) -> float:
        """Seconds until the channel bears another mention; 0 where it does."""
        if await self._redis.zcard(keys.mentions(channel)) < MENTIONS:
            return 0.0
        ((_, first),) = await self._redis.zrange(keys.mentions(channel), 0, 0, withscores=True)
        seconds, micros = await self._redis.time()
        return max(0.0, (float(first) + HOUR) / 1000 - int(seconds) - int(micros) / 1e6)

    async def left(self, channel: str) -> dict[str, str]:
        """The waits that found no room, and the rules."""
        found = await self._redis.hgetall(keys.mentions_left(channel))
        return {wait.decode(): rule.decode() for wait, rule in found.items()}

    async def summed_up(self, channel: str, waits: Iterable[str]) -> None:
        """The channel has heard of these."""
        await self._redis.hdel(keys.mentions_left(channel), *waits)
