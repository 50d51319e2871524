"""API v1 ends under two web and three worker processes, at the timing of a real bot."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest

from bot.sandbox.inbox.end_of_v1 import HOWS, How
from tests.chaos.crew import Crew, crew
from tests.chaos.test_recovery import known, say

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]
WITHIN = 30.0  # seconds from v2 being reachable


async def versions(on: Crew) -> set[str]:
    """What the web processes say that they speak."""
    async with httpx.AsyncClient(trust_env=False) as http:
        answers = [(await http.get(f"{web.url}/readyz")).text for web in on.webs]
    return {answer.splitlines()[1].split(",")[0] for answer in answers}


@pytest.mark.parametrize("how", HOWS)
async def test_five_processes_go_on_with_v2_within_half_a_minute(redis_url: str, how: How) -> None:
    async with crew(redis_url, "v1", webs=2, workers=3) as on:
        known(on)
        await on.inbox.customer_writes(on.acme.sarah, "in 1")
        (card,) = await on.slack.until(lambda: on.slack.messages(on.acme.channel), 20)
        on.inbox.fail("GET /v1/threads/lookup*", delay=0.5, times=None)
        for number in range(5):
            await on.slack.command(on.acme.ana, on.acme.channel, "/dm", f"@omar_k dm {number}")
        on.inbox.end_v1(how)
        on.call(on.webs[1])
        assert (await on.slack.press(on.acme.bo, card.channel, card.ts, "Assign to me")).ok
        await on.inbox.customer_writes(on.acme.sarah, "in 2")
        await asyncio.sleep(3.0)
        assert on.sent() == []
        on.inbox.versions = frozenset({"v1", "v2"})
        began = time.monotonic()
        await on.until(lambda: len(on.sent()) == 5, WITHIN)
        await on.until(lambda: "Assigned to Bo" in on.slack.show(card), WITHIN)
        await on.until(lambda: "in 2" in on.posted(), WITHIN)
        say(f"{how}: all done {time.monotonic() - began:.1f} s after v2 was reachable")
        while await versions(on) != {"Inbox API v2"}:
            assert time.monotonic() < began + WITHIN
            await asyncio.sleep(0.2)
        await asyncio.sleep(max(0.0, 6.0 - (time.monotonic() - began)))  # the workers look every five seconds
        before = len(on.inbox.calls)
        for label in ("Unassign", "Archive", "Reopen"):
            await on.until(lambda label=label: label in on.slack.show(card), 10)  # type: ignore[misc]
            await on.slack.press(on.acme.bo, card.channel, card.ts, label)
        await on.inbox.customer_writes(on.acme.sarah, "in 3")
        await on.until(lambda: "in 3" in on.posted(), 20)
        assert [call.path for call in on.inbox.calls[before:] if call.path.startswith("/v1/")] == []
        assert on.sent() == [f"dm {number}" for number in range(5)]
        assert list(dict.fromkeys(on.posted())) == ["in 1", "in 2", "in 3"]
        assert not [words for words in ("deleted in Inbox", "a colleague") if words in on.slack.show(card)]
        assert on.inbox.violations == []
