"""Whatever takes longer than a second says so within it, privately, and that line gives way to the outcome."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from redis import Redis

from bot.context import Bot
from bot.people.jobs import Tell
from bot.people.line_store import Lines, Shown
from bot.people.tell import tell
from bot.queue.job import Asker, Keep, Later, Line, utc_now
from bot.sandbox.stage import Stage
from bot.store import keys
from bot.store.connect import connect
from tests.conftest import QUICK, Open
from tests.e2e.steps import calls, card_of, form, hears, idle, reply, told, until, version, whisper
from tests.e2e.test_dm import texts, with_thread

LINE = "⏳"
SOON = 0.15  # seconds; in the tests that wait for a line


@pytest.fixture
async def on(opened: Open, api: str) -> Stage:
    return await opened(versions=[api], timing=replace(QUICK, soon=SOON, sends_pause=(0.2,)))


async def dm(on: Stage, text: str) -> None:
    assert (await on.slack.command(on.acme.ana, on.acme.channel, text=text)).ok


def private(on: Stage) -> list[str]:
    """All that Ana reads alone now, in order."""
    return [one.split("\n")[0] for one in told(on, on.acme.ana)]


def lines(on: Stage) -> list[str]:
    return [one for one in told(on, on.acme.ana) if LINE in one]


async def test_each_of_two_messages_that_wait_has_a_line_which_its_receipt_replaces(on: Stage) -> None:
    with_thread(on)
    await dm(on, "@sarah zero")
    await hears(on, on.acme.ana, "Sent to Sarah")
    away = {"status": 503} if version(on) == "v2" else {"delay": 1.0}  # on v1, whether it arrived is looked up for long
    on.inbox.fail("POST *", times=None, **away)
    for text in ("first", "second"):
        await dm(on, f"@sarah {text}")
    await on.slack.until(lambda: len(told(on, on.acme.ana)) == 3)
    _, first, second = told(on, on.acme.ana)
    assert "first" in first or "Inbox isn't answering" in first
    assert "second" in second
    assert LINE in second
    on.inbox.heal()
    sent = "Sent to Sarah"
    await on.slack.until(lambda: len([one for one in told(on, on.acme.ana) if sent in one]) == 3)
    await idle(on)
    assert lines(on) == []
    assert len(told(on, on.acme.ana)) == 3  # each receipt stands where the line was
    assert texts(on) == ["zero", "first", "second"]


async def test_what_is_said_meanwhile_takes_the_place_of_a_line_that_begins_at_that_moment(redis_url: str) -> None:
    """It has looked for the line already: then it looks again."""
    client = connect(redis_url)
    lines, told = Lines(client), Tell(asker=Asker(user="U1"), text="Inbox isn't answering", meanwhile=True)
    name = Line(ref=told.ref, asker=told.asker, text="").name
    bot, keep = cast(Bot, SimpleNamespace(lines=lines)), cast(Keep, None)
    outcome, begun = await asyncio.gather(tell(told, keep, bot), lines.begin(name), return_exceptions=True)
    assert (type(outcome), begun) == (Later, True)
    await client.aclose()


async def test_what_is_done_within_the_second_has_no_line(opened: Open, api: str) -> None:
    on = await opened(versions=[api], timing=replace(QUICK, soon=3.0))
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await dm(on, "@sarah quick")
    await idle(on)
    assert lines(on) == []
    assert [one.method for one in on.slack.calls].count("chat.delete") == 0
    (said,) = told(on, on.acme.ana)
    assert "Sent to Sarah" in said


async def test_a_click_that_takes_long_says_so_and_then_that_it_is_done(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.fail("PATCH *", delay=5.0)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await hears(on, on.acme.ana, "I'm archiving the conversation")
    on.inbox.delays.end()
    await hears(on, on.acme.ana, "The conversation is archived")
    await idle(on)
    (said,) = told(on, on.acme.ana)
    assert LINE not in said
    assert len(on.slack.dms(on.acme.ana)) == 1


async def test_a_click_that_fails_after_long_is_told_so_in_the_place_of_its_line(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.fail("PATCH *", 403, delay=5.0)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await hears(on, on.acme.ana, "I'm archiving the conversation")
    on.inbox.delays.end()
    await hears(on, on.acme.ana, "nothing was changed")
    await idle(on)
    assert len(told(on, on.acme.ana)) == 1


async def test_a_list_that_takes_long_stands_where_its_line_was(on: Stage) -> None:
    await card_of(on)
    on.inbox.fail("GET *", delay=5.0)
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "unassigned")
    await hears(on, on.acme.ana, "`/inbox unassigned` takes a moment")
    on.inbox.delays.end()
    await whisper(on, on.acme.ana, "Sarah Chen")
    await idle(on)
    assert len(told(on, on.acme.ana)) == 1


async def test_a_form_that_takes_long_says_so_once_it_is_submitted(on: Stage) -> None:
    with_thread(on)
    await dm(on, "")
    await form(on, on.acme.ana)
    on.inbox.fail("POST *", delay=5.0)
    await on.slack.submit(on.acme.ana, values={"recipient": "@sarah", "text": "From the form"})
    await hears(on, on.acme.ana, "I'm sending “From the form” to")
    on.inbox.delays.end()
    await hears(on, on.acme.ana, "Sent to Sarah")
    await idle(on)
    assert len(told(on, on.acme.ana)) == 1
    assert texts(on) == ["From the form"]


async def test_a_reply_whose_receipt_stands_below_the_card_needs_no_line(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.fail("POST *", delay=0.8)
    await reply(on, on.acme.ana, card, "Hello")
    await idle(on)
    assert told(on, on.acme.ana) == []


async def test_that_inbox_asks_to_wait_gives_way_to_the_receipt(on: Stage) -> None:
    with_thread(on)
    on.inbox.fail("POST *", 429, retry_after=1)
    await dm(on, "@sarah patience")
    await hears(on, on.acme.ana, "Inbox asks us to wait")
    await hears(on, on.acme.ana, "Sent to Sarah")
    await idle(on)
    assert len(told(on, on.acme.ana)) == 1


@pytest.mark.parametrize("noted", [True, False])
async def test_a_line_whose_worker_died_keeps_nobody_from_the_outcome(on: Stage, redis_url: str, noted: bool) -> None:
    """It died after it had said that it would say so, and before it noted where: or wrote that a day ago."""
    with_thread(on)
    on.inbox.fail("POST *", delay=5.0)
    at = utc_now() - timedelta(seconds=0 if noted else 60)
    await dm(on, "@sarah alive")
    with Redis.from_url(redis_url) as redis:
        (name,) = await on.slack.until(lambda: [one.decode() for one in redis.keys(keys.line("line:*"))])
        redis.set(name, Shown(at=at).json())
    on.inbox.delays.end()
    await hears(on, on.acme.ana, "Sent to Sarah")
    await idle(on)
    assert texts(on) == ["alive"]


async def test_slack_is_away_when_a_line_is_due_and_the_outcome_comes_all_the_same(on: Stage) -> None:
    card = await card_of(on)
    on.slack.fail("chat.postMessage", status=503)
    on.inbox.fail("PATCH *", 403, delay=0.6)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await hears(on, on.acme.ana, "nothing was changed")
    await idle(on)
    assert len(told(on, on.acme.ana)) == 1
    assert len(calls(on, "PATCH")) == 1


def test_an_asker_of_an_older_version_has_no_command() -> None:
    assert not Asker(user="U1", response_url="https://hooks.slack.com/actions/1").command


async def test_a_line_that_slack_takes_late_does_not_stay_beside_the_outcome(
    on: Stage, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.people.line_store.POSTING", timedelta(seconds=0.1))
    card = await card_of(on)
    on.inbox.fail("PATCH *", delay=5.0)
    on.slack.fail("chat.postMessage", delay=5.0)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: not on.slack._faults)  # Slack has the line, and takes its time
    on.inbox.delays.end()
    with Redis.from_url(redis_url) as redis:
        await until(lambda: not redis.keys(keys.line("line:*")))  # the outcome did not wait for it
    assert LINE not in "".join(told(on, on.acme.ana))
    on.slack.delays.end()
    await on.slack.until(lambda: any(one.method == "chat.delete" for one in on.slack.calls))
    await idle(on)
    assert lines(on) == []
