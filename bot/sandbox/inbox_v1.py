"""The operations of API v1 of the local Inbox: each takes the world and a request, and gives a status and JSON.

Prospects, tags and statuses have a module of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.sandbox import inbox_v1_contacts
from bot.sandbox.contract.answers import NOTHING
from bot.sandbox.inbox_records import (
    AccountRecord,
    Failure,
    Incoming,
    Json,
    MessageRecord,
    PersonRecord,
    ThreadRecord,
    iso,
)
from bot.sandbox.inbox_v1_contacts import Handler, find_person, find_thread, member_or_none
from bot.sandbox.inbox_v1_show import history_json, member_json, message_json, thread_json, typing_of, variant
from bot.sandbox.inbox_world import World


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


def _page(items: Sequence[tuple[str, datetime]], ask: Incoming, default: int) -> tuple[slice, Json | None]:
    """The asked part of `items`, (id, time) newest first, and the cursor of the next."""
    ids = [item_id for item_id, _ in items]
    after = ask.one("cursorId") or ask.one("cursor[id]")
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
    account, person = _account(world, ask.body["accountLinkId"]), _whom(world, ask)
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


async def _messages(world: World, ask: Incoming) -> tuple[int, Any]:
    thread = find_thread(world, ask.params[0])
    newest_first = thread.messages[::-1]
    part, following = _page([(m.id, m.created_at) for m in newest_first], ask, 50)
    return 200, {
        "teamId": world.team_id,
        "threadId": thread.id,
        "messages": [message_json(world, thread, m) for m in newest_first[part]],
        "nextCursor": following,
        "isSyncing": thread.syncing,
    }


def _account(world: World, account_id: str) -> AccountRecord:
    if account := world.account(account_id):
        return account
    raise Failure(404, "ACCOUNT_LINK_NOT_FOUND", f"Account link with ID '{account_id}' not found")


def _whom(world: World, ask: Incoming) -> PersonRecord | None:
    """Whom a body names; None for a platform id that nobody has yet."""
    if platform_id := ask.body.get("externalPlatformId"):
        return world.person_by(platform_id=platform_id)
    return find_person(world, ask.body["externalId"])


def _may_send(world: World, account_id: str, person: PersonRecord | None) -> None:
    account = _account(world, account_id)
    if account.status != "active":
        raise Failure(409, "CONFLICT", f"Account link is {account.status}")
    if world.plan_required and world.is_new_to(person):
        raise Failure(403, "FORBIDDEN", "The Outbound Messages add-on is required")


async def _send(world: World, ask: Incoming) -> tuple[int, Any]:
    thread = find_thread(world, ask.params[0])
    _may_send(world, thread.account_id, thread.person)
    thread, message = world.send(
        thread.account_id,
        thread.person,
        ask.body["content"],
        reply_to=ask.body.get("replyToMessageId"),
        thread=thread,
    )
    return 200, message_json(world, thread, message)


def _find_message(world: World, ask: Incoming) -> tuple[ThreadRecord, MessageRecord]:
    thread = find_thread(world, ask.params[0])
    message = next((m for m in thread.messages if m.id == ask.params[1]), None)
    if message is None:
        raise Failure(404, "MESSAGE_NOT_FOUND", f"Message with ID '{ask.params[1]}' not found")
    return thread, message


def _own_message(world: World, ask: Incoming, capability: str) -> tuple[ThreadRecord, MessageRecord]:
    """A message that may be changed like that now: only in X Chat threads (the vendor's Messages guide).

    What the vendor answers otherwise is not documented; 400 is a guess.
    """
    thread, message = _find_message(world, ask)
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


async def _history(world: World, ask: Incoming) -> tuple[int, Any]:
    return 200, history_json(world, *_find_message(world, ask))


async def _react(world: World, ask: Incoming) -> tuple[int, Any]:
    thread, message = _find_message(world, ask)
    author = {"type": "accountLink", "accountLinkId": thread.account_id}
    message.reactions.append({"emoji": ask.body["emoji"], "author": author, "createdAt": iso(world.clock())})
    return _reacted(world, thread, message, "message.reactionAdded", ask.body["emoji"])


async def _unreact(world: World, ask: Incoming) -> tuple[int, Any]:
    thread, message = _find_message(world, ask)
    emoji = ask.body["emoji"]
    message.reactions = [r for r in message.reactions if r["emoji"] != emoji or r["author"]["type"] != "accountLink"]
    return _reacted(world, thread, message, "message.reactionRemoved", emoji)


def _reacted(world: World, thread: ThreadRecord, message: MessageRecord, kind: str, emoji: str) -> tuple[int, Any]:
    author = world.accounts[thread.account_id].platform_id
    world.emit(kind, thread, message, emoji=emoji, authorPlatformId=author)
    return 200, {"success": True, "messageId": message.id}


async def _quick_send(world: World, ask: Incoming) -> tuple[int, Any]:
    account_id, person = ask.body["accountLinkId"], _whom(world, ask)
    _may_send(world, account_id, person)
    person = person or world.meet(ask.body["externalPlatformId"], world.accounts[account_id].platform)
    thread, message = world.send(account_id, person, ask.body["content"])
    return 200, {
        "message": message_json(world, thread, message),
        "thread": {"id": thread.id, "platformId": thread.platform_id},
    }


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
    "POST /threads/messages": _quick_send,
    "GET /threads/{id}/messages": _messages,
    "POST /threads/{id}/messages": _send,
    "PATCH /threads/{id}/messages/{id}": _edit,
    "DELETE /threads/{id}/messages/{id}": _delete,
    "GET /threads/{id}/messages/{id}/history": _history,
    "POST /threads/{id}/messages/{id}/reactions/reactions": _react,
    "DELETE /threads/{id}/messages/{id}/reactions/reactions": _unreact,
    "GET /events": _events,
    **inbox_v1_contacts.HANDLERS,
}
