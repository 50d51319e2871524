"""Thread replies that go out as direct messages, where an admin chose a prefix: `/inbox replies`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis import Redis

from bot.sandbox.inbox.server import SandboxInbox
from bot.sandbox.slack.records import BOT_USER, Json, Message
from bot.sandbox.slack.server import SandboxSlack
from bot.sandbox.stage import Stage, acme
from bot.store import keys
from tests.conftest import Open
from tests.e2e.scheduling import Later, holds, passes
from tests.e2e.steps import calls, card_of, cards, form, hears, idle, labels, modal, thread, told, version, whisper

CHECK, HOURGLASS, WARNING, PENCIL = "white_check_mark", "hourglass_flowing_sand", "warning", "pencil2"


@pytest.fixture
async def on(opened: Open, api: str, optional_scopes: frozenset[str]) -> Stage:
    """The stage with the scopes that may be refused."""
    running = await opened(versions=[api])
    running.slack.scopes |= optional_scopes
    return running


async def switch(on: Stage, words: str = "on >>", user: str = "", channel: str = "") -> None:
    await on.slack.command(user or on.acme.ana, channel or on.acme.channel, "/inbox", f"replies {words}".strip())
    await idle(on)


@pytest.fixture
async def card(on: Stage) -> Message:
    """Sarah's card in the channel, where replies that begin with `>>` go out."""
    await switch(on)
    return await card_of(on)


async def reply(on: Stage, card: Message, text: str, user: str = "", **more: object) -> Message:
    """A reply in the card's Slack thread, in Slack's markup, and all that follows from it."""
    said = await on.slack.write(user or on.acme.bo, card.channel, text, card.ts, **more)
    await idle(on)
    return said


def marks(message: Message) -> list[str]:
    """The bot's reactions to a message."""
    return [name for name, user in message.reactions if user == BOT_USER]


def heard(on: Stage) -> list[str]:
    """What Bo is told in private, besides the hint that talk stays in Slack (`test_hint.py`)."""
    return [one for one in told(on, on.acme.bo) if "I say this once" not in one]


def sent(on: Stage) -> list[str]:
    return [one.text for one in on.inbox.sent()]


def reads(on: Stage) -> list[str]:
    """What Sarah reads of the team's messages now."""
    return [one.text for one in thread(on).messages if one.direction == "outbound" and not one.deleted_at]


def shuts(on: Stage, capability: str) -> None:
    """The platform's window for that is over."""
    on.inbox.world.windows[capability] = -1.0


@pytest.fixture
async def clock(redis_url: str) -> AsyncIterator[Later]:
    found = Later(redis_url)
    yield found
    found.close()


async def held(on: Stage, card: Message, text: str = "&gt;&gt; Soon") -> Message:
    """What Bo, who has that done, writes with the prefix: it is not sent yet."""
    await holds(on, on.acme.bo)
    said = await on.slack.write(on.acme.bo, card.channel, text, card.ts)
    await on.slack.until(lambda: on.slack.dms(on.acme.bo))
    await idle(on, held=1)
    assert (marks(said), sent(on)) == ([HOURGLASS], [])
    return said


# --- sending ---------------------------------------------------------------------------------------------------------


async def test_a_reply_that_begins_with_the_prefix_goes_out_and_gets_a_check_mark(on: Stage, card: Message) -> None:
    said = await reply(on, card, "&gt;&gt; Until *Friday* &amp; no later :tada:")
    assert sent(on) == ["Until *Friday* & no later 🎉"]
    assert on.inbox.sent()[0].thread_id == thread(on).id
    assert marks(said) == [CHECK]
    assert [call.args["name"] for call in on.slack.calls if call.method == "reactions.add"] == [HOURGLASS, CHECK]
    assert told(on, on.acme.bo) == []  # the check mark is the receipt
    assert on.inbox.violations == []


async def test_the_hourglass_stands_there_until_inbox_has_confirmed(on: Stage, card: Message) -> None:
    on.inbox.fail("POST *", delay=0.4)
    said = await on.slack.write(on.acme.bo, card.channel, "&gt;&gt; Soon", card.ts)
    await on.slack.until(lambda: marks(said) == [HOURGLASS])
    assert sent(on) == []
    await on.slack.until(lambda: marks(said) == [CHECK])


async def test_a_redelivered_event_never_sends_twice(on: Stage, card: Message) -> None:
    said = on.slack.say(on.acme.bo, card.channel, "&gt;&gt; Once", card.ts)
    event = {"user": on.acme.bo, "text": said.text, "ts": said.ts, "thread_ts": card.ts, "team": on.slack.team_id}
    acks = await asyncio.gather(*(on.slack.hear(said, event, event_id="Ev1", retry=n) for n in range(4)))
    await idle(on)
    await on.slack.hear(said, event, event_id="Ev2", retry=1)  # Slack promises the same event id, and need not keep it
    await idle(on)
    assert {ack.status for ack in acks} == {200}
    assert sent(on) == ["Once"]
    assert len(calls(on, "POST")) == 1
    if version(on) == "v2":
        assert calls(on, "POST")[0].headers["idempotency-key"] == f"slack-{card.channel}-{said.ts}"


