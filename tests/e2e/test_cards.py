"""Cards: what strangers write, what colleagues press, and what changes elsewhere."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from bot.events.jobs import Refresh
from bot.sandbox.slack.block_kit.blocks import problems
from bot.sandbox.slack.records import BOT_USER
from bot.sandbox.stage import Stage
from bot.store import keys
from bot.threads.jobs import Change
from tests.conftest import QUICK, Open
from tests.e2e.steps import (
    Picture,
    as_body,
    calls,
    card_of,
    cards,
    click,
    hears,
    idle,
    labels,
    nodes,
    shows,
    thread,
    told,
    until,
)
from tests.e2e.test_conversation import below
from tests.e2e.test_unread import me

HOSTILE = "<!channel> *bold* <https://evil.example|click> & "


def ago(**how_long: float) -> datetime:
    return datetime.now(UTC) - timedelta(**how_long)


@pytest.fixture(params=["1.0", "2"])
def payload(request: pytest.FixtureRequest) -> str:
    """Each webhook payload in turn, whatever version the API has."""
    return str(request.param)


# --- notifications ---------------------------------------------------------------------------------------------------


async def test_a_card_says_who_wrote_what_to_which_account_whose_it_is_and_when(on: Stage, payload: str) -> None:
    on.inbox.webhook_version = payload
    card = await card_of(on, "Is the trial still open?")
    picture = shows(on, card)
    assert "Sarah Chen (@sarah) via @acme" in picture
    assert "Is the trial still open?" in picture
    assert "Unassigned" in picture
    assert "Received " in picture
    assert labels(card) == ["Reply", "Assign to me", "Archive"]
    assert "Sarah Chen" in card.text
    assert "Is the trial still open?" in card.text
    assert not card.thread_ts


async def test_a_card_of_an_assigned_conversation_names_its_assignee(on: Stage, payload: str) -> None:
    on.inbox.webhook_version = payload
    on.inbox.add_thread(on.acme.account, on.acme.sarah, assignee_id=on.acme.bo_member)
    card = await card_of(on)
    assert "Assigned to Bo" in shows(on, card)
    assert labels(card)[1:3] == ["Unassign", "Archive"]


async def test_later_messages_go_below_the_card_and_the_card_shows_the_latest(on: Stage, payload: str) -> None:
    on.inbox.webhook_version = payload
    card = await card_of(on, "First words")
    for said in ("Second words", "Third words"):
        await on.inbox.customer_writes(on.acme.sarah, said)
    await idle(on)
    assert len(cards(on)) == 1
    below = [on.slack.show(one) for one in on.slack.replies(card.channel, card.ts)]
    assert re.findall(r"\w+ words", "\n".join(below)) == ["First words", "Second words", "Third words"]
    assert "Sarah Chen" in below[0]
    assert "Third words" in shows(on, card)
    assert "First words" not in shows(on, card)
    assert "Third words" in card.text


async def test_messages_below_a_card_come_in_the_order_in_which_they_were_written(on: Stage) -> None:
    card = await card_of(on, "0")
    for number in range(1, 8):
        await on.inbox.customer_writes(on.acme.sarah, f"number {number}")
    await idle(on)
    below = "\n".join(on.slack.show(one) for one in on.slack.replies(card.channel, card.ts))
    assert re.findall(r"number \d", below) == [f"number {number}" for number in range(1, 8)]
    assert "number 7" in shows(on, card)


async def test_each_conversation_has_a_card_of_its_own(on: Stage) -> None:
    first, second = await card_of(on, "From Sarah"), await card_of(on, "From Omar", on.acme.omar)
    await on.inbox.customer_writes(on.acme.sarah, "Sarah again")
    await idle(on)
    assert len(cards(on)) == 2
    assert "Sarah again" in on.slack.show(on.slack.replies(first.channel, first.ts)[0])
    assert on.slack.replies(second.channel, second.ts) == []
    assert "Omar Khan (@omar_k)" in shows(on, second)


async def test_one_person_who_writes_to_two_accounts_has_two_cards(on: Stage) -> None:
    support = on.inbox.add_account("acme_help", "Acme Help")
    first = await card_of(on, "To the first")
    await on.inbox.customer_writes(on.acme.sarah, "To the second", support)
    await idle(on)
    assert len(cards(on)) == 2
    assert "via @acme_help" in shows(on, cards(on)[1])
    assert "via @acme\n" in shows(on, first)


async def test_what_our_own_side_writes_never_notifies(on: Stage, payload: str) -> None:
    on.inbox.webhook_version = payload
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    card = await card_of(on)
    await on.inbox.teammate_writes(thread(on).id, "Typed on X", "native")
    await on.inbox.teammate_writes(thread(on).id, "Typed in Inbox", "member")
    await on.inbox.teammate_writes(thread(on, on.acme.omar).id, "First contact on X", "native")
    await on.inbox.teammate_writes(thread(on, on.acme.omar).id, "First contact in Inbox", "member")
    await on.slack.command(on.acme.ana, on.acme.channel, text="@sarah Sent from Slack")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await idle(on)
    assert cards(on) == [card]
    below = "\n".join(on.slack.show(one) for one in on.slack.replies(card.channel, card.ts))
    ours = ["Typed on X", "Typed in Inbox", "Sent from Slack"]
    assert [below.count(one) for one in ours] == [1, 1, 1]
    assert [on.slack.notified(one) for one in on.slack.replies(card.channel, card.ts) if on.slack.notified(one)] == []


async def test_a_hostile_message_shows_as_plain_text_within_slacks_limits(on: Stage, payload: str) -> None:
    on.inbox.webhook_version = payload
    said = HOSTILE + "x" * (12_000 - len(HOSTILE))
    card = await card_of(on, said)
    await on.inbox.customer_writes(on.acme.sarah, said)
    await idle(on)
    (reply,) = on.slack.replies(card.channel, card.ts)
    for message in (card, reply):
        assert problems(message.blocks, "message") == []
        active = {node["type"] for node in nodes(message.blocks) if "type" in node}
        assert not active & {"link", "user", "usergroup", "broadcast", "channel", "emoji", "markdown"}
        written = [node["text"] for node in nodes(message.blocks) if node.get("type") == "text"]
        assert any(one.startswith(HOSTILE + "xxx") for one in written)
        own = [node["text"] for node in nodes(message.blocks) if node.get("type") == "mrkdwn"]
        assert not [text for text in own if "evil" in text or "!channel" in text]
        assert "<!channel" not in message.text
        assert "<https" not in message.text
        assert "*bold*" not in message.text
        assert "&lt;!channel&gt;" in message.text
        assert len(message.text) < 4_000
    posted = [call.args for call in on.slack.calls if call.method == "chat.postMessage"]
    assert [(str(args["unfurl_links"]).lower(), str(args["unfurl_media"]).lower()) for args in posted] in (
        [("false", "false")] * 2,
        [("0", "0")] * 2,
    )
    assert all(not args.get("link_names") for args in posted)


async def test_a_hostile_name_shows_as_plain_text_too(on: Stage) -> None:
    mallory = on.inbox.add_person("mal_lory", "<!here> *Mal* <@U0SANDBOXBOT> `lory`")
    card = await card_of(on, "Hello", mallory)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    assert "<!here>" not in card.text
    assert "<@" not in card.text
    assert "*Mal*" not in card.text
    assert "&lt;!here&gt; ∗Mal∗ &lt;@U0SANDBOXBOT&gt; ˋloryˋ (@mal_lory)" in card.text  # noqa: RUF001  # look-alikes
    assert not [n for n in nodes(card.blocks) if n.get("type") in ("user", "broadcast", "link")]


async def test_a_message_without_text_shows_its_attachment(on: Stage) -> None:
    await on.inbox.customer_writes(on.acme.sarah, "", attachments=[{"kind": "image", "url": "https://media.example/1"}])
    await idle(on)
    assert "image" in shows(on, cards(on)[0])


async def test_a_message_request_is_marked(on: Stage) -> None:
    await on.inbox.customer_writes(on.acme.sarah, "You do not know me", is_request=True)
    await idle(on)
    assert "message request" in shows(on, cards(on)[0])


async def test_without_a_channel_to_notify_nothing_is_posted_and_nothing_breaks(opened: Open, api: str) -> None:
    on = await opened(versions=[api], notify_channel=None)
    await on.inbox.customer_writes(on.acme.sarah, "Anybody there?")
    await idle(on)
    assert [call.method for call in on.slack.calls if call.method.startswith("chat.")] == []
    assert (await on.bridge.lanes.depth())["dead"] == 0


# --- buttons ---------------------------------------------------------------------------------------------------------


async def test_archive_closes_the_thread_and_reopen_opens_it_again(on: Stage) -> None:
    card = await card_of(on)
    ack = await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    assert ack.ok
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    assert thread(on).archived
    assert labels(card) == ["Reply", "Assign to me", "Reopen"]
    assert "Archived by Ana" in card.text

    await on.slack.press(on.acme.bo, card.channel, card.ts, "Reopen")
    await on.slack.until(lambda: "Archived" not in shows(on, card))
    assert not thread(on).archived
    assert labels(card) == ["Reply", "Assign to me", "Archive"]
    await idle(on)
    path = f"/{on.bridge.inbox.version}/threads/{thread(on).id}"
    assert [(call.path, call.body) for call in calls(on, "PATCH")] == [
        (path, as_body(on, archived=True)),
        (path, as_body(on, archived=False)),
    ]
    assert told(on, on.acme.ana) == told(on, on.acme.bo) == []


async def test_assign_to_me_takes_the_thread_and_unassign_gives_it_back(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    assert thread(on).assignee_id == on.acme.bo_member
    assert labels(card) == ["Reply", "Unassign", "Archive"]

    await on.slack.press(on.acme.ana, card.channel, card.ts, "Unassign")
    await on.slack.until(lambda: "Unassigned by Ana" in shows(on, card))
    assert thread(on).assignee_id is None
    assert labels(card) == ["Reply", "Assign to me", "Archive"]
    await idle(on)
    path = f"/{on.bridge.inbox.version}/threads/{thread(on).id}"
    assert [(call.path, call.body) for call in calls(on, "PATCH")] == [
        (path, {"assigneeId": on.acme.bo_member}),
        (path, {"assigneeId": None}),
    ]


async def test_a_change_carries_the_token_and_is_json(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    (change,) = calls(on, "PATCH")
    assert change.headers["authorization"] == f"Bearer {on.inbox.token}"
    assert change.headers["content-type"] == "application/json"


async def test_the_card_changes_only_after_inbox_has_confirmed(on: Stage) -> None:
    card = await card_of(on)
    before = Picture(card)
    on.inbox.fail("PATCH *", delay=0.6)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: calls(on, "PATCH"))
    assert before.is_unchanged()
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))


async def test_two_different_clicks_at_once_both_happen(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Assign to me")
    await idle(on)
    assert "Archived by Ana" in shows(on, card)
    assert "Assigned to Bo" in shows(on, card)
    assert (thread(on).archived, thread(on).assignee_id) == (True, on.acme.bo_member)


async def test_a_colleague_who_clicks_a_moment_too_late_is_told_who_was_first(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.fail("PATCH *", delay=0.3)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Archive")
    await hears(on, on.acme.bo, "already archived (by Ana)")
    await idle(on)
    assert len(calls(on, "PATCH")) == 1
    assert "Archived by Ana" in shows(on, card)


async def test_the_link_button_needs_nothing_but_an_answer(on: Stage) -> None:
    card = await card_of(on)
    before, asked = Picture(card), len(on.inbox.calls)
    assert (await on.slack.press(on.acme.ana, card.channel, card.ts, "Open conversation")).ok
    await idle(on)
    assert before.is_unchanged()
    assert len(on.inbox.calls) == asked
    (link,) = [node["url"] for node in nodes(card.blocks) if "url" in node]
    assert link == f"https://x.com/i/chat/{thread(on).platform_id}"


async def test_a_new_message_reopens_the_card_of_an_archived_conversation(on: Stage, payload: str) -> None:
    on.inbox.webhook_version = payload
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    await on.inbox.customer_writes(on.acme.sarah, "One more thing")
    await idle(on)
    assert "Archived" not in shows(on, card)
    assert "One more thing" in shows(on, card)
    assert "Archive" in labels(card)
    assert len(on.slack.replies(card.channel, card.ts)) == 1


# --- changes made elsewhere ------------------------------------------------------------------------------------------


async def _archived(on: Stage) -> None:
    await on.inbox.app_archives(thread(on).id)


async def _reopened(on: Stage) -> None:
    await on.inbox.app_archives(thread(on).id, archived=False)


async def _assigned(on: Stage) -> None:
    await on.inbox.app_assigns(thread(on).id, on.acme.bo_member)


async def _unassigned(on: Stage) -> None:
    await on.inbox.app_assigns(thread(on).id, None)


async def _contact_assigned(on: Stage) -> None:
    await on.inbox.app_assigns_contact(on.acme.sarah, on.acme.bo_member)


async def _contact_unassigned(on: Stage) -> None:
    await on.inbox.app_assigns_contact(on.acme.sarah, None)


Act = Callable[[Stage], Awaitable[None]]


@pytest.mark.parametrize(
    ("act", "shown", "buttons", "back"),
    [
        (_archived, "Archived in Inbox", ["Assign to me", "Reopen"], _reopened),
        (_assigned, "Assigned to Bo in Inbox", ["Unassign", "Archive"], _unassigned),
        (
            _contact_assigned,
            "Assigned to Bo through the contact in Inbox",
            ["Assign to me", "Archive"],
            _contact_unassigned,
        ),
    ],
    ids=["archived", "assigned", "contact assigned"],
)
async def test_a_change_made_in_inbox_and_its_opposite_show_on_the_card(
    on: Stage, payload: str, act: Act, shown: str, buttons: list[str], back: Act
) -> None:
    on.inbox.webhook_version = payload
    card = await card_of(on)
    await act(on)
    await on.slack.until(lambda: shown in shows(on, card))
    assert labels(card)[1:3] == buttons
    await idle(on)
    await back(on)
    await on.slack.until(lambda: shown not in shows(on, card))
    assert labels(card)[1:3] == ["Assign to me", "Archive"]
    assert "Unassigned" in shows(on, card)
    await idle(on)
    assert cards(on) == [card]
    assert on.slack.replies(card.channel, card.ts) == []


async def test_a_conversation_deleted_in_inbox_says_so_on_its_card_and_has_no_buttons(on: Stage, payload: str) -> None:
    on.inbox.webhook_version = payload
    card = await card_of(on)
    await on.inbox.app_deletes(thread(on).id)
    await on.slack.until(lambda: "That conversation was deleted in Inbox." in shows(on, card))
    assert labels(card) == []


async def test_changes_without_a_card_post_nothing(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    await _archived(on)
    await _assigned(on)
    await _contact_assigned(on)
    await idle(on)
    assert [call.method for call in on.slack.calls if call.method.startswith("chat.")] == []


async def test_a_click_that_inbox_reports_back_keeps_the_name_of_who_clicked(on: Stage, payload: str) -> None:
    on.inbox.webhook_version = payload
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    await idle(on)
    assert [event.type("2") for event in on.inbox.events][-2:] == ["thread.archived", "thread.assigned"]
    assert "Archived by Ana" in shows(on, card)
    assert "Assigned to Bo" in shows(on, card)
    assert "in Inbox" not in shows(on, card)


async def test_events_that_come_late_and_in_the_wrong_order_leave_the_card_true(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.auto_deliver = False
    await _archived(on)
    await _assigned(on)
    await _reopened(on)
    await _unassigned(on)
    await _archived(on)
    for event in reversed(on.inbox.events[-5:]):
        await on.inbox.redeliver(event.id)
    await idle(on)
    assert "Archived in Inbox" in shows(on, card)
    assert "Unassigned" in shows(on, card)
    assert labels(card)[1:3] == ["Assign to me", "Reopen"]


async def test_a_colleague_who_replies_elsewhere_does_not_disturb_the_card(on: Stage) -> None:
    card = await card_of(on, "A question")
    await on.inbox.teammate_writes(thread(on).id, "An answer", "member")
    await idle(on)
    assert "A question" in shows(on, card)
    assert labels(card)[1:3] == ["Assign to me", "Archive"]


# --- shortcuts -------------------------------------------------------------------------------------------------------


async def test_shortcuts_on_the_card_archive_and_assign(on: Stage) -> None:
    card = await card_of(on)
    assert (await on.slack.shortcut(on.acme.ana, card.channel, card.ts, "archive_thread")).ok
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    assert (await on.slack.shortcut(on.acme.bo, card.channel, card.ts, "assign_to_me")).ok
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    assert [call.body for call in calls(on, "PATCH")] == [
        as_body(on, archived=True),
        {"assigneeId": on.acme.bo_member},
    ]


async def test_shortcuts_on_any_message_in_the_cards_thread_do_the_same(on: Stage) -> None:
    card = await card_of(on)
    await on.inbox.customer_writes(on.acme.sarah, "And another")
    await idle(on)
    (below,) = on.slack.replies(card.channel, card.ts)
    talk = on.slack.say(on.acme.bo, card.channel, "I'll take it", thread_ts=card.ts)
    await on.slack.shortcut(on.acme.bo, card.channel, talk.ts, "assign_to_me")
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    await on.slack.shortcut(on.acme.ana, card.channel, below.ts, "archive_thread")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    assert len(calls(on, "PATCH")) == 2


async def test_a_shortcut_takes_a_conversation_over_from_a_colleague(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    await on.slack.shortcut(on.acme.ana, card.channel, card.ts, "assign_to_me")
    await on.slack.until(lambda: "Assigned to Ana" in shows(on, card))
    await click(on, on.acme.ana, card, "assign_to_me", thread(on).id)
    await hears(on, on.acme.ana, "already assigned to you")
    assert len(calls(on, "PATCH")) == 2


@pytest.mark.parametrize("callback_id", ["archive_thread", "assign_to_me"])
async def test_a_shortcut_on_an_unrelated_message_explains_itself_and_changes_nothing(
    on: Stage, callback_id: str
) -> None:
    card = await card_of(on)
    before = Picture(card)
    talk = on.slack.say(on.acme.bo, on.acme.channel, "Lunch?")
    await on.slack.shortcut(on.acme.ana, talk.channel, talk.ts, callback_id)
    await hears(on, on.acme.ana, "Use the shortcut on a card or in its thread")
    await idle(on)
    assert calls(on, "PATCH") == []
    assert before.is_unchanged()


async def test_a_click_on_a_card_that_was_archived_meanwhile_says_who_did_it(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    await click(on, on.acme.bo, card, "archive", thread(on).id)
    await hears(on, on.acme.bo, "already archived (by Ana)")
    assert len(calls(on, "PATCH")) == 1


# --- the rest of the surface -----------------------------------------------------------------------------------------


async def test_talk_in_a_cards_thread_stays_in_slack(on: Stage) -> None:
    card = await card_of(on)
    talk = on.slack.say(on.acme.bo, card.channel, "@sarah seems cross", thread_ts=card.ts)
    ack = await on.slack.event("message", channel=card.channel, user=on.acme.bo, text=talk.text, thread_ts=card.ts)
    assert ack.status < 500
    await idle(on)
    assert on.inbox.sent() == []
    assert calls(on, "POST") == []


async def test_the_home_tab_says_what_the_bot_does(on: Stage) -> None:
    assert (await on.slack.open_home(on.acme.ana)).ok
    home = await on.slack.until(lambda: on.slack.home(on.acme.ana))
    assert home is not None
    assert "/dm @sarah" in on.slack.show(home)
    assert "Archive" in on.slack.show(home)


async def test_the_manifests_scopes_are_all_that_is_used_and_all_are_used(on: Stage, scopes: frozenset[str]) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Ana" in shows(on, card))
    await on.slack.command(on.acme.ana, on.acme.channel, text="@sarah Hello")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await on.slack.open_home(on.acme.ana)
    talk = on.slack.say(on.acme.bo, card.channel, "Lunch?")
    await on.slack.shortcut(on.acme.ana, talk.channel, talk.ts, "send_as_dm")
    await on.slack.until(lambda: on.slack.modal(on.acme.ana))
    await idle(on)
    assert on.slack.scopes_used | {"groups:read"} == scopes  # for private channels, of which there is none
    assert [call.answer for call in on.slack.calls if not call.ok] == []
    assert {message.user for message in on.slack.messages(on.acme.channel)} == {BOT_USER, on.acme.bo}


async def test_history_that_inbox_is_importing_is_not_posted_as_news(on: Stage) -> None:
    thread_id = on.inbox.add_thread(on.acme.account, on.acme.sarah, syncing=True)
    await on.inbox.customer_writes(thread_id, "From last year", at=datetime.now(UTC) - timedelta(days=300))
    await on.inbox.customer_writes(thread_id, "From today")
    await on.slack.until(lambda: cards(on))
    await idle(on)
    assert "From today" in shows(on, cards(on)[0])
    assert on.slack.replies(on.acme.channel, cards(on)[0].ts) == []


async def test_a_message_that_is_gone_when_it_is_read_holds_up_nobody(opened: Open) -> None:
    on = await opened(versions=["v2"], timing=replace(QUICK, pauses=(0.02,) * len(QUICK.pauses)))
    await idle(on)
    on.inbox.auto_deliver = False
    gone = await on.inbox.customer_writes(on.acme.sarah, "Taken back at once")
    on.inbox.fail(f"GET /v2/messages/{gone}", 404, code="messageNotFound", times=None)
    on.inbox.auto_deliver = True
    await on.inbox.customer_writes(on.acme.omar, "Still here")
    await on.slack.until(lambda: cards(on))
    await idle(on)
    assert [("Still here" in shows(on, card)) for card in cards(on)] == [True]


async def test_an_outage_before_a_message_can_be_read_is_no_look_for_it(opened: Open) -> None:
    on = await opened(versions=["v2"], timing=replace(QUICK, pauses=(0.01,)))
    card = await card_of(on)
    on.inbox.fail("GET /v2/messages/*", 503, times=6)
    on.inbox.fail("GET /v2/messages/*", code="messageNotFound")
    await on.inbox.customer_writes(on.acme.sarah, "The second")
    await on.slack.until(lambda: "The second" in shows(on, card))
    assert on.inbox.faults == []


async def test_an_outage_before_what_our_side_wrote_can_be_read_is_no_look_for_it(opened: Open) -> None:
    on = await opened(versions=["v2"], timing=replace(QUICK, pauses=(0.01,)))
    card = await card_of(on)
    on.inbox.fail("GET /v2/messages/*", 503, times=6)
    on.inbox.fail("GET /v2/messages/*", code="messageNotFound")
    await on.inbox.teammate_writes(thread(on).id, "Of course")
    await on.slack.until(lambda: "Of course" in below(on, card))
    assert on.inbox.faults == []


async def test_what_came_while_an_account_was_signed_out_is_news_and_not_its_history(on: Stage) -> None:
    await on.inbox.customer_writes(on.acme.sarah, "On Friday", at=ago(hours=60))
    await on.slack.until(lambda: cards(on))
    await idle(on)
    (card,), found = cards(on), thread(on)
    found.syncing = True
    await on.inbox.customer_writes(found.id, "Last year", at=ago(days=300))
    await on.inbox.customer_writes(found.id, "On Saturday", at=ago(hours=30))
    await on.inbox.teammate_writes(found.id, "Answered on Saturday", at=ago(hours=29))
    await idle(on)
    said = below(on, card)
    assert [one in said for one in ("Last year", "On Saturday", "Answered on Saturday")] == [False, True, True]
    assert "On Saturday" in shows(on, card)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: found.archived)


async def test_what_our_side_wrote_long_ago_is_not_shown_again_when_its_account_is_imported_anew(
    on: Stage, redis_url: str
) -> None:
    await on.inbox.customer_writes(on.acme.sarah, "On Friday", at=ago(days=9))
    await on.slack.until(lambda: cards(on))
    (card,), found = cards(on), thread(on)
    await on.inbox.teammate_writes(found.id, "Answered on Saturday", at=ago(days=8))
    await on.slack.until(lambda: "Answered on Saturday" in below(on, card))
    await idle(on)
    with Redis.from_url(redis_url) as redis:  # a week has passed since
        redis.delete(*redis.keys(keys.once("*")))
    found.syncing, told = True, on.inbox.events[-1]
    await on.bridge.lanes.accept(Refresh(thread_id=found.id))
    await idle(on)
    await on.inbox.redeliver(told.id)
    await idle(on)
    assert below(on, card).count("Answered on Saturday") == 1


@pytest.mark.parametrize("answered", [False, True])
async def test_what_no_event_told_of_is_shown_once_it_keeps_a_conversation_open(on: Stage, answered: bool) -> None:
    await on.inbox.customer_writes(on.acme.sarah, "The first", at=ago(minutes=9))
    await on.slack.until(lambda: cards(on))
    await idle(on)
    (card,), found = cards(on), thread(on)
    on.inbox.auto_deliver = False
    for number in range(2):
        await on.inbox.customer_writes(found.id, f"Not heard of {number}", at=ago(minutes=8 - number))
    if answered:
        await on.inbox.teammate_writes(found.id, "Answered", at=ago(minutes=5))
    job = Change(verb="archive", thread_id=found.id, seen=found.messages[0].created_at, asker=me(on), begun=answered)
    await on.bridge.lanes.accept(job)
    await hears(on, on.acme.ana, "Sarah Chen has written again, so the conversation is left open.")
    await idle(on)
    said = below(on, card)
    assert [said.count(one) for one in ("The first", "Not heard of 0", "Not heard of 1")] == [1, 1, 1]
    assert not found.archived
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: found.archived)
    await idle(on)
    assert "Archived by Ana" in shows(on, card)


async def test_what_was_written_just_now_is_shown_by_its_event_alone(on: Stage) -> None:
    card = await card_of(on)
    heard, on.inbox.auto_deliver = len(on.inbox.events), False
    await on.inbox.customer_writes(on.acme.sarah, "The second")
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await hears(on, on.acme.ana, "Sarah Chen has written again, so the conversation is left open.")
    await idle(on)
    assert below(on, card) == ""
    for event in on.inbox.events[heard:]:
        await on.inbox.redeliver(event.id)
    await on.slack.until(lambda: "The second" in shows(on, card))
    await idle(on)
    assert "while I was away" not in below(on, card)


async def test_archive_leaves_open_what_says_something_that_the_card_could_not_show_yet(
    on: Stage, redis_url: str
) -> None:
    card = await card_of(on)
    on.slack.fail("chat.postMessage", delay=0.6)
    await on.inbox.customer_writes(on.acme.sarah, "And one more thing")
    with Redis.from_url(redis_url) as redis:
        await until(lambda: redis.hlen(keys.unshown(thread(on).id)))
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await hears(on, on.acme.ana, "Sarah Chen has written again")
    await idle(on)
    assert not thread(on).archived
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: thread(on).archived)
