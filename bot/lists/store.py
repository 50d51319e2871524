"""Lists of conversations that somebody is looking at, so that they can turn pages and act on them."""

from __future__ import annotations

from typing import Final

from redis.asyncio import Redis

from bot.models import Record, Thread
from bot.store import keys
from bot.store.kept import Kept

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


class Listings(Kept[Listing]):
    """By id; gone an hour after the list was made."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis, Listing, keys.listing, LISTING_LIVES)
