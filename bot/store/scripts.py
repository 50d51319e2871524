"""Lua scripts: each is a file beside the store that runs it.

A script names keys as `bot.store.keys` does; the constants that it names stand before it. A line
`-- include queue/lanes.lua` stands for that file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from redis.asyncio import Redis

from bot.store import keys

BOT: Final = Path(__file__).parents[1]
_INCLUDE: Final = re.compile(r"^-- include (\S+)$", re.MULTILINE)
_CONSTANTS: Final = {name: value for name, value in vars(keys).items() if name.isupper()}


def script(redis: Redis, path: str) -> Any:
    """What runs the script at `path`, seen from `bot/`, by its digest: its text is sent once."""
    return redis.register_script(text(path))


def pairs(answer: Sequence[bytes]) -> dict[bytes, bytes]:
    """The fields of a hash, as a script has them from HGETALL."""
    return dict(zip(answer[::2], answer[1::2], strict=True))


@cache
def text(path: str) -> str:
    """The script as Redis gets it."""
    lua = _source(path)
    named = sorted(_CONSTANTS.keys() & set(re.findall(r"\b[A-Z_]+\b", lua)))
    return "".join(f"local {name} = {_CONSTANTS[name]!r}\n" for name in named) + lua


def _source(path: str) -> str:
    return _INCLUDE.sub(lambda found: _source(found[1]), (BOT / path).read_text())
