"""Tags and statuses in API v2 of the local Inbox: all in one page, and named by id or by name."""

from __future__ import annotations

from typing import Any, Final

from bot.sandbox.inbox.contract.answers import NOTHING
from bot.sandbox.inbox.records import COLORS, Failure, Incoming, LabelRecord, hex_of
from bot.sandbox.inbox.show import status_json, tag_json
from bot.sandbox.inbox.v2_answers import Handler, found_or_404, invalid
from bot.sandbox.inbox.world import World

_SHOW: Final = {"tag": tag_json, "status": status_json}


def _handlers(family: str, path: str) -> dict[str, Handler]:
    """The five operations on `tag` or `status`."""
    show = _SHOW[family]

    def named(world: World, ask: Incoming) -> LabelRecord:
        return found_or_404(world.label(family, ask.params[0]), family)

    async def listed(world: World, _: Incoming) -> tuple[int, Any]:
        return 200, {"data": [show(one) for one in world.labels[family].values()], "nextCursor": None}

    async def create(world: World, ask: Incoming) -> tuple[int, Any]:
        _free(world, family, ask.body["name"], None)
        color = _color(ask.body.get("color")) or (next(iter(COLORS.values())) if family == "tag" else None)
        label = world.add_label(family, ask.body["name"], color)
        world.emit(f"{family}.created", label=label)
        return 201, show(label)

    async def get(world: World, ask: Incoming) -> tuple[int, Any]:
        return 200, show(named(world, ask))

    async def update(world: World, ask: Incoming) -> tuple[int, Any]:
        label = named(world, ask)
        _free(world, family, ask.body.get("name", label.name), label)
        color = _color(ask.body["color"]) if "color" in ask.body else label.color
        label.name, label.color = ask.body.get("name", label.name), color
        world.emit(f"{family}.updated", label=label)
        return 200, show(label)

    async def delete(world: World, ask: Incoming) -> tuple[int, Any]:
        world.delete_label(family, named(world, ask))
        return 204, NOTHING

    one = f"{path}/{{ref}}"
    return {
        f"GET {path}": listed,
        f"POST {path}": create,
        f"GET {one}": get,
        f"PATCH {one}": update,
        f"DELETE {one}": delete,
    }


def _free(world: World, family: str, name: str, unless: LabelRecord | None) -> None:
    if world.label(family, name) not in (None, unless):
        raise Failure(409, "nameTaken", f"There is a {family} of this name.", {"name": name})


def _color(given: str | None) -> str | None:
    """Raises where it is neither a known name nor six hexadecimal digits."""
    if given is None:
        return None
    code = hex_of(given)
    if code is None:
        raise invalid("color", "No such color.")
    return code


HANDLERS: Final[dict[str, Handler]] = {**_handlers("tag", "/tags"), **_handlers("status", "/statuses")}
