"""What goes wrong at Inbox and at Slack: cards stay true, and whoever acted reads what happened and what to do."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from bot.sandbox.stage import Stage
from tests.conftest import Open
from tests.e2e.steps import (
    STRANGER,
    Picture,
    calls,
    card_of,
    cards,
    hears,
    idle,
    labels,
    shows,
    thread,
    told,
    until,
    version,
    whisper,
)

REFERENCE = re.compile(r"Reference [0-9a-f]{6}")


async def dm(on: Stage, text: str) -> None:
    """Ana types `/dm text` in the team's channel."""
    assert (await on.slack.command(on.acme.ana, on.acme.channel, text=text)).ok


def texts(on: Stage) -> list[str]:
    """What really reached people, in order."""
    return [sent.text for sent in on.inbox.sent()]


# --- Inbox fails a change --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "words", "advice"),
    [
        (500, "Inbox isn't answering, so I can't confirm that change", "try again in a minute"),
        (503, "Inbox isn't answering, so I can't confirm that change", "try again in a minute"),
        (404, "nothing was", "Try again, or do it in Inbox"),
        (403, "so nothing was changed", "Ask an admin"),
        (409, "so nothing was changed", "try again"),
        (400, "so nothing was changed", "Inbox says"),
        (401, "Inbox no longer accepts my API token", "Ask an admin to renew"),
    ],
)
async def test_a_change_that_inbox_refuses_leaves_the_card_is_explained_and_works_later(
    on: Stage, status: int, words: str, advice: str
) -> None:
    card = await card_of(on)
    before = Picture(card)
    on.inbox.fail("PATCH *", status)
    assert (await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")).ok
    heard = (await on.slack.until(lambda: [one for one in answers(on) if words in one], 10.0))[0]
    assert advice.lower() in heard.lower()
    assert REFERENCE.search(heard)
    await idle(on)
    assert before.is_unchanged()
    assert len(answers(on)) == 1
    assert told(on, on.acme.bo) == []
    assert len(cards(on)) == 1
    assert on.slack.replies(card.channel, card.ts) == []
    assert not thread(on).archived

    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    assert len(calls(on, "PATCH")) == 2


def answers(on: Stage) -> list[str]:
    """What Ana was told of what she asked for; as an admin she hears of a refused token besides."""
    return [one for one in told(on, on.acme.ana) if "set INBOX_API_TOKEN to it" not in one]


@pytest.mark.parametrize("status", [500, 404, 403, 409])
async def test_an_assignment_fails_as_truthfully(on: Stage, status: int) -> None:
    card = await card_of(on)
    before = Picture(card)
    on.inbox.fail("PATCH *", status)
    await on.slack.shortcut(on.acme.ana, card.channel, card.ts, "assign_to_me")
    await on.slack.until(lambda: told(on, on.acme.ana))
    await idle(on)
    assert before.is_unchanged()
    assert thread(on).assignee_id is None


@pytest.mark.parametrize("label", ["Reopen", "Unassign"])
async def test_the_opposite_buttons_fail_as_truthfully(on: Stage, label: str) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: labels(card)[1:3] == ["Unassign", "Reopen"])
    await idle(on)
    before = Picture(card)
    on.inbox.fail("PATCH *", 500)
    await on.slack.press(on.acme.bo, card.channel, card.ts, label)
    await hears(on, on.acme.bo, "Inbox isn't answering")
    await idle(on)
    assert before.is_unchanged()


async def test_a_hanging_inbox_is_reported_while_it_hangs_and_the_card_stays(on: Stage) -> None:
    """A click, a shortcut and a send hang side by side."""
    card = await card_of(on)
    await dm(on, "@sarah Warming up")
    await hears(on, on.acme.ana, "Sent to")
    await idle(on)
    before = Picture(card)
    on.inbox.fail("PATCH *", delay=600, times=None)
    on.inbox.fail("POST *", delay=600, times=None)
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Archive")
    await dm(on, "@sarah Are you there?")
    await asyncio.gather(
        hears(on, on.acme.bo, "Inbox isn't answering, so I can't confirm that change"),
        hears(on, on.acme.ana, "Inbox isn't answering. I'll keep trying for 10 minutes and tell you."),
    )
    assert before.is_unchanged()
    assert texts(on) == ["Warming up"]
    on.inbox.heal()


async def test_a_dropped_connection_is_reported_and_the_card_stays(on: Stage) -> None:
    card = await card_of(on)
    before = Picture(card)
    on.inbox.fail("PATCH *", drop="before")
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await hears(on, on.acme.ana, "can't confirm that change")
    await idle(on)
    assert before.is_unchanged()


