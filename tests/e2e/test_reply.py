"""Replying from a card: the form, who has it open, the one message, and its receipt below the card."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from redis import Redis

from bot.address import Address
from bot.models import Person
from bot.queue.job import Asker, utc_now
from bot.reply.jobs import Fade, Receipt
from bot.reply.store import Writer
from bot.sandbox.slack.block_kit.blocks import problems, view_problems
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.send.jobs import Send
from bot.store import keys
from tests.conftest import Open
from tests.e2e.steps import (
    calls,
    card_of,
    cards,
    form,
    hears,
    idle,
    labels,
    receipts,
    reply,
    reply_form,
    shows,
    thread,
    told,
    version,
    whisper,
)


def as_seen(on: Stage, message: Message) -> str:
    """A message as it is now."""
    return on.slack.show(on.slack.message(message.channel, message.ts))


# --- the form --------------------------------------------------------------------------------------------------------


async def test_the_form_shows_the_last_messages_whose_it_is_and_how_much_fits(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah, assignee_id=on.acme.bo_member)
    card = await card_of(on, "The first")
    await on.inbox.teammate_writes(thread(on).id, "An answer", "member")
    for number in range(2, 6):
        await on.inbox.customer_writes(on.acme.sarah, f"Message {number}")
    await idle(on)
    view = await reply_form(on, on.acme.ana, card)
    picture = on.slack.show(view)
    assert "To *Sarah Chen* (@sarah) from @acme on X" in picture
    assert "Assigned to Bo" in picture
    said = [words for words in ("The first", "An answer", *(f"Message {n}" for n in range(2, 6))) if words in picture]
    assert said == ["An answer", "Message 2", "Message 3", "Message 4", "Message 5"]
    assert picture.index("An answer") < picture.index("Message 2") < picture.index("Message 5")
    assert "Your team" in picture
    if version(on) == "v2":
        assert "X takes up to 10,000 characters, of which 3,000 fit here" in picture
    else:
        assert "Up to 3,000 characters fit here; Inbox does not say how many X takes." in picture
    assert view_problems({key: view[key] for key in ("type", "title", "blocks", "submit", "close")}) == []


async def test_the_form_shows_a_platforms_shorter_limit_and_slack_keeps_to_it(opened: Open) -> None:
    on = await opened(versions=["v2"])
    on.inbox.world.characters = 12
    card = await card_of(on)
    assert "X takes up to 12 characters." in on.slack.show(await reply_form(on, on.acme.ana, card))
    with pytest.raises(ValueError, match="to 12 characters"):
        await on.slack.submit(on.acme.ana, values={"text": "x" * 13})


async def test_an_empty_reply_is_refused_beside_the_field(on: Stage) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.ana, card)
    ack = await on.slack.submit(on.acme.ana, values={"text": "  \n"})
    assert ack.body == {"response_action": "errors", "errors": {"text": "Write a message."}}
    assert on.slack.modal(on.acme.ana)
    assert on.inbox.sent() == []


async def test_the_shortcut_on_any_message_below_the_card_opens_the_same_form(on: Stage) -> None:
    card = await card_of(on)
    talk = on.slack.say(on.acme.bo, card.channel, "Who answers?", thread_ts=card.ts)
    assert (await on.slack.shortcut(on.acme.ana, card.channel, talk.ts, "reply")).ok
    await form(on, on.acme.ana, "Your reply")
    await on.slack.submit(on.acme.ana, values={"text": "I do"})
    await on.slack.until(lambda: on.inbox.sent())
    lunch = on.slack.say(on.acme.bo, on.acme.channel, "Lunch?")
    await on.slack.shortcut(on.acme.bo, lunch.channel, lunch.ts, "reply")
    await hears(on, on.acme.bo, "Use the shortcut on a card or in its thread")


@pytest.mark.parametrize("who", ["guest", "outsider", "kim"])
async def test_nobody_without_the_right_sees_the_conversation_in_a_form(on: Stage, who: str) -> None:
    card = await card_of(on, "A secret")
    user = getattr(on.acme, who)
    await on.slack.press(user, card.channel, card.ts, "Reply")
    why = "I can't match you" if who == "kim" else "Only members of *Acme*"
    await on.slack.until(lambda: (view := on.slack.modal(user)) and why in on.slack.show(view))
    await idle(on)
    assert "A secret" not in on.slack.show(on.slack.modal(user) or {})
    assert calls(on, "GET", f"{thread(on).id}/messages") == []
    assert "replying" not in shows(on, card)


async def test_a_deleted_conversation_says_so_in_the_form_and_on_the_card(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.auto_deliver = False
    await on.inbox.app_deletes(thread(on).id)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Reply")
    gone = "That conversation was deleted in Inbox."
    await on.slack.until(lambda: (view := on.slack.modal(on.acme.ana)) and gone in on.slack.show(view))
    await on.slack.until(lambda: gone in shows(on, card))


async def test_a_conversation_that_is_deleted_while_somebody_writes_takes_no_reply_and_the_text_comes_back(
    on: Stage,
) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.ana, card)
    await on.inbox.app_deletes(thread(on).id)
    await on.slack.until(lambda: "deleted in Inbox" in shows(on, card))
    await on.slack.submit(on.acme.ana, values={"text": "A long text"})
    assert "A long text" in await hears(on, on.acme.ana, "That conversation was deleted in Inbox.")
    assert on.inbox.sent() == []


async def test_an_account_that_is_signed_out_says_so_before_anything_is_written(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.set_account_status(on.acme.account, "offline")
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Reply")
    said = "@acme is signed out of X. Reconnect it in Inbox"
    await on.slack.until(lambda: (view := on.slack.modal(on.acme.ana)) and said in on.slack.show(view))
    assert "replying" not in shows(on, card)


async def test_the_form_opens_though_inbox_does_not_show_the_messages(on: Stage) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.ana, card)  # who she is, is known from now on
    await on.slack.close(on.acme.ana)
    on.inbox.fail("GET *", 503, times=None)
    view = await reply_form(on, on.acme.ana, card)
    assert "Inbox doesn't show the last messages right now." in on.slack.show(view)


# --- who is replying -------------------------------------------------------------------------------------------------


async def test_the_card_says_who_is_replying_and_a_second_one_is_warned(on: Stage) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.ana, card)
    await on.slack.until(lambda: "Ana is replying…" in shows(on, card))
    assert "Ana is replying…" in card.text
    view = await reply_form(on, on.acme.bo, card)
    assert "*Ana* is replying too" in on.slack.show(view)
    await on.slack.until(lambda: "Ana, Bo are replying…" in shows(on, card))
    await on.slack.close(on.acme.ana)
    await on.slack.until(lambda: "✏️ Bo is replying…" in shows(on, card))
    await on.slack.submit(on.acme.bo, values={"text": "Hello"})
    await on.slack.until(lambda: "replying" not in shows(on, card))


async def is_believed_no_more(on: Stage, redis: Redis, user: str) -> None:
    """The time is over for which the form that `user` opened is believed to be open."""
    await idle(on, held=1)  # the card waits to be drawn then
    name, job = keys.replying(thread(on).id), Fade(thread_id=thread(on).id)
    raw, due = redis.hget(name, user), redis.zscore(keys.DELAYED, job.lane)
    assert raw
    assert due
    writer = Writer.read(raw)
    assert abs(due - writer.until.timestamp()) < 60  # of ten minutes; a busy machine notes it later
    redis.hset(name, user, writer.having(until=utc_now()).json())
    await on.bridge.lanes.hurry(job)


async def test_that_somebody_is_replying_expires_by_itself(on: Stage, redis_url: str) -> None:
    card = await card_of(on)
    with Redis.from_url(redis_url) as redis:
        await reply_form(on, on.acme.ana, card)
        await on.slack.until(lambda: "Ana is replying…" in shows(on, card))
        await is_believed_no_more(on, redis, on.acme.ana)
        await on.slack.until(lambda: "replying" not in shows(on, card))
        view = await reply_form(on, on.acme.bo, card)
        assert "replying too" not in on.slack.show(view)
        await on.slack.until(lambda: "Bo is replying…" in shows(on, card))
        await is_believed_no_more(on, redis, on.acme.bo)
        await on.slack.until(lambda: "replying" not in shows(on, card))


# --- the message and its receipt -------------------------------------------------------------------------------------


@pytest.mark.both_apis
async def test_a_reply_is_sent_once_and_its_receipt_stands_below_the_card_under_the_persons_name(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.fail("POST *", delay=0.3)
    receipt = await reply(on, on.acme.ana, card, "Tom & Jerry say <3 :tada:")
    assert "Ana replied to Sarah Chen from @acme" in as_seen(on, receipt)
    assert "⏳ Sending…" in as_seen(on, receipt)
    await on.slack.until(lambda: "✅ Sent, " in as_seen(on, receipt))
    await idle(on)
    assert "Tom & Jerry say <3 🎉" in as_seen(on, receipt)
    assert [one.text for one in on.inbox.sent()] == ["Tom & Jerry say <3 🎉"]
    assert receipts(on, card) == [receipt]
    assert "Answered by Ana" in shows(on, card)
    assert told(on, on.acme.ana) == []
    assert problems(receipt.blocks, "message") == []
    assert len(cards(on)) == 1


async def test_a_reply_takes_a_conversation_that_nobody_has_and_no_other(on: Stage) -> None:
    card = await card_of(on)
    await reply(on, on.acme.ana, card, "I'll look into it")
    await on.slack.until(lambda: "Assigned to Ana" in shows(on, card))
    assert thread(on).assignee_id == on.acme.ana_member
    await idle(on)
    await reply(on, on.acme.bo, card, "So will I")
    await on.slack.until(lambda: len(on.inbox.sent()) == 2)
    await idle(on)
    assert thread(on).assignee_id == on.acme.ana_member
    assert "Answered by Bo" in shows(on, card)
    assert len(calls(on, "PATCH")) == 1
    assert told(on, on.acme.ana) == told(on, on.acme.bo) == []


async def test_what_a_colleague_did_in_inbox_meanwhile_is_not_taken_from_them(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.auto_deliver = False  # the card does not know yet
    await on.inbox.app_assigns(thread(on).id, on.acme.bo_member)
    await reply(on, on.acme.ana, card, "Hello")
    await on.slack.until(lambda: on.inbox.sent())
    await idle(on)
    assert thread(on).assignee_id == on.acme.bo_member
    assert calls(on, "PATCH") == []


async def test_an_admin_switches_off_that_a_reply_assigns(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "reply-assigns off")
    await hears(on, on.acme.bo, "Only workspace admins")
    assert "reply assigns it to you" in on.slack.show(await reply_form(on, on.acme.bo, card))
    await on.slack.close(on.acme.bo)
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "reply-assigns off")
    await hears(on, on.acme.ana, "a reply no longer assigns")
    assert "reply assigns it to you" not in on.slack.show(await reply_form(on, on.acme.bo, card))
    await on.slack.submit(on.acme.bo, values={"text": "Hello"})
    await on.slack.until(lambda: on.inbox.sent())
    await idle(on)
    assert thread(on).assignee_id is None
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "reply-assigns on")
    await hears(on, on.acme.ana, "whoever replies to a conversation that nobody has takes it")
    await reply(on, on.acme.bo, card, "Hello again")
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))


@pytest.mark.both_apis
async def test_a_reply_that_inbox_refuses_says_so_below_the_card_and_gives_the_text_back(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.fail("POST *", 403, code="FORBIDDEN" if version(on) == "v1" else "planRequired")
    receipt = await reply(on, on.acme.ana, card, "Hello")
    await on.slack.until(lambda: "✖️ Not sent" in as_seen(on, receipt))
    assert "Not sent to Sarah Chen" in await hears(on, on.acme.ana, "Hello")
    await idle(on)
    assert on.inbox.sent() == []
    assert "Answered" not in shows(on, card)
    assert thread(on).assignee_id is None


async def _v1_lost(on: Stage) -> None:
    """Inbox fails after the message left, and shows nothing that would tell."""
    on.inbox.fail("POST *", 500, code="", times=1)
    on.inbox.fail("GET /v1/threads/*/messages", 400, times=None)


async def _v2_lost(on: Stage) -> None:
    on.inbox.fail("POST *", code="sendUnconfirmed", times=1)


@pytest.mark.parametrize(("api", "lost"), [("v1", _v1_lost), ("v2", _v2_lost)])
async def test_a_reply_that_is_not_confirmed_can_be_sent_again_by_its_writer_alone_and_once(
    opened: Open, api: str, lost: Callable[[Stage], Awaitable[None]]
) -> None:
    on = await opened(versions=[api])
    card = await card_of(on)
    await reply_form(on, on.acme.ana, card)
    await lost(on)
    await on.slack.submit(on.acme.ana, values={"text": "Hello"})
    (receipt,) = await on.slack.until(lambda: receipts(on, card))
    await on.slack.until(lambda: "⚠️ Not confirmed" in as_seen(on, receipt))
    assert labels(receipt) == ["Send again", "Open conversation"]
    private = await whisper(on, on.acme.ana, "Not confirmed")
    on.inbox.heal()
    await on.slack.press(on.acme.bo, receipt.channel, receipt.ts, "Send again")
    await hears(on, on.acme.bo, "Only @Ana can send that again")
    assert on.inbox.sent() == []
    await on.slack.press(on.acme.ana, receipt.channel, receipt.ts, "Send again")
    await on.slack.press_ephemeral(on.acme.ana, private, "Send again")
    await on.slack.until(lambda: "✅ Sent, " in as_seen(on, receipt))
    await idle(on)
    assert [one.text for one in on.inbox.sent()] == ["Hello"]
    assert "✅ Sent, " in as_seen(on, receipt)
    assert receipts(on, card) == [receipt]


async def test_a_receipt_whose_first_post_was_lost_ends_as_one_that_says_sent(on: Stage) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.ana, card)
    on.slack.fail("chat.postMessage", status=500)
    await on.slack.submit(on.acme.ana, values={"text": "Hello"})
    await on.slack.until(lambda: any("✅ Sent" in as_seen(on, one) for one in receipts(on, card)))
    await idle(on)
    assert len(receipts(on, card)) == 1
    assert len(on.inbox.sent()) == 1


async def test_a_receipt_that_cannot_stand_below_the_card_is_told_privately(on: Stage) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.ana, card)
    await on.slack.until(lambda: "Ana is replying" in shows(on, card))
    on.slack.scopes.discard("chat:write.public")
    on.slack.channels[card.channel].members.discard("U0SANDBOXBOT")
    await on.slack.submit(on.acme.ana, values={"text": "Hello"})
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    assert receipts(on, card) == []
    assert [one.text for one in on.inbox.sent()] == ["Hello"]


async def test_two_colleagues_replies_have_a_receipt_each(on: Stage) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.ana, card)
    await reply_form(on, on.acme.bo, card)
    await on.slack.submit(on.acme.ana, values={"text": "From Ana"})
    await on.slack.submit(on.acme.bo, values={"text": "From Bo"})
    await on.slack.until(lambda: len(on.inbox.sent()) == 2)
    await idle(on)
    below = [as_seen(on, one) for one in receipts(on, card)]
    assert len(below) == 2
    assert all("✅ Sent" in one for one in below)
    assert {("Ana replied" in one, "From Ana" in one) for one in below} == {(True, True), (False, False)}


async def test_in_a_channel_shared_with_others_the_receipt_names_nobody(opened: Open, api: str) -> None:
    on = await opened(versions=[api])
    on.slack.channels[on.acme.channel].shared = True
    await on.inbox.customer_writes(on.acme.sarah, "A secret")
    (card,) = await on.slack.until(lambda: cards(on))
    await reply_form(on, on.acme.ana, card)
    await on.slack.submit(on.acme.ana, values={"text": "Our answer"})
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await idle(on)
    seen = "\n".join([shows(on, card), *(as_seen(on, one) for one in receipts(on, card))])
    assert "✅ Sent" in seen
    for secret in ("Sarah", "Our answer", "A secret", "replying"):
        assert secret not in seen


async def test_a_reply_in_hand_when_inbox_is_down_is_sent_when_it_is_back(on: Stage) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.ana, card)
    on.inbox.fail("POST *", 429, times=1, retry_after=1)
    await on.slack.submit(on.acme.ana, values={"text": "Hello"})
    (receipt,) = await on.slack.until(lambda: receipts(on, card))
    await hears(on, on.acme.ana, "Inbox asks us to wait 1 s")
    await on.slack.until(lambda: "✅ Sent, " in as_seen(on, receipt))
    assert [one.text for one in on.inbox.sent()] == ["Hello"]


@pytest.mark.both_apis
async def test_what_becomes_of_a_reply_later_shows_on_its_receipt(on: Stage) -> None:
    card = await card_of(on)
    receipt = await reply(on, on.acme.ana, card, "Helo")
    await on.slack.until(lambda: "✅ Sent, " in as_seen(on, receipt))
    await idle(on)
    message = thread(on).messages[-1].id
    await on.inbox.reacts(message, "❤️")
    await on.slack.until(lambda: "Reactions: ❤️" in as_seen(on, receipt))
    await on.inbox.edits(message, "Hello")
    await on.slack.until(lambda: "Hello" in as_seen(on, receipt))
    assert " · edited" in as_seen(on, receipt)
    await on.inbox.deletes(message)
    await on.slack.until(lambda: "This message was deleted." in as_seen(on, receipt))
    assert "✅ Sent, " in as_seen(on, receipt)
    assert receipts(on, card) == [receipt]
    await idle(on)
    assert "Hi there" in shows(on, card)


async def test_a_receipt_that_is_worked_twice_stands_there_once_as_it_ended(opened: Open) -> None:
    on = await opened(versions=["v2"])
    card = await card_of(on)
    receipt = await reply(on, on.acme.ana, card, "Hello")
    await on.slack.until(lambda: "✅ Sent, " in as_seen(on, receipt))
    await idle(on)
    sent = Send(
        intent="twice",
        address=Address(account_link_id=on.acme.account, platform="twitter", platform_id="1", thread_id=thread(on).id),
        person=Person(platform="twitter", platform_id="1", name="Sarah Chen"),
        account="@acme",
        text="Hello",
        asker=Asker(user=on.acme.ana),
        writer="Ana",
        card=thread(on).id,
        receipt="twice",
    )
    again = Receipt(send=sent, state="sent")
    for job in (Receipt(send=sent, state="sending"), again, again, Receipt(send=sent, state="sending")):
        await on.bridge.lanes.accept(job)
    await idle(on)
    *_, other = receipts(on, card)
    assert "✅ Sent, " in as_seen(on, other)


async def test_who_is_refused_when_they_send_gets_the_text_back(on: Stage) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.bo, card)
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", f"unlink <@{on.acme.bo}>")
    await hears(on, on.acme.ana, "no longer linked")
    await on.slack.submit(on.acme.bo, values={"text": "A long text"})
    said = await hears(on, on.acme.bo, "You are unlinked from Inbox")
    assert "A long text" in said
    assert on.inbox.sent() == []
    await on.slack.until(lambda: "replying" not in shows(on, card))


async def test_a_colleague_whom_the_bot_has_not_seen_is_named_in_a_reply(on: Stage) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.ana, card)
    await on.slack.submit(on.acme.ana, values={"text": f"Ask <@{on.acme.bo}>"})
    await on.slack.until(lambda: on.inbox.sent())
    assert [sent.text for sent in on.inbox.sent()] == ["Ask @Bo"]
