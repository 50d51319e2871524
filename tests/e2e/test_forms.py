"""What all forms have in common: a click opens one, and who closes it before it is there hears nothing of that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from bot.queue.job import utc_now
from bot.sandbox.slack.records import Ack, Message
from bot.sandbox.stage import Stage
from bot.snippets.store import TEAM, Snippet
from tests.e2e.steps import Recorder, card_of, form, idle, modal, recorder, told

Open = Callable[[Stage, Message], Awaitable[Ack]]

FORMS: dict[str, Open] = {
    "reply": lambda on, card: on.slack.press(on.acme.ana, card.channel, card.ts, "reply"),
    "reply shortcut": lambda on, card: on.slack.shortcut(on.acme.ana, card.channel, card.ts, "reply"),
    "assign": lambda on, card: on.slack.shortcut(on.acme.ana, card.channel, card.ts, "assign_to"),
    "assign option": lambda on, card: on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to…"),
    "snooze": lambda on, card: on.slack.press(on.acme.ana, card.channel, card.ts, "Snooze…"),
    "contact": lambda on, card: on.slack.press(on.acme.ana, card.channel, card.ts, "Contact…"),
    "earlier": lambda on, card: on.slack.press(on.acme.ana, card.channel, card.ts, "Earlier…"),
    "this message": lambda on, card: on.slack.shortcut(on.acme.ana, card.channel, card.ts, "this_message"),
    "settings": lambda on, card: on.slack.command(on.acme.ana, card.channel, "/inbox", "settings"),
    "saved replies": lambda on, card: on.slack.command(on.acme.ana, card.channel, "/inbox", "snippets"),
    "dm": lambda on, card: on.slack.command(on.acme.ana, card.channel, "/dm"),
}
FIELDS = {
    "reply": "Your reply", "reply shortcut": "Your reply", "assign": "Who takes it", "assign option": "Who takes it",
    "snooze": "Until", "contact": "Notes", "dm": "To",
}  # fmt: skip
# What is pressed in a form that is open, by the form and what it says when it is filled in.
WITHIN = {
    "React…": ("this message", "Conversation with"),
    "Snooze…": ("this message", "Conversation with"),
    "Contact…": ("this message", "Conversation with"),
    "Assign to…": ("this message", "Conversation with"),
    "Earlier…": ("this message", "Conversation with"),
    "Reply to this": ("this message", "Conversation with"),
    "Why is this here?": ("this message", "Conversation with"),
    "Messages": ("earlier", "Sarah Chen"),
    "Edit": ("saved replies", "Refund"),
    "New saved reply": ("saved replies", "New saved reply"),
}


@pytest.mark.parametrize("name", FORMS)
async def test_a_form_that_is_closed_while_it_says_one_moment_is_closed_in_silence(on: Stage, name: str) -> None:
    card = await card_of(on)
    on.slack.fail("users.info", delay=0.3)
    assert (await FORMS[name](on, card)).ok
    assert "One moment…" in on.slack.show(on.slack.modal(on.acme.ana) or {"blocks": []})
    await assert_closed_in_silence(on)


@pytest.mark.parametrize("pressed", WITHIN)
async def test_a_form_that_is_closed_before_what_was_pressed_in_it_shows_is_closed_in_silence(
    on: Stage, pressed: str
) -> None:
    await opened_for(on, pressed)
    on.slack.fail("views.update", delay=0.3)
    assert (await on.slack.press_modal(on.acme.ana, pressed)).ok
    await assert_closed_in_silence(on)


@pytest.mark.parametrize("pressed", WITHIN)
async def test_a_form_that_is_closed_in_the_moment_of_a_press_is_closed_in_silence(on: Stage, pressed: str) -> None:
    await opened_for(on, pressed)
    on.slack.fail("views.update", error="not_found", times=None)
    assert (await on.slack.press_modal(on.acme.ana, pressed)).ok
    await assert_closed_in_silence(on)


async def opened_for(on: Stage, pressed: str) -> None:
    """The form in which that is pressed."""
    (name, says), card = WITHIN[pressed], await card_of(on)
    refund = Snippet(id="one", owner=TEAM, name="Refund", text="It is on its way", rev="1", at=utc_now())
    await on.bridge.snippets.save(refund, "")
    assert (await FORMS[name](on, card)).ok
    await modal(on, on.acme.ana, says)


async def assert_closed_in_silence(on: Stage) -> None:
    await on.slack.close(on.acme.ana)
    await idle(on)
    assert told(on, on.acme.ana) == []
    assert on.slack.modal(on.acme.ana) is None
    assert await on.bridge.lanes.dead_letters() == []


async def again(on: Stage, kept: Recorder) -> None:
    """Slack delivers what it sent last once more, byte for byte."""
    last = kept.requests[-1]
    assert (await on.slack.raw(last.content, on.slack.sign(last.content))).ok


@pytest.mark.parametrize("name", FIELDS)
async def test_the_same_click_delivered_twice_opens_one_form(on: Stage, name: str) -> None:
    card, kept = await card_of(on), recorder(on)
    await FORMS[name](on, card)
    await again(on, kept)
    view = await form(on, on.acme.ana, FIELDS[name])
    await again(on, kept)
    assert (on.slack.modal(on.acme.ana) or {})["id"] == view["id"]
    await on.slack.close(on.acme.ana)
    await idle(on)
    assert [one.method for one in on.slack.calls].count("views.open") == 1
    assert told(on, on.acme.ana) == []


async def test_a_click_that_slack_delivers_again_with_another_trigger_opens_no_second_form(on: Stage) -> None:
    card = await card_of(on)
    for _ in range(2):
        await on.slack.press(on.acme.ana, card.channel, card.ts, "reply", action_ts="1795699981.000100")
    await form(on, on.acme.ana, "Your reply")
    await on.slack.close(on.acme.ana)
    await idle(on)
    assert [one.method for one in on.slack.calls].count("views.open") == 1
