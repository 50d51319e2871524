"""The messages that wait to be shown, and those that each post shows.

A message waits here from when it was read until Slack has it. It is taken out together with the note of where it
stands, so whoever dies in between leaves it to be shown, and nothing that was noted is shown again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from redis.asyncio import Redis

from bot.card import Card
from bot.metrics import RECEIVED, place_of
from bot.models import Message, Place
from bot.records import Record
from bot.store import keys
from bot.store.scripts import script

FRESH: Final = 2  # what a message is that waits to be shown from now on


class Entry(Record):
    """A message, and the channel in which its conversation belonged when it came.

    `seq` is its event's, for messages that were written at the same time; its number among those that were missed.
    """

    channel: str
    message: Message
    seq: int = 0

    def now(self, message: Message) -> Entry:
        """The same, saying what it says now; who wrote it from where does not change."""
        return self.having(message=message.having(sent_by=self.message.sent_by))

    @property
    def order(self) -> tuple[datetime, int, str]:
        return self.message.created_at, self.seq, self.message.id


class Waiting(NamedTuple):
    """An entry, and how it is written in Redis."""

    entry: Entry
    raw: bytes

    @property
    def message(self) -> Message:
        return self.entry.message


class Posts:
    """The messages that wait to be shown, and those that each post shows."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._put = script(redis, "cards/put_waiting.lua")
        self._amend = script(redis, "cards/amend_waiting.lua")
        self._shown = script(redis, "cards/put_shown.lua")
        self._open = script(redis, "cards/open_thread.lua")
        self._lose = script(redis, "cards/lose_card.lua")

    async def put(self, message: Message, channel: str, seq: int = 0, *, marked: bool = False) -> bool:
        """`message` is to be shown, once in seven days; whether it waits now.

        `marked` is for one that was marked as on its way before it came here.
        """
        names = [keys.unshown(message.thread_id), keys.once(f"message:{message.id}"), keys.shown(message.id)]
        entry = Entry(channel=channel, message=message, seq=seq).json()
        waits = int(await self._put(keys=names, args=[message.id, entry, int(marked)]))
        if waits == FRESH and message.inbound:
            RECEIVED.labels(place_of(channel)).inc()
        return bool(waits)

    async def waiting(self, thread_id: str) -> list[Waiting]:
        """What is to be shown, the oldest message first."""
        return _in_order(await self._redis.hvals(keys.unshown(thread_id)))

    async def amend(self, thread_id: str, message: Message) -> bool:
        """A message that waits says something else now; whether it waited."""
        raw = await self._redis.hget(keys.unshown(thread_id), message.id)
        if raw is None:
            return False
        entry = Entry.read(raw).now(message)
        return bool(await self._amend(keys=[keys.unshown(thread_id)], args=[message.id, raw, entry.json()]))

    async def put_shown(
        self, place: Place, thread_id: str, shown: Sequence[Waiting]
    ) -> tuple[list[str], list[Waiting]]:
        """These stand at `place` now: the ids of those that say something else by then, and what waits still."""
        names = [keys.unshown(thread_id), keys.post(*place), *(keys.shown(one.message.id) for one in shown)]
        args = [part for one in shown for part in (one.message.id, one.raw)]
        changed, left = await self._shown(keys=names, args=[*place, *args])
        return [one.decode() for one in changed], _in_order(left)

    async def alone(self, card: Card, place: Place) -> bool:
        """Whether the message on the card stands there alone, and nothing of the conversation below."""
        noted = await self._redis.hget(keys.card(card.thread.id), "alone")
        if noted is not None or card.latest is None:
            return noted == b"1" and card.latest is not None
        return await self.shown_at(card.latest.id) == place  # as versions left it that did not note it

    async def open(self, thread_id: str, channel: str) -> None:
        """What stands on the card alone is to be shown below it, before what comes after it."""
        await self._open(keys=[keys.card(thread_id), keys.unshown(thread_id)], args=[channel])

    async def opened(self, thread_id: str) -> None:
        """What stands on the card stands below it as well."""
        await self._redis.hset(keys.card(thread_id), "alone", "0")

    async def lose(self, thread_id: str, place: Place, messages: Sequence[Message]) -> bool:
        """The card at `place` is gone from Slack, and `messages` are to be shown again; whether there is none now."""
        entries = [Entry(channel=place.channel, message=one, seq=at) for at, one in enumerate(messages)]
        args = [part for one in entries for part in (one.message.id, one.json())]
        names = [keys.card(thread_id), keys.card_at(*place), keys.unshown(thread_id)]
        return bool(await self._lose(keys=names, args=[*place, *args]))

    async def show(self, messages: Sequence[Message], place: Place | None = None) -> None:
        """These are in a channel now: none of them waits, though its event came while they were being posted.

        They stand in the post at `place`, where that is theirs and one of the conversation's.
        """
        pipe = self._redis.pipeline()
        for seq, one in enumerate(messages):
            pipe.set(keys.once(f"message:{one.id}"), "1", ex=keys.WEEK).hdel(keys.unshown(one.thread_id), one.id)
            if place:
                entry = Entry(channel=place.channel, message=one, seq=seq)
                pipe.hset(keys.shown(one.id), mapping=place._asdict()).expire(keys.shown(one.id), keys.WEEK)
                pipe.hset(keys.post(*place), one.id, entry.json()).expire(keys.post(*place), keys.WEEK)
        await pipe.execute()

    async def shown_at(self, message_id: str) -> Place | None:
        """Where a message of the conversation stands, on its card or below it."""
        channel, ts = await self._redis.hmget(keys.shown(message_id), "channel", "ts")
        return Place(channel.decode(), ts.decode()) if channel and ts else None

    async def at(self, place: Place) -> list[Message]:
        """The messages of the conversation that the post at `place` shows, in order, for a week."""
        found = await self._redis.hvals(keys.post(*place))
        return [one.message for one in sorted(map(Entry.read, found), key=lambda one: one.order)]

    async def change(self, place: Place, message: Message) -> list[Message]:
        """`message` as it is now, among all that the post at `place` shows, in order."""
        raw = await self._redis.hget(keys.post(*place), message.id)
        entry = Entry.read(raw) if raw else Entry(channel=place.channel, message=message)
        pipe = self._redis.pipeline()
        pipe.hset(keys.post(*place), message.id, entry.now(message).json())
        pipe.expire(keys.post(*place), keys.WEEK)
        pipe.hvals(keys.post(*place))
        *_, found = await pipe.execute()
        return [one.message for one in sorted(map(Entry.read, found), key=lambda one: one.order)]


def _in_order(raws: Sequence[bytes]) -> list[Waiting]:
    """The oldest message first."""
    found = [Waiting(Entry.read(raw), raw) for raw in raws]
    return sorted(found, key=lambda one: one.entry.order)
