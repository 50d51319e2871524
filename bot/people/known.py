"""People outside the team whom the bot has seen, found by the beginnings of their names while somebody types.

Each word of a name leads to its people in one sorted set, so that a search reads what it finds and no more. Whoever was
not seen for `LIVES` goes by the hourly timer, and of more than `MOST` those who were not seen for longest.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from redis.asyncio import Redis

from bot.models import Person
from bot.records import Named
from bot.store import keys
from bot.text import bare_words

LIVES: Final = 90 * 86_400  # seconds
MOST: Final = 20_000
READ: Final = 5_000  # people with one word that are looked at
FEW: Final = 100  # people with one word who are looked at themselves for the other words
MANY: Final = 100  # who go in one step
WORDS: Final = 8  # of one person, and of what somebody types

_KEYS: Final = [keys.KNOWN, keys.KNOWN_WORDS, keys.KNOWN_SEEN]
# KEYS: people by id, words, when each was seen. ARGV: now, LIVES, MOST, then id and person in turn.
_MET: Final = """
local function words(id, change)
  local known = redis.call('HGET', KEYS[1], id)
  for _, word in ipairs(known and cjson.decode(known).words or {}) do change(word .. '\\0' .. id) end
end
local function without(word) redis.call('ZREM', KEYS[2], word) end
local function with(word) redis.call('ZADD', KEYS[2], 0, word) end
for at = 4, #ARGV, 2 do
  local id, person = ARGV[at], ARGV[at + 1]
  if redis.call('HGET', KEYS[1], id) ~= person then
    words(id, without)
    redis.call('HSET', KEYS[1], id, person)
    words(id, with)
  end
  redis.call('ZADD', KEYS[3], ARGV[1], id)
end
local gone = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', ARGV[1] - ARGV[2], 'LIMIT', 0, MANY)
local over = redis.call('ZCARD', KEYS[3]) - ARGV[3]
if over > 0 then gone = redis.call('ZRANGE', KEYS[3], 0, over - 1) end
for _, id in ipairs(gone) do
  words(id, without)
  redis.call('HDEL', KEYS[1], id)
  redis.call('ZREM', KEYS[3], id)
end
if #ARGV > 3 then
  for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[2]) end
end
return #gone
""".replace("MANY", str(MANY))


class Seen(Named):
    """What is kept of a person."""

    lines: ClassVar[tuple[str, ...]] = ("username", "name")
    platform: str
    platform_id: str
    username: str = ""
    name: str = ""
    words: tuple[str, ...] = ()


class Known:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._met = redis.register_script(_MET)

    async def met(self, *people: Person) -> None:
        """They wrote, were written to or were looked up."""
        seen = [part for one in people if one.platform_id for part in (_id(one), _seen(one).json())]
        if seen:
            now = int(time.time())
            await self._met(keys=_KEYS, args=[now, LIVES, MOST, *seen])

    async def trim(self) -> None:
        """Whoever was not seen for `LIVES` is gone, also where nobody is met any more."""
        while int(await self._met(keys=_KEYS, args=[int(time.time()), LIVES, MOST])) >= MANY:
            pass

    async def like(self, typed: str, most: int = 20) -> list[Person]:
        """Those who have a word that begins so for each word of `typed`, a name, handle or address; latest first."""
        asked = _words(typed.rstrip("/").rpartition("/")[2])
        ids = await self._with(asked) if asked else []
        at = await self._redis.zmscore(keys.KNOWN_SEEN, ids) if ids else []
        latest = sorted(zip(at, ids, strict=True), key=lambda one: -(one[0] or 0))[:most]
        found = await self._of([one for _, one in latest])
        return [_person(one) for one in found if one]

    async def one(self, platform: str, platform_id: str) -> Person | None:
        """Who has that id there; None where they were not seen."""
        (found,) = await self._of([f"{platform}:{platform_id}".encode()])
        return _person(found) if found else None

    async def _with(self, asked: Sequence[str]) -> list[bytes]:
        """Ids of the people with all these words. A word that too many have is looked for in what the others leave."""
        ranges = [(begin := b"[" + word.encode(), begin + b"\xff") for word in asked]
        pipe = self._redis.pipeline(transaction=False)
        for begin, end in ranges:
            pipe.zlexcount(keys.KNOWN_WORDS, begin, end)
        counts = await pipe.execute()
        rarest = ranges[counts.index(min(counts))]
        read = [one for one, count in zip(ranges, counts, strict=True) if count <= READ]
        pipe = self._redis.pipeline(transaction=False)
        for begin, end in [rarest] if min(counts) <= FEW else read or [rarest]:
            pipe.zrangebylex(keys.KNOWN_WORDS, begin, end, start=0, num=READ)
        found = [{one.partition(b"\0")[2] for one in some} for some in await pipe.execute()]
        ids = sorted(set.intersection(*found))
        if len(found) == len(asked):
            return ids
        return [one for one, seen in zip(ids, await self._of(ids), strict=True) if seen and _fits(seen, asked)]

    async def _of(self, ids: Sequence[bytes]) -> list[Seen | None]:
        raws = await self._redis.hmget(keys.KNOWN, ids) if ids else []
        return [Seen.read(one) if one else None for one in raws]


def _fits(seen: Seen, asked: Sequence[str]) -> bool:
    return all(any(word.startswith(one) for word in seen.words) for one in asked)


def _id(person: Person) -> str:
    return f"{person.platform}:{person.platform_id}"


def _person(seen: Seen) -> Person:
    return Person(platform=seen.platform, platform_id=seen.platform_id, username=seen.username, name=seen.name)


def _seen(person: Person) -> Seen:
    return Seen(
        platform=person.platform,
        platform_id=person.platform_id,
        username=person.username,
        name=person.name,
        words=tuple(_words(f"{person.name} {person.username} {person.platform_id}")),
    )


def _words(text: str) -> list[str]:
    """A handle is as many words as it has parts."""
    return list(dict.fromkeys(bare_words(text)))[:WORDS]
