"""The card's thread is the conversation: every message stands in it once and in order, ours too, from wherever."""

from __future__ import annotations

import re
from typing import Literal

import pytest

from bot.cards.jobs import Move
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.store import keys
from bot.store.connect import connect
from tests.conftest import Open
from tests.e2e.steps import card_of, cards, hears, idle, labels, reply, shows, thread, until

Where = Literal["native", "member"]


def below(on: Stage, card: Message) -> str:
    """All that stands below the card, as people see it."""
    return "\n".join(on.slack.show(one) for one in on.slack.replies(card.channel, card.ts))


def said(on: Stage, card: Message) -> list[str]:
    """The messages of the conversation below the card, each of which says `m` and a number."""
    return re.findall(r"\bm\d\b", below(on, card))


async def writes(on: Stage, *texts: str) -> None:
    for one in texts:
        await on.inbox.customer_writes(on.acme.sarah, one)
    await idle(on)


# --- who waits -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["native", "member"])
async def test_an_answer_from_elsewhere_ends_the_wait_and_shows_on_the_card(on: Stage, where: Where) -> None:
    card = await card_of(on, "m1")
    assert shows(on, card).startswith("🔴 *Waiting since ")
    await on.inbox.teammate_writes(thread(on).id, "m2", where)
    await idle(on)
    assert re.match(r"🟢 \*Answered in Inbox, \d\d:\d\d UTC\* · Unassigned · ", shows(on, card))
    assert re.match(r"🟢 Answered in Inbox, <!date.*?> · Unassigned · Sarah Chen", card.text)
    await writes(on, "m3")
    assert shows(on, card).startswith("🔴 *Waiting since ")
    assert said(on, card) == ["m1", "m2", "m3"]


async def test_a_reply_from_slack_ends_the_wait_and_names_who_gave_it(on: Stage) -> None:
    card = await card_of(on, "m1")
    await reply(on, on.acme.ana, card, "m2")
    await idle(on)
    assert re.match(r"🟢 \*Answered by Ana, \d\d:\d\d UTC\* · Assigned to Ana", shows(on, card))


async def test_an_archive_ends_the_wait_and_reopening_brings_it_back(on: Stage) -> None:
    card = await card_of(on, "m1")
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await idle(on)
    assert re.match(r"✅ \*Archived by Ana, \d\d:\d\d UTC\* · Unassigned", shows(on, card))
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Reopen")
    await idle(on)
    assert shows(on, card).startswith("🔴 *Waiting since ")


async def test_who_has_it_makes_the_wait_yellow(on: Stage) -> None:
    card = await card_of(on, "m1")
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to me")
    await idle(on)
    assert re.match(r"🟡 \*Waiting since \d\d:\d\d UTC\* · Assigned to Ana", shows(on, card))


async def test_a_campaign_answers_nobody_and_stands_in_the_conversation(on: Stage) -> None:
    card = await card_of(on, "m1")
    on.inbox.world.write(on.inbox.thread(thread(on).id), "campaign", "m2")
    await idle(on)
    assert shows(on, card).startswith("🔴 *Waiting since ")
    assert said(on, card) == ["m1", "m2"]
    assert "Your team, campaign" in below(on, card)


# --- the thread ------------------------------------------------------------------------------------------------------


async def test_the_first_message_stands_on_the_card_alone_until_the_second_comes(on: Stage) -> None:
    card = await card_of(on, "m1")
    assert said(on, card) == []
    await writes(on, "m2")
    assert said(on, card) == ["m1", "m2"]
    await writes(on, "m3", "m4")
    assert said(on, card) == ["m1", "m2", "m3", "m4"]
    assert cards(on) == [card]


