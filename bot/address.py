"""Whom a message goes to, who may be meant, and what Inbox says of one that was sent."""

from __future__ import annotations

from bot.models import Message, Person, Thread
from bot.records import Record


class Address(Record):
    """Where a message goes: from one account link to one platform account, in `thread_id` where one exists."""

    account_link_id: str
    platform: str
    platform_id: str
    profile_id: str | None = None
    contact_id: str | None = None
    thread_id: str | None = None

    @classmethod
    def within(cls, thread: Thread, person: Person) -> Address:
        """In a conversation that there is."""
        return cls(
            account_link_id=thread.account_link_id,
            platform=thread.platform,
            platform_id=person.platform_id,
            profile_id=person.profile_id,
            contact_id=thread.contact_id or person.contact_id,
            thread_id=thread.id,
        )


class Candidate(Record):
    """One answer to "who is @sarah?": a person, and the thread with them on one account link if there is one."""

    person: Person
    account_link_id: str | None = None
    thread_id: str | None = None
    thread_url: str | None = None

    def address(self, account_link_id: str) -> Address:
        """How to reach this person from `account_link_id`."""
        return Address(
            account_link_id=account_link_id,
            platform=self.person.platform,
            platform_id=self.person.platform_id,
            profile_id=self.person.profile_id,
            contact_id=self.person.contact_id,
            thread_id=self.thread_id if account_link_id == self.account_link_id else None,
        )


class Sent(Record):
    """Inbox's confirmation of a send. `thread` is None where v1 named only its id."""

    message: Message
    thread_id: str
    thread: Thread | None = None
