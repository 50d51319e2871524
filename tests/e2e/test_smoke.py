"""The main job, once."""

from __future__ import annotations

import pytest

from bot.sandbox.stage import Stage

pytestmark = pytest.mark.both_apis


async def test_an_inbound_message_becomes_a_card(on: Stage) -> None:
    await on.inbox.customer_writes(on.acme.sarah, "Hi! Is the trial still open?")
    card = (await on.slack.until(lambda: on.slack.messages(on.acme.channel)))[0]
    assert "Sarah Chen (@sarah) via @acme" in on.slack.show(card)
