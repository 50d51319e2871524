"""What is known of each thread, where its card is, and what is still to be posted of the conversation.

A card's parts are written by different lanes, so each is a field of its own: a post never overwrites what a click
just wrote.

A message waits here from when it was read until Slack has it. It is taken out together with the note of where it
stands, so whoever dies in between leaves it to be shown, and nothing that was noted is shown again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from redis.asyncio import Redis

from bot.metrics import RECEIVED, place_of
from bot.models import Card, Message, Note, Place, Record, Snoozed, Thread
from bot.store import keys
from bot.store.scripts import script

FRESH: Final = 2  # what a message is that waits to be shown from now on
PARTS: Final[Mapping[str, type[Record]]] = {
    "thread": Thread, "latest": Message, "archived": Note, "assigned": Note, "answered": Note,
    "status": Note, "tagged": Note, "valued": Note, "snoozed": Snoozed,
}  # fmt: skip


class Cards:
    """Each thread that is known, and its card. Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis, days: int = 365) -> None:
        """A card is kept for `days` after its conversation last changed."""
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._lives = days * keys.DAY
        self._amend = script(redis, "cards/amend_latest.lua")
        self._put = script(redis, "cards/put_card.lua")

    async def get(self, thread_id: str) -> Card | None:
        """The card, None when nothing is known of the thread."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.hgetall(keys.card(thread_id)).hmget(keys.waiting(thread_id), "first", "answered", "closed", "woken")
        fields, wait = await pipe.execute()
        if b"thread" not in fields:
            return None
        there = {name: model for name, model in PARTS.items() if name.encode() in fields}
        parts: dict[str, Any] = {n: model.model_validate_json(fields[n.encode()]) for n, model in there.items()}
        card = Card(**parts, gone=b"gone" in fields, rested=b"rested" in fields)
        *wait, woken = wait
        awake = datetime.fromtimestamp(float(woken), UTC) if woken else None
        return card.model_copy(update={"waiting_since": _waiting_since(card, *wait), "woken": awake})

    async def threads(self, thread_ids: Sequence[str]) -> dict[str, Thread]:
        """What is known of these threads, in one go; those of which nothing is are left out."""
        pipe = self._redis.pipeline(transaction=False)
        for one in thread_ids:
            pipe.hget(keys.card(one), "thread")
        found = await pipe.execute()
        return {one: Thread.model_validate_json(raw) for one, raw in zip(thread_ids, found, strict=True) if raw}

    async def place(self, thread_id: str) -> Place | None:
        """Where the thread's card is; None while it has none."""
        channel, ts = await self._redis.hmget(keys.card(thread_id), "channel", "ts")
        return Place(channel.decode(), ts.decode()) if channel and ts else None

    async def put(self, thread_id: str, place: Place, before: Place | None = None) -> bool:
        """The card was posted at `place`. False when it is no longer at `before`: another lane has posted it too."""
        was = before or ("", "")
        keys_of = [keys.card(thread_id), keys.card_at(*place)]
        return bool(await self._put(keys=keys_of, args=[*place, thread_id, *was, self._lives]))

    async def at(self, place: Place) -> str | None:
        """The id of the thread whose card is at `place`."""
        thread_id = await self._redis.get(keys.card_at(*place))
        return thread_id.decode() if thread_id else None

    async def write(
        self, thread: Thread, *, notes: Mapping[str, Note] = MappingProxyType({}), latest: Message | None = None
    ) -> None:
        """What Inbox confirmed of the thread, which is there, then; `notes` are by the names of `Card`'s fields.

        What is not given stays.
        """
        parts: dict[str, Record | None] = {"thread": thread, "latest": latest, **notes}
        people = {thread.contact_id, thread.person.platform_id if thread.person else None} - {None}
        pipe = self._redis.pipeline()
        pipe.hset(keys.card(thread.id), mapping={n: kept(p) for n, p in parts.items() if p is not None})
        pipe.hdel(keys.card(thread.id), "gone").expire(keys.card(thread.id), self._lives)
        for person in people:
            pipe.sadd(keys.threads_of(str(person)), thread.id)
        await pipe.execute()

    async def bury(self, thread_id: str) -> None:
        """The thread was deleted in Inbox."""
        await self._redis.hset(keys.card(thread_id), "gone", "1")

    async def buried(self, most: int) -> list[str]:
        """Ids of threads that were taken for deleted and have a card, `most` of them at the most."""
        begin, found = keys.card(""), list[str]()
        async for name in self._redis.scan_iter(match=keys.card("*"), count=500):
            if len(found) < most and await self._redis.hexists(name, "gone") and await self._redis.hexists(name, "ts"):
                found.append(name.decode().removeprefix(begin))
        return found

    async def put_latest(self, thread_id: str, message: Message | None) -> None:
        """The message that the card shows; None where Inbox has none to show any more."""
        pipe = self._redis.pipeline()
        if message is not None:
            pipe.hset(keys.card(thread_id), "latest", kept(message))
        pipe.hdel(keys.card(thread_id), "rested")
        await pipe.execute()

    async def amend_latest(self, thread_id: str, message: Message) -> None:
        """The message that the card shows has changed; nothing happens when it shows another one by now."""
        await self._amend(keys=[keys.card(thread_id)], args=[message.id, kept(message)])

    async def answer(self, thread_id: str, note: Note) -> None:
        """Who answered last."""
        await self._redis.hset(keys.card(thread_id), "answered", kept(note))

    async def pass_over(self, thread_id: str) -> None:
        """Something changed in a thread that has no card."""
        await self._redis.set(keys.once(f"passed-over:{thread_id}"), "1", ex=keys.WEEK)

    async def was_passed_over(self, thread_id: str) -> bool:
        return bool(await self._redis.exists(keys.once(f"passed-over:{thread_id}")))

    async def threads_of(self, person: str) -> set[str]:
        """Ids of the threads known with a contact id or a person's platform id."""
        return {one.decode() for one in await self._redis.smembers(keys.threads_of(person))}

    async def places(self, thread_ids: Sequence[str]) -> dict[str, str]:
        """The channels that these threads have their cards in; those without are left out."""
        pipe = self._redis.pipeline(transaction=False)
        for one in thread_ids:
            pipe.hget(keys.card(one), "channel")
        found = await pipe.execute() if thread_ids else []
        return {one: raw.decode() for one, raw in zip(thread_ids, found, strict=True) if raw}


