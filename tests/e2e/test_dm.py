"""Sending direct messages: the command, the form, the choice, the shortcut, and what their writer is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis import Redis

from bot.sandbox.inbox.records import AccountRecord, PersonRecord, utc_now
from bot.sandbox.stage import Stage
from bot.store import keys
from tests.conftest import Open
from tests.e2e.steps import (
    calls,
    card_of,
    cards,
    form,
    hears,
    idle,
    initial,
    lookups,
    options,
    recorder,
    shows,
    thread,
    told,
    version,
    whisper,
)

TYPED = "Tom & Jerry <3 <https://a.example|a.example> :tada:"
MEANT = "Tom & Jerry <3 https://a.example 🎉"


async def dm(on: Stage, text: str, user: str = "") -> None:
    """Ana types `/dm text` in the team's channel."""
    ack = await on.slack.command(user or on.acme.ana, on.acme.channel, text=text)
    assert ack.ok


def with_thread(on: Stage, person: PersonRecord | None = None, account: str = "") -> None:
    """Sarah is somebody the team has talked with."""
    on.inbox.add_thread(account or on.acme.account, person or on.acme.sarah)


def wanted_body(on: Stage, text: str, *, person: PersonRecord, account: str, known: bool) -> dict[str, Any]:
    """What the vendor's documentation asks a send to be."""
    if version(on) == "v1":
        return {"accountLinkId": account, "content": text, "externalPlatformId": person.platform_id}
    if known:
        return {"target": {"type": "thread", "threadId": thread(on, person, account).id}, "content": text}
    whom = {"accountLinkId": account, "platform": person.platform, "platformId": person.platform_id}
    return {"target": {"type": "profile", **whom}, "content": text}


def texts(on: Stage) -> list[str]:
    """What really reached people, in order."""
    return [sent.text for sent in on.inbox.sent()]


def ttl(url: str, recipient: str) -> int:
    with Redis.from_url(url) as redis:
        return int(redis.ttl(keys.lookup(recipient)))


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.mark.both_apis
async def test_dm_sends_once_and_the_receipt_names_recipient_account_and_text(on: Stage) -> None:
    with_thread(on)
    await dm(on, "@sarah Hello Sarah")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await idle(on)
    (receipt,) = told(on, on.acme.ana)
    assert "Sent to Sarah Chen (@sarah) from @acme" in receipt
    assert "Hello Sarah" in receipt
    assert "[Open conversation]" in receipt
    (said,) = on.slack.ephemerals(on.acme.ana)
    assert f"https://x.com/i/chat/{thread(on).platform_id}" in str(said.blocks)
    (sent,) = on.inbox.sent()
    assert (sent.text, sent.username, sent.account_id) == ("Hello Sarah", "sarah", on.acme.account)
    assert on.slack.messages(on.acme.channel) == []


@pytest.mark.both_apis
async def test_a_send_has_exactly_the_documented_shape(on: Stage) -> None:
    with_thread(on)
    await dm(on, "@sarah Hello Sarah")
    await hears(on, on.acme.ana, "Sent to")
    (post,) = calls(on, "POST")
    assert post.path == ("/v1/threads/messages" if version(on) == "v1" else "/v2/messages")
    assert post.body == wanted_body(on, "Hello Sarah", person=on.acme.sarah, account=on.acme.account, known=True)
    assert post.headers["authorization"] == f"Bearer {on.inbox.token}"
    assert ("idempotency-key" in post.headers) == (version(on) == "v2")


@pytest.mark.both_apis
async def test_every_way_to_name_a_person_reaches_them(on: Stage) -> None:
    with_thread(on)
    names = [
        "@sarah",
        "@Sarah",
        "@sarah:",
        "＠sarah",  # noqa: RUF001 - full-width, as Japanese keyboards write it
        "*@sarah*",
        "https://x.com/sarah/status/1876543210987654321",
        "https://x.com/sarah",
        "<https://twitter.com/Sarah?s=20|twitter.com/Sarah>",
        "x.com/sarah",
        on.acme.sarah.platform_id,
    ]
    for number, name in enumerate(names):
        await dm(on, f"{name} number {number}")
        await hears(on, on.acme.ana, f"number {number}")
    assert texts(on) == [f"number {number}" for number in range(len(names))]
    assert {sent.username for sent in on.inbox.sent()} == {"sarah"}


