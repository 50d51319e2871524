"""What is sent later: it waits below its card, goes out once at its time, or comes back with the reason."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.later.jobs import Decide, Release, RingLater
from bot.queue.job import Asker, utc_now
from bot.sandbox.slack.block_kit.blocks import problems, view_problems
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage, bot_on, scene
from bot.store import keys
from tests.conftest import QUICK, Open
from tests.e2e.scheduling import Later, below, dm_later, later, rings, sent
from tests.e2e.steps import (
    STRANGER,
    Json,
    card_of,
    cards,
    drawn_ago,
    form,
    hears,
    idle,
    labels,
    modal,
    options,
    receipts,
    reply,
    reply_form,
    shows,
    thread,
    told,
    until,
    version,
    whisper,
)

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
async def clock(redis_url: str) -> AsyncIterator[Later]:
    found = Later(redis_url)
    yield found
    found.close()


def place(card: Message) -> tuple[str, str]:
    return card.channel, card.ts


async def press_below(on: Stage, user: str, card: Message, label: str) -> None:
    (post,) = below(on, card)
    assert (await on.slack.press(user, post.channel, post.ts, label)).ok
    await idle(on)


async def press_dm(on: Stage, user: str, label: str) -> None:
    """A button of the last message that the bot sent to `user`."""
    last = on.slack.dms(user)[-1]
    assert (await on.slack.press(user, last.channel, last.ts, label)).ok
    await idle(on)


async def its_time_comes(on: Stage, clock: Later) -> None:
    """What waits is due, and that is noticed."""
    clock.comes()
    await rings(on)


async def she_writes(on: Stage) -> None:
    """Sarah does, so that Bo's message is held."""
    await on.inbox.customer_writes(on.acme.sarah, "Anything new?")
    await hears(on, on.acme.bo, "so I hold it")
    await idle(on)


async def test_a_change_by_who_may_act_no_more_hands_the_new_text_back(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "First thought")
    await change_form(on, card)
    on.slack.users[on.acme.bo].guest = True
    clock.forget(keys.profile(on.acme.bo))
    await on.slack.submit(on.acme.bo, values={"text": "Second & better"})
    assert "Second & better" in await hears(on, on.acme.bo, "Only members of")
    await idle(on)
    assert [one.send.text for one in clock.waiting()] == ["First thought"]


async def change_form(on: Stage, card: Message) -> Json:
    """Bo's form for the one message that waits below the card."""
    (post,) = below(on, card)
    await on.slack.press(on.acme.bo, post.channel, post.ts, "Change…")
    return await form(on, on.acme.bo, "Send on")


# --- when ------------------------------------------------------------------------------------------------------------


async def test_both_forms_offer_times_by_the_persons_own_clock_and_are_valid(on: Stage) -> None:
    on.slack.users[on.acme.bo].zone = "America/New_York"
    card = await card_of(on)
    first = await reply_form(on, on.acme.bo, card)
    await on.slack.close(on.acme.bo)
    await on.slack.command(on.acme.bo, on.acme.channel, "/dm", "@omar_k")
    second = await form(on, on.acme.bo, "To")
    tomorrow = datetime.now(ZoneInfo("America/New_York")) + timedelta(days=1)
    for view in (first, second):
        parts = ("type", "title", "blocks", "submit", "close")
        assert view_problems({name: view[name] for name in parts}) == []
        assert "Send at" in on.slack.show(view)
        assert f"Tomorrow, 9:00 ({tomorrow:%a} {tomorrow.day} {tomorrow:%b})" in str(view["blocks"])
        assert "In your time zone, America/New_York." in on.slack.show(view)


@pytest.mark.parametrize("choice", ["hours", "tomorrow", "monday", "week"])
async def test_each_choice_is_the_moment_that_it_is_for_snoozing(on: Stage, clock: Later, choice: str) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "See you", send_when=choice)
    (waits,) = clock.waiting()
    there = waits.at.astimezone(BERLIN)
    if choice in ("tomorrow", "monday"):
        assert (there.hour, there.minute) == (9, 0)
    assert timedelta() < waits.at - utc_now() < timedelta(days=8, hours=1)
    assert choice != "monday" or there.weekday() == 0


async def test_a_day_and_a_time_go_before_the_choice(on: Stage, clock: Later) -> None:
    on.slack.users[on.acme.bo].zone = "America/New_York"
    card, day = await card_of(on), (utc_now() + timedelta(days=40)).date()
    await later(on, on.acme.bo, card, "See you", send_date=day.isoformat(), send_time="16:45")
    there = clock.waiting()[0].at.astimezone(ZoneInfo("America/New_York"))
    assert (there.date(), f"{there:%H:%M}") == (day, "16:45")


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"send_date": "2024-02-29"}, "send_date", "That time has passed. Choose one in the future."),
        ({"send_date": "2099-01-01"}, "send_date", "That is more than a year ahead. Choose an earlier date."),
        ({"send_when": "tomorrow"}, "send_when", "That time has passed. Choose one in the future."),
    ],
)
async def test_a_time_that_cannot_be_is_said_beside_its_field_in_both_forms(
    on: Stage, values: dict[str, str], field: str, words: str
) -> None:
    card = await card_of(on)
    drawn_ago(await reply_form(on, on.acme.ana, card), timedelta(days=2))
    ack = await on.slack.submit(on.acme.ana, values={"text": "Hello", **values})
    assert (ack.body, ack.trouble) == ({"response_action": "errors", "errors": {field: words}}, "")
    await on.slack.close(on.acme.ana)
    await on.slack.command(on.acme.ana, on.acme.channel, "/dm", "@sarah")
    drawn_ago(await form(on, on.acme.ana, "To"), timedelta(days=2))
    ack = await on.slack.submit(on.acme.ana, values={"text": "Hello", **values})
    assert (ack.body, ack.trouble) == ({"response_action": "errors", "errors": {field: words}}, "")
    assert sent(on) == []


