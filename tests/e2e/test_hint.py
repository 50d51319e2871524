"""Talk in a card's Slack thread that was meant as an answer: its writer is told once that it stayed in Slack."""

from __future__ import annotations

import pytest

from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from tests.conftest import Open
from tests.e2e.scheduling import Later, holds, passes
from tests.e2e.steps import card_of, hears, idle, told, whisper
from tests.e2e.test_echo import CHECK, HOURGLASS, marks, reply, sent, switch

STAYS = "stays in Slack"


@pytest.fixture
async def on(opened: Open, api: str, optional_scopes: frozenset[str]) -> Stage:
    running = await opened(versions=[api])
    running.slack.scopes |= optional_scopes
    return running


@pytest.fixture
async def card(on: Stage) -> Message:
    return await card_of(on)


async def test_what_was_meant_as_an_answer_goes_out_once_when_its_writer_presses_send_this(
    on: Stage, card: Message
) -> None:
    said = await reply(on, card, "yes of *course* &amp; soon :tada:")
    hint = await whisper(on, on.acme.bo, STAYS)
    assert (hint.channel, hint.thread_ts) == (card.channel, card.ts)
    assert sent(on) == []
    for _ in range(2):
        await on.slack.press_ephemeral(on.acme.bo, hint, "Send this")
        await idle(on)
        if "Send this" not in on.slack.show(hint):
            break
    assert sent(on) == ["yes of *course* & soon 🎉"]
    assert marks(said) == [CHECK]
    assert "I'm sending it" in on.slack.show(hint)


async def test_send_this_is_held_where_its_writer_wants_that(on: Stage, card: Message, redis_url: str) -> None:
    await holds(on, on.acme.bo)
    said = await reply(on, card, "yes of course!")
    hint = await whisper(on, on.acme.bo, STAYS)
    await on.slack.press_ephemeral(on.acme.bo, hint, "Send this")
    await hears(on, on.acme.bo, "in 30 s.")
    await idle(on, held=1)
    assert (sent(on), marks(said)) == ([], [HOURGLASS])
    clock = Later(redis_url)
    await passes(on, clock)
    clock.close()
    assert (sent(on), marks(said)) == (["yes of course!"], [CHECK])


async def test_pressed_twice_at_once_it_goes_out_once(on: Stage, card: Message) -> None:
    await reply(on, card, "yes of course!")
    hint = await whisper(on, on.acme.bo, STAYS)
    for _ in range(2):
        await on.slack.press_ephemeral(on.acme.bo, hint, "Send this")
    await idle(on)
    assert sent(on) == ["yes of course!"]


async def test_nobody_is_told_twice_in_a_channel_and_everybody_once(on: Stage, card: Message) -> None:
    other = await card_of(on, "Hello", on.acme.omar)
    for place in (card, card, other):
        await reply(on, place, "hm")
    await reply(on, card, "hm", on.acme.ana)
    assert len(told(on, on.acme.bo)) == len(told(on, on.acme.ana)) == 1
    assert sent(on) == []


async def test_who_may_not_send_and_where_nothing_may_go_out_nobody_is_told(on: Stage, card: Message) -> None:
    for user in (on.acme.kim, on.acme.guest):
        await reply(on, card, "hm", user)
        assert told(on, user) == []
    on.slack.say(on.acme.bo, card.channel, "Elsewhere")
    on.slack.channels[card.channel].shared = True
    await on.slack.write(on.acme.bo, card.channel, "not below a card")
    await idle(on)
    assert told(on, on.acme.bo) == []


async def test_what_was_changed_before_the_button_was_pressed_stays_in_slack(on: Stage, card: Message) -> None:
    said = await reply(on, card, "yes of course!")
    hint = await whisper(on, on.acme.bo, STAYS)
    await on.slack.rewrite(said, "no, never")
    await idle(on)
    await on.slack.press_ephemeral(on.acme.bo, hint, "Send this")
    await hears(on, on.acme.bo, "You changed it before")
    assert sent(on) == []


async def test_who_lost_their_seat_meanwhile_sends_nothing(on: Stage, card: Message) -> None:
    await reply(on, card, "yes of course!")
    hint = await whisper(on, on.acme.bo, STAYS)
    await on.slack.command(on.acme.ana, card.channel, "/inbox", f"unlink <@{on.acme.bo}>")
    await idle(on)
    await on.slack.press_ephemeral(on.acme.bo, hint, "Send this")
    await idle(on)
    assert sent(on) == []


async def test_a_text_that_is_too_long_for_a_button_is_hinted_at_without_one(on: Stage, card: Message) -> None:
    await reply(on, card, "long " * 500)
    hint = await whisper(on, on.acme.bo, STAYS)
    assert "Send this" not in on.slack.show(hint)
    assert "Press *Reply* on the card" in on.slack.show(hint)


async def test_where_a_prefix_sends_the_hint_names_it_and_what_has_it_needs_none(on: Stage, card: Message) -> None:
    await switch(on)
    await reply(on, card, "&gt;&gt; Hello")
    assert told(on, on.acme.bo) == []
    await reply(on, card, "Hello again")
    assert "or begin with `>>`" in on.slack.show(await whisper(on, on.acme.bo, STAYS))
    assert sent(on) == ["Hello"]
