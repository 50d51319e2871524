"""API v2 on the wire: its objects and webhook events, and how they become ours."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from bot import models
from bot.inbox.event import Event
from bot.inbox.wire import Account, Maybe, Time, Wire, amount, attachments, attempt, profile_url, reactions, whole
from bot.recipient import Recipient

Item = TypeVar("Item")


class Page(Wire, Generic[Item]):
    data: list[Item]
    next_cursor: str | None = None


class Profile(Wire):
    id: str
    platform: str
    platform_id: str
    username: str | None = None
    display_name: str | None = None
    bio: str | None = None
    follower_count: float | None = None
    verified: Maybe[bool] = None
    avatar_url: str | None = None
    profile_url: str | None = None

    def person(self, contact_id: str | None, contact: Contact | None) -> models.Person:
        return models.Person(
            platform=self.platform,
            platform_id=self.platform_id,
            username=(self.username or "").lstrip("@"),
            name=self.display_name or "",
            profile_id=self.id,
            contact_id=contact_id,
            profile_url=self.profile_url or profile_url(self.platform, self.platform_id),
            picture=self.avatar_url,
            bio=self.bio,
            followers=whole(self.follower_count),
            verified=self.verified,
            assignee_id=contact.assignee_id if contact else None,
            assignee_known=contact is not None,
            tag_ids=(contact.tag_ids if contact else None) or (),
            status_id=contact.status_id if contact else None,
            valuation=contact.amount if contact else None,
            noted=bool(contact and contact.notes),
        )


class Contact(Wire):
    id: str
    profiles: tuple[Profile, ...] = ()
    assignee_id: str | None = None
    tag_ids: Maybe[tuple[str, ...]] = None
    status_id: str | None = None
    valuation: Maybe[float] = None
    notes: Maybe[str] = None
    created_at: Maybe[Time] = None

    @property
    def amount(self) -> float | None:
        return amount(self.valuation)

    def profile(self, id: str | None) -> Profile | None:
        return next((profile for profile in self.profiles if profile.id == id), None)

    def match(self, platform: str, recipient: Recipient) -> Profile | None:
        """The profile on `platform` that `recipient` names, else the only one there if nobody says its username."""
        here = [profile for profile in self.profiles if profile.platform == platform]
        found = [profile for profile in here if recipient.means(profile.person(None, None))]
        exact = next((profile for profile in found if profile.username or recipient.platform_id), None)
        return exact or (found[0] if found and len(here) == 1 else None)


class SentBy(Wire):
    type: str | None = None
    member_id: str | None = None


class Message(Wire):
    id: str
    thread_id: str
    direction: str
    sent_by: Maybe[SentBy] = None
    content: str | None = None
    attachments: Any = None
    created_at: Time
    edited_at: Time | None = None
    deleted_at: Time | None = None
    reactions: Any = None
    thread: Maybe[Thread] = None

    def message(self) -> models.Message:
        inbound = self.direction == "inbound"
        return models.Message(
            id=self.id,
            thread_id=self.thread_id,
            direction="inbound" if inbound else "outbound",
            author="person" if inbound else self._author(),
            text=self.content or "",
            attachments=attachments(self.attachments),
            created_at=self.created_at,
            edited=self.edited_at is not None,
            deleted=self.deleted_at is not None,
            reactions=reactions(self.reactions),
            writer_id=self.sent_by.member_id if self.sent_by else None,
        )

    def _author(self) -> Literal["member", "agent", "campaign", "api", "platform"]:
        match self.sent_by and self.sent_by.type:
            case "member" | "agent" | "campaign" | "api" as author:
                return author
            case _:
                return "platform"


class LastMessage(Wire):
    id: str
    direction: str
    created_at: Time


class Activity(Wire):
    preview: str | None = None
    at: Time | None = None


class Thread(Wire):
    id: str
    platform: str | None = None
    platform_id: str | None = None
    account_link_id: str
    profile_id: str | None = None
    contact_id: str | None = None
    assignee_id: str | None = None
    is_request: bool | None = None
    archived: bool | None = None
    restrictions: list[str] | None = None
    syncing: bool | None = None
    last_message: Maybe[LastMessage] = None
    activity: Maybe[Activity] = None
    profile: Maybe[Profile] = None
    contact: Maybe[Contact] = None

    def thread(self, contact: Contact | None = None) -> models.Thread:
        """The thread; it shows its person when it was expanded or `contact` is given."""
        contact = contact or self.contact
        profile = self.profile or (contact.profile(self.profile_id) if contact else None)
        return models.Thread(
            id=self.id,
            account_link_id=self.account_link_id,
            platform=self.platform or "twitter",
            platform_id=self.platform_id,
            person=profile.person(self.contact_id, contact) if profile else None,
            contact_id=self.contact_id,
            assignee_id=self.assignee_id,
            archived=bool(self.archived),
            is_request=bool(self.is_request),
            syncing=bool(self.syncing),
            restrictions=tuple(self.restrictions or ()),
            last_message=self._last_message(),
        )

    def _last_message(self) -> models.Message | None:
        """Without its text, unless the activity preview is of this very message and not of a reaction."""
        last, activity = self.last_message, self.activity
        if last is None:
            return None
        inbound = last.direction == "inbound"
        return models.Message(
            id=last.id,
            thread_id=self.id,
            direction="inbound" if inbound else "outbound",
            author="person" if inbound else "platform",
            text=activity.preview or "" if activity and activity.at == last.created_at else "",
            created_at=last.created_at,
        )


class AccountLink(Account):
    display_name: str | None = None
    capabilities: list[str] | None = None

    def account_link(self) -> models.AccountLink:
        return self.linked(self.display_name, self.capabilities or ())


class Member(Wire):
    id: str
    name: str | None = None
    email: str | None = None
    role: str | None = None

    def member(self) -> models.Member:
        return models.Member(id=self.id, name=self.name, email=self.email or "", role=self.role or "user")


class PlatformLimits(Wire):
    characters: float | None = None


class Platform(Wire):
    platform: str
    limits: Maybe[PlatformLimits] = None
    mutation_windows: Maybe[dict[str, float]] = None

    def known(self) -> models.Limits:
        characters = whole(self.limits.characters) if self.limits else None
        return models.Limits(platform=self.platform, characters=characters, windows=self.mutation_windows or {})


class SendResult(Wire):
    message: Message
    thread: Maybe[Thread] = None


class Subject(Wire):
    type: str | None = None
    id: str | None = None


class EventData(Wire):
    thread_id: Maybe[str] = None
    message_id: Maybe[str] = None
    contact_id: Maybe[str] = None
    assignee_id: Maybe[str] = None


DIRECTIONS: dict[str, models.Direction] = {"message.received": "inbound", "message.sent": "outbound"}


def event(id: str, seq: int, type: str, at: datetime, subject: object, payload: object) -> Event:
    """The event about `subject` (the envelope's `object`) whose `data` is `payload`. It is thin: ids, no objects."""
    about = attempt(Subject, subject) or Subject()
    found = attempt(EventData, payload) or EventData()
    return Event(
        id=id,
        seq=seq,
        type=type,
        created_at=at,
        api="v2",
        thread_id=about.id if about.type == "thread" else found.thread_id,
        message_id=about.id if about.type == "message" else found.message_id,
        contact_id=about.id if about.type == "contact" else found.contact_id,
        assignee_id=found.assignee_id,
        label_id=about.id if about.type in ("tag", "status") else None,
        direction=DIRECTIONS.get(type),
    )
