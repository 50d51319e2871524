"""A local Inbox: both API versions over one state, its webhooks, and the faults a test or a demonstration asks for.

Every request is held against `bot.sandbox.inbox.contract`; what the vendor would not take is answered 400 and listed in
`violations`. So is every answer and event: what the vendor would not have said is listed in `drift`. A test can
assert that there was neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from bot.sandbox.inbox import v1_events, v2_show
from bot.sandbox.inbox.contract import answers
from bot.sandbox.inbox.http import InboxServer
from bot.sandbox.inbox.records import (
    AccountRecord,
    Json,
    LabelRecord,
    Logged,
    MemberRecord,
    MessageRecord,
    Occurrence,
    PersonRecord,
    SentMessage,
    ThreadRecord,
    iso,
    utc_now,
)
from bot.sandbox.inbox.webhook import Webhook, WebhookSettings
from bot.sandbox.inbox.world import World


class SandboxInbox(InboxServer, WebhookSettings):
    """One team's Inbox. `app` serves `/api/v1` and `/api/v2`; a version that is not in `versions` answers 404.

    `seed` makes the ids repeatable; `clock` gives aware datetimes; `retention` is how many events the feed keeps.
    """

    def __init__(
        self,
        *,
        versions: frozenset[str] = frozenset({"v1", "v2"}),
        token: str = "ibt_sandbox",
        webhook_secret: str = "ibt_wh_sandbox",
        clock: Callable[[], datetime] = utc_now,
        seed: int | None = None,
        retention: int = 25_000,
        retry_delays: tuple[float, ...] = (0.2, 1.0),
    ) -> None:
        super().__init__(World(clock, _render, seed, retention), versions, token, clock)
        self.webhook = Webhook(webhook_secret, "2" if "v2" in versions else "1.0", retry_delays)
        self.world.on_event = self._happened

    def _happened(self, logged: Logged) -> None:
        for version, payload in (("v1", "1.0"), ("v2", "2")) if self.checking else ():
            self.drift += answers.check_event(version, logged.bodies[payload])
        self.webhook.offer(logged)

    # The world: what is there before anything happens (no events)

    def add_member(self, name: str | None, email: str, role: str = "user") -> str:
        member = MemberRecord(self.world.new_id(), self.world.new_id(), name, email, role, self.clock())
        self.world.members[member.id] = member
        return member.id

    def add_account(self, username: str, name: str = "", platform: str = "twitter", status: str = "active") -> str:
        ids = self.world.new_id(), platform, self.world.new_platform_id()
        account = AccountRecord(*ids, username, name or username, status, self.clock())
        self.world.accounts[account.id] = account
        return account.id

    def add_person(
        self,
        username: str,
        name: str = "",
        platform_id: str | None = None,
        platform: str = "twitter",
        also: PersonRecord | None = None,
        **fields: Any,
    ) -> PersonRecord:
        """Someone outside the team. `fields` are attributes of PersonRecord: bio, followers, assignee_id…

        `also` is another profile of the same person: then they are one contact.
        """
        contact = also.contact if also else None
        person = self.world.meet(platform_id or self.world.new_platform_id(), platform, username, name, contact)
        for attribute, value in fields.items():
            setattr(person, attribute, value)
        return person

    def add_thread(self, account_id: str, person: PersonRecord, **fields: Any) -> str:
        """An existing, empty thread. `fields` are attributes of ThreadRecord: archived, is_request, assignee_id…"""
        return self.world.open_thread(account_id, person, **fields).id

    def add_tag(self, name: str, color: str = "#3366ff") -> str:
        """A tag of the team's; its id."""
        return self.world.add_label("tag", name, color).id

    def add_status(self, name: str, color: str | None = None) -> str:
        """A status of the team's; its id."""
        return self.world.add_label("status", name, color).id

    def add_campaign(self, name: str) -> str:
        """Another campaign than the one that there is; its id."""
        campaign_id = self.world.new_id()
        self.world.campaigns[campaign_id] = name
        return campaign_id

    def thread(self, thread_id: str) -> ThreadRecord:
        return self.world.threads[thread_id]

    def set_account_status(self, account_id: str, status: str) -> None:
        """`active`, `offline` or `paused`; no event tells of it."""
        self.world.accounts[account_id].status = status

    # What others do: the customer, and colleagues in the Inbox app or on the platform (events, webhooks)

    async def customer_writes(
        self,
        to: str | PersonRecord,
        text: str,
        account_id: str | None = None,
        at: datetime | None = None,
        attachments: Sequence[Json] = (),
        *,
        is_request: bool = False,
    ) -> str:
        """A message from outside, in a thread (its id) or from a person to `account_id` (default: the first account).

        Opens the thread where there is none (as a request if `is_request`), reopens an archived one; the message id.
        """
        thread = self._thread_with(to, account_id, is_request) if isinstance(to, PersonRecord) else self.thread(to)
        last = thread.last
        message = self.world.write(thread, "person", text, at=at, attachments=attachments)
        if last is not None and last.by == "campaign":
            self.world.emit("target.replied", thread, message, campaignId=last.campaign_id)
        return message.id

    def _thread_with(self, person: PersonRecord, account_id: str | None, is_request: bool) -> ThreadRecord:
        account_id = account_id or next(a.id for a in self.world.accounts.values() if a.platform == person.platform)
        if thread := self.world.thread_between(account_id, person):
            return thread
        thread = self.world.open_thread(account_id, person, is_request=is_request)
        self.world.emit("thread.created", thread)
        return thread

    async def app_archives(self, thread_id: str, archived: bool = True) -> None:
        self.world.archive(self.thread(thread_id), archived)

    async def app_assigns(self, thread_id: str, member_id: str | None) -> None:
        self.world.assign(self.thread(thread_id), member_id)

    async def app_assigns_contact(self, person: PersonRecord, member_id: str | None) -> None:
        """The default assignee of this person's threads that have none of their own."""
        self.world.change_contact(person, "assignee_id", member_id)

    async def app_deletes(self, thread_id: str) -> None:
        self.world.delete_thread(self.thread(thread_id))

    async def teammate_writes(
        self,
        thread_id: str,
        text: str,
        how: Literal["native", "member"] = "native",
        member_id: str | None = None,
        at: datetime | None = None,
    ) -> str:
        """A colleague's message, typed on the platform (`native`) or in Inbox (`member`); the message id."""
        if how == "member" and member_id is None:
            member_id = next(iter(self.world.members), None)
        return self.world.write(self.thread(thread_id), how, text, member_id=member_id, at=at).id

    async def campaign_writes(
        self, thread_id: str, text: str, at: datetime | None = None, campaign_id: str | None = None
    ) -> str:
        """A campaign's message, which archives its thread, and the event that tells of it; the message id."""
        thread, campaign_id = self.thread(thread_id), campaign_id or self.world.campaign_id
        message = self.world.write(thread, "campaign", text, at=at, campaign_id=campaign_id)
        self.world.archive(thread, True)
        self.world.emit("target.contacted", thread, message, campaignId=campaign_id)
        return message.id

    async def edits(self, message_id: str, text: str) -> None:
        """Whoever wrote the message changes it, on the platform or in Inbox."""
        thread, message = self._message(message_id)
        self.world.edit(thread, message, text, message.origin)

    async def deletes(self, message_id: str, scope: Literal["self", "all"] = "all") -> None:
        """Whoever wrote the message takes it back; it stays in lists, marked deleted."""
        self.world.unsend(*self._message(message_id), scope)

    async def reacts(self, message_id: str, emoji: str) -> None:
        """The person puts an emoji on a message."""
        thread, message = self._message(message_id)
        author = {"type": "profile", "profileId": thread.person.profile_id, "contactId": thread.person.contact_id}
        message.reactions.append({"emoji": emoji, "author": author, "createdAt": iso(self.clock())})
        platform_id = thread.person.platform_id
        self.world.emit("message.reactionAdded", thread, message, emoji=emoji, authorPlatformId=platform_id)

    async def app_tags(self, person: PersonRecord, *tag_ids: str) -> None:
        """A colleague gives the person these tags, and no others."""
        self.world.change_contact(person, "tag_ids", list(tag_ids))

    async def app_sets_status(self, person: PersonRecord, status_id: str | None) -> None:
        self.world.change_contact(person, "status_id", status_id)

    async def app_notes(self, person: PersonRecord, notes: str | None) -> None:
        self.world.change_contact(person, "notes", notes)

    async def app_values(self, person: PersonRecord, valuation: float | None) -> None:
        """What the person is worth, in the team's currency."""
        self.world.change_contact(person, "valuation", valuation)

    async def app_renames_label(self, label_id: str, name: str) -> None:
        family, label = self._label(label_id)
        label.name = name
        self.world.emit(f"{family}.updated", label=label)

    async def app_deletes_label(self, label_id: str) -> None:
        """A tag or a status goes, from everybody who has it."""
        self.world.delete_label(*self._label(label_id))

    def _label(self, label_id: str) -> tuple[str, LabelRecord]:
        return next((family, found[label_id]) for family, found in self.world.labels.items() if label_id in found)

    async def app_restores(self, thread: ThreadRecord) -> None:
        """A thread that was deleted is there again; no event tells of it."""
        self.world.threads[thread.id] = thread

    def _message(self, message_id: str) -> tuple[ThreadRecord, MessageRecord]:
        found = self.world.message(message_id)
        if found is None:
            raise KeyError(message_id)
        return found

    def sent(self) -> list[SentMessage]:
        """What was really sent through the API, in order."""
        return list(self.world.sent)

    # Events

    @property
    def events(self) -> list[Logged]:
        """The event log, oldest first."""
        return list(self.world.log)

    def event_body(self, event_id: str) -> bytes:
        """The webhook body of an event, in `webhook_version`."""
        return self.webhook.body(self._logged(event_id))

    async def redeliver(self, event_id: str, times: int = 1) -> None:
        """Sends an event again, whatever its type, and waits for the answers."""
        for _ in range(times):
            await self.webhook.deliver(self._logged(event_id))

    def _logged(self, event_id: str) -> Logged:
        return next(logged for logged in self.world.log if logged.id == event_id)

    @property
    def plan_required(self) -> bool:
        """Whether the first message to someone new needs an add-on that the team lacks."""
        return self.world.plan_required

    @plan_required.setter
    def plan_required(self, required: bool) -> None:
        self.world.plan_required = required


def _render(world: World, happened: Occurrence, event_id: str, seq: int, at: datetime) -> Mapping[str, Json]:
    return {
        "1.0": v1_events.event(world, happened, event_id, seq, at),
        "2": v2_show.event(world, happened, event_id, seq, at),
    }
