"""How fast what was accepted is done: from a webhook to Slack, a queue of posts, and how often Inbox is asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import Any, Final

from redis.asyncio import Redis

from bot.cards.jobs import Post
from bot.cards.store import Cards
from bot.features import KINDS
from bot.models import Message, Person, Thread
from bot.queue.job import utc_now
from bot.queue.lanes import Lanes
from bot.reminders.store import Waiting
from bot.sandbox.stage import Stage, stage
from tests.bench.load import load, webhooks
from tests.bench.servers import POST, QUICK, Bench, Server
from tests.bench.table import Row

CHANNELS: Final = 40  # in which the queue's posts go; Slack takes one a second in each


async def idle(bench: Bench, *, times: int) -> list[Row]:
    """From a webhook to the call of Slack, one at a time, in a channel that may take a post at once."""
    bench.empty()
    async with bench.server((*QUICK, "both")) as bot:
        took = sorted([await card_latency(bench, bot) for _ in range(times + 10)][10:])
    raw: dict[str, float | str] = {"times": times, "slowest": took[-1] * 1000}
    what = "webhook in → Slack call out, idle"
    return [
        Row(f"{what}, p50", "<=", 6, took[len(took) // 2] * 1000, "ms", raw, reach=15),
        Row(f"{what}, p99", "<=", 15, took[len(took) * 99 // 100] * 1000, "ms", reach=50),
    ]


async def card_latency(bench: Bench, bot: Server) -> float:
    """Seconds from a webhook to the post that shows its message."""
    await bench.rest()
    bench.called.arrived.clear()
    await bench.inbox.customer_writes(bench.acme.sarah, "And one more thing")
    body = bench.inbox.webhook.body(bench.inbox.world.log[-1])
    began = time.perf_counter()
    await load(bot.port, webhooks(iter([body]), bench.inbox.sign), 1, 1.0, most=1)
    await bench.until(lambda: bench.called.times(POST))
    return bench.called.times(POST)[0] - began


async def drain(bench: Bench, *, count: int) -> list[Row]:
    """`count` posts of new cards wait in many channels, and a worker process is started that does them all."""
    bench.empty()
    await _queue(bench, count)
    bench.called.arrived.clear()
    bench.called.posts_at_once = True
    async with bench.server((*QUICK, "worker")) as worker:
        await bench.until(lambda: bench.called.times(POST), 20)
        cpu = worker.cpu()
        await bench.until(lambda: len(bench.called.times(POST)) >= count, 60)
        cpu = (worker.cpu() - cpu) / count
    posted = bench.called.times(POST)
    skipped = count // 10  # while the first ones are done, the worker still learns names and channels
    rate = (len(posted) - skipped) / (posted[-1] - posted[skipped])
    raw: dict[str, float | str] = {"posts": count, "channels": CHANNELS}
    return [
        Row("worker drain: cards posted by one process", ">=", 500, rate, "/s", raw),
        Row("worker drain: cards posted in a second of processor time", ">=", 500, 1 / cpu, "/s", raw, reach=350),
    ]


async def _queue(bench: Bench, count: int) -> None:
    channels = [bench.slack.add_channel(f"queue-{number}") for number in range(CHANNELS)]
    redis = Redis.from_url(bench.valkey.url)
    lanes, cards, waiting = Lanes(redis, "bench", KINDS), Cards(redis), Waiting(redis)
    await lanes.open()
    for number in range(count):
        person = Person(
            platform="twitter", platform_id=str(number), username=f"person{number}", name=f"Person {number}"
        )
        thread = Thread(id=f"thread{number}", account_link_id=bench.acme.account, person=person)
        message = Message(
            id=f"message{number}",
            thread_id=thread.id,
            direction="inbound",
            author="person",
            text="Hello, is the trial of last week still open?",
            created_at=utc_now(),
        )
        await cards.write(thread)
        await waiting.wrote(thread.id, message.created_at.timestamp(), message.id)
        await lanes.accept(Post(channel=channels[number % CHANNELS], thread_id=thread.id, message=message))
    await redis.aclose()


ACTS: Final[dict[str, dict[str, int]]] = {  # what each may ask of Inbox, by API version
    "inbound message": {"v1": 0, "v2": 1},
    "/dm to a known person": {"v1": 1, "v2": 2},  # v2 does not say who wrote what the thread below the card shows
    "Archive": {"v1": 1, "v2": 1},
    "Assign to me": {"v1": 1, "v2": 1},
}


async def calls() -> list[Row]:
    """How many calls to Inbox each act costs, on each API version; who acts and what about is known already."""
    rows = []
    for version in ("v1", "v2"):
        async with stage(versions=[version]) as on:
            await _settled(on, on.inbox.customer_writes(on.acme.sarah, "Hi"))
            await _settled(on, on.slack.command(on.acme.ana, on.acme.channel, "/dm", "@sarah Hello"))
            for what, allowed in ACTS.items():
                before = len(on.inbox.calls)
                await _settled(on, _act(on, what))
                made = [one for one in on.inbox.calls[before:] if not one.path.endswith("/events")]
                raw: dict[str, float | str] = {"calls:": ", ".join(map(str, made))} if made else {}
                rows.append(Row(f"calls to Inbox, API {version}: {what}", "<=", allowed[version], len(made), "", raw))
    return rows


def _act(on: Stage, what: str) -> Awaitable[Any]:
    if what == "inbound message":
        return on.inbox.customer_writes(on.acme.sarah, "Hi again")
    if what == "/dm to a known person":
        return on.slack.command(on.acme.ana, on.acme.channel, "/dm", "@sarah Hi")
    card = next(one for one in on.slack.messages(on.acme.channel) if one.blocks)
    return on.slack.press(on.acme.ana, card.channel, card.ts, what)


async def _settled(on: Stage, act: Awaitable[Any]) -> None:
    """Do it, and wait until all that follows is done. A look at the feed belongs to no act."""
    await act
    await on.inbox.settle()
    while sum((await on.bridge.lanes.depth()).values()):  # noqa: ASYNC110  # Redis tells nobody
        await asyncio.sleep(0.01)
