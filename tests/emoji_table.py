"""Makes `bot/views/emoji_names.json`, the emoji that Slack has names for, from the public data set of those names.

    python tests/emoji_table.py PACKAGE > bot/views/emoji_names.json

PACKAGE is a directory into which the package `emoji-datasource` (MIT, Cal Henderson) was unpacked. An emoji with skin
tones is kept once in tone 2, and once in tones 2 and 3 where it shows two people: the others follow from it, which is
checked here for each of them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LIGHT, MEDIUM_LIGHT = "\U0001f3fb", "\U0001f3fc"  # tones 2 and 3


def glyph(code_points: str) -> str:
    """`1F44B-1F3FB` as text."""
    return "".join(chr(int(one, 16)) for one in code_points.split("-"))


def toned(variations: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The emoji in tone 2, and in tones 2 and 3 where there are two."""
    shown = {glyph(tones): glyph(one["unified"]) for tones, one in variations.items()}
    kept = [
        shown.get(LIGHT) or shown[LIGHT * 2],
        *([shown[LIGHT + MEDIUM_LIGHT]] if LIGHT + MEDIUM_LIGHT in shown else []),
    ]
    for tones, wanted in shown.items():
        first, second = tones[0], tones[-1]
        if first == second:
            made = kept[0].replace(LIGHT, first)
        else:
            made = kept[1].replace(LIGHT, "first").replace(MEDIUM_LIGHT, second).replace("first", first)
        assert made == wanted, wanted
    return kept


def table(package: Path) -> dict[str, Any]:
    about = json.loads((package / "package.json").read_text())
    entries = json.loads((package / "emoji.json").read_text())
    names = {name: glyph(one["unified"]) for one in entries for name in one["short_names"]}
    tones = {
        name: toned(one["skin_variations"])
        for one in entries
        if one.get("skin_variations")
        for name in one["short_names"]
    }
    source = f"{about['name']} {about['version']}, {about['license']} licence, by {about['author'].partition(' <')[0]}"
    return {"source": source, "names": dict(sorted(names.items())), "tones": dict(sorted(tones.items()))}


if __name__ == "__main__":
    json.dump(table(Path(sys.argv[1])), sys.stdout, ensure_ascii=False, indent=0, separators=(",", ":"))
    sys.stdout.write("\n")
