"""25,000 events of an absence: summed up soon and for few calls, and what comes meanwhile does not wait for that."""

from __future__ import annotations

import itertools
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from bot.context import Timing
from bot.store import keys
from tests.chaos.crew import Crew, crew

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]
MESSAGES, PEOPLE = 24_500, 500  # with a conversation that begins for each, 25,000 events
DIGEST, MEANWHILE = 30.0, 10.0  # seconds
CALLS = 30
AWAY = timedelta(hours=2)


async def test_a_long_absence_is_summed_up_soon_and_what_comes_meanwhile_is_shown_at_once(
    redis_url: str, api: str
) -> None:
    async with crew(redis_url, api, webs=1, workers=1, timing=Timing()) as on:
        with Redis.from_url(redis_url) as redis:
            await on.until(lambda: redis.exists(keys.READ_AT), 30)
            for hand in on.hands:
                await hand.kill(signal.SIGTERM)
            await _write(on)
            redis.set(keys.READ_AT, (datetime.now(UTC) - AWAY).isoformat())
        on.inbox.calls.clear()
        for hand in on.hands:
            await hand.start()
        await on.until(lambda: _calls(on, "/events"), 30)
        began = time.monotonic()
        on.inbox.auto_deliver = True
        await on.inbox.customer_writes(on.inbox.add_person("new", "Somebody New"), "in the meantime")
        shown = await on.until(lambda: "in the meantime" in on.posted(), DIGEST)
        await on.until(lambda: _digest(on), DIGEST * 2)
        digest, calls = time.monotonic() - began, _calls(on, "/events") + _calls(on, "/account-links")
        print(  # noqa: T201  # the measured figures
            f"\n  API {api}: {len(on.inbox.events)} events summed up in {digest:.1f} s for {calls} calls to Inbox, "
            f"{_calls(on, '/events')} of them for the feed; a message written meanwhile stood there after {shown:.1f} s"
        )
        assert f"{MESSAGES} messages in {PEOPLE} conversations" in _digest(on)
        assert shown < MEANWHILE
        assert digest < DIGEST
        assert calls <= CALLS
        assert on.inbox.violations == []


async def _write(on: Crew) -> None:
    """Nobody hears of it, and it was an hour ago."""
    on.inbox.auto_deliver = False
    world, began, steps = on.inbox.world, datetime.now(UTC) - AWAY / 2, itertools.count()
    real, world.clock = world.clock, lambda: began + timedelta(milliseconds=next(steps))
    people = [on.inbox.add_person(f"person{n}", f"Person {n}") for n in range(PEOPLE)]
    for number in range(MESSAGES):
        await on.inbox.customer_writes(people[number % PEOPLE], f"in {number}")
    world.clock = real


def _calls(on: Crew, contains: str) -> int:
    return len([call for call in on.inbox.calls if contains in call.path])


def _digest(on: Crew) -> str:
    posts = (str(call.args["text"]) for call in on.slack.calls if call.method == "chat.postMessage" and call.ok)
    return next((text for text in posts if "while I was away" in text), "")
