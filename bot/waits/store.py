"""Which waits have been noticed, and of which ones somebody is still to be told in a direct message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from redis.asyncio import Redis

from bot.models import Place
from bot.store import keys
from bot.store.scripts import script

SEEN_HOLDS: Final = 300  # seconds until Slack is asked again whether somebody is in a channel


class Noticed:
    """Raises `StoreUnavailable` when Redis does not answer. Times are written as Unix seconds."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._add = script(redis, "waits/untold.lua")
        self._told = script(redis, "waits/told.lua")

    async def until(self, thread_id: str) -> datetime | None:
        """When the last message was written of which was noticed that somebody waits; None where that never was."""
        raw = await self._redis.hget(keys.card(thread_id), "noticed")
        return datetime.fromtimestamp(float(raw), UTC) if raw else None

    async def put(self, thread_id: str, until: datetime) -> None:
        await self._redis.hset(keys.card(thread_id), "noticed", repr(until.timestamp()))

    async def mentions(self, place: Place, user: str) -> None:
        """The post at `place` mentions `user`, and goes on doing so when it is drawn anew."""
        await self._redis.set(keys.mentioned(*place), user, ex=keys.WEEK)

    async def mentioned(self, place: Place) -> str:
        """The Slack user whom the post mentions; "" for nobody."""
        user = await self._redis.get(keys.mentioned(*place))
        return user.decode() if user else ""

    async def saw_in(self, channel: str, user: str) -> None:
        """The user is a member of the channel."""
        await self._redis.set(keys.member_of(channel, user), "1", ex=SEEN_HOLDS)

    async def is_in(self, channel: str, user: str) -> bool:
        """Whether they were lately seen to be."""
        return bool(await self._redis.exists(keys.member_of(channel, user)))

    async def tell(self, user: str, thread_id: str, since: datetime) -> None:
        """`user` is to be told of this wait, once in seven days."""
        at = repr(since.timestamp())
        await self._add(keys=[keys.untold(user), keys.once(f"wait:{thread_id}:{at}")], args=[thread_id, at])

    async def untold(self, user: str) -> dict[str, datetime]:
        """The threads in which somebody waits that `user` is to be told of, and since when; longest first."""
        found = {one.decode(): float(at) for one, at in (await self._redis.hgetall(keys.untold(user))).items()}
        return {one: datetime.fromtimestamp(at, UTC) for one, at in sorted(found.items(), key=lambda one: one[1])}

    async def told(self, user: str, waits: Mapping[str, datetime]) -> None:
        """They were told of these, or need not be."""
        args = [part for one, since in waits.items() for part in (one, repr(since.timestamp()))]
        await self._told(keys=[keys.untold(user)], args=args)
