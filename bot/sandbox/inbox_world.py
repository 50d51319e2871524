"""The team that the local Inbox keeps: accounts, people, threads, messages, and the log of what happened to them.

It knows neither HTTP nor the shapes of the two API versions; `render` turns an occurrence into their payloads.
"""

from __future__ import annotations

import random
import string
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]


class Failure(Exception):
    """An answer other than 2xx; `code` in the words of the version that is asked."""

    def __init__(
        self, status: int, code: str, message: str = "", details: Json | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message or code)
        self.status, self.code, self.details, self.retry_after = status, code, details, retry_after


@dataclass(frozen=True)
class Incoming:
    """A request that passed the contract: path ids, repeated query values, JSON body, lower-case headers."""

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
class PersonRecord:
    """Someone outside the team. `profile_id` is v1's `externalId`, `contact_id` exists on v2 only."""

    profile_id: str
    contact_id: str
    platform: str
    platform_id: str
    username: str
    name: str
    created_at: datetime
    bio: str | None = None
    followers: int = 0
    image: str | None = None
    assignee_id: str | None = None
    status_id: str | None = None
    tag_ids: list[str] = field(default_factory=list)
    notes: str | None = None
    valuation: float | None = None

    @property
    def url(self) -> str:
        host = "x.com" if self.platform == "twitter" else f"www.{self.platform}.com/in"
        return f"https://{host}/{self.username}"


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


