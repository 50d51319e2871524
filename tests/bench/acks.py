"""How fast requests are answered: the bot's web process beside the baselines, in turns."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

from bot.store import keys
from tests.bench.load import Load, load, webhooks
from tests.bench.peers import QUEUES, with_queue
from tests.bench.servers import BASELINES, NODE, SERVE, WEB, Bench, Server, node
from tests.bench.table import Row

AT_ONCE: Final = 16  # connections
DM, INBOX, WEBHOOK = "bot, /dm", "bot, /inbox", "bot, webhook"
BARE, BOLT, BEFORE = BASELINES
BULLMQ: Final = "@slack/bolt + BullMQ on node"
PEERS: Final = {"Bolt + arq": 1.8, "Bolt + rq": 1.8, "Bolt + celery": 1.8, BULLMQ: 1.2}  # goals


@dataclass
class Turn:
    """What one server did in one turn: with 16 connections, the processor time of each request, and with one."""

    many: Load
    cpu: float
    one: Load


async def acks(bench: Bench, *, rounds: int, seconds: float) -> list[Row]:
    """Everything that is a ratio of answered requests."""
    turns: dict[str, list[Turn]] = defaultdict(list)
    async with AsyncExitStack() as stack:
        commands = dict(BASELINES) | ({NODE: found} if (found := node()) else {})
        servers = {name: await stack.enter_async_context(bench.server(one)) for name, one in commands.items()}
        bot = await stack.enter_async_context(bench.server(WEB))
        asked: dict[str, tuple[Server, Iterator[bytes]]] = {
            **{name: (one, bench.commands()) for name, one in servers.items()},
            DM: (bot, bench.commands()),
            INBOX: (bot, bench.commands("/inbox", "doctor")),
            WEBHOOK: (bot, webhooks(events(bench), bench.inbox.sign)),
        }
        afresh(bench)
        for number in range(rounds + 1):
            for name, (server, requests) in asked.items():
                turn = await _turn(server, requests, seconds)
                if number:  # the first round warms up
                    turns[name].append(turn)
            afresh(bench)
    return _rows(turns)


def afresh(bench: Bench) -> None:
    """No lane is full, and the feed is known beyond every webhook, so that none waits for another."""
    bench.empty()
    with bench.store() as store:
        store.set(keys.CURSOR, 10**12)


async def _turn(server: Server, requests: Iterator[bytes], seconds: float) -> Turn:
    before = server.cpu()
    many = await load(server.port, requests, AT_ONCE, seconds)
    cpu = (server.cpu() - before) / len(many.took)
    return Turn(many, cpu, await load(server.port, requests, 1, seconds / 2))


def _rows(turns: dict[str, list[Turn]]) -> list[Row]:
    def rate(turn: Turn) -> float:
        return turn.many.rate

    def per_core(turn: Turn) -> float:
        """What a server answers that has its core to itself, whatever else this machine does."""
        return 1 / turn.cpu

    def cpu(turn: Turn) -> float:
        return turn.cpu

    def one(turn: Turn) -> float:
        return turn.one.percentile(50)

    def typical(name: str, figure: Callable[[Turn], float]) -> float:
        return median(map(figure, turns[name]))

    def ratio(ours: str, theirs: str, figure: Callable[[Turn], float]) -> float:
        """The median over the rounds, as what else the machine does hits both within a round."""
        return median(figure(our) / figure(their) for our, their in zip(turns[ours], turns[theirs], strict=True))

    def raw(figure: Callable[[Turn], float], scale: float, *names: str) -> dict[str, float | str]:
        return {name: round(typical(name, figure) * scale, 3) for name in names}

    dm = "/dm, full ack path, 16 connections, requests/s"
    last = "processor time of the command that the table names last beside the one it names first"

    def beside(other: str, goal: float, figure: Callable[[Turn], float] = per_core, reach: float | None = None) -> Row:
        value = ratio(DM, other, figure)
        return Row(f"{dm}, beside {other}", ">=", goal, value, raw=raw(figure, 1, DM, other), reach=reach)

    many = {"p50": median(turn.many.percentile(50) for turn in turns[DM]) * 1000}
    tail = median(turn.many.percentile(99) for turn in turns[DM]) * 1000
    hook, hooks = ratio(WEBHOOK, BARE, per_core), raw(per_core, 1, WEBHOOK, BARE)
    time, times = ratio(DM, BOLT, cpu), raw(cpu, 1e6, DM, BOLT, BEFORE)
    node_row = Row(f"{dm}, beside {NODE}", ">=", 0.0, None, note="not measured: see docs/speed.md")
    return [
        beside(BARE, 0.13, reach=0.12),
        beside(BEFORE, 0.6),
        beside(BOLT, 1.2, rate),
        beside(NODE, 0.0) if turns[NODE] else node_row,
        Row("/dm, one connection, p50 beside Bolt", "<=", 0.12, ratio(DM, BOLT, one), raw=raw(one, 1e3, DM, BOLT)),
        Row("/dm, 16 connections, p99", "<=", 100, tail, "ms", {**many}),
        Row("webhooks accepted, 16 connections, beside bare ASGI", ">=", 0.13, hook, raw=hooks),
        Row("processor time of a /dm beside Bolt", "<=", 1.3, time, raw=times, reach=1.4),
        Row(last, "<=", 1.1, ratio(INBOX, DM, cpu), raw=raw(cpu, 1e6, INBOX, DM)),
    ]


async def beside_peers(bench: Bench, *, rounds: int, seconds: float) -> list[Row]:
    """The same work, done by what is put together of well-kept parts: each in an environment of its own."""
    turns: dict[str, list[Turn]] = defaultdict(list)
    async with AsyncExitStack() as stack:
        commands: dict[str, Sequence[str]] = {
            f"Bolt + {name}": (await asyncio.to_thread(with_queue, name), "-m", "tests.bench.peers", name)
            for name in QUEUES
        }
        commands |= {BULLMQ: found} if (found := node("queued.cjs", "bullmq")) else {}
        servers = {name: await stack.enter_async_context(bench.server(one)) for name, one in commands.items()}
        servers[DM] = await stack.enter_async_context(bench.server(WEB))
        afresh(bench)
        for number in range(rounds + 1):
            for name, server in servers.items():
                turn = await _turn(server, bench.commands(), seconds)
                if number:
                    turns[name].append(turn)
            afresh(bench)
    cpu = [
        _against(turns, name, goal, "requests in a second of processor time", lambda turn: 1 / turn.cpu, ">=")
        for name, goal in PEERS.items()
    ]
    one = [
        _against(turns, name, 0.6, "one connection, p50 in ms", lambda turn: turn.one.percentile(50) * 1000, "<=")
        for name in PEERS
        if name == "Bolt + arq"
    ]
    return [*cpu, *one]


def _against(
    turns: dict[str, list[Turn]],
    name: str,
    goal: float,
    what: str,
    figure: Callable[[Turn], float],
    sense: Literal[">=", "<="],
) -> Row:
    about = f"/dm beside {name}, {what}"
    if not turns[name]:
        return Row(about, sense, goal, None, note="not measured: see docs/speed.md")
    value = median(figure(our) / figure(their) for our, their in zip(turns[DM], turns[name], strict=True))
    raw = {one: round(median(map(figure, turns[one])), 3) for one in (DM, name)}
    return Row(about, sense, goal, value, raw=dict(raw))


def events(bench: Bench) -> Iterator[bytes]:
    """Webhooks of messages, as the local Inbox writes them, each new."""
    (logged, *_) = [one for one in bench.inbox.events if one.type("2") == "message.received"]
    message = str(logged.bodies["2"]["object"]["id"])
    body = bench.inbox.event_body(logged.id).replace(logged.id.encode(), b"EVENT").replace(message.encode(), b"MESSAGE")
    for number in itertools.count(1):
        name = b"%012d" % number
        yield body.replace(b"EVENT", b"event" + name).replace(b"MESSAGE", b"message" + name)


async def while_inbox_hangs(bench: Bench, *, seconds: float) -> list[Row]:
    """The whole bot, worker included, while each of its calls to Inbox waits for an answer that does not come."""
    async with bench.server(SERVE) as bot:
        bench.inbox.fail("*", delay=600.0, times=None)
        took = (await load(bot.port, bench.commands(), AT_ONCE, seconds)).took
        bench.inbox.heal()
    raw: dict[str, float | str] = {
        "requests": len(took),
        "p50": took[len(took) // 2] * 1000,
        "p99": took[len(took) * 99 // 100] * 1000,
    }
    return [
        Row("/dm while Inbox hangs, worker in the same process, slowest of all", "<=", 1000, took[-1] * 1000, "ms", raw)
    ]
