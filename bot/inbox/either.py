"""The client that people of the bot hold: each verb goes to the API version that is spoken at the moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import TypeVar

from bot.address import Address, Candidate, Sent
from bot.errors import InboxError, Unavailable
from bot.facts import Acquaintance, Contact, ContactChange
from bot.inbox.client import Inbox
from bot.inbox.event import EventPage
from bot.inbox.search import LIMIT, Found, Known, Search
from bot.inbox.transport import KEEP, Keep
from bot.inbox.version import Spoken
from bot.models import AccountLink, Label, Limits, Member, Message, Team, Thread
from bot.recipient import Recipient

T = TypeVar("T")


class Either:
    """`bot.inbox.client.Inbox` on whichever version `spoken` says.

    What an ended version did not take is asked of the other one within the same call. A send is not, as its writer
    notes the version of each attempt; nor is the feed, whose cursor belongs to one version.
    """

    def __init__(self, spoken: Spoken, clients: Callable[[str], Inbox]) -> None:
        """`clients` opens the client of a version; each is opened once."""
        self._spoken, self._open = spoken, clients
        self._clients: dict[str, Inbox] = {}

    @property
    def version(self) -> str:
        return self._spoken.version

    @property
    def sunset(self) -> str | None:
        return self._spoken.sunset

    @property
    def answers(self) -> int:
        return self._client().answers

    async def team(self) -> Team:
        return await self._ask(lambda inbox: inbox.team())

    async def members(self) -> list[Member]:
        return await self._ask(lambda inbox: inbox.members())

    async def account_links(self) -> list[AccountLink]:
        return await self._ask(lambda inbox: inbox.account_links())

    async def tags(self) -> list[Label]:
        return await self._ask(lambda inbox: inbox.tags())

    async def statuses(self) -> list[Label]:
        return await self._ask(lambda inbox: inbox.statuses())

    async def platforms(self) -> list[Limits]:
        return await self._ask(lambda inbox: inbox.platforms())

    async def thread(self, thread_id: str) -> Thread:
        return await self._ask(lambda inbox: inbox.thread(thread_id))

    async def update_thread(
        self, thread_id: str, *, archived: bool | None = None, assignee_id: str | Keep | None = KEEP
    ) -> Thread:
        return await self._ask(lambda inbox: inbox.update_thread(thread_id, archived=archived, assignee_id=assignee_id))

    async def contact(self, thread_id: str) -> Contact:
        return await self._ask(lambda inbox: inbox.contact(thread_id))

    def steps(self, change: ContactChange) -> list[ContactChange]:
        return self._client().steps(change)

    async def acquaintance(self, thread_id: str) -> Acquaintance:
        return await self._ask(lambda inbox: inbox.acquaintance(thread_id))

    async def change_contact(self, contact: Contact, change: ContactChange) -> None:
        """A contact that the other version showed has another id here, so it is not asked for again within the call."""
        await self._ask(lambda inbox: inbox.change_contact(contact, change), again=False)

    async def find(self, recipient: Recipient, links: Sequence[AccountLink]) -> list[Candidate]:
        return await self._ask(lambda inbox: inbox.find(recipient, links))

    async def look_up(self, recipient: Recipient, links: Sequence[AccountLink]) -> list[Known]:
        return await self._ask(lambda inbox: inbox.look_up(recipient, links))

    async def search(self, wanted: Search, limit: int = LIMIT) -> Found:
        return await self._ask(lambda inbox: inbox.search(wanted, limit))

    async def messages(self, thread_id: str, limit: int = 50, since: datetime | None = None) -> list[Message]:
        return await self._ask(lambda inbox: inbox.messages(thread_id, limit, since))

    async def message(self, message_id: str, thread_id: str) -> tuple[Message, Thread | None]:
        return await self._ask(lambda inbox: inbox.message(message_id, thread_id))

    async def send(self, to: Address, text: str, key: str, reply_to: str = "") -> Sent:
        return await self._ask(lambda inbox: inbox.send(to, text, key, reply_to), again=False)

    async def find_sent(self, to: Address, text: str, since: datetime, known: Collection[str]) -> Sent | None:
        return await self._ask(lambda inbox: inbox.find_sent(to, text, since, known))

    async def edit_message(self, message_id: str, thread_id: str, text: str) -> None:
        await self._ask(lambda inbox: inbox.edit_message(message_id, thread_id, text))

    async def unsend(self, message_id: str, thread_id: str) -> None:
        await self._ask(lambda inbox: inbox.unsend(message_id, thread_id))

    async def react(self, message_id: str, thread_id: str, emoji: str) -> None:
        await self._ask(lambda inbox: inbox.react(message_id, thread_id, emoji), again=False)

    async def recent_threads(self, since: datetime) -> list[Thread]:
        return await self._ask(lambda inbox: inbox.recent_threads(since))

    async def events(self, after: int | None, limit: int = 1000) -> EventPage:
        return await self._ask(lambda inbox: inbox.events(after, limit), again=False)

    async def _ask(self, verb: Callable[[Inbox], Awaitable[T]], *, again: bool = True) -> T:
        inbox, signs = self._client(), self._spoken.signs
        answers = inbox.answers
        try:
            answer = await verb(inbox)
        except InboxError as error:
            moved = await self._spoken.failed(inbox.version, error)
            if not (moved and again and isinstance(error, Unavailable)):
                raise
            return await verb(self._client())
        if inbox.answers != answers:  # what need not be asked says nothing of who would answer
            self._spoken.answered(inbox.version, inbox.sunset, signs)
        return answer

    def _client(self) -> Inbox:
        version = self._spoken.version
        if version not in self._clients:
            self._clients[version] = self._open(version)
        return self._clients[version]
