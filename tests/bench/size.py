"""What the bot takes: time to start, memory, and what changes when the team grows."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Final

import redis

from bot.store import keys
from tests.bench.acks import AT_ONCE, BOLT, afresh, events
from tests.bench.load import load, shortcuts, webhooks
from tests.bench.servers import BASELINES, QUICK, SERVE, WEB, Bench, Server
from tests.bench.table import Row
from tests.bench.work import card_latency

Sizes = dict[int, list[float]]
FEW: Final = 100
MANY: Final = 100_000
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
        await bench.until(lambda: not store.llen(keys.lane("inbound")), 120)
    return bot.memory()


# KEYS: a card. ARGV: what every key begins with, the first and the last number of the copies.
_MORE: Final = """
for i = ARGV[2], ARGV[3] do
  redis.call('COPY', KEYS[1], ARGV[1] .. 'card:thread' .. i)
  redis.call('SET', ARGV[1] .. 'card-at:C0MANY:' .. i, 'thread' .. i)
  redis.call('SADD', ARGV[1] .. 'threads-of:person' .. i, 'thread' .. i)
  redis.call('SET', ARGV[1] .. 'link:U' .. i, 'member' .. i)
  redis.call('SADD', ARGV[1] .. 'linked', 'U' .. i)
end
"""
_FEWER: Final = """
for i = ARGV[2], ARGV[3] do
  redis.call('DEL', ARGV[1] .. 'card:thread' .. i, ARGV[1] .. 'card-at:C0MANY:' .. i)
  redis.call('DEL', ARGV[1] .. 'threads-of:person' .. i, ARGV[1] .. 'link:U' .. i)
  redis.call('SREM', ARGV[1] .. 'linked', 'U' .. i)
end
"""


async def growth(bench: Bench, *, rounds: int, times: int) -> list[Row]:
    """The same acts while the bot knows 100 and 100,000 threads and links, in turns."""
    thread = bench.inbox.world.thread_between(bench.acme.account, bench.acme.sarah)
    assert thread is not None
    bench.empty()
    async with bench.server((*QUICK, "both")) as bot:
        await card_latency(bench, bot)
        cards = await _by_size(bench, thread.id, rounds, lambda: _typical(bench, bot, times))
    clicks = shortcuts(bench.secret, bench.acme.ana, "C0MANY", "1")
    async with bench.server(WEB) as bot:

        async def ack() -> float:
            return (await load(bot.port, clicks, 1, 0.5)).percentile(50)

        acks = await _by_size(bench, thread.id, rounds, ack)
    return [
        _grown("ack of a shortcut on a card", acks),
        _grown("webhook in → Slack call out", cards),
    ]


async def _typical(bench: Bench, bot: Server, times: int) -> float:
    return median([await card_latency(bench, bot) for _ in range(times)])


async def _by_size(bench: Bench, thread_id: str, rounds: int, measure: Callable[[], Awaitable[float]]) -> Sizes:
    """What `measure` gives (seconds) at each size, in turns."""
    with bench.store() as store:
        found: Sizes = {FEW: [], MANY: []}
        _resize(store, _MORE, thread_id, 1, FEW)
        for _ in range(rounds):
            found[FEW].append(await measure())
            _resize(store, _MORE, thread_id, FEW + 1, MANY)
            found[MANY].append(await measure())
            _resize(store, _FEWER, thread_id, FEW + 1, MANY)
    return found


def _resize(store: redis.Redis, script: str, thread_id: str, first: int, last: int) -> None:
    for begin in range(first, last + 1, 10_000):
        store.eval(script, 1, keys.card(thread_id), keys.PREFIX, str(begin), str(min(begin + 9_999, last)))
    while store.info("persistence")["aof_rewrite_in_progress"]:  # of so much new data; it would be measured too
        time.sleep(0.05)


def _grown(what: str, found: Sizes) -> Row:
    value = median(many / few for few, many in zip(found[FEW], found[MANY], strict=True))
    raw: dict[str, float | str] = {f"{size:,}, ms": median(took) * 1000 for size, took in found.items()}
    return Row(f"{what}, {MANY:,} threads and links beside {FEW}", "<=", 1.2, value, raw=raw)
