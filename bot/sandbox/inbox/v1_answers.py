"""What the operations of API v1 share: pages, and finding what a request names.

The specification declares no error: all but those for a thread and a prospect are INFERRED.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from bot.sandbox.inbox.records import AccountRecord, Failure, Incoming, Json, PersonRecord, ThreadRecord, iso
from bot.sandbox.inbox.world import World

Handler = Callable[[World, Incoming], Awaitable[tuple[int, Any]]]


def find_thread(world: World, thread_id: str) -> ThreadRecord:
    if thread := world.threads.get(thread_id):
        return thread
    raise Failure(404, "THREAD_NOT_FOUND", f"Thread with ID '{thread_id}' not found")


def find_person(world: World, profile_id: str) -> PersonRecord:
    if person := world.people.get(profile_id):
        return person
    raise Failure(404, "PROSPECT_NOT_FOUND", f"Prospect with ID '{profile_id}' not found")


def member_or_none(world: World, member_id: str | None) -> str | None:
    if member_id is None or member_id in world.members:
        return member_id
    raise bad(f"Member with ID '{member_id}' not found")


def bad(words: str) -> Failure:
    return Failure(400, "BAD_REQUEST", words)


def find_account(world: World, account_id: str) -> AccountRecord:
    if account := world.account(account_id):
        return account
    raise Failure(404, "ACCOUNT_LINK_NOT_FOUND", f"Account link with ID '{account_id}' not found")


def whom(world: World, ask: Incoming) -> PersonRecord | None:
    """Whom a body names; None for a platform id that nobody has yet."""
    if platform_id := ask.body.get("externalPlatformId"):
        return world.person_by(platform_id=platform_id)
    return find_person(world, ask.body["externalId"])


def page(items: Sequence[tuple[str, datetime]], ask: Incoming, default: int) -> tuple[slice, Json | None]:
    """The asked part of `items`, (id, time) newest first, and the cursor of the next."""
    ids = [item_id for item_id, _ in items]
    after = ask.one("cursorId") or ask.one("cursor[id]")
    start = ids.index(after) + 1 if after in ids else 0
    stop = start + int(ask.one("limit", str(default)))
    if stop >= len(items):
        return slice(start, stop), None
    last_id, moment = items[stop - 1]
    return slice(start, stop), {"id": last_id, "timestamp": iso(moment)}
