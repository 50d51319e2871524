"""The ids that Slack gives to blocks and elements which the bot left without one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.sandbox.slack.block_kit.rules import Json

NO_ELEMENTS = (None, "image", "plain_text", "mrkdwn")


def with_ids(blocks: list[Json], new_id: Callable[[], str]) -> list[Json]:
    """Blocks as Slack keeps them: each with a block_id, each element in use with an action_id."""
    return [_block({"block_id": new_id(), **block}, new_id) for block in blocks]


def _block(block: Json, new_id: Callable[[], str]) -> Json:
    if block["type"] == "container":
        block["child_blocks"] = with_ids(block["child_blocks"], new_id)
    if block["type"] == "layout":
        block["rows"] = [_row(row, new_id) for row in block["rows"]]
    for place in ("accessory", "element"):
        if place in block:
            block[place] = _element(block[place], new_id)
    several = {"card": "actions", "actions": "elements"}.get(block["type"], "")
    if several in block:
        block[several] = [_element(element, new_id) for element in block[several]]
    return block


def _row(row: Json, new_id: Callable[[], str]) -> Json:
    return row | {"items": [one | {"blocks": with_ids(one["blocks"], new_id)} for one in row["items"]]}


def _element(element: Any, new_id: Callable[[], str]) -> Any:
    used = isinstance(element, dict) and element.get("type") not in NO_ELEMENTS
    return {"action_id": new_id(), **element} if used else element
