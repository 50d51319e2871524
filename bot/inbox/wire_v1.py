"""API v1 on the wire: its objects and webhook events, and how they become ours.

v1 has no direction: a message is outbound exactly when its `authorId` is the thread's account link, because the
other side's id has three documented forms.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

from bot import models
from bot.inbox.event import Event
from bot.inbox.wire import Account, Maybe, Time, Wire, amount, attachments, attempt, profile_url, reactions, whole


class Ref(Wire):
    id: str


class Context(Wire):
    assignee_id: str | None = None
    tags: Maybe[tuple[str, ...]] = None
    status_id: str | None = None
    valuation: Maybe[float] = None
    notes: Maybe[str] = None
    threads: Maybe[list[Ref]] = None

    @property
    def amount(self) -> float | None:
        return amount(self.valuation)


class Prospect(Wire):
    """REST names the platform id `platformId`; webhooks were seen with `id` instead."""

    id: str | None = None
    platform: str | None = None
    platform_id: str | None = None
    external_id: str | None = None
    display_name: str | None = None
    username: str | None = None
    profile_url: str | None = None
    image: str | None = None
    bio: str | None = None
    follower_count: float | None = None
    verified: Maybe[str] = None
    first_seen_at: Maybe[Time] = None
    context: Maybe[Context] = None

    def person(self, platform_id: str = "") -> models.Person | None:
        """The person, or None when nothing says who it is. `platform_id` helps where the prospect has none."""
        known = self.platform_id or self.id or platform_id
        platform = self.platform or "twitter"
        if not known:
            return None
        return models.Person(
            platform=platform,
            platform_id=known,
            username=(self.username or "").lstrip("@"),
            name=self.display_name or "",
            profile_id=self.external_id,
            profile_url=self.profile_url or profile_url(platform, known),
            picture=self.image,
            bio=self.bio,
            followers=whole(self.follower_count),
            verified=None if self.verified is None else self.verified != "none",
            assignee_id=self.context.assignee_id if self.context else None,
            assignee_known=self.context is not None and "assignee_id" in self.context.model_fields_set,
            tag_ids=(self.context.tags if self.context else None) or (),
            status_id=self.context.status_id if self.context else None,
            valuation=self.context.amount if self.context else None,
            noted=bool(self.context and self.context.notes),
        )


class Message(Wire):
    id: str
    thread_id: str | None = None
    author_id: str | None = None
    user_id: str | None = None
    campaign_id: str | None = None
    origin: str | None = None
    content: str | None = None
    attachment: Any = None
    created_at: Time
    is_edited: bool | None = None
    deleted_at: Time | None = None
    platform_deleted_at: Time | None = None
    failed: bool | None = None
    reactions: Any = None

    @property
    def written_in_inbox(self) -> bool:
        """Surely ours, whoever the author is: only our side writes through Inbox or its API."""
        return bool(self.user_id or self.campaign_id or self.origin in ("api", "internal"))

    def message(self, direction: models.Direction, thread_id: str = "") -> models.Message:
        return models.Message(
            id=self.id,
            thread_id=self.thread_id or thread_id,
            direction=direction,
            author=self._author(direction),
            text=self.content or "",
            attachments=attachments(self.attachment),
            created_at=self.created_at,
            edited=bool(self.is_edited),
            deleted=bool(self.deleted_at or self.platform_deleted_at),
            reactions=reactions(self.reactions),
            writer_id=self.user_id if direction == "outbound" else None,
        )

    def _author(self, direction: models.Direction) -> Literal["person", "member", "campaign", "api", "platform"]:
        if direction == "inbound":
            return "person"
        if self.origin == "api":
            return "api"
        if self.campaign_id:
            return "campaign"
        return "member" if self.user_id else "platform"


class Thread(Wire):
    id: str
    platform: str | None = None
    platform_id: str | None = None
    done: bool | None = None
    assignee_id: str | None = None
    status: str | None = None
    account_link_id: str | None = None
    account_link: Maybe[Ref] = None
    is_syncing: bool | None = None
    is_request: bool | None = None
    last_message: Maybe[Message] = None
    prospect: Maybe[Prospect] = None

    @property
    def owner(self) -> str | None:
        """The account link whose thread this is."""
        return self.account_link_id or (self.account_link.id if self.account_link else None)

    def thread(self, prospect: Prospect | None = None, owner: str | None = None) -> models.Thread | None:
        """The thread, or None for a short one that does not name its account link."""
        person, owner = self.prospect or prospect, self.owner or owner
        if owner is None:
            return None
        last = self.last_message
        return models.Thread(
            id=self.id,
            account_link_id=owner,
            platform=self.platform or "twitter",
            platform_id=self.platform_id,
            person=person.person() if person else None,
            assignee_id=self.assignee_id,
            archived=bool(self.done),
            is_request=bool(self.is_request),
            idle=self.status == "idle",
            syncing=bool(self.is_syncing),
            last_message=last.message(direction(last.author_id, owner), self.id) if last else None,
        )


class AccountLink(Account):
    name: str | None = None

    def account_link(self) -> models.AccountLink:
        return self.linked(self.name)


class Member(Wire):
    id: str
    user_id: str | None = None
    name: str | None = None
    email: str | None = None
    role: str | None = None

    def member(self) -> models.Member:
        return models.Member(
            id=self.id, name=self.name, email=self.email or "", role=self.role or "user", user_id=self.user_id
        )


class SendResult(Wire):
    message: Message
    thread: Maybe[Thread] = None


class Cursor(Wire):
    """Sent back as it came: two flat parameters."""

    id: str
    timestamp: str


class MessagePage(Wire):
    messages: list[Message]
    next_cursor: Cursor | None = None
    is_syncing: bool | None = None


class ThreadPage(Wire):
    threads: list[Thread]
    next_cursor: Cursor | None = None


class EventData(Wire):
    """All that any event's `data` was seen to carry."""

    thread: Maybe[Thread] = None
    message: Maybe[Message] = None
    prospect: Maybe[Prospect] = None
    tag: Maybe[Ref] = None
    status: Maybe[Ref] = None
    account_link: Maybe[Ref] = None
    account_link_id: Maybe[str] = None
    author_id: Maybe[str] = None
    thread_id: Maybe[str] = None
    message_id: Maybe[str] = None

    @property
    def owner(self) -> str | None:
        """The account link it happened on."""
        owner = self.thread.owner if self.thread else None
        return owner or self.account_link_id or (self.account_link.id if self.account_link else None)


