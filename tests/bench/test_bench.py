"""The short version for CI: no figure may fall below 0.8 of its goal, however busy the machine is otherwise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import pytest
import uvloop

from bot import log
from tests.bench.__main__ import ON_V1
from tests.bench.acks import acks, while_inbox_hangs
from tests.bench.felt import clicks, without_webhook
from tests.bench.growth import at_rest
from tests.bench.servers import Bench, bench
from tests.bench.size import start
from tests.bench.table import Row, as_text
from tests.bench.work import calls, drain, idle

pytestmark = [pytest.mark.bench, pytest.mark.timeout(360)]  # the first one makes the environment
PART: Final = 0.8
TRIES: Final = 3
SHORT: Final[dict[str, Callable[[Bench], Awaitable[list[Row]]]]] = {
    "acks": lambda on: acks(on, rounds=3, seconds=0.25),
    "while Inbox hangs": lambda on: while_inbox_hangs(on, seconds=1.0),
    "idle": lambda on: idle(on, times=40),
    "clicks": lambda on: clicks(on, times=20),
    "unhooked": lambda on: without_webhook(on, active=6, at_rest=0),
    "drain": lambda on: _drained(on),
    "start": lambda on: start(on, rounds=1),
    "at-rest": at_rest,
    "calls": lambda _: calls(),
}


@pytest.mark.parametrize("part", SHORT)
def test_no_figure_falls_below_four_fifths_of_its_goal(part: str) -> None:
    log.configure("ERROR", "console")
    reached: dict[str, Row] = {}
    for _ in range(TRIES):
        rows = uvloop.run(_measured(part))
        reached |= {row.what: row for row in rows if row.reaches(PART)}
        missed = [row for row in rows if row.what not in reached]
        if not missed:
            break
    print(f"\n{as_text([*reached.values(), *missed])}")  # noqa: T201  # the measured figures
    assert [row.what for row in missed] == []


async def _drained(on: Bench) -> list[Row]:
    """By processor time alone: on a busy machine the local Slack and Valkey keep the worker waiting."""
    return [row for row in await drain(on, count=1000) if "processor time" in row.what]


async def _measured(part: str) -> list[Row]:
    async with bench("v1" if part in ON_V1 else "v2") as on:
        return await SHORT[part](on)
