"""Saved replies at the page: found, chosen, read before they go out, and kept in their form."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Arrive

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


def containing(words: str) -> re.Pattern[str]:
    return re.compile(re.escape(words))


async def test_a_reply_is_written_with_saved_ones_and_archives_the_conversation(arrive: Arrive) -> None:
    visit = await arrive()
    card = visit.card("via @acme")
    await card.get_by_role("button", name="Reply", exact=True).click()
    modal = visit.page.get_by_role("dialog", name="Reply")
    text = modal.get_by_label("Your reply")
    for find, offer, so_far in (
        ("wel", "Welcome: ", "Hi Sarah, good to hear from you! How can we help?"),
        ("tri", "Trial: ", "Shall I start one for @sarah?"),
    ):
        await modal.get_by_role("searchbox").fill(find)
        await modal.get_by_role("option").filter(has_text=offer).click()
        await expect(text).to_have_value(containing(so_far))
    await modal.get_by_label("Archive when sent").check()
    await modal.get_by_role("button", name="Send").click()
    sees = visit.page.get_by_role("log", name="What Sarah Chen sees")
    await expect(sees).to_contain_text("Shall I start one for @sarah?")
    await expect(card).to_contain_text("Archived by Ana")
    assert visit.theatre.scene.inbox.violations == []


async def test_a_place_without_a_value_is_shown_beside_the_field(arrive: Arrive) -> None:
    visit = await arrive()
    await visit.say("/dm")
    modal = visit.page.get_by_role("dialog", name="New DM")
    await modal.get_by_label(re.compile("^To")).fill("@somebody_new")
    await modal.get_by_label("From").select_option(label="@acme on X")
    await modal.get_by_role("searchbox", name="Saved reply").fill("by name")
    await modal.get_by_role("option").filter(has_text="By name").click()
    await expect(modal.get_by_label("Message")).to_have_value(containing("Dear {name}, thank you"))
    await expect(modal.get_by_label(re.compile("^To"))).to_have_value("@somebody_new")
    await modal.get_by_role("button", name="Send").click()
    await expect(modal.get_by_role("alert")).to_contain_text("“Dear {name}, thank you")


async def test_they_are_kept_in_their_form(arrive: Arrive) -> None:
    visit = await arrive()
    await visit.say("/inbox snippets")
    modal = visit.page.get_by_role("dialog", name="Saved replies")
    await expect(modal).to_contain_text("Refund · the team's")
    await modal.get_by_role("button", name="New saved reply").click()
    await modal.get_by_label("Name", exact=True).fill("Demo")
    await modal.get_by_label("Text", exact=True).fill("Book one here, {first_name|please}.")
    await modal.get_by_role("radio", name="Only me").check()
    await modal.get_by_role("button", name="Save", exact=True).click()
    await expect(modal).to_contain_text("Demo is saved")
    await expect(modal).to_contain_text("Demo · yours")
