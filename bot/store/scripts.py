"""Lua scripts: each is a file beside the store that runs it.

A script names keys as `bot.store.keys` does; the constants that it names stand before it. A line
`-- include queue/lanes.lua` stands for that file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha1
from pathlib import Path
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from bot.store import keys

BOT: Final = Path(__file__).parents[1]
_INCLUDE: Final = re.compile(r"^-- include (\S+)$", re.MULTILINE)
_CONSTANTS: Final = {name: value for name, value in vars(keys).items() if name.isupper()}


class Script:
    """Runs a script by its digest: its text is sent once. redis-py's own asks each time in what it is to run."""

    def __init__(self, redis: Redis, lua: str) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._lua, self._digest = lua, sha1(lua.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, *, keys: Sequence[str | bytes], args: Iterable[Any] = ()) -> Any:
        """What the script answers. `keys` tells a proxy or a cluster where it belongs."""
        asked = ("EVALSHA", self._digest, len(keys), *keys, *args)
        try:
            return await self._redis.execute_command(*asked)
        except NoScriptError:  # another server, or the same that lost what it knew
            await self._redis.script_load(self._lua)
            return await self._redis.execute_command(*asked)


def script(redis: Redis, path: str) -> Script:
    """What runs the script at `path`, seen from `bot/`."""
    return Script(redis, text(path))


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
