"""Saved replies, a person's own and the team's, kept until somebody removes them; and the forms that take them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from redis.asyncio import Redis

from bot.records import Named, Record
from bot.store import keys
from bot.store.kept import Kept
from bot.text import bare_words

TEAM: Final = "team"  # whose the saved replies for everybody are; the others are a Slack user's
MOST: Final = 1_000  # of one person, and of the team
FORM_LIVES: Final = 8 * 3600  # seconds that an open form is remembered
Refusal = Literal["changed", "removed", "name", "full"]


class Snippet(Named):
    """A saved reply. `rev` names its last change, `by` (a Slack user id, "" for an import) who made it, and when."""

    id: str
    owner: str = TEAM
    name: str
    text: str
    rev: str = ""
    by: str = ""
    at: datetime

    @property
    def key(self) -> str:
        """What forms and menus call it."""
        return f"{self.owner}:{self.id}"


class Form(Record):
    """A form that takes saved replies, as it was last shown.

    `text` is what its field held then, `before` what it held before the last saved reply, and `by` the job that put
    that one there; `turn` counts them. `recipient`: whose name it filled in, where the form is about no conversation.
    """

    view: dict[str, Any]
    recipient: str = ""
    turn: int = 0
    text: str = ""
    before: str = ""
    by: str = ""


class Clash(Exception):
    """It was not saved: `why`, and what is there instead."""

    def __init__(self, why: Refusal, there: Snippet | None = None) -> None:
        super().__init__(why)
        self.why, self.there = why, there


class Snippets:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self.forms = Kept(redis, Form, keys.snippet_form, FORM_LIVES)

    async def for_user(self, user: str) -> list[Snippet]:
        """Those that `user` may use: their own, then the team's, each by name."""
        pipe = self._redis.pipeline(transaction=False)
        for owner in (user, TEAM):
            pipe.hvals(keys.snippets(owner))
        return [one for raws in await pipe.execute() for one in _read(raws)]

    async def any_for(self, user: str) -> bool:
        """Whether there is one that `user` may use."""
        return bool(await self._redis.exists(keys.snippets(user), keys.snippets(TEAM)))

    async def like(self, user: str, typed: str) -> list[Snippet]:
        """Those of `for_user` in whose name a word begins so for each word of `typed`, then whose text has all."""
        asked, found = bare_words(typed), await self.for_user(user)
        named = {one.key for one in found if _is_named(one, asked)}
        others = [one for one in found if one.key not in named and _says(one, asked)]
        return [*(one for one in found if one.key in named), *others]

    async def get(self, key: str, user: str) -> Snippet | None:
        """The one of that `Snippet.key`; None where there is none, and where it is another person's."""
        owner, _, snippet_id = key.partition(":")
        if owner not in (user, TEAM):
            return None
        raw = await self._redis.hget(keys.snippets(owner), snippet_id)
        return Snippet.read(raw) if raw else None

    async def save(self, snippet: Snippet, before: str) -> None:
        """Put `snippet` in the place of version `before` ("" for none), once. Raises `Clash`."""

        def change(there: dict[str, Snippet]) -> list[Snippet]:
            known = there.get(snippet.id)
            if known and known.rev == snippet.rev:
                return []
            if before and known is None:
                raise Clash("removed")
            if known and known.rev != before:
                raise Clash("changed", known)
            if same := next((o for o in there.values() if o.id != snippet.id and is_called(o, snippet.name)), None):
                raise Clash("name", same)
            if known is None and len(there) >= MOST:
                raise Clash("full")
            return [snippet]

        await self.edit(snippet.owner, change)

    async def remove(self, snippet: Snippet, rev: str) -> None:
        """Remove it as it was in `rev`; one that is gone already is no trouble. Raises `Clash`."""
        key = keys.snippets(snippet.owner)

        async def gone(pipe: Any) -> None:
            raw = await pipe.hget(key, snippet.id)
            if raw and (known := Snippet.read(raw)).rev != rev:
                raise Clash("changed", known)
            pipe.multi()
            pipe.hdel(key, snippet.id)

        await self._redis.transaction(gone, key)

    async def everything(self) -> list[Snippet]:
        """All there are, the team's first, by owner and name."""
        found = [one.decode() async for one in self._redis.scan_iter(match=keys.snippets("*"), count=500)]
        owners = sorted(found, key=lambda one: (one != keys.snippets(TEAM), one))
        return [one for owner in owners for one in _read(await self._redis.hvals(owner))]

    async def edit(self, owner: str, change: Callable[[dict[str, Snippet]], Sequence[Snippet]]) -> None:
        """Write what `change` makes of the owner's saved replies by id; two changes happen one after the other."""
        key = keys.snippets(owner)

        async def changed(pipe: Any) -> None:
            some = change({one.id: one for one in _read(await pipe.hvals(key))})
            pipe.multi()
            for one in some:
                pipe.hset(key, one.id, one.json())

        await self._redis.transaction(changed, key)


def is_called(snippet: Snippet, name: str) -> bool:
    return snippet.name.casefold() == " ".join(name.split()).casefold()


def _read(raws: Sequence[bytes]) -> list[Snippet]:
    return sorted((Snippet.read(one) for one in raws), key=lambda one: (one.name.casefold(), one.id))


def _is_named(snippet: Snippet, asked: Sequence[str]) -> bool:
    words = bare_words(snippet.name)
    return all(any(word.startswith(one) for word in words) for one in asked)


def _says(snippet: Snippet, asked: Sequence[str]) -> bool:
    text = snippet.text.casefold()
    return all(one in text for one in asked)