async def test_a_numeric_id_reaches_somebody_the_team_has_never_talked_to(on: Stage) -> None:
    await dm(on, f"{on.acme.omar.platform_id} Nice to meet you")
    await hears(on, on.acme.ana, "Sent to")
    (sent,) = on.inbox.sent()
    assert (sent.username, sent.text) == ("omar_k", "Nice to meet you")
    (post,) = calls(on, "POST")
    assert post.body == wanted_body(on, "Nice to meet you", person=on.acme.omar, account=on.acme.account, known=False)


async def test_text_is_decoded_before_it_leaves(on: Stage) -> None:
    with_thread(on)
    kept = recorder(on)
    await dm(on, f"@sarah {TYPED}")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    assert b"Tom+%26amp%3B+Jerry+%26lt%3B3+%3Chttps" in kept.requests[0].content
    assert texts(on) == [MEANT]
    assert MEANT in told(on, on.acme.ana)[0]


async def test_mentions_become_names_and_line_breaks_stay(on: Stage) -> None:
    with_thread(on)
    await dm(on, f"@sarah Ask <@{on.acme.bo}> or <#C0ANY|help>\n\n  1. first\n  2. second")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    assert texts(on) == ["Ask @Bo or #help\n\n  1. first\n  2. second"]


async def test_the_receipt_shows_a_hostile_text_as_it_was_typed(on: Stage) -> None:
    with_thread(on)
    await dm(on, "@sarah *bold* & `code`")
    said = await whisper(on, on.acme.ana, "Sent to Sarah Chen")
    assert texts(on) == ["*bold* & `code`"]
    assert "*bold* & `code`" in on.slack.show(said)
    assert "*bold*" not in said.text


async def test_dm_help_explains_and_calls_nobody(on: Stage) -> None:
    await idle(on)
    asked = len(on.inbox.calls)
    await dm(on, "help")
    assert "/dm @sarah Hello Sarah" in told(on, on.acme.ana)[0]
    await idle(on)
    assert len(on.inbox.calls) == asked


async def test_help_with_more_words_is_a_message_to_somebody_called_help(on: Stage) -> None:
    with_thread(on, on.inbox.add_person("help", "Help Desk"))
    await dm(on, "@help is on the way")
    await hears(on, on.acme.ana, "Sent to Help Desk")
    assert texts(on) == ["is on the way"]


@pytest.mark.parametrize("word", ["<@U0SANDBOXBOT>", "<https://evil.example/sarah|sarah>", "sa/rah", "@"])
async def test_a_recipient_that_can_be_nobody_is_explained_at_once(on: Stage, word: str) -> None:
    await dm(on, f"{word} Hello")
    assert "I can't read that recipient" in told(on, on.acme.ana)[0]
    await idle(on)
    assert calls(on, "POST") == []
    assert lookups(on) == []


async def test_nobody_found_is_said_and_the_text_is_handed_back(on: Stage) -> None:
    await dm(on, "@nina Hello Nina, this took me a while to write")
    heard = await hears(on, on.acme.ana, "I can't find nina in Inbox")
    assert "Hello Nina, this took me a while to write" in heard
    assert "Not sent" in heard
    await idle(on)
    assert calls(on, "POST") == []


async def test_without_any_account_dm_says_what_to_do(on: Stage) -> None:
    on.inbox.world.accounts.clear()
    await dm(on, "@sarah Hello")
    await hears(on, on.acme.ana, "Connect one in Inbox")
    await idle(on)
    assert calls(on, "POST") == []


async def test_the_same_words_sent_twice_on_purpose_arrive_twice(on: Stage) -> None:
    with_thread(on)
    await dm(on, "@sarah ping")
    await dm(on, "@sarah ping")
    await on.slack.until(lambda: len(told(on, on.acme.ana)) == 2)
    assert texts(on) == ["ping", "ping"]


async def test_messages_to_one_person_keep_their_order(on: Stage) -> None:
    await card_of(on)
    on.inbox.fail("POST *", delay=0.3)
    for number in range(5):
        await dm(on, f"@sarah number {number}", user=on.acme.ana if number % 2 else on.acme.bo)
    await idle(on)
    assert texts(on) == [f"number {number}" for number in range(5)]


