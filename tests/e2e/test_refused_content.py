"""What Slack takes nowhere for what somebody wrote: everybody sees that they wrote, and all else goes on."""

from __future__ import annotations

import pytest

from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.slack.lesser import REFUSED
from tests.e2e.steps import card_of, cards, hears, idle, labels, reply, reply_form, shows
from tests.e2e.test_conversation import below, said

BAD = "xyzzy"


@pytest.fixture
def strict(on: Stage) -> Stage:
    """A Slack that takes no message and no view with `BAD` in it."""
    on.slack.refused.add(BAD)
    return on


async def piled_up(on: Stage, card: Message, *texts: str) -> None:
    """Sarah writes them all while Slack takes its time for the first post below the card."""
    on.slack.fail("chat.postMessage", delay=0.5)
    for one in texts:
        await on.inbox.customer_writes(on.acme.sarah, one)
    await idle(on)
    assert cards(on) == [card]


async def test_a_card_with_such_a_text_is_there_and_is_drawn_anew(strict: Stage) -> None:
    card = await card_of(strict, f"{BAD} m1")
    assert "Sarah Chen (@sarah)" in shows(strict, card)
    assert REFUSED in shows(strict, card)
    assert "Sarah Chen" in card.text
    assert "Reply" in labels(card)
    await strict.slack.press(strict.acme.ana, card.channel, card.ts, "Archive")
    await strict.slack.until(lambda: "Archived by Ana" in shows(strict, card))
    await strict.inbox.customer_writes(strict.acme.sarah, "m2")
    await idle(strict)
    assert "m2" in shows(strict, card)
    assert REFUSED not in shows(strict, card)
    assert below(strict, card).count(REFUSED) == 1
    assert said(strict, card) == ["m2"]


async def test_of_several_at_once_only_that_one_is_left_out(strict: Stage) -> None:
    card = await card_of(strict, "m1")
    await piled_up(strict, card, "m2", "m3", f"{BAD} m4", "m5")
    assert said(strict, card) == ["m1", "m2", "m3", "m5"]
    shown = below(strict, card)
    assert shown.count(REFUSED) == 1
    assert shown.index("m3") < shown.index(REFUSED) < shown.index("m5")
    assert "m5" in shows(strict, card)


async def test_an_edit_to_such_a_text_leaves_the_card_changeable(strict: Stage) -> None:
    last = await strict.inbox.customer_writes(strict.acme.sarah, "m1")
    await idle(strict)
    (card,) = cards(strict)
    await strict.inbox.edits(last, f"{BAD} m1")
    await idle(strict)
    await strict.slack.press(strict.acme.ana, card.channel, card.ts, "Archive")
    await strict.slack.until(lambda: "Archived by Ana" in shows(strict, card))
    assert REFUSED in shows(strict, card)
    await strict.inbox.edits(last, "m2")
    await strict.slack.until(lambda: "m2" in shows(strict, card))


async def test_a_name_that_slack_does_not_take_hides_no_conversation(strict: Stage) -> None:
    strict.acme.sarah.name = f"Sarah {BAD}"
    card = await card_of(strict, "m1")
    assert REFUSED in shows(strict, card)
    assert "Reply" in labels(card)


async def test_it_can_be_answered_and_the_receipt_stands_below(strict: Stage) -> None:
    card = await card_of(strict, f"{BAD} m1")
    await reply(strict, strict.acme.ana, card, "m2")
    await idle(strict)
    assert [one.text for one in strict.inbox.sent()] == ["m2"]
    assert said(strict, card) == ["m2"]


async def test_the_form_to_answer_opens_without_the_text(strict: Stage) -> None:
    card = await card_of(strict, f"{BAD} m1")
    view = await reply_form(strict, strict.acme.ana, card)
    assert REFUSED in strict.slack.show(view)


async def test_home_and_lists_show_whose_it_is_and_everybody_else(strict: Stage) -> None:
    await card_of(strict, f"{BAD} m1")
    await card_of(strict, "m2", strict.acme.omar)
    await strict.slack.open_home(strict.acme.ana)
    await strict.slack.until(lambda: strict.slack.home(strict.acme.ana))
    shown = strict.slack.show(strict.slack.home(strict.acme.ana) or {})
    assert "Sarah Chen" in shown
    assert "Omar" in shown
    assert REFUSED in shown
    await strict.slack.command(strict.acme.ana, strict.acme.channel, command="/inbox", text="unassigned")
    found = await hears(strict, strict.acme.ana, "Omar")
    assert "Sarah Chen" in found
    assert REFUSED in found
