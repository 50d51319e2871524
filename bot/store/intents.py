"""What people set out to send, kept so that it can be chosen, sent again or shown as not confirmed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from redis.asyncio import Redis

from bot.jobs import Choice, Send
from bot.store import keys
from bot.store.lanes import answering

CHOICE_LIVES: Final = timedelta(days=1)
INTENT_LIVES: Final = timedelta(days=7)


class Intents:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once

    async def keep(self, send: Send) -> None:
        async with answering():
            await self._redis.set(keys.intent(send.intent), send.model_dump_json(), ex=INTENT_LIVES)

    async def get(self, intent: str) -> Send | None:
        async with answering():
            raw = await self._redis.get(keys.intent(intent))
        return Send.model_validate_json(raw) if raw else None

    async def claim(self, message_id: str, intent: str) -> bool:
        """True when `message_id` is not the outcome of another intent: two equal texts are two messages."""
        async with answering():
            key = keys.sent(message_id)
            await self._redis.set(key, intent, ex=INTENT_LIVES, nx=True)
            owner = await self._redis.get(key)
        return owner is not None and owner.decode() == intent

    async def of(self, message_id: str) -> Send | None:
        """What somebody set out to send that became this message, in the last seven days."""
        async with answering():
            intent = await self._redis.get(keys.sent(message_id))
        return await self.get(intent.decode()) if intent else None

    async def answer(self, intent: str, *, send: bool) -> bool:
        """Whether to send it, as it was answered first: a later answer changes nothing."""
        async with answering():
            await self._redis.set(keys.answer(intent), "send" if send else "", ex=INTENT_LIVES, nx=True)
            answer = await self._redis.get(keys.answer(intent))
        return bool(answer)

    async def plan_refused(self) -> datetime | None:
        """When Inbox last refused a first message for want of an add-on, unless one was sent since."""
        async with answering():
            raw = await self._redis.get(keys.PLAN_REFUSED)
        return datetime.fromisoformat(raw.decode()) if raw else None

    async def note_plan(self, refused: datetime | None) -> None:
        """Inbox refused a first message then, or took one (None)."""
        async with answering():
            if refused:
                await self._redis.set(keys.PLAN_REFUSED, refused.isoformat(), ex=INTENT_LIVES)
            else:
                await self._redis.delete(keys.PLAN_REFUSED)

    async def keep_choice(self, choice_id: str, choice: Choice) -> None:
        async with answering():
            await self._redis.set(keys.choice(choice_id), choice.model_dump_json(), ex=CHOICE_LIVES)

    async def choice(self, choice_id: str) -> Choice | None:
        async with answering():
            raw = await self._redis.get(keys.choice(choice_id))
        return Choice.model_validate_json(raw) if raw else None