async def test_replies_go_out_in_the_order_in_which_they_were_written(on: Stage, card: Message) -> None:
    on.inbox.fail("POST *", delay=0.2)
    for number in range(4):
        await on.slack.write(on.acme.bo, card.channel, f"&gt;&gt; {number}", card.ts)
    await on.slack.until(lambda: len(sent(on)) == 4)
    assert sent(on) == ["0", "1", "2", "3"]


async def test_mentions_and_links_reach_the_customer_as_plain_words(on: Stage, card: Message) -> None:
    said = f"&gt;&gt;Ask <@{on.acme.ana}> or see <https://acme.example/a|our page> &lt;3"
    await reply(on, card, said)
    assert sent(on) == ["Ask @Ana or see our page (https://acme.example/a) <3"]


async def test_a_reply_that_is_shown_in_the_channel_too_is_a_reply(on: Stage, card: Message) -> None:
    said = await reply(on, card, "&gt;&gt; Hello, and all of you should know", subtype="thread_broadcast")
    assert sent(on) == ["Hello, and all of you should know"]
    assert marks(said) == [CHECK]


async def test_in_a_private_channel_it_is_the_same(opened: Open, api: str) -> None:
    on = await opened(versions=[api])
    on.slack.scopes |= {"groups:history", "reactions:write"}
    on.slack.channels[on.acme.channel].private = True
    await switch(on)
    said = await reply(on, await card_of(on), "&gt;&gt; Hello")
    assert (sent(on), marks(said)) == (["Hello"], [CHECK])


@pytest.mark.parametrize("shared", [False, True])
async def test_a_colleague_of_a_sister_workspace_writes_unless_strangers_may_be_there(
    opened: Open, api: str, shared: bool
) -> None:
    """Of an author from another workspace, Slack says only there that they are of our organisation."""
    on = await opened(versions=[api], enterprise="E0ACME")
    on.slack.scopes |= {"channels:history", "reactions:write"}
    await switch(on)
    card = await card_of(on)
    sister = on.slack.add_user(None, "Sue", "bo@acme.example", team_id="T0SISTER")
    on.slack.users[sister].grid, on.slack.users[sister].teams = "E0ACME", ("T0SISTER", on.slack.team_id)
    on.slack.channels[card.channel].shared = shared
    said = await reply(on, card, "&gt;&gt; Hello", sister)
    assert (sent(on), marks(said)) == (([], []) if shared else (["Hello"], [CHECK]))


async def test_where_slack_does_not_say_whether_strangers_may_be_there_they_may(opened: Open, api: str) -> None:
    on = await opened(versions=[api], enterprise="E0ACME")
    on.slack.scopes |= {"channels:history", "reactions:write"}
    await switch(on)
    card = await card_of(on)
    sister = on.slack.add_user(None, "Sue", "bo@acme.example", team_id="T0SISTER")
    on.slack.users[sister].grid, on.slack.users[sister].teams = "E0ACME", ("T0SISTER", on.slack.team_id)
    for shared, expected in ((None, []), (False, ["Hello"])):
        said = on.slack.say(sister, card.channel, "&gt;&gt; Hello", card.ts)
        event = {"user": sister, "text": said.text, "ts": said.ts, "thread_ts": card.ts, "team": "T0SISTER"}
        told: Json = event | {"channel": card.channel, "channel_type": "channel"}
        assert (await on.slack.event("message", shared=shared, **told)).ok
        await idle(on)
        assert sent(on) == expected


async def test_an_act_is_on_record_and_the_card_follows(on: Stage, card: Message) -> None:
    await reply(on, card, "&gt;&gt; Noted")
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "log")
    assert "send Sarah Chen" in await hears(on, on.acme.ana, "replies on")


# --- what stays in Slack ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "He wants a refund, tell him no",
        "Look: &gt;&gt; this is not at the beginning",
        "&gt; a quote",
        "&gt;&gt;&gt; a long quote of what she wrote",
        "",
    ],
)
async def test_without_the_prefix_nothing_leaves_slack(on: Stage, card: Message, text: str) -> None:
    said = await reply(on, card, text)
    assert sent(on) == []
    assert marks(said) == []
    assert heard(on) == []


async def test_outside_the_cards_thread_nothing_leaves_slack(on: Stage, card: Message) -> None:
    other = on.slack.say(on.acme.bo, card.channel, "Lunch?")
    elsewhere = on.slack.say(on.acme.bo, on.slack.add_channel("general"), "Hello")
    await on.slack.write(on.acme.bo, card.channel, "&gt;&gt; not in a thread")
    await on.slack.write(on.acme.bo, card.channel, "&gt;&gt; in another thread", other.ts)
    await on.slack.write(on.acme.bo, elsewhere.channel, "&gt;&gt; in another channel", elsewhere.ts)
    await idle(on)
    assert sent(on) == []


