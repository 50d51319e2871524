"""What a person can use in blocks: find a control by its label, and fill in fields as Slack's own form would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.slack.block_kit.elements import elements
from bot.sandbox.slack.records import Json

CHOICE = {  # element type: what its state calls the choice
    "static_select": "option",
    "external_select": "option",
    "radio_buttons": "option",
    "overflow": "option",
    "users_select": "user",
    "conversations_select": "conversation",
    "channels_select": "channel",
    "datepicker": "date",
    "timepicker": "time",
    "datetimepicker": "date_time",
    "checkboxes": "options",
    "multi_static_select": "options",
    "multi_external_select": "options",
    "multi_users_select": "users",
    "multi_conversations_select": "conversations",
    "multi_channels_select": "channels",
}
Offers = Mapping[str, list[Json]]
"""The options that each external menu was last offered, by action_id."""


def find(blocks: list[Json], wanted: str, row: int = 0) -> tuple[Json, Json]:
    """The control with this visible label, placeholder, option of a menu or action_id, and its block.

    Raises LookupError.

    Of several that fit, number `row` from 0. `block_id/action_id` tells controls of several blocks apart.
    """
    labels, fitting = [], 0
    for block, element in elements(blocks):
        text = element.get("text") or element.get("placeholder") or block.get("label") or {}
        names = [element["action_id"], text.get("text"), f"{block['block_id']}/{element['action_id']}"]
        inside = [one["text"]["text"] for one in element["options"]] if element["type"] == "overflow" else []
        if wanted in (*names, *inside):
            if fitting == row:
                return block, element
            fitting += 1
        labels += inside or [text.get("text") or element["action_id"]]
    raise LookupError(f"no control {wanted!r}; there are {labels}")


def filled_in(blocks: list[Json], given: Mapping[str, Any], offered: Offers, *, check: bool = False) -> Json:
    """`state.values` of these blocks with `given` filled in, by action_id or block_id; `offered`: what menus asked for.

    Raises LookupError for a field that is not there, and with `check` ValueError for what Slack would not let through.
    """
    values, left = Json(), dict(given)
    for block, element in elements(blocks):
        if element["type"] in ("button", "overflow"):
            continue
        key = next((k for k in (element["action_id"], block["block_id"]) if k in left), None)
        state = _filled(element, left.pop(key), offered) if key else _initial(element)
        if check and block["type"] == "input":
            _check_filled(block, element, state)
        values.setdefault(block["block_id"], {})[element["action_id"]] = {"type": element["type"], **state}
    if left:
        raise LookupError(f"no such field: {', '.join(left)}; there are {values}")
    return values


def _initial(element: Json) -> Json:
    choice = CHOICE.get(element["type"])
    if choice is None:
        return {"value": element.get("initial_value")}
    return {f"selected_{choice}": element.get(f"initial_{choice}", [] if choice.endswith("s") else None)}


def _filled(element: Json, value: Any, offered: Offers) -> Json:
    return chosen(element, value, offered) if element["type"] in CHOICE else {"value": value}


def chosen(element: Json, value: Any, offered: Offers) -> Json:
    """What the state of a menu, picker or set of boxes says when this is picked in it."""
    choice = CHOICE[element["type"]]
    if choice == "options":
        return {"selected_options": [_option(element, one, offered) for one in value]}
    picked = _option(element, value, offered) if choice == "option" and value else value
    return {f"selected_{choice}": picked}


def _option(element: Json, wanted: Any, offered: Offers) -> Json:
    """The option with this value or label; an external menu takes what it offered or began with, or a whole option."""
    if isinstance(wanted, dict):
        return wanted
    groups = [element, *element.get("option_groups", [])]
    options: list[Json] = [o for group in groups for o in group.get("options", [])]
    options += [*offered.get(element["action_id"], []), *element.get("initial_options", [])]
    for option in options:
        if wanted in (option["value"], option["text"]["text"]):
            return dict(option)
    raise LookupError(f"no option {wanted!r} in {[option['text']['text'] for option in options]}")


def _check_filled(block: Json, element: Json, state: Json) -> None:
    label, value = block["label"]["text"], next(iter(state.values()))
    if value in (None, "", []) and not block.get("optional"):
        raise ValueError(f"Slack asks to fill in {label!r} first")
    if isinstance(value, str) and value and element["type"] == "plain_text_input":
        shortest, longest = element.get("min_length", 0), element.get("max_length", 3000)
        if not shortest <= len(value) <= longest:
            raise ValueError(f"Slack wants {shortest} to {longest} characters in {label!r}: {len(value)}")
