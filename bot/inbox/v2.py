"""The client of API v2. A send carries an `Idempotency-Key`, so repeating it with the same key is harmless."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter

from bot import errors, models
from bot.address import Address, Candidate, Sent
from bot.facts import Acquaintance, Contact, ContactChange
from bot.inbox import contacts
from bot.inbox import wire_v2 as wire
from bot.inbox.event import EventPage
from bot.inbox.feed import LISTED, SKEW, page_of
from bot.inbox.queries import queries_v2
from bot.inbox.search import LIMIT, Found, Known, Search, candidates
from bot.inbox.transport import KEEP, Client, Keep, Params, understand
from bot.inbox.wire import BUILT_LATER, Label, Wire, edited
from bot.recipient import Recipient

Item = TypeVar("Item")

MEMBERS = TypeAdapter(wire.Page[wire.Member])
LINKS = TypeAdapter(wire.Page[wire.AccountLink])
LABELS = TypeAdapter(wire.Page[Label])
PLATFORMS = TypeAdapter(list[wire.Platform], config=BUILT_LATER)
CONTACT = TypeAdapter(wire.Contact)
CONTACTS = TypeAdapter(wire.Page[wire.Contact])
THREAD = TypeAdapter(wire.Thread)
THREADS = TypeAdapter(wire.Page[wire.Thread])
MESSAGE = TypeAdapter(wire.Message)
MESSAGES = TypeAdapter(wire.Page[wire.Message])
SENT = TypeAdapter(wire.SendResult)
FAR: Final = 500  # messages: how far back a send is looked for

OLDER: Final = 50  # threads in a row without news, after which there is none


class Events(Wire):
    data: list[Any]
    last_seq: int | None = None
    has_more: bool | None = None


EVENTS = TypeAdapter(Events)


class V2(Client):
    """`bot.inbox.client.Inbox` on API v2."""

    version = "v2"

    async def members(self) -> list[models.Member]:
        return [member.member() async for member in self._all(MEMBERS, "/members")]

    async def account_links(self) -> list[models.AccountLink]:
        return [link.account_link() async for link in self._all(LINKS, "/account-links")]

    async def tags(self) -> list[models.Label]:
        page = await self._transport.read(LABELS, "/tags")  # the only one, and no parameters
        return [tag.label() for tag in page.data]

    async def statuses(self) -> list[models.Label]:
        return [status.label() for status in (await self._transport.read(LABELS, "/statuses")).data]

    async def platforms(self) -> list[models.Limits]:
        return [one.known() for one in await self._transport.read(PLATFORMS, "/platforms")]

    async def thread(self, thread_id: str) -> models.Thread:
        path, params = f"/threads/{quote(thread_id, safe='')}", {"expand": ["profile", "contact"]}
        found = await self._transport.read(THREAD, path, params)
        thread = found.thread()
        return thread if thread.person else found.thread(await self._contact(found.contact_id))

    async def update_thread(
        self, thread_id: str, *, archived: bool | None = None, assignee_id: str | Keep | None = KEEP
    ) -> models.Thread:
        change = ({} if archived is None else {"archived": archived}) | (
            {} if isinstance(assignee_id, Keep) else {"assigneeId": assignee_id}
        )
        body = await self._transport.call("PATCH", f"/threads/{quote(thread_id, safe='')}", json=change)
        return understand(THREAD, body).thread()

    async def contact(self, thread_id: str) -> Contact:
        path, params = f"/threads/{quote(thread_id, safe='')}", {"expand": ["profile", "contact"]}
        found = await self._transport.read(THREAD, path, params)
        if found.contact_id is None:
            raise errors.NoContact("v2 names no contact", code="noContactId")
        path = f"/contacts/{quote(found.contact_id, safe='')}"
        contact = found.contact
        if contact is None:
            contact = await self._transport.read(CONTACT, path)
        return contacts.contact_v2(contact, found.thread(contact))

    async def acquaintance(self, thread_id: str) -> Acquaintance:
        path, params = f"/threads/{quote(thread_id, safe='')}", {"expand": ["profile", "contact"]}
        found = await self._transport.read(THREAD, path, params)
        contact = found.contact or await self._contact(found.contact_id)
        if contact is None:
            thread = found.thread()
            return Acquaintance(profiles=(thread.person,) if thread.person else (), threads=(thread,))
        threads = [one.thread(contact) for one in await self._threads(contact.id)]
        return contacts.acquaintance_v2(contact, threads)

    def steps(self, change: ContactChange) -> list[ContactChange]:
        return contacts.steps_v2(change)

    async def change_contact(self, contact: Contact, change: ContactChange) -> None:
        for request in contacts.requests_v2(contact.id, change):
            await self._transport.call(**request._asdict())

    async def find(self, recipient: Recipient, links: Sequence[models.AccountLink]) -> list[Candidate]:
        return candidates(await self.look_up(recipient, links))

    async def look_up(self, recipient: Recipient, links: Sequence[models.AccountLink]) -> list[Known]:
        platforms = [one for one in _platforms(links) if recipient.is_at(one)]
        found = [
            known
            for platform in platforms
            for contact in await self._contacts(platform, recipient)
            for known in await self._known(contact, platform, recipient)
        ]
        if found or not recipient.platform_id:
            return found
        return [(models.Person(platform=one, platform_id=recipient.platform_id), None) for one in platforms]

    async def search(self, wanted: Search, limit: int = LIMIT) -> Found:
        found: list[models.Thread] = []
        looked = 0
        for query in queries_v2(wanted):
            async for thread in self._all(THREADS, "/threads", query, min(100, limit)):
                if looked == limit:
                    return Found(threads=tuple(found), looked=looked)
                looked += 1
                if wanted.fits(one := thread.thread()):
                    found.append(one)
        return Found(threads=tuple(found))

    async def messages(self, thread_id: str, limit: int = 50, since: datetime | None = None) -> list[models.Message]:
        found: list[models.Message] = []
        async for message in self._messages(thread_id, limit if since is None else LISTED):
            if since and len(found) >= limit and message.created_at < since:
                break
            found.append(message.message())
        return sorted(found, key=lambda message: message.created_at, reverse=True)

    async def message(self, message_id: str, thread_id: str) -> tuple[models.Message, models.Thread | None]:
        path = f"/messages/{quote(message_id, safe='')}"
        found = await self._transport.read(MESSAGE, path, {"expand": "thread"})
        return found.message(), found.thread.thread() if found.thread else None

    async def send(self, to: Address, text: str, key: str, reply_to: str = "") -> Sent:
        target = {"type": "thread", "threadId": to.thread_id} if to.thread_id else _profile(to)
        content = {"target": target, "content": text} | ({"replyToMessageId": reply_to} if reply_to else {})
        body = await self._transport.call("POST", "/messages", json=content, key=key)
        result = understand(SENT, body)
        thread = result.thread.thread() if result.thread else None
        return Sent(message=result.message.message(), thread_id=result.message.thread_id, thread=thread)

    async def find_sent(self, to: Address, text: str, since: datetime, known: Collection[str]) -> Sent | None:
        """Raises `Unavailable` when there were too many messages since then to say that it did not arrive."""
        for thread_id in [to.thread_id] if to.thread_id else await self._threads_to(to):
            seen = 0
            async for message in self._messages(thread_id, FAR):
                seen += 1
                if message.created_at < since - SKEW:
                    break
                if message.id not in known and _is_ours(message, text):
                    return Sent(message=message.message(), thread_id=thread_id)
            else:
                if seen >= FAR:
                    raise errors.Unavailable("too many messages since then", status=200, code="tooMany")
        return None

    async def edit_message(self, message_id: str, thread_id: str, text: str) -> str:
        path = f"/messages/{quote(message_id, safe='')}"
        return edited(await self._transport.call("PATCH", path, json={"content": text}), text)

    async def unsend(self, message_id: str, thread_id: str) -> None:
        await self._transport.call("DELETE", f"/messages/{quote(message_id, safe='')}", params={"scope": "all"})

    async def react(self, message_id: str, thread_id: str, emoji: str) -> None:
        path = f"/messages/{quote(message_id, safe='')}/reactions"
        await self._transport.call("POST", path, json={"emoji": emoji})

    async def recent_threads(self, since: datetime) -> list[models.Thread]:
        """Reminders move threads up, so a few older ones do not end the search."""
        found: list[models.Thread] = []
        for folder in ("inbox", "requests"):
            older = 0
            query: Params = {"folder": folder, "expand": ["profile", "contact"]}
            async for thread in self._all(THREADS, "/threads", query):
                last = thread.last_message
                recent = last is not None and last.created_at >= since
                older = 0 if recent else older + 1
                if recent and last is not None and last.direction == "inbound":
                    found.append(thread.thread())
                if older == OLDER:
                    break
        return found

    async def events(self, after: int | None, limit: int = 1000) -> EventPage:
        params: Params = {"limit": limit} | ({} if after is None else {"afterSeq": after})
        page = await self._transport.read(EVENTS, "/events", params)
        return page_of(page.data, page.last_seq, bool(page.has_more))

    async def _contact(self, contact_id: str | None) -> wire.Contact | None:
        if contact_id is None:
            return None
        try:
            return await self._transport.read(CONTACT, f"/contacts/{quote(contact_id, safe='')}")
        except errors.Gone:
            return None

    async def _contacts(self, platform: str, recipient: Recipient) -> list[wire.Contact]:
        whom = {"platformId": recipient.platform_id} if recipient.platform_id else _spelled(recipient.username)
        try:
            return [c async for c in self._all(CONTACTS, "/contacts", {"platform": platform, **whom})]
        except errors.Forbidden as error:
            if error.code == "platformNotAvailable":  # the recipient may be on one of the team's other platforms
                return []
            raise

    async def _known(self, contact: wire.Contact, platform: str, recipient: Recipient) -> list[Known]:
        profile = contact.match(platform, recipient)
        if profile is None:
            return []
        person = profile.person(contact.id, contact)
        threads = [found.thread() for found in await self._threads(contact.id) if found.profile_id == profile.id]
        return [(person, thread.with_person(person)) for thread in threads] or [(person, None)]

    async def _threads(self, contact_id: str, account_link_id: str | None = None) -> list[wire.Thread]:
        params = {"contactId": contact_id, "folder": "all"}
        if account_link_id:
            params["accountLinkId"] = account_link_id
        return [thread async for thread in self._all(THREADS, "/threads", params)]

    async def _threads_to(self, to: Address) -> list[str]:
        whom = Recipient(to.platform, platform_id=to.platform_id)
        contacts = await self._contacts(to.platform, whom)
        pairs = [(c.match(to.platform, whom), await self._threads(c.id, to.account_link_id)) for c in contacts]
        return [
            thread.id for profile, threads in pairs for thread in threads if profile and thread.profile_id == profile.id
        ]

    async def _messages(self, thread_id: str, limit: int) -> AsyncIterator[wire.Message]:
        """The newest `limit` messages, newest first (the vendor's default order)."""
        left, path = limit, f"/threads/{quote(thread_id, safe='')}/messages"
        async for message in self._all(MESSAGES, path, size=limit):
            if left <= 0:
                return
            yield message
            left -= 1

    async def _all(
        self, shape: TypeAdapter[wire.Page[Item]], path: str, params: Params | None = None, size: int = 100
    ) -> AsyncIterator[Item]:
        query: dict[str, str | int | list[str]] = {**(params or {}), "limit": max(1, min(size, 100))}
        while True:
            page = await self._transport.read(shape, path, query)
            for item in page.data:
                yield item
            if not page.next_cursor or page.next_cursor == query.get("cursor"):
                return
            query["cursor"] = page.next_cursor


def _platforms(links: Sequence[models.AccountLink]) -> list[str]:
    return list(dict.fromkeys(link.platform for link in links)) or ["twitter"]


def _spelled(username: str) -> Params:
    """Whether Inbox keeps `josé` or `jos%C3%A9` is not documented, and it may be asked for several at once."""
    return {"username": username if username.isascii() else [username, quote(username)]}


def _profile(to: Address) -> dict[str, str]:
    return {
        "type": "profile",
        "accountLinkId": to.account_link_id,
        "platform": to.platform,
        "platformId": to.platform_id,
    }


def _is_ours(message: wire.Message, text: str) -> bool:
    by_api = message.direction == "outbound" and message.sent_by is not None and message.sent_by.type == "api"
    return by_api and (message.content or "").strip() == text.strip()