async def test_a_command_that_slack_repeats_sends_once(on: Stage) -> None:
    with_thread(on)
    kept = recorder(on)
    await dm(on, "@sarah Hello once")
    (request,) = kept.requests
    again = await asyncio.gather(*(on.slack.raw(request.content, request.headers) for _ in range(5)))
    assert {ack.status for ack in again} == {200}
    await idle(on)
    assert texts(on) == ["Hello once"]
    assert len(told(on, on.acme.ana)) == 1


async def test_the_receipt_is_seen_by_its_writer_alone(on: Stage) -> None:
    with_thread(on)
    await dm(on, "@sarah Between us")
    await hears(on, on.acme.ana, "Between us")
    await idle(on)
    assert {said.user for said in on.slack.ephemerals()} == {on.acme.ana}
    assert not [call for call in on.slack.calls if call.method == "chat.postMessage"]


async def test_a_send_to_somebody_with_a_card_leaves_the_card_true(on: Stage) -> None:
    card = await card_of(on, "A question")
    await dm(on, "@sarah An answer")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await idle(on)
    assert cards(on) == [card]
    assert "A question" in shows(on, card)
    assert thread(on).messages[-1].text == "An answer"


# --- lookups are remembered --------------------------------------------------------------------------------------


async def test_a_second_dm_to_the_same_person_makes_no_lookup(on: Stage, redis_url: str) -> None:
    with_thread(on)
    await dm(on, "@sarah One")
    await hears(on, on.acme.ana, "One")
    await idle(on)
    assert 0 < ttl(redis_url, "sarah") <= 600
    before = len(on.inbox.calls)
    await dm(on, "@sarah Two", user=on.acme.ana)
    await hears(on, on.acme.ana, "Two")
    await idle(on)
    assert [call.method for call in on.inbox.calls[before:]] == ["POST"]


async def test_a_second_dm_to_somebody_new_goes_into_the_thread_that_the_first_one_opened(on: Stage) -> None:
    name = on.acme.omar.platform_id
    await dm(on, f"{name} One")
    await hears(on, on.acme.ana, "One")
    await idle(on)
    before = len(on.inbox.calls)
    await dm(on, f"{name} Two")
    await hears(on, on.acme.ana, "Two")
    await idle(on)
    (post,) = on.inbox.calls[before:]
    assert post.body == wanted_body(on, "Two", person=on.acme.omar, account=on.acme.account, known=True)
    assert len({sent.thread_id for sent in on.inbox.sent()}) == 1


async def test_not_found_is_remembered_for_a_minute_and_heals_when_the_person_appears(
    on: Stage, redis_url: str
) -> None:
    await dm(on, "@nina One")
    await hears(on, on.acme.ana, "I can't find nina")
    await idle(on)
    assert 0 < ttl(redis_url, "nina") <= 60
    asked = lookups(on)
    assert asked
    await dm(on, "@nina Two")
    await on.slack.until(lambda: len(told(on, on.acme.ana)) == 2)
    await idle(on)
    assert lookups(on) == asked

    nina = on.inbox.add_person("Nina", "Nina Simone")
    await on.inbox.customer_writes(nina, "Hello, it's me")
    await on.slack.until(lambda: cards(on))
    await idle(on)
    await dm(on, "@nina Three")
    await hears(on, on.acme.ana, "Sent to Nina Simone")
    assert texts(on) == ["Three"]
    assert lookups(on) == asked


async def test_a_deleted_conversation_is_looked_up_anew(on: Stage) -> None:
    await card_of(on)
    await dm(on, "@sarah One")
    await hears(on, on.acme.ana, "One")
    await on.inbox.app_deletes(thread(on).id)
    await idle(on)
    with_thread(on)
    await dm(on, "@sarah Two")
    await hears(on, on.acme.ana, "Two")
    assert on.inbox.sent()[-1].thread_id == thread(on).id


# --- several people, several accounts --------------------------------------------------------------------------------


def second_account(on: Stage, id: str = "helpaccountlink0000000001") -> str:
    """Another X account of the team, under an id that a setting can name beforehand."""
    record = AccountRecord(id, "twitter", on.inbox.world.new_platform_id(), "acme_help", "Help", "active", utc_now())
    on.inbox.world.accounts[id] = record
    return id


