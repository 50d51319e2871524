"""Block Kit's limits, so that the sandbox refuses what Slack would refuse.

https://docs.slack.dev/reference/block-kit and https://docs.slack.dev/reference/views. Lengths are in code points.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

Json = dict[str, Any]
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
}
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
}
MOST_OPTIONS = {"overflow": 5, "checkboxes": 10, "radio_buttons": 10}
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


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every element a person can use, with its block: `(block, element)` in reading order."""
    for block in blocks:
        found = [*block.get("elements", ()), block.get("accessory"), block.get("element")]
        yield from ((block, one) for one in found if isinstance(one, dict) and one.get("type") in CHOSEN | TYPED)


def _view(view: Json) -> Iterator[str]:
    kind = view["type"]
    yield from _unknown(view, VIEW_KEYS[kind].split(), "view")
    if kind == "modal":
        yield from _text(view.get("title"), 24, "title", "plain_text")
        for name in ("submit", "close"):
            if view.get(name) is not None:
                yield from _text(view[name], 24, name, "plain_text")
        if view.get("submit") is None and any(b.get("type") == "input" for b in view.get("blocks") or []):
            yield "submit is required when the view has input blocks"
    for name, limit in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        yield from _string(view.get(name, ""), limit, name, empty=True)
    yield from problems(view.get("blocks"), kind)


def _all_blocks(blocks: list[Any], surface: Surface) -> Iterator[str]:
    if len(blocks) > (most := 50 if surface == "message" else 100):
        yield f"no more than {most} blocks allowed: {len(blocks)}"
    yield from _repeated(blocks, "block_id", "blocks")
    if sum(bool(element.get("focus_on_load")) for _, element in elements(_dicts(blocks))) > 1:
        yield "only one element may have focus_on_load"
    if sum(len(str(b.get("text", ""))) for b in _dicts(blocks) if b.get("type") == "markdown") > 12_000:
        yield "markdown blocks must be less than 12001 characters together"
    for index, block in enumerate(blocks):
        yield from _block(block, surface, f"blocks/{index}")


def _block(block: Any, surface: Surface, at: str) -> Iterator[str]:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in BLOCKS:
        yield f"unsupported type: {kind} [{at}]"
        return
    surfaces, keys = BLOCKS[kind]
    if surface not in surfaces:
        yield f"unsupported type on a {surface}: {kind} [{at}]"
    yield from _unknown(block, ["type", "block_id", *keys.split()], at)
    if "block_id" in block:
        yield from _string(block["block_id"], 255, f"{at}/block_id")
    if check := CHECKS.get(kind):
        yield from check(block, at)


def _section(block: Json, at: str) -> Iterator[str]:
    if "text" in block:
        yield from _text(block["text"], 3000, f"{at}/text")
    elif not block.get("fields"):
        yield f"text or fields is required [{at}]"
    if "fields" in block:
        yield from _count(block["fields"], 10, f"{at}/fields")
        for index, field in enumerate(block["fields"]):
            yield from _text(field, 2000, f"{at}/fields/{index}")
    if "accessory" in block:
        yield from _element(block["accessory"], "section", f"{at}/accessory")


def _header(block: Json, at: str) -> Iterator[str]:
    yield from _text(block.get("text"), 150, f"{at}/text", "plain_text")


def _context(block: Json, at: str) -> Iterator[str]:
    yield from _count(block.get("elements"), 10, f"{at}/elements")
    for index, element in enumerate(_dicts(block.get("elements"))):
        where = f"{at}/elements/{index}"
        yield from _image(element, where) if element.get("type") == "image" else _text(element, 3000, where)


def _actions(block: Json, at: str) -> Iterator[str]:
    inside = _dicts(block.get("elements"))
    yield from _count(block.get("elements"), 25, f"{at}/elements")
    yield from _repeated(inside, "action_id", at)
    if sum(element.get("style") == "primary" for element in inside) > 1:
        yield f"only one primary button in a set [{at}]"
    for index, element in enumerate(inside):
        yield from _element(element, "actions", f"{at}/elements/{index}")


def _input(block: Json, at: str) -> Iterator[str]:
    yield from _text(block.get("label"), 2000, f"{at}/label", "plain_text")
    if "hint" in block:
        yield from _text(block["hint"], 2000, f"{at}/hint", "plain_text")
    yield from _element(block.get("element"), "input", f"{at}/element")


def _image(block: Json, at: str) -> Iterator[str]:
    yield from _string(block.get("alt_text"), 2000, f"{at}/alt_text")
    if "slack_file" not in block:
        yield from _string(block.get("image_url"), 3000, f"{at}/image_url")
    if "title" in block:
        yield from _text(block["title"], 2000, f"{at}/title", "plain_text")


def _markdown(block: Json, at: str) -> Iterator[str]:
    yield from _string(block.get("text"), 12_000, f"{at}/text")


def _alert(block: Json, at: str) -> Iterator[str]:
    yield from _text(block.get("text"), 3000, f"{at}/text")


