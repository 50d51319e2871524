"""Takes a person outside the team out of Redis: their names, what they wrote and what was written to them.

What has no name in it stays until its time is over: marks by the ids of messages, figures, and the record of who did
what in which conversation.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from operator import itemgetter
from typing import Any, Final

import msgspec
from redis.asyncio import Redis

from bot.models import Person, Thread
from bot.people.traces import Found, Traces, is_about, parts, traces_of
from bot.recipient import Recipient
from bot.store import keys
from bot.store.scripts import script

# What people set, marks by ids alone, figures and the queue's own tables.
_LEFT: Final = (
    *("routes", "rules", "turns:", "choices:", "link:", "linked", "guests", "consent:", "snippets:", "once:"),
    *(
        "stats:received",
        "stats:answered",
        "stats:facts",
        "pace:",
        "stream:",
        "installation",
        "hurried:",
        "access-request:",
    ),
)

# Keys whose name tells whom they are about: a conversation, or a person.
_NAMED: Final = (
    *("card:", "unshown:", "waiting:", "wait-began:", "routed:", "snoozing:", "replying:", "anyway:", "read-lately:"),
    *("threads-of:", "wrote:", "under-way:", "stats:latest:", "cache:lookup:", "scheduled-to:", "triaged:"),
)

_OTHERS: Final = (keys.lookup("*"), keys.intent("*"), keys.choice("*"), keys.scheduled("*"))
# What tells who they are.
_FOUND_BY: Final = tuple(one.removeprefix(keys.PREFIX).rstrip("*") for one in (keys.card("*"), keys.KNOWN, *_OTHERS))


class Erasure:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._lane = script(redis, "people/take_out.lua")

    async def traces(self, who: Recipient) -> Traces:
        """Whoever is kept under that handle, address or id, with their contact's other profiles and conversations."""
        threads = sorted([one async for one in self._threads()], key=itemgetter(0), reverse=True)
        kept = [Found(one.person, one.contact_id, one.id) for _, one in threads]
        kept += [Found(one, one.contact_id) async for one in self._others()]
        return traces_of(who, kept)

    async def work(self, traces: Traces) -> int:
        """How much accepted work is about them that somebody waits for, or that a bot which runs has in hand."""
        count = 0
        async for raw, about in self._lanes(traces):
            lane = raw.decode().removeprefix(keys.lane(""))
            waits = await self._redis.zscore(keys.DELAYED, lane) is not None
            count += sum(b'"asker":' in one or not waits for one in about)
        return count

    async def sweep(self, traces: Traces, *, alone: bool) -> int:
        """How much was taken out of all but what tells who they are; `alone`: no bot runs that has work in hand."""
        out = await self._sweep(traces, found_by=False)
        async for raw, about in self._lanes(traces):
            lane = raw.decode().removeprefix(keys.lane(""))
            args = [lane, int(alone)]
            for one in about:
                args += [one, traces.spared(one) or b""]
            out += int(await self._lane(keys=[raw, keys.DELAYED, keys.DELAYED_SINCE], args=args))
        return out

    async def finish(self, traces: Traces) -> int:
        """The same of that: it goes last, as whoever is interrupted finds the rest by it, another time."""
        return await self._sweep(traces, found_by=True)

    async def _sweep(self, traces: Traces, *, found_by: bool) -> int:
        """Of all but work: what `traces` reads, or else the rest; all of it or nothing, as one leads to another."""
        marks, names, recipients, gone = traces.marks(), traces.names(), traces.recipients(), self._redis.pipeline()
        async for raw in self._redis.scan_iter(match=f"{keys.PREFIX}*", count=500):
            name = raw.decode("utf-8", "replace").removeprefix(keys.PREFIX)
            if name.startswith((*_LEFT, "lane:")) or name.startswith(_FOUND_BY) is not found_by:
                continue
            if name == "audit":
                await self._take_entries(gone, raw, Traces(traces.people, unsure=traces.unsure))
            elif name.startswith("snippet-form:"):
                value = await self._redis.get(raw)
                if value and traces.in_form()(value):
                    gone.delete(raw)
            elif _names(name, names, recipients):
                gone.delete(raw)
            elif name == "dead":
                await self._take_letters(gone, raw, traces)
            else:
                await self._take_out(gone, raw, marks, names)
        return sum(await gone.execute())

    async def _lanes(self, traces: Traces) -> AsyncIterator[tuple[bytes, list[bytes]]]:
        """Each lane with work about them, and that."""
        is_about = traces.in_work()
        async for raw in self._redis.scan_iter(match=keys.lane("*"), count=500):
            if about := [one for one in await self._redis.lrange(raw, 0, -1) if is_about(one)]:
                yield raw, about

    async def _take_letters(self, gone: Any, key: bytes, traces: Traces) -> None:
        """Work that failed for good."""
        is_about, letters = traces.in_work(), await self._redis.xrange(key)
        if found := [i for i, f in letters if is_about(f.get(b"item", b""))]:
            gone.xdel(key, *found)

    async def _take_entries(self, gone: Any, key: bytes, person: Traces) -> None:
        """Of the record; which conversations somebody did something in stays, by their ids."""
        marks, names, entries = person.marks(), person.names(), await self._redis.xrange(key)
        if found := [i for i, f in entries if any(_is(f.get(b"about", b""), one, marks, names) for one in f.values())]:
            gone.xdel(key, *found)

    async def _take_out(self, gone: Any, key: bytes, marks: Sequence[bytes], names: set[str]) -> None:
        match await self._redis.type(key):
            case b"string":
                value = await self._redis.get(key)
                if value and is_about(value, marks):
                    gone.delete(key)
            case b"hash":
                table = await self._redis.hgetall(key)
                if found := [field for field, one in table.items() if _is(field, one, marks, names)]:
                    gone.hdel(key, *found)
            case b"set":
                if found := [one for one in await self._redis.smembers(key) if _is(one, one, marks, names)]:
                    gone.srem(key, *found)
            case b"zset":
                if found := [one for one in await self._redis.zrange(key, 0, -1) if _is(one, one, marks, names)]:
                    gone.zrem(key, *found)

    async def _threads(self) -> AsyncIterator[tuple[float, Thread]]:
        """Each conversation, and for how long it is still known: longer, the later it was written down.

        Of one that is snoozed nobody knows when that was: what any other says of the same person goes before.
        """
        async for name in self._redis.scan_iter(match=keys.card("*"), count=500):
            raw, left = await asyncio.gather(self._redis.hget(name, "thread"), self._redis.pttl(name))
            if raw:
                yield left, Thread.read(raw)

    async def _others(self) -> AsyncIterator[Person]:
        """People who were looked up, written to, or are completed while somebody types."""
        for raw in (await self._redis.hgetall(keys.KNOWN)).values():
            for person in _people_in(raw):
                yield person
        for pattern in _OTHERS:
            async for name in self._redis.scan_iter(match=pattern, count=500):
                for person in _people_in(await self._redis.get(name) or b""):
                    yield person


_NO_PERSON: Final = {"id", "account_link_id"}  # what an account or an address has besides a person's fields


def _people_in(raw: bytes) -> Iterable[Person]:
    """Whoever is described somewhere in a piece of JSON."""
    for one in parts(raw):
        if isinstance(one, dict) and one.get("platform_id") and not _NO_PERSON & one.keys():
            try:
                yield msgspec.convert(one, Person)
            except ValueError:
                continue


def _names(key: str, names: set[str], recipients: set[str]) -> bool:
    """Whether the name of a key says that it is about them; an id may have colons of its own."""
    if not key.startswith(_NAMED):
        return False
    if key.startswith("cache:lookup:"):
        return key.removeprefix("cache:lookup:") in recipients
    parts = key.lower().split(":")
    return not names.isdisjoint({*parts[1:], *(":".join(parts[at:]) for at in range(1, len(parts)))})


def _is(name: bytes, value: bytes, marks: Sequence[bytes], names: set[str]) -> bool:
    return name.decode("utf-8", "replace").lower() in names or is_about(name, marks) or is_about(value, marks)