async def test_several_people_of_one_name_are_offered_and_the_chosen_one_gets_it(on: Stage) -> None:
    with_thread(on)
    other = on.inbox.add_person("sarah", "Sarah Connor")
    with_thread(on, other)
    await dm(on, "@sarah Are you the one?")
    view = await form(on, on.acme.ana, "Send to")
    assert len(options(view)) == 2
    assert "Are you the one?" in on.slack.show(view)
    (wanted,) = [label for label in options(view) if "Connor" in label]
    assert texts(on) == []
    ack = await on.slack.submit(on.acme.ana, values={"choice": wanted})
    assert ack.ok
    await hears(on, on.acme.ana, "Sent to Sarah Connor")
    await idle(on)
    (sent,) = on.inbox.sent()
    assert (sent.thread_id, sent.text) == (thread(on, other).id, "Are you the one?")


async def test_who_may_not_act_any_more_when_they_choose_has_the_text_back(on: Stage) -> None:
    with_thread(on)
    with_thread(on, on.inbox.add_person("sarah", "Sarah Connor"))
    await dm(on, "@sarah Are you the one?")
    view = await form(on, on.acme.ana, "Send to")
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "unlink")
    await hears(on, on.acme.ana, "You are unlinked from Inbox now")
    assert (await on.slack.submit(on.acme.ana, values={"choice": options(view)[0]})).ok
    await on.slack.until(lambda: any("Are you the one?" in one and "unlinked" in one for one in told(on, on.acme.ana)))
    await idle(on)
    assert texts(on) == []


async def test_conversations_on_several_accounts_are_offered_by_account(on: Stage) -> None:
    support = second_account(on)
    with_thread(on)
    with_thread(on, account=support)
    await dm(on, "@sarah From whom?")
    view = await form(on, on.acme.ana, "Send to")
    (wanted,) = [label for label in options(view) if "acme_help" in label]
    assert len(options(view)) == 2
    await on.slack.submit(on.acme.ana, values={"choice": wanted})
    await hears(on, on.acme.ana, "from @acme_help")
    await idle(on)
    assert [sent.account_id for sent in on.inbox.sent()] == [support]


async def test_a_new_conversation_with_several_accounts_is_offered_by_account(on: Stage) -> None:
    support = second_account(on)
    await dm(on, f"{on.acme.omar.platform_id} First contact")
    view = await form(on, on.acme.ana, "Send to")
    (wanted,) = [label for label in options(view) if "acme_help" in label]
    await on.slack.submit(on.acme.ana, values={"choice": wanted})
    await hears(on, on.acme.ana, "from @acme_help")
    (post,) = calls(on, "POST")
    assert post.body == wanted_body(on, "First contact", person=on.acme.omar, account=support, known=False)


async def test_the_only_conversation_decides_among_several_accounts(on: Stage) -> None:
    support = second_account(on)
    with_thread(on, account=support)
    await dm(on, "@sarah Hello")
    await hears(on, on.acme.ana, "from @acme_help")
    assert [sent.account_id for sent in on.inbox.sent()] == [support]


async def test_the_default_account_decides_where_several_are_left(opened: Open, api: str) -> None:
    on = await opened(versions=[api], inbox_account_link_id="helpaccountlink0000000001")
    support = second_account(on)
    with_thread(on)
    with_thread(on, account=support)
    await dm(on, "@sarah Both have a conversation")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await dm(on, f"{on.acme.omar.platform_id} Nobody has one")
    await on.slack.until(lambda: len(told(on, on.acme.ana)) == 2)
    assert [sent.account_id for sent in on.inbox.sent()] == [support, support]
    assert on.slack.modal(on.acme.ana) is None
    assert on.inbox.violations == []


async def test_an_only_conversation_comes_before_the_default_account(opened: Open, api: str) -> None:
    on = await opened(versions=[api], inbox_account_link_id="helpaccountlink0000000001")
    second_account(on)
    with_thread(on)
    await dm(on, "@sarah Where we talked before")
    await hears(on, on.acme.ana, "from @acme")
    assert [sent.account_id for sent in on.inbox.sent()] == [on.acme.account]


