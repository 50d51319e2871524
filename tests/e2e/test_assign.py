"""Who has a conversation: Assign to…, Unassign, Reopen from card and shortcuts, and what the new assignee hears."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.assign.jobs import TellAssignee
from bot.queue.job import Asker
from bot.sandbox.slack.block_kit.blocks import problems, view_problems
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.threads.jobs import Change
from tests.conftest import Open
from tests.e2e.steps import (
    as_body,
    calls,
    card_of,
    click,
    form,
    hears,
    idle,
    labels,
    nodes,
    shows,
    thread,
    told,
    whisper,
)


async def opened_assign(on: Stage, user: str, card: Message) -> None:
    assert (await on.slack.press(user, card.channel, card.ts, "Assign to…")).ok
    await form(on, user, "Who takes it")


async def assign(on: Stage, user: str, card: Message, colleague: str) -> None:
    """Choose `colleague` in the form behind Assign to…."""
    await opened_assign(on, user, card)
    assert (await on.slack.submit(user, values={"assignee": colleague})).ok


async def test_assign_to_gives_the_conversation_to_a_colleague_who_is_told_once(on: Stage) -> None:
    card = await card_of(on, "Who can help?")
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to…")
    view = await form(on, on.acme.ana, "Who takes it")
    menu, _note = [block["element"] for block in view["blocks"] if block["type"] == "input"]
    assert [one["text"]["text"] for one in menu["options"]] == ["Ana (you)", "Bo"]
    assert view_problems({key: view[key] for key in ("type", "title", "blocks", "submit", "close")}) == []
    await on.slack.submit(on.acme.ana, values={"assignee": "Bo"})
    await on.slack.until(lambda: "Assigned to Bo by Ana" in shows(on, card))
    assert thread(on).assignee_id == on.acme.bo_member
    (message,) = await on.slack.until(lambda: on.slack.dms(on.acme.bo))
    assert "Ana assigned you the conversation with *Sarah Chen* (@sarah)." in on.slack.show(message)
    assert "Who can help?" in on.slack.show(message)
    assert labels(message) == ["Open the card", "Don't tell me again"]
    assert problems(message.blocks, "message") == []
    await idle(on)
    assert len(on.slack.dms(on.acme.bo)) == 1
    assert told(on, on.acme.ana) == []
    assert [call.body for call in calls(on, "PATCH")] == [{"assigneeId": on.acme.bo_member}]


async def test_in_their_quiet_hours_a_colleague_is_not_told_yet(on: Stage) -> None:
    now = datetime.now(UTC)
    quiet = f"quiet {now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=1):%H:%M} UTC"
    await on.slack.command(on.acme.bo, on.acme.channel, command="/inbox", text=quiet)
    await hears(on, on.acme.bo, "nothing about assignments")
    card = await card_of(on, "Who can help?")
    await assign(on, on.acme.ana, card, "Bo")
    await on.slack.until(lambda: "Assigned to Bo by Ana" in shows(on, card))
    for _ in range(200):
        if (await on.bridge.lanes.depth())["delayed"]:
            break
        await asyncio.sleep(0.01)
    assert (await on.bridge.lanes.depth())["delayed"] == 1
    assert on.slack.dms(on.acme.bo) == []


async def test_who_acts_as_somebody_else_is_not_told_of_what_their_own_seat_was_given(on: Stage) -> None:
    """Bo's address is that of the new assignee, but an admin has linked him to Ana's seat: it would be her business."""
    card = await card_of(on, "A secret")
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", f"link <@{on.acme.bo}> ana@acme.example")
    await hears(on, on.acme.ana, "now acts as")
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to…")
    await form(on, on.acme.ana, "Who takes it")
    await on.slack.submit(on.acme.ana, values={"assignee": "Bo"})
    await on.slack.until(lambda: "Assigned to Bo by Ana" in shows(on, card))
    await idle(on)
    assert [one for one in on.slack.dms(on.acme.bo) if "assigned you" in on.slack.show(one)] == []


async def test_who_takes_a_conversation_themselves_is_told_nothing(on: Stage) -> None:
    card = await card_of(on)
    await assign(on, on.acme.ana, card, "Ana (you)")
    await on.slack.until(lambda: "Assigned to Ana" in shows(on, card))
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Unassign")
    await on.slack.until(lambda: "Unassigned by Bo" in shows(on, card))
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    await idle(on)
    assert on.slack.dms(on.acme.ana) == on.slack.dms(on.acme.bo) == []


async def test_a_new_assignee_switches_these_messages_off_and_on_again(on: Stage) -> None:
    card = await card_of(on)
    await assign(on, on.acme.ana, card, "Bo")
    (message,) = await on.slack.until(lambda: on.slack.dms(on.acme.bo))
    await on.slack.press(on.acme.bo, message.channel, message.ts, "Don't tell me again")
    await hears(on, on.acme.bo, "I no longer tell you")
    await assign(on, on.acme.ana, card, "Ana (you)")
    await on.slack.until(lambda: "Assigned to Ana" in shows(on, card))
    await assign(on, on.acme.ana, card, "Bo")
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    await idle(on)
    assert on.slack.dms(on.acme.bo) == [message]
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "assignments on")
    await hears(on, on.acme.bo, "I tell you in a direct message")
    await assign(on, on.acme.bo, card, "Ana")
    await on.slack.until(lambda: on.slack.dms(on.acme.ana))
    await assign(on, on.acme.ana, card, "Bo")
    await on.slack.until(lambda: len(on.slack.dms(on.acme.bo)) == 2)


async def test_from_home_it_moves_there_to_whom_it_was_given(on: Stage) -> None:
    await card_of(on)
    await on.slack.open_home(on.acme.ana)
    await on.slack.until(lambda: "Unassigned (1)" in on.slack.show(on.slack.home(on.acme.ana) or []))
    for colleague, mine, nobodys in (("Ana (you)", 1, 0), ("Nobody", 0, 1), ("Bo", 0, 0)):
        await on.slack.press_home(on.acme.ana, "Assign to…")
        await form(on, on.acme.ana, "Who takes it")
        assert (await on.slack.submit(on.acme.ana, values={"assignee": colleague})).ok
        await idle(on)
        home = on.slack.show(on.slack.home(on.acme.ana) or [])
        assert f"*Your open conversations ({mine})*" in home
        assert f"*Unassigned ({nobodys})*" in home


async def test_from_a_list_who_gave_it_reads_that_it_was_done(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "find @sarah")
    listed = await whisper(on, on.acme.ana, "Sarah Chen")
    for colleague, said in (
        ("Bo", "is assigned to Bo."),
        ("Ana (you)", "is assigned to you."),
        ("Nobody", "is nobody's"),
    ):
        await on.slack.press_ephemeral(on.acme.ana, listed, "Assign to…")
        await form(on, on.acme.ana, "Who takes it")
        assert (await on.slack.submit(on.acme.ana, values={"assignee": colleague})).ok
        await hears(on, on.acme.ana, f"The conversation with Sarah Chen (@sarah) {said}")
    await idle(on)
    assert thread(on).assignee_id is None


async def test_a_member_who_is_nobody_in_slack_is_assigned_all_the_same(on: Stage) -> None:
    zoe = on.inbox.add_member("Zoe", "zoe@acme.example")
    gus = on.inbox.add_member("Gus", "gus@elsewhere.example")  # a guest may read nothing of it
    card = await card_of(on)
    for name, member in (("Zoe", zoe), ("Gus", gus)):
        await assign(on, on.acme.ana, card, name)
        await on.slack.until(lambda name=name: f"Assigned to {name} by Ana" in shows(on, card))  # type: ignore[misc]  # bound to this round
        assert thread(on).assignee_id == member
    await idle(on)
    assert on.slack.dms(on.acme.guest) == []


async def test_a_conversation_that_a_colleague_has_already_is_not_given_to_them_twice(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah, assignee_id=on.acme.bo_member)
    card = await card_of(on)
    await assign(on, on.acme.ana, card, "Bo")
    await hears(on, on.acme.ana, "already assigned to that colleague")
    await idle(on)
    assert calls(on, "PATCH") == []
    assert on.slack.dms(on.acme.bo) == []


async def test_the_shortcuts_of_older_manifests_are_answered(on: Stage) -> None:
    card = await card_of(on)
    talk = on.slack.say(on.acme.bo, card.channel, "Whose is it?", thread_ts=card.ts)
    await on.slack.shortcut(on.acme.ana, card.channel, talk.ts, "assign_to")
    await form(on, on.acme.ana, "Who takes it")
    await on.slack.submit(on.acme.ana, values={"assignee": "Bo"})
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    await on.slack.shortcut(on.acme.bo, card.channel, talk.ts, "unassign")
    await on.slack.until(lambda: "Unassigned by Bo" in shows(on, card))
    await on.slack.shortcut(on.acme.ana, card.channel, card.ts, "archive_thread")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    await on.slack.shortcut(on.acme.bo, card.channel, talk.ts, "reopen_thread")
    await on.slack.until(lambda: "Archived" not in shows(on, card))
    await idle(on)
    assert (thread(on).assignee_id, thread(on).archived) == (None, False)


@pytest.mark.parametrize("callback_id", ["assign_to", "unassign", "reopen_thread"])
async def test_a_shortcut_elsewhere_explains_itself(on: Stage, callback_id: str) -> None:
    talk = on.slack.say(on.acme.bo, on.acme.channel, "Lunch?")
    await on.slack.shortcut(on.acme.ana, talk.channel, talk.ts, callback_id)
    await hears(on, on.acme.ana, "Use the shortcut on a card or in its thread")


@pytest.mark.parametrize("who", ["guest", "outsider", "kim"])
async def test_nobody_without_the_right_is_shown_the_colleagues(on: Stage, who: str) -> None:
    card = await card_of(on)
    user = getattr(on.acme, who)
    await on.slack.press(user, card.channel, card.ts, "Assign to…")
    why = "I can't match you" if who == "kim" else "Only members of *Acme*"
    await on.slack.until(lambda: (view := on.slack.modal(user)) and why in on.slack.show(view))
    assert "Bo" not in on.slack.show(on.slack.modal(user) or {})


# --- an assignee that comes from the contact -------------------------------------------------------------------------


async def test_an_assignee_that_comes_from_the_contact_is_shown_as_such(on: Stage) -> None:
    card = await card_of(on)
    await on.inbox.app_assigns_contact(on.acme.sarah, on.acme.bo_member)
    await on.slack.until(lambda: "Assigned to Bo through the contact" in shows(on, card))
    assert labels(card) == ["Reply", "Assign to me", "Archive"]
    assert "~Unassign~ The assignee comes from the contact." in shows(on, card)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Ana" in shows(on, card))
    assert labels(card)[1] == "Unassign"
    assert "the contact" not in shows(on, card)


async def test_unassign_that_falls_back_to_the_contacts_assignee_says_so_and_what_to_do(on: Stage) -> None:
    on.acme.sarah.assignee_id = on.acme.bo_member
    on.inbox.add_thread(on.acme.account, on.acme.sarah, assignee_id=on.acme.ana_member)
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Unassign")
    said = await hears(on, on.acme.ana, "is assigned to Bo through the contact, so Unassign can't take it away")
    assert "*Assign to…*, or change the contact's default assignee with *Contact…*" in said
    await on.slack.until(lambda: "Assigned to Bo through the contact" in shows(on, card))
    assert "Unassign" not in labels(card)
    await idle(on)
    assert "Assigned to Bo through the contact" in shows(on, card)


async def test_the_shortcut_unassign_on_an_inherited_assignee_says_why_it_cannot(on: Stage) -> None:
    on.acme.sarah.assignee_id = on.acme.bo_member
    card = await card_of(on)
    await on.slack.shortcut(on.acme.ana, card.channel, card.ts, "unassign")
    await hears(on, on.acme.ana, "is assigned to Bo through the contact")
    await idle(on)
    assert "Assigned to Bo through the contact" in shows(on, card)
    assert "Unassigned" not in shows(on, card)


# --- a card that is out of date --------------------------------------------------------------------------------------


async def test_a_click_that_the_card_has_forestalled_asks_inbox_before_it_says_so(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    await idle(on)
    on.inbox.auto_deliver = False  # what happens now, the card does not show
    await on.inbox.app_archives(thread(on).id, archived=False)
    await click(on, on.acme.bo, card, "archive", thread(on).id)
    await on.slack.until(lambda: "Archived by Bo" in shows(on, card))
    assert [call.body for call in calls(on, "PATCH")] == [as_body(on, archived=True)] * 2
    assert told(on, on.acme.bo) == []


async def test_a_click_that_comes_to_nothing_leaves_the_card_as_inbox_has_it(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    await idle(on)
    on.inbox.auto_deliver = False
    await on.inbox.app_assigns(thread(on).id, on.acme.bo_member)
    await click(on, on.acme.bo, card, "archive", thread(on).id)
    await hears(on, on.acme.bo, "already archived (by Ana)")
    await on.slack.until(lambda: "Assigned to Bo in Inbox" in shows(on, card))


async def test_a_change_whose_worker_died_is_finished_by_the_next_and_its_word_is_kept(opened: Open) -> None:
    """Whoever takes over must not find that it is done already and keep the news from the new assignee."""
    on = await opened(versions=["v2"])
    card = await card_of(on)
    await on.inbox.app_assigns(thread(on).id, on.acme.bo_member)
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    half_done = Change(
        verb="assign_to",
        thread_id=thread(on).id,
        assignee=on.acme.bo_member,
        begun=True,
        asker=Asker(user=on.acme.ana, team=on.slack.team_id, channel=card.channel),
    )
    await on.bridge.lanes.accept(half_done)
    await on.slack.until(lambda: on.slack.dms(on.acme.bo))
    assert told(on, on.acme.ana) == []


async def test_a_conversation_that_comes_back_is_no_longer_shown_as_deleted(on: Stage) -> None:
    card, record = await card_of(on), thread(on)
    await on.inbox.app_deletes(record.id)
    await on.slack.until(lambda: "deleted in Inbox" in shows(on, card))
    await idle(on)
    await on.inbox.app_restores(record)
    await on.inbox.customer_writes(record.id, "Here again")
    await on.slack.until(lambda: "Archive" in labels(card))
    await idle(on)
    assert "deleted in Inbox" not in shows(on, card)
    assert "Here again" in shows(on, card)


# --- a word with it ---------------------------------------------------------------------------------------------------


async def assign_with(on: Stage, user: str, card: Message, colleague: str, note: str) -> None:
    """As `assign`, with a note."""
    await opened_assign(on, user, card)
    ack = await on.slack.submit(user, values={"assignee": colleague, "note": note})
    assert (ack.ok, ack.trouble) == (True, "")


async def test_a_word_with_it_is_what_the_colleague_reads_and_nobody_else(on: Stage) -> None:
    card = await card_of(on, "Who can help?")
    await assign_with(on, on.acme.ana, card, "Bo", "She knows <!here> *you* from Lisbon")
    (message,) = await on.slack.until(lambda: on.slack.dms(on.acme.bo))
    shown = on.slack.show(message)
    assert "Ana writes:" in shown
    assert {"type": "text", "text": "She knows <!here> *you* from Lisbon"} in nodes(message.blocks)
    assert shown.index("from Lisbon") < shown.index("Who can help?")
    assert problems(message.blocks, "message") == []
    await idle(on)
    assert "Lisbon" not in shows(on, card)
    assert told(on, on.acme.ana) == []
    assert len(on.slack.dms(on.acme.bo)) == 1


async def test_a_word_reaches_who_switched_these_messages_off(on: Stage) -> None:
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "assignments off")
    await hears(on, on.acme.bo, "I no longer tell you")
    card = await card_of(on)
    await assign_with(on, on.acme.ana, card, "Bo", "Please call her")
    await on.slack.until(lambda: on.slack.dms(on.acme.bo))
    assert "Please call her" in on.slack.show(on.slack.dms(on.acme.bo)[0])


async def test_a_word_to_who_has_the_conversation_already_reaches_them(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah, assignee_id=on.acme.bo_member)
    card = await card_of(on)
    await assign_with(on, on.acme.ana, card, "Bo", "Please call her")
    await hears(on, on.acme.bo, "Please call her")
    await hears(on, on.acme.ana, "already assigned to that colleague")
    assert calls(on, "PATCH") == []


@pytest.mark.parametrize(
    ("who", "why"),
    [("Zoe", "I can't find that colleague in Slack"), ("Ana (you)", "The conversation went to no colleague")],
)
async def test_a_word_that_nobody_reads_comes_back(on: Stage, who: str, why: str) -> None:
    on.inbox.add_member("Zoe", "zoe@acme.example")
    card = await card_of(on)
    await assign_with(on, on.acme.ana, card, who, "Please call her")
    assert "Please call her" in await hears(on, on.acme.ana, why)


async def test_a_word_with_what_inbox_does_not_take_comes_back(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.fail("PATCH *", 503, times=None)
    await assign_with(on, on.acme.ana, card, "Bo", "Please call her")
    assert "Please call her" in await hears(on, on.acme.ana, "Inbox isn't answering")
    await idle(on)
    assert on.slack.dms(on.acme.bo) == []


async def test_a_word_about_a_conversation_that_was_passed_on_comes_back(on: Stage) -> None:
    card = await card_of(on)
    job = TellAssignee(
        thread_id=thread(on).id,
        member_id=on.acme.bo_member,
        by="Ana",
        note="Please call her",
        asker=Asker(user=on.acme.ana, team=on.slack.team_id, channel=card.channel),
    )
    await on.bridge.lanes.accept(job)
    await hears(on, on.acme.ana, "Somebody else has that conversation by now")
    await idle(on)
    assert on.slack.dms(on.acme.bo) == []


async def test_a_word_about_a_conversation_that_is_gone_comes_back(on: Stage) -> None:
    card = await card_of(on)
    await opened_assign(on, on.acme.ana, card)
    on.inbox.auto_deliver = False
    await on.inbox.app_deletes(thread(on).id)
    await on.slack.submit(on.acme.ana, values={"assignee": "Bo", "note": "Please call her"})
    assert "Please call her" in await hears(on, on.acme.ana, "That conversation was deleted in Inbox.")
