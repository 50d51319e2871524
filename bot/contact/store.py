"""Forms of contacts that are open, what could not be saved of them, and the tags that they offer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import field
from redis.asyncio import Redis

from bot.facts import ContactChange, Fact, Value
from bot.models import Label
from bot.records import Record
from bot.store import keys
from bot.store.kept import Kept

LIVES: Final = 86_400  # seconds


class Opened(Record):
    """What `user` was shown: tags and facts as Inbox had them then."""

    user: str
    thread_id: str
    contact_id: str
    facts: dict[Fact, Value]
    tag_ids: tuple[str, ...] = ()


class Draft(Record):
    """What `user` wanted and could not save, and `why` (mrkdwn). `theirs`: the notes that somebody else wrote."""

    user: str
    thread_id: str
    why: str
    wanted: ContactChange = field(default_factory=ContactChange)
    append: str = ""
    theirs: str | None = None

    @property
    def written(self) -> str:
        """What would be lost with it: the notes that were typed."""
        notes = self.wanted.facts.get("notes")
        return self.append or (notes if isinstance(notes, str) else "")


class Talk(Record):
    """What a colleague said below a card, for `user` to put into the notes."""

    user: str
    thread_id: str
    text: str


class Tags(Record):
    tags: tuple[Label, ...] = ()


class Contacts:
    """Each is gone a day after it was kept. Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self.forms = Kept(redis, Opened, keys.contact_form, LIVES)
        self.drafts = Kept(redis, Draft, keys.contact_draft, LIVES)
        self.talk = Kept(redis, Talk, keys.contact_talk, LIVES)
        self._tags = Kept(redis, Tags, lambda _: keys.CONTACT_TAGS, LIVES)

    async def offer(self, tags: Sequence[Label]) -> None:
        """The tags that there are, for whoever types into a form from now on."""
        await self._tags.put("", Tags(tags=tuple(tags)))

    async def offered(self) -> Sequence[Label]:
        kept = await self._tags.get("")
        return kept.tags if kept else ()