# --- it waits, and goes out once, at its time ------------------------------------------------------------------------


async def test_a_reply_waits_below_its_card_and_goes_out_once_at_its_time(on: Stage, clock: Later) -> None:
    card = await card_of(on, "When can you deliver?")
    await later(on, on.acme.bo, card, "On Tuesday :tada:")
    (post,) = below(on, card)
    shown = on.slack.show(post)
    assert re.match(r"🕓 \*Bo\* sends this [^\n]+\n", shown)
    assert "On Tuesday 🎉" in shown
    assert "To Sarah Chen from @acme. Nothing is sent yet." in shown
    assert labels(post) == ["Change…", "Send now", "Cancel"]
    assert problems(post.blocks, "message") == []
    await rings(on)
    assert sent(on) == []  # it is not time yet
    await its_time_comes(on, clock)
    assert sent(on) == ["On Tuesday 🎉"]
    assert below(on, card) == []
    (receipt,) = receipts(on, card)
    assert "✅ Sent" in on.slack.show(receipt)
    assert "Answered by Bo" in shows(on, card)
    assert thread(on).assignee_id == on.acme.bo_member
    await rings(on)
    assert sent(on) == ["On Tuesday 🎉"]
    assert told(on, on.acme.bo) == []


async def test_nothing_of_what_it_says_is_left_where_it_waited_and_its_text_has_a_lifetime(
    on: Stage, clock: Later
) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "Terrible secret", send_when="hours")
    assert len(clock.holding("Terrible secret")) == 1
    assert [0 < one < 15 * 24 * 3600 for one in clock.lives()] == [True]
    await press_below(on, on.acme.bo, card, "Cancel")
    assert clock.holding("Terrible secret") == []
    assert clock.kept() == []
    await later(on, on.acme.bo, card, "Another secret", send_when="hours")
    await its_time_comes(on, clock)
    assert sent(on) == ["Another secret"]
    assert clock.kept() == []


async def test_what_else_was_chosen_in_the_form_counts_when_it_is_sent(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "Bye", archive=["Archive when sent"])
    assert not thread(on).archived
    await its_time_comes(on, clock)
    assert thread(on).archived


async def test_a_reminder_counts_from_when_it_is_sent(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "Well?", remind="1 day", send_when="week")
    (waits,) = clock.waiting()
    assert waits.send.reminder is not None
    assert abs(waits.send.reminder.at - waits.at - timedelta(days=1)) < timedelta(seconds=5)
    await press_below(on, on.acme.bo, card, "Send now")
    assert sent(on) == ["Well?"]
    assert shows(on, card).startswith("😴")
    (wakes,) = clock.wakes()
    assert abs(wakes - (utc_now() + timedelta(days=1)).timestamp()) < 60


async def test_a_direct_message_waits_for_its_writer_alone_and_goes_out_once(on: Stage, clock: Later) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    await dm_later(on, on.acme.bo, "@omar_k", "Hello Omar")
    (message,) = on.slack.dms(on.acme.bo)
    assert "🕓 I send this to *Omar Khan (@omar_k)* from @acme" in on.slack.show(message)
    assert "Hello Omar" in on.slack.show(message)
    assert labels(message) == ["Change…", "Send now", "Cancel"]
    assert problems(message.blocks, "message") == []
    assert (sent(on), cards(on)) == ([], [])
    await its_time_comes(on, clock)
    assert sent(on) == ["Hello Omar"]
    await hears(on, on.acme.bo, "✅ Sent to Omar Khan")
    assert clock.kept() == []


