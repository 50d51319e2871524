"""Inbox in the words of the domain, whichever API version answers.

Every verb raises subclasses of `bot.errors.InboxError` and nothing else; URLs, dicts and statuses stay in here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal, Protocol

import httpx

from bot import errors
from bot.address import Address, Candidate, Sent
from bot.facts import Acquaintance, Contact, ContactChange
from bot.inbox.event import EventPage
from bot.inbox.search import LIMIT, Found, Known, Search
from bot.inbox.transport import KEEP, TEAM, Keep, Learn, Spend, Transport
from bot.inbox.v1 import V1
from bot.inbox.v2 import V2
from bot.models import AccountLink, Label, Limits, Member, Message, Team, Thread
from bot.recipient import Recipient

Version = Literal["v1", "v2"]
Http = httpx.AsyncClient


class Inbox(Protocol):
    """One team's Inbox. Reads may be tried once more within themselves; writes never are."""

    @property
    def version(self) -> str:
        """`v1` or `v2`."""

    @property
    def sunset(self) -> str | None:
        """The `Sunset` header last seen: when this API version ends, as an HTTP date."""

    @property
    def answers(self) -> int:
        """How many requests were answered with what was asked for."""

    async def team(self) -> Team: ...

    async def members(self) -> list[Member]: ...

    async def account_links(self) -> list[AccountLink]: ...

    async def tags(self) -> list[Label]: ...

    async def statuses(self) -> list[Label]: ...

    async def platforms(self) -> list[Limits]:
        """What each platform takes; none on v1, which does not say."""

    async def thread(self, thread_id: str) -> Thread:
        """The thread, with its person where that can be had. Raises `Gone`."""

    async def update_thread(
        self, thread_id: str, *, archived: bool | None = None, assignee_id: str | Keep | None = KEEP
    ) -> Thread:
        """The thread after the change, perhaps without its person. `assignee_id=None` unassigns, `KEEP` does not."""

    async def contact(self, thread_id: str) -> Contact:
        """What the team has noted of the person with whom the thread is. Raises `Gone` and `NoContact`."""

    async def acquaintance(self, thread_id: str) -> Acquaintance:
        """All that is known of the person with whom the thread is, and their conversations. Raises `Gone`."""

    def steps(self, change: ContactChange) -> list[ContactChange]:
        """The same as changes that Inbox takes or refuses as a whole."""

    async def change_contact(self, contact: Contact, change: ContactChange) -> None:
        """Let it be so from now on; harmless to repeat. Raises `Gone` where the contact or a tag is gone."""

    async def find(self, recipient: Recipient, links: Sequence[AccountLink]) -> list[Candidate]:
        """Everyone whom `recipient` may mean; where they name a platform, nobody on another one.

        Raises `PlatformUnknown` for a platform that this version does not know.
        """

    async def look_up(self, recipient: Recipient, links: Sequence[AccountLink]) -> list[Known]:
        """The same with their threads: a pair for each, or one without a thread where there is none."""

    async def search(self, wanted: Search, limit: int = LIMIT) -> Found:
        """The conversations that fit among the first `limit`: longest untouched first, by words the latest first.

        By words: v2 looks in names, usernames and last messages of all; v1 cannot, so the client does, within `limit`.
        """

    async def messages(self, thread_id: str, limit: int = 50, since: datetime | None = None) -> list[Message]:
        """The newest `limit` messages, newest first, and with them all since `since`; 1000 at most."""

    async def message(self, message_id: str, thread_id: str) -> tuple[Message, Thread | None]:
        """The message, and its thread where the same answer showed it. Raises `Gone`."""

    async def send(self, to: Address, text: str, key: str, reply_to: str = "") -> Sent:
        """Send `text`, in answer to the message `reply_to` of that thread where one is named.

        v2: the same `key` (1-255 printable ASCII) never sends twice, so `Unavailable` may be repeated.

        Raises `Unconfirmed` when it may have been delivered: look with `find_sent` before anything else.
        """

    async def find_sent(self, to: Address, text: str, since: datetime, known: Collection[str]) -> Sent | None:
        """The message of `text` that the API sent to `to` since then, None when there is none.

        Ids in `known` belong to other sends. Clocks may differ by 5 s. Raises when it cannot be told.
        """

    async def edit_message(self, message_id: str, thread_id: str, text: str) -> str:
        """Let a message of ours say `text`; what it says now, as Inbox shows it. Harmless to repeat.

        Raises `WindowClosed` when it is too late; v1, which can do it in X Chat threads alone, says `Rejected`.
        """

    async def unsend(self, message_id: str, thread_id: str) -> None:
        """Take a message of ours back, for everyone; raises as `edit_message` does, also when it is gone already."""

    async def react(self, message_id: str, thread_id: str, emoji: str) -> None:
        """Put the account's `emoji`, exactly one, on any message; who repeats it looks first whether it is there."""

    async def recent_threads(self, since: datetime) -> list[Thread]:
        """Open threads and requests in which somebody wrote last, after `since`; for when no event tells of it."""

    async def events(self, after: int | None, limit: int = 1000) -> EventPage:
        """One page of the feed after `seq` `after` (None: the oldest kept), at most 1000 events."""


def open_inbox(
    http: httpx.AsyncClient,
    base_url: str,
    token: str,
    version: str,
    *,
    spend: Spend | None = None,
    learn: Learn | None = None,
) -> Inbox:
    """The client of `version`, or of the version that `base_url` ends in. Calls nothing yet."""
    root, pinned = _split(base_url)
    version = pinned or version
    transport = Transport(http, f"{root}/{version}", token, spend, learn)
    return V1(transport) if version == "v1" else V2(transport)


async def choose_version(
    http: httpx.AsyncClient, base_url: str, token: str, version: Literal["auto", "v1", "v2"]
) -> Version:
    """The version to use: the one `base_url` or the settings name, else v2, else v1 where v2 is surely not to be had.

    v1 ends, so it is taken only where v2 refuses the team (401, 403, 404) while v1 answers; all else is a reason to
    wait. Raises `Unauthorized` if either version refused the token, else what v2 failed with, or v1 after v2's refusal.
    """
    root, pinned = _split(base_url)
    if pinned:
        return pinned
    if version != "auto":
        return version
    try:
        await _team(Transport(http, f"{root}/v2", token))
        return "v2"
    except errors.InboxError as error:
        is_away = isinstance(error, errors.Unavailable) and not isinstance(error, errors.VersionEnded)
        if is_away or error.status not in (401, 403, 404):
            raise
        refusal = error
    try:
        await _team(Transport(http, f"{root}/v1", token))
    except errors.InboxError as error:
        raise refusal if isinstance(refusal, errors.Unauthorized) else error from None
    return "v1"


async def _team(transport: Transport) -> None:
    await transport.read(TEAM, "/team")


def is_pinned(base_url: str, version: str) -> bool:
    """Whether the settings name the version, so that it is never chosen."""
    return version != "auto" or _split(base_url)[1] is not None


def _split(base_url: str) -> tuple[str, Version | None]:
    """`https://inboxapp.com/api/v2/` → (`https://inboxapp.com/api`, `v2`)."""
    root = base_url.rstrip("/")
    versions: tuple[Version, ...] = ("v1", "v2")
    for version in versions:
        if root.lower().endswith(f"/{version}"):
            return root[: -len(f"/{version}")], version
    return root, None
