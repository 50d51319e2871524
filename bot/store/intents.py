"""What people set out to send, kept so that it can be chosen, sent again or shown as not confirmed."""

from __future__ import annotations

import re
from datetime import timedelta
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

    async def claim(self, message_id: str, intent: str, thread_id: str = "") -> bool:
        """True when `message_id` is not the outcome of another intent: two equal texts are two messages."""
        async with answering():
            key = keys.key("sent", message_id)
            await self._redis.set(key, intent, ex=INTENT_LIVES, nx=True)
            owner = await self._redis.get(key)
            ours = owner is not None and owner.decode() == intent
            if ours:
                await self._redis.set(_arrived(intent), f"{message_id} {thread_id}", ex=INTENT_LIVES)
        return ours

    async def arrived(self, intent: str) -> tuple[str, str] | None:
        """The Inbox message that `intent`, or its repetition, became, and its thread; None when it became none."""
        async with answering():
            raw = await self._redis.get(_arrived(intent))
        message_id, _, thread_id = raw.decode().partition(" ") if raw else ("", "", "")
        return (message_id, thread_id) if raw else None

    async def keep_choice(self, choice_id: str, choice: Choice) -> None:
        async with answering():
            await self._redis.set(keys.choice(choice_id), choice.model_dump_json(), ex=CHOICE_LIVES)

    async def choice(self, choice_id: str) -> Choice | None:
        async with answering():
            raw = await self._redis.get(keys.choice(choice_id))
        return Choice.model_validate_json(raw) if raw else None


def _arrived(intent: str) -> str:
    """Where the outcome of an intent is kept; what is sent again, or to the person instead, is the same wish."""
    return keys.key("arrived", re.sub("(-again|-person)+$", "", intent))
