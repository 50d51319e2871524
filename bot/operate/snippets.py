"""`bot snippets`: all saved replies as JSON, out and in.

    {"snippets": [{"name": "Refund", "text": "Hi {first_name|there}, …"}, {"name": "…", "text": "…", "owner": "U0ANA"}]}

Without an `owner`, which is a Slack user id, it is the team's.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import count
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bot.errors import SettingsError
from bot.operate.files import STREAM, writing
from bot.queue.job import utc_now
from bot.records import one_line
from bot.settings import Settings
from bot.slack.inputs import INPUT
from bot.snippets.places import unknown
from bot.snippets.store import MOST, TEAM, Snippet, Snippets, is_called
from bot.snippets.views import NAME
from bot.start import opened_redis

_USER: Final = re.compile(rf"{TEAM}|[UW][A-Z0-9]{{2,}}")


class Entry(BaseModel):
    """One of a file."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, AfterValidator(one_line)] = Field(min_length=1, max_length=NAME)
    text: str = Field(min_length=1, max_length=INPUT)
    owner: str = TEAM


class Everything(BaseModel):
    """A whole file."""

    model_config = ConfigDict(extra="forbid")
    snippets: list[Entry]


async def run(settings: Settings, *, export_to: str | None, import_from: str | None) -> int:
    """Write all saved replies to a file, or take those of a file. Raises `SettingsError` for a file that is wrong."""
    entries = read(import_from) if import_from is not None else []
    async with opened_redis(settings) as redis:
        snippets = Snippets(redis)
        if import_from is not None:
            print(await take(snippets, entries))
        elif export_to is not None:
            text = written(await snippets.everything())
            with writing(export_to, f"--export {export_to}") as file:
                file.write(text)
    return 0


def written(some: Sequence[Snippet]) -> str:
    """The file."""
    entries = [
        {"name": one.name, "text": one.text} | ({} if one.owner == TEAM else {"owner": one.owner}) for one in some
    ]
    return json.dumps({"snippets": entries}, ensure_ascii=False, indent=2) + "\n"


def read(path: str) -> list[Entry]:
    """What stands in a file. Raises `SettingsError` with the entry that is wrong."""
    try:
        raw = sys.stdin.buffer.read() if path == STREAM else Path(path).read_bytes()
        found = Everything.model_validate_json(raw).snippets
    except OSError as error:
        raise SettingsError(f"--import {path} cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        raise SettingsError(f"--import {path} is wrong{_where(error)}.") from None
    twice = Counter((one.owner, one.name.casefold()) for one in found)
    for number, one in enumerate(found, 1):
        why = _wrong(one, several=twice[one.owner, one.name.casefold()] > 1)
        if why:
            raise SettingsError(f"--import {path} is wrong in number {number} ({one.name}): {why}.")
    return found


def _wrong(one: Entry, *, several: bool) -> str:
    if not _USER.fullmatch(one.owner):
        return "its owner is no Slack user id"
    if place := unknown(one.text):
        return f"there is no {place}"
    return "another one has the same name" if several else ""


def _where(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    place: Any = first["loc"]
    numbers = [one + 1 for one in place if isinstance(one, int)]
    which = f" in number {numbers[0]}" if numbers else ""
    field = f", {place[-1]}" if numbers and isinstance(place[-1], str) else ""
    return f"{which}{field}: {first['msg'].rstrip('.')}"


async def take(snippets: Snippets, entries: Sequence[Entry]) -> str:
    """Add them, or change those of the same name; none is removed. What was done, in words. Raises `SettingsError`."""
    added = changed = 0
    for owner in sorted({one.owner for one in entries}):
        some = [one for one in entries if one.owner == owner]
        fresh, other = await _take(snippets, owner, some)
        added, changed = added + fresh, changed + other
    return f"{added} added, {changed} changed, {len(entries) - added - changed} as they were."


async def _take(snippets: Snippets, owner: str, entries: Sequence[Entry]) -> tuple[int, int]:
    """How many of one owner's are new, and how many are changed."""
    counts = (0, 0)

    def change(there: dict[str, Snippet]) -> list[Snippet]:
        nonlocal counts
        news, changes = list[Snippet](), list[Snippet]()
        for one in entries:
            known = next((old for old in there.values() if is_called(old, one.name)), None)
            if known is None:
                news.append(_made(one, _free_id(owner, one.name, {*there, *(new.id for new in news)})))
            elif (known.name, known.text) != (one.name, one.text):
                changes.append(_made(one, known.id))
        if len(there) + len(news) > MOST:
            raise SettingsError(f"--import has too many for {owner}: there is room for {MOST:,}.")
        counts = (len(news), len(changes))
        return [*news, *changes]

    await snippets.edit(owner, change)
    return counts


def _made(one: Entry, snippet_id: str) -> Snippet:
    rev = hashlib.sha256(f"{one.name}\n{one.text}\n{utc_now()}".encode()).hexdigest()[:16]
    return Snippet(id=snippet_id, owner=one.owner, name=one.name, text=one.text, rev=rev, at=utc_now())


def _free_id(owner: str, name: str, taken: Collection[str]) -> str:
    """The same however often a file is taken, but for one that another reply has, which was called so once."""
    about = (f"{owner}\n{name.casefold()}" + f"\n{n}" * bool(n) for n in count())
    ids = (hashlib.sha256(one.encode()).hexdigest()[:16] for one in about)
    return next(one for one in ids if one not in taken)
