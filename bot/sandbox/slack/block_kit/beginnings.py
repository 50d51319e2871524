"""What stands in an element at first, as `initial_…` says, and how that must be written.

https://docs.slack.dev/reference/block-kit/block-elements
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from bot.sandbox.slack.block_kit.rich_text import rich_text
from bot.sandbox.slack.block_kit.rules import Json, string


def beginnings(element: Json, at: str) -> Iterator[str]:
    """All but chosen options and the text of a `plain_text_input`, which have limits of their own."""
    for name, (said, is_good) in WRITTEN.items():
        if name in element and not is_good(element[name]):
            yield f"{name} must be {said} [{at}/{name}]"
    kind = element["type"]
    if kind == "number_input":
        yield from _number(element, at)
    elif kind in {"email_text_input", "url_text_input"}:
        yield from string(element.get("initial_value", ""), 3000, f"{at}/initial_value", empty=True)
    elif kind == "rich_text_input" and "initial_value" in element:
        value = element["initial_value"]
        yield from rich_text(value if isinstance(value, dict) else {}, f"{at}/initial_value")


def _number(element: Json, at: str) -> Iterator[str]:
    if not isinstance(element.get("is_decimal_allowed"), bool):
        yield f"is_decimal_allowed must be true or false [{at}]"
    for name in ("initial_value", "min_value", "max_value"):
        if not _matches(r"-?\d+(\.\d+)?")(element.get(name, "0")):
            yield f"{name} must be a number in a string [{at}/{name}]"


def _matches(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _is_day(value: Any) -> bool:
    try:
        return _matches(r"\d{4}-\d\d-\d\d")(value) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _are_ids(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_matches(".+"), value))


WRITTEN: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "initial_date": ("YYYY-MM-DD", _is_day),
    "initial_time": ("HH:mm", _matches("([01][0-9]|2[0-3]):[0-5][0-9]")),
    "initial_date_time": ("seconds of ten digits", lambda value: type(value) is int and len(str(value)) == 10),
    **{f"initial_{one}": ("an id", _matches(".+")) for one in ("user", "channel", "conversation")},
    **{f"initial_{one}": ("one or more ids", _are_ids) for one in ("users", "channels", "conversations")},
}
