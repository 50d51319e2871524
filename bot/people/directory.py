"""What Slack and Inbox said lately: of people, members, accounts, tags and statuses, by id and by name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar

from msgspec.json import Decoder, encode
from redis.asyncio import Redis

from bot.address import Candidate
from bot.errors import InboxError, VersionEnded
from bot.inbox.client import Inbox
from bot.models import AccountLink, Label, Limits, Member, Person, Team, Thread
from bot.people.known import Known
from bot.recipient import keys_of
from bot.slack.workspace import Profile
from bot.store import keys
from bot.store.kept import Kept

FOUND_LIVES: Final = 600  # seconds
NOT_FOUND_LIVES: Final = 60
PROFILE_LIVES: Final = 300
LISTS_LIVE: Final = 600  # of members, accounts, tags, statuses and platforms
NAMES_WITHIN: Final = 2.0  # seconds that a card waits for the names on it
A_COLLEAGUE: Final = "a colleague"

_MEMBERS: Final = Decoder(list[Member])
_ACCOUNT_LINKS: Final = Decoder(list[AccountLink])
_LABELS: Final = Decoder(list[Label])
_PLATFORMS: Final = Decoder(list[Limits])
_TEAM: Final = Decoder(Team)
_CANDIDATES: Final = Decoder(list[Candidate])
T = TypeVar("T")
Item = TypeVar("Item", AccountLink, Label, Member)
_UNNAMED: Final = ContextVar[list[VersionEnded]]("unnamed")


class Directory:
    """Caches, each with its time to live above. What is not cached is asked of Inbox: raises `InboxError`."""

    def __init__(self, redis: Redis, inbox: Inbox) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._inbox = inbox
        self.known = Known(redis)
        self.profiles = Kept(redis, Profile, keys.profile, PROFILE_LIVES)

    async def members(self, *, fresh: bool = False) -> list[Member]:
        """The team's members; `fresh` asks Inbox whatever the cache holds."""
        return await self._cached(keys.MEMBERS, _MEMBERS, self._inbox.members, fresh)

    async def members_cached(self) -> list[Member] | None:
        """The team's members as Inbox told them in the last minutes; None where nobody asked."""
        raw = await self._redis.get(keys.MEMBERS)
        return None if raw is None else _MEMBERS.decode(raw)

    async def account_links(self, *, fresh: bool = False) -> list[AccountLink]:
        """The team's accounts, in the same way."""
        return await self._cached(keys.ACCOUNT_LINKS, _ACCOUNT_LINKS, self._inbox.account_links, fresh)

    async def tags(self, *, fresh: bool = False) -> list[Label]:
        """The team's tags, in the same way."""
        return await self._cached(keys.TAGS, _LABELS, self._inbox.tags, fresh)

    async def statuses(self, *, fresh: bool = False) -> list[Label]:
        """The team's statuses, in the same way."""
        return await self._cached(keys.STATUSES, _LABELS, self._inbox.statuses, fresh)

    async def platforms(self, *, fresh: bool = False) -> list[Limits]:
        """What each platform takes, in the same way; none where Inbox does not say."""
        return await self._cached(keys.PLATFORMS, _PLATFORMS, self._inbox.platforms, fresh)

    async def limits(self, platform: str) -> Limits | None:
        """What that platform takes; None where Inbox does not say, or does not answer."""
        try:
            return next((one for one in await self.platforms() if one.platform == platform), None)
        except InboxError:
            return None

    async def characters(self, platform: str) -> int | None:
        """How many one message has there at the most; None where Inbox does not say (v1), or knows no limit."""
        limits = await self.limits(platform)
        return limits.characters if limits else None

    async def currency(self) -> str:
        """That of contacts' values, as `USD`; "" where Inbox does not say."""
        try:
            async with asyncio.timeout(NAMES_WITHIN):
                return (await self._cached(keys.TEAM, _TEAM, self._inbox.team, fresh=False)).currency
        except (InboxError, TimeoutError):
            return ""

    # --- by id, for what is drawn: a card without names is better than no card ---------------------------------------

    async def account(self, account_link_id: str) -> AccountLink | None:
        """The account; None where Inbox does not say."""
        return next(iter(await self._find([account_link_id], self.account_links)), None)

    async def account_label(self, account_link_id: str) -> str:
        """`@acme`."""
        found = await self.account(account_link_id)
        return found.label if found else "your account"

    async def assignee(self, member_id: str | None) -> str | None:
        """The member's name; None for nobody."""
        if member_id is None:
            return None
        return next((one.label for one in await self._find([member_id], self.members)), A_COLLEAGUE)

    async def labels(self, person: Person | None) -> tuple[str, list[str]]:
        """The names of the person's status, "" for none, and of their tags, as far as Inbox tells them."""
        if person is None or not (person.status_id or person.tag_ids):
            return "", []
        status = await self._find([person.status_id], self.statuses)
        tags = await self._find(person.tag_ids, self.tags)
        return next((one.name for one in status), ""), [one.name for one in tags]

    async def member_names(self) -> dict[str, str]:
        """The members' names by id; none where Inbox does not say."""
        return {one.id: one.label for one in await self._find(None, self.members)}

    async def account_names(self) -> dict[str, str]:
        """The accounts' labels by id, in the same way."""
        return {one.id: one.label for one in await self._find(None, self.account_links)}

    async def tag_names(self) -> dict[str, str]:
        """The tags' names by id, in the same way."""
        return {one.id: one.name for one in await self._find(None, self.tags)}

    async def names(self) -> dict[str, str]:
        """What members, accounts, tags and statuses are called, by id, in the same way."""
        found = await asyncio.gather(
            self.member_names(), self.account_names(), self.tag_names(), self._find(None, self.statuses)
        )
        return {**found[0], **found[1], **found[2], **{one.id: one.name for one in found[3]}}

    @staticmethod
    @contextmanager
    def unnamed() -> Iterator[list[VersionEnded]]:
        """Why names are missing in what is drawn meanwhile, also in tasks begun there: an API version has ended."""
        why: list[VersionEnded] = []
        before = _UNNAMED.set(why)
        try:
            yield why
        finally:
            _UNNAMED.reset(before)

    async def _find(
        self, wanted: Iterable[str | None] | None, load: Callable[..., Awaitable[list[Item]]]
    ) -> list[Item]:
        """Those with an id in `wanted`, in that order, asked for anew before one is left out; all where it is None."""
        ids = None if wanted is None else [one for one in wanted if one]
        known: dict[str, Item] = {}
        try:
            async with asyncio.timeout(NAMES_WITHIN):
                known = {one.id: one for one in await load()}
                if ids and not known.keys() >= set(ids):
                    known = {one.id: one for one in await load(fresh=True)}
        except (InboxError, TimeoutError) as error:
            if isinstance(error, VersionEnded):
                _UNNAMED.get([]).append(error)
        return list(known.values()) if ids is None else [known[one] for one in ids if one in known]

    # --- whom a recipient names ---------------------------------------------------------------------------------------

    async def forget_caches(self) -> None:
        """Another API version is spoken from now on: what the last one said of the team and of recipients is stale."""
        lookups = [one async for one in self._redis.scan_iter(match=keys.lookup("*"), count=500)]
        team = [keys.MEMBERS, keys.ACCOUNT_LINKS, keys.TAGS, keys.STATUSES, keys.PLATFORMS, keys.TEAM]
        await self._redis.delete(*team, *lookups)

    async def forget_labels(self) -> None:
        """A tag or a status has changed."""
        await self._redis.delete(keys.TAGS, keys.STATUSES)

    async def lookup(self, recipient: str) -> list[Candidate] | None:
        """Who `recipient` (`Recipient.key`) is, as found lately; [] when nobody was, None when nobody looked."""
        raw = await self._redis.get(keys.lookup(recipient))
        return None if raw is None else _CANDIDATES.decode(raw)

    async def save_lookup(self, recipient: str, found: list[Candidate]) -> None:
        await self._redis.set(
            keys.lookup(recipient),
            encode(found),
            ex=FOUND_LIVES if found else NOT_FOUND_LIVES,
        )
        await self.known.met(*(one.person for one in found))

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
        if not recipients:
            return
        looked_up = self._redis.mget([keys.lookup(one) for one in recipients])
        found, _ = await asyncio.gather(looked_up, self.known.met(thread.person))
        for recipient, raw in zip(recipients, found, strict=True):
            if raw is not None:
                known = _CANDIDATES.decode(raw)
                await self.save_lookup(recipient, [*(one for one in known if not _same(one, shown)), shown])

    async def forget(self, person: Person) -> None:
        """What was known of them is out of date: look them up again when somebody asks."""
        await self._redis.delete(*(keys.lookup(one) for one in keys_of(person) or {""}))

    async def _cached(self, key: str, kind: Decoder[T], load: Callable[[], Awaitable[T]], fresh: bool) -> T:
        raw = None if fresh else await self._redis.get(key)
        if raw is not None:
            return kind.decode(raw)
        value = await load()
        await self._redis.set(key, encode(value), ex=LISTS_LIVE)
        return value


def _same(one: Candidate, other: Candidate) -> bool:
    """Whether `other` says more of what `one` says: the same thread, or the same person with no thread yet."""
    if one.thread_id is not None:
        return one.thread_id == other.thread_id
    return (one.person.platform, one.person.platform_id) == (other.person.platform, other.person.platform_id)
