"""Prospects, and tags and statuses, in API v1 of the local Inbox.

The specification declares no error: those for an unknown tag or status are INFERRED.
"""

from __future__ import annotations

from typing import Any, Final

from bot.sandbox.inbox.contract.answers import NOTHING
from bot.sandbox.inbox.records import COLORS, Failure, Incoming, Json, LabelRecord, PersonRecord, hex_of, iso
from bot.sandbox.inbox.v1_answers import Handler, bad, find_person, member_or_none
from bot.sandbox.inbox.v1_show import prospect_json, status_json, tag_json
from bot.sandbox.inbox.world import World

_SHOW: Final = {"tag": tag_json, "status": status_json}


# Prospects


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


# Tags and statuses


def _handlers(family: str, path: str) -> dict[str, Handler]:
    """The operations on `tag` or `status`."""
    show = _SHOW[family]

    def named(world: World, ask: Incoming) -> LabelRecord:
        if label := world.labels[family].get(ask.params[0]):
            return label
        raise Failure(404, f"{family.upper()}_NOT_FOUND", f"{family.capitalize()} with ID '{ask.params[0]}' not found")

    async def listed(world: World, _: Incoming) -> tuple[int, Any]:
        return 200, [show(one) for one in world.labels[family].values()]

    async def create(world: World, ask: Incoming) -> tuple[int, Any]:
        _free(world, family, ask.body["name"], None)
        color = _color(ask.body.get("color")) or (next(iter(COLORS.values())) if family == "tag" else None)
        label = world.add_label(family, ask.body["name"], color)
        world.emit(f"{family}.created", label=label)
        return 200, show(label)

    async def get(world: World, ask: Incoming) -> tuple[int, Any]:
        return 200, show(named(world, ask))

    async def update(world: World, ask: Incoming) -> tuple[int, Any]:
        label = named(world, ask)
        name = ask.body.get("name", label.name)
        _free(world, family, name, label)
        color = _color(ask.body["color"]) if "color" in ask.body else label.color
        label.name, label.color = name, color or (label.color if family == "tag" else None)
        world.emit(f"{family}.updated", label=label)
        return 200, show(label)

    async def delete(world: World, ask: Incoming) -> tuple[int, Any]:
        world.delete_label(family, named(world, ask))
        return 200, NOTHING

    one = f"{path}/{{id}}"
    return {
        f"GET {path}": listed,
        f"POST {path}": create,
        f"GET {one}": get,
        f"PATCH {one}": update,
        f"DELETE {one}": delete,
        f"GET {path}/colors": _colors,
    }


def _free(world: World, family: str, name: str, unless: LabelRecord | None) -> None:
    if world.label(family, name) not in (None, unless):
        raise Failure(409, "CONFLICT", f"A {family} named '{name}' already exists")


def _color(given: str | None) -> str | None:
    code = None if given is None else hex_of(given)
    if given is not None and code is None:
        raise bad("No such color")
    return code


async def _colors(_: World, __: Incoming) -> tuple[int, Any]:
    return 200, [{"name": name, "hex": code} for name, code in COLORS.items()]


HANDLERS: Final[dict[str, Handler]] = {
    "GET /prospects/lookup": _lookup_prospect,
    "GET /prospects/{id}": _get_prospect,
    "PATCH /prospects/{id}/context": _update_prospect,
    **_handlers("tag", "/tags"),
    **_handlers("status", "/statuses"),
    "GET /colors": _colors,
}
