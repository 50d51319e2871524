"""The client of API v1, which the vendor ends on 3 December 2026.

v1 has no idempotency key, so `send` raises `Unconfirmed` whenever the message may have left, and `find_sent` looks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from pydantic import TypeAdapter

from bot import errors, models
from bot.address import Address, Candidate, Sent
from bot.facts import Acquaintance, Contact, ContactChange
from bot.inbox import contacts, lookup_v1
from bot.inbox import wire_v1 as wire
from bot.inbox.event import EventPage
from bot.inbox.feed import LISTED, SKEW, page_of
from bot.inbox.queries import filters_v1, folders_v1
from bot.inbox.search import LIMIT, Found, Known, Search, candidates, says
from bot.inbox.transport import KEEP, Client, Keep, Params, Transport, understand
from bot.inbox.wire import BUILT_LATER, Label, Wire, edited
from bot.recipient import Recipient, X

MEMBERS = TypeAdapter(list[wire.Member], config=BUILT_LATER)
LINKS = TypeAdapter(list[wire.AccountLink], config=BUILT_LATER)
LABELS = TypeAdapter(list[Label], config=BUILT_LATER)
THREAD = TypeAdapter(wire.Thread)
PROSPECT = TypeAdapter(wire.Prospect)
MESSAGES = TypeAdapter(wire.MessagePage)
THREAD_PAGE = TypeAdapter(wire.ThreadPage)
MESSAGE = TypeAdapter(wire.Message)
SENT = TypeAdapter(wire.SendResult)
LOOKED_UP: Final = 20  # conversations of one person that are asked for one by one
PAGES: Final = 5  # of 100 messages each: how far back a single message is looked for


class Events(Wire):
    events: list[Any]
    last_seq: int | None = None
    has_more: bool | None = None


EVENTS = TypeAdapter(Events)


class V1(Client):
    """`bot.inbox.client.Inbox` on API v1."""

    version = "v1"

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self._owners: dict[str, str] = {}  # thread id → account link id, which never changes

    async def members(self) -> list[models.Member]:
        return [member.member() for member in await self._transport.read(MEMBERS, "/members")]

    async def account_links(self) -> list[models.AccountLink]:
        return [link.account_link() for link in await self._transport.read(LINKS, "/account-links")]

    async def tags(self) -> list[models.Label]:
        return [tag.label() for tag in await self._transport.read(LABELS, "/tags")]

    async def statuses(self) -> list[models.Label]:
        return [status.label() for status in await self._transport.read(LABELS, "/statuses")]

    async def platforms(self) -> list[models.Limits]:
        """v1 does not say."""
        return []

    async def thread(self, thread_id: str) -> models.Thread:
        return self._full(await self._transport.read(THREAD, _path(thread_id)))

    async def update_thread(
        self, thread_id: str, *, archived: bool | None = None, assignee_id: str | Keep | None = KEEP
    ) -> models.Thread:
        change = ({} if archived is None else {"done": archived}) | (
            {} if isinstance(assignee_id, Keep) else {"assigneeId": assignee_id}
        )
        body = await self._transport.call("PATCH", _path(thread_id), json=change)
        return self._full(understand(THREAD, body))

    async def contact(self, thread_id: str) -> Contact:
        found = await self._transport.read(THREAD, _path(thread_id))
        return contacts.contact_v1(found.prospect, self._full(found))

    async def acquaintance(self, thread_id: str) -> Acquaintance:
        found = await self._transport.read(THREAD, _path(thread_id))
        thread, prospect = self._full(found), found.prospect or wire.Prospect()
        if prospect.external_id:
            try:
                path = f"/prospects/{quote(prospect.external_id, safe='')}"
                prospect = await self._transport.read(PROSPECT, path)
            except errors.Gone:
                pass  # the thread is there all the same
        others = [one.id for one in (prospect.context and prospect.context.threads) or () if one.id != thread.id]
        return contacts.acquaintance_v1(prospect, [thread, *[await self.thread(one) for one in others[:LOOKED_UP]]])

    def steps(self, change: ContactChange) -> list[ContactChange]:
        return [] if change.is_empty else [change]

    async def change_contact(self, contact: Contact, change: ContactChange) -> None:
        await self._transport.call(**contacts.request_v1(contact.id, change)._asdict())

    async def find(self, recipient: Recipient, links: Sequence[models.AccountLink]) -> list[Candidate]:
        return candidates(await self.look_up(recipient, links))

    async def look_up(self, recipient: Recipient, links: Sequence[models.AccountLink]) -> list[Known]:
        """v1 knows X alone: https://docs.inboxapp.com/api-reference."""
        if not recipient.is_at(X):
            raise errors.PlatformUnknown(recipient.platform or "")
        return await lookup_v1.known(self._transport, recipient, links)

    async def search(self, wanted: Search, limit: int = LIMIT) -> Found:
        """v1 filters by assignee, and knows no words: those are looked for here, and archived threads come last."""
        found: list[models.Thread] = []
        looked = 0
        for folder in folders_v1(wanted):
            params: dict[str, str | int] = {"inbox": folder, **filters_v1(wanted)}
            while True:
                if looked == limit:
                    return _found(wanted, found, looked)
                params["limit"] = min(100, limit - looked)
                page = await self._transport.read(THREAD_PAGE, "/threads", params)
                threads = [thread for one in page.threads if (thread := self._remember(one))]
                looked += len(page.threads)
                found += [one for one in threads if wanted.fits(one)]
                if not _turn(params, page.next_cursor):
                    break
        return _found(wanted, found, None)

    async def messages(self, thread_id: str, limit: int = 50, since: datetime | None = None) -> list[models.Message]:
        owner = self._owners.get(thread_id) or (await self.thread(thread_id)).account_link_id
        found: list[models.Message] = []
        async for page in self._pages(thread_id, limit if since is None else LISTED):
            found += _messages(page, owner, thread_id)
            if len(found) >= limit and (since is None or found[-1].created_at < since or len(found) >= LISTED):
                break
        found.sort(key=lambda message: message.created_at, reverse=True)
        return [one for at, one in enumerate(found[:LISTED]) if at < limit or (since and one.created_at >= since)]

    async def message(self, message_id: str, thread_id: str) -> tuple[models.Message, models.Thread | None]:
        thread, pages = await self.thread(thread_id), 0
        async for page in self._pages(thread_id, 100):
            for message in _messages(page, thread.account_link_id, thread_id):
                if message.id == message_id:
                    return message, thread
            if (pages := pages + 1) == PAGES:
                break
        raise errors.Gone("the message is not in its thread", status=404, code="messageNotFound")

    async def send(self, to: Address, text: str, key: str, reply_to: str = "") -> Sent:
        """`key` has no use here: v1 knows none. Only a send within a thread takes what it answers."""
        if reply_to and to.thread_id:
            return await self._answer(to.thread_id, text, reply_to)
        whom = {"externalPlatformId": to.platform_id} if to.platform_id else {"externalId": to.profile_id}
        content = {"accountLinkId": to.account_link_id, "content": text} | whom
        body = await self._transport.call("POST", "/threads/messages", json=content, once=True)
        result = understand(SENT, body, unless=errors.Unconfirmed)
        thread_id = (result.thread and result.thread.id) or result.message.thread_id or to.thread_id
        if result.message.failed or not thread_id:
            raise errors.Unconfirmed(message_id=result.message.id, status=200)
        thread = self._remember(result.thread) if result.thread else None
        sent = result.message.model_copy(update={"origin": result.message.origin or "api"})
        return Sent(message=sent.message("outbound", thread_id), thread_id=thread_id, thread=thread)

    async def _answer(self, thread_id: str, text: str, reply_to: str) -> Sent:
        content = {"content": text, "replyToMessageId": reply_to}
        body = await self._transport.call("POST", f"{_path(thread_id)}/messages", json=content, once=True)
        found = understand(MESSAGE, body, unless=errors.Unconfirmed)
        if found.failed:
            raise errors.Unconfirmed(message_id=found.id, status=200)
        sent = found.model_copy(update={"origin": found.origin or "api"})
        return Sent(message=sent.message("outbound", thread_id), thread_id=thread_id)

    async def find_sent(self, to: Address, text: str, since: datetime, known: Collection[str]) -> Sent | None:
        """Raises `Unavailable` when the thread is still being imported or too long to say that it did not arrive."""
        thread = await self._thread_to(to)
        if thread is None:
            return None
        pages = 0
        async for page in self._pages(thread.id, 100):
            for message in page.messages:
                if message.id not in known and _is_ours(message, thread.account_link_id, text, since):
                    if message.failed:
                        raise errors.Unconfirmed(message_id=message.id, status=200)
                    sent = message.message("outbound", thread.id)
                    return Sent(message=sent, thread_id=thread.id, thread=thread)
            if page.is_syncing:
                raise errors.Unavailable("the thread is still being imported", status=200, code="syncing")
            times = [message.created_at for message in page.messages]
            if times and times[0] >= times[-1] and times[0] < since - SKEW:  # newest first, and all are older
                return None
            if (pages := pages + 1) == PAGES:
                raise errors.Unavailable("too many messages since then", status=200, code="tooMany")
        return None

    async def edit_message(self, message_id: str, thread_id: str, text: str) -> str:
        return edited(
            await self._transport.call("PATCH", _message_path(message_id, thread_id), json={"content": text}), text
        )

    async def unsend(self, message_id: str, thread_id: str) -> None:
        await self._transport.call("DELETE", _message_path(message_id, thread_id), json={"deleteForAll": True})

    async def react(self, message_id: str, thread_id: str, emoji: str) -> None:
        path = f"{_message_path(message_id, thread_id)}/reactions/reactions"  # the path really ends so
        await self._transport.call("POST", path, json={"emoji": emoji})

    async def recent_threads(self, since: datetime) -> list[models.Thread]:
        found: list[models.Thread] = []
        for folder in ("default", "requests"):
            params: dict[str, str | int] = {"inbox": folder, "limit": 100}
            while True:
                page = await self._transport.read(THREAD_PAGE, "/threads", params)
                threads = [thread for one in page.threads if (thread := self._remember(one))]
                recent = [one for one in threads if one.last_message and one.last_message.created_at >= since]
                found += [one for one in recent if one.last_message and one.last_message.inbound]
                if not recent or not _turn(params, page.next_cursor):
                    break
        return found

    async def events(self, after: int | None, limit: int = 1000) -> EventPage:
        params: Params = {"limit": limit} | ({} if after is None else {"afterSeq": after})
        page = await self._transport.read(EVENTS, "/events", params)
        return page_of(page.events, page.last_seq, bool(page.has_more))

    async def _thread_to(self, to: Address) -> models.Thread | None:
        if to.thread_id:
            return await self.thread(to.thread_id)
        whom = {"externalPlatformId": to.platform_id} if to.platform_id else {"externalId": to.profile_id or ""}
        found = await lookup_v1.thread_with(self._transport, to.account_link_id, whom)
        return found.thread(owner=to.account_link_id) if found else None

    async def _pages(self, thread_id: str, size: int) -> AsyncIterator[wire.MessagePage]:
        params: dict[str, str | int] = {"limit": max(1, min(size, 100))}
        while True:
            page = await self._transport.read(MESSAGES, f"{_path(thread_id)}/messages", params)
            yield page
            if not _turn(params, page.next_cursor):
                return

    def _full(self, found: wire.Thread) -> models.Thread:
        thread = self._remember(found)
        if thread is None:
            raise errors.Unavailable("Inbox sent a thread without its account link", status=200, code="unreadable")
        return thread

    def _remember(self, found: wire.Thread) -> models.Thread | None:
        thread = found.thread()
        if thread:
            if len(self._owners) >= 10_000:
                self._owners.clear()
            self._owners[thread.id] = thread.account_link_id
        return thread


