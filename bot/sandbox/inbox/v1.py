"""The operations of API v1 of the local Inbox: each takes the world and a request, and gives a status and JSON.

Messages, and prospects with their tags and statuses, have modules of their own.
"""

from __future__ import annotations

from typing import Any

from bot.sandbox.inbox import v1_contacts, v1_labels, v1_messages
from bot.sandbox.inbox.contract.answers import NOTHING
from bot.sandbox.inbox.records import Failure, Incoming, ThreadRecord, iso
from bot.sandbox.inbox.v1_answers import Handler, find_account, find_thread, member_or_none, page, whom
from bot.sandbox.inbox.v1_show import member_json, thread_json, typing_of, variant
from bot.sandbox.inbox.world import World


async def _team(world: World, _: Incoming) -> tuple[int, Any]:
    created = iso(world.created_at)
    return 200, {
        "id": world.team_id,
        "name": world.team_name,
        "slug": world.team_name.lower(),
        "image": None,
        "createdAt": created,
        "updatedAt": None,
        "currency": "USD",
        "allowSupportAccess": False,
    }


async def _members(world: World, _: Incoming) -> tuple[int, Any]:
    return 200, [member_json(member) for member in world.members.values()]


async def _get_member(world: World, ask: Incoming) -> tuple[int, Any]:
    if member := world.members.get(ask.params[0]):
        return 200, member_json(member)
    raise Failure(404, "MEMBER_NOT_FOUND", f"Member with ID '{ask.params[0]}' not found")


async def _account_links(world: World, _: Incoming) -> tuple[int, Any]:
    return 200, [
        {
            "id": account.id,
            "platform": account.platform,
            "platformId": account.platform_id,
            "name": account.name,
            "username": account.username,
            "image": "",
            "createdAt": iso(account.created_at),
            "status": account.status,
            "syncedAt": iso(account.created_at),
        }
        for account in world.accounts.values()
    ]


def _in_view(thread: ThreadRecord, view: str) -> bool:
    if thread.status == "idle" or thread.archived != (view == "archived"):
        return False
    if view == "archived":
        return True
    waiting = thread.last is not None and thread.last.direction == "inbound"
    return thread.is_request == (view == "requests") and (view != "no-reply" or waiting)


def _passes(thread: ThreadRecord, ask: Incoming) -> bool:
    """The filters; selected ids are OR-ed with "none at all", and a `no…` flag that is false is ignored."""
    accounts = ask.many("accountLinkIds")
    if accounts and thread.account_id not in accounts:
        return False
    facts: dict[tuple[str, str], set[str | None]] = {
        ("tags", "noTags"): set(thread.person.tag_ids),
        ("statuses", "noStatus"): {thread.person.status_id} - {None},
        ("assignees", "noAssignee"): {thread.effective_assignee} - {None},
        ("campaigns", "noCampaign"): {message.campaign_id for message in thread.messages} - {None},
    }
    return all(_chosen(ask, what, without, found) for (what, without), found in facts.items())


def _chosen(ask: Incoming, what: str, without: str, found: set[str | None]) -> bool:
    wanted = ask.many(f"filters[{what}][selectedIds]")
    none = ask.one(f"filters[{what}][{without}]") == "true"
    return not (wanted or none) or bool(found & set(wanted)) or (none and not found)


async def _threads(world: World, ask: Incoming) -> tuple[int, Any]:
    found = [t for t in world.threads.values() if _in_view(t, ask.one("inbox", "default")) and _passes(t, ask)]
    found.sort(key=lambda t: (t.sorted_at, t.id), reverse=ask.one("filters[sortOrder]", "desc") == "desc")
    part, following = page([(t.id, t.sorted_at) for t in found], ask, 20)
    return 200, {"threads": [thread_json(world, t) for t in found[part]], "nextCursor": following}


async def _lookup_thread(world: World, ask: Incoming) -> tuple[int, Any]:
    given, platform_id = ask.one("externalId"), ask.one("externalPlatformId")
    person = world.people.get(given) if given else world.person_by(platform_id=platform_id)
    thread = world.thread_between(ask.one("accountLinkId"), person) if person else None
    return 200, thread_json(world, thread) if thread else None


async def _lookup_by_username(world: World, ask: Incoming) -> tuple[int, Any]:
    people, accounts = world.people_by(username=ask.one("username")), ask.many("accountLinkIds")
    found = [t for t in world.threads.values() if t.person in people and (not accounts or t.account_id in accounts)]
    return 200, [thread_json(world, t) for t in found]


async def _get_thread(world: World, ask: Incoming) -> tuple[int, Any]:
    return 200, thread_json(world, find_thread(world, ask.params[0]))


async def _update_thread(world: World, ask: Incoming) -> tuple[int, Any]:
    thread = find_thread(world, ask.params[0])
    if "assigneeId" in ask.body:
        world.assign(thread, member_or_none(world, ask.body["assigneeId"]))
    if "done" in ask.body:
        world.archive(thread, ask.body["done"])
    return 200, thread_json(world, thread)


async def _open_thread(world: World, ask: Incoming) -> tuple[int, Any]:
    """The thread with that person, opened where there is none."""
    account, person = find_account(world, ask.body["accountLinkId"]), whom(world, ask)
    person = person or world.meet(ask.body["externalPlatformId"], account.platform)
    thread = world.thread_between(account.id, person)
    if thread is None:
        thread = world.open_thread(account.id, person)
        world.emit("thread.created", thread)
    return 200, thread_json(world, thread)


async def _delete_thread(world: World, ask: Incoming) -> tuple[int, Any]:
    world.delete_thread(find_thread(world, ask.params[0]))
    return 200, NOTHING


async def _type(world: World, ask: Incoming) -> tuple[int, Any]:
    """Only in X Chat threads."""
    if variant(find_thread(world, ask.params[0])) == "xChat":
        return 200, {"status": "sent"}
    return 200, {"status": "skipped", "reason": "unsupported"}


async def _settings(world: World, ask: Incoming) -> tuple[int, Any]:
    thread = find_thread(world, ask.params[0])
    if "typingIndicatorsEnabled" in ask.body:
        thread.typing = {True: "enabled", False: "disabled", None: "teamDefault"}[ask.body["typingIndicatorsEnabled"]]
    return 200, {"threadId": thread.id, "typingIndicatorsEnabled": typing_of(thread)}


async def _events(world: World, ask: Incoming) -> tuple[int, Any]:
    limit = int(ask.one("limit", "100"))
    found = list(world.events_after(int(ask.one("afterSeq", "0"))))
    read = found[:limit]
    return 200, {
        "events": [logged.bodies["1.0"] for logged in read],
        "hasMore": len(found) > limit,
        "lastSeq": read[-1].seq if read else None,
    }


HANDLERS: dict[str, Handler] = {
    "GET /team": _team,
    "GET /members": _members,
    "GET /members/{id}": _get_member,
    "GET /account-links": _account_links,
    "GET /threads": _threads,
    "POST /threads": _open_thread,
    "GET /threads/lookup": _lookup_thread,
    "GET /threads/lookup-by-username": _lookup_by_username,
    "GET /threads/{id}": _get_thread,
    "PATCH /threads/{id}": _update_thread,
    "DELETE /threads/{id}": _delete_thread,
    "POST /threads/{id}/typing": _type,
    "PATCH /threads/{id}/settings": _settings,
    "GET /events": _events,
    **v1_messages.HANDLERS,
    **v1_contacts.HANDLERS,
    **v1_labels.HANDLERS,
}