async def test_everything_stands_once_in_order_with_who_wrote_it_and_where(on: Stage) -> None:
    card = await card_of(on, "m1")
    await reply(on, on.acme.ana, card, "m2")
    await idle(on)
    await on.slack.command(on.acme.bo, on.acme.channel, text="@sarah m3")
    await hears(on, on.acme.bo, "Sent to Sarah Chen")
    await idle(on)
    await on.inbox.teammate_writes(thread(on).id, "m4", "member")
    await idle(on)
    await on.inbox.teammate_writes(thread(on).id, "m5", "native")
    await writes(on, "m6")
    shown = below(on, card)
    assert said(on, card) == ["m1", "m2", "m3", "m4", "m5", "m6"]
    senders = ["Sarah Chen (@sarah)", "Ana, from Slack", "Bo, from Slack", ", in Inbox", "Your team, in Inbox"]
    found = [shown.find(one) for one in senders]
    assert found == sorted(found)
    assert -1 not in found
    assert cards(on) == [card]


async def test_what_was_taken_back_before_the_second_came_stands_below_as_that(on: Stage) -> None:
    card = await card_of(on, "m1")
    await on.inbox.deletes(thread(on).messages[0].id)
    await idle(on)
    await writes(on, "m2")
    assert said(on, card) == ["m2"]
    assert below(on, card).count("This message was deleted.") == 1


async def test_an_edit_of_the_first_message_reaches_where_it_stands(on: Stage) -> None:
    card = await card_of(on, "m1")
    await writes(on, "m2")
    await on.inbox.edits(thread(on).messages[0].id, "m9")
    await idle(on)
    assert said(on, card) == ["m9", "m2"]


async def test_an_edit_that_is_asked_for_while_the_second_message_comes_reaches_where_it_stands(on: Stage) -> None:
    card = await card_of(on, "m1")
    on.inbox.fail("GET *", delay=0.5)
    asked = len(on.inbox.calls)
    await on.inbox.edits(thread(on).messages[0].id, "m9")
    await on.slack.until(lambda: any(one.method == "GET" for one in on.inbox.calls[asked:]))
    await writes(on, "m2")
    assert said(on, card) == ["m9", "m2"]
    assert "m1" not in shows(on, card)


async def test_an_edit_of_ours_keeps_who_wrote_it(on: Stage) -> None:
    card = await card_of(on, "m1")
    ours = await on.inbox.teammate_writes(thread(on).id, "m2", "native")
    await idle(on)
    await on.inbox.edits(ours, "m3")
    await idle(on)
    assert said(on, card) == ["m1", "m3"]
    assert "Your team, in Inbox" in below(on, card)


async def test_a_card_of_the_released_version_is_continued(on: Stage, redis_url: str) -> None:
    card = await card_of(on, "m1")
    redis = connect(redis_url)
    await redis.hdel(keys.card(thread(on).id), "alone", "noticed")  # as that left it
    await redis.aclose()
    await writes(on, "m2")
    await writes(on, "m3")
    assert said(on, card) == ["m1", "m2", "m3"]
    assert cards(on) == [card]


