"""Whom API v1 knows by a username or a platform id, and where; it answers 404 where it knows nobody."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter

from bot import errors
from bot.inbox import wire_v1 as wire
from bot.inbox.search import Known
from bot.inbox.transport import Params, Transport
from bot.inbox.wire import BUILT_LATER
from bot.models import AccountLink, Person
from bot.recipient import Recipient, X

THREAD: TypeAdapter[wire.Thread | None] = TypeAdapter(wire.Thread | None, config=BUILT_LATER)
THREADS: TypeAdapter[list[wire.Thread] | None] = TypeAdapter(list[wire.Thread] | None, config=BUILT_LATER)
PROSPECT: TypeAdapter[wire.Prospect | None] = TypeAdapter(wire.Prospect | None, config=BUILT_LATER)


async def known(transport: Transport, recipient: Recipient, links: Sequence[AccountLink]) -> list[Known]:
    """Everybody whom `recipient` may mean; by an id there is always somebody, known or not."""
    wanted = recipient.platform_id
    if wanted:
        asked = [await thread_with(transport, link.id, {"externalPlatformId": wanted}) for link in links]
        found = _shown([one for one in asked if one], wanted) or [(await _person(transport, wanted), None)]
    else:
        found = _shown(await _threads(transport, recipient.username))
    return [one for one in found if recipient.means(one[0])]


async def thread_with(transport: Transport, account_link_id: str, whom: dict[str, str]) -> wire.Thread | None:
    """The account's conversation with whom `externalPlatformId` or `externalId` names."""
    try:
        params: Params = {"accountLinkId": account_link_id} | whom
        return await transport.read(THREAD, "/threads/lookup", params)
    except errors.Gone:
        return None


async def _threads(transport: Transport, username: str) -> list[wire.Thread]:
    try:
        return await transport.read(THREADS, "/threads/lookup-by-username", {"username": username}) or []
    except errors.Gone:
        return []


async def _person(transport: Transport, platform_id: str) -> Person:
    try:
        prospect = await transport.read(PROSPECT, "/prospects/lookup", {"platformId": platform_id})
    except errors.Gone:
        prospect = None
    return (prospect and prospect.person(platform_id)) or Person(platform=X, platform_id=platform_id)


def _shown(threads: Sequence[wire.Thread], platform_id: str = "") -> list[Known]:
    found = [((thread.prospect or wire.Prospect()).person(platform_id), thread.thread()) for thread in threads]
    return [(person, thread.with_person(person)) for person, thread in found if thread and person]
