"""This message…: answering, reacting to, editing and taking back one message of a conversation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from redis import Redis

from bot.messages.jobs import ChangeMessage
from bot.messages.words import NOT_CONFIRMED
from bot.queue.job import SENDS_WAIT, Asker, utc_now
from bot.sandbox.inbox.records import MessageRecord
from bot.sandbox.slack.block_kit.blocks import problems, view_problems
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.store import keys
from tests.conftest import Open
from tests.e2e.steps import (
    Json,
    calls,
    card_of,
    form,
    hears,
    idle,
    modal,
    nodes,
    reply,
    shows,
    thread,
    told,
    version,
    whisper,
)

STARTED = "Conversation with"


async def this_message(on: Stage, user: str, said: Message, words: str = STARTED) -> Json:
    """The form *This message…* of `user` on a Slack message, once it says `words`."""
    assert (await on.slack.shortcut(user, said.channel, said.ts, "this_message")).ok
    return await modal(on, user, words)


async def below(on: Stage, card: Message, text: str) -> Message:
    """What Sarah writes now, below her card."""
    await on.inbox.customer_writes(on.acme.sarah, text)
    found = await on.slack.until(
        lambda: [one for one in on.slack.replies(card.channel, card.ts) if text in on.slack.show(one)]
    )
    await idle(on)
    return found[0]


def last(on: Stage) -> MessageRecord:
    return thread(on).messages[-1]


def valid(view: Json) -> bool:
    keys = ("type", "title", "blocks", "submit", "close", "callback_id")
    return view_problems({key: view[key] for key in keys if view.get(key)}) == []


async def test_one_replies_to_a_certain_message(on: Stage) -> None:
    said = await card_of(on, "First")
    for text in ("First", "And second"):
        if text != "First":
            said = await below(on, said, text)
        (answered,) = [one for one in thread(on).messages if one.text == text]
        assert valid(await this_message(on, on.acme.ana, said, text))
        await on.slack.press_modal(on.acme.ana, "Reply to this")
        view = await form(on, on.acme.ana, "Your reply")
        assert "You reply to this message:" in on.slack.show(view)
        assert text in on.slack.show(view)
        await on.slack.submit(on.acme.ana, values={"text": f"To {text}"})
        await on.slack.until(lambda text=text: last(on).text == f"To {text}")  # type: ignore[misc]  # bound to this round
        await idle(on)
        assert last(on).reply_to == answered.id
    assert on.slack.modal(on.acme.ana) is None


async def test_a_reply_to_a_message_in_a_colleagues_conversation_asks_first_and_still_answers_it(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah, assignee_id=on.acme.bo_member)
    card = await card_of(on, "First")
    first = last(on)
    await this_message(on, on.acme.ana, card)
    await on.slack.press_modal(on.acme.ana, "Reply to this")
    await modal(on, on.acme.ana, "has this conversation")
    await on.slack.press_modal(on.acme.ana, "Reply anyway")
    await form(on, on.acme.ana, "Your reply")
    await on.slack.submit(on.acme.ana, values={"text": "Hello"})
    await on.slack.until(lambda: on.inbox.sent())
    assert last(on).reply_to == first.id


async def _v1_lost(on: Stage) -> None:
    """Inbox fails after it was asked, and shows nothing that would tell."""
    on.inbox.fail("POST *", 500, code="", times=1)
    on.inbox.fail("GET /v1/threads/*/messages", 400, times=None)


async def _v2_lost(on: Stage) -> None:
    on.inbox.fail("POST *", code="sendUnconfirmed", times=1)


@pytest.mark.parametrize(("api", "lost"), [("v1", _v1_lost), ("v2", _v2_lost)])
async def test_a_reply_to_a_certain_message_that_is_sent_again_still_answers_it(
    opened: Open, api: str, lost: Callable[[Stage], Awaitable[None]]
) -> None:
    on = await opened(versions=[api])
    card = await card_of(on, "First")
    first = last(on)
    await this_message(on, on.acme.ana, card, "First")
    await below(on, card, "And second")
    await on.slack.press_modal(on.acme.ana, "Reply to this")
    await form(on, on.acme.ana, "Your reply")
    await lost(on)
    await on.slack.submit(on.acme.ana, values={"text": "To the first"})
    said = await whisper(on, on.acme.ana, "Not confirmed")
    on.inbox.heal()
    await on.slack.press_ephemeral(on.acme.ana, said, "Send again")
    await on.slack.until(lambda: on.inbox.sent())
    await idle(on)
    assert (last(on).text, last(on).reply_to) == ("To the first", first.id)
    assert len(on.inbox.sent()) == 1


async def test_a_reply_to_an_earlier_message_archives_though_a_later_one_is_there(on: Stage) -> None:
    card = await card_of(on, "First")
    await this_message(on, on.acme.ana, card, "First")
    await below(on, card, "And second")
    await on.slack.press_modal(on.acme.ana, "Reply to this")
    view = await form(on, on.acme.ana, "Your reply")
    (box,) = [one for one in nodes(view["blocks"]) if one.get("type") == "checkboxes"]
    await on.slack.submit(on.acme.ana, values={"text": "Hello", "archive": [box["options"][0]["value"]]})
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    assert thread(on).archived


@pytest.mark.parametrize(
    ("field", "value", "emoji"),
    [
        ("emoji", "🎉", "🎉"),
        ("other", ":thumbsup::skin-tone-3:", "👍🏼"),
        ("other", ":handshake::skin-tone-2-3:", "🫱🏻\u200d🫲🏼"),
    ],
)
async def test_a_reaction_is_on_the_message_and_is_no_answer(on: Stage, field: str, value: str, emoji: str) -> None:
    card = await card_of(on, "We won!")
    await this_message(on, on.acme.ana, card)
    await on.slack.press_modal(on.acme.ana, "React…")
    view = await form(on, on.acme.ana, "React with")
    assert valid(view)
    assert (await on.slack.submit(on.acme.ana, values={field: value})).ok
    await hears(on, on.acme.ana, f"You reacted with {emoji} in the conversation with Sarah Chen.")
    await on.slack.until(lambda: f"Reactions: {emoji}" in shows(on, card))
    assert [one["emoji"] for one in last(on).reactions] == [emoji]
    await idle(on)
    assert "Answered" not in shows(on, card)
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "stats")
    assert "0 answered" in (await hears(on, on.acme.ana, "answered")).replace("*", "")


async def test_what_is_no_emoji_is_said_beside_the_field(on: Stage) -> None:
    card = await card_of(on)
    await this_message(on, on.acme.ana, card)
    await on.slack.press_modal(on.acme.ana, "React…")
    await form(on, on.acme.ana, "React with")
    for values in ({"other": "well"}, {"other": "🎉🎉"}, {}):
        ack = await on.slack.submit(on.acme.ana, values=values)
        assert isinstance(ack.body, dict)
        assert "one emoji" in ack.body["errors"]["other"]
    assert calls(on, "POST", "reactions") == []


async def test_a_reply_is_edited_and_taken_back_from_its_receipt(on: Stage) -> None:
    card = await card_of(on)
    receipt = await reply(on, on.acme.ana, card, "Helo")
    await idle(on)
    view = await this_message(on, on.acme.bo, receipt, "Helo")
    assert valid(view)
    await on.slack.press_modal(on.acme.bo, "Edit…")
    view = await form(on, on.acme.bo, "The message")
    assert valid(view)
    await on.slack.submit(on.acme.bo, values={"text": "Hello :wave:"})
    await hears(on, on.acme.bo, "Sarah Chen reads the edited message now.")
    assert last(on).text == "Hello 👋"
    await on.slack.until(lambda: "Hello 👋" in on.slack.show(on.slack.message(receipt.channel, receipt.ts)))
    view = await this_message(on, on.acme.bo, receipt, "Hello 👋")
    (unsend,) = [
        one for block in view["blocks"] for one in block.get("elements", []) if one.get("action_id") == "unsend"
    ]
    assert "no longer sees it" in unsend["confirm"]["text"]["text"]
    await on.slack.press_modal(on.acme.bo, "Unsend…")
    await modal(on, on.acme.bo, "The message to Sarah Chen was taken back.")
    assert last(on).deleted_at is not None
    await on.slack.until(
        lambda: "This message was deleted." in on.slack.show(on.slack.message(receipt.channel, receipt.ts))
    )
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "log")
    log = await hears(on, on.acme.ana, "unsend")
    assert "edit" in log


async def test_a_dm_is_edited_from_its_receipt(on: Stage) -> None:
    await card_of(on)
    await on.slack.command(on.acme.ana, on.acme.channel, text="@sarah Helo")
    receipt = await whisper(on, on.acme.ana, "Sent to")
    assert problems(receipt.blocks, "message") == []
    await on.slack.press_ephemeral(on.acme.ana, receipt, "This message…")
    await modal(on, on.acme.ana, "Helo")
    await on.slack.press_modal(on.acme.ana, "Edit…")
    await form(on, on.acme.ana, "The message")
    await on.slack.submit(on.acme.ana, values={"text": "Hello"})
    await on.slack.until(lambda: last(on).text == "Hello")


async def test_what_they_wrote_can_be_answered_and_reacted_to_only(on: Stage) -> None:
    card = await card_of(on)
    view = on.slack.show(await this_message(on, on.acme.ana, card))
    assert "[Reply to this]  [React…]  [Save as note]\n" in view
    assert "Edit…" not in view


async def test_talk_in_the_thread_is_no_message_of_the_conversation(on: Stage) -> None:
    card = await card_of(on)
    talk = on.slack.say(on.acme.bo, card.channel, "Whose is it?", thread_ts=card.ts)
    view = on.slack.show(await this_message(on, on.acme.ana, talk))
    assert "Your own team wrote this" in view
    assert "React…" not in view
    assert "Assign to…" in view


async def test_one_chooses_among_messages_that_stand_in_one_post(on: Stage, redis_url: str) -> None:
    card = await card_of(on)
    on.slack.fail("chat.postMessage", status=503, times=None)
    for text in ("One", "Two", "Three", "Four"):
        await on.inbox.customer_writes(on.acme.sarah, text)
    with Redis.from_url(redis_url) as redis:
        await on.slack.until(lambda: redis.hlen(keys.unshown(thread(on).id)) == 5)  # with what stands on the card alone
    on.slack.heal()
    await idle(on)
    post = on.slack.replies(card.channel, card.ts)[-1]
    assert "Three" in on.slack.show(post)
    ids = {one.text: one.id for one in thread(on).messages}
    view = on.slack.show(await this_message(on, on.acme.ana, post))
    assert "[Four ▾]" in view
    await on.slack.press_modal(on.acme.ana, "which_message", value=ids["Three"])
    view = on.slack.show(await modal(on, on.acme.ana, "[Three ▾]"))
    assert view.endswith("[Close]")
    await on.slack.press_modal(on.acme.ana, "Reply to this")
    await form(on, on.acme.ana, "Your reply")
    await on.slack.submit(on.acme.ana, values={"text": "To three"})
    await on.slack.until(lambda: last(on).text == "To three")
    assert last(on).reply_to == ids["Three"]


async def test_only_what_account_conversation_and_platform_allow_is_offered(on: Stage, redis_url: str) -> None:
    """API v1 tells nothing of it; there Inbox says no when it is asked."""
    card = await card_of(on)
    receipt = await reply(on, on.acme.ana, card, "Hello")
    await idle(on)
    thread(on).restrictions.append("message:react")
    on.inbox.world.accounts[on.acme.account].capabilities = ["message:send", "message:edit", "message:unsend"]
    on.inbox.world.windows["message:unsend"] = -60.0
    await on.inbox.app_archives(thread(on).id, archived=True)  # an event, with which the bot reads it again
    await on.slack.until(lambda: "Archived" in shows(on, card))
    with Redis.from_url(redis_url) as redis:
        redis.delete(keys.PLATFORMS, keys.ACCOUNT_LINKS)  # ten minutes pass
    view = on.slack.show(await this_message(on, on.acme.ana, receipt, "Hello"))
    if version(on) == "v1":
        assert "[Reply to this]  [React…]  [Edit…]  [Unsend…]" in view
        await on.slack.press_modal(on.acme.ana, "Unsend…")
        await modal(on, on.acme.ana, "Inbox didn't accept this, so nothing was changed")
        return
    assert "React… X doesn't allow that in this conversation." in view.replace("~", "")
    assert (
        "Unsend… The platform allows that only for a while after sending, and that time is over since"
        in view.replace("~", "")
    )
    assert "[Edit…]" in view


async def edits(on: Stage) -> None:
    """Ana has answered with "Helo", and has the form open in which that can be changed."""
    card = await card_of(on)
    receipt = await reply(on, on.acme.ana, card, "Helo")
    await idle(on)
    await this_message(on, on.acme.ana, receipt, "Helo")
    await on.slack.press_modal(on.acme.ana, "Edit…")
    await form(on, on.acme.ana, "The message")


async def test_a_window_that_closes_meanwhile_is_said_with_its_time_and_the_text_comes_back(on: Stage) -> None:
    await edits(on)
    on.inbox.world.windows["message:edit"] = -1.0
    await on.slack.submit(on.acme.ana, values={"text": "Hello, which took me a while"})
    since = "that time is over since" if version(on) == "v2" else "The time in which X allows this is over"
    assert "Hello, which took me a while" in await hears(on, on.acme.ana, since)
    assert last(on).text == "Helo"


async def test_who_may_act_no_more_has_the_edited_text_back(on: Stage, redis_url: str) -> None:
    await edits(on)
    on.inbox.world.members.pop(on.acme.ana_member)
    with Redis.from_url(redis_url) as redis:
        redis.delete(keys.MEMBERS)
    await on.slack.submit(on.acme.ana, values={"text": "Hello & welcome"})
    assert "Hello & welcome" in await hears(on, on.acme.ana, "I can't match you to an Inbox member.")
    assert (last(on).text, calls(on, "PATCH", "messages")) == ("Helo", [])


async def test_what_inbox_does_not_take_for_ten_minutes_comes_back(on: Stage) -> None:
    await card_of(on)
    await on.inbox.teammate_writes(thread(on).id, "Helo", "member")
    await idle(on)
    on.inbox.fail("PATCH *", 503, times=None)
    job = ChangeMessage(
        verb="edit",
        thread_id=thread(on).id,
        message_id=last(on).id,
        text="Hello &amp; welcome",
        at=utc_now() - timedelta(seconds=SENDS_WAIT + 1),
        asker=Asker(user=on.acme.ana, team=on.slack.team_id, channel=on.acme.channel),
    )
    await on.bridge.lanes.accept(job)
    assert "Hello & welcome" in await hears(on, on.acme.ana, NOT_CONFIRMED)
    assert (last(on).text, len(calls(on, "PATCH", "messages"))) == ("Helo", 1)


async def test_who_edits_second_overwrites_nothing_that_they_have_not_seen(on: Stage) -> None:
    await edits(on)
    await on.inbox.edits(last(on).id, "Hello from Bo")
    await on.slack.submit(on.acme.ana, values={"text": "Hello from Ana"})
    heard = await hears(on, on.acme.ana, "Somebody has edited that message meanwhile")
    assert "It says: “Hello from Bo”." in heard
    assert "Hello from Ana" in heard
    assert (last(on).text, calls(on, "PATCH", "messages")) == ("Hello from Bo", [])


async def test_an_edit_that_waits_for_inbox_overwrites_no_edit_of_that_time(on: Stage) -> None:
    await edits(on)
    on.inbox.fail("PATCH *", 503, times=None)
    await on.slack.submit(on.acme.ana, values={"text": "Hello from Ana"})
    await hears(on, on.acme.ana, "Inbox isn't answering.")
    await on.inbox.edits(last(on).id, "Hello from Bo")
    on.inbox.heal()
    assert "Hello from Ana" in await hears(on, on.acme.ana, "Somebody has edited that message meanwhile", 15)
    assert last(on).text == "Hello from Bo"


@pytest.mark.parametrize("fails", ["GET", "PATCH"])
async def test_an_edit_that_waits_for_inbox_is_read_as_it_was_typed(on: Stage, fails: str) -> None:
    """Whatever it waits for, before its first try or at it, Slack's markup is read once."""
    await edits(on)
    on.inbox.fail(f"{fails} *", 503, times=2)
    await on.slack.submit(on.acme.ana, values={"text": "Write &amp;lt;b&amp;gt; and &amp;amp;"})
    await hears(on, on.acme.ana, "Inbox isn't answering.")
    await hears(on, on.acme.ana, "reads the edited message now", 15)
    assert last(on).text == "Write &lt;b&gt; and &amp;"


