"""Targets and figures as people see them: a card that says by when to answer, and Slack's own chart."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Arrive

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_a_target_stands_on_the_card_and_the_figures_have_their_chart(arrive: Arrive) -> None:
    visit = await arrive(height=1000)
    await visit.say("/inbox settings")
    modal = visit.page.get_by_role("dialog")
    await modal.get_by_label("Answer within … minutes").fill("60")
    await modal.get_by_role("button", name="Save").click()
    await expect(modal).to_be_hidden()
    await visit.write_as("Sarah Chen", "Could you tell me more about pricing?")
    card = visit.card("Sarah Chen (@sarah) via")
    await expect(card).to_contain_text("Answer by")
    await visit.picture("target", "Slack")
    await visit.say("/inbox stats")
    await expect(visit.page.locator(".chart")).to_be_visible()
    await visit.picture("figures", "Slack")
