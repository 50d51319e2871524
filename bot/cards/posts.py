"""What is still to be shown of each conversation, and which messages each post below a card shows.

A message waits here from when it was read until Slack has it. It is taken out together with the note of where it
stands, so whoever dies in between leaves it to be shown, and nothing that was noted is shown again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from redis.asyncio import Redis

from bot.models import Message, Place, Record
from bot.store import keys
from bot.store.scripts import script

BUSY: Final = 20  # messages that are read one by one of a thread in a minute
LISTED_EACH: Final = 10.0  # seconds between two lists of a busy thread


class Entry(Record):
    """A message, and the channel in which its conversation belonged when it came.

    `seq` is its event's, for messages that were written at the same time; 0 where that is not known.
    """

    channel: str
    message: Message
    seq: int = 0

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
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._put = script(redis, "cards/put_waiting.lua")
        self._amend = script(redis, "cards/amend_waiting.lua")
        self._shown = script(redis, "cards/put_shown.lua")

    async def put(self, message: Message, channel: str, seq: int = 0, *, marked: bool = False) -> bool:
        """`message` is to be shown, once in seven days; whether it waits now.

        `marked` is for one that was marked as on its way before it came here.
        """
        names = [keys.unshown(message.thread_id), keys.once(f"message:{message.id}"), keys.shown(message.id)]
        entry = Entry(channel=channel, message=message, seq=seq).model_dump_json()
        return bool(await self._put(keys=names, args=[message.id, entry, int(marked)]))

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
        entry = Entry.model_validate_json(raw).model_copy(update={"message": message})
        return bool(await self._amend(keys=[keys.unshown(thread_id)], args=[message.id, raw, entry.model_dump_json()]))

    async def put_shown(self, place: Place, thread_id: str, shown: Sequence[Waiting]) -> list[str]:
        """These stand at `place`, and wait no longer; the ids of those that say something else by now."""
        names = [keys.unshown(thread_id), keys.post(*place), *(keys.shown(one.message.id) for one in shown)]
        args = [part for one in shown for part in (one.message.id, one.raw)]
        return [one.decode() for one in await self._shown(keys=names, args=[*place, *args])]

    async def shown_at(self, message_id: str) -> Place | None:
        """Where a message of the conversation stands, on its card or below it."""
        channel, ts = await self._redis.hmget(keys.shown(message_id), "channel", "ts")
        return Place(channel.decode(), ts.decode()) if channel and ts else None

    async def change(self, place: Place, message: Message) -> list[Message]:
        """`message` as it is now, among all that the post at `place` shows, in order."""
        raw = await self._redis.hget(keys.post(*place), message.id)
        entry = Entry.model_validate_json(raw) if raw else Entry(channel=place.channel, message=message)
        pipe = self._redis.pipeline()
        pipe.hset(keys.post(*place), message.id, entry.model_copy(update={"message": message}).model_dump_json())
        pipe.expire(keys.post(*place), keys.WEEK)
        pipe.hvals(keys.post(*place))
        *_, found = await pipe.execute()
        return [one.message for one in sorted(map(Entry.model_validate_json, found), key=lambda one: one.order)]

    # --- conversations in which very much is written -----------------------------------------------------------------

    async def is_busy(self, thread_id: str) -> bool:
        """One more message of the thread is to be read; whether that makes many in a minute."""
        pipe, name = self._redis.pipeline(), keys.read_lately(thread_id, "count")
        pipe.set(name, 0, ex=60, nx=True).incr(name)
        _, count = await pipe.execute()
        return int(count) > BUSY

    async def listing_rests(self, thread_id: str) -> float:
        """Seconds until a busy thread's messages may be listed again; 0 when that is now."""
        name = keys.read_lately(thread_id, "listed")
        if await self._redis.set(name, "1", px=int(LISTED_EACH * 1000), nx=True):
            return 0.0
        return max(int(await self._redis.pttl(name)), 1) / 1000

    async def keep_read(self, thread_id: str, messages: Sequence[Message]) -> None:
        """These were listed, for the events that tell of them one by one."""
        if messages:
            pipe = self._redis.pipeline()
            found = {one.id: one.model_dump_json() for one in messages}
            pipe.hset(keys.read_lately(thread_id), mapping=found).expire(keys.read_lately(thread_id), 60)
            await pipe.execute()

    async def read_lately(self, thread_id: str, message_id: str) -> Message | None:
        raw = await self._redis.hget(keys.read_lately(thread_id), message_id)
        return Message.model_validate_json(raw) if raw else None
