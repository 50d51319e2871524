"""The domain: what a thread, a message, a person and a member are to this bot.

Both Inbox API versions are mapped into these types by `bot.inbox`; nothing above it knows which version answered.
Everything is immutable, ignores unknown fields and keeps unknown enum values as plain strings, because the vendor
promises to add both. Times are aware UTC datetimes; ids are Inbox ids unless a name says `platform_id`.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal, NamedTuple, Self

from msgspec import field

from bot.records import Named, Record


class Team(Named):
    """`currency` is that of its contacts' values, as `USD`; "" where Inbox does not say."""

    lines: ClassVar[tuple[str, ...]] = ("name", "currency")
    id: str
    name: str
    currency: str = ""


class Member(Named):
    """A colleague with an Inbox seat; threads are assigned to members. v1 names who wrote by `user_id`."""

    id: str
    name: str | None = None
    email: str
    role: str = "user"
    user_id: str | None = None

    @property
    def label(self) -> str:
        return self.name or self.email.split("@")[0]


class AccountLink(Named):
    """One of the team's own X or LinkedIn accounts: the sender of its threads. `username` has no prefix."""

    lines: ClassVar[tuple[str, ...]] = ("username", "name")
    id: str
    platform: str
    platform_id: str = ""
    username: str | None = None
    name: str | None = None
    status: str = "active"
    capabilities: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return handle(self.platform, self.username) if self.username else (self.name or self.id)


class Label(Named):
    """A tag or a status of the team's, by the name that people gave it."""

    id: str
    name: str


class Limits(Record):
    """What a platform takes, as v2 says it: `characters` in one message, an emoji counting as one; None: no limit.

    `windows` says for how many seconds after it was sent a message can be changed, by capability (`message:edit`).
    """

    platform: str
    characters: int | None = None
    windows: dict[str, float] = field(default_factory=dict)


class Person(Named):
    """Someone outside the team: a prospect (v1), a contact's profile (v2). `username` has no prefix.

    `profile_id` is v1's `externalId` and v2's profile id; `contact_id` exists on v2 only. `picture` is an address.
    `assignee_id` is the contact's default assignee; it, `tag_ids`, `status_id`, `valuation` and whether there are notes
    (`noted`) are known only where the vendor showed the contact itself. v1 shows everything but the assignee:
    `assignee_known` tells whether None means nobody. `verified` is None where only a part of the profile was shown.
    """

    lines: ClassVar[tuple[str, ...]] = ("username", "name")
    platform: str
    platform_id: str
    username: str = ""
    name: str = ""
    profile_id: str | None = None
    contact_id: str | None = None
    profile_url: str | None = None
    picture: str | None = None
    bio: str | None = None
    followers: int | None = None
    verified: bool | None = None
    assignee_id: str | None = None
    assignee_known: bool = False
    tag_ids: tuple[str, ...] = ()
    status_id: str | None = None
    valuation: float | None = None
    noted: bool = False

    @property
    def handle(self) -> str:
        return handle(self.platform, self.username) if self.username else self.platform_id

    @property
    def label(self) -> str:
        return self.name or self.handle


class Attachment(Named):
    """A file or card on a message. `url` is None while the vendor still processes it, and may end at `expires_at`.

    `poster` is a still picture of a video; it ends with the video's own address.
    """

    lines: ClassVar[tuple[str, ...]] = ("title",)
    kind: str
    url: str | None = None
    title: str | None = None
    expires_at: datetime | None = None
    seconds: float | None = None
    poster: str | None = None

    def at(self, now: datetime) -> Attachment:
        """This, without addresses that no longer answer."""
        ended = self.expires_at is not None and self.expires_at <= now
        return self.having(url=None, poster=None) if ended else self


class Reaction(Record):
    """Somebody's emoji on a message; whether it is the account's own is not always told."""

    emoji: str
    ours: bool | None = None


def veiled(text: str, privacy: Privacy) -> str:
    """As much of the text as a channel wants to show."""
    if privacy == "full":
        return text
    words = " ".join(text.split()) if privacy == "preview" else ""
    return words if len(words) <= PREVIEW else words[: PREVIEW - 1].rstrip() + "…"


Direction = Literal["inbound", "outbound"]
Privacy = Literal["full", "preview", "none"]
Heard = Literal["mention", "message", "nothing"]  # how a person hears that somebody waits in a conversation of theirs
Broadcast = Literal["once", "thread", "every"]  # what of a card's thread its channel sees too
SendState = Literal["held", "sending", "sent", "unconfirmed", "failed"]
PREVIEW = 80  # code points of a message that a channel shows which wants its beginning alone