async def test_a_direct_message_to_somebody_with_a_card_stands_below_that_too(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await dm_later(on, on.acme.bo, "@sarah", "Hello again")
    (post,) = below(on, card)
    assert "🕓 *Bo* sends this" in on.slack.show(post)
    (message,) = on.slack.dms(on.acme.bo)
    assert "🕓 I send this to *Sarah Chen" in on.slack.show(message)
    await press_dm(on, on.acme.bo, "Send now")
    assert sent(on) == ["Hello again"]
    assert (below(on, card), clock.kept()) == ([], [])


async def test_a_first_message_is_asked_about_at_once_and_then_waits(on: Stage, clock: Later) -> None:
    on.inbox.plan_required = True
    on.inbox.set_account_status(on.acme.account, "paused")
    await dm_later(on, on.acme.bo, STRANGER, "Hello Omar")
    asked = await whisper(on, on.acme.bo, "Before you write to")
    on.inbox.set_account_status(on.acme.account, "active")
    on.inbox.plan_required = False
    await on.slack.press_ephemeral(on.acme.bo, asked, "Send anyway")
    await hears(on, on.acme.bo, "I'll send it at its time, as you asked.")
    await idle(on)
    assert sent(on) == []
    assert len(clock.waiting()) == 1
    await its_time_comes(on, clock)
    assert sent(on) == ["Hello Omar"]


async def test_who_answers_after_the_time_that_they_chose_sends_it_now(on: Stage, clock: Later) -> None:
    on.inbox.set_account_status(on.acme.account, "paused")
    await dm_later(on, on.acme.bo, on.acme.omar.platform_id, "Hello Omar")
    asked = await whisper(on, on.acme.bo, "Before you write to")
    on.inbox.set_account_status(on.acme.account, "active")
    clock.chosen_for(utc_now() - timedelta(minutes=1))
    await on.slack.press_ephemeral(on.acme.bo, asked, "Send anyway")
    await until(lambda: sent(on) == ["Hello Omar"])
    await idle(on)
    assert clock.kept() == []


async def test_where_several_people_match_the_time_stays_with_the_choice(on: Stage, clock: Later) -> None:
    for one in (on.acme.sarah, on.inbox.add_person("sarah", "Sarah Connor")):
        on.inbox.add_thread(on.acme.account, one)
    await dm_later(on, on.acme.bo, "@sarah", "Are you the one?")
    if not on.slack.modal(on.acme.bo):
        asked = await whisper(on, on.acme.bo, "Several people match")
        await on.slack.press_ephemeral(on.acme.bo, asked, "Choose…")
    view = await form(on, on.acme.bo, "Send to")
    (wanted,) = [one for one in options(view) if "Connor" in one]
    await on.slack.submit(on.acme.bo, values={"choice": wanted})
    await idle(on)
    assert sent(on) == []
    assert [one.send.person.label for one in clock.waiting()] == ["Sarah Connor"]


# --- Change, Send now, Cancel ----------------------------------------------------------------------------------------


async def test_send_now_sends_it_at_once(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "Sooner")
    await press_below(on, on.acme.bo, card, "Send now")
    assert sent(on) == ["Sooner"]
    await hears(on, on.acme.bo, "I'm sending it now.")
    assert below(on, card) == []
    await its_time_comes(on, clock)
    assert sent(on) == ["Sooner"]


async def test_cancel_hands_the_text_back_and_nothing_is_sent(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "Never mind")
    await press_below(on, on.acme.bo, card, "Cancel")
    heard = await hears(on, on.acme.bo, "Cancelled: the message to Sarah Chen (@sarah). Nothing was sent.")
    assert "Never mind" in heard
    assert below(on, card) == []
    await its_time_comes(on, clock)
    assert sent(on) == []


async def test_in_a_direct_message_the_outcome_takes_the_place_of_the_buttons(on: Stage, clock: Later) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    await dm_later(on, on.acme.bo, "@omar_k", "Hello Omar")
    await press_dm(on, on.acme.bo, "Cancel")
    (message,) = on.slack.dms(on.acme.bo)
    assert "Nothing was sent" in on.slack.show(message)
    assert labels(message) == []
    assert clock.kept() == []


async def test_change_takes_another_text_and_another_time(on: Stage, clock: Later) -> None:
    card, day = await card_of(on), (utc_now() + timedelta(days=40)).date()
    await later(on, on.acme.bo, card, "First thought")
    (post,) = below(on, card)
    view = await change_form(on, card)
    assert view_problems({name: view[name] for name in ("type", "title", "blocks", "submit", "close")}) == []
    assert "First thought" in on.slack.show(view)
    values = {"text": "Second thought", "send_date": day.isoformat(), "send_time": "16:45"}
    assert (await on.slack.submit(on.acme.bo, values=values)).ok
    await hears(on, on.acme.bo, "Saved: it is sent ")
    await idle(on)
    (waits,) = clock.waiting()
    assert f"{waits.at.astimezone(BERLIN):%Y-%m-%d %H:%M}" == f"{day} 16:45"
    assert [one.ts for one in below(on, card)] == [post.ts]
    assert "Second thought" in on.slack.show(below(on, card)[0])
    await its_time_comes(on, clock)
    assert sent(on) == ["Second thought"]


async def test_a_change_that_cannot_be_is_said_beside_its_field(on: Stage) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "First thought")
    await change_form(on, card)
    ack = await on.slack.submit(on.acme.bo, values={"send_date": "2024-02-29"})
    assert isinstance(ack.body, dict)
    assert ack.body["errors"].keys() == {"send_time"}
    assert ack.trouble == ""


async def test_a_change_is_as_long_as_the_platform_takes_and_leaves_no_place_unfilled(on: Stage) -> None:
    on.inbox.world.characters = 200
    card = await card_of(on)
    await later(on, on.acme.bo, card, "First thought")
    (post,) = below(on, card)
    await on.slack.press(on.acme.bo, post.channel, post.ts, "Change…")
    view = await form(on, on.acme.bo, "Send on")
    (field,) = [one["element"] for one in view["blocks"] if one.get("block_id") == "text"]
    assert field["max_length"] == {"v2": 200, "v1": 3_000}[version(on)]  # v1 does not say
    ack = await on.slack.submit(on.acme.bo, values={"text": "Dear {first_name}, well"})
    assert isinstance(ack.body, dict)
    assert "“Dear {first_name}, well”" in ack.body["errors"]["text"]


async def test_a_change_that_comes_too_late_hands_the_new_text_back(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "First thought")
    await change_form(on, card)
    await its_time_comes(on, clock)
    day = (utc_now() + timedelta(days=40)).date()
    await on.slack.submit(on.acme.bo, values={"text": "Second thought", "send_date": day.isoformat()})
    heard = await hears(on, on.acme.bo, "That message waits no longer")
    assert "Second thought" in heard
    await idle(on)
    assert sent(on) == ["First thought"]


