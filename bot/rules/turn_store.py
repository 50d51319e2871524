"""Whose turn it is, by rule: who had it last, who is owed one, and how many open conversations each has.

A turn is taken once for a message, in one script, whichever worker does it and however often.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from redis.asyncio import Redis

from bot.store import keys
from bot.store.scripts import script

SPENT: Final = "-"  # a turn that was taken for this message and given back


class Turn(NamedTuple):
    """A Slack user, and the Inbox member they act as; `member` is "" and `free` is False for who has no seat."""

    user: str
    member: str
    free: bool = True


class Load(NamedTuple):
    """How many open conversations somebody has, and how many seconds ago Inbox said so; None: it was not asked."""

    number: int
    age: float | None


class TurnStore:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._take = script(redis, "rules/take.lua")
        self._give_back = script(redis, "rules/give_back.lua")
        self._confirm = script(redis, "rules/confirm.lua")
        self._load = script(redis, "rules/load.lua")
        self._tells = script(redis, "rules/tells.lua")
        self._told = script(redis, "rules/told.lua")

    async def taken(self, thread_id: str, message_id: str) -> Turn | None:
        """Whose turn was taken for the message; a `SPENT` user where it was given back; None where none was."""
        return _turn(await self._redis.get(keys.turn(thread_id, message_id)))

    async def take(
        self, rule: str, thread_id: str, message_id: str, everybody: Sequence[Turn], most: int | None
    ) -> Turn | None:
        """The next in turn of `everybody`, in their order, who is free and has fewer than `most` open ones.

        The same again for the same message. None where there is nobody.
        """
        loads = [one for turn in everybody for one in (keys.load(turn.member), keys.given(turn.member))]
        names = [keys.turn(thread_id, message_id), keys.circle(rule), keys.owed(rule), *loads]
        people = [part for one in everybody for part in (one.user, one.member, int(one.free))]
        limit = "" if most is None else most
        return _turn(await self._take(keys=names, args=[thread_id, limit, *people]))

    async def give_back(self, rule: str, thread_id: str, message_id: str, turn: Turn, *, owed: bool = True) -> None:
        """They did not get it after all, and are `owed` the next turn; or they cannot get any."""
        names = [keys.turn(thread_id, message_id), keys.owed(rule), keys.load(turn.member), keys.given(turn.member)]
        await self._give_back(keys=names, args=[_written(turn), turn.user, thread_id, int(owed)])

    async def confirmed(self, rule: str, thread_id: str, turn: Turn) -> None:
        """Inbox shows that they have it; somebody is free, so that nobody's absence is news again."""
        await self._confirm(keys=[keys.given(turn.member), keys.nobody_free(rule)], args=[thread_id])

    async def last(self, rule: str) -> str:
        """The Slack user who had the last turn; "" where nobody had one."""
        user = await self._redis.hget(keys.circle(rule), "user")
        return user.decode() if user else ""

    # --- how many they have -------------------------------------------------------------------------------------------

    async def now(self) -> int:
        """Milliseconds, by the clock of Redis."""
        seconds, micros = await self._redis.time()
        return int(seconds) * 1000 + int(micros) // 1000

    async def loads(self, members: Sequence[str]) -> dict[str, Load]:
        """How many open conversations these have, as far as is known."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.time()
        for one in members:
            pipe.get(keys.load_at(one)).scard(keys.load(one))
        (seconds, micros), *found = await pipe.execute()
        now = int(seconds) + int(micros) / 1e6
        pairs = zip(members, found[::2], found[1::2], strict=True)
        return {one: Load(int(count), None if at is None else now - int(at) / 1000) for one, at, count in pairs}

    async def count(self, member: str, thread_ids: Iterable[str], began: int) -> int:
        """Inbox was asked, from `began` on, what the member has: what they were given since then counts as well.

        How many that makes.
        """
        names = [keys.load(member), keys.given(member), keys.load_at(member)]
        return int(await self._load(keys=names, args=[began, *thread_ids]))

    # --- what is said once --------------------------------------------------------------------------------------------

    async def is_told(self, rule: str, channel: str, ref: str) -> bool:
        """Whether the channel knows that nobody is free; else the job `ref` is about to tell it."""
        return bool(await self._tells(keys=[keys.nobody_free(rule)], args=[channel, ref]))

    async def told(self, rule: str, channel: str, ref: str) -> None:
        """The job `ref` has told it: that is news again where somebody was free meanwhile."""
        await self._told(keys=[keys.nobody_free(rule)], args=[channel, ref])


def _turn(raw: bytes | None) -> Turn | None:
    if raw is None:
        return None
    user, _, member = raw.decode().partition("|")
    return Turn(user, member)


def _written(turn: Turn) -> str:
    return f"{turn.user}|{turn.member}"
