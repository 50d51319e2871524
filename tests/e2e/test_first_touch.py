"""Before a first message: what is asked, what is not, and that the answer sends once, for the one who wrote it."""

from __future__ import annotations

import copy
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from redis import Redis

from bot.address import Address
from bot.dm.jobs import Dm
from bot.models import Person
from bot.people.audit_store import AuditLog
from bot.queue.job import Asker
from bot.sandbox.inbox.records import utc_now
from bot.sandbox.slack.records import Ephemeral
from bot.sandbox.stage import Stage
from bot.send.jobs import Send
from bot.send.store import Attempts
from bot.store import keys
from bot.store.connect import connect
from tests.conftest import Open
from tests.e2e.deaths import ENOUGH, worked
from tests.e2e.steps import STRANGER, calls, card_of, click, form, hears, idle, thread, told, whisper

ASKED = "Before you write to Sarah Chen (@sarah) from @acme"
HOURS, DAYS = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def attempts(redis_url: str) -> AsyncIterator[Attempts]:
    redis = connect(redis_url)
    yield Attempts(redis)
    await redis.aclose()


async def dm(on: Stage, text: str = "@sarah Hello Sarah", user: str = "") -> None:
    assert (await on.slack.command(user or on.acme.ana, on.acme.channel, text=text)).ok


async def asked(on: Stage, why: str, user: str = "") -> Ephemeral:
    """The question, with nothing sent so far."""
    question = await whisper(on, user or on.acme.ana, ASKED)
    assert why in on.slack.show(question)
    await idle(on)
    assert texts(on) == []
    return question


async def sent(on: Stage, text: str = "Hello Sarah") -> None:
    """It went out without a question."""
    await hears(on, on.acme.ana, "Sent to")
    await idle(on)
    assert text in texts(on)
    assert "Before you write" not in str(told(on, on.acme.ana))


def texts(on: Stage) -> list[str]:
    return [one.text for one in on.inbox.sent()]


def known(on: Stage, account: str = "") -> str:
    """A conversation with Sarah in which nobody has written; its id."""
    return on.inbox.add_thread(account or on.acme.account, on.acme.sarah)


# --- what is asked ---------------------------------------------------------------------------------------------------


async def test_a_colleague_who_wrote_in_inbox_is_named_before_anything_is_sent(on: Stage) -> None:
    await on.inbox.teammate_writes(known(on), "Hi from Bo", "member", on.acme.bo_member, utc_now() - 2 * HOURS)
    await dm(on)
    question = await asked(on, "Bo wrote to them from @acme, ")
    assert "Hello Sarah" in on.slack.show(question)
    await on.slack.press_ephemeral(on.acme.ana, question, "Send anyway")
    await hears(on, on.acme.ana, "Sent to Sarah Chen (@sarah) from @acme")
    assert texts(on) == ["Hello Sarah"]
    assert "[Send anyway]" not in on.slack.show(question)


async def test_a_colleague_who_wrote_through_the_bot_is_named(on: Stage) -> None:
    known(on)
    await dm(on, "@sarah Hi from Bo", on.acme.bo)
    await hears(on, on.acme.bo, "Sent to")
    await dm(on)
    question = await whisper(on, on.acme.ana, ASKED)
    assert "@Bo wrote to them from @acme" in on.slack.show(question)
    await idle(on)
    assert texts(on) == ["Hi from Bo"]


async def test_a_colleague_who_wrote_to_somebody_new_by_number_is_named(on: Stage) -> None:
    await dm(on, f"{on.acme.sarah.platform_id} Hi from Bo", on.acme.bo)
    await hears(on, on.acme.bo, "Sent to")
    await dm(on, f"{on.acme.sarah.platform_id} Hello Sarah")
    await hears(on, on.acme.ana, "@Bo wrote to them from @acme")


async def test_a_campaign_is_named(on: Stage) -> None:
    await on.inbox.campaign_writes(known(on), "Have you heard of us?", utc_now() - 3 * DAYS)
    await dm(on)
    await asked(on, "A campaign wrote to them from @acme, ")


async def test_what_was_written_on_the_platform_itself_counts(on: Stage) -> None:
    await on.inbox.teammate_writes(known(on), "Hi", at=utc_now() - HOURS)
    await dm(on)
    await asked(on, "Somebody, outside Inbox, wrote to them from @acme, ")