@pytest.mark.parametrize("how", ["cancelled", "failed"])
async def test_of_what_is_not_sent_nobody_reads_that_it_is_on_its_way(on: Stage, clock: Later, how: str) -> None:
    """Its writer has its form open meanwhile, and submits the same text for another day."""
    if how == "cancelled":
        on.inbox.plan_required = True
        on.inbox.set_account_status(on.acme.account, "paused")
        await dm_later(on, on.acme.bo, on.acme.omar.platform_id, "Hello Omar")
        asked = await whisper(on, on.acme.bo, "Before you write to")
        on.inbox.set_account_status(on.acme.account, "active")
        await on.slack.press_ephemeral(on.acme.bo, asked, "Send anyway")
        await idle(on)
        await press_dm(on, on.acme.bo, "Change…")
    else:
        card = await card_of(on)
        await later(on, on.acme.bo, card, "Hello Omar")
        await change_form(on, card)
    await form(on, on.acme.bo, "Send on")
    if how == "cancelled":
        ana = Asker(user=on.acme.ana, team=on.slack.team_id, channel=on.acme.channel)
        await on.bridge.lanes.accept(Decide(about=clock.waiting()[0].id, verb="cancel", asker=ana))
        await hears(on, on.acme.bo, "Hello Omar")
    else:
        on.inbox.fail("POST *", 403)
        await its_time_comes(on, clock)
    await idle(on)
    assert (sent(on), clock.waiting()) == ([], [])
    day = (utc_now() + timedelta(days=40)).date()
    await on.slack.submit(on.acme.bo, values={"send_date": day.isoformat()})
    assert "Hello Omar" in await hears(on, on.acme.bo, "That message waits no longer")


async def test_its_writer_takes_it_back_while_inbox_is_away(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.ana, card, "On second thoughts")
    on.inbox.fail("*", 503, times=None)
    clock.forget(keys.MEMBERS)
    await press_below(on, on.acme.ana, card, "Cancel")
    assert "On second thoughts" in await hears(on, on.acme.ana, "Nothing was sent.")
    on.inbox.heal()
    await its_time_comes(on, clock)
    assert sent(on) == []


async def test_its_writer_changes_what_it_says_while_inbox_is_away(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "First thought")
    await change_form(on, card)
    on.inbox.fail("*", 503, times=None)
    clock.forget(keys.MEMBERS)
    await on.slack.submit(on.acme.bo, values={"text": "Second thought"})
    await hears(on, on.acme.bo, "Saved: it is sent ")
    on.inbox.heal()
    await its_time_comes(on, clock)
    assert sent(on) == ["Second thought"]


async def test_another_text_alone_leaves_the_time_and_the_order_as_they_are(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    for said in ("One", "Two"):
        await later(on, on.acme.bo, card, said, send_when="hours")
    before = [one.at for one in clock.waiting()]
    second = below(on, card)[1]
    await on.slack.press(on.acme.bo, second.channel, second.ts, "Change…")
    await form(on, on.acme.bo, "Send on")
    await on.slack.submit(on.acme.bo, values={"text": "Two, in other words"})
    await hears(on, on.acme.bo, "Saved: it is sent ")
    assert [one.at for one in clock.waiting()] == before
    await its_time_comes(on, clock)
    assert sent(on) == ["One", "Two, in other words"]


async def test_another_text_alone_after_its_time_sends_it_now(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "As I said")
    await she_writes(on)
    clock.comes(ago=7200)
    await change_form(on, card)
    assert (await on.slack.submit(on.acme.bo, values={"text": "Yes: it is here"})).trouble == ""
    await hears(on, on.acme.bo, "I'm sending it now.")
    await idle(on)
    assert sent(on) == ["Yes: it is here"]


async def test_a_colleague_may_cancel_it_and_its_writer_has_it_back_but_nobody_else_sends_it(
    on: Stage, clock: Later
) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "Mine")
    await press_below(on, on.acme.ana, card, "Send now")
    await hears(on, on.acme.ana, f"Only <@{on.acme.bo}> can do that")
    (post,) = below(on, card)
    await on.slack.press(on.acme.ana, post.channel, post.ts, "Change…")
    await modal(on, on.acme.ana, "can do that")
    await idle(on)
    assert (sent(on), len(clock.waiting())) == ([], 1)
    await press_below(on, on.acme.ana, card, "Cancel")
    await hears(on, on.acme.ana, f"<@{on.acme.bo}> has the text back")
    heard = await hears(on, on.acme.bo, f"<@{on.acme.ana}> cancelled the message to Sarah Chen")
    assert "Mine" in heard
    assert (sent(on), clock.kept()) == ([], [])
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "log")
    record = await hears(on, on.acme.ana, "later cancel")
    assert "send later" in record
    assert "Mine" not in record


@pytest.mark.parametrize("who", ["guest", "outsider", "kim"])
async def test_nobody_without_the_right_decides_or_lists(on: Stage, clock: Later, who: str) -> None:
    card, user = await card_of(on), getattr(on.acme, who)
    await later(on, on.acme.bo, card, "Mine")
    await press_below(on, user, card, "Cancel")
    why = "I can't match you" if who == "kim" else "Only members of *Acme*"
    await hears(on, user, why)
    assert len(clock.waiting()) == 1
    if who != "outsider":
        await on.slack.command(user, on.acme.channel, "/inbox", "scheduled")
        await on.slack.until(lambda: len(told(on, user)) == 2)
        assert "Mine" not in "".join(told(on, user))


# --- /inbox scheduled ------------------------------------------------------------------------------------------------