async def test_with_an_expired_trigger_a_button_brings_the_choice(on: Stage) -> None:
    with_thread(on)
    with_thread(on, on.inbox.add_person("sarah", "Sarah Connor"))
    on.slack.fail("views.open", "expired_trigger_id")
    await dm(on, "@sarah Still here?")
    said = await whisper(on, on.acme.ana, "Several people match sarah")
    assert "[Choose…]" in on.slack.show(said)
    assert texts(on) == []
    await on.slack.press_ephemeral(on.acme.ana, said, "Choose…")
    view = await form(on, on.acme.ana, "Send to")
    (wanted,) = [label for label in options(view) if "Chen" in label]
    await on.slack.submit(on.acme.ana, values={"choice": wanted})
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await idle(on)
    assert texts(on) == ["Still here?"]


async def test_a_choice_that_is_closed_before_it_is_there_hands_back_the_text(on: Stage) -> None:
    with_thread(on)
    with_thread(on, on.inbox.add_person("sarah", "Sarah Connor"))
    on.slack.fail("views.update", delay=0.3)
    await dm(on, "@sarah Are you the one?")
    await on.slack.until(lambda: on.slack.modal(on.acme.ana))
    await on.slack.close(on.acme.ana)
    assert "You closed the form" in await hears(on, on.acme.ana, "Are you the one?")
    await idle(on)
    assert texts(on) == []


async def test_a_choice_submitted_twice_sends_once(on: Stage) -> None:
    with_thread(on)
    with_thread(on, on.inbox.add_person("sarah", "Sarah Connor"))
    await dm(on, "@sarah Once")
    view = await form(on, on.acme.ana, "Send to")
    choice = {"choice": options(view)[0]}
    both = await asyncio.gather(*(on.slack.submit(on.acme.ana, view["id"], choice) for _ in range(2)))
    assert all(ack.ok for ack in both)
    await idle(on)
    assert texts(on) == ["Once"]


# --- the form --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("inbox", ["up", "down"])
async def test_a_form_that_is_closed_before_it_is_there_hands_back_what_was_typed(on: Stage, inbox: str) -> None:
    if inbox == "down":
        on.inbox.fail("GET *", 503, times=None)
    on.slack.fail("users.info", delay=0.3)
    await dm(on, "Sarah Tom &amp; Jerry")
    await on.slack.close(on.acme.ana)
    await hears(on, on.acme.ana, "Sarah Tom & Jerry")
    on.inbox.heal()
    await idle(on)
    (said,) = told(on, on.acme.ana)
    assert "You closed the form" in said


async def test_a_form_without_anything_typed_is_closed_in_silence(on: Stage) -> None:
    on.slack.fail("users.info", delay=0.3)
    await dm(on, "")
    await on.slack.close(on.acme.ana)
    await idle(on)
    assert told(on, on.acme.ana) == []


async def test_dm_alone_opens_a_form_that_sends(on: Stage) -> None:
    with_thread(on)
    await dm(on, "")
    view = await form(on, on.acme.ana)
    assert (initial(view, "recipient"), initial(view, "text")) == ("", "")
    ack = await on.slack.submit(on.acme.ana, values={"recipient": "@sarah", "text": "From the form"})
    assert ack.ok
    await hears(on, on.acme.ana, "Sent to Sarah Chen (@sarah) from @acme")
    await idle(on)
    assert texts(on) == ["From the form"]
    assert on.slack.modal(on.acme.ana) is None
    (said,) = on.slack.ephemerals(on.acme.ana)
    assert said.channel == on.acme.channel


async def test_dm_with_a_recipient_alone_opens_the_form_with_it(on: Stage) -> None:
    with_thread(on)
    await dm(on, "@sarah")
    view = await form(on, on.acme.ana)
    assert initial(view, "recipient") == "@sarah"
    await on.slack.submit(on.acme.ana, values={"text": "Only the text was missing"})
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    assert texts(on) == ["Only the text was missing"]


