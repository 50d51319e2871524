"""What is known of each thread, and where its card is.

A card's parts are written by different lanes, so each is a field of its own: a post never overwrites what a click
just wrote.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from redis.asyncio import Redis

from bot.card import Card, Note, Snoozed
from bot.models import Message, Place, Thread
from bot.records import Record
from bot.store import keys
from bot.store.scripts import pairs, script

PARTS: Final[Mapping[str, type[Record]]] = {
    "thread": Thread, "latest": Message, "archived": Note, "assigned": Note, "answered": Note,
    "status": Note, "tagged": Note, "valued": Note, "snoozed": Snoozed,
}  # fmt: skip
WAIT: Final = ("first", "answered", "closed", "woken")  # what a card says of the wait
AT_ONCE: Final = 500  # cards that are read in one go


class Cards:
    """Each thread that is known, and its card. Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis, days: int = 365) -> None:
        """A card is kept for `days` after its conversation last changed."""
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._lives = days * keys.DAY
        self._amend = script(redis, "cards/amend_latest.lua")
        self._put = script(redis, "cards/put_card.lua")
        self._wake = script(redis, "cards/wake.lua")
        self._begin = script(redis, "cards/begin.lua")
        self._write = script(redis, "cards/write.lua")
        self._read = script(redis, "cards/read.lua")
        self._latest = script(redis, "cards/put_latest.lua")

    async def get(self, thread_id: str) -> Card | None:
        """The card, None when nothing is known of the thread."""
        return (await self.standing(thread_id))[0]

    async def standing(self, thread_id: str) -> tuple[Card | None, Place | None]:
        """The card, and where it is."""
        answer, wait = await self._read(keys=[keys.card(thread_id), keys.waiting(thread_id)], args=WAIT)
        fields = pairs(answer)
        return _card(fields, wait), _place(fields.get(b"channel"), fields.get(b"ts"))

    async def standings(self, thread_ids: Sequence[str]) -> list[tuple[Card | None, Place | None]]:
        """The card of each thread, and where it is: of many in a few goes."""
        found: list[tuple[Card | None, Place | None]] = []
        for begin in range(0, len(thread_ids), AT_ONCE):
            pipe = self._redis.pipeline(transaction=False)
            for one in thread_ids[begin : begin + AT_ONCE]:
                pipe.hgetall(keys.card(one)).hmget(keys.waiting(one), WAIT)
            answers = await pipe.execute()
            for fields, wait in zip(answers[::2], answers[1::2], strict=True):
                found.append((_card(fields, wait), _place(fields.get(b"channel"), fields.get(b"ts"))))
        return found

    async def threads(self, thread_ids: Sequence[str]) -> dict[str, Thread]:
        """What is known of these threads, in one go; those of which nothing is are left out."""
        pipe = self._redis.pipeline(transaction=False)
        for one in thread_ids:
            pipe.hget(keys.card(one), "thread")
        found = await pipe.execute()
        return {one: Thread.read(raw) for one, raw in zip(thread_ids, found, strict=True) if raw}

    async def place(self, thread_id: str) -> Place | None:
        """Where the thread's card is; None while it has none."""
        return _place(*await self._redis.hmget(keys.card(thread_id), "channel", "ts"))

    async def put(self, thread_id: str, place: Place, before: Place | None = None) -> bool:
        """The card was posted at `place`. False when it is no longer at `before`: another lane has posted it too."""
        was = before or ("", "")
        keys_of = [keys.card(thread_id), keys.card_at(*place)]
        return bool(await self._put(keys=keys_of, args=[*place, thread_id, *was, self._lives]))

    async def stood(self, thread_ids: Collection[str]) -> list[Place]:
        """Where these threads have or had their cards, in order, as far as that is kept. Looks through all of Redis."""
        begin, found = keys.card_at("", "")[:-1], set[Place]()
        async for name in self._redis.scan_iter(match=f"{begin}*", count=500):
            thread_id = await self._redis.get(name)
            if thread_id and thread_id.decode() in thread_ids:
                channel, _, ts = name.decode().removeprefix(begin).partition(":")
                found.add(Place(channel, ts))
        found |= {place for one in thread_ids if (place := await self.place(one))}
        return sorted(found)

    async def at(self, place: Place) -> str | None:
        """The id of the thread whose card is at `place`."""
        thread_id = await self._redis.get(keys.card_at(*place))
        return thread_id.decode() if thread_id else None

    async def begin(self, thread: Thread) -> bool:
        """What Inbox says of a thread of which nothing is known; whether nothing was: another lane may be faster."""
        return bool(await self._begin(keys=_keys_of(thread), args=[self._lives, thread.id, kept(thread)]))

    async def wake(self, before: Thread, thread: Thread, latest: Message | None) -> None:
        """What was asked of Inbox for a card at rest that was read with `before`: what others wrote since stays."""
        raw = await self._redis.hget(keys.card(thread.id), "thread")
        was = raw if raw and Thread.read(raw) == before else ""
        args = [was, kept(thread), kept(latest) if latest else "", self._lives, thread.id]
        await self._wake(keys=_keys_of(thread), args=args)

    async def write(
        self, thread: Thread, *, notes: Mapping[str, Note] = MappingProxyType({}), latest: Message | None = None
    ) -> None:
        """What Inbox confirmed of the thread, which is there, then; `notes` are by the names of `Card`'s fields.

        What is not given stays.
        """
        parts: dict[str, Record | None] = {"thread": thread, "latest": latest, **notes}
        written = [one for name, part in parts.items() if part is not None for one in (name, kept(part))]
        await self._write(keys=_keys_of(thread), args=[self._lives, thread.id, *written])

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

    async def labelled(self, label_id: str, most: int) -> list[str]:
        """Ids of threads whose cards show that tag or status, `most` at the most, the newest cards first.

        Looks through all of Redis.
        """
        begin, found, cursor = keys.card(""), list[tuple[float, str]](), None
        while cursor != 0:
            cursor, names = await self._redis.scan(cursor or 0, match=keys.card("*"), count=500)
            pipe = self._redis.pipeline(transaction=False)
            for name in names:
                pipe.hmget(name, "thread", "ts", "gone")
            for name, (raw, ts, gone) in zip(names, await pipe.execute() if names else [], strict=True):
                if raw and ts and not gone and label_id.encode() in raw and _has(Thread.read(raw), label_id):
                    found.append((float(ts), name.decode().removeprefix(begin)))
        return list(dict.fromkeys(thread_id for _, thread_id in sorted(found, reverse=True)))[:most]

    async def put_latest(self, thread_id: str, message: Message) -> None:
        """The message that the card shows."""
        await self._latest(keys=[keys.card(thread_id)], args=[kept(message), self._lives])

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
        found: list[bytes | None] = []
        for begin in range(0, len(thread_ids), AT_ONCE):
            pipe = self._redis.pipeline(transaction=False)
            for one in thread_ids[begin : begin + AT_ONCE]:
                pipe.hget(keys.card(one), "channel")
            found += await pipe.execute()
        return {one: raw.decode() for one, raw in zip(thread_ids, found, strict=True) if raw}