async def test_inbox_scheduled_lists_them_the_soonest_first_with_their_buttons(on: Stage, clock: Later) -> None:
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "scheduled")
    await hears(on, on.acme.bo, "No message waits to be sent later.")
    card = await card_of(on)
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    await later(on, on.acme.bo, card, "In a week", send_when="week")
    await dm_later(on, on.acme.ana, "@omar_k", "Between us", send_when="hours")
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "scheduled")
    listed = await whisper(on, on.acme.bo, "Messages that are sent later (2)")
    shown = on.slack.show(listed)
    assert shown.index("Ana sends to *Omar Khan") < shown.index("You send to *Sarah Chen")
    assert "“In a week”" in shown
    assert "Between us" not in shown
    assert problems(listed.blocks, "message") == []
    await on.slack.press_ephemeral(on.acme.bo, listed, "Send now")
    await hears(on, on.acme.bo, "I'm sending it now.")
    await idle(on)
    assert sent(on) == ["In a week"]
    await on.slack.press_ephemeral(on.acme.bo, listed, "Cancel")
    await hears(on, on.acme.ana, f"<@{on.acme.bo}> cancelled the message to Omar Khan")
    await idle(on)
    assert (sent(on), clock.kept()) == (["In a week"], [])
    await on.slack.press_ephemeral(on.acme.bo, listed, "Send now")
    await hears(on, on.acme.bo, "That message waits no longer")


# --- they write meanwhile --------------------------------------------------------------------------------------------


async def test_if_they_write_meanwhile_it_is_held_and_its_writer_is_asked(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "As I said")
    await on.inbox.customer_writes(on.acme.sarah, "It is settled, thank you")
    asked = await hears(on, on.acme.bo, "*Sarah Chen* has written since you wrote this, so I hold it")
    assert "As I said" in asked
    await idle(on)
    (question,) = on.slack.dms(on.acme.bo)
    assert labels(question)[:3] == ["Change…", "Send anyway", "Cancel"]
    assert problems(question.blocks, "message") == []
    (post,) = below(on, card)
    assert "✋ *Bo* is asked before this is sent" in on.slack.show(post)
    assert problems(post.blocks, "message") == []
    await its_time_comes(on, clock)
    assert sent(on) == []


async def test_what_they_write_while_it_is_being_written_holds_it_at_once(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.bo, card)
    await on.inbox.customer_writes(on.acme.sarah, "It is settled, thank you")
    await on.slack.until(lambda: "settled" in "".join(on.slack.show(one) for one in on.slack.replies(*place(card))))
    await idle(on, held=1)  # the form is open
    await on.slack.submit(on.acme.bo, values={"text": "As I said", "send_when": "tomorrow"})
    await hears(on, on.acme.bo, "so I hold it")
    await idle(on)
    await its_time_comes(on, clock)
    assert sent(on) == []


async def test_send_anyway_before_its_time_sends_it_at_its_time(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "As I said")
    await she_writes(on)
    await press_dm(on, on.acme.bo, "Send anyway")
    assert "as you asked" in on.slack.show(on.slack.dms(on.acme.bo)[-1])
    assert sent(on) == []
    assert below(on, card)[0].text.startswith("🕓")
    await its_time_comes(on, clock)
    assert sent(on) == ["As I said"]


async def test_send_anyway_after_its_time_sends_it_now(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "As I said")
    await she_writes(on)
    clock.comes(ago=7200)
    await press_dm(on, on.acme.bo, "Send anyway")
    assert sent(on) == ["As I said"]


async def test_what_was_written_by_a_clock_ahead_of_ours_is_asked_about_once(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "As I said")
    await on.inbox.customer_writes(on.acme.sarah, "Anything new?", at=utc_now() + timedelta(minutes=2))
    await hears(on, on.acme.bo, "so I hold it")
    await idle(on)
    await press_dm(on, on.acme.bo, "Send anyway")
    await its_time_comes(on, clock)
    assert sent(on) == ["As I said"]


async def test_what_nobody_told_of_is_found_when_its_time_comes(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "As I said")
    on.inbox.auto_deliver = False
    await on.inbox.customer_writes(on.acme.sarah, "It is settled, thank you")
    await its_time_comes(on, clock)
    await hears(on, on.acme.bo, "so I hold it")
    assert sent(on) == []
    assert "✋" in below(on, card)[0].text


async def test_a_direct_message_is_held_too_also_in_a_conversation_that_began_meanwhile(
    on: Stage, clock: Later
) -> None:
    await dm_later(on, on.acme.bo, on.acme.omar.platform_id, "Hello Omar")
    assert len(clock.waiting()) == 1
    await on.inbox.customer_writes(on.acme.omar, "Hello, is this Acme?")
    await hears(on, on.acme.bo, "has written since you wrote this")
    await idle(on)
    await its_time_comes(on, clock)
    assert sent(on) == []


async def test_changing_it_is_an_answer(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "As I said")
    await she_writes(on)
    question = on.slack.dms(on.acme.bo)[-1]
    await on.slack.press(on.acme.bo, question.channel, question.ts, "Change…")
    await form(on, on.acme.bo, "Send on")
    day = (utc_now() + timedelta(days=40)).date()
    await on.slack.submit(on.acme.bo, values={"text": "Yes: it is here", "send_date": day.isoformat()})
    await hears(on, on.acme.bo, "Saved: it is sent")
    await idle(on)
    await its_time_comes(on, clock)
    assert sent(on) == ["Yes: it is here"]


