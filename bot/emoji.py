"""The emoji that Slack has names for. `emoji_names.json` says whose data it is, and `tests/emoji_table.py` makes it."""

from __future__ import annotations

import itertools
import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

_LIGHT, _MEDIUM_LIGHT = "\U0001f3fb", "\U0001f3fc"  # in which the table has those with skin tones

_AS_PICTURE = "\ufe0f"


class Table(NamedTuple):
    """`names` to emoji; `tones` to the same in tone 2, and in tones 2 and 3 where two people are shown."""

    source: str
    names: dict[str, str]
    tones: dict[str, list[str]]


@cache
def table() -> Table:
    """Read when somebody writes an emoji for the first time."""
    return Table(**json.loads(Path(__file__).with_name("emoji_names.json").read_text("utf-8")))


def glyph(name: str, tones: str = "") -> str:
    """The emoji that Slack calls `name`; "" when there is none.

    `tones` are the digits of its skin tones, 2 to 6; an emoji that has no such tones is shown without them.
    """
    toned = table().tones.get(name)
    if toned and tones:
        first, second = (chr(0x1F3F9 + int(one)) for one in (tones[0], tones[-1]))
        if first == second:
            return toned[0].replace(_LIGHT, first)
        if len(toned) > 1:
            return "".join({_LIGHT: first, _MEDIUM_LIGHT: second}.get(one, one) for one in toned[1])
    return table().names.get(name, "")


def is_emoji(text: str) -> bool:
    """Whether `text` is exactly one emoji, in any skin tone."""
    return _bare(text) in _known()


def same(one: str, other: str) -> bool:
    """Whether both are the same emoji; some are written with and without a variation selector."""
    return one.replace(_AS_PICTURE, "") == other.replace(_AS_PICTURE, "")


@cache
def _known() -> frozenset[str]:
    """Every emoji, without what only says how it is drawn; two people in two tones may be another one than in none."""
    shown = [*table().names.values(), *itertools.chain.from_iterable(table().tones.values())]
    return frozenset(map(_bare, shown)) - {""}  # which a skin tone is of itself


def _bare(text: str) -> str:
    """Without skin tones and the sign that asks for a picture."""
    return "".join(one for one in text if one != _AS_PICTURE and not "\U0001f3fb" <= one <= "\U0001f3ff")
