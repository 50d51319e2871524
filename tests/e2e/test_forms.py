"""What all forms have in common: a click opens one, and who closes it before it is there hears nothing of that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from bot.sandbox.slack.records import Ack, Message
from bot.sandbox.stage import Stage
from tests.e2e.steps import Recorder, card_of, form, idle, recorder, told

Open = Callable[[Stage, Message], Awaitable[Ack]]

FORMS: dict[str, Open] = {
    "reply": lambda on, card: on.slack.press(on.acme.ana, card.channel, card.ts, "reply"),
    "reply shortcut": lambda on, card: on.slack.shortcut(on.acme.ana, card.channel, card.ts, "reply"),
    "assign": lambda on, card: on.slack.shortcut(on.acme.ana, card.channel, card.ts, "assign_to"),
    "settings": lambda on, card: on.slack.command(on.acme.ana, card.channel, "/inbox", "settings"),
    "dm": lambda on, card: on.slack.command(on.acme.ana, card.channel, "/dm"),
}
FIELDS = {"reply": "Your reply", "reply shortcut": "Your reply", "assign": "Who takes it", "dm": "To"}


@pytest.mark.parametrize("name", FORMS)
async def test_a_form_that_is_closed_while_it_says_one_moment_is_closed_in_silence(on: Stage, name: str) -> None:
    card = await card_of(on)
    on.slack.fail("users.info", delay=0.3)
    assert (await FORMS[name](on, card)).ok
    assert "One moment…" in on.slack.show(on.slack.modal(on.acme.ana) or {"blocks": []})
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