CHECKS = {
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
    yield from _unknown(element, ["type", "action_id", *ELEMENTS[kind].split()], at)
    if kind == "image":
        yield from _image(element, at)
        return
    if "action_id" in element:
        yield from _string(element["action_id"], 255, f"{at}/action_id")
    if "placeholder" in element:
        yield from _text(element["placeholder"], 150, f"{at}/placeholder", "plain_text")
    if CONFIRM in element:
        yield from _confirm(element[CONFIRM], f"{at}/confirm")
    if kind == "button":
        yield from _button(element, at)
    elif kind == "plain_text_input":
        yield from _typed(element, at)
    elif "options" in ELEMENTS[kind].split():
        yield from _choices(element, MOST_OPTIONS.get(kind, 100), at)


def _button(button: Json, at: str) -> Iterator[str]:
    yield from _text(button.get("text"), 75, f"{at}/text", "plain_text")
    yield from _string(button.get("value", "-"), 2000, f"{at}/value")
    yield from _string(button.get("url", "-"), 3000, f"{at}/url")
    yield from _string(button.get("accessibility_label", "-"), 75, f"{at}/accessibility_label")
    if button.get("style", "primary") not in {"primary", "danger"}:
        yield f"style must be primary or danger [{at}]"


def _typed(element: Json, at: str) -> Iterator[str]:
    longest = element.get("max_length", 3000)
    if not 1 <= longest <= 3000 or not 0 <= element.get("min_length", 0) <= longest:
        yield f"min_length and max_length must be in order and within 3000 [{at}]"
    yield from _string(element.get("initial_value", ""), longest, f"{at}/initial_value", empty=True)


def _choices(element: Json, most: int, at: str) -> Iterator[str]:
    groups = element.get("option_groups")
    if groups is not None:
        yield from _count(groups, 100, f"{at}/option_groups")
        for group in _dicts(groups):
            yield from _text(group.get("label"), 75, f"{at}/option_groups/label", "plain_text")
    options = [o for g in _dicts(groups) for o in g.get("options", ())] if groups else element.get("options")
    yield from _count(options, most if groups is None else 10_000, f"{at}/options")
    for index, option in enumerate(_dicts(options)):
        yield from _option(option, element["type"] in {"checkboxes", "radio_buttons"}, f"{at}/options/{index}")
    chosen = [element["initial_option"]] if "initial_option" in element else element.get("initial_options", [])
    for one in _dicts(chosen):
        if one not in _dicts(options):
            yield f"initial option is not one of the options [{at}]"


def _option(option: Json, rich: bool, at: str) -> Iterator[str]:
    yield from _unknown(option, ["text", "value", "description", "url"], at)
    yield from _text(option.get("text"), 75, f"{at}/text", *(("plain_text", "mrkdwn") if rich else ("plain_text",)))
    yield from _string(option.get("value"), 150, f"{at}/value")
    if "description" in option:
        yield from _text(option["description"], 75, f"{at}/description")


def _confirm(confirm: Any, at: str) -> Iterator[str]:
    confirm = confirm if isinstance(confirm, dict) else {}
    yield from _unknown(confirm, ["title", "text", "confirm", "deny", "style"], at)
    yield from _text(confirm.get("title"), 100, f"{at}/title", "plain_text")
    yield from _text(confirm.get("text"), 300, f"{at}/text")
    for name in ("confirm", "deny"):
        yield from _text(confirm.get(name), 30, f"{at}/{name}", "plain_text")


def _text(text: Any, most: int, at: str, *kinds: str) -> Iterator[str]:
    kinds = kinds or ("plain_text", "mrkdwn")
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield f"must be a text object of type {' or '.join(kinds)} [{at}]"
        return
    yield from _unknown(text, ["type", "text", "emoji" if text["type"] == "plain_text" else "verbatim"], at)
    yield from _string(text.get("text"), most, at)


def _string(value: Any, most: int, at: str, *, empty: bool = False) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"must be a string [{at}]"
    elif not value and not empty:
        yield f"must be more than 0 characters [{at}]"
    elif len(value) > most:
        yield f"must be less than {most + 1} characters: {len(value)} [{at}]"


def _count(items: Any, most: int, at: str) -> Iterator[str]:
    if not isinstance(items, list) or not 1 <= len(items) <= most:
        yield f"must be an array of 1 to {most} items [{at}]"


def _repeated(items: list[Any], key: str, at: str) -> Iterator[str]:
    ids = [item[key] for item in _dicts(items) if isinstance(item.get(key), str)]
    for repeated in sorted({one for one in ids if ids.count(one) > 1}):
        yield f"{key} already exists: {repeated} [{at}]"


def _unknown(thing: Json, known: list[str], at: str) -> Iterator[str]:
    for key in thing.keys() - set(known):
        yield f"invalid additional property: {key} [{at}]"


def _dicts(items: Any) -> list[Json]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
