"""The team that the local Inbox keeps: accounts, people, threads, messages, and the log of what happened to them.

It knows neither HTTP nor the shapes of the two API versions; `render` turns an occurrence into their payloads.
"""

from __future__ import annotations

import random
import string
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.inbox.records import (
    AccountRecord,
    ContactRecord,
    Json,
    KeyedSend,
    LabelRecord,
    Logged,
    MemberRecord,
    MessageRecord,
    Occurrence,
    PersonRecord,
    SentMessage,
    ThreadRecord,
    Version,
    plain,
)


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
        self.campaigns = {self.new_id(): "Launch"}  # names by id
        self.created_at = clock()
        self.members: dict[str, MemberRecord] = {}
        self.accounts: dict[str, AccountRecord] = {}
        self.people: dict[str, PersonRecord] = {}
        self.threads: dict[str, ThreadRecord] = {}
        self.labels: dict[str, dict[str, LabelRecord]] = {"tag": {}, "status": {}}
        self.sent: list[SentMessage] = []
        self.plan_required = False
        self.keys: dict[str, KeyedSend] = {}
        self.send_time = 0.0  # seconds a send takes on the platform
        self.characters = 10_000  # at the most in a message
        self.characters_on: dict[str, int] = {}  # the same of platforms that take another number
        self.reopens = True  # what somebody writes in that is archived: v1 says so of itself, v2 says nothing
        self.windows = {"message:edit": 900.0}  # seconds after sending in which the platform allows it; else always

    def most(self, platform: str) -> int:
        """How many characters that platform takes in a message."""
        return self.characters_on.get(platform, self.characters)

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

    @property
    def campaign_id(self) -> str:
        """The campaign that writes where no other is named."""
        return next(iter(self.campaigns))

    @property
    def platforms(self) -> list[str]:
        """Those that the team may use: X, and whatever it has an account on."""
        return ["twitter", *sorted({one.platform for one in self.accounts.values()} - {"twitter"})]

    def profiles(self, contact_id: str) -> list[PersonRecord]:
        """A contact's, the oldest first."""
        return [person for person in self.people.values() if person.contact_id == contact_id]

    def label(self, family: str, ref: str) -> LabelRecord | None:
        """The `tag` or `status` of that id, else of that name; names ignore case and accents."""
        found = self.labels[family]
        return found.get(ref) or next((one for one in found.values() if plain(one.name) == plain(ref)), None)

    def message(self, message_id: str) -> tuple[ThreadRecord, MessageRecord] | None:
        return next(((t, m) for t in self.threads.values() for m in t.messages if m.id == message_id), None)

    def events_after(self, seq: int) -> Iterator[Logged]:
        return (logged for logged in self.log if logged.seq > seq)

    # Changing

    def meet(
        self,
        platform_id: str,
        platform: str = "twitter",
        username: str = "",
        name: str = "",
        contact: ContactRecord | None = None,
    ) -> PersonRecord:
        """Adds someone outside the team, or another profile of a `contact`."""
        username, now = username or f"user{platform_id}", self.clock()
        profile_id = self.new_id()
        contact = contact or ContactRecord(self.new_id(), now, now)
        person = PersonRecord(profile_id, contact, platform, platform_id, username, name or username, now)
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
        campaign_id: str | None = None,
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
            campaign_id=campaign_id,
        )
        thread.messages.append(message)
        thread.messages.sort(key=lambda m: m.created_at)
        thread.status = "active"
        if message.direction == "outbound":
            thread.is_request = False
        elif thread.archived and self.reopens:
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
        person.contact.updated_at = self.clock()
        head, _, tail = attribute.partition("_")
        kind = f"contact.{head}{'s' if tail == 'ids' else ''}Changed"
        self.emit(kind, person=person, **{head + tail.capitalize(): value})

    def add_label(self, family: str, name: str, color: str | None) -> LabelRecord:
        """A new `tag` or `status`."""
        label = LabelRecord(self.new_id(), name, color, self.clock())
        self.labels[family][label.id] = label
        return label

    def delete_label(self, family: str, label: LabelRecord) -> None:
        """A tag or status goes, from every contact as well; whether each contact's event tells of it is not known."""
        del self.labels[family][label.id]
        for person in self.people.values():
            person.tag_ids = [one for one in person.tag_ids if one != label.id]
            person.status_id = None if person.status_id == label.id else person.status_id
        self.emit(f"{family}.deleted", label=label)

    def delete_thread(self, thread: ThreadRecord) -> None:
        del self.threads[thread.id]
        self.emit("thread.deleted", thread, accountLinkId=thread.account_id, platform=thread.platform)

    def emit(
        self,
        kind: str,
        thread: ThreadRecord | None = None,
        message: MessageRecord | None = None,
        person: PersonRecord | None = None,
        label: LabelRecord | None = None,
        **facts: Any,
    ) -> Logged:
        self.seq += 1
        event_id = self.new_id()
        occurrence = Occurrence(kind, thread, message, person, label, facts)
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

    def edit(self, thread: ThreadRecord, message: MessageRecord, text: str, origin: str = "api") -> None:
        message.versions = message.versions or [Version(message.text, message.created_at, message.origin)]
        message.text, message.edited_at = text, self.clock()
        message.versions.append(Version(text, message.edited_at, origin))
        self.emit("message.edited", thread, message)

    def unsend(self, thread: ThreadRecord, message: MessageRecord, scope: str) -> datetime:
        """It stays in lists, marked deleted; when that was."""
        message.deleted_at, message.deleted_for = self.clock(), scope
        self.emit("message.deleted", thread, message, scope=scope)
        return message.deleted_at

    def is_new_to(self, person: PersonRecord | None) -> bool:
        """Whether nobody of the team and this person have exchanged a message yet."""
        return person is None or not any(t.messages for t in self.threads.values() if t.person is person)
