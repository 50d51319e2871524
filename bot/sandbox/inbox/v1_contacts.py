"""Prospects in API v1 of the local Inbox.

The specification declares no error: those for an unknown tag or status are INFERRED.
"""

from __future__ import annotations

from typing import Any, Final

from bot.sandbox.inbox.records import Incoming, Json, PersonRecord, iso
from bot.sandbox.inbox.v1_answers import Handler, bad, find_person, member_or_none
from bot.sandbox.inbox.v1_show import prospect_json
from bot.sandbox.inbox.world import World


async def _get_prospect(world: World, ask: Incoming) -> tuple[int, Any]:
    return 200, _whole(world, find_person(world, ask.params[0]))


async def _lookup_prospect(world: World, ask: Incoming) -> tuple[int, Any]:
    person = world.person_by(platform_id=ask.one("platformId"))
    return 200, prospect_json(person) if person else None


async def _update_prospect(world: World, ask: Incoming) -> tuple[int, Any]:
    """All of it is looked at before anything changes."""
    person, body = find_person(world, ask.params[0]), ask.body
    change: Json = {name: body[name] for name in ("notes", "valuation") if name in body}
    if "assigneeId" in body:
        change["assignee_id"] = member_or_none(world, body["assigneeId"])
    if "statusId" in body:
        change["status_id"] = _known(world, "status", body["statusId"])
    added = [_known(world, "tag", one) for one in body.get("addTags", [])]
    kept = [tag for tag in person.tag_ids if tag not in body.get("removeTags", [])]
    change["tag_ids"] = kept + [one for one in dict.fromkeys(added) if one not in kept]
    for name, value in change.items():
        world.change_contact(person, name, value)
    if "done" in body:
        for thread in [one for one in world.threads.values() if one.person is person]:
            world.archive(thread, body["done"])
    return 200, prospect_json(person)


def _known(world: World, family: str, label_id: str | None) -> str | None:
    if label_id is None or label_id in world.labels[family]:
        return label_id
    raise bad(f"{family.capitalize()} with ID '{label_id}' not found")


def _whole(world: World, person: PersonRecord) -> Json:
    """With the threads of the person."""
    shown = prospect_json(person)
    shown["context"]["threads"] = [
        {
            "id": one.id,
            "accountLinkId": one.account_id,
            "lastMessageTimestamp": iso(one.last.created_at) if one.last else None,
            "createdAt": iso(one.created_at),
        }
        for one in world.threads.values()
        if one.person is person
    ]
    return shown


HANDLERS: Final[dict[str, Handler]] = {
    "GET /prospects/lookup": _lookup_prospect,
    "GET /prospects/{id}": _get_prospect,
    "PATCH /prospects/{id}/context": _update_prospect,
}