async def test_a_form_that_is_older_than_the_question_is_no_answer(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "See you Tuesday")
    await change_form(on, card)
    await she_writes(on)
    day = (utc_now() + timedelta(days=40)).date()
    await on.slack.submit(on.acme.bo, values={"text": "See you on Tuesday!", "send_date": day.isoformat()})
    await hears(on, on.acme.bo, "Saved, but not answered: the question that I have about this message is newer")
    await idle(on)
    (waits,) = clock.waiting()
    assert (waits.state, waits.why, waits.at.date()) == ("asks", "wrote", day)
    assert "See you on Tuesday!" in on.slack.show(below(on, card)[0])
    assert below(on, card)[0].text.startswith("✋")
    assert "See you on Tuesday!" in on.slack.show(on.slack.dms(on.acme.bo)[-1])  # it is asked about as it is now
    await its_time_comes(on, clock)
    assert sent(on) == []
    await press_dm(on, on.acme.bo, "Send anyway")
    assert sent(on) == ["See you on Tuesday!"]


async def test_the_form_of_what_is_asked_about_says_that_saving_is_the_answer(on: Stage) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "As I said")
    saving = "To save this is your answer"
    assert saving not in on.slack.show(await change_form(on, card))
    await on.slack.close(on.acme.bo)
    await she_writes(on)
    view = await change_form(on, card)
    assert saving in on.slack.show(view)
    assert view_problems({name: view[name] for name in ("type", "title", "blocks", "submit", "close")}) == []


async def test_send_now_that_is_older_than_the_question_is_no_answer(on: Stage, clock: Later) -> None:
    """The list and the message to its writer alone still have that button."""
    card = await card_of(on)
    await later(on, on.acme.bo, card, "See you Tuesday")
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "scheduled")
    listed = await whisper(on, on.acme.bo, "Messages that are sent later (1)")
    await she_writes(on)
    assert (await on.slack.press_ephemeral(on.acme.bo, listed, "Send now")).ok
    await hears(on, on.acme.bo, "Not sent: the question that I have about this message is newer than that button.")
    await idle(on)
    assert ([one.state for one in clock.waiting()], sent(on)) == (["asks"], [])
    await press_dm(on, on.acme.bo, "Send anyway")
    assert clock.waiting()[0].state == "waits"


async def test_what_is_not_answered_for_a_week_comes_back(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "As I said")
    await she_writes(on)
    clock.a_week_passes()
    await rings(on)
    heard = await hears(on, on.acme.bo, "You haven't answered for a week, so nothing was sent.")
    assert "As I said" in heard
    assert (sent(on), clock.kept(), below(on, card)) == ([], [], [])


async def test_a_colleague_who_wrote_to_somebody_new_meanwhile_is_a_reason_to_ask(on: Stage, clock: Later) -> None:
    await dm_later(on, on.acme.bo, on.acme.omar.platform_id, "Hello Omar")
    await on.slack.command(on.acme.ana, on.acme.channel, "/dm", f"{on.acme.omar.platform_id} Welcome")
    await on.slack.until(lambda: told(on, on.acme.ana))
    for asked in on.slack.ephemerals(on.acme.ana):
        if "Before you write" in on.slack.show(asked):
            await on.slack.press_ephemeral(on.acme.ana, asked, "Send anyway")
    await on.slack.until(lambda: sent(on) == ["Welcome"])
    await idle(on)
    await its_time_comes(on, clock)
    await hears(on, on.acme.bo, f"<@{on.acme.ana}> has written to *")
    assert sent(on) == ["Welcome"]
    await press_dm(on, on.acme.bo, "Send anyway")
    assert sent(on) == ["Welcome", "Hello Omar"]


# --- what is asked again when the time comes -------------------------------------------------------------------------


async def test_an_account_that_is_offline_brings_the_text_back_in_a_direct_message(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "See you")
    on.inbox.set_account_status(on.acme.account, "offline")
    await its_time_comes(on, clock)
    (message,) = on.slack.dms(on.acme.bo)
    shown = on.slack.show(message)
    assert "✖️ Not sent to Sarah Chen" in shown
    assert "@acme is signed out of X. Reconnect it" in shown
    assert "See you" in shown
    assert (sent(on), clock.kept(), below(on, card)) == ([], [], [])
    assert "✖️ Not sent" in on.slack.show(receipts(on, card)[0])


async def test_a_plan_without_first_messages_brings_the_text_back_in_a_direct_message(on: Stage, clock: Later) -> None:
    await dm_later(on, on.acme.bo, STRANGER, "Hello Omar")
    on.inbox.plan_required = True
    await its_time_comes(on, clock)
    message = on.slack.dms(on.acme.bo)[-1]
    assert "Not sent to" in on.slack.show(message)
    assert "Hello Omar" in on.slack.show(message)
    assert (sent(on), clock.kept()) == ([], [])


async def test_restrictions_of_the_conversation_are_asked_again(opened: Open, clock: Later) -> None:
    on = await opened(versions=["v2"])  # v1 does not tell them
    card = await card_of(on)
    await later(on, on.acme.bo, card, "See you")
    thread(on).restrictions = ["message:send"]
    await its_time_comes(on, clock)
    assert "See you" in on.slack.show(on.slack.dms(on.acme.bo)[-1])
    assert (sent(on), clock.kept()) == ([], [])


async def test_a_conversation_that_was_deleted_brings_the_text_back(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "See you")
    await on.inbox.app_deletes(thread(on).id)
    await idle(on)
    await its_time_comes(on, clock)
    heard = await hears(on, on.acme.bo, "That conversation was deleted in Inbox.")
    assert "See you" in heard
    assert (sent(on), clock.kept()) == ([], [])


