"""What people fill in in a modal, as plain dicts: https://docs.slack.dev/reference/block-kit/block-elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from bot.slack.blocks import Block, label, option
from bot.text import literal

INPUT: Final = 3_000  # code points: Slack's limit for a text input
_HINT: Final = 300
OPTIONS: Final = 100  # in a menu, in each of its groups, and groups in it
Choice = TypeVar("Choice", bound=str | int)


def field(block_id: str, words: str, element: Block, *, hint: str = "", **more: object) -> Block:
    """An input whose action id is its block id: `state.values[block_id][block_id]`; `hint` stands below it."""
    below = {"hint": label(hint, _HINT)} if hint else {}
    named = {**element, "action_id": block_id}
    return {"type": "input", "block_id": block_id, "label": label(words), "element": named, **below, **more}


def text_input(
    limit: int = INPUT, text: str = "", *, placeholder: str = "", lines: bool = False, focus: bool = False
) -> Block:
    """Takes `limit` code points, in one line or several; `text` stands there already, or as much of it as fits."""
    written = literal(text, limit)
    return {
        "type": "plain_text_input",
        "max_length": limit,
        **({"multiline": True} if lines else {}),
        **({"focus_on_load": True} if focus else {}),
        **({"placeholder": label(placeholder, 150)} if placeholder else {}),
        **({"initial_value": written} if written else {}),
    }


def capacity(characters: int | None) -> int:
    """What a field for a message takes: as much as the platform does (None: unknown) and Slack."""
    return max(1, min(characters or INPUT, INPUT))


def choices(words: Mapping[Choice, str], chosen: Choice) -> Block:
    """A menu in which one is always chosen."""
    options = {one: option(said, str(one)) for one, said in words.items()}
    return {"type": "static_select", "options": list(options.values()), "initial_option": options[chosen]}


def select(placeholder: str, options: Sequence[Block], chosen: str | None) -> Block:
    """A menu of at least one option, in which that with the value `chosen` is chosen where there is one."""
    menu: Block = {"type": "static_select", "placeholder": label(placeholder, 150)}
    if len(options) <= OPTIONS:
        menu["options"] = list(options)
    else:
        groups = [options[start : start + OPTIONS] for start in range(0, len(options), OPTIONS)][:OPTIONS]
        menu["option_groups"] = [{"label": _range(group), "options": list(group)} for group in groups]
    initial = next((one for one in options[: OPTIONS * OPTIONS] if one["value"] == chosen), None)
    return {**menu, **({"initial_option": initial} if initial else {})}


def _range(group: Sequence[Block]) -> Block:
    """`Ana to Eve`."""
    first, last = group[0]["text"]["text"], group[-1]["text"]["text"]
    return label(f"{literal(first, 33)} to {literal(last, 33)}")


def checkboxes(options: Sequence[Block], ticked: Sequence[Block] = ()) -> Block:
    """Slack refuses an empty list of those that are `ticked`."""
    initial = {"initial_options": list(ticked)} if ticked else {}
    return {"type": "checkboxes", "options": list(options), **initial}


def clock(zone: str) -> Block:
    """A time of day; Slack shows the `zone`."""
    return {"type": "timepicker", "placeholder": label("9:00"), "timezone": zone}
