"""Block Kit's limits, so that the sandbox refuses what Slack would refuse.

https://docs.slack.dev/reference/block-kit and https://docs.slack.dev/reference/views. Lengths are in code points.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from bot.sandbox.slack import blockkit_data
from bot.sandbox.slack.blockkit_rules import Json, count, dicts, repeated, string, text_object, unknown

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
CONFIRM = "confirm"
SELECT = "placeholder confirm focus_on_load"
STATIC = f"{SELECT} options option_groups"
ELEMENTS: dict[str, str] = {  # type: keys besides type and action_id
    "button": "text url value style confirm accessibility_label",
    "overflow": "options confirm",
    "static_select": f"{STATIC} initial_option",
    "multi_static_select": f"{STATIC} initial_options max_selected_items",
    "external_select": f"{SELECT} initial_option min_query_length",
    "multi_external_select": f"{SELECT} initial_options min_query_length max_selected_items",
    "users_select": f"{SELECT} initial_user",
    "multi_users_select": f"{SELECT} initial_users max_selected_items",
    "conversations_select": f"{SELECT} initial_conversation default_to_current_conversation response_url_enabled"
    " filter",
    "multi_conversations_select": f"{SELECT} initial_conversations default_to_current_conversation max_selected_items"
    " filter",
    "channels_select": f"{SELECT} initial_channel response_url_enabled",
    "multi_channels_select": f"{SELECT} initial_channels max_selected_items",
    "checkboxes": "options initial_options confirm focus_on_load",
    "radio_buttons": "options initial_option confirm focus_on_load",
    "datepicker": f"{SELECT} initial_date",
    "timepicker": f"{SELECT} initial_time timezone",
    "datetimepicker": "initial_date_time confirm focus_on_load",
    "plain_text_input": "initial_value multiline min_length max_length dispatch_action_config focus_on_load"
    " placeholder",
    "email_text_input": "initial_value dispatch_action_config focus_on_load placeholder",
    "url_text_input": "initial_value dispatch_action_config focus_on_load placeholder",
    "number_input": "is_decimal_allowed initial_value min_value max_value dispatch_action_config focus_on_load"
    " placeholder",
    "rich_text_input": "initial_value dispatch_action_config focus_on_load placeholder",
    "file_input": "filetypes max_files",
    "image": "alt_text image_url slack_file",
}
TYPED = {"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input"}
CHOSEN = set(ELEMENTS) - TYPED - {"image"}
WITHIN = {  # which elements a container takes
    "actions": CHOSEN,
    "section": (CHOSEN | {"image"}) - {"datetimepicker"},
    "input": (CHOSEN | TYPED) - {"button", "overflow"},
    "context_actions": {"feedback_buttons", "icon_button"},
    "card": {"button"},
}
MOST_OPTIONS = {"overflow": 5, "checkboxes": 10, "radio_buttons": 10}
LEAST_OPTIONS = {"overflow": 2}
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


def offer_problems(offered: Json) -> list[str]:
    """The same for what an external menu is to offer; nothing at all is an offer too."""
    groups = offered.get("option_groups")
    lists = [group.get("options") for group in dicts(groups)] if groups is not None else [offered.get("options")]
    found = [*(count(groups, 100, "option_groups") if groups is not None else ())]
    for options in lists:
        found += count(options, 100, "options", 0)
        found += [one for option in dicts(options) for one in _option(option, False, "options")]
    return found


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every element a person can use, with its block: `(block, element)` in reading order."""
    for block in blocks:
        own = block.get("actions", ()) if block.get("type") == "card" else block.get("elements", ())
        found = [*own, block.get("accessory"), block.get("element")]
        yield from ((block, one) for one in found if isinstance(one, dict) and one.get("type") in CHOSEN | TYPED)
        yield from elements(within(block))


def within(block: Json) -> list[Json]:
    """The blocks that stand within a block: of a container, or of a layout's rows."""
    cells = [cell for row in dicts(block.get("rows")) for cell in dicts(row.get("items"))]
    return [*dicts(block.get("child_blocks")), *(one for cell in cells for one in dicts(cell.get("blocks")))]


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
        yield from _element(block["accessory"], "section", f"{at}/accessory")


def _header(block: Json, at: str) -> Iterator[str]:
    yield from text_object(block.get("text"), 150, f"{at}/text", "plain_text")


def _context(block: Json, at: str) -> Iterator[str]:
    yield from count(block.get("elements"), 10, f"{at}/elements")
    for index, element in enumerate(dicts(block.get("elements"))):
        where = f"{at}/elements/{index}"
        yield from _image(element, where) if element.get("type") == "image" else text_object(element, 3000, where)


def _actions(block: Json, at: str) -> Iterator[str]:
    inside = dicts(block.get("elements"))
    yield from count(block.get("elements"), 25, f"{at}/elements")
    yield from repeated(inside, "action_id", at)
    if sum(element.get("style") == "primary" for element in inside) > 1:
        yield f"only one primary button in a set [{at}]"
    for index, element in enumerate(inside):
        yield from _element(element, "actions", f"{at}/elements/{index}")


