"""The bot moves from the Valkey beside it to a server and back while people write: nothing is lost or repeated."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.operate import backup
from bot.sandbox.slack.records import BOT_USER
from bot.sandbox.stage import Scene, bot_on, scene, settings_for
from bot.settings import Settings
from tests.conftest import QUICK
from tests.e2e.steps import hears, idle
from tests.servers import Start, starting

pytestmark = pytest.mark.exhaustive

SAID = re.compile(r"say-\d+-\d+")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with starting(tmp_path) as begin:
        yield begin


class Writers:
    """Six people who write one after the other until they are told to stop; `said` is what they have written so far."""

    def __init__(self, on: Scene) -> None:
        self._on, self.said = on, list[str]()
        self._people = [on.inbox.add_person(f"p{n}", f"Person {n}", f"18{n:017}") for n in range(6)]
        self._task = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while True:
            turn, number = divmod(len(self.said), len(self._people))
            self.said.append(f"say-{number}-{turn}")
            await self._on.inbox.customer_writes(self._people[number], self.said[-1])
            await asyncio.sleep(0.05)

    async def have_written(self, more: int) -> None:
        enough = len(self.said) + more
        await self._on.slack.until(lambda: len(self.said) >= enough, 30.0)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def shown(on: Scene) -> Counter[str]:
    """How often each message stands below a card."""
    posts = on.slack.posts[on.acme.channel].values()
    below = [on.slack.show(one) for one in posts if one.thread_ts and one.user == BOT_USER and not one.deleted]
    return Counter(word for text in below for word in SAID.findall(text))


async def test_a_bot_moves_from_the_valkey_beside_it_to_a_server_and_back_under_load(
    api: str, start: Start, tmp_path: Path, logged: Any
) -> None:
    server = f"redis://127.0.0.1:{start('--appendonly', 'yes')}/0"
    beside: dict[str, Any] = {"redis_url": None, "bot_data_dir": tmp_path / "data"}
    elsewhere: dict[str, Any] = {"redis_url": server, "bot_data_dir": tmp_path / "data"}
    file = str(tmp_path / "move.jsonl")
    async with scene(versions=[api]) as on:

        def settings(place: dict[str, Any]) -> Settings:
            return settings_for(on.slack, on.inbox, on.inbox_url, **place)

        async with bot_on(on, timing=QUICK, **beside) as running:
            await running.slack.command(on.acme.ana, on.acme.channel, "/inbox", "route add text:refund")
            await hears(running, on.acme.ana, "Rule 1", 20.0)
            people = Writers(on)  # what was written before the first start would be history
            await people.have_written(30)
        assert await backup.export(settings(beside), file) == 0
        await people.have_written(6)
        assert await backup.take(settings(elsewhere), file, replace=False) == 0
        async with bot_on(on, timing=QUICK, **elsewhere):
            await people.have_written(30)
        assert await backup.export(settings(elsewhere), file) == 0
        await people.have_written(6)
        assert await backup.take(settings(beside), file, replace=True) == 0  # what was left there is old
        async with bot_on(on, timing=QUICK, **beside) as running:
            await people.have_written(30)
            await people.stop()
            await on.slack.until(lambda: set(people.said) <= set(shown(on)), 30.0)
            await idle(running, 30.0)
            assert {text: count for text, count in shown(on).items() if count != 1} == {}
            cards = [one for one in on.slack.messages(on.acme.channel) if one.user == BOT_USER and not one.thread_ts]
            assert len(cards) == 6
            await running.slack.command(on.acme.ana, on.acme.channel, "/inbox", "route list")
            await hears(running, on.acme.ana, "1. text", 20.0)  # what was set has moved along
        assert on.inbox.violations == []