async def test_a_colleague_who_wrote_from_another_account_is_named(on: Stage) -> None:
    other = on.inbox.add_account("acme_help", "Acme Help")
    known(on)
    await on.inbox.teammate_writes(known(on, other), "Hi from Bo", "member", on.acme.bo_member, utc_now() - HOURS)
    await dm(on)
    view = await form(on, on.acme.ana, "Send to")
    await on.slack.submit(on.acme.ana, view["id"], {"choice": "Sarah Chen (@sarah) on X from @acme"})
    await asked(on, "Bo wrote to them from @acme_help, ")


async def test_an_account_that_is_signed_out_is_named_and_may_be_tried_all_the_same(on: Stage) -> None:
    known(on)
    on.inbox.set_account_status(on.acme.account, "offline")
    await dm(on)
    question = await asked(on, "@acme is signed out of X. Reconnect it in Inbox")
    on.inbox.set_account_status(on.acme.account, "active")
    await on.slack.press_ephemeral(on.acme.ana, question, "Send anyway")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")


async def test_an_account_that_was_reconnected_meanwhile_is_not_held_against_anybody(on: Stage) -> None:
    on.inbox.set_account_status(on.acme.account, "offline")
    await dm(on, "@nobody Hello")
    await hears(on, on.acme.ana, "I can't find nobody")
    on.inbox.set_account_status(on.acme.account, "active")
    known(on)
    await dm(on)
    await sent(on)


async def test_a_plan_that_refused_a_first_message_is_remembered_until_one_goes_through(on: Stage) -> None:
    on.inbox.plan_required = True
    await dm(on, f"{STRANGER} Hello")
    await hears(on, on.acme.ana, "Not sent to")
    await dm(on, f"{STRANGER} Hello again")
    question = await whisper(on, on.acme.ana, "Before you write to")
    why = "The first message to someone new needs Inbox's outbound add-on. Inbox refused one "
    assert why in on.slack.show(question)
    on.inbox.plan_required = False
    await on.slack.press_ephemeral(on.acme.ana, question, "Send anyway")
    await on.slack.until(lambda: texts(on) == ["Hello again"])
    await idle(on)
    await dm(on, f"{STRANGER[:-1]}1 Welcome")
    await on.slack.until(lambda: texts(on) == ["Hello again", "Welcome"])


async def test_a_plan_that_refuses_strangers_is_not_held_against_a_contact_of_the_teams(opened: Open) -> None:
    """With API v2 the add-on is for who is no contact yet; with v1 for the first message to anybody."""
    on = await opened(versions=["v2"])
    on.inbox.plan_required = True
    await dm(on, f"{STRANGER} Hello")
    await hears(on, on.acme.ana, "Not sent to")
    known(on)
    await dm(on)
    await sent(on)


async def test_the_form_asks_too(on: Stage) -> None:
    await on.inbox.campaign_writes(known(on), "Have you heard of us?")
    await dm(on, "")
    view = await form(on, on.acme.ana)
    await on.slack.submit(on.acme.ana, view["id"], {"recipient": "@sarah", "text": "Hello Sarah"})
    question = await asked(on, "A campaign wrote to them")
    await on.slack.press_ephemeral(on.acme.ana, question, "Send anyway")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    assert texts(on) == ["Hello Sarah"]


# --- what is not -----------------------------------------------------------------------------------------------------


async def test_nobody_is_asked_in_a_conversation_and_nothing_is_read_for_it(on: Stage) -> None:
    await card_of(on)
    await on.inbox.teammate_writes(thread(on).id, "Hi from Bo", "member", on.acme.bo_member)
    await dm(on)
    await sent(on)
    assert [one for one in calls(on, "GET", "/threads/") if one.path.endswith("/messages")] == []


async def test_nobody_is_asked_where_both_sides_wrote_before_the_bot_came(on: Stage) -> None:
    thread_id = known(on)
    await idle(on)
    on.inbox.auto_deliver = False
    await on.inbox.customer_writes(thread_id, "Hi", at=utc_now() - 30 * DAYS)
    await on.inbox.teammate_writes(thread_id, "Hi from Bo", "member", on.acme.bo_member, utc_now() - HOURS)
    await dm(on)
    await sent(on)