def _input(block: Json, at: str) -> Iterator[str]:
    yield from text_object(block.get("label"), 2000, f"{at}/label", "plain_text")
    if "hint" in block:
        yield from text_object(block["hint"], 2000, f"{at}/hint", "plain_text")
    yield from _element(block.get("element"), "input", f"{at}/element")


def _image(block: Json, at: str) -> Iterator[str]:
    yield from string(block.get("alt_text"), 2000, f"{at}/alt_text")
    if "slack_file" not in block:
        yield from string(block.get("image_url"), 3000, f"{at}/image_url")
    if "title" in block:
        yield from text_object(block["title"], 2000, f"{at}/title", "plain_text")


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
    yield from blockkit_data.card(block, at)
    for index, one in enumerate(dicts(block.get("actions"))):
        yield from _element(one, "card", f"{at}/actions/{index}")


CHECKS = {
    "container": _container,
    "layout": _layout,
    "card": _card,
    "data_visualization": blockkit_data.data_visualization,
    "data_table": blockkit_data.data_table,
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "image": _image,
    "markdown": _markdown,
    "alert": _alert,
}


def _element(element: Any, container: str, at: str) -> Iterator[str]:
    kind = element.get("type") if isinstance(element, dict) else None
    if kind not in WITHIN[container]:
        yield f"unsupported element in {container}: {kind} [{at}]"
        return
    yield from unknown(element, ["type", "action_id", *ELEMENTS[kind].split()], at)
    if kind == "image":
        yield from _image(element, at)
        return
    if "action_id" in element:
        yield from string(element["action_id"], 255, f"{at}/action_id")
    if "placeholder" in element:
        yield from text_object(element["placeholder"], 150, f"{at}/placeholder", "plain_text")
    if CONFIRM in element:
        yield from _confirm(element[CONFIRM], f"{at}/confirm")
    if kind == "button":
        yield from _button(element, at)
    elif kind == "plain_text_input":
        yield from _typed(element, at)
    elif "options" in ELEMENTS[kind].split():
        yield from _choices(element, MOST_OPTIONS.get(kind, 100), at)


def _button(button: Json, at: str) -> Iterator[str]:
    yield from text_object(button.get("text"), 75, f"{at}/text", "plain_text")
    yield from string(button.get("value", "-"), 2000, f"{at}/value")
    yield from string(button.get("url", "-"), 3000, f"{at}/url")
    yield from string(button.get("accessibility_label", "-"), 75, f"{at}/accessibility_label")
    if button.get("style", "primary") not in {"primary", "danger"}:
        yield f"style must be primary or danger [{at}]"


def _typed(element: Json, at: str) -> Iterator[str]:
    longest = element.get("max_length", 3000)
    if not 1 <= longest <= 3000 or not 0 <= element.get("min_length", 0) <= longest:
        yield f"min_length and max_length must be in order and within 3000 [{at}]"
    yield from string(element.get("initial_value", ""), longest, f"{at}/initial_value", empty=True)


def _choices(element: Json, most: int, at: str) -> Iterator[str]:
    groups = element.get("option_groups")
    if groups is not None:
        yield from count(groups, 100, f"{at}/option_groups")
        for group in dicts(groups):
            yield from text_object(group.get("label"), 75, f"{at}/option_groups/label", "plain_text")
    options = [o for g in dicts(groups) for o in g.get("options", ())] if groups else element.get("options")
    least = LEAST_OPTIONS.get(element["type"], 1)
    yield from count(options, most if groups is None else 10_000, f"{at}/options", least)
    for index, option in enumerate(dicts(options)):
        yield from _option(option, element["type"] in {"checkboxes", "radio_buttons"}, f"{at}/options/{index}")
    chosen = [element["initial_option"]] if "initial_option" in element else element.get("initial_options", [])
    for one in dicts(chosen):
        if one not in dicts(options):
            yield f"initial option is not one of the options [{at}]"


def _option(option: Json, rich: bool, at: str) -> Iterator[str]:
    yield from unknown(option, ["text", "value", "description", "url"], at)
    yield from text_object(
        option.get("text"), 75, f"{at}/text", *(("plain_text", "mrkdwn") if rich else ("plain_text",))
    )
    yield from string(option.get("value"), 150, f"{at}/value")
    if "description" in option:
        yield from text_object(option["description"], 75, f"{at}/description")


def _confirm(confirm: Any, at: str) -> Iterator[str]:
    confirm = confirm if isinstance(confirm, dict) else {}
    yield from unknown(confirm, ["title", "text", "confirm", "deny", "style"], at)
    yield from text_object(confirm.get("title"), 100, f"{at}/title", "plain_text")
    yield from text_object(confirm.get("text"), 300, f"{at}/text")
    for name in ("confirm", "deny"):
        yield from text_object(confirm.get(name), 30, f"{at}/{name}", "plain_text")
