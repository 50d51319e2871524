"""Takes a person outside the team out of Redis: their names, what they wrote and what was written to them.

What has no name in it stays until its time is over: marks by the ids of messages, figures, and the record of who did
what in which conversation.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from redis.asyncio import Redis

from bot.models import Person, Thread
from bot.recipient import Recipient, X, folded, keys_of
from bot.store import keys
from bot.store.scripts import script
from bot.text import plain

LONG: Final = 10  # characters of an id that stands for nothing else wherever it stands
# Work about several conversations, by its kind: the lists and tables of these that it has, the rest of which goes on.
_SEVERAL: Final = {
    "announce": ("threads",),
    "bulk": ("left", "how", "came"),
    "digest": ("places",),
    "look_at_buried": ("left",),
    "nudge": ("threads",),
    "tell_late": ("threads",),
}
_MOVES_ON: Final = {"begun": False, "waits": True, "slept": True}  # a `Bulk` from the lane of who was its next
_SAY: Final = ("tell", "tell_admins", "line", "console")  # kinds of work that is sentences and no more
_JOINER: Final = "\u2060"  # which `plain` puts into names
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


@dataclass
class Traces:
    """What tells that something is about somebody: ids of theirs and of their conversations, and handles on X."""

    people: list[Person] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    handles: set[str] = field(default_factory=set)

    def marks(self) -> list[bytes]:
        """Byte strings, in lower case, one of which stands in whatever is about them, or at its end if it begins so."""
        found = {one for one in self.threads if len(one) >= LONG}
        found |= {f'"{one}"' for one in self.threads if len(one) < LONG}
        for person in self.people:
            ids = (person.platform_id, person.contact_id, person.profile_id)
            found |= {one if len(one) >= LONG else f'_id":"{one}"' for one in ids if one}
            found.add(f"\0{person.platform}:{person.platform_id}")
            found |= {f'"{one}"' for one in (person.profile_url,) if one}
        found |= {f'"recipient":"{sign}{one}"' for one in self.recipients() for sign in ("", "@")}
        return [one.lower().encode() for one in sorted(found)]

    def in_work(self) -> Callable[[bytes], bool]:
        """Tells whether an item of a lane is about them, by its ids. One that is sentences and no more is so by their
        names too: a message to somebody else may mention them.
        """
        marks, words = self.marks(), self._words()

        def is_about(item: bytes) -> bool:
            return _is_about(item, marks) or bool(words and words.search(_said(item)))

        return is_about

    def spared(self, item: bytes) -> bytes | None:
        """The same item of a lane for the others that it is about; None where it is about them alone, or names them."""
        job: Any = next(_parts(item[1:]), None)
        words = self._words()
        names = _SEVERAL.get(job.get("kind", ""), ()) if isinstance(job, dict) else ()
        others = {one: self._others(job[one]) for one in names if job.get(one)}
        if not (any(others.values()) or (names and job["kind"] == "digest")):  # which asks what else was missed
            return None
        if job["kind"] == "bulk" and others.get("left") and others["left"][0] != job["left"][0]:
            others |= _MOVES_ON
        said = json.dumps(job | others, ensure_ascii=False, separators=(",", ":"))
        left = item[:1] + said.encode(errors="backslashreplace")
        return None if _is_about(left, self.marks()) or (words and words.search(said.lower())) else left

    def _others(self, about: Any) -> Any:
        """A list of conversations, or a table by their ids, without theirs."""
        if isinstance(about, dict):
            return {one: what for one, what in about.items() if one not in self.threads}
        return [one for one in about if _thread_of(one) not in self.threads]

    def _words(self) -> re.Pattern[str] | None:
        """What sentences call them: a whole name, or a handle with its sign, and not a part of a longer one."""
        names = {one.name for one in self.people if " " in one.name} | {f"@{handle}" for handle in self.handles}
        spoken = "|".join(re.escape(one.replace(_JOINER, "").lower()) for name in names for one in (name, plain(name)))
        return re.compile(rf"(?<![\w@])(?<!\w[.-])(?:{spoken})(?!\w|[.-]\w)") if spoken else None

    def names(self) -> set[str]:
        """Parts of keys, members and fields that stand for them."""
        found = self.threads | {one for person in self.people for one in _ids(person)}
        return {one.lower() for one in found if one}

    def recipients(self) -> set[str]:
        """How jobs and caches call them."""
        found = {one for person in self.people for one in keys_of(person)}
        return found | {Recipient(one, username=handle).key for one in (None, X) for handle in self.handles}


class Erasure:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._lane = script(redis, "people/take_out.lua")

    async def traces(self, who: Recipient) -> Traces:
        """Whoever is kept under that handle, address or id, and their conversations."""
        found, seen = Traces(), dict[tuple[str, str], Person]()
        threads = [one async for one in self._threads()]
        for person in [*(one.person for one in threads if one.person), *[one async for one in self._others()]]:
            if (person.username or who.platform_id) and who.means(person):
                known = seen.get((person.platform, person.platform_id))
                seen[person.platform, person.platform_id] = known if known and known.contact_id else person
        found.people = list(seen.values())
        found.threads = {
            one.id for one in threads if one.person and (one.person.platform, one.person.platform_id) in seen
        }
        contacts = {one.contact_id for one in found.people} - {None}
        found.threads |= {one.id for one in threads if one.contact_id in contacts}
        found.handles = {folded(one.username) for one in found.people if one.username and one.platform == X}
        found.handles |= {who.username} if who.username and who.is_at(X) else set()
        return found

    async def work(self, traces: Traces) -> int:
        """How much accepted work is about them that somebody waits for, or that a bot which runs has in hand."""
        count = 0
        async for raw, about in self._lanes(traces):
            lane = raw.decode().removeprefix(keys.lane(""))
            waits = await self._redis.zscore(keys.DELAYED, lane) is not None
            count += sum(b'"asker":' in one or not waits for one in about)
        return count

    async def sweep(self, traces: Traces, *, alone: bool) -> int:
        """How much was taken out; `alone`: no bot runs that could have work in hand."""
        marks, names, recipients, out = traces.marks(), traces.names(), traces.recipients(), 0
        async for raw in self._redis.scan_iter(match=f"{keys.PREFIX}*", count=500):
            name = raw.decode("utf-8", "replace").removeprefix(keys.PREFIX)
            if name.startswith((*_LEFT, "lane:")):
                continue
            if name == "audit":  # of which conversations somebody did something stays, by their ids
                out += await self._take_out(raw, Traces(traces.people).marks(), names)
            elif _names(name, names, recipients):
                out += int(await self._redis.delete(raw))
            elif name == "dead":
                out += await self._take_letters(raw, traces)
            else:
                out += await self._take_out(raw, marks, names)
        async for raw, about in self._lanes(traces):
            lane = raw.decode().removeprefix(keys.lane(""))
            args = [lane, int(alone)]
            for one in about:
                args += [one, traces.spared(one) or b""]
            out += int(await self._lane(keys=[raw, keys.DELAYED, keys.DELAYED_SINCE], args=args))
        return out

    async def _lanes(self, traces: Traces) -> AsyncIterator[tuple[bytes, list[bytes]]]:
        """Each lane with work about them, and that."""
        is_about = traces.in_work()
        async for raw in self._redis.scan_iter(match=keys.lane("*"), count=500):
            if about := [one for one in await self._redis.lrange(raw, 0, -1) if is_about(one)]:
                yield raw, about

    async def _take_letters(self, key: bytes, traces: Traces) -> int:
        """Work that failed for good."""
        is_about, letters = traces.in_work(), await self._redis.xrange(key)
        gone = [i for i, f in letters if is_about(f.get(b"item", b""))]
        return int(await self._redis.xdel(key, *gone)) if gone else 0

    async def _take_out(self, key: bytes, marks: Sequence[bytes], names: set[str]) -> int:
        match await self._redis.type(key):
            case b"string":
                value = await self._redis.get(key)
                return int(await self._redis.delete(key)) if value and _is_about(value, marks) else 0
            case b"hash":
                gone = [f for f, one in (await self._redis.hgetall(key)).items() if _is(f, one, marks, names)]
                return int(await self._redis.hdel(key, *gone)) if gone else 0
            case b"set":
                gone = [one for one in await self._redis.smembers(key) if _is(one, one, marks, names)]
                return int(await self._redis.srem(key, *gone)) if gone else 0
            case b"zset":
                gone = [one for one in await self._redis.zrange(key, 0, -1) if _is(one, one, marks, names)]
                return int(await self._redis.zrem(key, *gone)) if gone else 0
            case b"stream":
                entries = await self._redis.xrange(key)
                gone = [i for i, f in entries if any(_is_about(one, marks) for one in f.values())]
                return int(await self._redis.xdel(key, *gone)) if gone else 0
        return 0

    async def _threads(self) -> AsyncIterator[Thread]:
        async for name in self._redis.scan_iter(match=keys.card("*"), count=500):
            if raw := await self._redis.hget(name, "thread"):
                yield Thread.read(raw)

    async def _others(self) -> AsyncIterator[Person]:
        """People who were looked up, written to, or are completed while somebody types."""
        for raw in (await self._redis.hgetall(keys.KNOWN)).values():
            for person in _people_in(raw):
                yield person
        for pattern in (keys.lookup("*"), keys.intent("*"), keys.choice("*"), keys.scheduled("*")):
            async for name in self._redis.scan_iter(match=pattern, count=500):
                for person in _people_in(await self._redis.get(name) or b""):
                    yield person


def _thread_of(one: Any) -> Any:
    """The id of a conversation, of which a list has that alone, or something about it, or all of it."""
    return one.get("thread_id") or one["id"] if isinstance(one, dict) else one


def _parts(raw: bytes) -> Iterator[Any]:
    """A piece of JSON, then what stands in it, however deep."""
    try:
        left = [json.loads(raw)]
    except ValueError:
        return
    while left:
        one = left.pop()
        left += one.values() if isinstance(one, dict) else one if isinstance(one, list) else []
        yield one


def _said(item: bytes) -> str:
    """What a job says, in lower case, if it does nothing else; a letter stands before it."""
    whole, *parts = [*_parts(item[1:])] or [None]
    if not isinstance(whole, dict) or whole.get("kind") not in _SAY:
        return ""
    return "\n".join(one for one in parts if isinstance(one, str)).replace(_JOINER, "").lower()


_NO_PERSON: Final = {"id", "account_link_id"}  # what an account or an address has besides a person's fields


def _people_in(raw: bytes) -> Iterable[Person]:
    """Whoever is described somewhere in a piece of JSON."""
    for one in _parts(raw):
        if isinstance(one, dict) and one.get("platform_id") and not _NO_PERSON & one.keys():
            try:
                yield msgspec.convert(one, Person)
            except ValueError:
                continue


def _ids(person: Person) -> set[str]:
    """A person's ids, as they stand in keys too."""
    ids = {person.platform_id, person.contact_id or "", person.profile_id or ""}
    return ids | {f"{person.platform}:{person.platform_id}"}


def _names(key: str, names: set[str], recipients: set[str]) -> bool:
    """Whether the name of a key says that it is about them; an id may have colons of its own."""
    if not key.startswith(_NAMED):
        return False
    if key.startswith("cache:lookup:"):
        return key.removeprefix("cache:lookup:") in recipients
    parts = key.lower().split(":")
    return not names.isdisjoint({*parts[1:], *(":".join(parts[at:]) for at in range(1, len(parts)))})


def _is(name: bytes, value: bytes, marks: Sequence[bytes], names: set[str]) -> bool:
    return name.decode("utf-8", "replace").lower() in names or _is_about(name, marks) or _is_about(value, marks)


def _is_about(raw: bytes, marks: Sequence[bytes]) -> bool:
    low = raw.lower()
    return any(low.endswith(mark) if mark.startswith(b"\0") else mark in low for mark in marks)
