"""The figures that whoever leads the team reads: what came, who waits, what was answered and sent, by channel."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import pytest

from bot.sandbox.stage import Stage
from tests.clients import plain_http
from tests.conftest import Open
from tests.e2e.steps import card_of, hears, idle, reply_form, shows

Figures = dict[str, float]


async def figures(on: Stage) -> Figures:
    async with plain_http() as http:
        text = (await http.get(f"{on.url}/metrics")).text
    found = re.findall(
        r"^(bot_(?:messages|waits|waiting|inbox_answers|queue_stands)\w*(?:\{[^}]*\})?) (\S+)$", text, re.MULTILINE
    )
    return {name: float(value) for name, value in found}


@pytest.fixture
def named(on: Stage) -> Callable[..., str]:
    """A figure's name, with the labels that it has."""

    def name(figure: str, **more: str) -> str:
        labels = {"channel": on.acme.channel} | more
        said = ",".join(f'{one}="{value}"' for one, value in labels.items())
        return f"{figure}{{{said}}}"

    return name


async def test_what_came_who_waits_and_what_was_answered_is_counted_once_by_channel(
    on: Stage, named: Callable[..., str]
) -> None:
    before = await figures(on)

    def more(now: Figures, name: str) -> float:
        return now.get(name, 0.0) - before.get(name, 0.0)

    card = await card_of(on, "One")
    await on.inbox.customer_writes(on.acme.sarah, "Two")
    await card_of(on, "From another", on.acme.omar)
    await idle(on)
    now = await figures(on)
    assert more(now, named("bot_messages_received_total")) == 3
    assert now[named("bot_waiting")] == 2
    assert 0 < now[named("bot_waiting_oldest_seconds")] < 60
    await reply_form(on, on.acme.ana, card)
    await on.slack.submit(on.acme.ana, values={"text": "Here"})
    await on.slack.until(lambda: "Answered by Ana" in shows(on, card))
    await idle(on)
    await on.slack.command(on.acme.ana, on.acme.channel, text="@nobody Hello")
    await hears(on, on.acme.ana, "nobody")
    now = await figures(on)
    assert now[named("bot_waiting")] == 1
    assert more(now, named("bot_waits_answered_total")) == 1
    assert more(now, named("bot_messages_sent_total", outcome="sent")) == 1
    assert more(now, named("bot_messages_sent_total", outcome="unsent")) == 1
    assert more(now, 'bot_inbox_answers_total{status="200"}') > 0


async def test_a_message_of_which_nobody_knows_whether_it_was_sent_is_counted_so(opened: Open) -> None:
    on = await opened(versions=["v2"])
    name = f'bot_messages_sent_total{{channel="{on.acme.channel}",outcome="unconfirmed"}}'
    before = (await figures(on)).get(name, 0.0)
    on.inbox.fail("POST *", code="sendUnconfirmed")
    await on.slack.command(on.acme.ana, on.acme.channel, text="@sarah Hello")
    await hears(on, on.acme.ana, "confirm", 20.0)
    assert (await figures(on))[name] == before + 1


async def test_a_lane_that_stands_and_a_token_that_is_refused_are_seen(on: Stage) -> None:
    await card_of(on)
    await idle(on)
    refused = 'bot_inbox_answers_total{status="401"}'
    before = await figures(on)
    assert before["bot_queue_stands_seconds"] == 0
    on.inbox.fail("*", 401, times=None)
    await on.slack.command(on.acme.ana, on.acme.channel, text="@sarah More")

    for _ in range(200):
        now = await figures(on)
        if now["bot_queue_stands_seconds"] > 0 and now.get(refused, 0) > before.get(refused, 0):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(now)