async def test_an_edit_that_is_refused_after_it_waited_comes_back_as_it_was_typed(on: Stage) -> None:
    await edits(on)
    on.inbox.world.windows["message:edit"] = -1.0
    on.inbox.fail("GET *", 503, times=2)
    await on.slack.submit(on.acme.ana, values={"text": "Write &amp;lt;b&amp;gt;"})
    since = "that time is over since" if version(on) == "v2" else "The time in which X allows this is over"
    (quoted,) = [one for one in nodes(await handed_back(on, since)) if one.get("type") == "rich_text_quote"]
    assert [one["text"] for one in quoted["elements"]] == ["Write &lt;b&gt;"]


async def handed_back(on: Stage, why: str) -> list[Json]:
    """The blocks in which Ana has her text back."""
    await hears(on, on.acme.ana, why, 15)
    return on.slack.ephemerals(on.acme.ana)[-1].blocks


@pytest.mark.parametrize("act", ["edit", "unsend", "react"])
async def test_an_answer_that_is_lost_is_followed_by_a_look_and_nothing_is_done_twice(on: Stage, act: str) -> None:
    card = await card_of(on)
    receipt = await reply(on, on.acme.ana, card, "Helo")
    await idle(on)
    method = {"edit": "PATCH", "unsend": "DELETE", "react": "POST"}[act]
    await this_message(on, on.acme.ana, receipt, "Helo")
    on.inbox.fail(f"{method} *", drop="after", times=1)
    if act == "unsend":
        await on.slack.press_modal(on.acme.ana, "Unsend…")
        await hears(on, on.acme.ana, "was taken back") if on.slack.modal(on.acme.ana) is None else await modal(
            on, on.acme.ana, "was taken back"
        )
    else:
        await on.slack.press_modal(on.acme.ana, {"edit": "Edit…", "react": "React…"}[act])
        await form(on, on.acme.ana, {"edit": "The message", "react": "React with"}[act])
        await on.slack.submit(on.acme.ana, values={"text": "Hello"} if act == "edit" else {"emoji": "🔥"})
        await hears(on, on.acme.ana, {"edit": "reads the edited message", "react": "You reacted with 🔥"}[act], 15)
    assert len(calls(on, method, "messages")) == (1 if act != "react" else len(calls(on, "POST", "messages")))
    assert len(last(on).reactions) == (1 if act == "react" else 0)


async def test_what_was_not_done_while_inbox_was_away_is_done_once_when_it_is_back(on: Stage) -> None:
    await edits(on)
    on.inbox.fail("PATCH *", 503, times=2)
    await on.slack.submit(on.acme.ana, values={"text": "Hello"})
    await hears(on, on.acme.ana, "Inbox isn't answering. I'll keep trying for 10 minutes and tell you.")
    await hears(on, on.acme.ana, "reads the edited message now", 15)
    assert last(on).text == "Hello"


async def test_a_message_that_somebody_took_back_meanwhile_offers_nothing(on: Stage) -> None:
    card = await card_of(on)
    receipt = await reply(on, on.acme.ana, card, "Hello")
    await idle(on)
    await on.inbox.deletes(last(on).id)
    await idle(on)
    view = on.slack.show(await this_message(on, on.acme.ana, receipt, "This message was deleted."))
    assert "[Edit…]" not in view
    assert "It was deleted." in view
    assert told(on, on.acme.ana) == []