async def test_a_change_whose_answer_was_lost_still_shows_once_inbox_tells_of_it(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.fail("PATCH *", drop="after")
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived in Inbox" in shows(on, card))
    await hears(on, on.acme.ana, "can't confirm that change")


async def test_a_change_to_a_conversation_that_is_gone_says_so_on_the_card_too(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.auto_deliver = False
    await on.inbox.app_deletes(thread(on).id)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await hears(on, on.acme.ana, "That conversation was deleted in Inbox.")
    await on.slack.until(lambda: "That conversation was deleted in Inbox." in shows(on, card))
    assert labels(card) == []
    await idle(on)
    assert len(told(on, on.acme.ana)) == 1


async def test_a_click_on_a_card_that_slack_still_shows_after_the_deletion_is_explained(on: Stage) -> None:
    """Somebody's Slack is a moment behind: the click comes from the old buttons."""
    card = await card_of(on)
    behind = on.slack.post(card.channel, card.user, text=card.text, blocks=[dict(block) for block in card.blocks])
    await on.inbox.app_deletes(thread(on).id)
    await on.slack.until(lambda: "deleted in Inbox" in shows(on, card))
    await on.slack.press(on.acme.ana, behind.channel, behind.ts, "Archive")
    await hears(on, on.acme.ana, "That conversation was deleted in Inbox.")


async def test_after_a_429_the_person_is_told_and_the_change_follows_by_itself(on: Stage) -> None:
    card = await card_of(on)
    before = Picture(card)
    on.inbox.fail("PATCH *", 429, retry_after=1)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await hears(on, on.acme.ana, "Inbox asks us to wait 1 s")
    assert before.is_unchanged()
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    assert len(calls(on, "PATCH")) == 2
    assert len(told(on, on.acme.ana)) == 1


async def test_words_about_a_delayed_change_do_not_speak_of_sending(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.fail("PATCH *", 429, retry_after=1)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    heard = await hears(on, on.acme.ana, "Inbox asks us to wait 1 s")
    assert "send" not in heard


async def test_one_conversations_trouble_does_not_hold_up_another(on: Stage) -> None:
    slow, quick = await card_of(on), await card_of(on, "Hi", on.acme.omar)
    on.inbox.fail(f"PATCH *{thread(on).id}", delay=5.0)
    await on.slack.press(on.acme.ana, slow.channel, slow.ts, "Archive")
    await on.slack.press(on.acme.ana, quick.channel, quick.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, quick))
    assert "Archived by Ana" not in shows(on, slow)
    on.inbox.delays.end()
    await on.slack.until(lambda: "Archived by Ana" in shows(on, slow))


# --- Inbox fails a send ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "deleted in Inbox"),
        (403, "so nothing was sent"),
        (409, "so nothing was sent"),
        (400, "so nothing was sent"),
    ],
)
async def test_a_send_that_inbox_refuses_hands_the_text_back_with_the_reason(
    on: Stage, status: int, words: str
) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    on.inbox.fail("POST *", status, times=None)
    await dm(on, "@sarah This took me a while to write")
    heard = await hears(on, on.acme.ana, "Not sent to Sarah Chen")
    assert words in heard
    assert "This took me a while to write" in heard
    await idle(on)
    assert texts(on) == []
    # A thread that is gone says nothing of the person: v2, which sends to threads, is asked for the person then.
    assert len(calls(on, "POST")) == (2 if (status, version(on)) == (404, "v2") else 1)
    assert len(answers(on)) == 1


async def test_a_dm_to_somebody_whose_thread_was_deleted_opens_a_new_one(on: Stage) -> None:
    thread_id = on.inbox.add_thread(on.acme.account, on.acme.sarah)
    await dm(on, "@sarah One")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await on.inbox.app_deletes(thread_id)
    await dm(on, "@sarah Two")
    await idle(on)
    assert texts(on) == ["One", "Two"]


async def test_v1_waits_out_a_proxy_that_gives_up_before_inbox_has_acted(opened: Open) -> None:
    """A 504 of something in between is no word of Inbox's: what is not there yet may still come."""
    on = await opened(versions=["v1"])
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    on.inbox.fail("POST *", 504)
    await dm(on, "@sarah Hello once")
    await hears(on, on.acme.ana, "I'll keep trying")
    await on.slack.until(lambda: len([call for call in on.inbox.calls if call.path.endswith("/messages")]) >= 3)
    assert len(calls(on, "POST")) == 1