async def test_where_its_writer_has_lost_the_seat_the_channel_is_told(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "See you")
    on.inbox.world.members.pop(on.acme.bo_member)
    clock.forget(keys.MEMBERS)
    await its_time_comes(on, clock)
    (post,) = below(on, card)
    assert post.broadcast
    assert "Bo may not send messages any more, so this to Sarah Chen was not sent." in post.text
    assert "See you" in on.slack.show(post)
    assert problems(post.blocks, "message") == []
    assert "See you" in on.slack.show(on.slack.dms(on.acme.bo)[-1])
    assert (sent(on), clock.kept()) == ([], [])


async def test_where_its_writer_has_left_the_workspace_the_channel_is_told(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "See you")
    on.slack.users[on.acme.bo].deleted = True
    clock.forget(keys.profile(on.acme.bo))
    await its_time_comes(on, clock)
    (post,) = below(on, card)
    assert post.broadcast
    assert "See you" in on.slack.show(post)
    assert (sent(on), clock.kept()) == ([], [])


async def test_where_its_writer_has_lost_the_seat_and_the_card_was_deleted_somebody_is_told(
    on: Stage, clock: Later
) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "See you")
    (post,) = below(on, card)
    await on.slack.erase(post)
    await on.slack.erase(card)
    on.inbox.world.members.pop(on.acme.bo_member)
    clock.forget(keys.MEMBERS)
    clock.comes()
    await rings(on)
    (new,) = cards(on)
    assert "See you" in on.slack.show(below(on, new)[0])
    assert below(on, new)[0].broadcast
    assert await on.bridge.lanes.dead_letters() == []


async def test_of_a_direct_message_without_a_card_the_admins_are_told(on: Stage, clock: Later) -> None:
    await dm_later(on, on.acme.bo, on.acme.omar.platform_id, "Hello Omar")
    on.inbox.world.members.pop(on.acme.bo_member)
    clock.forget(keys.MEMBERS)
    await its_time_comes(on, clock)
    heard = await hears(on, on.acme.ana, f"<@{on.acme.bo}> may not act in Inbox any more")
    assert "Hello Omar" not in heard
    assert (sent(on), clock.kept()) == ([], [])


async def test_after_more_than_an_hour_away_it_is_asked_about_first(redis_url: str, api: str, clock: Later) -> None:
    async with scene(versions=[api]) as on:
        async with bot_on(on, timing=QUICK, redis_url=redis_url) as first:
            card = await card_of(first)
            await later(first, on.acme.bo, card, "Good morning")
        clock.comes(ago=3700)
        async with bot_on(on, timing=QUICK, redis_url=redis_url) as second:
            await rings(second)
            asked = await hears(second, on.acme.bo, "I was away then, for more than an hour. Is it still right?")
            assert "Good morning" in asked
            assert sent(second) == []
            await press_dm(second, on.acme.bo, "Send anyway")
            assert sent(second) == ["Good morning"]


async def test_who_wrote_while_the_bot_was_away_is_the_reason_that_is_named(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "Good morning")
    on.inbox.auto_deliver = False
    await on.inbox.customer_writes(on.acme.sarah, "It is settled, thank you")
    clock.comes(ago=3700)
    await rings(on)
    await hears(on, on.acme.bo, "*Sarah Chen* has written since you wrote this")
    assert sent(on) == []


async def test_after_less_than_an_hour_away_it_goes_out(redis_url: str, api: str, clock: Later) -> None:
    async with scene(versions=[api]) as on:
        async with bot_on(on, timing=QUICK, redis_url=redis_url) as first:
            await later(first, on.acme.bo, await card_of(first), "Good morning")
        clock.comes(ago=3500)
        async with bot_on(on, timing=QUICK, redis_url=redis_url) as second:
            await rings(second)
            assert sent(second) == ["Good morning"]


async def test_while_inbox_is_away_it_waits_and_goes_out_after(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "See you")
    clock.comes()
    on.inbox.fail("*", 503, times=None)
    await rings(on, held=1)
    await hears(on, on.acme.bo, "Inbox isn't answering. I'll keep trying for 10 minutes and tell you.")
    assert sent(on) == []
    on.inbox.heal()
    await on.slack.until(lambda: sent(on) == ["See you"])
    await idle(on)
    assert clock.kept() == []


async def test_an_inbox_that_is_away_for_ten_minutes_brings_the_text_back(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "See you")
    clock.comes()
    on.inbox.fail("*", 503, times=None)
    (waits,) = clock.waiting()
    began = utc_now() - timedelta(minutes=11)
    await on.bridge.lanes.accept(Release(about=waits.id, to=waits.to, asker=waits.send.asker, at=began))
    heard = await hears(on, on.acme.bo, "Inbox didn't take it for 10 minutes")
    on.inbox.heal()
    await idle(on)
    assert "See you" in heard
    assert (sent(on), clock.kept()) == ([], [])


# --- two for one conversation ----------------------------------------------------------------------------------------


async def test_two_for_one_conversation_keep_their_order(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    for said in ("One", "Two", "Three"):
        await later(on, on.acme.bo, card, said, send_when="tomorrow")
    await its_time_comes(on, clock)
    assert sent(on) == ["One", "Two", "Three"]


async def test_what_comes_after_one_that_is_asked_about_is_held_too(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "One", send_when="hours")
    await she_writes(on)
    await later(on, on.acme.bo, card, "Two", send_when="week")  # knowing what she wrote
    await its_time_comes(on, clock)
    await hears(on, on.acme.bo, "An earlier message to *Sarah Chen* still waits for an answer, so I hold this one too")
    assert sent(on) == []
    first, second = on.slack.dms(on.acme.bo)[-2:]
    for question in (first, second):
        await on.slack.press(on.acme.bo, question.channel, question.ts, "Send anyway")
        await idle(on)
    assert sent(on) == ["One", "Two"]


async def test_a_reply_that_is_sent_at_once_does_not_wait_for_those_that_are_sent_later(
    on: Stage, clock: Later
) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "Tomorrow")
    await reply(on, on.acme.ana, card, "Now")
    await idle(on)
    assert sent(on) == ["Now"]
    await its_time_comes(on, clock)
    assert sent(on) == ["Now", "Tomorrow"]


