"""A plain-text picture of messages, ephemerals and views, for the tour and for readable failures."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from bot.sandbox.slack.block_kit.elements import within
from bot.sandbox.slack.records import Ephemeral, Json, Message

ENTITY = re.compile(r"<([^<>]+)>")


def show(thing: Message | Ephemeral | Json | list[Json], names: Mapping[str, str] | None = None) -> str:
    """Lines of text for a message, an ephemeral, a view or blocks; `names` resolves the ids in mentions."""
    names = names or {}
    if isinstance(thing, (Message, Ephemeral)):
        return _lines(thing.blocks, names) if thing.blocks else plain(thing.text, names)
    if isinstance(thing, list):
        return _lines(thing, names)
    buttons = [f"[{_text(thing[name], names)}]" for name in ("close", "submit") if thing.get(name)]
    title = [f"== {_text(thing['title'], names)} =="] if thing.get("title") else []
    return "\n".join([*title, _lines(thing["blocks"], names), *([" ".join(buttons)] if buttons else [])])


def plain(mrkdwn: str, names: Mapping[str, str] | None = None) -> str:
    """Mrkdwn as a reader sees it: mentions, links, dates and entities resolved."""
    return html.unescape(ENTITY.sub(lambda found: _entity(found[1], names or {}), mrkdwn))


def _entity(inside: str, names: Mapping[str, str]) -> str:
    target, _, label = inside.partition("|")
    if target.startswith(("@", "#")):
        return f"{target[0]}{names.get(target[1:], label or target[1:])}"
    if target.startswith("!"):
        return label or f"@{target[1:].partition('^')[0]}"
    return label or target


def _lines(blocks: list[Json], names: Mapping[str, str]) -> str:
    return "\n".join(line for block in blocks if (line := _block(block, names)))


def _block(block: Json, names: Mapping[str, str]) -> str:
    match block["type"]:
        case "section":
            parts = [block[key] for key in ("text", "accessory") if block.get(key)]
            return "  ".join(_any(part, names) for part in [*parts[:1], *block.get("fields", ()), *parts[1:]])
        case "input":
            hint = f"\n  {_text(block['hint'], names)}" if block.get("hint") else ""
            return f"{_text(block['label'], names)}: {_any(block['element'], names)}{hint}"
        case "divider":
            return "─" * 12
        case "image":
            return f"({block['alt_text']})"
        case "rich_text":
            return plain(_rich(block), names)
        case "actions" | "context":
            return "  ".join(_any(element, names) for element in block["elements"])
        case "container" | "layout":
            head = [_text(block[key], names) for key in ("title", "subtitle") if block.get(key)]
            return "\n".join([*head, _lines(within(block), names)])
        case "card":
            parts = [_text(block[key], names) for key in ("title", "subtitle", "body") if block.get(key)]
            return "\n".join([*parts, "  ".join(_any(one, names) for one in block.get("actions", ()))]).rstrip()
        case "data_visualization":
            return f"({block['title']})"
        case "table" | "data_table":
            return "\n".join(" | ".join(_cell(cell, names) for cell in row) for row in block["rows"])
    return _text(block.get("text", ""), names)


def _cell(cell: Json, names: Mapping[str, str]) -> str:
    return plain(_rich(cell), names) if "elements" in cell else _text(cell.get("text", ""), names)


def _any(element: Json, names: Mapping[str, str]) -> str:
    """A text object, an image, or a control as `[Label]`, `[Label ▾]` or `____`."""
    kind = element["type"]
    if kind in ("mrkdwn", "plain_text"):
        return _text(element, names)
    if kind == "image":
        return f"({element['alt_text']})"
    if kind == "button":
        return f"[{_text(element['text'], names)}]"
    if kind == "overflow":
        return f"[⋯ {' | '.join(_text(option['text'], names) for option in element['options'])}]"
    if kind in ("checkboxes", "radio_buttons"):
        chosen = element.get("initial_options") or [element.get("initial_option")]
        return "  ".join(f"({'x' if o in chosen else ' '}) {_text(o['text'], names)}" for o in element["options"])
    label = element.get("initial_value") or _text((element.get("initial_option") or {}).get("text", ""), names)
    label = label or _text(element.get("placeholder", ""), names)
    return f"[{label} ▾]" if kind.endswith("select") else f"____{label}____"


def _text(text: Any, names: Mapping[str, str]) -> str:
    if isinstance(text, dict):
        return plain(text["text"], names) if text["type"] == "mrkdwn" else str(text["text"])
    return plain(text, names)


def _rich(element: Json) -> str:
    inside = element.get("elements")
    if inside is None:
        return str(element.get("text") or element.get("url") or element.get("name") or "")
    return ("\n" if element["type"] == "rich_text" else "").join(_rich(one) for one in inside)
