"""What each triage has before it, and which conversation is before whom: never the same before two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Any, Final, NamedTuple

from redis.asyncio import Redis

from bot.records import Record
from bot.routing.store import Condition
from bot.store import keys
from bot.store.kept import Kept
from bot.store.scripts import script

LIVES: Final = 86_400  # seconds


class Triage(Record):
    """What `user` works through: the threads that are `left`, in order, of which `now` is shown.

    `conditions`, and where they are to be `waiting`, say which these are. `seen` is when the last message was written
    that is shown, `has` the member whom it shows as assignee ("" for nobody, None for unknown). `step` is the job that
    went on last, `stepped` what was `seen` of the conversation that it left, `done` how many were seen to.
    """

    user: str
    conditions: tuple[Condition, ...] = ()
    waiting: bool = False
    left: tuple[str, ...] = ()
    now: str = ""
    seen: datetime | None = None
    has: str | None = None
    step: str = ""
    stepped: datetime | None = None
    done: int = 0

    def without(self, thread_id: str) -> Triage:
        return self.having(left=tuple(one for one in self.left if one != thread_id))


class Taken(NamedTuple):
    """The thread that is before the person from now on, "" for none, and how many more nobody has."""

    thread_id: str
    free: int


class Triages:
    """Raises `StoreUnavailable` when Redis does not answer. `lives`: seconds that an open form is believed."""

    def __init__(self, redis: Redis, lives: float) -> None:
        self.kept = Kept(redis, Triage, keys.triage, LIVES)
        self._lives = ceil(lives * 1000)
        self._take: Any = script(redis, "triage/take.lua")
        self._give_back: Any = script(redis, "triage/give_back.lua")

    async def take(self, triage_id: str, thread_ids: Sequence[str]) -> Taken:
        """The first of these that is before nobody else; what is taken already is taken for longer."""
        if not thread_ids:
            return Taken("", 0)
        names = [keys.triaged(one) for one in thread_ids]
        number, free = await self._take(keys=names, args=[triage_id, self._lives])
        return Taken(thread_ids[int(number) - 1] if number else "", int(free))

    async def give_back(self, triage_id: str, thread_id: str) -> None:
        """Anybody may have it from now on, unless somebody has it by now."""
        await self._give_back(keys=[keys.triaged(thread_id)], args=[triage_id])