def kept(part: Record) -> str:
    """How a part of a card is written: what equals a default is left out."""
    return part.model_dump_json(exclude_defaults=True)


class Standing:
    """What stands in a channel, of all that is known of it, while it is drawn anew: newest first."""

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


def _waiting_since(card: Card, first: bytes | None, answered: bytes | None, closed: bytes | None) -> datetime | None:
    """Since when somebody waits. Where nothing is kept of that any more, the card's last message and answer tell."""
    since = datetime.fromtimestamp(float(first), UTC) if first else None
    if not (first or answered or closed) and card.latest and card.latest.inbound:
        is_answered = card.answered and card.answered.at >= card.latest.created_at
        since = None if is_answered else card.latest.created_at
    if since and card.thread.archived:
        at = float(closed) if closed else card.archived.at.timestamp() if card.archived else math.inf
        return since if since.timestamp() > at else None
    return since


class Entry(Record):
    """A message, and the channel in which its conversation belonged when it came.

    `seq` is its event's, for messages that were written at the same time; its number among those that were missed.
    """

    channel: str
    message: Message
    seq: int = 0

    def now(self, message: Message) -> Entry:
        """The same, saying what it says now; who wrote it from where does not change."""
        return self.model_copy(update={"message": message.model_copy(update={"sent_by": self.message.sent_by})})

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
        entry = Entry(channel=channel, message=message, seq=seq).model_dump_json()
        waits = int(await self._put(keys=names, args=[message.id, entry, int(marked)]))
        if waits == FRESH and message.inbound:
            RECEIVED.labels(place_of(channel)).inc()
        return bool(waits)

    async def waiting(self, thread_id: str) -> list[Waiting]:
        """What is to be shown, the oldest message first."""
        found = [
            Waiting(Entry.model_validate_json(raw), raw) for raw in await self._redis.hvals(keys.unshown(thread_id))
        ]
        return sorted(found, key=lambda one: one.entry.order)

    async def amend(self, thread_id: str, message: Message) -> bool:
        """A message that waits says something else now; whether it waited."""
        raw = await self._redis.hget(keys.unshown(thread_id), message.id)
        if raw is None:
            return False
        entry = Entry.model_validate_json(raw).now(message)
        return bool(await self._amend(keys=[keys.unshown(thread_id)], args=[message.id, raw, entry.model_dump_json()]))

    async def put_shown(self, place: Place, thread_id: str, shown: Sequence[Waiting]) -> list[str]:
        """These stand at `place`, and wait no longer; the ids of those that say something else by now."""
        names = [keys.unshown(thread_id), keys.post(*place), *(keys.shown(one.message.id) for one in shown)]
        args = [part for one in shown for part in (one.message.id, one.raw)]
        return [one.decode() for one in await self._shown(keys=names, args=[*place, *args])]

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
        args = [part for one in entries for part in (one.message.id, one.model_dump_json())]
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
                pipe.hset(keys.post(*place), one.id, entry.model_dump_json()).expire(keys.post(*place), keys.WEEK)
        await pipe.execute()

    async def shown_at(self, message_id: str) -> Place | None:
        """Where a message of the conversation stands, on its card or below it."""
        channel, ts = await self._redis.hmget(keys.shown(message_id), "channel", "ts")
        return Place(channel.decode(), ts.decode()) if channel and ts else None

    async def at(self, place: Place) -> list[Message]:
        """The messages of the conversation that the post at `place` shows, in order, for a week."""
        found = await self._redis.hvals(keys.post(*place))
        return [one.message for one in sorted(map(Entry.model_validate_json, found), key=lambda one: one.order)]

    async def change(self, place: Place, message: Message) -> list[Message]:
        """`message` as it is now, among all that the post at `place` shows, in order."""
        raw = await self._redis.hget(keys.post(*place), message.id)
        entry = Entry.model_validate_json(raw) if raw else Entry(channel=place.channel, message=message)
        pipe = self._redis.pipeline()
        pipe.hset(keys.post(*place), message.id, entry.now(message).model_dump_json())
        pipe.expire(keys.post(*place), keys.WEEK)
        pipe.hvals(keys.post(*place))
        *_, found = await pipe.execute()
        return [one.message for one in sorted(map(Entry.model_validate_json, found), key=lambda one: one.order)]
