"""Messages in API v2 of the local Inbox: reading, sending, changing, taking back, reacting.

Each operation takes the world and a request, and gives a status and JSON.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Final

from bot.sandbox.inbox.reactions import react, unreact
from bot.sandbox.inbox.records import (
    AccountRecord,
    Failure,
    Incoming,
    Json,
    KeyedSend,
    MessageRecord,
    PersonRecord,
    ThreadRecord,
    iso,
)
from bot.sandbox.inbox.v2_answers import Handler, found_or_404, invalid, page, usable
from bot.sandbox.inbox.v2_show import attachment_json, capabilities, history_json, message_json, thread_json
from bot.sandbox.inbox.world import World
from bot.text import characters

FRESH: Final = timedelta(hours=1)  # how long the address of an attachment is good, once it was asked for


async def _messages(world: World, ask: Incoming) -> tuple[int, Any]:
    thread = found_or_404(world.threads.get(ask.params[0]), "thread")
    found = thread.messages if ask.one("order", "desc") == "asc" else thread.messages[::-1]
    return page(ask, found, lambda message: message_json(world, thread, message, ask.many("expand")))


async def _get_message(world: World, ask: Incoming) -> tuple[int, Any]:
    thread, message = found_or_404(world.message(ask.params[0]), "message")
    return 200, message_json(world, thread, message, ask.many("expand"))


async def _history(world: World, ask: Incoming) -> tuple[int, Any]:
    _, message = found_or_404(world.message(ask.params[0]), "message")
    return 200, history_json(message)


async def _attachment(world: World, ask: Incoming) -> tuple[int, Any]:
    """Its address as it is now: 202 while there is none yet. That an unknown index is 404 is INFERRED."""
    _, message = found_or_404(world.message(ask.params[0]), "message")
    index = int(ask.params[1])
    given = found_or_404(message.attachments[index] if index < len(message.attachments) else None, "message")
    shown = attachment_json(index, given)
    if shown["kind"] == "card":
        return 200, shown
    if shown["status"] == "ready":
        return 200, shown | {"expiresAt": iso(world.clock() + FRESH)}
    return 202, shown


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
    _short_enough(world.most(person.platform), body["content"])
    reply_to, lands_in = body.get("replyToMessageId"), thread or world.thread_between(account_id, person)
    if reply_to is not None and reply_to not in {one.id for one in (lands_in.messages if lands_in else ())}:
        raise invalid("replyToMessageId", "No such message in the conversation.")
    if world.send_time:
        await asyncio.sleep(world.send_time)
    thread, message = world.send(
        account_id, person, body["content"], key=key, reply_to=reply_to, thread=thread, message_id=message_id
    )
    return {"message": message_json(world, thread, message), "thread": thread_json(world, thread)}


def _short_enough(most: int, content: str) -> None:
    if characters(content) > most:
        raise Failure(422, "contentRejected", "Too long.", {"detail": f"At most {most} characters."})


def _addressee(world: World, target: Json) -> tuple[str, PersonRecord, ThreadRecord | None]:
    """The account, the person and, where it is named, the thread of a send that nothing speaks against."""
    thread: ThreadRecord | None = None
    person: PersonRecord | None
    if target["type"] == "thread":
        thread = found_or_404(world.threads.get(target["threadId"]), "thread")
        account, person = world.accounts[thread.account_id], thread.person
    else:
        account = found_or_404(world.account(target["accountLinkId"]), "accountLink")
        named = _by_contact if target["type"] == "contact" else _by_profile
        person = named(world, account, target)
    _connected(account)
    _able(account, "message:send")
    if thread is not None:
        _unrestricted(thread, "message:send")
    return account.id, person or world.meet(target["platformId"], account.platform), thread


def _by_contact(world: World, account: AccountRecord, target: Json) -> PersonRecord:
    profiles = world.profiles(target["contactId"])
    found_or_404(profiles or None, "contact")
    here = [one for one in profiles if one.platform == account.platform]
    if not here:
        reason = "This contact has no profile on the account's platform."
        raise Failure(422, "recipientUnavailable", reason, {"reason": reason})
    if len(here) > 1:
        facts = {"contactId": target["contactId"], "platform": account.platform}
        raise Failure(422, "profileAmbiguous", "This contact has several profiles there.", facts)
    return here[0]


def _by_profile(world: World, account: AccountRecord, target: Json) -> PersonRecord | None:
    """None for somebody who is no contact of the team's yet: for that alone an add-on may be needed."""
    usable(world, target["platform"])
    if target["platform"] != account.platform:
        supported = {"platform": target["platform"], "supported": [account.platform]}
        raise Failure(422, "platformNotSupported", "This account is on another platform.", supported)
    found = world.person_by(platform=target["platform"], platform_id=target["platformId"])
    if found is None and world.plan_required:
        raise Failure(403, "planRequired", "An add-on is needed for this.", {"feature": "advancedApi"})
    return found