# --- where it shows --------------------------------------------------------------------------------------------------


async def test_in_a_shared_channel_nobody_reads_what_waits_or_for_whom(opened: Open, api: str, clock: Later) -> None:
    on = await opened(versions=[api])
    card = await card_of(on)
    on.slack.channels[card.channel].shared = True
    clock.forget(keys.sharing(card.channel))
    await later(on, on.acme.bo, card, "Terrible secret")
    (post,) = below(on, card)
    assert re.match(r"🕓 A reply from @acme is sent ", post.text)
    assert "Sarah" not in on.slack.show(post) + post.text
    assert "Terrible" not in on.slack.show(post) + post.text
    assert problems(post.blocks, "message") == []
    await its_time_comes(on, clock)
    assert sent(on) == ["Terrible secret"]


async def test_a_channel_that_shows_no_texts_shows_none_of_this(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "settings")
    await form(on, on.acme.ana, "Messages show")
    await on.slack.submit(on.acme.ana, values={"privacy": "none"})
    await idle(on)
    await later(on, on.acme.bo, card, "Terrible secret")
    (post,) = below(on, card)
    assert "Terrible" not in on.slack.show(post) + post.text


async def test_where_the_channel_takes_no_post_its_writer_reads_it_alone(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.bo, card)
    on.slack.channels[card.channel].archived = True
    await on.slack.submit(on.acme.bo, values={"text": "See you", "send_when": "tomorrow"})
    heard = await hears(on, on.acme.bo, "🕓 I send this to *Sarah Chen (@sarah)* from @acme")
    assert "See you" in heard
    on.slack.channels[card.channel].archived = False
    await on.slack.until(lambda: below(on, card))
    await idle(on)
    assert len([one for one in told(on, on.acme.bo) if "See you" in one]) == 1


async def test_from_a_list_a_conversation_without_a_card_is_answered_later(on: Stage, clock: Later) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "find @omar_k")
    listed = await whisper(on, on.acme.bo, "Omar Khan")
    await on.slack.press_ephemeral(on.acme.bo, listed, "Reply")
    await form(on, on.acme.bo, "Your reply")
    await on.slack.submit(on.acme.bo, values={"text": "Later", "send_when": "tomorrow"})
    await hears(on, on.acme.bo, "🕓 I send this to *Omar Khan (@omar_k)*")
    await idle(on)
    await its_time_comes(on, clock)
    assert sent(on) == ["Later"]


async def test_two_clicks_at_once_do_one_thing(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "Once")
    (post,) = below(on, card)
    pressed = (on.slack.press(on.acme.bo, post.channel, post.ts, one) for one in ("Send now", "Cancel", "Send now"))
    await asyncio.gather(*pressed)
    await idle(on)
    given_back = [one for one in told(on, on.acme.bo) if "Nothing was sent. This is what it says" in one]
    assert len(sent(on)) + len(given_back) == 1
    assert clock.kept() == []


async def test_two_timers_and_two_releases_at_once_send_it_once(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "Once")
    (waits,) = clock.waiting()
    clock.comes()
    twice = [Release(about=waits.id, to=to, asker=waits.send.asker) for to in (waits.to, "beside")]
    await on.bridge.lanes.accept(RingLater(), *twice, RingLater())
    await idle(on)
    assert (sent(on), clock.kept(), len(receipts(on, card))) == (["Once"], [], 1)


async def test_a_clock_that_is_ahead_rings_too_soon_and_it_goes_out_at_its_time(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "On time")
    clock.comes(ago=-0.5)
    (known,) = clock.waiting()
    await on.bridge.lanes.accept(Release(about=known.id, to=known.to, asker=known.send.asker))
    await on.slack.until(lambda: sent(on) == ["On time"])
    await idle(on)


async def test_two_clicks_on_the_question_about_a_first_message_begin_one(on: Stage, clock: Later) -> None:
    on.inbox.plan_required = True
    on.inbox.set_account_status(on.acme.account, "paused")
    await dm_later(on, on.acme.bo, STRANGER, "Hello Omar")
    asked = await whisper(on, on.acme.bo, "Before you write to")
    on.inbox.set_account_status(on.acme.account, "active")
    on.inbox.plan_required = False
    await asyncio.gather(*(on.slack.press_ephemeral(on.acme.bo, asked, "Send anyway") for _ in range(2)))
    await idle(on)
    assert len(clock.waiting()) == 1


async def test_what_kills_every_worker_brings_the_text_back(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    await later(on, on.acme.bo, card, "See you")
    (waits,) = clock.waiting()
    clock.comes()
    await on.bridge.lanes.accept(Release(about=waits.id, to=waits.to, asker=waits.send.asker, deaths=5))
    heard = await hears(on, on.acme.bo, "Something went wrong on my side.")
    await idle(on)
    assert "See you" in heard
    assert (sent(on), clock.kept(), below(on, card)) == ([], [], [])