def _path(thread_id: str) -> str:
    return f"/threads/{quote(thread_id, safe='')}"


def _message_path(message_id: str, thread_id: str) -> str:
    return f"{_path(thread_id)}/messages/{quote(message_id, safe='')}"


def _turn(params: dict[str, str | int], cursor: wire.Cursor | None) -> bool:
    """Whether there is another page, which `params` ask for from now on."""
    if cursor is None or cursor.id == params.get("cursorId"):
        return False
    params |= {"cursorId": cursor.id, "cursorTimestamp": cursor.timestamp}
    return True


def _messages(page: wire.MessagePage, owner: str, thread_id: str) -> list[models.Message]:
    return [message.message(wire.direction(message.author_id, owner), thread_id) for message in page.messages]


def _is_ours(message: wire.Message, owner: str, text: str, since: datetime) -> bool:
    """Whatever our side wrote counts, as the vendor names the origin differently: better than to send it twice."""
    ours = message.origin == "api" or message.author_id == owner
    fresh = message.created_at >= since - SKEW
    return ours and fresh and not message.campaign_id and (message.content or "").strip() == text.strip()


def _found(wanted: Search, threads: Sequence[models.Thread], looked: int | None) -> Found:
    fitting = [one for one in threads if wanted.kind != "words" or says(one, wanted.about)]
    return Found(threads=tuple(fitting), looked=looked)
