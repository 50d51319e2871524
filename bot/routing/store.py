"""Which channel a conversation goes to: the rules, in order, and what is remembered of each conversation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import TypeAdapter
from redis.asyncio import Redis
from redis.exceptions import WatchError

from bot.models import Record
from bot.store import keys

Field = Literal["account", "platform", "tag", "status", "assignee", "request", "campaign", "text"]
REMEMBERED: Final = 90 * 24 * 3600  # seconds since it was last asked for


class Condition(Record):
    """`values` are ids, platforms, `yes` or `no`, or words; "" stands for none. `shown` are what people call them."""

    field: Field
    values: tuple[str, ...]
    shown: tuple[str, ...]


class Rule(Record):
    """Conversations that meet all `conditions` go to `channel`; without any, all do. `by` is who made it."""

    id: str
    channel: str
    conditions: tuple[Condition, ...] = ()
    by: str = ""


_RULES: TypeAdapter[list[Rule]] = TypeAdapter(list[Rule])


class Pin(Record):
    """Somebody moved the conversation to `channel` by hand: no rule moves it any more. `by` is a Slack user id."""

    channel: str
    by: str
    at: datetime


class Memory(Record):
    """Of a conversation: the id of the rule that fitted last, whether a campaign wrote in it, and where it is kept."""

    rule: str | None = None
    campaign: bool = False
    pin: Pin | None = None


class Routes:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once

    async def rules(self, before: str = "") -> list[Rule]:
        """In the order in which they are tried; as they were `before` that reference changed them, if it did."""
        raw = await self._redis.get(_changed_by(before)) if before else None
        raw = raw or await self._redis.get(keys.ROUTES)
        return _RULES.validate_json(raw) if raw else []

    async def edit(self, ref: str, change: Callable[[list[Rule]], list[Rule]]) -> None:
        """Change the rules, once for `ref` however often it is run."""
        done = _changed_by(ref)
        async with self._redis.pipeline() as pipe:
            while True:
                try:
                    await pipe.watch(keys.ROUTES, done)
                    if await pipe.exists(done):
                        return
                    raw = await pipe.get(keys.ROUTES)
                    rules = change(_RULES.validate_json(raw) if raw else [])
                    pipe.multi()
                    pipe.set(keys.ROUTES, _RULES.dump_json(rules)).set(done, raw or b"[]", ex=keys.WEEK)
                    await pipe.execute()
                    return
                except WatchError:
                    continue

    async def memory(self, thread_id: str) -> Memory:
        """What is remembered of the thread; it stays so for as long as somebody asks now and then."""
        pipe = self._redis.pipeline()
        pipe.hgetall(keys.routed(thread_id)).expire(keys.routed(thread_id), REMEMBERED)
        fields, _ = await pipe.execute()
        pin = Pin.model_validate_json(fields[b"pin"]) if fields.get(b"pin") else None
        rule = fields[b"rule"].decode() if fields.get(b"rule") else None
        return Memory(rule=rule, campaign=b"campaign" in fields, pin=pin)

    async def remember(self, thread_id: str, rule: str | None) -> None:
        """The rule that fitted last, None when none did."""
        await self._note(thread_id, "rule", rule or "")

    async def saw_campaign(self, thread_id: str) -> None:
        """A campaign wrote in the thread."""
        await self._note(thread_id, "campaign", "1")

    async def pin(self, thread_id: str, pin: Pin | None) -> None:
        """Keep the conversation where somebody moved it; None lets the rules decide again."""
        await self._note(thread_id, "pin", pin.model_dump_json() if pin else "")

    async def _note(self, thread_id: str, field: str, value: str) -> None:
        pipe = self._redis.pipeline()
        pipe.hset(keys.routed(thread_id), field, value).expire(keys.routed(thread_id), REMEMBERED)
        await pipe.execute()


def _changed_by(ref: str) -> str:
    """Where the rules are kept as they were before `ref` changed them: whoever does it again, says what was done."""
    return keys.once(f"routes:{ref}")