async def test_the_setting_is_off_unless_an_admin_switches_it_on_and_holds_for_its_channel_alone(on: Stage) -> None:
    card = await card_of(on)
    await reply(on, card, "&gt;&gt; nobody chose a prefix yet")
    await switch(on, "on >>", user=on.acme.bo)
    assert "Only workspace admins" in told(on, on.acme.bo)[-1]
    await switch(on, "on >>", channel=on.slack.add_channel("sales"))
    await reply(on, card, "&gt;&gt; nobody chose a prefix here")
    assert sent(on) == []
    await switch(on, "on dm:")
    await reply(on, card, "&gt;&gt; another prefix")
    await reply(on, card, "dm: the right one")
    await switch(on, "off")
    await reply(on, card, "dm: off again")
    assert sent(on) == ["the right one"]


async def test_what_waits_when_it_is_switched_off_stays(on: Stage, card: Message) -> None:
    """The setting is looked at when the message is to be sent, not only when it comes."""
    on.slack.fail("users.info", delay=5.0)
    said = await on.slack.write(on.acme.bo, card.channel, "&gt;&gt; too late", card.ts)
    await on.slack.until(lambda: not on.slack._faults)  # it waits for who Bo is
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "replies off")
    await hears(on, on.acme.ana, "in a card's Slack thread stay in Slack.")
    on.slack.delays.end()
    assert "no longer go out" in await hears(on, on.acme.bo, "stayed in Slack")
    await idle(on)
    assert (sent(on), marks(said)) == ([], [])


async def test_bots_never_send(on: Stage, card: Message) -> None:
    bot = on.slack.add_user(None, "Robo", "", bot=True)
    for user, more in ((bot, {"bot_id": "B0ROBO"}), (bot, {}), (on.acme.bo, {"bot_id": "B0ROBO"})):
        await reply(on, card, "&gt;&gt; from a machine", user, **more)
    await reply(on, card, "&gt;&gt; classic", on.acme.bo, subtype="bot_message", bot_id="B0ROBO")
    assert sent(on) == []


async def test_an_edit_that_adds_the_prefix_later_sends_nothing(on: Stage, card: Message) -> None:
    said = await reply(on, card, "Let me think")
    await on.slack.rewrite(said, "&gt;&gt; Let me think")
    await idle(on)
    assert (sent(on), marks(said)) == ([], [])


async def test_files_cannot_be_sent_and_the_writer_is_told(on: Stage, card: Message) -> None:
    said = await reply(on, card, "&gt;&gt; see attached", subtype="file_share", files=[{"id": "F1"}])
    assert "I can't send files" in told(on, on.acme.bo)[-1]
    await reply(on, card, "&gt;&gt;  ")
    assert "There is nothing after the prefix" in told(on, on.acme.bo)[-1]
    assert (sent(on), marks(said)) == ([], [])


async def test_only_who_may_act_sends_and_others_are_told_privately(on: Stage, card: Message) -> None:
    for user, words in (
        (on.acme.guest, "Only members of *Acme* can act"),
        (on.acme.outsider, "Only members of *Acme* can act"),
        (on.acme.kim, "I can't match you to an Inbox member"),
    ):
        on.slack.channels[card.channel].members.add(user)
        said = await reply(on, card, "&gt;&gt; let me in", user)
        assert words.replace("*", "") in told(on, user)[-1].replace("*", "")
        assert marks(said) == []
    assert sent(on) == []
    assert [m.text for m in on.slack.replies(card.channel, card.ts) if m.user == BOT_USER] == []


@pytest.fixture
async def shared(opened: Open, api: str, optional_scopes: frozenset[str]) -> Stage:
    """Cards go to a channel that another organisation reads."""
    on = await opened(versions=[api], notify_channel=acme(SandboxSlack(), SandboxInbox()).shared)
    on.slack.scopes |= optional_scopes
    return on


async def test_from_a_shared_channel_nothing_goes_out_without_consent(shared: Stage) -> None:
    on, channel = shared, shared.acme.shared
    await switch(on, "on >>", channel=channel)
    assert "/inbox consent" in told(on, on.acme.ana)[-1]
    await on.slack.command(on.acme.ana, channel, "/inbox", "consent")
    await idle(on)
    await switch(on, "on >>", channel=channel)
    await on.inbox.customer_writes(on.acme.sarah, "Hi")
    await idle(on)
    (card,) = [m for m in on.slack.messages(channel) if "Sarah" in m.text]
    await reply(on, card, "&gt;&gt; from a stranger", on.acme.outsider)
    assert "Only members of" in told(on, on.acme.outsider)[-1]
    await reply(on, card, "&gt;&gt; with consent")
    await on.slack.command(on.acme.ana, channel, "/inbox", "consent off")
    await idle(on)
    said = await reply(on, card, "&gt;&gt; without")
    assert "shared with another organisation" in told(on, on.acme.bo)[-1]
    assert (sent(on), marks(said)) == (["with consent"], [])