def _connected(account: AccountRecord) -> None:
    if account.status != "active":
        facts = {"accountLinkId": account.id, "status": account.status}
        raise Failure(409, "accountLinkDisconnected", "Reconnect this account in Inbox.", facts)


def _able(account: AccountRecord, capability: str) -> None:
    if capability not in capabilities(account):
        raise Failure(422, "capabilityNotSupported", "This account can't do that.", {"capability": capability})


def _unrestricted(thread: ThreadRecord, capability: str) -> None:
    if capability in thread.restrictions:
        raise Failure(422, "threadRestricted", "X closed this here.", {"capability": capability})


async def _edit(world: World, ask: Incoming) -> tuple[int, Any]:
    thread, message = _modifiable(world, ask.params[0], "message:edit")
    _short_enough(world.most(world.accounts[thread.account_id].platform), ask.body["content"])
    world.edit(thread, message, ask.body["content"])
    return 200, message_json(world, thread, message)


async def _unsend(world: World, ask: Incoming) -> tuple[int, Any]:
    scope = ask.one("scope")
    thread, message = _modifiable(world, ask.params[0], "message:unsend" if scope == "all" else "message:delete:self")
    at = world.unsend(thread, message, scope)
    return 200, {"messageId": message.id, "scope": scope, "deletedAt": iso(at)}


def _modifiable(world: World, message_id: str, capability: str) -> tuple[ThreadRecord, MessageRecord]:
    """A message with which that may be done now; to a message of somebody else's one can only react."""
    thread, message = found_or_404(world.message(message_id), "message")
    if message.deleted_at or (message.direction == "inbound" and capability != "message:react"):
        reason = "deleted" if message.deleted_at else "notSender"
        raise Failure(422, "messageNotModifiable", "This message can't be changed.", {"reason": reason})
    account = world.accounts[thread.account_id]
    _connected(account)
    _unrestricted(thread, capability)
    _able(account, capability)
    if closed := world.closed_at(message, capability):
        facts = {"capability": capability, "closedAt": iso(closed)}
        raise Failure(422, "mutationWindowClosed", "The time in which this can be done is over.", facts)
    return thread, message


async def _react(world: World, ask: Incoming) -> tuple[int, Any]:
    thread, message = _modifiable(world, ask.params[0], "message:react")
    react(world, thread, message, ask.body["emoji"])
    return 200, {"reactions": message.reactions, "version": world.seq}


async def _unreact(world: World, ask: Incoming) -> tuple[int, Any]:
    thread, message = _modifiable(world, ask.params[0], "message:react")
    unreact(world, thread, message, ask.one("emoji"))
    return 200, {"reactions": message.reactions, "version": world.seq}


HANDLERS: dict[str, Handler] = {
    "GET /threads/{id}/messages": _messages,
    "GET /messages/{id}": _get_message,
    "GET /messages/{id}/history": _history,
    "GET /messages/{id}/attachments/{index}": _attachment,
    "POST /messages": _send,
    "PATCH /messages/{id}": _edit,
    "DELETE /messages/{id}": _unsend,
    "POST /messages/{id}/reactions": _react,
    "DELETE /messages/{id}/reactions": _unreact,
}
