"""The rules behind Block Kit's limits: each yields a line for what Slack would refuse. Lengths are in code points."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def text_object(text: Any, most: int, at: str, *kinds: str) -> Iterator[str]:
    kinds = kinds or ("plain_text", "mrkdwn")
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield f"must be a text object of type {' or '.join(kinds)} [{at}]"
        return
    yield from unknown(text, ["type", "text", "emoji" if text["type"] == "plain_text" else "verbatim"], at)
    yield from string(text.get("text"), most, at)


def string(value: Any, most: int, at: str, *, empty: bool = False) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"must be a string [{at}]"
    elif not value and not empty:
        yield f"must be more than 0 characters [{at}]"
    elif len(value) > most:
        yield f"must be less than {most + 1} characters: {len(value)} [{at}]"


def count(items: Any, most: int, at: str, least: int = 1) -> Iterator[str]:
    if not isinstance(items, list) or not least <= len(items) <= most:
        yield f"must be an array of {least} to {most} items [{at}]"


def repeated(items: list[Any], key: str, at: str) -> Iterator[str]:
    ids = [item[key] for item in dicts(items) if isinstance(item.get(key), str)]
    for twice in sorted({one for one in ids if ids.count(one) > 1}):
        yield f"{key} already exists: {twice} [{at}]"


def unknown(thing: Json, known: list[str], at: str) -> Iterator[str]:
    for key in thing.keys() - set(known):
        yield f"invalid additional property: {key} [{at}]"


def dicts(items: Any) -> list[Json]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