def _keys_of(thread: Thread) -> list[str]:
    """The card's, and those by which the thread is found: by whom it is with."""
    people = {thread.contact_id, thread.person.platform_id if thread.person else None} - {None}
    return [keys.card(thread.id), *(keys.threads_of(str(one)) for one in people)]


def _has(thread: Thread, label_id: str) -> bool:
    person = thread.person
    return person is not None and label_id in (*person.tag_ids, person.status_id)


def kept(part: Record) -> str:
    """How a part of a card is written: what equals a default is left out."""
    return part.json()


def _card(fields: Mapping[bytes, bytes], wait: Sequence[bytes | None]) -> Card | None:
    """The card, by what is kept of it and the fields `WAIT`."""
    if b"thread" not in fields:
        return None
    there = {name: model for name, model in PARTS.items() if name.encode() in fields}
    parts: dict[str, Any] = {n: model.read(fields[n.encode()]) for n, model in there.items()}
    said = fields.get(b"rested", b"1").decode()  # all that versions before 2026-12 wrote
    parts["said"] = _moment(said) if said != "1" else None
    card = Card(**parts, gone=b"gone" in fields, rested=b"rested" in fields)
    first, answered, closed, woken = wait
    awake = datetime.fromtimestamp(float(woken), UTC) if woken else None
    return card.having(waiting_since=_waiting_since(card, first, answered, closed), woken=awake)


def _moment(digits: str) -> datetime:
    """The end of a millisecond in UTC, as `upkeep/rest.lua` writes it."""
    return datetime.strptime(f"{digits}999", "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)


def _place(channel: bytes | None, ts: bytes | None) -> Place | None:
    return Place(channel.decode(), ts.decode()) if channel and ts else None


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
