"""Replies below a card that Slack shows and the bot has not noted yet, or has forgotten: they go out all the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from redis import Redis

from bot.sandbox.slack.records import Ack, Message
from bot.sandbox.stage import Stage
from bot.store import keys
from tests.conftest import QUICK, Open
from tests.e2e.steps import card_of, cards, hears, idle, labels, thread, told
from tests.e2e.test_echo import CHECK, PENCIL, heard, marks, reads, reply, sent, switch

CANNOT_TELL = "I can't tell which Inbox conversation"


@pytest.fixture
async def on(opened: Open, api: str, optional_scopes: frozenset[str]) -> Stage:
    """What fails is tried again after two seconds: time enough to write below what is not noted yet."""
    running = await opened(versions=[api], timing=replace(QUICK, pauses=(2.0,) * 5))
    running.slack.scopes |= optional_scopes
    await switch(running)
    return running


async def unnoted(on: Stage) -> Message:
    """Sarah's card, of which the bot does not know yet that it is there."""
    on.slack.fail("chat.postMessage", drop="after")
    await on.inbox.customer_writes(on.acme.sarah, "Hi there")
    found = await on.slack.until(lambda: [one for one in cards(on) if "Reply" in labels(one)])
    return found[0]


def forgets(on: Stage, redis_url: str, card: Message, *, all_of_it: bool = False) -> None:
    """Redis went back behind the note of the card, or of `all_of_it`: the conversation too."""
    known = keys.card(thread(on).id)
    with Redis.from_url(redis_url) as redis:
        redis.delete(keys.card_at(card.channel, card.ts), *([known] if all_of_it else []))
        redis.hdel(known, "channel", "ts")


# --- not noted yet ---------------------------------------------------------------------------------------------------


async def test_a_reply_below_a_card_that_is_not_noted_yet_goes_out_once(on: Stage) -> None:
    card = await unnoted(on)
    said = await reply(on, card, "&gt;&gt; Yes, Friday")
    assert (sent(on), marks(said)) == (["Yes, Friday"], [CHECK])
    assert on.inbox.sent()[0].thread_id == thread(on).id
    assert len([one for one in cards(on) if "Reply" in labels(one)]) == 1
    assert told(on, on.acme.bo) == []
    await reply(on, card, "&gt;&gt; And Monday")
    assert sent(on) == ["Yes, Friday", "And Monday"]


async def test_however_often_slack_tells_of_it_it_goes_out_once(on: Stage) -> None:
    card = await unnoted(on)
    said = on.slack.say(on.acme.bo, card.channel, "&gt;&gt; Once", card.ts)
    for number in range(2):
        assert (await tells(on, said, card, f"Ev{number}")).ok
    await idle(on)  # the card is noted by now
    assert (await tells(on, said, card, "Ev9")).ok
    await idle(on)
    assert sent(on) == ["Once"]


async def tells(on: Stage, said: Message, card: Message, event_id: str) -> Ack:
    """Slack tells of a message, and not who began its thread."""
    event = {"user": said.user, "text": said.text, "ts": said.ts, "thread_ts": card.ts, "team": on.slack.team_id}
    return await on.slack.hear(said, event, event_id=event_id)


async def test_its_edit_and_deletion_follow_it(on: Stage) -> None:
    card = await unnoted(on)
    edited = await on.slack.write(on.acme.bo, card.channel, "&gt;&gt; Until Fridy", card.ts)
    await on.slack.rewrite(edited, "&gt;&gt; Until Friday")
    deleted = await on.slack.write(on.acme.bo, card.channel, "&gt;&gt; The password is hunter2", card.ts)
    await on.slack.erase(deleted)
    await idle(on)
    assert reads(on) == ["Until Friday"]
    assert PENCIL in marks(edited)
    assert "was taken back" in told(on, on.acme.bo)[-1]


