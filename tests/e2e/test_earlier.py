"""Earlier…: everything that was with a person, privately."""

from __future__ import annotations

import pytest

from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.block_kit.blocks import view_problems
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from tests.e2e.steps import Json, card_of, form, idle, menu, modal, reply, thread, version, whisper


async def earlier(on: Stage, user: str, card: Message, words: str = "Sarah Chen") -> Json:
    """The view of `user`, opened from the card's menu, once it says `words`."""
    assert (await on.slack.press(user, card.channel, card.ts, "Earlier…")).ok
    return await modal(on, user, words)


def plainly(on: Stage, view: Json) -> str:
    return on.slack.show(view).replace("*", "")


def valid(view: Json) -> bool:
    return view_problems({key: view[key] for key in ("type", "title", "blocks", "close")}) == []


async def test_one_sees_who_wrote_last_and_what_the_team_notes_of_a_person(on: Stage) -> None:
    tag = on.inbox.add_tag("vip")
    card = await card_of(on, "Hi there")
    await on.inbox.app_tags(on.acme.sarah, tag)
    await on.inbox.app_notes(on.acme.sarah, "Met her in Lisbon.")
    await reply(on, on.acme.ana, card, "Hello Sarah")
    await on.inbox.campaign_writes(thread(on).id, "Our news")
    await idle(on)
    assert "Earlier…" in menu(card)
    view = await earlier(on, on.acme.bo, card)
    assert valid(view)
    said = plainly(on, view)
    assert "Known since" in said
    assert "Tags: vip" in said
    assert "@sarah on X" in said
    assert "Met her in Lisbon." in said
    assert "Campaigns wrote once, last" in said
    assert "@acme on X · Archived" in said
    assert "Sarah Chen last wrote" in said
    assert "A campaign last wrote" in said
    assert ("Version 1 of Inbox's API shows only X." in said) is (version(on) == "v1")
    assert "[Messages]  [Reply]  [Open conversation]" in said


@pytest.mark.parametrize("how", ["form", "prefix", "dm"])
async def test_the_one_who_wrote_from_slack_is_named(on: Stage, how: str, optional_scopes: frozenset[str]) -> None:
    on.slack.scopes |= optional_scopes
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "replies on >>")
    await idle(on)
    card = await card_of(on, "Hi there")
    match how:
        case "form":
            await reply(on, on.acme.ana, card, "Hello Sarah")
        case "prefix":
            await on.slack.write(on.acme.ana, card.channel, "&gt;&gt; Hello Sarah", card.ts)
        case "dm":
            await on.slack.command(on.acme.ana, on.acme.channel, text="@sarah Hello Sarah")
    await on.slack.until(lambda: thread(on).messages[-1].text == "Hello Sarah")
    await idle(on)
    assert "Ana last wrote" in plainly(on, await earlier(on, on.acme.bo, card))


async def test_conversations_with_other_accounts_and_on_other_platforms_are_listed_and_answered(on: Stage) -> None:
    second = on.inbox.add_account("acme_help")
    on.inbox.add_thread(second, on.acme.sarah, archived=True)
    other = thread(on, account=second)
    await on.inbox.teammate_writes(other.id, "We are closed today", "member", on.acme.bo_member)
    card = await card_of(on, "Hi there")
    said = plainly(on, await earlier(on, on.acme.ana, card, "acme_help"))
    assert "@acme_help on X · Archived" in said
    assert "Bo last wrote" in said
    assert said.index("@acme on X") < said.index("@acme_help on X")
    view = on.slack.modal(on.acme.ana)
    assert view is not None
    row = f"earlier|{other.id}"
    await on.slack.press_modal(on.acme.ana, f"{row}/earlier_messages")
    read = plainly(on, await modal(on, on.acme.ana, "We are closed today"))
    assert "[Reply]  [Back]" in read
    await on.slack.press_modal(on.acme.ana, "Back")
    await modal(on, on.acme.ana, "acme_help")
    await on.slack.press_modal(on.acme.ana, f"{row}/reply")
    view = await form(on, on.acme.ana, "Your reply")
    assert "from @acme_help" in on.slack.show(view)
    await on.slack.submit(on.acme.ana, values={"text": "Open again"})
    await on.slack.until(lambda: other.messages[-1].text == "Open again")


async def test_profiles_on_every_platform_are_named(on: Stage, sarahs_profile: PersonRecord) -> None:
    card = await card_of(on, "Hi there")
    said = plainly(on, await earlier(on, on.acme.ana, card))
    assert "@sarah on X" in said
    assert ("sarah-chen on LinkedIn" in said) is (version(on) == "v2")


@pytest.fixture
def sarahs_profile(on: Stage) -> PersonRecord:
    """Sarah is on LinkedIn too, where the team has an account."""
    on.inbox.add_account("acme-inc", platform="linkedin")
    return on.inbox.add_person("sarah-chen", "Sarah Chen", platform="linkedin", also=on.acme.sarah)


async def test_messages_are_read_page_by_page(on: Stage) -> None:
    card = await card_of(on, "number 0.")
    record = thread(on)
    on.inbox.auto_deliver = False
    for number in range(1, 26):
        await on.inbox.customer_writes(record.id, f"number {number}.")
    await earlier(on, on.acme.ana, card)
    await on.slack.press_modal(on.acme.ana, "Messages")
    view = await modal(on, on.acme.ana, "number 25.")
    assert valid(view)
    said = on.slack.show(view)
    assert said.index("number 16.") < said.index("number 25.")
    assert "number 15." not in said
    assert "[Older]" in said
    await on.slack.press_modal(on.acme.ana, "Older")
    await modal(on, on.acme.ana, "number 15.")
    await on.slack.press_modal(on.acme.ana, "Older")
    said = on.slack.show(await modal(on, on.acme.ana, "number 0."))
    assert "[Older]" not in said
    await on.slack.press_modal(on.acme.ana, "Newer")
    await modal(on, on.acme.ana, "number 15.")


async def test_it_opens_from_a_list_too(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "find @sarah")
    answer = await whisper(on, on.acme.ana, "Sarah Chen")
    await on.slack.press_ephemeral(on.acme.ana, answer, "Earlier…")
    assert "Your team hasn't written" in plainly(on, await modal(on, on.acme.ana, "hasn't written"))


@pytest.mark.parametrize("who", ["guest", "outsider", "kim"])
async def test_nobody_without_the_right_sees_what_was_earlier(on: Stage, who: str) -> None:
    card = await card_of(on)
    why = "I can't match you" if who == "kim" else "Only members of *Acme*"
    assert "Sarah" not in on.slack.show(await earlier(on, getattr(on.acme, who), card, why))


async def test_a_conversation_that_is_gone_is_said(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.auto_deliver = False
    await on.inbox.app_deletes(thread(on).id)
    await earlier(on, on.acme.ana, card, "That conversation was deleted in Inbox.")
