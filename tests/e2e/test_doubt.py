"""Sends whose outcome nobody knows: what is in the conversation tells, and no message counts for two."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from bot.sandbox.stage import Stage, bot_on, scene
from bot.slack.boundary import ACK_WITHIN
from tests.conftest import QUICK, Open
from tests.e2e.steps import calls, card_of, form, hears, idle, labels, receipts, reply_form, shows, thread, told, until


async def dm(on: Stage, said: str) -> None:
    """Ana types `/dm said` in the team's channel."""
    assert (await on.slack.command(on.acme.ana, on.acme.channel, text=said)).ok


def texts(on: Stage) -> list[str]:
    """What really reached people, in order."""
    return [sent.text for sent in on.inbox.sent()]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that may still arrive is looked for in quick succession."""
    monkeypatch.setattr("bot.send.send.LOOK_AGAIN", (0.1, 0.1, 0.1))


@pytest.mark.usefixtures("impatient")
async def test_of_two_equal_texts_one_that_arrived_confirms_only_itself(opened: Open) -> None:
    """v1 knows no keys: both attempts ended without an answer, and one message stands in the conversation."""
    on = await opened(versions=["v1"])
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    on.inbox.fail("POST *", drop="after")
    await dm(on, "@sarah Hello")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    on.inbox.fail("POST *", drop="before")
    await dm(on, "@sarah Hello")
    await hears(on, on.acme.ana, "Not confirmed: message to Sarah Chen")
    await idle(on)
    assert texts(on) == ["Hello"]
    assert len([one for one in told(on, on.acme.ana) if "Sent to Sarah Chen" in one]) == 1


@pytest.mark.usefixtures("impatient")
async def test_two_equal_texts_that_both_arrived_are_both_confirmed(opened: Open) -> None:
    on = await opened(versions=["v1"])
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    on.inbox.fail("POST *", drop="after", times=2)
    await dm(on, "@sarah Hello")
    await dm(on, "@sarah Hello")
    await until(lambda: len([one for one in told(on, on.acme.ana) if "Sent to Sarah Chen" in one]) == 2)
    await idle(on)
    assert texts(on) == ["Hello"] * 2


async def test_what_v1_may_have_sent_is_looked_for_before_v2_sends_it(redis_url: str) -> None:
    """v2 does not know the key of an attempt on v1, so it would send the text once more."""
    async with scene() as on:
        on.inbox.add_thread(on.acme.account, on.acme.sarah)
        async with bot_on(on, timing=QUICK, redis_url=redis_url, inbox_api_version="v1") as first:
            on.inbox.fail("POST /v1/*", drop="after")
            await dm(first, "@sarah Hello")
            await until(lambda: texts(first) == ["Hello"])
            on.inbox.fail("GET *", 503, times=None)  # nothing is found out for now
            await hears(first, on.acme.ana, "I'll keep trying")
        on.inbox.heal()
        async with bot_on(on, timing=QUICK, redis_url=redis_url, inbox_api_version="v2") as second:
            await hears(second, on.acme.ana, "Sent to Sarah Chen")
            await idle(second)
            assert texts(second) == ["Hello"]
            assert calls(second, "POST", "/v2/messages") == []


async def test_what_v2_has_tried_is_asked_again_by_its_key_and_not_looked_for(opened: Open) -> None:
    on = await opened(versions=["v2"])
    await card_of(on)  # else it would be a first message, before which the conversation is read
    looked = f"/v2/threads/{thread(on).id}/messages"
    read = len(calls(on, "GET", looked))
    on.inbox.fail("POST *", drop="after")
    await dm(on, "@sarah Hello")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await idle(on)
    assert texts(on) == ["Hello"]
    assert len(calls(on, "POST", "/v2/messages")) == 2
    assert len(calls(on, "GET", looked)) == read


async def test_a_doubtful_send_to_a_conversation_that_is_gone_is_not_sent_to_the_person(opened: Open) -> None:
    """The first attempt may have arrived; a second one to the person would have a key of its own."""
    on = await opened(versions=["v2"])
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    on.inbox.fail("POST *", drop="after")
    on.inbox.fail("POST *", 404, code="threadNotFound")
    await dm(on, "@sarah Hello")
    await hears(on, on.acme.ana, "Not confirmed: message to Sarah Chen")
    await idle(on)
    assert texts(on) == ["Hello"]
    assert len(calls(on, "POST", "/v2/messages")) == 2


async def test_a_reply_form_that_is_submitted_twice_sends_once(on: Stage) -> None:
    card = await card_of(on)
    view = await reply_form(on, on.acme.ana, card)
    twice = (on.slack.submit(on.acme.ana, view["id"], values={"text": "Hello"}) for _ in range(2))
    assert all(ack.ok for ack in await asyncio.gather(*twice))
    await idle(on)
    assert texts(on) == ["Hello"]
    (receipt,) = receipts(on, card)
    assert "Sent, " in on.slack.show(receipt)


async def test_a_dm_form_that_is_submitted_twice_sends_once(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    await on.slack.command(on.acme.ana, on.acme.channel, text="@sarah")
    view = await form(on, on.acme.ana)
    twice = (on.slack.submit(on.acme.ana, view["id"], values={"text": "Hello"}) for _ in range(2))
    assert all(ack.ok for ack in await asyncio.gather(*twice))
    await idle(on)
    assert texts(on) == ["Hello"]


async def test_a_choice_of_a_colleague_that_is_submitted_twice_is_one_change(on: Stage) -> None:
    """Else the second one would find it done, and say so."""
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to…")
    view = await form(on, on.acme.ana, "Who takes it")
    twice = (on.slack.submit(on.acme.ana, view["id"], values={"assignee": "Bo"}) for _ in range(2))
    assert all(ack.ok for ack in await asyncio.gather(*twice))
    await idle(on)
    assert len(calls(on, "PATCH")) == 1
    assert told(on, on.acme.ana) == []


async def test_a_refusal_in_a_known_conversation_says_nothing_of_first_messages(on: Stage) -> None:
    """Only a first message that was refused makes the next one be asked about."""
    await card_of(on)
    on.inbox.fail("POST *", 403)
    await dm(on, "@sarah Hello")
    await hears(on, on.acme.ana, "Not sent to Sarah Chen")
    await dm(on, f"{on.acme.omar.platform_id} First contact")
    await hears(on, on.acme.ana, "Sent to")
    assert texts(on) == ["First contact"]


async def test_what_somebody_was_told_is_not_done_is_not_done_when_redis_wakes_up(
    opened: Open, api: str, redis_url: str
) -> None:
    on = await opened(versions=[api], redis_url=redis_url, timing=replace(QUICK, ack_within=ACK_WITHIN))
    card = await card_of(on)
    with Redis.from_url(redis_url) as redis:
        server = redis.info("server")["process_id"]
    os.kill(server, signal.SIGSTOP)  # it sleeps until we wake it; a CLIENT PAUSE of all holds CLIENT UNPAUSE too
    try:
        await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
        await hears(on, on.acme.ana, "so nothing was done")
    finally:
        os.kill(server, signal.SIGCONT)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to me")  # once it is done, so were the other
    await on.slack.until(lambda: "Assigned to Ana" in shows(on, card))
    await idle(on)
    assert [body_of(one.body) for one in calls(on, "PATCH")] == ["assigneeId"]
    assert "Archive" in labels(card)


async def test_an_old_click_is_not_done_once_its_owner_has_acted_after_all(on: Stage) -> None:
    """Kim's first click was refused for want of a seat; she got one, clicked again, and is linked by hand later."""
    card = await card_of(on)
    await on.slack.press(on.acme.kim, card.channel, card.ts, "Archive")
    await hears(on, on.acme.kim, "I can't match you")
    on.inbox.add_member("Kim", "kim@acme.example")
    await on.slack.press(on.acme.kim, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Kim" in on.slack.show(card))
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", f"link <@{on.acme.kim}> bo@acme.example")
    await hears(on, on.acme.ana, "now acts as")
    await idle(on)
    assert [body_of(one.body) for one in calls(on, "PATCH")] == ["assigneeId"]


def body_of(body: Any) -> str:
    """What a change names."""
    return ",".join(sorted(body))
