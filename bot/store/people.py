"""Who is who: Slack users and their Inbox members, and what Slack and Inbox said of people lately."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter
from redis.asyncio import Redis

from bot.models import AccountLink, Candidate, Label, Limits, Line, Member, Person, Record, Thread
from bot.recipient import keys_of
from bot.store import keys

FOUND_LIVES: Final = 600  # seconds
NOT_FOUND_LIVES: Final = 60
MEMBERS_LIVE: Final = 600
ACCOUNT_LINKS_LIVE: Final = 600
PROFILE_LIVES: Final = 300
LABELS_LIVE: Final = 600

_MEMBERS = TypeAdapter(list[Member])
_ACCOUNT_LINKS = TypeAdapter(list[AccountLink])
_LABELS = TypeAdapter(list[Label])
_PLATFORMS = TypeAdapter(list[Limits])
_CANDIDATES = TypeAdapter(list[Candidate])
T = TypeVar("T")


class Profile(Record):
    """What Slack says of one of its users. `email` is None when Slack hides it.

    `confirmed` is False where Slack says that nobody has proved to own the address; `teams` are the workspaces of an
    Enterprise Grid organisation that they belong to.
    """

    id: str
    team: str | None
    enterprise: str | None = None
    name: Line
    email: str | None = None
    confirmed: bool = True
    teams: tuple[str, ...] = ()
    guest: bool = False
    bot: bool = False
    deleted: bool = False
    admin: bool = False
    zone: str = "UTC"


class People:
    """Links live until somebody removes them; everything else is a cache with its time to live above."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once

    async def link(self, user: str) -> str | None:
        """The Inbox member id that this Slack user acts as; "" when their link was taken away on purpose."""
        member = await self._redis.get(keys.link(user))
        return None if member is None else member.decode()

    async def save_link(self, user: str, member_id: str) -> None:
        pipe = self._redis.pipeline()
        pipe.set(keys.link(user), member_id).sadd(keys.LINKED, user)
        await pipe.execute()

    async def remove_link(self, user: str) -> None:
        """From now on no address matches them either: who was unlinked on purpose stays so."""
        pipe = self._redis.pipeline()
        pipe.set(keys.link(user), "").srem(keys.LINKED, user)
        await pipe.execute()

    async def links(self) -> dict[str, str]:
        """The Inbox member id of every linked Slack user."""
        users = sorted(one.decode() for one in await self._redis.smembers(keys.LINKED))
        members = await self._redis.mget([keys.link(one) for one in users]) if users else []
        return {user: member.decode() for user, member in zip(users, members, strict=True) if member}

    async def linked_members(self) -> set[str]:
        """The Inbox member ids that anybody acts as."""
        found = [one async for one in self._redis.scan_iter(match=keys.link("*"), count=500)]
        values = await self._redis.mget(found) if found else []
        return {value.decode() for value in values if value}

    async def profile(self, user: str) -> Profile | None:
        raw = await self._redis.get(keys.profile(user))
        return Profile.model_validate_json(raw) if raw else None

    async def save_profile(self, profile: Profile) -> None:
        await self._redis.set(keys.profile(profile.id), profile.model_dump_json(), ex=PROFILE_LIVES)

    async def members(self, load: Callable[[], Awaitable[list[Member]]], *, fresh: bool = False) -> list[Member]:
        """The team's members; `load` asks Inbox when the cache is empty or `fresh` is wanted."""
        return await self._cached(keys.MEMBERS, _MEMBERS, MEMBERS_LIVE, load, fresh)

    async def account_links(
        self, load: Callable[[], Awaitable[list[AccountLink]]], *, fresh: bool = False
    ) -> list[AccountLink]:
        """The team's accounts; `load` asks Inbox when the cache is empty or `fresh` is wanted."""
        return await self._cached(keys.ACCOUNT_LINKS, _ACCOUNT_LINKS, ACCOUNT_LINKS_LIVE, load, fresh)

    async def tags(self, load: Callable[[], Awaitable[list[Label]]], *, fresh: bool = False) -> list[Label]:
        """The team's tags; `load` asks Inbox when the cache is empty or `fresh` is wanted."""
        return await self._cached(keys.TAGS, _LABELS, LABELS_LIVE, load, fresh)

    async def statuses(self, load: Callable[[], Awaitable[list[Label]]], *, fresh: bool = False) -> list[Label]:
        """The team's statuses, in the same way."""
        return await self._cached(keys.STATUSES, _LABELS, LABELS_LIVE, load, fresh)

    async def platforms(self, load: Callable[[], Awaitable[list[Limits]]]) -> list[Limits]:
        """What each platform takes, in the same way."""
        return await self._cached(keys.PLATFORMS, _PLATFORMS, LABELS_LIVE, load, False)

    async def _cached(
        self, key: str, kind: TypeAdapter[T], lives: int, load: Callable[[], Awaitable[T]], fresh: bool
    ) -> T:
        raw = None if fresh else await self._redis.get(key)
        if raw is not None:
            return kind.validate_json(raw)
        value = await load()
        await self._redis.set(key, kind.dump_json(value), ex=lives)
        return value

    async def forget_caches(self) -> None:
        """Another API version is spoken from now on: what the last one said of the team and of recipients is stale."""
        lookups = [one async for one in self._redis.scan_iter(match=keys.lookup("*"), count=500)]
        team = [keys.MEMBERS, keys.ACCOUNT_LINKS, keys.TAGS, keys.STATUSES, keys.PLATFORMS]
        await self._redis.delete(*team, *lookups)

    async def lookup(self, recipient: str) -> list[Candidate] | None:
        """Who `recipient` (`Recipient.key`) is, as found lately; [] when nobody was, None when nobody looked."""
        raw = await self._redis.get(keys.lookup(recipient))
        return None if raw is None else _CANDIDATES.validate_json(raw)

    async def save_lookup(self, recipient: str, found: list[Candidate]) -> None:
        await self._redis.set(
            keys.lookup(recipient),
            _CANDIDATES.dump_json(found),
            ex=FOUND_LIVES if found else NOT_FOUND_LIVES,
        )

    async def saw(self, thread: Thread) -> None:
        """A response or an event showed `thread`: lookups that should name it do so from now on.

        A lookup that nobody made stays unmade: one thread is not all that Inbox might answer.
        """
        if thread.person is None:
            return
        shown = Candidate(
            person=thread.person, account_link_id=thread.account_link_id, thread_id=thread.id, thread_url=thread.url
        )
        recipients = sorted(keys_of(thread.person))
        found = await self._redis.mget([keys.lookup(one) for one in recipients]) if recipients else []
        for recipient, raw in zip(recipients, found, strict=True):
            if raw is not None:
                known = _CANDIDATES.validate_json(raw)
                await self.save_lookup(recipient, [*(one for one in known if not _same(one, shown)), shown])

    async def forget(self, person: Person) -> None:
        """What was known of them is out of date: look them up again when somebody asks."""
        await self._redis.delete(*(keys.lookup(one) for one in keys_of(person) or {""}))


def _same(one: Candidate, other: Candidate) -> bool:
    """Whether `other` says more of what `one` says: the same thread, or the same person with no thread yet."""
    if one.thread_id is not None:
        return one.thread_id == other.thread_id
    return (one.person.platform, one.person.platform_id) == (other.person.platform, other.person.platform_id)
