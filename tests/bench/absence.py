"""After a week away: how soon the digest comes, for how many calls, and whether what is new waits behind it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.store import keys
from tests.bench.load import load, webhooks
from tests.bench.servers import QUICK, Bench
from tests.bench.table import Row


async def absence(bench: Bench, *, events: int, people: int) -> list[Row]:
    """So many messages of so many people wait in the feed; a webhook of somebody new comes while they are read."""
    bench.empty()
    _missed(bench, events, people)
    with bench.store() as store:
        week = datetime.now(UTC) - timedelta(days=6, hours=20)
        store.set(keys.BEGAN, (week - timedelta(days=30)).isoformat())
        store.set(keys.READ_AT, week.isoformat())
        store.set(keys.CURSOR, 0)
        store.set(keys.INBOX_VERSION, "v2")
    before = len(bench.inbox.calls)
    began = time.perf_counter()
    async with bench.server((*QUICK, "both")) as bot:
        with bench.store() as store:
            await bench.until(lambda: store.exists(keys.ABSENCE))  # the reading has begun
        new = bench.inbox.add_person("somebody_new", "Somebody New", "1876543210000000001")
        await bench.inbox.customer_writes(new, "Hello, I am new")
        body = bench.inbox.webhook.body(bench.inbox.world.log[-1])
        bench.called.arrived.clear()
        came = time.perf_counter()
        await load(bot.port, webhooks(iter([body]), bench.inbox.sign), 1, 1.0, most=1)
        await bench.until(lambda: _says(bench, "Somebody New"), 60)
        took = time.perf_counter() - came
        await bench.until(lambda: _says(bench, "while I was away"), 120)
        digest = time.perf_counter() - began
        cpu = bot.cpu()
        calls = sum(one.path.endswith("/events") for one in bench.inbox.calls[before:])
    what = f"{events:,} events after a week away"
    raw: dict[str, float | str] = {"conversations": people, "processor time, s": cpu}
    return [
        Row(f"{what}: start to digest", "<=", 30, digest, "s", raw, reach=60),
        Row(f"{what}: calls of the feed until then", "<=", 30, calls, ""),
        Row(f"{what}: webhook of somebody new → card, meanwhile", "<=", 2, took, "s", reach=10),
    ]


def _same(at: datetime) -> datetime:
    return at


def _says(bench: Bench, words: str) -> bool:
    return any(words in str(one.payload()) for one in bench.slack.messages(bench.acme.channel))


def _missed(bench: Bench, events: int, people: int) -> None:
    """Written one after the other within the week, by its clock."""
    world, account = bench.inbox.world, bench.acme.account
    first = datetime.now(UTC) - timedelta(days=6, hours=19)
    threads = [
        world.open_thread(account, bench.inbox.add_person(f"missed{one}", "", str(10**18 + one)))
        for one in range(people)
    ]
    clock = world.clock
    for number in range(events):
        at = first + timedelta(days=6) * (number / events)
        world.clock = partial(_same, at)
        world.write(threads[number % people], "person", f"Message {number}", at=at)
    world.clock = clock
