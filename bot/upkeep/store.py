"""How long what is kept of conversations lives, and how little of it stays where nothing happens.

A card's time to live begins anew with each change, so what is left of it tells for how long there was none. Who waits
for an answer has no such time: that ends with the answer, or with the card.
"""

from __future__ import annotations

import sys
import time
from typing import Any, Final

from redis.asyncio import Redis

from bot.cards.store import kept as written
from bot.models import Thread
from bot.store import keys
from bot.store.channels import note
from bot.store.scripts import script

_OF_THE_GONE: Final = ("thread", "gone", "channel", "ts")
AT_ONCE: Final = 200  # waits that one look takes: a fraction of a millisecond of Redis' time


class Lifetimes:
    """A card is kept for `days` after its conversation last changed. Raises `StoreUnavailable`."""

    def __init__(self, redis: Redis, days: int = 365) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._lives = days * keys.DAY
        self._rest = script(redis, "upkeep/rest.lua")
        self._some = script(redis, "upkeep/some.lua")
        self._waits = script(redis, "upkeep/waits.lua")
        self._unanswered = script(redis, "upkeep/unanswered.lua")

    async def is_whole(self) -> bool:
        """Whether all is looked at, as once in a day: else only what may have come to rest since the last look."""
        return bool(await self._redis.set(keys.TIDIED, "1", nx=True, ex=keys.DAY))

    async def some(self, cursor: int, *, whole: bool = True) -> tuple[int, list[str]]:
        """Ids of some threads to look at, and where to go on; 0 at the end. Each comes at least once.

        Places of cards that have moved on, as an older version left them, are from now on forgotten in time, and
        channels known of which it left something.
        """
        begins = [keys.card(""), keys.card_at("", "")[:-1], keys.CARD_OR_CHANNEL]
        following, cards, others = await self._some(keys=[keys.TIDIED], args=[cursor, *begins, self._lives, int(whole)])
        await note(self._redis, [one.decode() for one in others])
        return int(following), [one.decode().removeprefix(keys.card("")) for one in cards]

    async def rest(self, thread_id: str) -> None:
        """Bring what leads to the card, and what is kept of it, in line with how long nothing has changed.

        After a week, of what Inbox can tell again only the names stay; of a conversation that is gone, only ids.
        """
        card = keys.card(thread_id)
        raw, gone, channel, ts = await self._redis.hmget(card, "thread", "gone", "channel", "ts")
        if raw is None:
            return
        thread, left = Thread.read(raw), await self._redis.ttl(card)
        people = {thread.contact_id, thread.person.platform_id if thread.person else None} - {None}
        places = [keys.card_at(channel.decode(), ts.decode())] if channel and ts else []
        names = [card, keys.routed(thread_id), *places, *(keys.threads_of(str(one)) for one in people)]
        at_rest = 0 <= left < self._lives - keys.WEEK
        kept = written(_bare(thread) if gone else _slim(thread)) if gone or at_rest else ""
        kept = "" if kept == raw.decode() else kept  # that was done before
        await self._rest(keys=names, args=[self._lives, raw, kept, int(bool(gone)), *_OF_THE_GONE])

    async def waits(self, passed: int) -> int | None:
        """End some waits of which nothing was heard for as long as a card is kept, and that have no card any more.

        `passed` is how many of those who wait longest are to be passed over. Answers how many next; None at the end.
        """
        found = await self._waits(keys=[keys.WAITING], args=[passed, time.time() - self._lives, AT_ONCE])
        return None if found is None else int(found)

    async def unanswered(self, cursor: int) -> int:
        """The same of what figures know of waits; where to go on, 0 at the end."""
        return int(await self._unanswered(keys=[keys.UNANSWERED], args=[cursor, time.time() - self._lives, AT_ONCE]))


def _slim(thread: Thread) -> Thread:
    known = {"bio", "picture", "followers", "verified"}
    if thread.person and thread.person.contact_id == thread.contact_id:
        known.add("contact_id")  # as `Thread.read` has it from the thread
    person = thread.person and thread.person.having(**dict.fromkeys(known))
    return thread.having(person=person, last_message=None, platform_id=None, platform=_named(thread.platform))


def _bare(thread: Thread) -> Thread:
    return Thread(id=thread.id, account_link_id=thread.account_link_id, platform=_named(thread.platform))


def _named(platform: str) -> str:
    """The platform as the code has it: a default is left out of JSON where it is the same object."""
    return sys.intern(platform)