class World:
    """One team's state and the verbs that change it, each of which logs its event."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        render: Callable[[World, Occurrence, str, int, datetime], Mapping[str, Json]],
        seed: int | None,
        retention: int,
    ) -> None:
        self.clock, self._render, self._random = clock, render, random.Random(seed)
        self.on_event: Callable[[Logged], None] = lambda _: None
        self.log: deque[Logged] = deque(maxlen=retention)
        self.seq = 0
        self.team_id, self.team_name, self.token_id = self.new_id(), "Acme", self.new_id()
        self.campaign_id = self.new_id()
        self.created_at = clock()
        self.members: dict[str, MemberRecord] = {}
        self.accounts: dict[str, AccountRecord] = {}
        self.people: dict[str, PersonRecord] = {}
        self.threads: dict[str, ThreadRecord] = {}
        self.tags: list[Json] = []
        self.statuses: list[Json] = []
        self.sent: list[SentMessage] = []
        self.plan_required = False
        self.keys: dict[str, KeyedSend] = {}
        self.send_time = 0.0  # seconds a send takes on the platform
        self.windows = {"message:edit": 900.0}  # seconds after sending in which the platform allows it; else always

    def new_id(self) -> str:
        """24 characters that look like the vendor's ids."""
        rest = "".join(self._random.choices(string.ascii_lowercase + string.digits, k=23))
        return self._random.choice(string.ascii_lowercase) + rest

    def new_platform_id(self) -> str:
        return str(self._random.randrange(10**18, 2 * 10**18))

    # Looking up

    def account(self, account_id: str) -> AccountRecord | None:
        return self.accounts.get(account_id)

    def person_by(self, **facts: str) -> PersonRecord | None:
        """The first person with these attributes; usernames ignore case."""
        return next(iter(self.people_by(**facts)), None)

    def people_by(self, **facts: str) -> list[PersonRecord]:
        wanted = {name: value.lower() for name, value in facts.items()}
        return [p for p in self.people.values() if all(getattr(p, k).lower() == v for k, v in wanted.items())]

    def thread_between(self, account_id: str, person: PersonRecord) -> ThreadRecord | None:
        both = (t for t in self.threads.values() if t.account_id == account_id and t.person is person)
        return next(both, None)

    def message(self, message_id: str) -> tuple[ThreadRecord, MessageRecord] | None:
        return next(((t, m) for t in self.threads.values() for m in t.messages if m.id == message_id), None)

    def events_after(self, seq: int) -> Iterator[Logged]:
        return (logged for logged in self.log if logged.seq > seq)

    # Changing

    def meet(self, platform_id: str, platform: str = "twitter", username: str = "", name: str = "") -> PersonRecord:
        """Adds someone outside the team."""
        username = username or f"user{platform_id}"
        ids = self.new_id(), self.new_id()
        person = PersonRecord(*ids, platform, platform_id, username, name or username, self.clock())
        self.people[person.profile_id] = person
        return person

    def open_thread(self, account_id: str, person: PersonRecord, **fields: Any) -> ThreadRecord:
        account = self.accounts[account_id]
        low, high = sorted((account.platform_id, person.platform_id), key=lambda digits: (len(digits), digits))
        thread = ThreadRecord(self.new_id(), account_id, person, account.platform, f"{low}:{high}", self.clock())
        for attribute, value in fields.items():
            setattr(thread, attribute, value)
        self.threads[thread.id] = thread
        return thread

    def write(
        self,
        thread: ThreadRecord,
        by: str,
        text: str,
        *,
        at: datetime | None = None,
        member_id: str | None = None,
        attachments: Sequence[Json] = (),
        reply_to: str | None = None,
        message_id: str | None = None,
    ) -> MessageRecord:
        """Adds a message. One from the person reopens an archived thread; one from the team accepts a request."""
        message = MessageRecord(
            message_id or self.new_id(),
            thread.id,
            self.new_platform_id(),
            by,
            text,
            at or self.clock(),
            member_id,
            list(attachments),
            reply_to,
        )
        thread.messages.append(message)
        thread.messages.sort(key=lambda m: m.created_at)
        thread.status = "active"
        if message.direction == "outbound":
            thread.is_request = False
        elif thread.archived:
            self.archive(thread, False)
        self.emit(f"message.{'received' if message.direction == 'inbound' else 'sent'}", thread, message)
        return message

    def archive(self, thread: ThreadRecord, archived: bool) -> None:
        if thread.archived != archived:
            thread.archived = archived
            self.emit("thread.archived" if archived else "thread.unarchived", thread)

    def assign(self, thread: ThreadRecord, member_id: str | None) -> None:
        if thread.assignee_id != member_id:
            thread.assignee_id = member_id
            self.emit("thread.assigned" if member_id else "thread.unassigned", thread, assigneeId=member_id)

    def change_contact(self, person: PersonRecord, attribute: str, value: Any) -> None:
        """Sets `assignee_id`, `status_id`, `tag_ids`, `notes` or `valuation`."""
        if getattr(person, attribute) == value:
            return
        setattr(person, attribute, value)
        head, _, tail = attribute.partition("_")
        kind = f"contact.{head}{'s' if tail == 'ids' else ''}Changed"
        self.emit(kind, person=person, **{head + tail.capitalize(): value})

    def delete_thread(self, thread: ThreadRecord) -> None:
        del self.threads[thread.id]
        self.emit("thread.deleted", thread, accountLinkId=thread.account_id, platform=thread.platform)

    def emit(
        self,
        kind: str,
        thread: ThreadRecord | None = None,
        message: MessageRecord | None = None,
        person: PersonRecord | None = None,
        **facts: Any,
    ) -> Logged:
        self.seq += 1
        event_id = self.new_id()
        occurrence = Occurrence(kind, thread, message, person, facts)
        logged = Logged(event_id, self.seq, self._render(self, occurrence, event_id, self.seq, self.clock()))
        self.log.append(logged)
        self.on_event(logged)
        return logged

    def send(
        self,
        account_id: str,
        person: PersonRecord,
        text: str,
        *,
        key: str | None = None,
        reply_to: str | None = None,
        thread: ThreadRecord | None = None,
        message_id: str | None = None,
    ) -> tuple[ThreadRecord, MessageRecord]:
        """What a send through the API does once nothing speaks against it; opens the thread where there is none."""
        thread = thread or self.thread_between(account_id, person)
        if thread is None:
            thread = self.open_thread(account_id, person)
            self.emit("thread.created", thread)
        message = self.write(thread, "api", text, reply_to=reply_to, message_id=message_id)
        self.sent.append(SentMessage(thread.id, account_id, person.username, text, key, message.created_at))
        return thread, message

    def closed_at(self, message: MessageRecord, capability: str) -> datetime | None:
        """When the platform's window for that closed; None while it is open."""
        if capability not in self.windows:
            return None
        end = message.created_at + timedelta(seconds=self.windows[capability])
        return end if self.clock() > end else None

    def edit(self, thread: ThreadRecord, message: MessageRecord, text: str) -> None:
        message.text, message.edited_at = text, self.clock()
        self.emit("message.edited", thread, message)

    def unsend(self, thread: ThreadRecord, message: MessageRecord, scope: str) -> datetime:
        """It stays in lists, marked deleted; when that was."""
        message.deleted_at = self.clock()
        self.emit("message.deleted", thread, message, scope=scope)
        return message.deleted_at

    def is_new_to(self, person: PersonRecord | None) -> bool:
        """Whether nobody of the team and this person have exchanged a message yet."""
        return person is None or not any(t.messages for t in self.threads.values() if t.person is person)


def utc_now() -> datetime:
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as the vendor writes times."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