# --- when it goes wrong ----------------------------------------------------------------------------------------------


async def test_a_refused_reply_gets_a_warning_and_its_writer_the_reason(on: Stage, card: Message) -> None:
    on.inbox.set_account_status(on.acme.account, "offline")
    said = await reply(on, card, "&gt;&gt; Are you there?")
    assert marks(said) == [WARNING]
    heard = told(on, on.acme.bo)[-1]
    assert "Not sent to Sarah Chen" in heard
    assert "Are you there?" in heard
    assert sent(on) == []


async def test_what_is_not_confirmed_says_so_and_sending_again_ends_in_a_check_mark(opened: Open) -> None:
    on = await opened(versions=["v2"])
    on.slack.scopes |= {"channels:history", "reactions:write"}
    await switch(on)
    card = await card_of(on)
    on.inbox.fail("POST *", code="sendUnconfirmed")
    said = await reply(on, card, "&gt;&gt; Hello?")
    assert marks(said) == [WARNING]
    receipt = await whisper(on, on.acme.bo, "Not confirmed")
    await on.slack.press_ephemeral(on.acme.bo, receipt, "Send again")
    await on.slack.until(lambda: marks(said) == [CHECK])
    assert sent(on) == ["Hello?"]
    await on.slack.rewrite(said, "&gt;&gt; Hello!")
    await idle(on)
    assert reads(on) == ["Hello!"]


async def test_without_the_scope_for_reactions_the_receipt_is_a_private_message(on: Stage, card: Message) -> None:
    on.slack.scopes.discard("reactions:write")
    said = await reply(on, card, "&gt;&gt; Hello")
    assert sent(on) == ["Hello"]
    assert marks(said) == []
    assert "Sent to Sarah Chen" in told(on, on.acme.bo)[-1]


async def test_while_nothing_can_be_written_down_slack_is_asked_to_tell_it_again(
    on: Stage, card: Message, redis_url: str
) -> None:
    said = on.slack.say(on.acme.bo, card.channel, "&gt;&gt; Later", card.ts)
    event: Json = {"user": on.acme.bo, "text": said.text, "ts": said.ts, "thread_ts": card.ts, "team": on.slack.team_id}
    patience, on.slack.patience = on.slack.patience, 1.0  # over Socket Mode nothing says so but that no ack comes
    with Redis.from_url(redis_url) as redis:
        redis.config_set("maxmemory", 1)
        ack = await on.slack.hear(said, event, event_id="Ev1")
        redis.config_set("maxmemory", 0)
    assert ack.status != 200
    on.slack.patience = patience
    assert (await on.slack.hear(said, event, event_id="Ev1", retry=1)).ok
    await on.slack.until(lambda: sent(on) == ["Later"])


async def test_while_inbox_is_away_the_writer_is_told_and_the_reply_follows(
    on: Stage, card: Message, redis_url: str
) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.delete(keys.ACCOUNT_LINKS)  # which account it is sent from, must be asked anew
    on.inbox.fail("GET */account-links", 503, times=2)
    said = await on.slack.write(on.acme.bo, card.channel, "&gt;&gt; Soon", card.ts)
    await hears(on, on.acme.bo, "I'll keep trying")
    await on.slack.until(lambda: marks(said) == [CHECK])
    assert sent(on) == ["Soon"]


@pytest.mark.parametrize("deleted", [False, True])
async def test_what_was_deleted_or_edited_before_slack_could_tell_of_it_never_goes_out(
    on: Stage, card: Message, deleted: bool
) -> None:
    """Slack repeats an event that was refused minutes later; what happened to the message since, comes first."""
    said = on.slack.say(on.acme.bo, card.channel, "&gt;&gt; The password is hunter2", card.ts)
    event: Json = {"user": on.acme.bo, "text": said.text, "ts": said.ts, "thread_ts": card.ts, "team": on.slack.team_id}
    await (on.slack.erase(said) if deleted else on.slack.rewrite(said, "&gt;&gt; Ask me for the password"))
    await idle(on)
    assert (await on.slack.hear(said, event, event_id="Ev1", retry=1)).ok
    assert "You changed it before I heard of it" in await hears(on, on.acme.bo, "stayed in Slack")
    assert sent(on) == []


# --- edits and deletions ---------------------------------------------------------------------------------------------


async def test_editing_the_reply_edits_the_message(on: Stage, card: Message) -> None:
    said = await reply(on, card, "&gt;&gt; Until Fridy")
    await on.slack.rewrite(said, "&gt;&gt; Until Friday &amp; no later")
    await idle(on)
    assert reads(on) == ["Until Friday & no later"]
    assert thread(on).messages[-1].edited_at is not None
    assert set(marks(said)) == {CHECK, PENCIL}
    assert sent(on) == ["Until Fridy"]  # edited, and not sent once more
    assert on.inbox.violations == []


