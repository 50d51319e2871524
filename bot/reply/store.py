"""Who is writing a reply just now, and where in Slack a receipt stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import Any

from redis.asyncio import Redis

from bot.models import Message, Place
from bot.queue.job import utc_now
from bot.records import Record
from bot.reply.jobs import Receipt
from bot.store import keys
from bot.store.kept import Kept


class Writer(Record):
    """A colleague with the reply form open: since when, and until when that is believed."""

    user: str
    name: str
    since: datetime
    until: datetime


class Replies:
    """Raises `StoreUnavailable` when Redis does not answer. `lives`: seconds that an open form is believed."""

    def __init__(self, redis: Redis, lives: float) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self.lives = lives
        self.says = Kept(redis, Message, keys.says, keys.WEEK)  # what was sent and has changed since
        self.receipts = Kept(redis, Receipt, keys.receipt_of, keys.WEEK)  # by what was sent, else by their id

    async def begin(self, thread_id: str, user: str, name: str) -> list[Writer]:
        """`user` opened the form; who else has it open. Of two at once, at least one sees the other."""
        at = utc_now()
        writer = Writer(user=user, name=name, since=at, until=at + timedelta(seconds=self.lives))
        pipe = self._redis.pipeline()
        pipe.hset(keys.replying(thread_id), user, writer.json())
        pipe.expire(keys.replying(thread_id), ceil(self.lives))
        await pipe.execute()
        return [one for one in await self.writers(thread_id) if one.user != user]

    async def agree(self, thread_id: str, user: str, member_id: str) -> None:
        """`user` replies though that member has the conversation, and need not be asked again for a week."""
        pipe = self._redis.pipeline()
        pipe.hset(keys.anyway(thread_id), user, member_id).expire(keys.anyway(thread_id), keys.WEEK)
        await pipe.execute()

    async def agreed(self, thread_id: str, user: str) -> str:
        """The member for whom `agree` was called last; "" for none."""
        raw = await self._redis.hget(keys.anyway(thread_id), user)
        return raw.decode() if raw else ""

    async def end(self, thread_id: str, user: str) -> None:
        """`user` sent it, or closed the form."""
        await self._redis.hdel(keys.replying(thread_id), user)

    async def writers(self, thread_id: str) -> list[Writer]:
        """Who has the form open, the first one first."""
        found = await self._redis.hvals(keys.replying(thread_id))
        writers = sorted((Writer.read(raw) for raw in found), key=lambda one: one.since)
        return [one for one in writers if one.until > utc_now()]

    async def last(self, receipt_id: str, message_id: str = "") -> Receipt | None:
        """What the receipt said last, with what was sent as it is now; None where nothing is kept of that."""
        found = await self.receipts.get(message_id) if message_id else None
        found = found or await self.receipts.get(receipt_id)
        return found and await self.now(found)

    async def now(self, receipt: Receipt) -> Receipt:
        """The same with what was sent as it is now; of what was taken back, without the text."""
        says = await self.says.get(receipt.message.id) if receipt.message else None
        if says is None:
            return receipt
        send = receipt.send.having(text="") if says.deleted else receipt.send
        return receipt.having(message=says, send=send)

    async def put(self, receipt: Receipt) -> None:
        """It says this now; nothing is kept of one that somebody may still undo."""
        sent, name = receipt.message, receipt.send.receipt
        if sent:
            await self.receipts.put(sent.id, receipt)
        if sent or receipt.undo:
            await self.receipts.drop(name)
        else:
            await self.receipts.put(name, receipt)

    async def receipt_at(self, receipt_id: str) -> Place | None:
        """Where the receipt stands; None while it was not posted."""
        channel, ts = await self._redis.hmget(keys.receipt(receipt_id), "channel", "ts")
        return Place(channel.decode(), ts.decode()) if channel and ts else None

    async def put_receipt(self, receipt_id: str, place: Place) -> None:
        """For as long as Inbox tells of changes at all."""
        pipe = self._redis.pipeline()
        pipe.hset(keys.receipt(receipt_id), mapping=place._asdict()).expire(keys.receipt(receipt_id), keys.WEEK)
        await pipe.execute()