async def test_the_form_offers_the_accounts_and_sends_from_the_chosen_one(on: Stage) -> None:
    support = second_account(on)
    with_thread(on)
    with_thread(on, account=support)
    await dm(on, "")
    await form(on, on.acme.ana)
    values = {"recipient": "sarah", "text": "From support", "account": support}
    assert (await on.slack.submit(on.acme.ana, values=values)).ok
    await hears(on, on.acme.ana, "from @acme_help")
    assert [sent.account_id for sent in on.inbox.sent()] == [support]


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"recipient": "not a handle!", "text": "Hello"}, {"recipient"}),
        ({"recipient": "@sarah", "text": "   "}, {"text"}),
        ({"recipient": "<@U123>", "text": " \n "}, {"recipient", "text"}),
    ],
    ids=["recipient", "text", "both"],
)
async def test_what_is_wrong_in_the_form_is_said_beside_the_field(
    on: Stage, values: dict[str, str], wrong: set[str]
) -> None:
    await dm(on, "")
    view = await form(on, on.acme.ana)
    ack = await on.slack.submit(on.acme.ana, values=values)
    assert ack.ok
    assert isinstance(ack.body, dict)
    assert ack.body["response_action"] == "errors"
    assert set(ack.body["errors"]) == wrong
    shown = on.slack.modal(on.acme.ana)
    assert shown is not None
    assert shown["id"] == view["id"]
    await idle(on)
    assert texts(on) == []


async def test_the_form_takes_what_the_platform_takes(on: Stage) -> None:
    on.inbox.world.characters = 20
    await dm(on, "@sarah")
    view = await form(on, on.acme.ana)
    (field,) = [one["element"] for one in view["blocks"] if one.get("block_id") == "text"]
    if version(on) == "v2":
        most, said = 20, "X takes up to 20 characters."
    else:  # v1 does not say
        most, said = 3_000, "Up to 3,000 characters fit here"
    assert field["max_length"] == most
    assert said in on.slack.show(view)


async def test_what_is_too_long_for_the_platform_is_refused_with_by_how_much(opened: Open) -> None:
    on = await opened(versions=["v2"])
    other = on.inbox.add_account("acme-inc", "Acme Inc", platform="linkedin")
    on.inbox.world.characters_on |= {"linkedin": 30, "twitter": 60}
    with_thread(on)
    await dm(on, "")
    view = await form(on, on.acme.ana)
    assert "LinkedIn takes up to 30 characters. X takes up to 60 characters." in on.slack.show(view)
    values = {"recipient": "linkedin.com/in/sarah", "text": f"{'x' * 31} :tada: 👩🏽‍🚀", "account": other}
    ack = await on.slack.submit(on.acme.ana, values=values)
    assert isinstance(ack.body, dict)
    assert ack.body["errors"] == {"text": "That is 5 characters too long for LinkedIn, which takes 30."}
    values = {"recipient": "@sarah", "text": "x" * 35, "account": on.acme.account}
    assert (await on.slack.submit(on.acme.ana, values=values)).body is None
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    await dm(on, f"@sarah {'y' * 61}")
    said = await hears(on, on.acme.ana, "That is 1 character too long for X, which takes 60, so nothing was sent.")
    assert "y" * 61 in said
    assert texts(on) == ["x" * 35]


async def test_a_form_corrected_after_an_error_still_sends(on: Stage) -> None:
    with_thread(on)
    await dm(on, "")
    await form(on, on.acme.ana)
    await on.slack.submit(on.acme.ana, values={"recipient": "nobody at all", "text": "Hello"})
    await on.slack.submit(on.acme.ana, values={"recipient": "@sarah", "text": "Hello"})
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    assert texts(on) == ["Hello"]


async def test_a_form_submitted_twice_sends_once(on: Stage) -> None:
    with_thread(on)
    await dm(on, "@sarah")
    view = await form(on, on.acme.ana)
    twice = (on.slack.submit(on.acme.ana, view["id"], {"text": "Once"}) for _ in range(2))
    assert all(ack.ok for ack in await asyncio.gather(*twice))
    await idle(on)
    assert texts(on) == ["Once"]
    assert len(told(on, on.acme.ana)) == 1


async def test_what_is_typed_into_the_form_means_what_it_says(on: Stage) -> None:
    with_thread(on)
    await dm(on, "@sarah")
    await form(on, on.acme.ana)
    await on.slack.submit(on.acme.ana, values={"text": "a < b && c > d, R&D"})
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    assert texts(on) == ["a < b && c > d, R&D"]


