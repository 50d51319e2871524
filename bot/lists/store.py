"""Lists of conversations that somebody is looking at, so that they can turn pages and act on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import field
from redis.asyncio import Redis

from bot.models import Thread
from bot.records import Record
from bot.store import keys
from bot.store.kept import Kept

LISTING_LIVES: Final = 3600  # seconds
MOST: Final = 100  # conversations that something is done with at once


class Listing(Record):
    """What `user`, and nobody else, sees: what it is about, the conversations in order, and what to know of them.

    `title` and `notes` are mrkdwn; `cut` are the kinds of search that did not read all there is. With `boxes`, each row
    can be ticked; `running` names what is being done with those that were, and `said` (mrkdwn) what becomes of that.
    `turn` counts how often a row came to show another message, and `came` tells of each row by which turn: what Slack
    shows may be older.
    """

    user: str
    title: str
    threads: tuple[Thread, ...] = ()
    notes: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    boxes: bool = False
    running: str = ""
    said: str = ""
    turn: int = 0
    came: dict[str, int] = field(default_factory=dict)

    @property
    def open(self) -> list[str]:
        """The threads that are not archived."""
        return [one.id for one in self.threads if not one.archived]

    def newest_in(self, thread_id: str) -> datetime | None:
        """When the newest message was written that a row shows; None for unknown."""
        row = next((one for one in self.threads if one.id == thread_id), None)
        return row.last_message.created_at if row and row.last_message else None

    def with_change(self, thread_id: str, thread: Thread | None) -> Listing:
        """The same list after `thread_id` became `thread`, or was deleted."""
        kept = (thread if one.id == thread_id else one for one in self.threads)
        after = self.having(threads=tuple(one for one in kept if one is not None))
        if after.newest_in(thread_id) == self.newest_in(thread_id):
            return after
        turn = self.turn + 1
        return after.having(turn=turn, came={**self.came, thread_id: turn})


class Listings(Kept[Listing]):
    """By id; gone an hour after the list was made."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis, Listing, keys.listing, LISTING_LIVES)

    async def shown_to(self, user: str, seen_in: str) -> Listing | None:
        """What `user` sees, in a list or at Home; None where it is gone, or another's."""
        if seen_in == "home":
            return await self.get(f"home-{user}")
        return (await self.seen(seen_in, user))[2]

    async def seen(self, seen_in: str, user: str) -> tuple[str, int, Listing | None]:
        """The id and page of the list in which `user` sees a row, and the list; None where it is gone, or another's."""
        _list, listing_id, page = seen_in.split("|")
        shown = await self.get(listing_id)
        return listing_id, int(page), shown if shown and shown.user == user else None


class Ticks:
    """The rows of a list that are ticked; gone with the list. Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once

    async def of(self, listing_id: str) -> set[str]:
        return {one.decode() for one in await self._redis.smembers(keys.ticked(listing_id))}

    async def tick(self, listing_id: str, thread_id: str, *, on: bool) -> None:
        """Tick one row, or take its tick away."""
        pipe, key = self._redis.pipeline(), keys.ticked(listing_id)
        (pipe.sadd if on else pipe.srem)(key, thread_id)
        pipe.expire(key, LISTING_LIVES)
        await pipe.execute()

    async def put(self, listing_id: str, thread_ids: Sequence[str]) -> None:
        """Let these be ticked, and no others."""
        pipe, key = self._redis.pipeline(), keys.ticked(listing_id)
        pipe.delete(key)
        if thread_ids:
            pipe.sadd(key, *thread_ids).expire(key, LISTING_LIVES)
        await pipe.execute()
