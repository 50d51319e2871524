"""1,500 webhooks at once: accepted fast, posted at the channel's pace, in flat memory."""

from __future__ import annotations

import asyncio
import random
import re
import time
from pathlib import Path

import httpx
import pytest

from bot.context import Timing
from bot.store.quota import BURST
from tests.chaos.crew import Crew, Hand, crew

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]
COUNT, EARLY, PEOPLE, AT_ONCE = 1500, 500, 30, 50
PACES = Timing(claim_idle=5.0, channel_interval=0.04, inbox_per_minute=100_000, poll=0.25)
JITTER = 0.2  # seconds by which one post may take longer than the next, from its slot to Slack: lanes post side by side


async def test_a_burst_of_webhooks_is_accepted_and_posted_at_the_channels_pace_in_flat_memory(
    redis_url: str, api: str
) -> None:
    async with crew(redis_url, api, webs=1, workers=1, timing=PACES) as on:
        web, worker = on.hands
        written = await _write(on)
        began = time.monotonic()
        watched = asyncio.create_task(_when_posted(on, worker))
        seconds, web_early = await _burst(on, web)
        accepted = time.monotonic() - began
        await on.until(lambda: len(on.posted()) >= COUNT, 150)
        posted = time.monotonic() - began
        worker_early, memory = await watched, {"web": _rss(web), "worker": _rss(worker)}
        grown = {"web": memory["web"] / web_early - 1, "worker": memory["worker"] / worker_early - 1}
        print(  # noqa: T201  # the measured figures
            f"\n  API {api}: {COUNT} webhooks accepted in {accepted:.1f} s, {AT_ONCE} at a time: "
            f"p50 {_percentile(seconds, 50) * 1000:.0f} ms, p99 {_percentile(seconds, 99) * 1000:.0f} ms; "
            f"all shown in {len(_posts(on))} posts after {posted:.1f} s\n"
            f"  memory after {EARLY} and after {COUNT}: web {web_early / 1024:.1f} and {memory['web'] / 1024:.1f} MiB, "
            f"worker {worker_early / 1024:.1f} and {memory['worker'] / 1024:.1f} MiB"
        )
        assert sorted(on.posted()) == sorted(written)
        assert [call for call in on.slack.calls if not call.ok] == []
        assert _ahead(on) < JITTER
        assert posted > (len(_posts(on)) - BURST) * PACES.channel_interval
        assert len(_posts(on)) < COUNT / 2
        assert max(grown.values()) < 0.2
        assert on.inbox.violations == []


async def _write(on: Crew) -> list[str]:
    """The messages, before any webhook tells of them."""
    on.inbox.auto_deliver = False
    people = [on.inbox.add_person(f"person{n}", f"Person {n}") for n in range(PEOPLE)]
    written = [f"in {number}" for number in range(COUNT)]
    for number, text in enumerate(written):
        await on.inbox.customer_writes(people[number % PEOPLE], text)
    return written


async def _burst(on: Crew, web: Hand) -> tuple[list[float], int]:
    """Deliver each event once, in no order; the seconds until each was accepted, and the memory in between (KiB)."""
    places, seconds, early = asyncio.Semaphore(AT_ONCE), list[float](), [0]
    messages = [logged for logged in on.inbox.events if logged.type("2") == "message.received"]
    random.Random(1).shuffle(messages)
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:

        async def deliver(body: bytes) -> None:
            async with places:
                began = time.perf_counter()
                answer = await http.post(f"{web.url}/inbox/webhook", content=body, headers=on.inbox.sign(body))
                seconds.append(time.perf_counter() - began)
            assert answer.status_code == 200
            if len(seconds) == EARLY:
                early[0] = _rss(web)

        await asyncio.gather(*(deliver(on.inbox.event_body(logged.id)) for logged in messages))
    return seconds, early[0]


async def _when_posted(on: Crew, worker: Hand) -> int:
    """The worker's memory in KiB once the early ones are posted."""
    await on.until(lambda: len(on.posted()) >= EARLY, 150)
    return _rss(worker)


def _rss(hand: Hand) -> int:
    assert hand.process is not None
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{hand.process.pid}/status").read_text())
    assert found is not None
    return int(found[1])


def _percentile(values: list[float], percent: int) -> float:
    return sorted(values)[len(values) * percent // 100]


def _posts(on: Crew) -> list[float]:
    """When each post came, in Slack's seconds."""
    return [call.at for call in on.slack.calls if call.method == "chat.postMessage"]


def _ahead(on: Crew) -> float:
    """By how many seconds any run of posts was faster than a burst and then one post in each interval."""
    ahead, best = 0.0, float("inf")
    for number, at in enumerate(_posts(on)):
        spent = number * PACES.channel_interval - at
        best = min(best, spent)
        ahead = max(ahead, spent - best - (BURST - 1) * PACES.channel_interval)
    return ahead