@pytest.mark.parametrize("who", ["Ana in Inbox", "Bo long ago", "nobody"])
async def test_ones_own_old_and_no_messages_are_no_reason_to_ask(on: Stage, who: str) -> None:
    thread_id = known(on)
    if who == "Ana in Inbox":
        await on.inbox.teammate_writes(thread_id, "Hi", "member", on.acme.ana_member, utc_now() - HOURS)
    elif who == "Bo long ago":
        await on.inbox.teammate_writes(thread_id, "Hi", "member", on.acme.bo_member, utc_now() - 8 * DAYS)
    await dm(on)
    await sent(on)


async def test_who_sent_anyway_is_not_asked_again(on: Stage) -> None:
    await on.inbox.campaign_writes(known(on), "Have you heard of us?")
    await dm(on)
    await on.slack.press_ephemeral(on.acme.ana, await asked(on, "A campaign"), "Send anyway")
    await hears(on, on.acme.ana, "Sent to")
    await dm(on, "@sarah And one more thing")
    await hears(on, on.acme.ana, "And one more thing")
    await idle(on)
    assert texts(on) == ["Hello Sarah", "And one more thing"]


# --- the answer ------------------------------------------------------------------------------------------------------


async def test_dont_send_sends_nothing_and_hands_the_text_back(on: Stage) -> None:
    await on.inbox.campaign_writes(known(on), "Have you heard of us?")
    await dm(on)
    question = await asked(on, "A campaign")
    before = copy.deepcopy(question)
    await on.slack.press_ephemeral(on.acme.ana, question, "Don't send")
    await on.slack.until(lambda: "As you asked, nothing was sent." in on.slack.show(question))
    assert "Hello Sarah" in on.slack.show(question)
    await on.slack.press_ephemeral(on.acme.ana, before, "Send anyway")
    await hears(on, on.acme.ana, "You already decided not to send that message")
    await idle(on)
    assert texts(on) == []


async def test_send_anyway_pressed_twice_and_then_not_sends_once(on: Stage) -> None:
    await on.inbox.campaign_writes(known(on), "Have you heard of us?")
    await dm(on)
    question = await asked(on, "A campaign")
    for answer in ("Send anyway", "Send anyway", "Don't send"):
        await on.slack.press_ephemeral(on.acme.ana, copy.deepcopy(question), answer)
    await hears(on, on.acme.ana, "You already decided to send that message")
    await hears(on, on.acme.ana, "Sent to")
    await idle(on)
    assert texts(on) == ["Hello Sarah"]


@pytest.mark.parametrize("answer", ["send_anyway", "send_not"])
async def test_only_the_one_who_wrote_it_can_answer(on: Stage, answer: str) -> None:
    await on.inbox.campaign_writes(known(on), "Have you heard of us?")
    await dm(on)
    question = await asked(on, "A campaign")
    (value,) = {one["value"] for block in question.blocks for one in block.get("elements", ()) if "value" in one}
    card = await card_of(on, person=on.acme.omar)
    assert (await click(on, on.acme.bo, card, answer, value)).ok
    await hears(on, on.acme.bo, "I no longer have the message")
    await idle(on)
    assert texts(on) == []
    await on.slack.press_ephemeral(on.acme.ana, question, "Send anyway")
    await hears(on, on.acme.ana, "Sent to")


async def test_a_question_of_yesterday_sends_nothing_today_and_hands_all_of_the_text_back(
    on: Stage, redis_url: str
) -> None:
    await on.inbox.campaign_writes(known(on), "Have you heard of us?")
    await dm(on, f"@sarah Hello Sarah. {'And so on. ' * 200}The end.")
    question = await asked(on, "A campaign")
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        (key,) = redis.keys(keys.intent("*").replace("{", "\\{"))
        aged, dates = re.subn(r"\d{4}-\d\d-\d\dT", "2026-01-01T", str(redis.get(key)))  # whichever day it was
        assert dates
        redis.set(key, aged)
    assert "The end." not in on.slack.show(question)
    await on.slack.press_ephemeral(on.acme.ana, question, "Send anyway")
    await on.slack.until(lambda: "more than a day old, so nothing was sent" in on.slack.show(question))
    assert "The end." in on.slack.show(question)
    await idle(on)
    assert texts(on) == []