async def test_deleting_the_reply_unsends_the_message(on: Stage, card: Message) -> None:
    said = await reply(on, card, "&gt;&gt; The password is hunter2")
    await on.slack.erase(said)
    await idle(on)
    assert reads(on) == []
    assert "The message to Sarah Chen was taken back." in told(on, on.acme.bo)[-1]
    assert on.inbox.violations == []


async def test_an_edit_waits_until_the_message_was_sent(on: Stage, card: Message) -> None:
    on.inbox.fail("POST *", delay=0.3)
    said = await on.slack.write(on.acme.bo, card.channel, "&gt;&gt; Frist", card.ts)
    await on.slack.rewrite(said, "&gt;&gt; First")
    await on.slack.erase(said)
    await on.slack.until(lambda: told(on, on.acme.bo))
    await idle(on)
    assert sent(on) == ["Frist"]
    assert thread(on).messages[-1].text == "First"
    assert reads(on) == []


@pytest.mark.parametrize("deleted", [False, True])
async def test_after_the_platforms_window_the_writer_is_told_that_it_stayed(
    on: Stage, card: Message, deleted: bool
) -> None:
    said = await reply(on, card, "&gt;&gt; Forever")
    shuts(on, "message:unsend" if deleted else "message:edit")
    await (on.slack.erase(said) if deleted else on.slack.rewrite(said, "&gt;&gt; For a day"))
    heard = await hears(on, on.acme.bo, "Sarah Chen still has it as it was sent")
    assert ("deleted in Slack only" if deleted else "edited in Slack only") in heard
    assert ("for a while after sending" if version(on) == "v2" else "The time in which X allows this is over") in heard
    await idle(on)
    assert reads(on) == ["Forever"]


async def test_v1_cannot_edit_where_the_conversation_is_no_x_chat_and_says_so(opened: Open) -> None:
    on = await opened(versions=["v1"])
    on.slack.scopes |= {"channels:history", "reactions:write"}
    await switch(on)
    card = await card_of(on)
    said = await reply(on, card, "&gt;&gt; Hello")
    thread(on).messages = [one for one in thread(on).messages if one.direction == "outbound"]
    await on.slack.rewrite(said, "&gt;&gt; Hello!")
    heard = await hears(on, on.acme.bo, "edited in Slack only")
    assert "Only messages in X Chat threads can be changed" in heard


@pytest.mark.parametrize("deleted", [False, True])
async def test_a_reply_that_inbox_never_confirmed_cannot_be_changed_and_its_writer_is_told(
    on: Stage, card: Message, deleted: bool
) -> None:
    on.inbox.set_account_status(on.acme.account, "offline")
    said = await reply(on, card, "&gt;&gt; Hello")
    await (on.slack.erase(said) if deleted else on.slack.rewrite(said, "&gt;&gt; Hello!"))
    await hears(on, on.acme.bo, "Inbox never confirmed that message")
    assert [call for call in on.inbox.calls if call.method in ("PATCH", "DELETE")] == []


async def test_an_edit_that_drops_the_prefix_changes_nothing_for_the_customer(on: Stage, card: Message) -> None:
    said = await reply(on, card, "&gt;&gt; Hello")
    await on.slack.rewrite(said, "he is annoying")
    heard = await hears(on, on.acme.bo, "edited in Slack only")
    assert "no longer begins with the prefix" in heard
    assert reads(on) == ["Hello"]


async def test_while_it_is_off_edits_and_deletions_stay_in_slack_and_say_so(on: Stage, card: Message) -> None:
    said = await reply(on, card, "&gt;&gt; Hello")
    await switch(on, "off")
    await on.slack.rewrite(said, "&gt;&gt; Hello!")
    await hears(on, on.acme.bo, "edited in Slack only")
    await on.slack.erase(said)
    await hears(on, on.acme.bo, "deleted in Slack only")
    assert reads(on) == ["Hello"]


async def test_editing_or_deleting_talk_that_stayed_in_slack_says_and_does_nothing(on: Stage, card: Message) -> None:
    before = len(on.inbox.calls)
    for text in ("He is annoying", "&gt;&gt;&gt; quoted"):
        said = await reply(on, card, text)
        await on.slack.rewrite(said, "&gt;&gt; He is nice")
        await on.slack.erase(said)
        await idle(on)
    assert heard(on) == []
    assert [str(call) for call in on.inbox.calls[before:] if not call.path.endswith("/members")] == []


async def test_a_preview_that_slack_adds_to_a_link_is_no_edit(on: Stage, card: Message) -> None:
    said = await reply(on, card, "&gt;&gt; <https://acme.example>")
    await on.slack.rewrite(said, said.text)
    await idle(on)
    assert [call for call in calls(on, "PATCH") if "messages" in call.path] == []
    assert marks(said) == [CHECK]


