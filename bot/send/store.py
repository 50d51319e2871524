"""What people set out to send, kept so that it can be chosen, sent again or shown as not confirmed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Final

from redis.asyncio import Redis

from bot.address import Address
from bot.dm.jobs import Choice
from bot.models import Person
from bot.queue.job import utc_now
from bot.records import Record
from bot.send.jobs import Send
from bot.store import keys
from bot.store.kept import Kept

CHOICE_LIVES: Final = timedelta(days=1)
INTENT_LIVES: Final = timedelta(days=7)
ASKING: Final = 60  # seconds that Inbox takes to answer at the most
UNDER_WAY: Final = timedelta(minutes=10)  # how long a send is tried for


class Wrote(Record):
    """When somebody wrote to a person, the label of the account they wrote from, and whether it is known to be sent.

    `intent` is the attempt that this is known of; "" where a version before 2026-12 wrote it down.
    """

    at: datetime
    account: str
    sent: bool
    intent: str = ""

    def is_of(self, intent: str) -> bool:
        """Whether it says no more than that this attempt is to be made, also to the person instead of their thread."""
        return not self.sent and self.intent == intent.removesuffix("-person")


class Attempts:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._sends = Kept(redis, Send, keys.intent, INTENT_LIVES)
        self.choices = Kept(redis, Choice, keys.choice, CHOICE_LIVES)

    async def keep(self, send: Send) -> None:
        await self._sends.put(send.intent, send)

    async def amend(self, send: Send) -> None:
        """What has become of one that is kept; it is kept no longer for it."""
        await self._redis.set(keys.intent(send.intent), send.json(), xx=True, keepttl=True)

    async def get(self, intent: str) -> Send | None:
        return await self._sends.get(intent)

    async def claim(self, message_id: str, intent: str, thread_id: str = "") -> bool:
        """True when `message_id` is not the outcome of another intent: two equal texts are two messages."""
        key = keys.key("sent", message_id)
        await self._redis.set(key, intent, ex=INTENT_LIVES, nx=True)
        owner = await self._redis.get(key)
        ours = owner is not None and owner.decode() == intent
        if ours:
            await self._redis.set(_arrived(intent), f"{message_id} {thread_id}", ex=INTENT_LIVES)
        return ours

    async def of_message(self, message_id: str) -> Send | None:
        """What somebody set out to send from Slack and became this message of Inbox's; None for every other one."""
        intent = await self._redis.get(keys.key("sent", message_id))
        return await self.get(intent.decode()) if intent else None

    async def begins(self, send: Send) -> None:
        """Inbox is asked to send it now: for a minute, what it tells of a message there may be this one."""
        await self._redis.set(_under_way(send.address), send.intent, ex=ASKING)

    async def ends(self, send: Send) -> None:
        """It is certain which message it became, if any; or nobody will find that out any more."""
        await self._redis.delete(_under_way(send.address))

    async def under_way(self, address: Address) -> bool:
        """Whether Inbox was asked to send something there, and what came of it is to be found out yet."""
        return bool(await self._redis.exists(_under_way(address)))

    async def withdraw(self, intent: str) -> None:
        """Never begin this one: what it would send was changed or deleted before it was heard of."""
        await self._redis.set(keys.key("withdrawn", intent), "1", ex=INTENT_LIVES)

    async def withdrawn(self, intent: str) -> bool:
        return bool(await self._redis.exists(keys.key("withdrawn", intent)))

    async def arrived(self, intent: str) -> tuple[str, str] | None:
        """The Inbox message that `intent`, or its repetition, became, and its thread; None when it became none."""
        raw = await self._redis.get(_arrived(intent))
        message_id, _, thread_id = raw.decode().partition(" ") if raw else ("", "", "")
        return (message_id, thread_id) if raw else None

    async def writes(self, send: Send, *, sent: bool) -> dict[str, Wrote]:
        """`send.asker` writes to that person, or has, for whoever writes next; the `writers` before, but for this one.

        That an earlier one of theirs was sent stays known while this one is not.
        """
        known = await self.writers(send.person, but=send.intent)
        if not sent and send.asker.user in known and known[send.asker.user].sent:
            return known
        key = keys.wrote(send.person.platform, send.person.platform_id)
        wrote = Wrote(at=utc_now(), account=send.account, sent=sent, intent=send.intent)
        pipe = self._redis.pipeline()
        pipe.hgetall(key).hset(key, send.asker.user, wrote.json()).expire(key, INTENT_LIVES)
        before, *_ = await pipe.execute()
        return _lately(before, send.intent)

    async def give_up(self, send: Send) -> None:
        """It was certainly not sent; what is known of others stays."""
        key = keys.wrote(send.person.platform, send.person.platform_id)
        raw = await self._redis.hget(key, send.asker.user)
        if raw and Wrote.read(raw).is_of(send.intent):
            await self._redis.hdel(key, send.asker.user)

    async def writers(self, person: Person, *, but: str = "") -> dict[str, Wrote]:
        """The Slack users who wrote to them through the bot in the last seven days, or are about to.

        `but` is an attempt of which it does not count that it is to be made.
        """
        return _lately(await self._redis.hgetall(keys.wrote(person.platform, person.platform_id)), but)

    async def answer(self, intent: str, *, send: bool) -> bool:
        """Whether to send it, as it was answered first: a later answer changes nothing."""
        await self._redis.set(keys.answer(intent), "send" if send else "", ex=INTENT_LIVES, nx=True)
        answer = await self._redis.get(keys.answer(intent))
        return bool(answer)

    async def plan_refused(self) -> datetime | None:
        """When Inbox last refused a first message for want of an add-on, unless one was sent since."""
        raw = await self._redis.get(keys.PLAN_REFUSED)
        return datetime.fromisoformat(raw.decode()) if raw else None

    async def note_plan(self, refused: datetime | None) -> None:
        """Inbox refused a first message then, or took one (None)."""
        if refused:
            await self._redis.set(keys.PLAN_REFUSED, refused.isoformat(), ex=INTENT_LIVES)
        else:
            await self._redis.delete(keys.PLAN_REFUSED)


def _lately(found: dict[bytes, bytes], but: str) -> dict[str, Wrote]:
    kept = {user.decode(): Wrote.read(raw) for user, raw in found.items()}
    kept = {user: one for user, one in kept.items() if not (but and one.is_of(but))}
    return {u: one for u, one in kept.items() if utc_now() - one.at < (INTENT_LIVES if one.sent else UNDER_WAY)}


def _under_way(address: Address) -> str:
    return keys.key("under-way", address.account_link_id, address.platform_id)


def _arrived(intent: str) -> str:
    """Where the outcome of an intent is kept; what is sent again, or to the person instead, is the same wish."""
    return keys.key("arrived", re.sub("(-again|-person)+$", "", intent))
