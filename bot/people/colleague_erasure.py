"""Takes a colleague who left out of Redis: their settings, saved replies, links, forms and what they were to be told.

What they did for the team stays until its time is over, or until somebody changes it: `STAYS` says what, and how long.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from redis.asyncio import Redis

from bot.store import keys
from bot.store.scripts import script

# Keys, or how they begin where there are several, of what stays; what that is; and how long.
STAYS: Final = (
    (("rules", "routes"), "rules that they made, or that name them", "until an admin changes them (/inbox rules)"),
    (("consent:",), "channels for which they consented", "until an admin takes that back (/inbox consent)"),
    (("choices:channel:",), "channels that escalate to them", "until an admin changes that (/inbox escalate)"),
    (("snippets:",), "saved replies of the team that they changed last", "until somebody changes or removes them"),
    (("scheduled:",), "messages of theirs that wait to be sent", "until they are sent, cancelled or given back"),
    (("card:", "routed:"), "conversations that they put away or moved", "CONVERSATION_DAYS after the last change"),
    (("audit",), "the record of who did what", "AUDIT_DAYS"),
    (("access-request:",), "requests of others that they decided", "30 days"),
    (("intent:", "receipt-of:", "post:", "unshown:"), "messages that they sent, and posts about them", "a week"),
    (("turns:taken:",), "messages that came when it was their turn", "a week"),
    (("once:",), "marks that something was done, by their id", "a week"),
    (("dead",), "work of theirs that failed for good", "a week"),
    (("lane:", "stream:", "delayed", "delayed:since"), "work that they asked for", "until it is done"),
    (("pace:",), "how often they were answered", "minutes"),
)
_BY_OTHERS: Final = ("once:", "lane:", "pace:")  # named after them, and not theirs alone
_NOBODYS: Final = ("installation",)


class ColleagueErasure:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis, user: str) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._lane = script(redis, "people/take_out.lua")
        self._user, self._id = user, re.compile(rb"(?<![A-Z0-9])" + user.encode() + rb"(?![A-Z0-9])")

    async def sweep(self, *, alone: bool) -> int:
        """How much was taken out; `alone`: no bot runs that could have what they are to be told in hand."""
        out = 0
        async for raw in self._redis.scan_iter(match=f"{keys.PREFIX}*", count=500):
            name = _name(raw)
            if name.startswith("lane:"):
                out += await self._untold(raw, name.removeprefix("lane:"), alone=alone)
            elif self._user in name.split(":") and not name.startswith(_BY_OTHERS):
                out += int(await self._redis.delete(raw))
            elif name not in _NOBODYS and _stays(name) is None:
                out += await self._take_out(raw)
        return out

    async def stays(self) -> list[str]:
        """What is left that has their id, and for how long."""
        found = set[int]()
        async for raw in self._redis.scan_iter(match=f"{keys.PREFIX}*", count=500):
            which = _stays(_name(raw))
            if which is not None and which not in found and (self._is(raw) or any(map(self._is, await self._all(raw)))):
                found.add(which)
        return [f"{STAYS[one][1]}: {STAYS[one][2]}" for one in sorted(found)]

    def _is(self, value: bytes) -> bool:
        return bool(self._id.search(value))

    async def _untold(self, key: bytes, lane: str, *, alone: bool) -> int:
        """What they are to be told or shown, each in a lane of its own; what they asked for is done."""
        if lane.rpartition(":")[2] != self._user:
            return 0
        args = [lane, int(alone)]
        for one in await self._redis.lrange(key, 0, -1):
            args += [one, b""]
        return int(await self._lane(keys=[key, keys.DELAYED, keys.DELAYED_SINCE], args=args))

    async def _take_out(self, key: bytes) -> int:
        match await self._redis.type(key):
            case b"string":
                value = await self._redis.get(key)
                return int(await self._redis.delete(key)) if value and self._is(value) else 0
            case b"hash":
                table = (await self._redis.hgetall(key)).items()
                gone = [field for field, value in table if self._is(field) or self._is(value)]
                return int(await self._redis.hdel(key, *gone)) if gone else 0
            case b"set":
                gone = self._theirs(await self._redis.smembers(key))
                return int(await self._redis.srem(key, *gone)) if gone else 0
            case b"zset":
                gone = self._theirs(await self._redis.zrange(key, 0, -1))
                return int(await self._redis.zrem(key, *gone)) if gone else 0
            case b"list":
                gone = self._theirs(await self._redis.lrange(key, 0, -1))
                return sum([int(await self._redis.lrem(key, 0, one)) for one in gone])
        return 0

    def _theirs(self, some: Iterable[bytes]) -> list[bytes]:
        return [one for one in some if self._is(one)]

    async def _all(self, key: bytes) -> Iterable[bytes]:
        """All values that lie there, one by one."""
        match await self._redis.type(key):
            case b"string":
                return [await self._redis.get(key) or b""]
            case b"hash":
                return [one for pair in (await self._redis.hgetall(key)).items() for one in pair]
            case b"set":
                return list(await self._redis.smembers(key))
            case b"zset":
                return list(await self._redis.zrange(key, 0, -1))
            case b"list":
                return list(await self._redis.lrange(key, 0, -1))
            case b"stream":
                return [one for _, fields in await self._redis.xrange(key) for one in fields.values()]
        return []


def _name(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").removeprefix(keys.PREFIX)


def _stays(name: str) -> int | None:
    """Which of `STAYS` tells of that key."""
    for which, (begins, *_) in enumerate(STAYS):
        if any(name == one or (one.endswith(":") and name.startswith(one)) for one in begins):
            return which
    return None