async def test_an_edit_whose_answer_was_lost_is_made_again_and_a_deletion_counts_once(on: Stage, card: Message) -> None:
    said = await reply(on, card, "&gt;&gt; Hullo")
    on.inbox.fail("PATCH *", drop="after")
    await on.slack.rewrite(said, "&gt;&gt; Hello")
    await on.slack.until(lambda: PENCIL in marks(said))
    on.inbox.fail("DELETE *", drop="after")
    await on.slack.erase(said)
    await hears(on, on.acme.bo, "was taken back")
    await idle(on)
    assert reads(on) == []


def edit(on: Stage, said: Message, now: str, before: str) -> Json:
    """What Slack tells of an edit of `said`, which is made when this is called."""
    base = on.slack._said(said)
    ts = on.slack.next_ts()
    changed = base | {"text": now, "edited": {"user": said.user, "ts": ts}}
    told: Json = {"subtype": "message_changed", "message": changed, "previous_message": base | {"text": before}}
    return told | {"hidden": True, "ts": on.slack.next_ts()}


async def test_an_edit_that_is_heard_after_a_later_one_changes_nothing(on: Stage, card: Message) -> None:
    """Slack repeats an event that was refused minutes later."""
    said = await reply(on, card, "&gt;&gt; At 5")
    first = edit(on, said, "&gt;&gt; At 6", "&gt;&gt; At 5")
    await on.slack.hear(said, edit(on, said, "&gt;&gt; At 7", "&gt;&gt; At 6"), event_id="Ev2")
    await idle(on)
    await on.slack.hear(said, first, event_id="Ev1", retry=1)
    await idle(on)
    assert reads(on) == ["At 7"]
    assert heard(on) == []
    await on.slack.rewrite(said, "&gt;&gt; At 8")
    await idle(on)
    assert reads(on) == ["At 8"]


async def test_an_edit_in_the_second_of_a_change_that_was_none_is_made(on: Stage, card: Message) -> None:
    """Slack tells of edits in whole seconds, and of what else changed a message to the microsecond."""
    said = await reply(on, card, "&gt;&gt; At 5")
    first, then = edit(on, said, "&gt;&gt; At 6", "&gt;&gt; At 5"), edit(on, said, "&gt;&gt; At 7", "&gt;&gt; At 6")
    second = on.slack.next_ts().partition(".")[0]
    del first["message"]["edited"]
    first["ts"], then["message"]["edited"]["ts"] = f"{second}.900000", f"{second}.000000"
    for number, change in enumerate((first, then)):
        await on.slack.hear(said, change, event_id=f"Ev{number}")
        await idle(on)
    assert reads(on) == ["At 7"]


async def test_an_edit_follows_one_that_the_platform_has_written_in_its_own_way(on: Stage, card: Message) -> None:
    said = await reply(on, card, "&gt;&gt; At 5")
    world, edits = on.inbox.world, on.inbox.world.edit

    def shortened(found: Any, message: Any, text: str) -> None:
        edits(found, message, text.replace("example.com/long", "t.co/1"))

    world.edit = shortened  # type: ignore[method-assign,assignment]
    for time in (6, 7):
        await on.slack.rewrite(said, f"&gt;&gt; At {time}, example.com/long")
        await idle(on)
        assert reads(on) == [f"At {time}, t.co/1"]
    assert heard(on) == []


async def test_an_edit_that_is_heard_after_one_that_stayed_in_slack_changes_nothing(on: Stage, card: Message) -> None:
    said = await reply(on, card, "&gt;&gt; At 5")
    first = edit(on, said, "&gt;&gt; At 6", "&gt;&gt; At 5")
    await on.slack.hear(said, edit(on, said, "he is annoying", "&gt;&gt; At 6"), event_id="Ev2")
    await hears(on, on.acme.bo, "Sarah Chen still has it as it was sent")
    await on.slack.hear(said, first, event_id="Ev1", retry=1)
    await idle(on)
    assert (reads(on), len(heard(on))) == (["At 5"], 1)


async def test_an_edit_that_is_heard_after_the_deletion_changes_nothing(on: Stage, card: Message) -> None:
    said = await reply(on, card, "&gt;&gt; At 5")
    first = edit(on, said, "&gt;&gt; At 6", "&gt;&gt; At 5")
    await on.slack.erase(said)
    await hears(on, on.acme.bo, "was taken back")
    await on.slack.hear(said, first, event_id="Ev1", retry=1)
    await idle(on)
    assert (reads(on), len(heard(on))) == ([], 1)
    assert [call for call in calls(on, "PATCH") if "messages" in call.path] == []