async def test_where_nobody_wrote_to_us_nothing_is_read_or_posted(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    await on.inbox.teammate_writes(thread(on, on.acme.omar).id, "First contact", "member")
    await idle(on)
    assert cards(on) == []
    assert [call for call in on.inbox.calls if "/messages/" in call.path] == []


# --- what somebody deletes in Slack ----------------------------------------------------------------------------------


async def test_a_card_that_was_deleted_comes_back_with_all_that_waits(on: Stage) -> None:
    card = await card_of(on, "m1")
    await writes(on, "m2")
    await on.slack.erase(card)
    await writes(on, "m3")
    (new,) = cards(on)
    assert new.ts != card.ts
    assert "Reply" in labels(new)
    assert said(on, new) == ["m1", "m2", "m3"]
    assert "m3" in shows(on, new)
    await writes(on, "m4")
    assert said(on, new) == ["m1", "m2", "m3", "m4"]


async def test_the_loss_of_a_card_is_noticed_when_it_is_drawn(on: Stage) -> None:
    card = await card_of(on, "m1")
    await on.slack.erase(card)
    await on.inbox.app_assigns(thread(on).id, on.acme.bo_member)
    await idle(on)
    (new,) = cards(on)
    assert "m1" in shows(on, new)
    assert "Assigned to Bo" in shows(on, new)


async def test_slack_tells_of_a_deleted_card_where_the_bot_may_hear_of_it(
    opened: Open, api: str, optional_scopes: frozenset[str]
) -> None:
    on = await opened(versions=[api])
    on.slack.scopes |= optional_scopes
    card = await card_of(on, "m1")
    await on.slack.erase(card)
    await idle(on)
    (new,) = cards(on)
    assert "m1" in shows(on, new)


async def test_what_was_to_stand_below_a_deleted_card_stands_below_the_one_that_has_taken_its_place(on: Stage) -> None:
    card = await card_of(on, "m1")
    on.slack.fail("chat.postMessage", delay=0.6)
    await on.inbox.customer_writes(on.acme.sarah, "m2")
    await until(lambda: not on.slack._faults)
    await on.slack.erase(card)
    vip = on.slack.add_channel("vip")
    await on.bridge.lanes.accept(Move(channel=vip, thread_id=thread(on).id))
    await idle(on)
    new = [one for channel in (card.channel, vip) for one in on.slack.messages(channel) if "Reply" in labels(one)]
    assert said(on, new[-1]) == ["m1", "m2"]


async def test_a_deleted_card_of_what_is_answered_comes_back_with_the_next_message(on: Stage) -> None:
    card = await card_of(on, "m1")
    await on.inbox.teammate_writes(thread(on).id, "m2")
    await idle(on)
    await on.slack.erase(card)
    await on.inbox.teammate_writes(thread(on).id, "m3")
    await idle(on)
    assert cards(on) == []
    await writes(on, "m4")
    (new,) = cards(on)
    assert "m4" in shows(on, new)
    assert "m4" in said(on, new) or said(on, new) == []


async def test_a_reply_to_a_card_that_was_deleted_leaves_nothing_bare_in_the_channel(on: Stage) -> None:
    card = await card_of(on, "m1")
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Reply")
    await on.slack.until(
        lambda: on.slack.modal(on.acme.ana) and "Your reply" in on.slack.show(on.slack.modal(on.acme.ana) or {})
    )
    await on.slack.erase(card)
    await on.slack.submit(on.acme.ana, values={"text": "m2"})
    await idle(on)
    assert all("Reply" in labels(one) for one in cards(on))
    assert [one.text for one in thread(on).messages] == ["m1", "m2"]


async def test_a_follow_up_that_was_deleted_does_not_keep_words_on_the_card_that_were_taken_back(on: Stage) -> None:
    card = await card_of(on, "m1")
    await writes(on, "m2")
    (follow_up,) = on.slack.replies(card.channel, card.ts)
    await on.slack.erase(follow_up)
    await on.inbox.deletes(thread(on).messages[-1].id)
    await idle(on)
    assert "m2" not in shows(on, card)
    assert "This message was deleted." in shows(on, card)


async def test_what_was_reopened_and_archived_again_before_anybody_heard_waits_for_nobody(on: Stage) -> None:
    card = await card_of(on)
    await on.inbox.app_archives(thread(on).id)
    await on.slack.until(lambda: "✅" in shows(on, card))
    await idle(on)
    heard, on.inbox.auto_deliver = len(on.inbox.events), False
    await on.inbox.customer_writes(on.acme.sarah, "Thanks again")
    await on.inbox.app_archives(thread(on).id)
    for event in on.inbox.events[heard:]:
        await on.inbox.redeliver(event.id)
    await on.slack.until(lambda: "Thanks again" in shows(on, card))
    await idle(on)
    assert "✅" in shows(on, card)
    assert "Waiting" not in shows(on, card)
