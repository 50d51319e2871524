"""What people feel: from a DM to its card without a webhook, from a click to the card, from a word to its list."""

from __future__ import annotations

import asyncio
import time
from statistics import median
from typing import Final

from bot.context import Timing
from bot.events.pace import A_DAY, IDLE
from bot.sandbox.slack.records import BOT_USER
from bot.store import keys
from bot.store.quota import WINDOWS
from tests.bench.servers import POST, QUICK, SERVE, Bench
from tests.bench.table import Row

UPDATE: Final = "chat.update"
ACTIVE: Final = Timing().poll  # seconds between two readings of the feed
AT_REST: Final = ACTIVE * IDLE
LONG_AGO: Final = 7200  # seconds


async def without_webhook(bench: Bench, *, active: int, at_rest: int) -> list[Row]:
    """DMs of new people at all times between two readings: so many while people act, so many while nobody does."""
    bench.empty()
    async with bench.server(SERVE):
        await bench.rest()
        rows = [await _unhooked(bench, "people are active", active, ACTIVE, 0, goal=2.0)]
        if at_rest:
            rows.append(await _unhooked(bench, "nobody is active", at_rest, AT_REST, LONG_AGO, goal=6.0))
    parts = {f"of {window} s": window / ACTIVE / limit for window, limit in WINDOWS.items()}
    parts["of 86400 s"] = A_DAY * 86_400 / AT_REST / WINDOWS[86_400]
    raw: dict[str, float | str] = {name: part * 100 for name, part in parts.items()}
    what = "part of Inbox's quota that reading the feed may spend, %"
    return [*rows, Row(what, "<=", 15, max(parts.values()) * 100, "%", raw)]


async def _unhooked(bench: Bench, when: str, count: int, pace: float, ago: int, goal: float) -> Row:
    """After a card the feed has just been read: so each DM comes so much later."""
    took, read, began = list[float](), _readings(bench), time.perf_counter()
    for number in range(count + 1):
        with bench.store() as store:
            store.set(keys.ACTIVE, int(time.time()) - ago)
        await asyncio.sleep((number + 0.5) % count / count * pace)
        bench.called.arrived.clear()
        who = bench.inbox.add_person(f"{when.split()[0]}{number}", "", str(10**18 + ago * 1000 + number))
        await bench.inbox.customer_writes(who, "Hello")
        at = time.perf_counter()
        await bench.until(lambda: bench.called.times(POST), pace * 3)
        took.append(bench.called.times(POST)[0] - at)
    took = took[1:]  # the first one found the feed in the middle of a pause
    every = (time.perf_counter() - began) / (_readings(bench) - read)
    raw: dict[str, float | str] = {"DMs": count, "slowest": max(took), "seconds between readings": every}
    return Row(
        f"DM → card without a webhook while {when}, median", "<=", goal, median(took), "s", raw, reach=goal * 1.5
    )


def _readings(bench: Bench) -> int:
    return sum(one.path.endswith("/events") for one in bench.inbox.calls)


async def clicks(bench: Bench, *, times: int) -> list[Row]:
    """Beyond what Inbox takes, which is the local one, as Slack is."""
    bench.empty()
    slack, acme = bench.slack, bench.acme
    async with bench.server((*QUICK, "both")) as bot:
        slack.events_url = f"http://127.0.0.1:{bot.port}/slack/events"
        bench.inbox.webhook_url = f"http://127.0.0.1:{bot.port}/inbox/webhook"
        await bench.rest()
        bench.called.arrived.clear()
        await bench.inbox.customer_writes(acme.sarah, "Hello")
        await bench.inbox.redeliver(bench.inbox.events[-1].id)
        await bench.until(lambda: bench.called.times(POST))
        await bench.rest()
        posted = [name for name, _ in bench.called.arrived if name.startswith("chat.")]
        (card,) = [one for one in slack.messages(acme.channel) if one.user == BOT_USER and one.blocks]

        async def press(number: int) -> float:
            bench.called.arrived.clear()
            label, began, before = "Archive" if number % 2 == 0 else "Reopen", time.perf_counter(), bench.asked.took
            await slack.press(acme.ana, card.channel, card.ts, label)
            await bench.until(lambda: bench.called.times(UPDATE))
            took = bench.called.times(UPDATE)[0] - began - (bench.asked.took - before)
            await bench.rest()
            return took

        async def first_page(_: int) -> float:
            known = len(slack.ephemerals(acme.ana))
            began, before = time.perf_counter(), bench.asked.took
            await slack.command(acme.ana, acme.channel, "/inbox", "unassigned")
            await bench.until(lambda: len(slack.ephemerals(acme.ana)) > known)
            took = time.perf_counter() - began - (bench.asked.took - before)
            await bench.rest()
            return took

        pressed = sorted([await press(number) for number in range(times + 4)][4:])
        listed = sorted([await first_page(number) for number in range(times + 4)][4:])
    what = "idle, beyond Inbox's own answer, p50"
    raws: list[dict[str, float | str]] = [{"times": times, "slowest": one[-1] * 1000} for one in (pressed, listed)]
    return [
        Row(f"click → card redrawn, {what}", "<=", 15, median(pressed) * 1000, "ms", raws[0], reach=60),
        Row(f"a list's first page, {what}", "<=", 100, median(listed) * 1000, "ms", raws[1], reach=150),
        Row("calls to Slack for the card of a DM", "<=", 2, len(posted), "", {"calls:": ", ".join(posted)}),
    ]