@pytest.mark.parametrize("elsewhere", ["in Inbox", "by the form"])
async def test_an_edit_in_slack_overwrites_no_edit_that_its_writer_has_not_seen(
    on: Stage, card: Message, elsewhere: str
) -> None:
    said = await reply(on, card, "&gt;&gt; At 5")
    await on.slack.rewrite(said, "&gt;&gt; At 5:30")
    await idle(on)
    if elsewhere == "in Inbox":
        await on.inbox.edits(thread(on).messages[-1].id, "At 6, in the office")
    else:
        await on.slack.shortcut(on.acme.ana, said.channel, said.ts, "this_message")
        await modal(on, on.acme.ana, "At 5:30")
        await on.slack.press_modal(on.acme.ana, "Edit…")
        await form(on, on.acme.ana, "The message")
        await on.slack.submit(on.acme.ana, values={"text": "At 6, in the office"})
        await hears(on, on.acme.ana, "reads the edited message now")
    await idle(on)
    for again in ("", "!"):  # the first word on it is no leave to overwrite it
        await on.slack.rewrite(said, f"&gt;&gt; At 5 pm{again}")
        await idle(on)
        assert reads(on) == ["At 6, in the office"]
    told = heard(on)
    assert len(told) == 2
    assert "edited in Slack only" in told[-1]
    assert "Sarah Chen reads: “At 6, in the office”" in told[-1]


async def test_an_edit_that_waits_for_inbox_overwrites_no_edit_of_that_time(on: Stage, card: Message) -> None:
    said = await reply(on, card, "&gt;&gt; At 5")
    on.inbox.fail("PATCH *", 503, times=None)
    await on.slack.rewrite(said, "&gt;&gt; At 5 pm")
    await on.slack.until(lambda: len([call for call in calls(on, "PATCH") if "messages" in call.path]) > 1)
    await on.inbox.edits(thread(on).messages[-1].id, "At 6, in the office")
    on.inbox.heal()
    await hears(on, on.acme.bo, "Sarah Chen reads: “At 6, in the office”", 15)
    await idle(on)
    assert reads(on) == ["At 6, in the office"]


async def test_an_edit_follows_one_of_which_inbox_never_said_how_it_ended(on: Stage, card: Message) -> None:
    """It is its writer's own, whether or not it was made."""
    said = await reply(on, card, "&gt;&gt; At 5")
    world, edits = on.inbox.world, on.inbox.world.edit

    def and_tells_nothing(*of: Any) -> None:
        edits(*of)
        on.inbox.fail("GET *messages*", 400, times=None)

    on.inbox.fail("PATCH *", drop="after")
    world.edit = and_tells_nothing  # type: ignore[method-assign,assignment]  # its answer is lost, and more
    await on.slack.rewrite(said, "&gt;&gt; At 6")
    await hears(on, on.acme.bo, "edited in Slack only")
    assert reads(on) == ["At 6"]
    on.inbox.heal()
    world.edit = edits  # type: ignore[method-assign]
    await on.slack.rewrite(said, "&gt;&gt; At 7")
    await idle(on)
    assert reads(on) == ["At 7"]


# --- what its writer may undo ----------------------------------------------------------------------------------------


async def test_what_its_writer_wants_held_waits_with_undo_and_goes_out_once(
    on: Stage, card: Message, clock: Later
) -> None:
    said = await held(on, card)
    (waits,) = on.slack.dms(on.acme.bo)
    assert "⏳ I send this to Sarah Chen (@sarah) from @acme in 30 s." in on.slack.show(waits).replace("*", "")
    assert labels(waits) == ["Undo"]
    await passes(on, clock)
    assert (sent(on), marks(said)) == (["Soon"], [CHECK])
    assert told(on, on.acme.bo) == []  # the check mark is the receipt
    assert clock.kept() == []


async def test_undo_sends_nothing_and_takes_the_mark_away(on: Stage, card: Message, clock: Later) -> None:
    said = await held(on, card)
    (waits,) = on.slack.dms(on.acme.bo)
    assert (await on.slack.press(on.acme.bo, waits.channel, waits.ts, "Undo")).ok
    assert "Soon" in await hears(on, on.acme.bo, "Nothing was sent. This is what it says:")
    await idle(on)
    assert (sent(on), marks(said), clock.kept()) == ([], [], [])


async def test_what_is_refused_after_it_was_held_gets_a_warning_and_its_writer_the_text(
    on: Stage, card: Message, clock: Later
) -> None:
    said = await held(on, card)
    on.inbox.set_account_status(on.acme.account, "offline")
    await passes(on, clock)
    assert (sent(on), marks(said)) == ([], [WARNING])
    assert "Soon" in await hears(on, on.acme.bo, "Not sent to Sarah Chen")


async def test_what_is_held_is_sent_as_it_was_edited(on: Stage, card: Message, clock: Later) -> None:
    said = await held(on, card)
    await on.slack.rewrite(said, "&gt;&gt; Tomorrow")
    await hears(on, on.acme.bo, "I send it as you edited it.")
    await idle(on, held=1)
    await passes(on, clock)
    assert (sent(on), marks(said)) == (["Tomorrow"], [CHECK])


