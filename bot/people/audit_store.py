"""The record of who did what, from where and with what outcome. It holds no message text."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from redis.asyncio import Redis

from bot.queue.job import Asker
from bot.records import Record
from bot.store import keys
from bot.store.scripts import script

PAGE: Final = 500  # entries read at once
DONE: Final = ("done", "sent")
BEFORE: Final = frozenset({"link", "unlink"})  # what people do before they act


class Entry(Record):
    """One act. `user` and `channel` are Slack's ids, `member` Inbox's; `about` is a thread, a person or a channel."""

    at: datetime
    user: str
    member: str = ""
    channel: str = ""
    what: str
    about: str = ""
    outcome: str
    ref: str


class AuditLog:
    """Keeps entries for `days`. Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis, days: int = 90) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._days = days
        self._note = script(redis, "people/note.lua")

    async def note(self, asker: Asker, what: str, about: str, outcome: str, ref: str, member: str = "") -> None:
        """Write it down once: a job that is run again after a crash has the same `ref`, whatever it is about."""
        if member and about and what not in BEFORE and outcome.startswith(DONE):
            await self._redis.sadd(keys.ACTED, asker.user)
        entry = {"user": asker.user, "member": member, "channel": asker.channel or "", "what": what, "about": about}
        entry |= {"outcome": outcome, "ref": ref}
        fields = [part for pair in entry.items() for part in pair]
        once = keys.once(f"audit:{ref}:{what}:{outcome}" + (f":{hashed(about)}" if about else ""))
        await self._note(keys=[keys.AUDIT], args=[once, keys.WEEK, self._oldest(), *fields])

    async def trim(self) -> None:
        """Entries older than `days` are gone, to the letter."""
        await self._redis.xtrim(keys.AUDIT, minid=self._oldest(), approximate=False)

    def _oldest(self) -> int:
        return int((datetime.now(UTC).timestamp() - self._days * keys.DAY) * 1000)

    async def has_acted(self, user: str) -> bool:
        """Whether the Slack user ever did something in Inbox; of versions that did not note it, lately."""
        if await self._redis.sismember(keys.ACTED, user):
            return True
        lately = await self.newest(PAGE)
        return any(one.user == user and one.what not in BEFORE and one.outcome.startswith(DONE) for one in lately)

    async def newest(self, count: int) -> list[Entry]:
        """The last `count` entries, the newest first."""
        found = await self._redis.xrevrange(keys.AUDIT, count=count)
        return [_entry(entry_id, fields) for entry_id, fields in found]

    async def since(self, at: datetime) -> AsyncIterator[Entry]:
        """All entries from `at` on, the oldest first."""
        begin = str(int(at.timestamp() * 1000))
        while True:
            found = await self._redis.xrange(keys.AUDIT, begin, count=PAGE)
            for entry_id, fields in found:
                yield _entry(entry_id, fields)
            if len(found) < PAGE:
                return
            begin = f"({found[-1][0].decode()}"


def hashed(about: str) -> str:
    """It may be an address, which is in no key."""
    return hashlib.sha256(about.encode()).hexdigest()[:16]


def _entry(entry_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    """Redis names an entry by its time in milliseconds."""
    at = datetime.fromtimestamp(int(entry_id.partition(b"-")[0]) / 1000, UTC)
    return msgspec.convert({"at": at, **{name.decode(): value.decode() for name, value in fields.items()}}, Entry)
