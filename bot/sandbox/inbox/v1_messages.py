"""Messages in API v1 of the local Inbox: reading, sending, changing, taking back, reacting."""

from __future__ import annotations

from typing import Any, Final

from bot.sandbox.inbox.reactions import react, unreact
from bot.sandbox.inbox.records import Failure, Incoming, MessageRecord, PersonRecord, ThreadRecord, iso
from bot.sandbox.inbox.v1_answers import Handler, find_account, find_thread, page, whom
from bot.sandbox.inbox.v1_show import history_json, message_json, variant
from bot.sandbox.inbox.world import World


async def _messages(world: World, ask: Incoming) -> tuple[int, Any]:
    thread = find_thread(world, ask.params[0])
    newest_first = thread.messages[::-1]
    part, following = page([(m.id, m.created_at) for m in newest_first], ask, 50)
    return 200, {
        "teamId": world.team_id,
        "threadId": thread.id,
        "messages": [message_json(world, thread, m) for m in newest_first[part]],
        "nextCursor": following,
        "isSyncing": thread.syncing,
    }


def _may_send(world: World, account_id: str, person: PersonRecord | None) -> None:
    account = find_account(world, account_id)
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
    thread, message = _there(world, ask)
    react(world, thread, message, ask.body["emoji"])
    return 200, {"success": True, "messageId": message.id}


async def _unreact(world: World, ask: Incoming) -> tuple[int, Any]:
    thread, message = _there(world, ask)
    unreact(world, thread, message, ask.body["emoji"])
    return 200, {"success": True, "messageId": message.id}


def _there(world: World, ask: Incoming) -> tuple[ThreadRecord, MessageRecord]:
    """A message that nobody has taken back; 400 for one that is gone is a guess, too."""
    thread, message = _find_message(world, ask)
    if message.deleted_at:
        raise Failure(400, "BAD_REQUEST", "This message is deleted")
    return thread, message


async def _quick_send(world: World, ask: Incoming) -> tuple[int, Any]:
    account_id, person = ask.body["accountLinkId"], whom(world, ask)
    _may_send(world, account_id, person)
    person = person or world.meet(ask.body["externalPlatformId"], world.accounts[account_id].platform)
    thread, message = world.send(account_id, person, ask.body["content"])
    return 200, {
        "message": message_json(world, thread, message),
        "thread": {"id": thread.id, "platformId": thread.platform_id},
    }


HANDLERS: Final[dict[str, Handler]] = {
    "POST /threads/messages": _quick_send,
    "GET /threads/{id}/messages": _messages,
    "POST /threads/{id}/messages": _send,
    "PATCH /threads/{id}/messages/{id}": _edit,
    "DELETE /threads/{id}/messages/{id}": _delete,
    "GET /threads/{id}/messages/{id}/history": _history,
    "POST /threads/{id}/messages/{id}/reactions/reactions": _react,
    "DELETE /threads/{id}/messages/{id}/reactions/reactions": _unreact,
}
