"""How soon a bot ends that is told to: a platform kills after ten seconds."""

from __future__ import annotations

import time

import pytest

from tests.bench.load import load
from tests.bench.servers import SERVE, bench

pytestmark = [pytest.mark.bench, pytest.mark.timeout(360)]  # the first one makes the environment


async def test_sigterm_ends_a_bot_within_ten_seconds_though_inbox_hangs() -> None:
    async with bench() as on, on.server(SERVE) as bot:
        on.inbox.fail("*", delay=600.0, times=None)
        await load(bot.port, on.commands(words="@sarah hello"), 1, 5.0, most=4)
        began = time.monotonic()
        bot.process.terminate()
        assert await bot.process.wait() == 0
        assert time.monotonic() - began < 10
        on.inbox.heal()
