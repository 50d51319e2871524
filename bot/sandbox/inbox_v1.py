"""The operations of version 1 of the local Inbox: each takes the world and a request, and gives a status and JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from bot.sandbox.inbox_v1_show import message_json, prospect_json, thread_json, variant
from bot.sandbox.inbox_world import Failure, Incoming, Json, MessageRecord, PersonRecord, ThreadRecord, World, iso

Handler = Callable[[World, Incoming], Awaitable[tuple[int, Any]]]


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
    return 200, [
        {
            "id": member.id,
            "userId": member.user_id,
            "name": member.name,
            "email": member.email,
            "image": None,
            "role": member.role,
            "createdAt": iso(member.created_at),
            "updatedAt": None,
        }
        for member in world.members.values()
    ]


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


def _find_thread(world: World, thread_id: str) -> ThreadRecord:
    if thread := world.threads.get(thread_id):
        return thread
    raise Failure(404, "THREAD_NOT_FOUND", f"Thread with ID '{thread_id}' not found")


def _find_person(world: World, profile_id: str) -> PersonRecord:
    if person := world.people.get(profile_id):
        return person
    raise Failure(404, "PROSPECT_NOT_FOUND", f"Prospect with ID '{profile_id}' not found")


def _member_or_none(world: World, member_id: str | None) -> str | None:
    if member_id is None or member_id in world.members:
        return member_id
    raise Failure(400, "BAD_REQUEST", f"Member with ID '{member_id}' not found")


def _page(items: Sequence[tuple[str, datetime]], ask: Incoming, default: int) -> tuple[slice, Json | None]:
    """The asked part of `items`, (id, time) newest first, and the cursor of the next."""
    ids = [item_id for item_id, _ in items]
    after = ask.one("cursorId")
    start = ids.index(after) + 1 if after in ids else 0
    stop = start + int(ask.one("limit", str(default)))
    if stop >= len(items):
        return slice(start, stop), None
    last_id, moment = items[stop - 1]
    return slice(start, stop), {"id": last_id, "timestamp": iso(moment)}


def _in_view(thread: ThreadRecord, view: str) -> bool:
    if thread.status == "idle" or thread.archived != (view == "archived"):
        return False
    if view == "archived":
        return True
    waiting = thread.last is not None and thread.last.direction == "inbound"
    return thread.is_request == (view == "requests") and (view != "no-reply" or waiting)


async def _threads(world: World, ask: Incoming) -> tuple[int, Any]:
    accounts = ask.many("accountLinkIds")
    found = [
        t
        for t in world.threads.values()
        if _in_view(t, ask.one("inbox", "default")) and (not accounts or t.account_id in accounts)
    ]
    found.sort(key=lambda t: (t.sorted_at, t.id), reverse=True)
    part, following = _page([(t.id, t.sorted_at) for t in found], ask, 20)
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
    return 200, thread_json(world, _find_thread(world, ask.params[0]))


async def _update_thread(world: World, ask: Incoming) -> tuple[int, Any]:
    thread = _find_thread(world, ask.params[0])
    if "assigneeId" in ask.body:
        world.assign(thread, _member_or_none(world, ask.body["assigneeId"]))
    if "done" in ask.body:
        world.archive(thread, ask.body["done"])
    return 200, thread_json(world, thread)


async def _messages(world: World, ask: Incoming) -> tuple[int, Any]:
    thread = _find_thread(world, ask.params[0])
    newest_first = thread.messages[::-1]
    part, following = _page([(m.id, m.created_at) for m in newest_first], ask, 50)
    return 200, {
        "teamId": world.team_id,
        "threadId": thread.id,
        "messages": [message_json(world, thread, m) for m in newest_first[part]],
        "nextCursor": following,
        "isSyncing": thread.syncing,
    }


def _may_send(world: World, account_id: str, person: PersonRecord | None) -> None:
    account = world.account(account_id)
    if account is None:
        raise Failure(404, "ACCOUNT_LINK_NOT_FOUND", f"Account link with ID '{account_id}' not found")
    if account.status != "active":
        raise Failure(409, "CONFLICT", f"Account link is {account.status}")
    if world.plan_required and world.is_new_to(person):
        raise Failure(403, "FORBIDDEN", "The Outbound Messages add-on is required")


async def _send(world: World, ask: Incoming) -> tuple[int, Any]:
    thread = _find_thread(world, ask.params[0])
    _may_send(world, thread.account_id, thread.person)
    thread, message = world.send(
        thread.account_id,
        thread.person,
        ask.body["content"],
        reply_to=ask.body.get("replyToMessageId"),
        thread=thread,
    )
    return 200, message_json(world, thread, message)


def _own_message(world: World, ask: Incoming, capability: str) -> tuple[ThreadRecord, MessageRecord]:
    """A message that may be changed like that now: only in X Chat threads (the vendor's Messages guide).

    What the vendor answers otherwise is not documented; 400 is a guess.
    """
    thread = _find_thread(world, ask.params[0])
    message = next((m for m in thread.messages if m.id == ask.params[1]), None)
    if message is None:
        raise Failure(404, "MESSAGE_NOT_FOUND", f"Message with ID '{ask.params[1]}' not found")
    if variant(thread) != "xChat":
        raise Failure(400, "BAD_REQUEST", "Only messages in X Chat threads can be changed")
    if message.direction == "inbound" or message.deleted_at:
        raise Failure(400, "BAD_REQUEST", "This message can't be changed")
    if world.closed_at(message, capability):
        raise Failure(400, "BAD_REQUEST", "The time in which X allows this is over")
    return thread, message


async def _edit(world: World, ask: Incoming) -> tuple[int, Any]:
    thread, message = _own_message(world, ask, "message:edit")
    world.edit(thread, message, ask.body["content"])
    edited = iso(message.edited_at or world.clock())
    return 200, {"success": True, "messageId": message.id, "content": message.text, "editedAt": edited}


async def _delete(world: World, ask: Incoming) -> tuple[int, Any]:
    thread, message = _own_message(world, ask, "message:unsend")
    at = world.unsend(thread, message, "all" if ask.body.get("deleteForAll", True) else "self")
    return 200, {"success": True, "messageId": message.id, "deletedAt": iso(at)}


async def _quick_send(world: World, ask: Incoming) -> tuple[int, Any]:
    account_id, platform_id = ask.body["accountLinkId"], ask.body.get("externalPlatformId", "")
    if not platform_id:
        person: PersonRecord | None = _find_person(world, ask.body["externalId"])
    else:
        person = world.person_by(platform_id=platform_id)
    _may_send(world, account_id, person)
    person = person or world.meet(platform_id, world.accounts[account_id].platform)
    thread, message = world.send(account_id, person, ask.body["content"])
    return 200, {
        "message": message_json(world, thread, message),
        "thread": {"id": thread.id, "platformId": thread.platform_id},
    }


async def _get_prospect(world: World, ask: Incoming) -> tuple[int, Any]:
    person = _find_person(world, ask.params[0])
    shown = prospect_json(person)
    shown["context"]["threads"] = [
        {
            "id": t.id,
            "accountLinkId": t.account_id,
            "lastMessageTimestamp": iso(t.last.created_at) if t.last else None,
            "createdAt": iso(t.created_at),
        }
        for t in world.threads.values()
        if t.person is person
    ]
    return 200, shown


async def _lookup_prospect(world: World, ask: Incoming) -> tuple[int, Any]:
    person = world.person_by(platform_id=ask.one("platformId"))
    return 200, prospect_json(person) if person else None


async def _update_prospect(world: World, ask: Incoming) -> tuple[int, Any]:
    person, body = _find_person(world, ask.params[0]), ask.body
    if "assigneeId" in body:
        world.change_contact(person, "assignee_id", _member_or_none(world, body["assigneeId"]))
    if "statusId" in body:
        world.change_contact(person, "status_id", body["statusId"])
    for name in ("notes", "valuation"):
        if name in body:
            world.change_contact(person, name, body[name])
    kept = [tag for tag in person.tag_ids if tag not in body.get("removeTags", [])]
    world.change_contact(person, "tag_ids", kept + [t for t in body.get("addTags", []) if t not in kept])
    if "done" in body:
        for thread in [t for t in world.threads.values() if t.person is person]:
            world.archive(thread, body["done"])
    return 200, prospect_json(person)


async def _tags(world: World, _: Incoming) -> tuple[int, Any]:
    return 200, world.tags


async def _statuses(world: World, _: Incoming) -> tuple[int, Any]:
    return 200, world.statuses


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
    "GET /account-links": _account_links,
    "GET /threads": _threads,
    "GET /threads/lookup": _lookup_thread,
    "GET /threads/lookup-by-username": _lookup_by_username,
    "GET /threads/{id}": _get_thread,
    "PATCH /threads/{id}": _update_thread,
    "POST /threads/messages": _quick_send,
    "GET /threads/{id}/messages": _messages,
    "POST /threads/{id}/messages": _send,
    "PATCH /threads/{id}/messages/{id}": _edit,
    "DELETE /threads/{id}/messages/{id}": _delete,
    "GET /prospects/lookup": _lookup_prospect,
    "GET /prospects/{id}": _get_prospect,
    "PATCH /prospects/{id}/context": _update_prospect,
    "GET /tags": _tags,
    "GET /statuses": _statuses,
    "GET /events": _events,
}