async def test_several_matches_for_the_form_still_end_in_a_choice(on: Stage) -> None:
    with_thread(on)
    with_thread(on, on.inbox.add_person("sarah", "Sarah Connor"))
    await dm(on, "")
    await form(on, on.acme.ana)
    await on.slack.submit(on.acme.ana, values={"recipient": "sarah", "text": "Which of you?"})

    def choosing() -> bool:
        view = on.slack.modal(on.acme.ana)
        return bool(view and view["callback_id"] == "dm_choose") or any(
            "Several people match" in one for one in told(on, on.acme.ana)
        )

    await on.slack.until(choosing)
    if on.slack.modal(on.acme.ana) is None:
        await on.slack.press_ephemeral(on.acme.ana, await whisper(on, on.acme.ana, "Several people match"), "Choose…")
    view = await form(on, on.acme.ana, "Send to")
    (wanted,) = [label for label in options(view) if "Connor" in label]
    await on.slack.submit(on.acme.ana, values={"choice": wanted})
    await hears(on, on.acme.ana, "Sent to Sarah Connor")
    assert texts(on) == ["Which of you?"]


async def test_a_form_opened_where_the_bot_is_not_sends_its_receipt_as_a_direct_message(on: Stage) -> None:
    with_thread(on)
    secret = on.slack.add_channel("board", members=[on.acme.ana], private=True, bot_in=False)
    await on.slack.command(on.acme.ana, secret, text="@sarah")
    await form(on, on.acme.ana)
    await on.slack.submit(on.acme.ana, values={"text": "From the board"})
    await on.slack.until(lambda: on.slack.dms(on.acme.ana))
    assert "Sent to Sarah Chen" in on.slack.show(on.slack.dms(on.acme.ana)[0])
    assert texts(on) == ["From the board"]


async def test_a_command_where_the_bot_is_not_has_its_receipt_there(on: Stage) -> None:
    with_thread(on)
    secret = on.slack.add_channel("board", members=[on.acme.ana], private=True, bot_in=False)
    await on.slack.command(on.acme.ana, secret, text="@sarah From the board")
    said = await whisper(on, on.acme.ana, "Sent to Sarah Chen")
    assert said.channel == secret


# --- the shortcut ----------------------------------------------------------------------------------------------------


async def test_send_as_dm_opens_the_form_with_the_messages_text(on: Stage) -> None:
    with_thread(on)
    talk = on.slack.say(on.acme.bo, on.acme.channel, "Tom &amp; Jerry &lt;3 <https://a.example|a.example> :tada:")
    assert (await on.slack.shortcut(on.acme.ana, talk.channel, talk.ts, "send_as_dm")).ok
    view = await form(on, on.acme.ana)
    assert initial(view, "text") == MEANT
    assert initial(view, "recipient") == ""
    assert texts(on) == []
    await on.slack.submit(on.acme.ana, values={"recipient": "@sarah"})
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    assert texts(on) == [MEANT]


async def test_send_as_dm_works_on_a_message_in_a_cards_thread(on: Stage) -> None:
    card = await card_of(on)
    talk = on.slack.say(on.acme.bo, card.channel, "Tell her: Tuesday", thread_ts=card.ts)
    await on.slack.shortcut(on.acme.ana, talk.channel, talk.ts, "send_as_dm")
    assert initial(await form(on, on.acme.ana), "text") == "Tell her: Tuesday"
    await on.slack.submit(on.acme.ana, values={"recipient": "@sarah"})
    said = await whisper(on, on.acme.ana, "Sent to Sarah Chen")
    assert (said.channel, said.thread_ts) == (card.channel, card.ts)
    assert texts(on) == ["Tell her: Tuesday"]


async def test_send_as_dm_of_a_long_message_says_that_it_was_cut(on: Stage) -> None:
    talk = on.slack.say(on.acme.bo, on.acme.channel, "y" * 3_500)
    await on.slack.shortcut(on.acme.ana, talk.channel, talk.ts, "send_as_dm")
    view = await form(on, on.acme.ana)
    assert len(initial(view, "text")) <= 3_000
    assert "Only the first 3,000 characters" in on.slack.show(view)
