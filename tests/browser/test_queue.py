"""Working through many conversations at the page: boxes in a list, and one after the other in a form."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Arrive, Visit

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

ASKED = (
    ("Lena Fischer", "Is there a discount for students?"),
    ("Tom Okafor", "The link in your last mail is broken. Can you send it again, please?"),
    ("Yuki Sato", "When do you ship to Japan?"),
)


async def three_write(visit: Visit) -> None:
    scene = visit.theatre.scene
    for number, (name, said) in enumerate(ASKED):
        person = scene.inbox.add_person(f"asked{number}", name)
        await scene.inbox.customer_writes(person, said, scene.acme.account)
    await expect(visit.card("Yuki Sato").first).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
async def test_those_that_are_ticked_are_archived_at_once(arrive: Arrive, width: int) -> None:
    visit = await arrive(width=width)
    await three_write(visit)
    await visit.say("/inbox list waiting")
    for name in ("Lena Fischer", "Tom Okafor"):
        await visit.page.get_by_role("checkbox", name=re.compile(name)).check()
    if width == 1280:
        await visit.picture("list")
    below = visit.button("Tag…").locator("xpath=..")
    await below.get_by_role("button", name="Archive").click()
    await visit.page.get_by_role("dialog").get_by_role("button", name="Archive").click()
    await expect(visit.page.get_by_text("✅ 2 archived.").first).to_be_visible()
    assert visit.theatre.scene.inbox.violations == []


@pytest.mark.parametrize("width", [1280, 390])
async def test_one_conversation_after_the_other(arrive: Arrive, width: int) -> None:
    visit = await arrive(width=width)
    await three_write(visit)
    await visit.say("/inbox triage waiting")
    form = visit.page.get_by_role("dialog", name="Triage")
    count = await form.get_by_text(re.compile(r"^\d+ left")).first.text_content()
    assert count
    first = int(count.split()[0])
    if width == 1280:
        await visit.picture("triage")
    await form.get_by_role("button", name="Skip").click()
    await expect(form).to_contain_text(f"{first - 1} left")
    await form.get_by_label("Your reply").fill("Yes, until Friday.")
    await form.get_by_role("button", name="Reply").click()
    await expect(form).to_contain_text(f"{first - 2} left")
    await expect(form.get_by_label("Your reply")).to_have_value("")
    await form.get_by_role("button", name="Done").click()
    await expect(form).to_have_count(0)
    assert visit.theatre.scene.inbox.violations == []