class Message(Named):
    """One direct message. `author` says on whose behalf it was written: `person` exactly when it is inbound.

    `writer_id` is the colleague who wrote it in Inbox: v2 names the member, v1 the user (`Member.user_id`).
    `sent_by` says who of our side wrote it, and from where, as people read it: "Ana, from Slack".
    `hidden` is set on a copy for a channel that shows nothing of what messages say.
    """

    lines: ClassVar[tuple[str, ...]] = ("sent_by",)
    id: str
    thread_id: str
    direction: Direction
    author: Literal["person", "member", "agent", "campaign", "api", "platform"] = "platform"
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    created_at: datetime
    edited: bool = False
    deleted: bool = False
    reactions: tuple[Reaction, ...] = ()
    writer_id: str | None = None
    sent_by: str = ""
    hidden: bool = False

    def veiled(self, privacy: Privacy) -> Message:
        """This as a channel shows it that wants the whole text, its beginning, or nothing of what it says."""
        if privacy == "full":
            return self
        if privacy == "none":
            return self.having(text="", attachments=(), hidden=True)
        files = tuple(Attachment(kind=one.kind) for one in self.attachments)
        return self.having(text=veiled(self.text, privacy), attachments=files)

    @property
    def inbound(self) -> bool:
        return self.direction == "inbound"

    def at(self, now: datetime) -> Message:
        """This, without addresses of files that no longer answer."""
        return self.having(attachments=tuple(one.at(now) for one in self.attachments))

    def taken_back(self) -> Message:
        """This, deleted, and nothing kept of what it said."""
        return self.having(deleted=True, text="", attachments=(), reactions=())


class Thread(Record):
    """A conversation between one account link and one person.

    `assignee_id` is the effective assignee (v2: the thread's own, else the contact's). `person` is None when the
    response that showed the thread did not show the person (v2 without `expand`). `idle` threads (v1) are hidden
    previews that nobody has opened.
    """

    id: str
    account_link_id: str
    platform: str = "twitter"
    platform_id: str | None = None
    person: Person | None = None
    contact_id: str | None = None
    assignee_id: str | None = None
    archived: bool = False
    is_request: bool = False
    idle: bool = False
    syncing: bool = False
    restrictions: tuple[str, ...] = ()
    last_message: Message | None = None

    @classmethod
    def read(cls, raw: bytes | str) -> Self:
        """What was kept of a thread: at rest, it says once whose contact it is about, and its person nothing of it."""
        thread = super().read(raw)
        person, contact = thread.person, thread.contact_id
        if not (person and contact) or person.contact_id:
            return thread
        return thread.having(person=person.having(contact_id=contact))

    @property
    def their_last(self) -> Message | None:
        """The last message, where the person wrote it."""
        return self.last_message if self.last_message and self.last_message.inbound else None

    @property
    def url(self) -> str | None:
        """The conversation on the platform, else the person's profile; None when neither is known.

        https://docs.inboxapp.com/guides/core-concepts documents `x.com/i/chat/{conversationPlatformId}`.
        """
        if self.platform == "twitter" and self.platform_id:
            return f"https://x.com/i/chat/{self.platform_id}"
        return self.person.profile_url if self.person else None

    @property
    def who(self) -> str:
        """The person's name, for people to read."""
        return self.person.label if self.person else "Someone"

    @property
    def inherited(self) -> bool:
        """Whether the assignee is the contact's, to whom the thread falls back when its own is taken away."""
        return self.assignee_id is not None and self.person is not None and self.person.assignee_id == self.assignee_id

    def with_person(self, person: Person | None) -> Thread:
        """This thread, showing `person` where it showed nobody, or their assignee where it did not say."""
        if person is None or (self.person and (self.person.assignee_known or not person.assignee_known)):
            return self
        known = {"assignee_id": person.assignee_id, "assignee_known": True}
        return self.having(person=self.person.having(**known) if self.person else person)

    def with_default(self, member_id: str | None) -> Thread:
        """This thread, whose person's default assignee is `member_id`."""
        if self.person is None:
            return self
        known = {"assignee_id": member_id, "assignee_known": True}
        return self.having(person=self.person.having(**known))


def handle(platform: str, username: str) -> str:
    """`@sarah` on X, the bare username elsewhere (v2 `PlatformInfo.usernamePrefix`)."""
    return f"@{username}" if platform == "twitter" else username


class Place(NamedTuple):
    """A message in Slack."""

    channel: str
    ts: str