async def test_inbox_down_while_it_is_looked_up_who_wrote_delays_the_message(on: Stage) -> None:
    known(on)
    on.inbox.fail("GET /*/threads/*/messages*", 503, times=2)
    await dm(on)
    await hears(on, on.acme.ana, "Inbox isn't answering. I'll keep trying")
    await hears(on, on.acme.ana, "Sent to")
    assert texts(on) == ["Hello Sarah"]


async def test_the_record_says_that_it_was_asked_and_what_was_decided(on: Stage, redis_url: str) -> None:
    await on.inbox.campaign_writes(known(on), "Have you heard of us?")
    await dm(on)
    question = await asked(on, "A campaign")
    await on.slack.press_ephemeral(on.acme.ana, question, "Don't send")
    await on.slack.until(lambda: "nothing was sent" in on.slack.show(question))
    await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="log")
    log = await hears(on, on.acme.ana, "asked first")
    assert "not sent: decided so" in log
    redis = connect(redis_url)
    about = {one.about for one in await AuditLog(redis).newest(9) if one.outcome == "not sent: decided so"}
    await redis.aclose()
    assert about == {thread(on).id}


async def test_of_two_who_begin_in_the_same_moment_one_is_asked(on: Stage) -> None:
    for user in (on.acme.ana, on.acme.bo):
        await on.slack.command(user, on.acme.channel, command="/inbox", text="whoami")
        await hears(on, user, "you are")
    known(on)
    asked = len(on.inbox.calls)
    on.inbox.fail("GET /*/threads/*/messages", delay=0.5, times=2)
    await dm(on, "@sarah From Ana")
    await dm(on, "https://x.com/sarah From Bo", on.acme.bo)
    await on.slack.until(lambda: len([one for one in on.inbox.calls[asked:] if one.path.endswith("/messages")]) >= 2)
    await idle(on)
    questions = [one for user in (on.acme.ana, on.acme.bo) for one in told(on, user) if ASKED in one]
    assert (len(texts(on)), len(questions)) == (1, 1)


@pytest.mark.parametrize("colleague", [True, False])
async def test_whoever_dies_over_a_first_message_is_asked_of_a_colleagues_and_not_of_their_own(
    on: Stage, attempts: Attempts, colleague: bool
) -> None:
    for lives in range(ENOUGH):
        person = on.inbox.add_person(f"person{lives}", f"Person {lives}")
        on.inbox.add_thread(on.acme.account, person)
        to = Person(platform="twitter", platform_id=person.platform_id, username=person.username)
        address = Address(account_link_id=on.acme.account, platform=to.platform, platform_id=to.platform_id)
        ana = Send(
            intent=f"ana-{lives}",
            address=address,
            person=to,
            account="@acme",
            text="From Ana",
            asker=Asker(user=on.acme.ana),
            member=on.acme.ana_member,
        )
        wrote = list[Send]()

        async def she_writes(ana: Send = ana, wrote: list[Send] = wrote) -> None:
            if colleague:
                await attempts.writes(ana, sent=False)
                wrote.append(ana)

        bo = Asker(user=on.acme.bo, team=on.slack.team_id, channel=on.acme.channel)
        job = Dm(recipient=f"@{person.username}", text="From Bo", asker=bo)
        then, died = await worked(on, job, lives, she_writes)
        asks = "Before you write" in str(then)
        assert asks is bool(wrote)
        assert [isinstance(one, Send) for one in then] == [not asks]
        assert (on.acme.bo in await attempts.writers(to)) is not asks
        if not died:
            assert lives > 2
            return
    raise AssertionError("it waits more often than that")


async def test_what_inbox_refuses_of_somebody_leaves_it_known_that_they_wrote_before(on: Stage) -> None:
    known(on)
    await dm(on)
    await sent(on)
    on.inbox.fail("POST /*/messages*", 403, times=1)
    await dm(on, "@sarah And one more thing")
    await hears(on, on.acme.ana, "Not sent to")
    await idle(on)
    await dm(on, "@sarah From Bo", on.acme.bo)
    question = await whisper(on, on.acme.bo, ASKED)
    assert "@Ana wrote to them" in on.slack.show(question)
