"""The limits of blocks and views, so that the sandbox refuses what Slack would refuse.

https://docs.slack.dev/reference/block-kit and https://docs.slack.dev/reference/views. Lengths are in code points.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from bot.sandbox.slack.block_kit import data
from bot.sandbox.slack.block_kit.elements import element_problems, elements, image_problems, within
from bot.sandbox.slack.block_kit.rich_text import rich_text
from bot.sandbox.slack.block_kit.rules import Json, count, dicts, repeated, string, text_object, unknown

Surface = Literal["message", "modal", "home"]
EVERYWHERE = frozenset({"message", "modal", "home"})
BLOCKS: dict[str, tuple[frozenset[str], str]] = {  # type: (surfaces, keys besides type and block_id)
    "section": (EVERYWHERE, "text fields accessory expand"),
    "divider": (EVERYWHERE, ""),
    "header": (EVERYWHERE, "text level"),
    "context": (EVERYWHERE, "elements"),
    "actions": (EVERYWHERE, "elements"),
    "image": (EVERYWHERE, "alt_text image_url slack_file title"),
    "input": (EVERYWHERE, "label element dispatch_action hint optional"),
    "rich_text": (EVERYWHERE, "elements"),
    "video": (
        EVERYWHERE,
        "alt_text author_name description provider_icon_url provider_name thumbnail_url title title_url video_url",
    ),
    "markdown": (frozenset({"message"}), "text"),
    "table": (frozenset({"message"}), "rows column_settings"),
    "context_actions": (frozenset({"message"}), "elements"),
    "alert": (frozenset({"modal"}), "text level"),
    "data_visualization": (frozenset({"message"}), "title chart"),
    "card": (frozenset({"message"}), "hero_image icon title subtitle body actions"),
    "container": (
        EVERYWHERE,
        "title rich_text_title subtitle child_blocks width icon is_collapsible default_collapsed has_header_divider",
    ),
}
FREE = {  # whose further keys are not checked, as Slack says less of them
    "data_table": frozenset({"message"}),
    "layout": EVERYWHERE,
}
WIDTHS = {"narrow", "standard", "wide", "full"}
VIEW_KEYS = {
    "modal": "type title blocks close submit private_metadata callback_id clear_on_close notify_on_close external_id"
    " submit_disabled",
    "home": "type blocks private_metadata callback_id external_id",
}


def problems(blocks: object, surface: Surface) -> list[str]:
    """What Slack would hold against these blocks on this surface, one line each; empty when it takes them."""
    if not isinstance(blocks, list):
        return ["blocks must be an array"]
    return list(_all_blocks(blocks, surface))


def view_problems(view: object) -> list[str]:
    """The same for a whole modal or Home view, its title, buttons and metadata included."""
    if not isinstance(view, dict) or view.get("type") not in VIEW_KEYS:
        return ["view must be an object of type modal or home"]
    return list(_view(view))


def _view(view: Json) -> Iterator[str]:
    kind = view["type"]
    yield from unknown(view, VIEW_KEYS[kind].split(), "view")
    if kind == "modal":
        yield from text_object(view.get("title"), 24, "title", "plain_text")
        for name in ("submit", "close"):
            if view.get(name) is not None:
                yield from text_object(view[name], 24, name, "plain_text")
        if view.get("submit") is None and any(b.get("type") == "input" for b in view.get("blocks") or []):
            yield "submit is required when the view has input blocks"
    for name, limit in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        yield from string(view.get(name, ""), limit, name, empty=True)
    yield from problems(view.get("blocks"), kind)


def _all_blocks(blocks: list[Any], surface: Surface) -> Iterator[str]:
    if len(blocks) > (most := 50 if surface == "message" else 100):
        yield f"no more than {most} blocks allowed: {len(blocks)}"
    yield from repeated(blocks, "block_id", "blocks")
    if sum(bool(element.get("focus_on_load")) for _, element in elements(dicts(blocks))) > 1:
        yield "only one element may have focus_on_load"
    if sum(len(str(b.get("text", ""))) for b in dicts(blocks) if b.get("type") == "markdown") > 12_000:
        yield "markdown blocks must be less than 12001 characters together"
    for index, block in enumerate(blocks):
        yield from _block(block, surface, f"blocks/{index}")


def _block(block: Any, surface: Surface, at: str) -> Iterator[str]:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in BLOCKS and kind not in FREE:
        yield f"unsupported type: {kind} [{at}]"
        return
    surfaces, keys = BLOCKS.get(kind) or (FREE[kind], "")
    if surface not in surfaces:
        yield f"unsupported type on a {surface}: {kind} [{at}]"
    if kind not in FREE:
        yield from unknown(block, ["type", "block_id", *keys.split()], at)
    for index, one in enumerate(within(block)):
        yield from _block(one, surface, f"{at}/{index}")
    if "block_id" in block:
        yield from string(block["block_id"], 255, f"{at}/block_id")
    if check := CHECKS.get(kind):
        yield from check(block, at)


def _section(block: Json, at: str) -> Iterator[str]:
    if "text" in block:
        yield from text_object(block["text"], 3000, f"{at}/text")
    elif not block.get("fields"):
        yield f"text or fields is required [{at}]"
    if "fields" in block:
        yield from count(block["fields"], 10, f"{at}/fields")
        for index, field in enumerate(block["fields"]):
            yield from text_object(field, 2000, f"{at}/fields/{index}")
    if "accessory" in block:
        yield from element_problems(block["accessory"], "section", f"{at}/accessory")


def _header(block: Json, at: str) -> Iterator[str]:
    yield from text_object(block.get("text"), 150, f"{at}/text", "plain_text")


def _context(block: Json, at: str) -> Iterator[str]:
    yield from count(block.get("elements"), 10, f"{at}/elements")
    for index, element in enumerate(dicts(block.get("elements"))):
        where = f"{at}/elements/{index}"
        yield from (
            image_problems(element, where) if element.get("type") == "image" else text_object(element, 3000, where)
        )


def _actions(block: Json, at: str) -> Iterator[str]:
    inside = dicts(block.get("elements"))
    yield from count(block.get("elements"), 25, f"{at}/elements")
    yield from repeated(inside, "action_id", at)
    if sum(element.get("style") == "primary" for element in inside) > 1:
        yield f"only one primary button in a set [{at}]"
    for index, element in enumerate(inside):
        yield from element_problems(element, "actions", f"{at}/elements/{index}")


def _input(block: Json, at: str) -> Iterator[str]:
    yield from text_object(block.get("label"), 2000, f"{at}/label", "plain_text")
    if "hint" in block:
        yield from text_object(block["hint"], 2000, f"{at}/hint", "plain_text")
    yield from element_problems(block.get("element"), "input", f"{at}/element")


def _markdown(block: Json, at: str) -> Iterator[str]:
    yield from string(block.get("text"), 12_000, f"{at}/text")


def _alert(block: Json, at: str) -> Iterator[str]:
    yield from text_object(block.get("text"), 3000, f"{at}/text")


def _container(block: Json, at: str) -> Iterator[str]:
    if "rich_text_title" not in block:
        yield from text_object(block.get("title"), 150, f"{at}/title", "plain_text")
    if "subtitle" in block:
        yield from text_object(block["subtitle"], 150, f"{at}/subtitle")
    yield from count(block.get("child_blocks"), 10, f"{at}/child_blocks")
    if block.get("width", "standard") not in WIDTHS:
        yield f"width must be one of {', '.join(sorted(WIDTHS))} [{at}]"
    if block.get("is_collapsible") and block.get("has_header_divider"):
        yield f"has_header_divider is not for what is_collapsible [{at}]"


def _layout(block: Json, at: str) -> Iterator[str]:
    if not within(block):
        yield f"rows of items with blocks are required [{at}]"


def _card(block: Json, at: str) -> Iterator[str]:
    yield from data.card(block, at)
    for index, one in enumerate(dicts(block.get("actions"))):
        yield from element_problems(one, "card", f"{at}/actions/{index}")


CHECKS = {
    "container": _container,
    "layout": _layout,
    "card": _card,
    "data_visualization": data.data_visualization,
    "data_table": data.data_table,
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "image": image_problems,
    "markdown": _markdown,
    "rich_text": rich_text,
    "alert": _alert,
}
