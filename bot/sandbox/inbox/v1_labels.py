"""Tags and statuses in API v1 of the local Inbox.

The specification declares no error: that for an unknown tag or status is INFERRED.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.inbox.contract.answers import NOTHING
from bot.sandbox.inbox.records import COLORS, Failure, Incoming, Json, LabelRecord, hex_of
from bot.sandbox.inbox.show import status_json, tag_json
from bot.sandbox.inbox.v1_answers import Handler, bad
from bot.sandbox.inbox.world import World


@dataclass(frozen=True)
class Labels:
    """The operations on tags, or on statuses; `usual` is the color of a label that is made without one."""

    family: str
    show: Callable[[LabelRecord], Json]
    usual: str | None

    def at(self, path: str) -> dict[str, Handler]:
        one = f"{path}/{{id}}"
        return {
            f"GET {path}": self.listed,
            f"POST {path}": self.create,
            f"GET {one}": self.get,
            f"PATCH {one}": self.update,
            f"DELETE {one}": self.delete,
            f"GET {path}/colors": _colors,
        }

    async def listed(self, world: World, _: Incoming) -> tuple[int, Any]:
        return 200, [self.show(one) for one in world.labels[self.family].values()]

    async def create(self, world: World, ask: Incoming) -> tuple[int, Any]:
        self._free(world, ask.body["name"], None)
        label = world.add_label(self.family, ask.body["name"], _color(ask.body.get("color")) or self.usual)
        world.emit(f"{self.family}.created", label=label)
        return 200, self.show(label)

    async def get(self, world: World, ask: Incoming) -> tuple[int, Any]:
        return 200, self.show(self._named(world, ask))

    async def update(self, world: World, ask: Incoming) -> tuple[int, Any]:
        label = self._named(world, ask)
        name = ask.body.get("name", label.name)
        self._free(world, name, label)
        color = _color(ask.body["color"]) if "color" in ask.body else label.color
        label.name, label.color = name, color or (label.color if self.usual else None)
        world.emit(f"{self.family}.updated", label=label)
        return 200, self.show(label)

    async def delete(self, world: World, ask: Incoming) -> tuple[int, Any]:
        world.delete_label(self.family, self._named(world, ask))
        return 200, NOTHING

    def _named(self, world: World, ask: Incoming) -> LabelRecord:
        if label := world.labels[self.family].get(ask.params[0]):
            return label
        missing = f"{self.family.capitalize()} with ID '{ask.params[0]}' not found"
        raise Failure(404, f"{self.family.upper()}_NOT_FOUND", missing)

    def _free(self, world: World, name: str, unless: LabelRecord | None) -> None:
        if world.label(self.family, name) not in (None, unless):
            raise Failure(409, "CONFLICT", f"A {self.family} named '{name}' already exists")


def _color(given: str | None) -> str | None:
    code = None if given is None else hex_of(given)
    if given is not None and code is None:
        raise bad("No such color")
    return code


async def _colors(_: World, __: Incoming) -> tuple[int, Any]:
    return 200, [{"name": name, "hex": code} for name, code in COLORS.items()]


HANDLERS: Final[dict[str, Handler]] = {
    **Labels("tag", tag_json, usual=next(iter(COLORS.values()))).at("/tags"),
    **Labels("status", status_json, usual=None).at("/statuses"),
    "GET /colors": _colors,
}
