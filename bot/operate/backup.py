"""`bot export` and `bot import`: all that the bot keeps in Redis as lines of JSON, out and in.

    {"inbox-bridge": 1, "version": "0.1.0", "layout": 1, "workspace": "Acme", "at": "2026-11-26T09:00:00+00:00"}
    {"key": "routes", "type": "string", "value": [{"id": "4f2a9c", "channel": "C0SALES", …}]}
    …
    {"end": 1234, "running": false}

What was copied while a bot was running is put back without what people had asked for and was not done: that bot did it.
Of each message that waited to be sent later, its writer is asked first, when its time comes; where they were asked
already, they are asked again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO

from pydantic import BaseModel, Field, ValidationError

from bot.errors import SettingsError
from bot.operate.files import STREAM, writing
from bot.settings import Settings
from bot.start import opened_redis
from bot.store import snapshot
from bot.store.installation import InstallState
from bot.store.layout import layout_of
from bot.store.running import others
from bot.store.snapshot import Item
from bot.version import version

FORMAT: Final = 1
_COPIED: Final = (
    "A bot was running, so this is a copy to keep: what people had asked for and was not done yet is left out where it "
    "is imported. To move, stop every process of the bot, and export again."
)
_MOVES: Final = (
    "No bot was running: where this is imported, everything goes on where it was. Start no bot on the old data again, "
    "or both post."
)


class Head(BaseModel):
    """The first line of a file."""

    format: int = Field(alias="inbox-bridge", le=FORMAT)
    version: str
    layout: int
    workspace: str = ""
    at: datetime


class End(BaseModel):
    """The last line: how many there are between both, and whether a bot was running meanwhile."""

    end: int
    running: bool


class Copy(NamedTuple):
    """A file that is whole."""

    head: Head
    items: list[Item]
    end: End


async def export(settings: Settings, path: str) -> int:
    """Write everything to a file that nobody else may read. Raises `SettingsError` where it cannot be written."""
    async with opened_redis(settings) as redis:
        running, count = await others(redis), 0
        workspace = await InstallState(redis).workspace()
        head = {"inbox-bridge": FORMAT, "version": version(), "layout": await layout_of(redis)}
        head |= {"workspace": workspace.name if workspace else "", "at": datetime.now(UTC).isoformat()}
        with writing(path, path) as file:
            file.write(_line(head))
            async for item in snapshot.read(redis):
                count += 1
                file.write(_line(_written(item)))
            if count == 0:
                raise SettingsError("Nothing is there to export: does REDIS_URL or BOT_DATA_DIR name the bot's own?")
            running = await others(redis) or running
            file.write(_line({"end": count, "running": running}))
    said = sys.stderr if path == STREAM else sys.stdout
    print(f"{count:,} keys written to {path}. {_COPIED if running else _MOVES}", file=said)
    return 0


async def take(settings: Settings, path: str, *, replace: bool) -> int:
    """Put a file's content where nothing is, or in the place of what is. Raises `SettingsError`."""
    copy = read(path)
    items, left_out = copy.items, 0
    if copy.end.running:
        items, left_out = snapshot.without_requests(asking_first(items, datetime.now(UTC)))
    place = "REDIS_URL" if settings.redis_url else "BOT_DATA_DIR"
    async with opened_redis(settings) as redis:
        if await others(redis):
            raise SettingsError(f"A bot runs on what {place} names: stop all of its processes, then import again.")
        if not (replace or await snapshot.is_empty(redis)):
            raise SettingsError(
                f"{place} names a Redis in which a bot's data are already: name an empty one, or add --replace to "
                "throw them away."
            )
        await snapshot.write(redis, copy.head.layout, items)
    done = f" Left out: {left_out} that people had asked for and the bot that ran on did." if left_out else ""
    print(f"{len(items):,} keys are as they were at {copy.head.at:%Y-%m-%d %H:%M} UTC.{done} Start the bot now.")
    return 0


def read(path: str) -> Copy:
    """What stands in a file. Raises `SettingsError` with the line that is wrong, and for one that is not whole."""
    number = 0
    try:
        with _reading(path) as file:
            lines = [line for line in file if line.strip()]
        first, *between, last = lines
        head, number = Head.model_validate(json.loads(first)), 1
        items = list[Item]()
        for number, line in enumerate(between, 2):  # noqa: B007  # the line that is wrong
            items.append(Item.model_validate(json.loads(line)))
        number = len(lines)
        end = End.model_validate(json.loads(last))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, ValidationError):
        where = f"line {number} is none" if number else "it does not begin like one"
        raise SettingsError(f"{path} is no whole file of `bot export` that this version knows: {where}.") from None
    if end.end != len(items):
        raise SettingsError(f"{path} is not whole: it should have {end.end} keys, and has {len(items)}.")
    return Copy(head, items, end)


def asking_first(items: Sequence[Item], now: datetime) -> list[Item]:
    """The same, with each message that waits so that its writer is asked before it is sent, or asked again: the bot
    that ran on may have sent it, or they may have cancelled it there. Those whose time has come, and those that were
    asked about, are looked at again from `now` on.
    """
    open_ones, due = dict[str, Item](), list[str]()
    for item in items:
        if not item.key.startswith("scheduled:"):
            continue
        said = json.loads(item.value) if isinstance(item.value, str) else item.value
        state = said.get("state", "waits")
        if state in ("waits", "asks"):
            open_ones[item.key] = item.model_copy(update={"value": said | {"copied": True, "asked": None}})
            is_due = state == "asks" or datetime.fromisoformat(said["at"]) <= now
            due += [item.key.removeprefix("scheduled:")] if is_due else []
    later = [open_ones.get(item.key, item) for item in items]
    scores = dict.fromkeys(due, now.timestamp())
    return [
        item.model_copy(update={"value": item.value | scores}) if item.key == "scheduled" else item for item in later
    ]


def _written(item: Item) -> dict[str, Any]:
    until = {"until": item.until.isoformat()} if item.until else {}
    return {"key": item.key, "type": item.type, **until, "value": item.value}


def _line(said: dict[str, Any]) -> str:
    """What is no text is a lone surrogate in the values, which JSON's own escapes write."""
    return json.dumps(said, ensure_ascii=False) + "\n"


@contextmanager
def _reading(path: str) -> Iterator[TextIO]:
    if path == STREAM:
        sys.stdin.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
        yield sys.stdin
        return
    with Path(path).open(encoding="utf-8", newline="\n") as file:
        yield file
