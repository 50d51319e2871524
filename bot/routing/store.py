"""What becomes of conversations: the rules, in order, and what is remembered of each conversation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from redis.asyncio import Redis

from bot.models import Label
from bot.records import Record
from bot.store import keys
from bot.store.scripts import pairs, script

Field = Literal[
    "account", "platform", "tag", "status", "assignee", "request", "campaign", "text",
    "followers", "value", "verified", "link", "first",
]  # fmt: skip
LATER: Final = frozenset({"followers", "value", "verified", "link", "first"})  # what versions before 2026-12 don't know
_FITTED, _DID = "fitted:", "did:"
REMEMBERED: Final = 90 * 24 * 3600  # seconds since it was last asked for
_CHANGED, _SAW = b"changed:", b"saw:"
LATELY: Final = 3600.0  # seconds; who never looked at the rules may have heard of them before a change of that age


class Condition(Record):
    """`values` are ids, platforms, `yes` or `no`, words, or a number as `>10000`; "" stands for none.

    `shown` are what people call them.
    """

    field: Field
    values: tuple[str, ...]
    shown: tuple[str, ...]


class Turns(Record):
    """Who gets conversations, in turn: `to` are ids of Slack users and user groups.

    A volunteer has `after` seconds before that; nobody gets one who has `most` open ones already, None: any number.
    """

    to: tuple[str, ...]
    after: float = 0.0
    most: int | None = None


class Rule(Record):
    """What becomes of conversations that meet all `conditions`; without any, of all. `by` is who made it.

    They go to `channel` ("" where the rule does not say), or have no card; they are assigned in `turns`; the Slack
    users and user groups in `mention` are mentioned; the contact gets `tags` and `status`.
    """

    id: str
    channel: str = ""
    conditions: tuple[Condition, ...] = ()
    by: str = ""
    turns: Turns | None = None
    mention: tuple[str, ...] = ()
    tags: tuple[Label, ...] = ()
    status: Label | None = None
    no_card: bool = False

    @property
    def is_about_place(self) -> bool:
        return bool(self.channel) or self.no_card

    @property
    def does_more(self) -> bool:
        """Whether it does anything besides saying where a conversation goes."""
        return bool(self.turns or self.mention or self.tags or self.status)

    @property
    def was_always_known(self) -> bool:
        """Whether a version before 2026-12 reads it, and does with it what it says of channels."""
        return bool(self.channel) and not any(one.field in LATER for one in self.conditions)


_RULES: Final = msgspec.json.Decoder(list[Rule])


class _Kept(Record):
    """All rules; `routes` are those among them that older versions read, as they were written for them."""

    rules: list[Rule]
    routes: list[Rule]


class Pin(Record):
    """Somebody moved the conversation to `channel` by hand: no rule moves it any more. `by` is a Slack user id."""

    channel: str
    by: str
    at: datetime


class Did(Record):
    """What a rule, the `number`-th then, did with a conversation: `what` is mrkdwn, as `assigned it to *Bo*`.

    `kind` is what it is about: of each kind, the last is remembered.
    """

    rule: str
    kind: Literal["assigned", "mentioned", "noted"]
    number: int
    what: str
    at: datetime


class Memory(Record):
    """Of a conversation: the id of the rule that said last where it goes, and where it is kept by hand.

    `campaign`: one wrote in it. `fitted`: ids of the rules that ever fitted it. `first`: the id of their first message,
    "" where that was before the bot knew them; None where nobody asked. `did`: what rules did with it.
    """

    rule: str | None = None
    campaign: bool = False
    pin: Pin | None = None
    fitted: frozenset[str] = frozenset()
    first: str | None = None
    did: tuple[Did, ...] = ()


class Routes:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._memory = script(redis, "routing/memory.lua")

    async def rules(self, before: str = "") -> list[Rule]:
        """In the order in which they are tried; as they were `before` that reference changed them, if it did."""
        was = await self._redis.get(_changed_by(before)) if before else None
        return _RULES.decode(was) if was else _read(*await self._redis.mget(keys.RULES, keys.ROUTES))

    async def saw(self, user: str) -> None:
        """The Slack user reads the rules, with their numbers, as they are from now on."""
        pipe = self._redis.pipeline()
        pipe.hset(keys.RULES_KNOWN, _SAW + user.encode(), repr(time.time())).expire(keys.RULES_KNOWN, REMEMBERED)
        await pipe.execute()

    async def edit(
        self, ref: str, user: str, change: Callable[[list[Rule]], list[Rule]], numbered: datetime | None = None
    ) -> str:
        """Change the rules for the Slack user, once for `ref` however often it is run.

        They named rules by numbers at the time `numbered`: where somebody else has changed the rules since `user` saw
        them, nothing is changed, as another rule may have that number by now. Returns who that was, else "".
        """
        done = _changed_by(ref)

        async def changed(pipe: Any) -> str:
            if await pipe.exists(done):
                return ""
            if numbered and (other := _changed_since(await pipe.hgetall(keys.RULES_KNOWN), user, numbered)):
                return other
            before = _read(*await pipe.mget(keys.RULES, keys.ROUTES))
            after = change(before)
            routes = [one for one in after if one.was_always_known]
            pipe.multi()
            pipe.set(keys.RULES, _Kept(rules=after, routes=routes).json())
            pipe.set(keys.ROUTES, msgspec.json.encode(routes)).set(done, msgspec.json.encode(before), ex=keys.WEEK)
            pipe.hset(keys.RULES_KNOWN, _CHANGED + user.encode(), repr(time.time()))
            pipe.expire(keys.RULES_KNOWN, REMEMBERED)
            return ""

        watched = (keys.RULES, keys.ROUTES, keys.RULES_KNOWN, done)
        return str(await self._redis.transaction(changed, *watched, value_from_callable=True))

    async def memory(self, thread_id: str) -> Memory:
        """What is remembered of the thread: as long as somebody asks now and then.

        Where it was moved by hand, and what was once said or done, for as long as its card: `bot.upkeep.store`.
        """
        found = await self._memory(keys=[keys.routed(thread_id)], args=[REMEMBERED])
        fields = {name.decode(): value.decode() for name, value in pairs(found).items()}
        return Memory(
            rule=fields.get("rule") or None,
            campaign="campaign" in fields,
            pin=Pin.read(fields["pin"]) if fields.get("pin") else None,
            fitted=frozenset(name.removeprefix(_FITTED) for name in fields if name.startswith(_FITTED)),
            first=fields.get("first"),
            did=tuple(Did.read(one) for name, one in fields.items() if name.startswith(_DID)),
        )

    async def remember(self, thread_id: str, rule: str | None) -> None:
        """The rule that fitted last, None when none did."""
        await self._note(thread_id, "rule", rule or "")

    async def fitted(self, thread_id: str, rules: Iterable[str]) -> None:
        """These fitted it, and what it said stays said."""
        for one in rules:
            await self._note(thread_id, f"{_FITTED}{one}", "1")

    async def saw_first(self, thread_id: str, message_id: str) -> None:
        """Their first message; "" where that is not known any more."""
        await self._note(thread_id, "first", message_id)

    async def did(self, thread_id: str, did: Did) -> None:
        """What a rule did."""
        await self._note(thread_id, f"{_DID}{did.rule}:{did.kind}", did.json())

    async def saw_campaign(self, thread_id: str) -> None:
        """A campaign wrote in the thread."""
        await self._note(thread_id, "campaign", "1")

    async def pin(self, thread_id: str, pin: Pin | None) -> None:
        """Keep the conversation where somebody moved it; None lets the rules decide again."""
        if pin is None:
            await self._redis.hdel(keys.routed(thread_id), "pin")
        else:
            await self._note(thread_id, "pin", pin.json())

    async def _note(self, thread_id: str, field: str, value: str) -> None:
        await self._memory(keys=[keys.routed(thread_id)], args=[REMEMBERED, field, value])


def _read(kept: bytes | None, routes: bytes | None) -> list[Rule]:
    """All rules, from what was kept of them; what an older version has changed since then goes before."""
    known = _RULES.decode(routes) if routes else []
    if kept is None:
        return known
    found = _Kept.read(kept)
    return found.rules if found.routes == known else [*known, *(r for r in found.rules if not r.was_always_known)]


def _changed_since(known: dict[bytes, bytes], user: str, numbered: datetime) -> str:
    """The last who changed the rules, and is not `user`, since `user` saw them; "" where nobody did."""
    saw = float(known.get(_SAW + user.encode(), numbered.timestamp() - LATELY))
    others = {
        float(at): name.removeprefix(_CHANGED).decode()
        for name, at in known.items()
        if name.startswith(_CHANGED) and name != _CHANGED + user.encode()
    }
    last = max(others, default=saw)
    return others[last] if last > saw else ""


def _changed_by(ref: str) -> str:
    """Where the rules are kept as they were before `ref` changed them: whoever does it again, says what was done."""
    return keys.once(f"routes:{ref}")
