"""The operations of API v2 of the local Inbox: each takes the world and a request, and gives a status and JSON.

Messages, tags and statuses have modules of their own.
"""

from __future__ import annotations

from typing import Any

from bot.sandbox.inbox import v2_labels, v2_messages
from bot.sandbox.inbox.contract.answers import NOTHING
from bot.sandbox.inbox.records import COLORS, Failure, Incoming, Json, PersonRecord, ThreadRecord, iso
from bot.sandbox.inbox.v2_answers import Handler, assignee, found_or_404, invalid, page, usable
from bot.sandbox.inbox.v2_show import (
    CAPABILITIES,
    PLATFORMS,
    account_json,
    capabilities,
    contact_json,
    member_json,
    thread_json,
)
from bot.sandbox.inbox.world import World


async def _platforms(world: World, _: Incoming) -> tuple[int, Any]:
    media = {"mediaCount": None, "mediaBytes": None, "mediaTypes": None}
    return 200, [
        {
            "platform": platform,
            "name": PLATFORMS.get(platform, (platform, ""))[0],
            "usernamePrefix": PLATFORMS.get(platform, ("", ""))[1],
            "capabilities": CAPABILITIES,
            "limits": {"characters": world.most(platform)} | media,
            "mutationWindows": world.windows,
            "threadState": {"archive": None, "read": None},
        }
        for platform in world.platforms
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
    return page(ask, list(world.members.values()), member_json)


async def _get_member(world: World, ask: Incoming) -> tuple[int, Any]:
    return 200, member_json(found_or_404(world.members.get(ask.params[0]), "member"))


async def _account_links(world: World, ask: Incoming) -> tuple[int, Any]:
    platforms, statuses = ask.many("platform"), ask.many("status")
    usable(world, *platforms)
    found = [
        a
        for a in world.accounts.values()
        if (not platforms or a.platform in platforms) and (not statuses or a.status in statuses)
    ]
    return page(ask, found, account_json)


async def _get_account_link(world: World, ask: Incoming) -> tuple[int, Any]:
    return 200, account_json(found_or_404(world.account(ask.params[0]), "accountLink"))


async def _contacts(world: World, ask: Incoming) -> tuple[int, Any]:
    platform, ids, names = ask.one("platform"), ask.many("platformId"), [one.lower() for one in ask.many("username")]
    usable(world, platform)
    profiles = [
        one for one in world.people_by(platform=platform) if one.platform_id in ids or one.username.lower() in names
    ]
    found = {one.contact_id: one for one in reversed(profiles)}  # a contact once, however many of its profiles fit
    return page(ask, list(found.values())[::-1], lambda person: contact_json(world, person, ask.many("expand")))


def _contact(world: World, ask: Incoming) -> PersonRecord:
    return found_or_404(world.person_by(contact_id=ask.params[0]), "contact")


async def _get_contact(world: World, ask: Incoming) -> tuple[int, Any]:
    return 200, contact_json(world, _contact(world, ask), ask.many("expand"))


async def _update_contact(world: World, ask: Incoming) -> tuple[int, Any]:
    """All of it is looked at before anything changes."""
    person, body = _contact(world, ask), ask.body
    change: Json = {name: body[name] for name in ("notes", "valuation") if name in body}
    if "assigneeId" in body:
        change["assignee_id"] = assignee(world, body["assigneeId"])
    if "status" in body:
        status = None if body["status"] is None else world.label("status", body["status"])
        if status is None and body["status"] is not None:
            raise invalid("status", "No such status.")
        change["status_id"] = status and status.id
    for name, value in change.items():
        world.change_contact(person, name, value)
    return 200, contact_json(world, person)


async def _add_tag(world: World, ask: Incoming) -> tuple[int, Any]:
    person, tag = _contact(world, ask), found_or_404(world.label("tag", ask.params[1]), "tag")
    if tag.id not in person.tag_ids:
        world.change_contact(person, "tag_ids", [*person.tag_ids, tag.id])
    return 204, NOTHING


async def _remove_tag(world: World, ask: Incoming) -> tuple[int, Any]:
    person, tag = _contact(world, ask), found_or_404(world.label("tag", ask.params[1]), "tag")
    world.change_contact(person, "tag_ids", [one for one in person.tag_ids if one != tag.id])
    return 204, NOTHING


def _in_folder(thread: ThreadRecord, folder: str) -> bool:
    if thread.status == "idle":
        return False
    if folder in ("all", "archived"):
        return folder == "all" or thread.archived
    waiting = thread.last is not None and thread.last.direction == "inbound"
    fits = not thread.archived and thread.is_request == (folder == "requests")
    return fits and (folder != "noReply" or waiting)


def _matches(world: World, thread: ThreadRecord, ask: Incoming) -> bool:
    """Each filter by itself; the values of one are alternatives."""
    facts: dict[str, set[str | None]] = {
        "accountLinkId": {thread.account_id},
        "platform": {thread.platform},
        "contactId": {thread.person.contact_id},
        "assigneeId": {thread.effective_assignee},
        "tag": set(thread.person.tag_ids),
        "status": {thread.person.status_id},
        "campaignId": {message.campaign_id for message in thread.messages},
    }
    for name, found in facts.items():
        if ask.many(name) and not found & _wanted(world, name, ask.many(name)):
            return False
    if ask.one("unassigned") and (thread.effective_assignee is None) != (ask.one("unassigned") == "true"):
        return False
    texts = (thread.person.name, thread.person.username, thread.last.text if thread.last else "")
    return any(ask.one("q").lower() in text.lower() for text in texts)


def _wanted(world: World, name: str, values: list[str]) -> set[str]:
    """The ids that a filter names; tags and statuses go by name as well. A name that nothing has matches nothing."""
    if name not in world.labels:
        return set(values)
    return {label.id for value in values if (label := world.label(name, value))}


async def _threads(world: World, ask: Incoming) -> tuple[int, Any]:
    usable(world, *ask.many("platform"))
    folder = ask.one("folder", "inbox")
    found = [one for one in world.threads.values() if _in_folder(one, folder) and _matches(world, one, ask)]
    found.sort(key=lambda t: (t.sorted_at, t.id), reverse=ask.one("order", "desc") == "desc")
    return page(ask, found, lambda thread: thread_json(world, thread, ask.many("expand")))


async def _get_thread(world: World, ask: Incoming) -> tuple[int, Any]:
    return 200, thread_json(world, found_or_404(world.threads.get(ask.params[0]), "thread"), ask.many("expand"))


async def _update_thread(world: World, ask: Incoming) -> tuple[int, Any]:
    thread, body = found_or_404(world.threads.get(ask.params[0]), "thread"), ask.body
    if "assigneeId" in body:
        world.assign(thread, assignee(world, body["assigneeId"]))
    if "archived" in body:
        world.archive(thread, body["archived"])
    thread.unread = body.get("unread", thread.unread)
    thread.typing = body.get("typingIndicators", thread.typing)
    return 200, thread_json(world, thread)


async def _delete_thread(world: World, ask: Incoming) -> tuple[int, Any]:
    world.delete_thread(found_or_404(world.threads.get(ask.params[0]), "thread"))
    return 200, {"scope": "local"}


async def _type(world: World, ask: Incoming) -> tuple[int, Any]:
    thread = found_or_404(world.threads.get(ask.params[0]), "thread")
    capability = "thread:typing:send"
    if capability not in capabilities(world.accounts[thread.account_id]):
        raise Failure(422, "capabilityNotSupported", "This account can't do that.", {"capability": capability})
    disabled = thread.typing == "disabled"
    return 202, {"status": "skipped" if disabled else "sent", "reason": "disabled" if disabled else None}


async def _colors(_: World, __: Incoming) -> tuple[int, Any]:
    return 200, [{"name": name, "hex": code} for name, code in COLORS.items()]


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
    "PUT /contacts/{id}/tags/{ref}": _add_tag,
    "DELETE /contacts/{id}/tags/{ref}": _remove_tag,
    "GET /threads": _threads,
    "GET /threads/{id}": _get_thread,
    "PATCH /threads/{id}": _update_thread,
    "DELETE /threads/{id}": _delete_thread,
    "POST /threads/{id}/typing": _type,
    "GET /colors": _colors,
    "GET /events": _events,
    **v2_messages.HANDLERS,
    **v2_labels.HANDLERS,
}
