"""What a card says: the person, labels, files, edits, reactions, and why a button is missing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.sandbox.inbox.records import iso
from bot.sandbox.slack.block_kit.blocks import problems
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.text import plain
from tests.conftest import Open
from tests.e2e.steps import calls, card_of, cards, idle, labels, menu, nodes, shows, thread

PICTURE = "https://media.example/1.jpg"


def pictures(on: Stage, card: Message) -> list[str]:
    now = on.slack.message(card.channel, card.ts)
    return [block["image_url"] for block in now.blocks if block["type"] == "image"]


def links(card: Message) -> list[tuple[str, str]]:
    return [(node["url"], node["text"]) for node in nodes(card.blocks) if node.get("type") == "link"]


async def card_with(on: Stage, *attachments: dict[str, Any], said: str = "") -> Message:
    await on.inbox.customer_writes(on.acme.sarah, said, attachments=attachments)
    await on.slack.until(lambda: cards(on))
    await idle(on)
    return cards(on)[0]


# --- who -------------------------------------------------------------------------------------------------------------


async def test_a_card_shows_platform_followers_headline_status_and_tags_and_follows_their_changes(on: Stage) -> None:
    vip, trial = on.inbox.add_tag("VIP"), on.inbox.add_tag("trial <!here>")
    lead = on.inbox.add_status("Lead")
    on.acme.sarah.bio, on.acme.sarah.followers = "Founder at *Nimbus*\nand runner", 12_300
    on.acme.sarah.tag_ids, on.acme.sarah.status_id = [vip, trial], lead
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    card = await card_of(on)
    await on.inbox.app_assigns(thread(on).id, on.acme.bo_member)  # v1 webhooks show the person in part alone
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    about = (
        f"On X · 12,300 followers · Founder at {plain('*Nimbus*')} and runner · Status: Lead · Tags: VIP, trial <!here>"
    )
    assert about in shows(on, card)
    assert not [n for n in nodes(card.blocks) if n.get("type") == "mrkdwn" and "<!here" in n["text"]]
    await on.inbox.app_tags(on.acme.sarah, trial)
    await on.slack.until(lambda: "VIP" not in shows(on, card))
    won = on.inbox.add_status("Won")  # later than the names were asked for
    await on.inbox.app_sets_status(on.acme.sarah, won)
    await on.slack.until(lambda: "Status: Won" in shows(on, card))


async def test_two_hundred_tags_take_one_line_and_one_question_to_inbox(on: Stage) -> None:
    on.acme.sarah.tag_ids = [on.inbox.add_tag(f"tag-{number}") for number in range(200)]
    card = await card_of(on)
    assert "tag-0, tag-1," in shows(on, card)
    assert "tag-11 and 188 more" in shows(on, card)
    assert problems(card.blocks, "message") == []
    await idle(on)
    (asked,) = calls(on, "GET", "/tags")
    assert asked.query == []  # both versions show them all at once


async def test_a_card_names_the_platform_of_its_account(on: Stage) -> None:
    account = on.inbox.add_account("acme-inc", "Acme Inc", platform="linkedin")
    lin = on.inbox.add_person("lin-wei", "Lin Wei", platform="linkedin")
    await on.inbox.customer_writes(lin, "Hello from LinkedIn", account)
    await on.slack.until(lambda: cards(on))
    assert "Lin Wei (lin-wei) via acme-inc\nOn LinkedIn" in shows(on, cards(on)[0])


# --- files -----------------------------------------------------------------------------------------------------------


async def test_pictures_are_shown_recordings_linked_and_cards_named_with_where_they_lead(on: Stage) -> None:
    card = await card_with(on, {"kind": "image", "url": PICTURE}, said="Look")
    assert pictures(on, card) == [PICTURE]
    assert "Look [image]" in card.text
    sound = {"kind": "audio", "url": "https://media.example/2.ogg", "durationSeconds": 42}
    video = {"kind": "video", "url": "https://media.example/3.mp4", "poster": {"url": "https://media.example/3.jpg"}}
    bank = {"kind": "card", "url": "https://evil.example/login", "title": "Your bank"}
    for file in (sound, video, bank):
        await on.inbox.customer_writes(on.acme.sarah, "", attachments=[file])
        await idle(on)
    below = on.slack.replies(card.channel, card.ts)
    assert [links(one) for one in below] == [
        [("https://media.example/2.ogg", "voice message (0:42)")],
        [("https://media.example/3.mp4", "video")],
        [],
    ]
    assert pictures(on, below[1]) == ["https://media.example/3.jpg"]
    assert "📎 card: Your bank (evil.example)" in on.slack.show(below[2])


async def test_a_picture_that_slack_cannot_fetch_is_named_and_breaks_no_card(on: Stage) -> None:
    on.slack.unreachable.add(PICTURE)
    card = await card_with(on, {"kind": "image", "url": PICTURE}, said="Look")
    assert pictures(on, card) == []
    assert "📎 image (can't be shown here)" in shows(on, card)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    assert "Open conversation" in menu(card)


async def test_a_picture_whose_address_has_ended_since_breaks_no_card(on: Stage) -> None:
    card = await card_with(on, {"kind": "image", "url": PICTURE}, said="Look")
    assert pictures(on, card) == [PICTURE]
    on.slack.unreachable.add(PICTURE)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Ana" in shows(on, card))
    assert pictures(on, card) == []
    assert "Look" in shows(on, card)


@pytest.mark.parametrize("file", [{"kind": "image", "url": None}, {"kind": "image", "url": PICTURE, "expiresAt": ""}])
async def test_a_file_that_is_not_there_yet_or_no_more_is_named(on: Stage, file: dict[str, Any]) -> None:
    ended = {"expiresAt": iso(datetime.now(UTC) - timedelta(minutes=1))} if "expiresAt" in file else {}
    card = await card_with(on, {**file, **ended})
    assert pictures(on, card) == []
    assert "📎 image (open the conversation to see it)" in shows(on, card)


# --- what becomes of a message ---------------------------------------------------------------------------------------


async def test_an_edited_and_then_deleted_message_is_shown_as_such_on_the_card(on: Stage) -> None:
    message = await on.inbox.customer_writes(on.acme.sarah, "First words")
    await on.slack.until(lambda: cards(on))
    (card,) = cards(on)
    await on.inbox.edits(message, "Second thoughts")
    await on.slack.until(lambda: "Second thoughts" in shows(on, card))
    assert " · edited" in shows(on, card)
    assert "First words" not in shows(on, card)
    await on.inbox.reacts(message, "🔥")
    await on.inbox.reacts(message, "🔥")
    await on.slack.until(lambda: "Reactions: 🔥 (2)" in shows(on, card))
    await on.inbox.deletes(message)
    await on.slack.until(lambda: "This message was deleted." in shows(on, card))
    assert "Second thoughts" not in str(card.blocks) + card.text
    assert "Reactions" not in shows(on, card)


async def test_a_message_below_the_card_is_amended_there_and_leaves_the_card_alone(on: Stage) -> None:
    card = await card_of(on, "One")
    middle = await on.inbox.customer_writes(on.acme.sarah, "Two")
    await idle(on)  # else one post may show all three
    await on.inbox.customer_writes(on.acme.sarah, "Three")
    await idle(on)
    two, three = on.slack.replies(card.channel, card.ts)
    drawn = card.edited
    await on.inbox.edits(middle, "Two and a half")
    await on.slack.until(lambda: "Two and a half" in on.slack.show(two))
    await on.inbox.deletes(middle)
    await on.slack.until(lambda: "This message was deleted." in on.slack.show(two))
    await idle(on)
    assert card.edited == drawn
    assert "Three" in on.slack.show(three)
    assert "Three" in shows(on, card)


async def test_an_edit_that_overtakes_its_message_is_shown_all_the_same(on: Stage) -> None:
    card = await card_of(on, "One")
    on.slack.fail("chat.postMessage", retry_after=1)
    message = await on.inbox.customer_writes(on.acme.sarah, "Two")
    await on.inbox.settle()
    await on.inbox.edits(message, "Two and a half")
    await idle(on)
    (below,) = on.slack.replies(card.channel, card.ts)
    assert "Two and a half" in on.slack.show(below)
    assert "Two and a half" in shows(on, card)


async def test_changes_to_messages_that_slack_never_saw_cost_nothing(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    ours = await on.inbox.teammate_writes(thread(on, on.acme.omar).id, "Typed on X")
    await idle(on)
    asked = len(on.inbox.calls)
    await on.inbox.edits(ours, "Typed on X again")
    await on.inbox.reacts(ours, "❤️")
    await idle(on)
    assert len(on.inbox.calls) == asked


# --- why a button is missing -----------------------------------------------------------------------------------------


async def test_what_the_platform_forbids_in_a_conversation_has_no_button_but_a_reason(opened: Open) -> None:
    on = await opened(versions=["v2"])
    on.inbox.add_thread(on.acme.account, on.acme.sarah, restrictions=["message:send"])
    card = await card_of(on)
    assert labels(card) == ["Assign to me", "Archive"]
    assert "~Reply~ X has closed this conversation, so nobody can write in it." in shows(on, card)
    thread(on).restrictions.clear()
    await on.inbox.customer_writes(on.acme.sarah, "Open again")
    await on.slack.until(lambda: "Reply" in labels(card))


async def test_what_the_account_cannot_do_has_no_button_but_a_reason(opened: Open) -> None:
    on = await opened(versions=["v2"])
    on.inbox.world.accounts[on.acme.account].capabilities = ["message:react"]
    card = await card_of(on)
    assert "Reply" not in labels(card)
    assert "~Reply~ @acme can't send messages." in shows(on, card)


async def test_a_restriction_that_came_after_the_card_is_told_in_the_form_and_then_on_the_card(opened: Open) -> None:
    on = await opened(versions=["v2"])
    card = await card_of(on)
    thread(on).restrictions.append("message:send")
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Reply")
    said = "X has closed this conversation, so nobody can write in it."
    await on.slack.until(lambda: (view := on.slack.modal(on.acme.ana)) and said in on.slack.show(view))
    await on.slack.until(lambda: f"~Reply~ {said}" in shows(on, card))


async def test_v1_does_not_say_what_is_allowed_so_the_button_is_there(opened: Open) -> None:
    on = await opened(versions=["v1"])
    on.inbox.add_thread(on.acme.account, on.acme.sarah, restrictions=["message:send"])
    card = await card_of(on)
    assert labels(card)[0] == "Reply"


async def test_the_notification_says_who_wrote_what_whose_it_is_and_nothing_that_needs_a_picture(on: Stage) -> None:
    card = await card_with(on, {"kind": "image", "url": PICTURE})
    state, *rest = card.text.split(" · ")
    assert re.fullmatch(r"🔴 Waiting since <!date\^\d+\^{time}\|\d\d:\d\d UTC>", state)
    assert rest == ["Unassigned", "Sarah Chen (@sarah) via @acme: [image]"]
