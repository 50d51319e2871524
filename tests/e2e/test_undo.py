"""What somebody sends waits for some seconds, where they want that, and its receipt has Undo as long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.later.jobs import Decide
from bot.queue.job import Asker, utc_now
from bot.sandbox.slack.block_kit.blocks import problems, view_problems
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.store import keys
from tests.e2e.scheduling import Later, dm_later, holds, later, passes, sent
from tests.e2e.steps import card_of, form, hears, idle, labels, receipts, reply_form, told, until, whisper


@pytest.fixture
async def clock(redis_url: str) -> AsyncIterator[Later]:
    found = Later(redis_url)
    yield found
    found.close()


async def holding(on: Stage, user: str, card: Message, said: str = "Wait a moment") -> Message:
    """The receipt of a reply that is not sent yet."""
    await reply_form(on, user, card)
    assert (await on.slack.submit(user, values={"text": said})).ok
    await on.slack.until(lambda: receipts(on, card))
    await idle(on, held=1)
    return receipts(on, card)[-1]


async def posting(on: Stage, user: str) -> Message:
    """The card below which the receipt of a reply, not sent yet, is being posted now."""
    await holds(on, user)
    card = await card_of(on)
    await on.inbox.customer_writes(on.acme.sarah, "How long?")
    await idle(on)
    await reply_form(on, user, card)
    on.slack.fail("chat.postMessage", delay=0.5)
    assert (await on.slack.submit(user, values={"text": "Wait a moment"})).ok
    await until(lambda: not on.slack._faults)
    return card


async def test_it_is_off_at_first(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.bo, card)
    await on.slack.submit(on.acme.bo, values={"text": "At once"})
    await on.slack.until(lambda: sent(on) == ["At once"])
    await idle(on)
    assert clock.kept() == []


async def test_the_receipt_has_undo_until_the_reply_goes_out_once(on: Stage, clock: Later) -> None:
    await holds(on, on.acme.bo)
    card = await card_of(on, "How long?")
    receipt = await holding(on, on.acme.bo, card)
    assert "⏳ Not sent yet" in on.slack.show(receipt)
    assert "Wait a moment" in on.slack.show(receipt)
    assert labels(receipt) == ["Undo"]
    assert problems(receipt.blocks, "message") == []
    assert sent(on) == []
    await passes(on, clock)
    assert sent(on) == ["Wait a moment"]
    (after,) = receipts(on, card)
    assert (after.ts, labels(after)) == (receipt.ts, [])
    assert "✅ Sent" in on.slack.show(after)
    assert (clock.kept(), told(on, on.acme.bo)) == ([], [])
    below = [on.slack.show(one) for one in on.slack.replies(card.channel, card.ts)]
    assert ["How long?" in one for one in below] == [True, False]  # the conversation keeps its order


async def test_undo_takes_the_receipt_away_and_hands_the_text_back(on: Stage, clock: Later) -> None:
    await holds(on, on.acme.bo)
    card = await card_of(on)
    receipt = await holding(on, on.acme.bo, card)
    assert (await on.slack.press(on.acme.bo, receipt.channel, receipt.ts, "Undo")).ok
    heard = await hears(on, on.acme.bo, "Nothing was sent. This is what it says:")
    assert "Wait a moment" in heard
    await on.slack.until(lambda: clock.kept() == [])
    assert receipts(on, card) == []
    await idle(on)
    assert sent(on) == []


async def test_a_direct_message_waits_too_and_its_outcome_takes_the_place_of_undo(on: Stage, clock: Later) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    await holds(on, on.acme.bo)
    await on.slack.command(on.acme.bo, on.acme.channel, "/dm", "@omar_k Hello")
    await hears(on, on.acme.bo, "in 30 s.")
    await idle(on, held=1)
    assert sent(on) == []
    await passes(on, clock)
    assert sent(on) == ["Hello"]
    (said,) = told(on, on.acme.bo)
    assert "✅ Sent to Omar Khan" in said
    assert clock.kept() == []


async def test_a_direct_message_is_undone(on: Stage, clock: Later) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    await holds(on, on.acme.bo)
    await on.slack.command(on.acme.bo, on.acme.channel, "/dm", "@omar_k Hello")
    await hears(on, on.acme.bo, "in 30 s.")
    (waits,) = on.slack.ephemerals(on.acme.bo)
    assert problems(waits.blocks, "message") == []
    assert (await on.slack.press_ephemeral(on.acme.bo, waits, "Undo")).ok
    heard = await hears(on, on.acme.bo, "Nothing was sent")
    assert "Hello" in heard
    await on.slack.until(lambda: clock.kept() == [])
    assert sent(on) == []


async def test_what_is_longer_than_a_field_takes_is_sent_whole_though_its_time_is_changed(
    on: Stage, clock: Later
) -> None:
    said = "So much to say. " * 400 + "The end."
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    await holds(on, on.acme.bo)
    await on.slack.command(on.acme.bo, on.acme.channel, "/dm", f"@omar_k {said}")
    await hears(on, on.acme.bo, "in 30 s.")
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "scheduled")
    listed = await whisper(on, on.acme.bo, "Messages that are sent later")
    await on.slack.press_ephemeral(on.acme.bo, listed, "Change…")
    view = await form(on, on.acme.bo, "Send on")
    assert view_problems({name: view[name] for name in ("type", "title", "blocks", "submit", "close")}) == []
    assert "The end." in on.slack.show(view)
    assert "The text stays as it is: a field here takes 3,000 characters." in on.slack.show(view)
    day = (utc_now() + timedelta(days=40)).date()
    assert (await on.slack.submit(on.acme.bo, values={"send_date": day.isoformat()})).ok
    await hears(on, on.acme.bo, "Saved: it is sent ")
    await passes(on, clock)
    assert sent(on) == [said]


async def test_if_they_write_in_these_seconds_it_is_held_and_asked(on: Stage, clock: Later) -> None:
    await holds(on, on.acme.bo)
    card = await card_of(on)
    receipt = await holding(on, on.acme.bo, card)
    await on.inbox.customer_writes(on.acme.sarah, "Forget it")
    await hears(on, on.acme.bo, "has written since you wrote this, so I hold it")
    await idle(on, held=1)
    assert "✋" in on.slack.message(receipt.channel, receipt.ts).text
    question = on.slack.dms(on.acme.bo)[-1]
    clock.comes()
    await on.slack.press(on.acme.bo, question.channel, question.ts, "Send anyway")
    await on.slack.until(lambda: "✅ Sent" in on.slack.show(on.slack.message(receipt.channel, receipt.ts)))
    await idle(on)
    assert (sent(on), clock.kept()) == (["Wait a moment"], [])


@pytest.mark.parametrize("choice", ["Send anyway", "Cancel"])
async def test_if_they_write_while_the_receipt_is_being_posted_nothing_is_left_to_press(
    on: Stage, clock: Later, choice: str
) -> None:
    """What asks stands beside the receipt then."""
    card = await posting(on, on.acme.bo)
    await on.inbox.customer_writes(on.acme.sarah, "Forget it")
    await hears(on, on.acme.bo, "has written since you wrote this, so I hold it")
    await idle(on, held=1)
    question = on.slack.dms(on.acme.bo)[-1]
    clock.comes()
    await on.slack.press(on.acme.bo, question.channel, question.ts, choice)
    await on.slack.until(lambda: clock.kept() == [])
    await idle(on)
    goes = choice == "Send anyway"
    assert sent(on) == ["Wait a moment"] * goes
    assert [("✅ Sent" in on.slack.show(one)) for one in receipts(on, card)] == [True] * goes
    assert [label for one in on.slack.replies(card.channel, card.ts) for label in labels(one)] == []


async def test_undo_before_the_receipt_stands_leaves_none(on: Stage, clock: Later) -> None:
    """As it may be pressed in the list of what waits."""
    card = await posting(on, on.acme.bo)
    (waits,) = clock.waiting()
    asker = Asker(user=on.acme.bo, team=on.slack.team_id, channel=card.channel)
    await on.bridge.lanes.accept(Decide(about=waits.id, verb="cancel", asker=asker))
    await hears(on, on.acme.bo, "Nothing was sent")
    await idle(on)
    assert (receipts(on, card), clock.kept(), sent(on)) == ([], [], [])


async def test_who_chose_a_time_does_not_wait_besides(on: Stage, clock: Later) -> None:
    await holds(on, on.acme.bo)
    card = await card_of(on)
    await later(on, on.acme.bo, card, "Tomorrow")
    (waits,) = clock.waiting()
    assert not waits.brief


async def test_in_a_shared_channel_the_receipt_with_undo_names_nobody(on: Stage, clock: Later) -> None:
    await holds(on, on.acme.bo)
    card = await card_of(on)
    on.slack.channels[card.channel].shared = True
    clock.forget(keys.sharing(card.channel))
    receipt = await holding(on, on.acme.bo, card)
    assert receipt.text == "A reply from @acme: ⏳ Not sent yet"
    assert labels(receipt) == ["Undo"]
    await passes(on, clock)
    assert sent(on) == ["Wait a moment"]


async def test_a_colleague_chooses_for_themselves_alone(on: Stage, clock: Later) -> None:
    await holds(on, on.acme.bo)
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    await dm_later(on, on.acme.ana, "@omar_k", "Hello")
    (waits,) = clock.waiting()
    assert not waits.brief


@pytest.mark.parametrize("who", ["ana", "bo"])
async def test_inbox_settings_has_it_for_admins_and_for_everybody_else(on: Stage, clock: Later, who: str) -> None:
    user = getattr(on.acme, who)
    await on.slack.command(user, on.acme.channel, "/inbox", "settings")
    view = await form(on, user, "Hold what I send, so that I may undo it")
    assert view_problems({name: view[name] for name in ("type", "title", "blocks", "submit", "close")}) == []
    assert (await on.slack.submit(user, values={"hold": "For 10 seconds"})).ok
    await hears(on, user, "What you send waits 10 s, and you have *Undo* as long.")
    await idle(on)
    await holds(on, user, "Not at all")
    card = await card_of(on)
    await reply_form(on, user, card)
    await on.slack.submit(user, values={"text": "At once"})
    await on.slack.until(lambda: sent(on) == ["At once"])
