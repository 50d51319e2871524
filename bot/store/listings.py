"""Lists of conversations that somebody is looking at, so that they can turn pages and act on them."""

from __future__ import annotations

from typing import Any, Final

from redis.asyncio import Redis

from bot.models import Record, Thread
from bot.store import keys

LISTING_LIVES: Final = 3600  # seconds


class Listing(Record):
    """What `user`, and nobody else, sees: what it is about, the conversations in order, and what to know of them.

    `title` and `notes` are mrkdwn; `cut` are the kinds of search that did not read all there is.
    """

    user: str
    title: str
    threads: tuple[Thread, ...] = ()
    notes: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()

    def with_change(self, thread_id: str, thread: Thread | None) -> Listing:
        """The same list after `thread_id` became `thread`, or was deleted."""
        kept = (thread if one.id == thread_id else one for one in self.threads)
        return self.model_copy(update={"threads": tuple(one for one in kept if one is not None)})


class Listings:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once

    async def keep(self, listing_id: str, listing: Listing) -> None:
        await self._redis.set(keys.listing(listing_id), listing.model_dump_json(), ex=LISTING_LIVES)

    async def get(self, listing_id: str) -> Listing | None:
        """The list, None when it was made more than an hour ago."""
        raw = await self._redis.get(keys.listing(listing_id))
        return Listing.model_validate_json(raw) if raw else None
