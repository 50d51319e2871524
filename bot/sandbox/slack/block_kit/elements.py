"""The limits of the elements in blocks: buttons, menus, fields and their options.

https://docs.slack.dev/reference/block-kit/block-elements. Lengths are in code points.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.sandbox.slack.block_kit.beginnings import beginnings
from bot.sandbox.slack.block_kit.rules import Json, count, dicts, string, text_object, unknown

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


def offer_problems(offered: Json) -> list[str]:
    """The same for what an external menu is to offer; nothing at all is an offer too."""
    groups = offered.get("option_groups")
    lists = [group.get("options") for group in dicts(groups)] if groups is not None else [offered.get("options")]
    found = [*(count(groups, 100, "option_groups") if groups is not None else ())]
    for options in lists:
        found += count(options, 100, "options", 0)
        found += _options(options, "external_select", "options")
    return found


def element_problems(element: Any, container: str, at: str) -> Iterator[str]:
    kind = element.get("type") if isinstance(element, dict) else None
    if kind not in WITHIN[container]:
        yield f"unsupported element in {container}: {kind} [{at}]"
        return
    yield from unknown(element, ["type", "action_id", *ELEMENTS[kind].split()], at)
    if kind == "image":
        yield from image_problems(element, at)
        return
    if "action_id" in element:
        yield from string(element["action_id"], 255, f"{at}/action_id")
    if "placeholder" in element:
        yield from text_object(element["placeholder"], 150, f"{at}/placeholder", "plain_text")
    if CONFIRM in element:
        yield from _confirm(element[CONFIRM], f"{at}/confirm")
    if "initial_options" in element:
        yield from count(element["initial_options"], MOST_OPTIONS.get(kind, 100), f"{at}/initial_options")
    yield from beginnings(element, at)
    if kind == "button":
        yield from _button(element, at)
    elif kind == "plain_text_input":
        yield from _typed(element, at)
    elif "options" in ELEMENTS[kind].split():
        yield from _choices(element, MOST_OPTIONS.get(kind, 100), at)
    else:
        yield from _options(_chosen(element), kind, f"{at}/initial_options")


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
    groups, lists = element.get("option_groups"), [element.get("options")]
    if groups is not None:
        yield from count(groups, 100, f"{at}/option_groups")
        for group in dicts(groups):
            yield from text_object(group.get("label"), 75, f"{at}/option_groups/label", "plain_text")
        lists = [group.get("options") for group in dicts(groups)]
    for options in lists:
        yield from count(options, most, f"{at}/options", LEAST_OPTIONS.get(element["type"], 1))
        yield from _options(options, element["type"], f"{at}/options")
    offered = [one for options in lists for one in dicts(options)]
    if any(one not in offered for one in _chosen(element)):
        yield f"initial option is not one of the options [{at}]"


def _chosen(element: Json) -> list[Any]:
    """The options that are chosen at first."""
    several = element.get("initial_options")
    alone = [element["initial_option"]] if "initial_option" in element else []
    return [*alone, *(several if isinstance(several, list) else ())]


def _options(options: Any, kind: str, at: str) -> Iterator[str]:
    for index, option in enumerate(options if isinstance(options, list) else ()):
        yield from _option(option, kind, f"{at}/{index}")


def _option(option: Any, kind: str, at: str) -> Iterator[str]:
    if not isinstance(option, dict):
        yield f"must be an option [{at}]"
        return
    texts = ("plain_text", "mrkdwn") if kind in {"checkboxes", "radio_buttons"} else ("plain_text",)
    yield from unknown(option, ["text", "value", "description", *(["url"] if kind == "overflow" else [])], at)
    yield from text_object(option.get("text"), 75, f"{at}/text", *texts)
    yield from string(option.get("value"), 150, f"{at}/value")
    yield from string(option.get("url", "-"), 3000, f"{at}/url")
    if "description" in option:
        yield from text_object(option["description"], 75, f"{at}/description")


def _confirm(confirm: Any, at: str) -> Iterator[str]:
    confirm = confirm if isinstance(confirm, dict) else {}
    yield from unknown(confirm, ["title", "text", "confirm", "deny", "style"], at)
    yield from text_object(confirm.get("title"), 100, f"{at}/title", "plain_text")
    yield from text_object(confirm.get("text"), 300, f"{at}/text")
    for name in ("confirm", "deny"):
        yield from text_object(confirm.get(name), 30, f"{at}/{name}", "plain_text")


def image_problems(block: Json, at: str) -> Iterator[str]:
    yield from string(block.get("alt_text"), 2000, f"{at}/alt_text")
    if "slack_file" not in block:
        yield from string(block.get("image_url"), 3000, f"{at}/image_url")
    if "title" in block:
        yield from text_object(block["title"], 2000, f"{at}/title", "plain_text")
