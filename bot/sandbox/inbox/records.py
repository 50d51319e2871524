"""What the local Inbox keeps records of: members, accounts, people, threads, messages, and what happened to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar
from unicodedata import combining, normalize

T = TypeVar("T")
Json = dict[str, Any]
# The vendor's names for colours are not known; those of its samples' values are these.
COLORS: Final = {"blue": "#3b82f6", "green": "#22c55e", "red": "#ef4444", "yellow": "#eab308", "gray": "#6b7280"}


class Failure(Exception):
    """An answer other than 2xx; `code` in the words of the version that is asked."""

    def __init__(
        self, status: int, code: str, message: str = "", details: Json | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message or code)
        self.status, self.code, self.details, self.retry_after = status, code, details, retry_after


@dataclass(frozen=True)
class Incoming:
    """A request that passed the contract: what its path names, repeated query values, JSON body, lower-case headers."""

    params: tuple[str, ...]
    query: Mapping[str, list[str]]
    body: Json
    headers: Mapping[str, str]

    def one(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]

    def many(self, name: str) -> list[str]:
        return self.query.get(name, [])


@dataclass
class MemberRecord:
    id: str
    user_id: str
    name: str | None
    email: str
    role: str
    created_at: datetime


@dataclass
class AccountRecord:
    id: str
    platform: str
    platform_id: str
    username: str
    name: str
    status: str
    created_at: datetime
    capabilities: list[str] | None = None  # None: all that the platform has


@dataclass
class ContactRecord:
    """What the team knows of somebody, whatever the platform; v1 shows it as the `context` of each profile."""

    id: str
    created_at: datetime
    updated_at: datetime
    assignee_id: str | None = None
    status_id: str | None = None
    tag_ids: list[str] = field(default_factory=list)
    notes: str | None = None
    valuation: float | None = None


class OfContact(Generic[T]):
    """A fact of the contact, read and written at any of its profiles."""

    def __set_name__(self, _: type, name: str) -> None:
        self._name = name

    def __get__(self, person: PersonRecord, _: type | None = None) -> T:
        found: T = getattr(person.contact, self._name)
        return found

    def __set__(self, person: PersonRecord, value: T) -> None:
        setattr(person.contact, self._name, value)


@dataclass
class PersonRecord:
    """Someone outside the team on one platform. `profile_id` is v1's `externalId`; `contact` exists on v2 only."""

    profile_id: str
    contact: ContactRecord
    platform: str
    platform_id: str
    username: str
    name: str
    created_at: datetime
    bio: str | None = None
    followers: int = 0
    verified: bool = False
    image: str | None = None
    is_unnamed: bool = False  # v1 gives no `externalId`, as its specification allows

    assignee_id = OfContact["str | None"]()
    status_id = OfContact["str | None"]()
    tag_ids = OfContact["list[str]"]()
    notes = OfContact["str | None"]()
    valuation = OfContact["float | None"]()

    @property
    def contact_id(self) -> str:
        return self.contact.id

    @property
    def url(self) -> str:
        host = "x.com" if self.platform == "twitter" else f"www.{self.platform}.com/in"
        return f"https://{host}/{self.username}"


@dataclass
class LabelRecord:
    """A tag or a status."""

    id: str
    name: str
    color: str | None
    created_at: datetime


@dataclass(frozen=True)
class Version:
    """What a message said from `at` on; `origin` is `inbox`, `platform` or `api`."""

    text: str
    at: datetime
    origin: str


@dataclass
class MessageRecord:
    """`by` is `person`, `native` (typed on the platform by a colleague), `member`, `api`, `agent` or `campaign`."""

    id: str
    thread_id: str
    platform_id: str
    by: str
    text: str
    created_at: datetime
    member_id: str | None = None
    attachments: list[Json] = field(default_factory=list)
    reply_to: str | None = None
    reactions: list[Json] = field(default_factory=list)
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_for: str = "all"  # or `self`
    campaign_id: str | None = None
    versions: list[Version] = field(default_factory=list)  # the original first; empty while it was never edited

    @property
    def origin(self) -> str:
        """Where it was written: `platform`, `api` or `inbox`."""
        return {"person": "platform", "native": "platform", "api": "api"}.get(self.by, "inbox")

    @property
    def direction(self) -> str:
        return "inbound" if self.by == "person" else "outbound"


@dataclass
class ThreadRecord:
    """`assignee_id` is the thread's own; `effective_assignee` falls back to the contact's default."""

    id: str
    account_id: str
    person: PersonRecord
    platform: str
    platform_id: str
    created_at: datetime
    assignee_id: str | None = None
    archived: bool = False
    is_request: bool = False
    unread: bool = False
    status: str = "active"
    syncing: bool = False
    restrictions: list[str] = field(default_factory=list)
    typing: str = "teamDefault"
    messages: list[MessageRecord] = field(default_factory=list)

    @property
    def effective_assignee(self) -> str | None:
        return self.assignee_id or self.person.assignee_id

    @property
    def last(self) -> MessageRecord | None:
        return self.messages[-1] if self.messages else None

    @property
    def sorted_at(self) -> datetime:
        return self.last.created_at if self.last else self.created_at


@dataclass(frozen=True)
class Occurrence:
    """Something that happened; `kind` is the v2 event type."""

    kind: str
    thread: ThreadRecord | None = None
    message: MessageRecord | None = None
    person: PersonRecord | None = None
    label: LabelRecord | None = None
    facts: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Logged:
    """An event as both payload versions show it, `1.0` and `2`, fixed at the moment it happened."""

    id: str
    seq: int
    bodies: Mapping[str, Json]

    def type(self, version: str) -> str:
        return str(self.bodies[version]["type"])


@dataclass(frozen=True)
class SentMessage:
    thread_id: str
    account_id: str
    username: str
    text: str
    key: str | None
    at: datetime


@dataclass
class KeyedSend:
    """What an Idempotency-Key stands for; `answer` is None while the send is running."""

    body: Json
    message_id: str
    answer: Json | None = None


def hex_of(color: str) -> str | None:
    """The colour of a name or of six hexadecimal digits; None for anything else."""
    code = COLORS.get(color.lower(), "#" + color.removeprefix("#").lower())
    return code if re.fullmatch("#[0-9a-f]{6}", code) else None


def plain(name: str) -> str:
    """A name of a tag or a status as it is compared: without case and accents."""
    letters = (one for one in normalize("NFKD", name) if not combining(one))
    return "".join(letters).casefold()


def utc_now() -> datetime:
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as the vendor writes times."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
