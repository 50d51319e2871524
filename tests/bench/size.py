"""What the bot takes: time to start, and memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

from bot.store import keys
from tests.bench.acks import AT_ONCE, BOLT, afresh, events
from tests.bench.load import load, webhooks
from tests.bench.servers import BASELINES, SERVE, Bench, Server
from tests.bench.table import Row

VALKEY: Final = 0.15  # seconds granted for starting the embedded Valkey


async def start(bench: Bench, *, rounds: int) -> list[Row]:
    """From `python -m bot serve` in an empty data directory to its first 200, beside Bolt's hello-world."""
    took: list[tuple[float, float]] = []
    for number in range(rounds + 1):
        with tempfile.TemporaryDirectory(prefix="bridge-start-") as folder:
            async with bench.server(SERVE, folder=Path(folder)) as bot:
                pass
        async with bench.server(BASELINES[BOLT]) as bolt:
            pass
        if number:  # the first round fills the system's cache of files
            took.append((bot.ready, bolt.ready))
    value = median((bot - VALKEY) / bolt for bot, bolt in took)
    raw: dict[str, float | str] = {
        "bot, s": median(bot for bot, _ in took),
        f"{BOLT}, s": median(bolt for _, bolt in took),
    }
    return [Row("start to first 200, less 150 ms for Valkey, beside Bolt", "<=", 1.5, value, raw=raw, reach=2.0)]


async def memory(bench: Bench, *, count: int) -> list[Row]:
    """`bot serve`, worker included, after `count` events; Bolt's hello-world after as many commands."""
    afresh(bench)
    async with bench.server(SERVE) as bot, bench.server(BASELINES[BOLT]) as bolt:
        requests = webhooks(events(bench), bench.inbox.sign)
        early = await _fed(bench, bot, requests, count // 5)
        full = await _fed(bench, bot, requests, count - count // 5)
        await load(bolt.port, bench.commands(), AT_ONCE, 60.0, most=count)
        theirs = bolt.memory()
    raw: dict[str, float | str] = {"bot, MiB": full, f"bot after {count // 5}, MiB": early, f"{BOLT}, MiB": theirs}
    return [
        Row(f"memory after {count:,} events, beside Bolt", "<=", 1.5, full / theirs, raw=raw, reach=1.6),
        Row(f"memory after {count:,} events, beside after {count // 5:,}", "<=", 1.05, full / early, raw=raw),
    ]


async def _fed(bench: Bench, bot: Server, requests: Iterator[bytes], count: int) -> float:
    """MiB once `count` events more are accepted and noted; their posts wait for the channel's pace."""
    await load(bot.port, requests, AT_ONCE, 60.0, most=count)
    with bench.store() as store:
        await bench.until(lambda: not store.llen(keys.lane("inbound")), 60 + count / 100)
    return bot.memory()
