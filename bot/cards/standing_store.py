"""What stands in a channel, of all that is known of it, while it is drawn anew."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from bot.models import Place
from bot.store import keys


class Standing:
    """Collected once, newest first, and read in parts."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once

    async def collect(self, channel: str) -> list[str]:
        """The ts of the cards, also of those that have moved on; kept are those of posts and receipts below besides."""
        cards, posts = await self._of(keys.card_at(channel, "*")), await self._of(keys.post(channel, "*"))
        found = dict.fromkeys((*cards, *posts), "") | await self._receipts(channel)
        pipe = self._redis.pipeline()
        pipe.delete(keys.standing(channel))
        if lines := [f"{ts} {found[ts]}" for ts in sorted(found, key=float, reverse=True)]:
            pipe.rpush(keys.standing(channel), *lines).expire(keys.standing(channel), keys.WEEK)
        await pipe.execute()
        return cards

    async def part(self, channel: str, begin: int, count: int) -> list[tuple[Place, str]]:
        """`count` places at the most of what was collected, from number `begin` on; of a receipt, with its id."""
        found = await self._redis.lrange(keys.standing(channel), begin, begin + count - 1)
        parts = (line.decode().partition(" ") for line in found)
        return [(Place(channel, ts), receipt) for ts, _, receipt in parts]

    async def _receipts(self, channel: str) -> dict[str, str]:
        """The ids of receipts in the channel, by where they stand."""
        ids = await self._of(keys.receipt("*"))
        pipe = self._redis.pipeline(transaction=False)
        for one in ids:
            pipe.hmget(keys.receipt(one), "channel", "ts")
        places = await pipe.execute()
        return {ts.decode(): one for one, (at, ts) in zip(ids, places, strict=True) if at == channel.encode()}

    async def _of(self, pattern: str) -> list[str]:
        names = self._redis.scan_iter(match=pattern, count=2_000)
        return [name.decode().rpartition(":")[2] async for name in names]