async def test_the_outbound_add_on_is_named_when_the_plan_lacks_it(on: Stage) -> None:
    on.inbox.plan_required = True
    await dm(on, f"{STRANGER} First contact")
    heard = await hears(on, on.acme.ana, "Not sent to")
    if version(on) == "v2":
        assert "The first message to someone new needs Inbox's outbound add-on." in heard
    else:  # v1 names no code, but says it in its own words
        assert "The Outbound Messages add-on is required" in heard
    assert texts(on) == []


async def test_an_account_that_is_signed_out_is_named(on: Stage) -> None:
    await card_of(on)  # before a first message it would be asked about: test_first_touch.py
    on.inbox.set_account_status(on.acme.account, "offline")
    await dm(on, "@sarah Hello")
    heard = await hears(on, on.acme.ana, "Not sent to Sarah Chen")
    if version(on) == "v2":
        assert "@acme is signed out of X. Reconnect it in Inbox → Settings → Accounts." in heard
    else:  # v1 names no code, but says it in its own words
        assert "Account link is offline" in heard


async def test_after_one_500_a_send_arrives_once_and_its_writer_hears_of_both(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    on.inbox.fail("POST *", 500)
    await dm(on, "@sarah Hello")
    await hears(on, on.acme.ana, "Inbox isn't answering. I'll keep trying for 10 minutes and tell you.")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await idle(on)
    assert texts(on) == ["Hello"]
    assert len({call.headers.get("idempotency-key") for call in calls(on, "POST")}) == 1


async def test_a_send_whose_answer_was_lost_arrives_once_and_is_confirmed(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    on.inbox.fail("POST *", drop="after")
    await dm(on, "@sarah Hello")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await idle(on)
    assert texts(on) == ["Hello"]


async def test_after_a_429_a_send_waits_as_long_as_it_was_told_and_arrives_once(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    on.inbox.fail("POST *", 429, retry_after=1)
    await dm(on, "@sarah Hello")
    await hears(on, on.acme.ana, "Inbox asks us to wait 1 s. I'll send it then.")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    first, second = calls(on, "POST")
    assert (second.at - first.at).total_seconds() >= 0.95
    assert texts(on) == ["Hello"]


@pytest.mark.parametrize("asked", ["GET *", "GET *account-links", "GET *members"])
async def test_when_inbox_cannot_be_asked_the_send_follows_once_it_is_back(on: Stage, asked: str) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    on.inbox.fail(asked, 500, times=None)
    await dm(on, "@sarah Hello")
    await hears(on, on.acme.ana, "Inbox isn't answering. I'll keep trying")
    on.inbox.heal()
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    assert texts(on) == ["Hello"]


async def test_an_unconfirmed_send_offers_to_send_again_and_does_so_only_then(opened: Open) -> None:
    on = await opened(versions=["v2"])
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    on.inbox.fail("POST *", code="sendUnconfirmed")
    await dm(on, "@sarah Hello")
    said = await whisper(on, on.acme.ana, "Not confirmed: message to Sarah Chen")
    picture = on.slack.show(said)
    assert "Look at the conversation before you send it again." in picture
    assert "Hello" in picture
    await idle(on)
    assert len(calls(on, "POST")) == 1
    await asyncio.gather(*(on.slack.press_ephemeral(on.acme.ana, said, "Send again") for _ in range(2)))
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await idle(on)
    assert texts(on) == ["Hello"]
    assert len({call.headers["idempotency-key"] for call in calls(on, "POST")}) == 2
    assert on.inbox.violations == []


async def test_a_text_longer_than_inbox_takes_is_handed_back_whole(opened: Open) -> None:
    on = await opened(versions=["v2"])
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    long = "z" * 10_500
    await dm(on, f"@sarah {long}")
    said = await whisper(on, on.acme.ana, "Not sent to Sarah Chen")
    written = "".join(part["text"] for block in said.blocks for part in _runs(block))
    assert long in written
    assert texts(on) == []


def _runs(block: dict[str, Any]) -> list[dict[str, Any]]:
    return [run for part in block.get("elements", ()) for run in part.get("elements", ()) if run.get("type") == "text"]


# --- Inbox fails a notification --------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", ["1.0", "2"])
async def test_a_card_comes_although_inbox_fails_while_it_is_made(on: Stage, payload: str) -> None:
    on.inbox.webhook_version = payload
    await idle(on)
    on.inbox.fail("GET *", 500, times=4)
    await on.inbox.customer_writes(on.acme.sarah, "Do I get through?")
    (card,) = await on.slack.until(lambda: cards(on))
    assert "Do I get through?" in shows(on, card)
    await idle(on)
    assert len(cards(on)) == 1


async def test_a_card_does_without_names_that_inbox_cannot_give(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah, assignee_id=on.acme.bo_member)
    on.inbox.fail("GET *members*", 403, times=None)
    on.inbox.fail("GET *account-links*", 403, times=None)
    await on.inbox.customer_writes(on.acme.sarah, "Hello")
    (card,) = await on.slack.until(lambda: cards(on))
    assert "Sarah Chen (@sarah) via your account" in shows(on, card)
    assert "Assigned to a colleague" in shows(on, card)
    assert "Unassign" in labels(card)


# --- Slack fails -----------------------------------------------------------------------------------------------------


async def test_when_the_response_url_is_refused_the_person_is_told_another_way(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.fail("PATCH *", 403)
    on.slack.fail("response_url", status=404, times=None)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    said = await whisper(on, on.acme.ana, "so nothing was changed")
    assert said.via == "chat.postEphemeral"


async def test_when_nothing_can_be_shown_in_the_channel_the_person_gets_a_direct_message(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    on.slack.fail("response_url", status=404, times=None)
    on.slack.fail("chat.postEphemeral", "user_not_in_channel", times=None)
    await dm(on, "@sarah Hello")
    await on.slack.until(lambda: on.slack.dms(on.acme.ana))
    assert "Sent to Sarah Chen" in on.slack.show(on.slack.dms(on.acme.ana)[0])
    await idle(on)
    assert texts(on) == ["Hello"]


async def test_a_receipt_that_slack_fails_to_take_is_given_again_and_nothing_is_sent_twice(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    on.slack.fail("response_url", status=500)
    await dm(on, "@sarah Hello")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await idle(on)
    assert texts(on) == ["Hello"]


@pytest.mark.parametrize("fault", ["500", "429", "dropped"])
async def test_a_card_that_slack_fails_to_redraw_is_redrawn_later(on: Stage, fault: str) -> None:
    card = await card_of(on)
    if fault == "dropped":
        on.slack.fail("chat.update", drop="before")
    else:
        on.slack.fail("chat.update", **{"500": {"status": 500}, "429": {"retry_after": 1}}[fault])  # type: ignore[arg-type]  # keywords by name
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    assert len(calls(on, "PATCH")) == 1


@pytest.mark.parametrize("fault", ["500", "429"])
async def test_a_card_that_slack_fails_to_take_is_posted_later_once_and_in_order(on: Stage, fault: str) -> None:
    on.slack.fail("chat.postMessage", **{"500": {"status": 500}, "429": {"retry_after": 1}}[fault])  # type: ignore[arg-type]  # keywords by name
    await on.inbox.customer_writes(on.acme.sarah, "First words")
    await on.inbox.customer_writes(on.acme.sarah, "Second words")
    await on.inbox.customer_writes(on.acme.omar, "Other words")
    await until(lambda: len(cards(on)) == 2)
    await idle(on)
    sarah, omar = sorted(cards(on), key=lambda card: "Omar Khan" in shows(on, card))
    assert "Sarah Chen" in shows(on, sarah)
    assert "Omar Khan" in shows(on, omar)
    (below,) = on.slack.replies(sarah.channel, sarah.ts)
    assert "Second words" in on.slack.show(below)
    assert "Second words" in shows(on, sarah)


async def test_a_form_that_slack_refuses_to_open_is_explained(on: Stage) -> None:
    on.slack.fail("views.open", "expired_trigger_id")
    await on.slack.command(on.acme.ana, on.acme.channel, text="@sarah")
    await hears(on, on.acme.ana, "I was too slow")
    talk = on.slack.say(on.acme.bo, on.acme.channel, "Lunch?")
    on.slack.fail("views.open", status=500)
    assert (await on.slack.shortcut(on.acme.bo, talk.channel, talk.ts, "send_as_dm")).ok
    await hears(on, on.acme.bo, "I was too slow")


async def test_a_channel_that_does_not_exist_is_said_to_the_admins_and_people_can_still_act(
    opened: Open, api: str
) -> None:
    on = await opened(versions=[api], notify_channel="C0NOWHERE")
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    await on.inbox.customer_writes(on.acme.sarah, "Hello")
    await hears(on, on.acme.ana, "I can't post in <#C0NOWHERE>: it was deleted, or it is private and I am not in it.")
    assert await on.bridge.lanes.dead_letters() == []  # it waits
    await dm(on, "@sarah Hello to you")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