async def test_what_is_held_is_sent_as_it_was_edited_last_in_whatever_order_that_is_heard(
    on: Stage, card: Message, clock: Later
) -> None:
    said = await held(on, card)
    first = edit(on, said, "&gt;&gt; At 6", "&gt;&gt; Soon")
    await on.slack.hear(said, edit(on, said, "&gt;&gt; At 7", "&gt;&gt; At 6"), event_id="Ev2")
    await hears(on, on.acme.bo, "I send it as you edited it.")
    await on.slack.hear(said, first, event_id="Ev1", retry=1)
    await idle(on, held=1)
    between = edit(on, said, "&gt;&gt; At 6:30", "&gt;&gt; At 7") | {"ts": "1.0"}
    between["message"]["edited"]["ts"] = first["message"]["edited"]["ts"]
    await passes(on, clock)
    assert (sent(on), marks(said)) == (["At 7"], [CHECK])
    await on.slack.hear(said, between, event_id="Ev3", retry=2)  # and after it was sent
    await idle(on)
    assert reads(on) == ["At 7"]


@pytest.mark.parametrize("now", ["", "Never mind"])
async def test_what_is_held_is_not_sent_once_it_is_deleted_or_has_no_prefix(
    on: Stage, card: Message, clock: Later, now: str
) -> None:
    said = await held(on, card)
    await (on.slack.rewrite(said, now) if now else on.slack.erase(said))
    assert "Soon" in await hears(on, on.acme.bo, "Nothing was sent. This is what it says:")
    await idle(on)
    assert (sent(on), marks(said) if now else [], clock.kept()) == ([], [], [])
    assert [one for one in told(on, on.acme.bo) if "in 30 s." in one] == []


# --- the setting -----------------------------------------------------------------------------------------------------


async def test_everybody_whom_it_concerns_hears_when_it_is_switched_on_or_off(on: Stage) -> None:
    await switch(on)
    (said,) = [m for m in on.slack.messages(on.acme.channel) if m.user == BOT_USER]
    assert "@Ana" in on.slack.show(said)
    assert "begin with `>>` go out as direct messages" in on.slack.show(said)
    await switch(on, "")
    assert "go out as direct messages" in told(on, on.acme.ana)[-1]
    await switch(on, "off")
    assert "stay in Slack" in on.slack.show(cards(on)[-1])


async def test_a_prefix_that_would_catch_ordinary_talk_is_refused(on: Stage) -> None:
    card = await card_of(on)
    for number, prefix in enumerate(["", " x", " >", " send", " /dm!", " @here!", " >> now", f" {'!' * 21}"], 1):
        await switch(on, f"on{prefix}")
        assert "Use `/inbox replies on >>`" in told(on, on.acme.ana)[-1]
        assert len(told(on, on.acme.ana)) == number
    for text in ("x", "send", "&gt; quoted", "!!!!!!!!!!!!!!!!!!!!!!", "&gt;&gt; now"):
        await reply(on, card, text)
    assert sent(on) == []


async def test_an_emoji_is_a_prefix_too(on: Stage) -> None:
    await switch(on, "on :mega:")
    await reply(on, await card_of(on), ":mega: Hello")
    assert sent(on) == ["Hello"]


async def test_an_admin_is_told_at_once_which_scopes_are_missing(opened: Open) -> None:
    on = await opened(versions=["v2"])
    await switch(on)
    heard = told(on, on.acme.ana)[-1]
    for scope in ("channels:history", "groups:history", "reactions:write"):
        assert scope in heard
    assert "Reinstall to Workspace" in heard
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "doctor")
    assert "nothing is sent without channels:history" in await hears(on, on.acme.ana, "⚠️ *replies*")


async def test_a_long_word_below_a_card_or_elsewhere_holds_nobody_up(on: Stage, card: Message) -> None:
    """Reading it is linear (`test_text`), and happens only below a card of a channel that has a prefix."""
    for said in ("a" * 39_000, ":a" * 19_000, ">> " + "b" * 9_000):
        await on.slack.write(on.acme.bo, card.channel, said, card.ts)
        await on.slack.write(on.acme.bo, card.channel, said)
    await idle(on)
    assert sent(on) == ["b" * 9_000]


async def test_replies_below_the_card_that_moved_and_below_the_new_one_go_out_in_their_order(
    on: Stage, card: Message
) -> None:
    vip = on.slack.add_channel("vip")
    await switch(on, channel=vip)
    await on.slack.shortcut(on.acme.ana, card.channel, card.ts, "why_here")
    await on.slack.press_ephemeral(on.acme.ana, await whisper(on, on.acme.ana, "Move to…"), "Move to…")
    await on.slack.submit(on.acme.ana, values={"channel": vip})
    (new,) = await on.slack.until(lambda: [one for one in on.slack.messages(vip) if "[Reply]" in on.slack.show(one)])
    await idle(on)
    on.slack.fail("users.info", status=503)
    await on.slack.write(on.acme.bo, card.channel, "&gt;&gt; First", card.ts)
    await on.slack.until(lambda: [call for call in on.slack.calls if call.method == "users.info" and not call.ok])
    await on.slack.write(on.acme.bo, vip, "&gt;&gt; Second", new.ts)
    await on.slack.until(lambda: len(sent(on)) == 2)
    assert sent(on) == ["First", "Second"]