def direction(author_id: str | None, owner: str) -> models.Direction:
    return "outbound" if author_id == owner else "inbound"


def event(id: str, seq: int, type: str, at: datetime, payload: object, links: Collection[str] = ()) -> Event:
    """The event whose `data` is `payload`; `links` are the team's account link ids where the caller knows them."""
    found = attempt(EventData, payload) or EventData()
    thread, message = found.thread, found.message
    prospect = found.prospect or (thread.prospect if thread else None)
    person = prospect.person() if prospect else None
    towards = _towards(message, message.author_id or found.author_id, found.owner, links) if message else None
    thread_id = thread.id if thread else found.thread_id or (message.thread_id if message else None)
    label = found.tag or found.status
    return Event(
        id=id,
        seq=seq,
        type=type,
        created_at=at,
        api="v1",
        thread_id=thread_id,
        message_id=message.id if message else found.message_id,
        person_platform_id=person.platform_id if person else None,
        assignee_id=person.assignee_id if person else None,
        label_id=label.id if label else None,
        thread=thread.thread(prospect, found.owner) if thread else None,
        message=message.message(towards, thread_id or "") if message and towards else None,
        direction=towards,
    )


def _towards(
    message: Message, author_id: str | None, owner: str | None, links: Collection[str]
) -> models.Direction | None:
    """`message.edited` names no account link: then only our own links, or a trace of Inbox itself, can tell."""
    if owner:
        return direction(author_id, owner)
    if links:
        return "outbound" if author_id in links else "inbound"
    return "outbound" if message.written_in_inbox else None
