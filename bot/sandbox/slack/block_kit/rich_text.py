"""The limits of `rich_text`: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.sandbox.slack.block_kit.rules import Json, string

PARTS = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}
RUNS = {  # what each must say, by its type
    "text": "text",
    "link": "url",
    "emoji": "name",
    "user": "user_id",
    "usergroup": "usergroup_id",
    "channel": "channel_id",
    "team": "team_id",
    "broadcast": "range",
    "color": "value",
    "date": "format",
}
MOST = 40_000  # code points, as of a message: Slack names no limit of a run


def rich_text(block: Json, at: str) -> Iterator[str]:
    """Of a block, or of what stands in a field at first."""
    parts = block.get("elements")
    if not isinstance(parts, list) or not parts:
        yield f"must be an array with an element at the least [{at}/elements]"
        return
    for index, part in enumerate(parts):
        yield from _part(part, PARTS, f"{at}/elements/{index}")


def _part(part: Any, allowed: set[str], at: str) -> Iterator[str]:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind not in allowed:
        yield f"unsupported part: {kind}, must be {' or '.join(sorted(allowed))} [{at}]"
    elif not isinstance(part.get("elements"), list):
        yield f"must be an array [{at}/elements]"
    else:
        if kind == "rich_text_list" and part.get("style") not in {"bullet", "ordered"}:
            yield f"style must be bullet or ordered [{at}]"
        for index, one in enumerate(part["elements"]):
            where = f"{at}/elements/{index}"
            yield from _part(one, {"rich_text_section"}, where) if kind == "rich_text_list" else _run(one, where)


def _run(run: Any, at: str) -> Iterator[str]:
    kind = run.get("type") if isinstance(run, dict) else None
    if kind not in RUNS:
        yield f"unsupported run: {kind} [{at}]"
    else:
        yield from string(run.get(RUNS[kind]), MOST, f"{at}/{RUNS[kind]}")
