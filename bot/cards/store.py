"""What is known of each thread that has a card, and where its card is.

A card's parts are written by different lanes, so each is a field of its own: a post never overwrites what a click
just wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from redis.asyncio import Redis

from bot.models import Card, Message, Note, Place, Record, Thread
from bot.store import keys
from bot.store.scripts import script


class Cards:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._amend = script(redis, "cards/amend_latest.lua")
        self._put = script(redis, "cards/put_card.lua")

    async def get(self, thread_id: str) -> Card | None:
        """The card, None when nothing is known of the thread."""
        fields = await self._redis.hgetall(keys.card(thread_id))
        if b"thread" not in fields:
            return None
        return Card(
            thread=Thread.model_validate_json(fields[b"thread"]),
            latest=Message.model_validate_json(fields[b"latest"]) if b"latest" in fields else None,
            archived=Note.model_validate_json(fields[b"archived"]) if b"archived" in fields else None,
            assigned=Note.model_validate_json(fields[b"assigned"]) if b"assigned" in fields else None,
            answered=Note.model_validate_json(fields[b"answered"]) if b"answered" in fields else None,
            gone=b"gone" in fields,
        )

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
        return bool(await self._put(keys=keys_of, args=[*place, thread_id, *was]))

    async def at(self, place: Place) -> str | None:
        """The id of the thread whose card is at `place`."""
        thread_id = await self._redis.get(keys.card_at(*place))
        return thread_id.decode() if thread_id else None

    async def write(
        self, thread: Thread, *, notes: Mapping[str, Note] = MappingProxyType({}), latest: Message | None = None
    ) -> None:
        """What Inbox confirmed of the thread, which is there, then; `notes` may be `archived` and `assigned`.

        What is not given stays.
        """
        parts: dict[str, Record | None] = {"thread": thread, "latest": latest, **notes}
        people = {thread.contact_id, thread.person.platform_id if thread.person else None} - {None}
        pipe = self._redis.pipeline()
        pipe.hset(keys.card(thread.id), mapping={n: p.model_dump_json() for n, p in parts.items() if p is not None})
        pipe.hdel(keys.card(thread.id), "gone")
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

    async def put_latest(self, thread_id: str, message: Message) -> None:
        """The message that the card shows."""
        await self._redis.hset(keys.card(thread_id), "latest", message.model_dump_json())

    async def amend_latest(self, thread_id: str, message: Message) -> None:
        """The message that the card shows has changed; nothing happens when it shows another one by now."""
        await self._amend(keys=[keys.card(thread_id)], args=[message.id, message.model_dump_json()])

    async def answer(self, thread_id: str, note: Note) -> None:
        """Who answered last, from Slack."""
        await self._redis.hset(keys.card(thread_id), "answered", note.model_dump_json())

    async def pass_over(self, thread_id: str) -> None:
        """Something changed in a thread that has no card."""
        await self._redis.set(keys.once(f"passed-over:{thread_id}"), "1", ex=keys.WEEK)

    async def was_passed_over(self, thread_id: str) -> bool:
        return bool(await self._redis.exists(keys.once(f"passed-over:{thread_id}")))

    async def threads_of(self, person: str) -> set[str]:
        """Ids of the threads known with a contact id or a person's platform id."""
        return {one.decode() for one in await self._redis.smembers(keys.threads_of(person))}
