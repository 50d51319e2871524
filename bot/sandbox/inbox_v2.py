"""The operations of version 2 of the local Inbox: each takes the world and a request, and gives a status and JSON."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from bot.sandbox.inbox_v2_show import (
    CAPABILITIES,
    CHARACTERS,
    PLATFORMS,
    account_json,
    contact_json,
    member_json,
    message_json,
    thread_json,
)
from bot.sandbox.inbox_world import (
    Failure,
    Incoming,
    Json,
    KeyedSend,
    MessageRecord,
    PersonRecord,
    ThreadRecord,
    World,
    iso,
)

Handler = Callable[[World, Incoming], Awaitable[tuple[int, Any]]]
T = TypeVar("T")


def _page(ask: Incoming, items: Sequence[T], show: Callable[[T], Json]) -> tuple[int, Json]:
    """One page of `items`. The cursor is the offset, tied to the filters it was issued for."""
    filters = {name: values for name, values in ask.query.items() if name not in ("cursor", "limit")}
    print_of = hashlib.sha256(json.dumps(filters, sort_keys=True).encode()).hexdigest()[:8]
    start, stop = 0, int(ask.one("limit", "50"))
    if cursor := ask.one("cursor"):
        try:
            offset, issued_for = base64.urlsafe_b64decode(cursor).decode().split(".")
            start = int(offset)
        except ValueError as problem:
            raise Failure(400, "invalidCursor", "This cursor is not valid.") from problem
        if issued_for != print_of:
            raise Failure(400, "invalidCursor", "This cursor was issued for other filters.")
        stop += start
    following = base64.urlsafe_b64encode(f"{stop}.{print_of}".encode()).decode() if stop < len(items) else None
    return 200, {"data": [show(item) for item in items[start:stop]], "nextCursor": following}


def _found(record: T | None, what: str) -> T:
    if record is None:
        raise Failure(404, f"{what}NotFound", f"This {what} does not exist.")
    return record


def _invalid(where: str, problem: str) -> Failure:
    return Failure(400, "invalidRequest", problem, {"issues": [{"path": [where], "message": problem}]})


def _assignee(world: World, member_id: str | None) -> str | None:
    if member_id is None or member_id in world.members:
        return member_id
    raise _invalid("assigneeId", "No such member.")


async def _platforms(world: World, _: Incoming) -> tuple[int, Any]:
    used = {"twitter"} | {account.platform for account in world.accounts.values()}
    limits = {"characters": CHARACTERS, "mediaCount": None, "mediaBytes": None, "mediaTypes": None}
    return 200, [
        {
            "platform": platform,
            "name": PLATFORMS.get(platform, (platform, ""))[0],
            "usernamePrefix": PLATFORMS.get(platform, ("", ""))[1],
            "capabilities": CAPABILITIES,
            "limits": limits,
            "mutationWindows": world.windows,
            "threadState": None,
        }
        for platform in sorted(used, reverse=True)
    ]


async def _team(world: World, _: Incoming) -> tuple[int, Any]:
    return 200, {
        "id": world.team_id,
        "name": world.team_name,
        "slug": world.team_name.lower(),
        "imageUrl": None,
        "currency": "USD",
        "allowSupportAccess": False,
        "createdAt": iso(world.created_at),
    }


async def _members(world: World, ask: Incoming) -> tuple[int, Any]:
    return _page(ask, list(world.members.values()), member_json)


async def _get_member(world: World, ask: Incoming) -> tuple[int, Any]:
    return 200, member_json(_found(world.members.get(ask.params[0]), "member"))


async def _account_links(world: World, ask: Incoming) -> tuple[int, Any]:
    platforms, statuses = ask.many("platform"), ask.many("status")
    found = [
        a
        for a in world.accounts.values()
        if (not platforms or a.platform in platforms) and (not statuses or a.status in statuses)
    ]
    return _page(ask, found, account_json)


async def _get_account_link(world: World, ask: Incoming) -> tuple[int, Any]:
    return 200, account_json(_found(world.account(ask.params[0]), "accountLink"))


async def _contacts(world: World, ask: Incoming) -> tuple[int, Any]:
    ids, names = ask.many("platformId"), [name.lower() for name in ask.many("username")]
    found = [
        p for p in world.people_by(platform=ask.one("platform")) if p.platform_id in ids or p.username.lower() in names
    ]
    return _page(ask, found, lambda person: contact_json(world, person, ask.many("expand")))


async def _get_contact(world: World, ask: Incoming) -> tuple[int, Any]:
    person = _found(world.person_by(contact_id=ask.params[0]), "contact")
    return 200, contact_json(world, person, ask.many("expand"))


async def _update_contact(world: World, ask: Incoming) -> tuple[int, Any]:
    person, body = _found(world.person_by(contact_id=ask.params[0]), "contact"), ask.body
    if "assigneeId" in body:
        world.change_contact(person, "assignee_id", _assignee(world, body["assigneeId"]))
    if "status" in body:
        wanted = body["status"]
        status = next((s["id"] for s in world.statuses if wanted in (s["id"], s["name"])), None)
        if wanted is not None and status is None:
            raise _invalid("status", "No such status.")
        world.change_contact(person, "status_id", status)
    for name in ("notes", "valuation"):
        if name in body:
            world.change_contact(person, name, body[name])
    return 200, contact_json(world, person)


def _in_folder(thread: ThreadRecord, folder: str) -> bool:
    if thread.status == "idle":
        return False
    if folder in ("all", "archived"):
        return folder == "all" or thread.archived
    waiting = thread.last is not None and thread.last.direction == "inbound"
    fits = not thread.archived and thread.is_request == (folder == "requests")
    return fits and (folder != "noReply" or waiting)


def _matches(thread: ThreadRecord, ask: Incoming) -> bool:
    wanted = {
        "accountLinkId": thread.account_id,
        "platform": thread.platform,
        "contactId": thread.person.contact_id,
        "assigneeId": thread.effective_assignee,
    }
    if any(ask.many(name) and value not in ask.many(name) for name, value in wanted.items()):
        return False
    if ask.one("unassigned") and (thread.effective_assignee is None) != (ask.one("unassigned") == "true"):
        return False
    texts = (thread.person.name, thread.person.username, thread.last.text if thread.last else "")
    return any(ask.one("q").lower() in text.lower() for text in texts)


async def _threads(world: World, ask: Incoming) -> tuple[int, Any]:
    found = [t for t in world.threads.values() if _in_folder(t, ask.one("folder", "inbox")) and _matches(t, ask)]
    found.sort(key=lambda t: (t.sorted_at, t.id), reverse=ask.one("order", "desc") == "desc")
    return _page(ask, found, lambda thread: thread_json(world, thread, ask.many("expand")))


async def _get_thread(world: World, ask: Incoming) -> tuple[int, Any]:
    return 200, thread_json(world, _found(world.threads.get(ask.params[0]), "thread"), ask.many("expand"))


async def _update_thread(world: World, ask: Incoming) -> tuple[int, Any]:
    thread, body = _found(world.threads.get(ask.params[0]), "thread"), ask.body
    if "assigneeId" in body:
        world.assign(thread, _assignee(world, body["assigneeId"]))
    if "archived" in body:
        world.archive(thread, body["archived"])
    thread.unread = body.get("unread", thread.unread)
    thread.typing = body.get("typingIndicators", thread.typing)
    return 200, thread_json(world, thread)


async def _messages(world: World, ask: Incoming) -> tuple[int, Any]:
    thread = _found(world.threads.get(ask.params[0]), "thread")
    found = thread.messages if ask.one("order", "desc") == "asc" else thread.messages[::-1]
    return _page(ask, found, lambda message: message_json(world, thread, message, ask.many("expand")))


async def _get_message(world: World, ask: Incoming) -> tuple[int, Any]:
    thread, message = _found(world.message(ask.params[0]), "message")
    return 200, message_json(world, thread, message, ask.many("expand"))


async def _send(world: World, ask: Incoming) -> tuple[int, Any]:
    key = ask.headers.get("idempotency-key")
    message_id = world.new_id()
    if key is None:
        return 201, await _perform(world, ask.body, None, message_id)
    if earlier := world.keys.get(key):
        if earlier.body != ask.body:
            raise Failure(422, "idempotencyKeyReused", "This key was used with another request.")
        if earlier.answer is None:
            raise Failure(409, "sendInProgress", "This send is still running.", {"messageId": earlier.message_id})
        return 200, earlier.answer
    world.keys[key] = kept = KeyedSend(ask.body, message_id)
    try:
        kept.answer = await _perform(world, ask.body, key, message_id)
    finally:
        if kept.answer is None:
            del world.keys[key]  # nothing was sent, so the key is free again
    return 201, kept.answer


async def _perform(world: World, body: Json, key: str | None, message_id: str) -> Json:
    account_id, person, thread = _addressee(world, body["target"])
    if len(body["content"]) > CHARACTERS:
        raise Failure(422, "contentRejected", "Too long.", {"detail": f"At most {CHARACTERS} characters."})
    reply_to = body.get("replyToMessageId")
    if reply_to is not None and world.message(reply_to) is None:
        raise _invalid("replyToMessageId", "No such message.")
    if world.send_time:
        await asyncio.sleep(world.send_time)
    thread, message = world.send(
        account_id, person, body["content"], key=key, reply_to=reply_to, thread=thread, message_id=message_id
    )
    return {"message": message_json(world, thread, message), "thread": thread_json(world, thread)}


def _addressee(world: World, target: Json) -> tuple[str, PersonRecord, ThreadRecord | None]:
    thread: ThreadRecord | None = None
    person: PersonRecord | None
    if target["type"] == "thread":
        thread = _found(world.threads.get(target["threadId"]), "thread")
        account, person = world.accounts[thread.account_id], thread.person
    else:
        account = _found(world.account(target["accountLinkId"]), "accountLink")
        if target["type"] == "contact":
            person = _found(world.person_by(contact_id=target["contactId"]), "contact")
        else:
            person = world.person_by(platform=target["platform"], platform_id=target["platformId"])
    platform = target.get("platform", person.platform if person else account.platform)
    if platform != account.platform:
        supported = {"platform": platform, "supported": [account.platform]}
        raise Failure(422, "platformNotSupported", "This account is on another platform.", supported)
    if account.status != "active":
        facts = {"accountLinkId": account.id, "status": account.status}
        raise Failure(409, "accountLinkDisconnected", "Reconnect this account in Inbox.", facts)
    if world.plan_required and world.is_new_to(person):
        raise Failure(403, "planRequired", "An add-on is needed for this.", {"feature": "advancedApi"})
    if account.capabilities is not None and "message:send" not in account.capabilities:
        raise Failure(422, "capabilityNotSupported", "This account can't send.", {"capability": "message:send"})
    if thread is not None and "message:send" in thread.restrictions:
        raise Failure(422, "threadRestricted", "X closed this conversation.", {"capability": "message:send"})
    return account.id, person or world.meet(target["platformId"], platform), thread


async def _edit(world: World, ask: Incoming) -> tuple[int, Any]:
    thread, message = _own_message(world, ask.params[0], "message:edit")
    world.edit(thread, message, ask.body["content"])
    return 200, message_json(world, thread, message)


async def _unsend(world: World, ask: Incoming) -> tuple[int, Any]:
    scope = ask.one("scope")
    thread, message = _own_message(world, ask.params[0], "message:unsend" if scope == "all" else "message:delete:self")
    at = world.unsend(thread, message, scope)
    return 200, {"messageId": message.id, "scope": scope, "deletedAt": iso(at)}


def _own_message(world: World, message_id: str, capability: str) -> tuple[ThreadRecord, MessageRecord]:
    """A message that may be changed like that now."""
    thread, message = _found(world.message(message_id), "message")
    if message.direction == "inbound" or message.deleted_at:
        reason = "deleted" if message.deleted_at else "notSender"
        raise Failure(422, "messageNotModifiable", "This message can't be changed.", {"reason": reason})
    if capability in thread.restrictions:
        raise Failure(422, "threadRestricted", "X disabled this here.", {"capability": capability})
    if capability not in CAPABILITIES:
        raise Failure(422, "capabilityNotSupported", "This account can't do that.", {"capability": capability})
    if closed := world.closed_at(message, capability):
        facts = {"capability": capability, "closedAt": iso(closed)}
        raise Failure(422, "mutationWindowClosed", "The time in which this can be done is over.", facts)
    return thread, message


async def _react(world: World, ask: Incoming) -> tuple[int, Any]:
    thread, message = _found(world.message(ask.params[0]), "message")
    author = {"type": "accountLink", "accountLinkId": thread.account_id}
    emoji = ask.body["emoji"]
    message.reactions.append({"emoji": emoji, "author": author, "createdAt": iso(world.clock())})
    return _reacted(world, thread, message, "message.reactionAdded", emoji)


async def _unreact(world: World, ask: Incoming) -> tuple[int, Any]:
    thread, message = _found(world.message(ask.params[0]), "message")
    emoji = ask.one("emoji")
    message.reactions = [r for r in message.reactions if r["emoji"] != emoji or r["author"]["type"] != "accountLink"]
    return _reacted(world, thread, message, "message.reactionRemoved", emoji)


def _reacted(world: World, thread: ThreadRecord, message: MessageRecord, kind: str, emoji: str) -> tuple[int, Any]:
    author = world.accounts[thread.account_id].platform_id
    logged = world.emit(kind, thread, message, emoji=emoji, authorPlatformId=author)
    return 200, {"reactions": message.reactions, "version": logged.seq}


async def _tags(world: World, ask: Incoming) -> tuple[int, Any]:
    return _page(ask, world.tags, dict)


async def _statuses(world: World, ask: Incoming) -> tuple[int, Any]:
    return _page(ask, world.statuses, dict)


async def _events(world: World, ask: Incoming) -> tuple[int, Any]:
    """`limit` bounds what is read, not what is shown: `lastSeq` covers events that the filter leaves out."""
    limit, types = int(ask.one("limit", "100")), ask.many("type")
    found = list(world.events_after(int(ask.one("afterSeq", "0"))))
    read = found[:limit]
    return 200, {
        "data": [logged.bodies["2"] for logged in read if not types or logged.type("2") in types],
        "lastSeq": read[-1].seq if read else None,
        "hasMore": len(found) > limit,
    }


HANDLERS: dict[str, Handler] = {
    "GET /platforms": _platforms,
    "GET /team": _team,
    "GET /members": _members,
    "GET /members/{id}": _get_member,
    "GET /account-links": _account_links,
    "GET /account-links/{id}": _get_account_link,
    "GET /contacts": _contacts,
    "GET /contacts/{id}": _get_contact,
    "PATCH /contacts/{id}": _update_contact,
    "GET /threads": _threads,
    "GET /threads/{id}": _get_thread,
    "PATCH /threads/{id}": _update_thread,
    "GET /threads/{id}/messages": _messages,
    "GET /messages/{id}": _get_message,
    "POST /messages": _send,
    "PATCH /messages/{id}": _edit,
    "DELETE /messages/{id}": _unsend,
    "POST /messages/{id}/reactions": _react,
    "DELETE /messages/{id}/reactions": _unreact,
    "GET /tags": _tags,
    "GET /statuses": _statuses,
    "GET /events": _events,
}
