"""The arguments that the Web API methods share: how they are sent, and what a missing one is answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bot.sandbox.slack.records import Json, SlackError

ENCODED = ("blocks", "attachments", "metadata", "view", "message")


def decoded(args: Json) -> Json:
    """Arguments with the JSON that Slack's clients put in strings parsed; raises SlackError."""
    try:
        return {k: json.loads(v) if k in ENCODED and isinstance(v, str) and v else v for k, v in args.items()}
    except ValueError:
        raise SlackError("invalid_arguments", "blocks, attachments, metadata, message and view must be JSON") from None


def given(args: Json, name: str) -> str:
    if not args.get(name):
        raise SlackError("invalid_arguments", f"missing required field: {name}")
    return str(args[name])


def true(value: Any) -> bool:
    return value is True or str(value).lower() in ("true", "1")


def page(args: Json, name: str, items: Sequence[Json | str]) -> Json:
    start, size = int(args.get("cursor") or 0), int(args.get("limit") or 100)
    more = start + size < len(items)
    cursor = str(start + size) if more else ""
    return {name: items[start : start + size], "has_more": more, "response_metadata": {"next_cursor": cursor}}