async def test_what_is_written_once_the_card_is_noted_waits_for_what_was_written_before(
    on: Stage, redis_url: str
) -> None:
    card = await unnoted(on)
    on.slack.fail("conversations.history", delay=4.0)  # who asks first, asks for the sake of the reply
    first = await on.slack.write(on.acme.bo, card.channel, "&gt;&gt; 1", card.ts)
    with Redis.from_url(redis_url) as redis:
        await on.slack.until(lambda: redis.exists(keys.card_at(card.channel, card.ts)))
    await on.slack.write(on.acme.bo, card.channel, "&gt;&gt; 2", card.ts)
    await on.slack.rewrite(first, "&gt;&gt; one")
    on.slack.delays.end()
    await idle(on, 20)
    assert sent(on) == ["1", "2"]
    assert reads(on) == ["one", "2"]


async def test_while_slack_does_not_say_whose_card_it_is_the_reply_waits(on: Stage) -> None:
    card = await unnoted(on)
    on.slack.fail("conversations.history", status=500, times=2)
    said = await reply(on, card, "&gt;&gt; Soon")
    assert (sent(on), marks(said)) == (["Soon"], [CHECK])


# --- forgotten -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("all_of_it", [False, True])
async def test_below_a_forgotten_card_replies_and_their_changes_go_out_like_its_buttons(
    on: Stage, redis_url: str, all_of_it: bool
) -> None:
    card = await card_of(on)
    forgets(on, redis_url, card, all_of_it=all_of_it)
    said = await reply(on, card, "&gt;&gt; Helo")
    assert (sent(on), marks(said)) == (["Helo"], [CHECK])
    await on.slack.rewrite(said, "&gt;&gt; Hello")
    await idle(on)
    assert reads(on) == ["Hello"]
    await on.slack.erase(said)
    await idle(on)
    assert reads(on) == []


async def test_where_nobody_can_say_whose_card_it_is_the_writer_is_told(
    on: Stage, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.thread_replies.jobs.Early.patience", 0.1)
    card = await card_of(on)
    forgets(on, redis_url, card)
    on.slack.fail("conversations.history", "missing_scope", times=None)
    said = await reply(on, card, "&gt;&gt; Hello")
    assert CANNOT_TELL in await hears(on, on.acme.bo, "That reply stayed in Slack.")
    assert (sent(on), marks(said)) == ([], [])


async def test_a_reply_that_went_out_is_edited_though_its_card_was_deleted(on: Stage) -> None:
    card = await card_of(on)
    said = await reply(on, card, "&gt;&gt; Helo")
    await on.slack.erase(card)
    await idle(on)
    await on.slack.rewrite(said, "&gt;&gt; Hello")
    await idle(on)
    assert reads(on) == ["Hello"]
    await on.slack.erase(said)
    await idle(on)
    assert reads(on) == []


# --- no card ---------------------------------------------------------------------------------------------------------


async def test_below_a_post_of_the_bot_that_is_no_card_nothing_happens(on: Stage) -> None:
    (announcement,) = cards(on)
    said = await reply(on, announcement, "&gt;&gt; Good")
    await on.slack.rewrite(said, "&gt;&gt; Better")
    await on.slack.erase(said)
    talk = await reply(on, announcement, "I see")
    await on.slack.erase(talk)
    await idle(on)
    assert (sent(on), marks(said), heard(on)) == ([], [], [])
    asked = [call.method for call in on.slack.calls if call.method.startswith("conversations.")]
    assert asked.count("conversations.history") == 3  # for what begins with the prefix


async def test_what_another_app_made_to_look_like_a_card_is_none(on: Stage) -> None:
    card = await card_of(on)
    forged = on.slack.say(on.slack.add_user(None, "Robo", "", bot=True), card.channel, card.text)
    forged.blocks = card.blocks
    said = on.slack.say(on.acme.bo, card.channel, "&gt;&gt; Hello", forged.ts)
    assert (await tells(on, said, forged, "Ev1")).ok
    await idle(on)
    assert (sent(on), marks(said), heard(on)) == ([], [], [])


async def test_below_what_somebody_else_wrote_nobody_is_asked(on: Stage) -> None:
    other = on.slack.say(on.acme.ana, on.acme.channel, "Lunch?")
    before = len(on.slack.calls), len(on.inbox.calls)
    said = await reply(on, other, "&gt;&gt; Yes", subtype="thread_broadcast")
    await on.slack.rewrite(said, "&gt;&gt; No")
    await on.slack.erase(said)
    await idle(on)
    assert (len(on.slack.calls), len(on.inbox.calls)) == before
    assert heard(on) == []
