"""Snoozing: a conversation is put aside, and comes back when its time has come or something happens there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from redis import Redis

from bot.queue.job import utc_now
from bot.reminders.jobs import Due
from bot.sandbox.slack.block_kit.blocks import problems, view_problems
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage, bot_on, scene
from bot.snooze.jobs import Ring, Rouse
from bot.store import keys
from tests.conftest import QUICK, Open
from tests.e2e.snoozing import Clock, below, rings, snooze, snooze_form
from tests.e2e.steps import (
    as_body,
    calls,
    card_of,
    cards,
    drawn_ago,
    form,
    hears,
    idle,
    labels,
    menu,
    modal,
    nodes,
    reply,
    reply_form,
    shows,
    thread,
    told,
    whisper,
)

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
async def clock(redis_url: str) -> AsyncIterator[Clock]:
    found = Clock(redis_url)
    yield found
    found.close()


async def assigned_to_bo(on: Stage, card: Message) -> None:
    await on.inbox.app_assigns(thread(on).id, on.acme.bo_member)
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    await idle(on)


# --- until when ------------------------------------------------------------------------------------------------------


async def test_the_form_offers_times_by_the_persons_own_clock_and_all_of_it_is_valid(on: Stage) -> None:
    on.slack.users[on.acme.bo].zone = "America/New_York"
    card = await card_of(on)
    before = utc_now()
    view = await snooze_form(on, on.acme.bo, card)
    drawn = (before, utc_now())  # at one of these minutes, and on one of these days
    assert view_problems({name: view[name] for name in ("type", "title", "blocks", "submit", "close")}) == []
    zone = ZoneInfo("America/New_York")
    hours = [(at + timedelta(hours=3)).astimezone(zone) for at in drawn]  # three that pass, not three of the clock's
    shown = on.slack.show(view)
    assert any(f"In 3 hours ({at.hour}:{at:%M})" in shown for at in hours)
    days = [at.astimezone(zone) + timedelta(days=1) for at in drawn]
    assert any(f"Tomorrow, 9:00 ({day:%a} {day.day} {day:%b})" in shown for day in days)
    assert "Monday, 9:00 (" in shown
    assert "In a week (" in shown
    assert "It is in your time zone, America/New_York." in shown


@pytest.mark.parametrize(
    ("choice", "wait"),
    [("hours", timedelta(hours=3)), ("tomorrow", None), ("monday", None), ("week", timedelta(days=7))],
)
async def test_each_choice_archives_now_and_comes_back_then(
    on: Stage, clock: Clock, choice: str, wait: timedelta | None
) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card, when=choice)
    assert thread(on).archived
    assert [call.body for call in calls(on, "PATCH")] == [as_body(on, archived=True)]
    snoozed, now = clock.until(thread(on).id), utc_now()
    if wait:
        change = snoozed.astimezone(BERLIN).utcoffset() != now.astimezone(BERLIN).utcoffset()
        assert abs(snoozed - now - wait) < timedelta(minutes=1) + timedelta(hours=1) * (change and choice == "week")
    else:
        assert (snoozed.astimezone(BERLIN).hour, snoozed.astimezone(BERLIN).minute) == (9, 0)
        assert timedelta() < snoozed - now < timedelta(days=8)


async def test_a_day_and_a_time_are_chosen_in_ones_own_zone(on: Stage, clock: Clock) -> None:
    on.slack.users[on.acme.bo].zone = "America/New_York"
    card, day = await card_of(on), (utc_now() + timedelta(days=40)).date()
    await snooze(on, on.acme.bo, card, date=day.isoformat(), time="16:45")
    there = clock.until(thread(on).id).astimezone(ZoneInfo("America/New_York"))
    assert (there.date(), f"{there:%H:%M}") == (day, "16:45")
    assert "by Bo" in shows(on, card)


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"date": "2024-02-29"}, "date", "That time has passed. Choose one in the future."),
        ({"date": "2024-02-29", "time": "09:00"}, "time", "That time has passed. Choose one in the future."),
        ({"date": "2099-01-01"}, "date", "That is more than a year ahead. Choose an earlier date."),
    ],
)
async def test_a_time_that_cannot_be_is_said_beside_its_field(
    on: Stage, values: dict[str, str], field: str, words: str
) -> None:
    card = await card_of(on)
    await snooze_form(on, on.acme.ana, card)
    ack = await on.slack.submit(on.acme.ana, values=values)
    assert ack.body == {"response_action": "errors", "errors": {field: words}}
    assert ack.trouble == ""
    assert calls(on, "PATCH") == []


async def test_a_choice_means_what_stood_beside_it_when_the_form_was_drawn(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    view = await snooze_form(on, on.acme.ana, card)
    drawn_ago(view, timedelta(days=2))
    ack = await on.slack.submit(on.acme.ana, values={"when": "tomorrow"})
    assert ack.body == {
        "response_action": "errors",
        "errors": {"when": "That time has passed. Choose one in the future."},
    }
    assert (await on.slack.submit(on.acme.ana, values={"when": "week"})).ok
    await on.slack.until(lambda: "Snoozed until" in shows(on, card))
    assert timedelta(days=4, hours=22) < clock.until(thread(on).id) - utc_now() < timedelta(days=5, hours=2)


# --- asleep, and awake -----------------------------------------------------------------------------------------------


async def test_a_snoozed_card_says_until_when_and_by_whom_and_wakes_with_a_word_to_who_snoozed_it(
    on: Stage, clock: Clock
) -> None:
    card = await card_of(on, "Next week, please")
    await snooze(on, on.acme.ana, card)
    assert re.match(
        r"😴 \*Snoozed until [^*]+ by Ana\* · Unassigned · Sarah Chen \(@sarah\) via @acme\n", shows(on, card)
    )
    assert "Snoozed until" in on.slack.message(card.channel, card.ts).text  # which notifications show
    assert "Archived" not in shows(on, card)
    assert below(on, card) == []
    await rings(on)
    assert thread(on).archived  # it is not time yet
    clock.comes()
    await rings(on)
    assert not thread(on).archived
    assert [call.body for call in calls(on, "PATCH")] == [as_body(on, archived=True), as_body(on, archived=False)]
    (post,) = below(on, card)
    assert post.text.startswith(
        f"⏰ <@{on.acme.ana}> The conversation with *Sarah Chen (@sarah)* was snoozed until now"
    )
    assert problems(post.blocks, "message") == []
    assert not post.broadcast
    assert "Snoozed" not in shows(on, card)
    assert "Archive" in labels(card)
    await rings(on)
    assert len(below(on, card)) == 1
    assert clock.snoozed() == []


async def test_it_wakes_with_a_word_to_the_assignee(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await assigned_to_bo(on, card)
    await snooze(on, on.acme.ana, card)
    clock.comes()
    await rings(on)
    (post,) = below(on, card)
    assert post.text.startswith(f"⏰ <@{on.acme.bo}> ")
    assert on.acme.ana not in post.text


async def test_from_the_post_that_wakes_it_it_is_snoozed_again(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    clock.comes()
    await rings(on)
    (post,) = below(on, card)
    await on.slack.press(on.acme.bo, post.channel, post.ts, "Snooze again…")
    await on.slack.until(lambda: "Until" in on.slack.show(on.slack.modal(on.acme.bo) or {"blocks": []}))
    await on.slack.submit(on.acme.bo, values={"when": "week"})
    await on.slack.until(lambda: "Snoozed until" in shows(on, card))
    assert "by Bo" in shows(on, card)
    await idle(on)
    assert thread(on).archived


async def test_the_record_says_who_snoozed_and_what_woke_and_the_log_of_admins_shows_it(
    on: Stage, clock: Clock
) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.bo, card)
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "log")
    await hears(on, on.acme.ana, "snooze")
    clock.comes()
    await rings(on)
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "log")
    await hears(on, on.acme.ana, " wake ")


# --- what ends it ----------------------------------------------------------------------------------------------------


async def test_a_message_of_theirs_ends_it_and_is_shown_as_every_other(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    await on.inbox.customer_writes(on.acme.sarah, "Sooner, please")
    await on.slack.until(lambda: "Sooner, please" in "".join(on.slack.show(o) for o in on.slack.replies(*place(card))))
    await idle(on)
    assert not thread(on).archived
    assert "Snoozed" not in shows(on, card)
    assert clock.snoozed() == []
    assert below(on, card) == []


def place(card: Message) -> tuple[str, str]:
    return card.channel, card.ts


async def test_what_a_message_came_to_before_it_was_worked_is_not_snoozed(on: Stage, clock: Clock) -> None:
    """Who wanted it could not know of it, though it stands on the card by the time Inbox is asked."""
    card = await card_of(on)
    await snooze_form(on, on.acme.ana, card)
    on.inbox.fail("PATCH *", delay=5.0)
    assert (await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to me")).ok
    assert (await on.slack.submit(on.acme.ana)).ok
    await on.inbox.customer_writes(on.acme.sarah, "One more thing")
    await on.slack.until(lambda: "One more thing" in shows(on, card))
    on.inbox.delays.end()
    await hears(on, on.acme.ana, "Sarah Chen has written again, so the conversation is left open.")
    await idle(on)
    assert as_body(on, archived=True) not in [call.body for call in calls(on, "PATCH")]
    assert (clock.snoozed(), thread(on).archived) == ([], False)
    assert "Waiting since" in shows(on, card)


async def test_a_message_ends_it_also_where_inbox_does_not_reopen_by_itself(on: Stage, clock: Clock) -> None:
    """That API v2 does is inferred."""
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    on.inbox.world.reopens = False
    await on.inbox.customer_writes(on.acme.sarah, "Sooner, please")
    await on.slack.until(lambda: "Snoozed" not in shows(on, card))
    await idle(on)
    assert not thread(on).archived
    assert clock.snoozed() == []


async def test_with_the_box_it_sleeps_on_when_they_answer_and_wakes_in_time(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card, even=["even"])
    for said in ("Sooner, please", "Hello?"):
        await on.inbox.customer_writes(on.acme.sarah, said)
        await idle(on)
        assert thread(on).archived
        assert shows(on, card).startswith("😴")
    assert "Hello?" in "".join(on.slack.show(one) for one in on.slack.replies(*place(card)))
    clock.comes()
    await rings(on)
    assert not thread(on).archived
    assert len(below(on, card)) == 1


async def test_with_the_box_a_colleague_who_reopens_it_in_inbox_ends_it(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card, even=["even"])
    await on.inbox.customer_writes(on.acme.sarah, "Sooner, please")
    await idle(on)
    await on.inbox.app_archives(thread(on).id, archived=False)
    await on.slack.until(lambda: "Snoozed" not in shows(on, card))
    await idle(on)
    assert not thread(on).archived
    assert clock.snoozed() == []


async def test_somebody_who_reopens_it_in_inbox_ends_it_quietly(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    await on.inbox.app_archives(thread(on).id, archived=False)
    await on.slack.until(lambda: "Snoozed" not in shows(on, card))
    await idle(on)
    assert (clock.snoozed(), below(on, card)) == ([], [])


async def test_somebody_who_deletes_it_in_inbox_ends_it_quietly(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    await on.inbox.app_deletes(thread(on).id)
    await on.slack.until(lambda: "deleted in Inbox" in shows(on, card))
    await idle(on)
    assert (clock.snoozed(), below(on, card)) == ([], [])


async def test_what_was_deleted_without_a_word_is_found_out_when_it_should_wake(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    on.inbox.auto_deliver = False
    await on.inbox.app_deletes(thread(on).id)
    clock.comes()
    await rings(on)
    assert shows(on, card).startswith("✖️")
    assert (clock.snoozed(), below(on, card), told(on, on.acme.ana)) == ([], [], [])


async def test_what_was_reopened_without_a_word_wakes_nobody(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    on.inbox.auto_deliver = False
    await on.inbox.app_archives(thread(on).id, archived=False)
    clock.comes()
    await rings(on)
    assert (clock.snoozed(), below(on, card)) == ([], [])
    assert "Snoozed" not in shows(on, card)


async def test_somebody_who_archives_it_for_good_ends_it_and_it_stays_archived(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    clock.amend(thread(on).id, lambda one: one.having(at=one.at - timedelta(hours=1)))
    on.inbox.auto_deliver = False  # both are heard of at once
    await on.inbox.app_archives(thread(on).id, archived=False)
    await on.inbox.app_archives(thread(on).id)
    on.inbox.auto_deliver = True
    for logged in on.inbox.events[-2:]:
        await on.inbox.redeliver(logged.id)
    await on.slack.until(lambda: "Snoozed" not in shows(on, card))
    clock.comes()
    await rings(on)
    assert thread(on).archived
    assert below(on, card) == []
    assert shows(on, card).startswith("✅")


async def test_the_shortcut_that_archives_ends_it_and_reopen_does(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Reopen")
    await on.slack.until(lambda: "Snoozed" not in shows(on, card))
    assert not thread(on).archived
    assert clock.snoozed() == []


# --- /inbox snoozed --------------------------------------------------------------------------------------------------


async def test_inbox_snoozed_lists_them_and_wake_now_ends_one(on: Stage, clock: Clock) -> None:
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "snoozed")
    await hears(on, on.acme.bo, "No conversation is snoozed.")
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "snoozed")
    listed = await whisper(on, on.acme.bo, "Snoozed conversations (1)")
    shown = on.slack.show(listed)
    assert "😴 Sarah Chen (@sarah)" in shown
    assert "Snoozed until" in shown
    assert problems(listed.blocks, "message") == []
    reads = len(on.inbox.calls)
    await on.slack.press_ephemeral(on.acme.bo, listed, "Wake now")
    await on.slack.until(lambda: "Snoozed" not in shows(on, card))
    await idle(on)
    assert [call.method for call in on.inbox.calls[reads:] if call.method != "GET"] == ["PATCH"]
    assert not thread(on).archived
    assert clock.snoozed() == []
    assert "Wake now" not in on.slack.show(on.slack.ephemerals(on.acme.bo)[-1])
    assert below(on, card) == []


async def test_from_the_list_the_time_is_changed(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    before = clock.until(thread(on).id)
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "snoozed")
    listed = await whisper(on, on.acme.ana, "Snoozed conversations (1)")
    await on.slack.press_ephemeral(on.acme.ana, listed, "Change time…")
    await on.slack.until(
        lambda: "What you choose replaces that" in on.slack.show(on.slack.modal(on.acme.ana) or {"blocks": []})
    )
    await on.slack.submit(on.acme.ana, values={"when": "week"})
    await hears(on, on.acme.ana, "is snoozed until")
    await idle(on)
    assert clock.until(thread(on).id) > before
    assert thread(on).archived


async def test_wake_now_on_what_is_awake_says_so(on: Stage) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "snoozed")
    listed = await whisper(on, on.acme.bo, "Snoozed conversations (1)")
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Reopen")
    await on.slack.until(lambda: "Snoozed" not in shows(on, card))
    await idle(on)
    await on.slack.press_ephemeral(on.acme.bo, listed, "Wake now")
    await hears(on, on.acme.bo, "That conversation is already open")


# --- two at once -----------------------------------------------------------------------------------------------------


async def test_of_two_who_snooze_at_once_the_later_decides_and_is_told_of_the_other(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    for user in (on.acme.ana, on.acme.bo):
        await snooze_form(on, user, card)
    acks = await asyncio.gather(
        on.slack.submit(on.acme.ana, values={"when": "hours"}), on.slack.submit(on.acme.bo, values={"when": "week"})
    )
    assert [ack.ok for ack in acks] == [True, True]
    await on.slack.until(lambda: told(on, on.acme.ana) or told(on, on.acme.bo))
    await idle(on)
    (heard,) = [one for user in (on.acme.ana, on.acme.bo) for one in told(on, user)]
    first, last = ("Ana", "Bo") if "by Ana" in heard else ("Bo", "Ana")
    assert f"by {first}. Your time replaces that." in heard
    assert f"by {last}" in shows(on, card)
    assert len(clock.snoozed()) == 1
    clock.comes()
    await rings(on)
    assert len(below(on, card)) == 1


async def test_snoozed_again_it_wakes_at_the_new_time_alone(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card, when="hours")
    first = clock.until(thread(on).id)
    await on.slack.shortcut(on.acme.ana, card.channel, card.ts, "this_message")
    await modal(on, on.acme.ana, "Conversation with")
    await on.slack.press_modal(on.acme.ana, "Snooze…")
    await form(on, on.acme.ana, "Until")
    await on.slack.submit(on.acme.ana, values={"when": "week"})
    await idle(on)
    assert clock.until(thread(on).id) > first
    await rings(on)
    assert thread(on).archived
    assert told(on, on.acme.ana) == []


# --- who may, and who is there ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["guest", "outsider", "kim"])
async def test_nobody_without_the_right_snoozes_or_lists(on: Stage, who: str) -> None:
    card, user = await card_of(on), getattr(on.acme, who)
    why = "I can't match you" if who == "kim" else "Only members of *Acme*"
    assert (await on.slack.press(user, card.channel, card.ts, "Snooze…")).ok
    await on.slack.until(lambda: why in on.slack.show(on.slack.modal(user) or {"blocks": []}))
    assert not (on.slack.modal(user) or {}).get("submit")
    if who != "outsider":
        await on.slack.command(user, on.acme.channel, "/inbox", "snoozed")
        await hears(on, user, why)


async def test_where_who_snoozed_it_has_lost_the_seat_the_channel_is_told(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.bo, card)
    on.inbox.world.members.pop(on.acme.bo_member)
    clock.forget(keys.MEMBERS)
    clock.comes()
    await rings(on)
    (post,) = below(on, card)
    assert post.broadcast
    assert "Bo has no seat in Inbox any more, so somebody else should take it." in post.text
    assert "<@" not in post.text


async def test_where_that_conversation_has_no_card_the_admins_are_told(on: Stage, clock: Clock) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    await snooze_from_list(on, on.acme.bo)
    on.inbox.world.members.pop(on.acme.bo_member)
    clock.forget(keys.MEMBERS)
    clock.comes()
    await rings(on)
    heard = await hears(on, on.acme.ana, f"A conversation that <@{on.acme.bo}> had snoozed is back")
    assert "Sarah" not in heard  # an admin may have no seat
    assert problems(on.slack.dms(on.acme.ana)[-1].blocks, "message") == []
    assert not thread(on).archived


async def test_where_its_card_was_deleted_meanwhile_it_wakes_below_a_new_one_or_in_a_direct_message(
    on: Stage, clock: Clock
) -> None:
    card = await card_of(on)
    await assigned_to_bo(on, card)
    on.slack.channels[card.channel].members.discard(on.acme.bo)
    await snooze(on, on.acme.ana, card)
    await on.slack.erase(card)
    on.slack.fail("chat.update", delay=0.5)  # the word is faster than the card
    clock.comes()
    await rings(on)
    bare = [one for one in cards(on) if one.text.startswith("⏰")]
    posts = [one for new in cards(on) for one in below(on, new)]
    (message,) = on.slack.dms(on.acme.bo)
    assert (bare, len(posts)) == ([], len(cards(on)))
    assert "The conversation with *Sarah Chen (@sarah)* was snoozed until now, by Ana" in message.text
    assert await on.bridge.lanes.dead_letters() == []


async def test_in_a_shared_channel_nobody_reads_whose_conversation_is_back(
    opened: Open, api: str, clock: Clock
) -> None:
    on = await opened(versions=[api])
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    on.slack.channels[card.channel].shared = True
    clock.forget(keys.sharing(card.channel))
    clock.comes()
    await rings(on)
    (post,) = below(on, card)
    assert post.text == "⏰ A conversation of @acme that was snoozed is back."
    assert "Sarah" not in on.slack.show(post)
    assert [one for one in told(on, on.acme.ana) if "The conversation with *Sarah Chen (@sarah)* was snoozed" in one]
    assert "<@" not in on.slack.dms(on.acme.ana)[-1].text


# --- reminders, digests and figures ----------------------------------------------------------------------------------


async def test_nobody_is_reminded_of_what_is_snoozed_and_the_word_that_wakes_it_is_the_reminder(
    on: Stage, clock: Clock, redis_url: str
) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    await hours_pass(on, redis_url, 5)
    assert [one for one in cards(on) if one.text.startswith("⏰")] == []
    clock.comes()
    await rings(on)
    await hours_pass(on, redis_url, 5)
    assert [one for one in cards(on) if one.text.startswith("⏰")] == []
    await on.inbox.customer_writes(on.acme.sarah, "Hello?")
    await idle(on)
    await hours_pass(on, redis_url, 5)
    assert len([one for one in cards(on) if one.text.startswith("⏰")]) == 1


async def hours_pass(on: Stage, redis_url: str, hours: float) -> None:
    """For those who wait; and the timer of reminders rings."""
    with Redis.from_url(redis_url) as redis:
        for key in (keys.DUE, keys.WAITING):
            for member, at in redis.zrange(key, 0, -1, withscores=True):
                redis.zadd(key, {member: at - hours * 3600})
        for name in ("first", "last", "since"):
            at = redis.hget(keys.waiting(thread(on).id), name)
            if at:
                redis.hset(keys.waiting(thread(on).id), name, repr(float(at) - hours * 3600))
    await on.bridge.lanes.accept(Due())
    await idle(on)


async def test_it_counts_as_no_answer_and_the_answer_after_it_as_one(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    assert "0 answered" in await figures(on, on.acme.bo)
    assert "nobody is waiting" in await figures(on, on.acme.bo)
    clock.comes()
    await rings(on)
    assert "nobody is waiting" not in await figures(on, on.acme.bo)
    await reply(on, on.acme.ana, card, "Here we are")
    await idle(on)
    assert "1 answered" in await figures(on, on.acme.bo)


async def figures(on: Stage, user: str) -> str:
    await on.slack.command(user, on.acme.channel, "/inbox", "stats")
    await idle(on)
    return [one for one in told(on, user) if "received" in one][-1]


# --- restarts, outages, and workers that die -------------------------------------------------------------------------


async def test_it_wakes_by_itself_after_a_restart_and_once_from_many_processes(
    redis_url: str, api: str, clock: Clock
) -> None:
    timing = replace(QUICK, poll=0.05)
    async with scene(versions=[api]) as on:
        async with bot_on(on, timing=timing, redis_url=redis_url) as first:
            card = await card_of(first)
            await snooze(first, on.acme.ana, card)
        clock.comes(ago=40)  # nobody was there then
        async with (
            bot_on(on, timing=timing, redis_url=redis_url) as one,
            bot_on(on, timing=timing, redis_url=redis_url),
        ):
            await on.slack.until(lambda: below(one, card))
            await idle(one)
            assert len(below(one, card)) == 1
            assert not thread(one).archived


async def test_an_hour_without_inbox_ends_and_it_wakes_once(opened: Open, api: str, clock: Clock) -> None:
    on = await opened(versions=[api], timing=replace(QUICK, pauses=(0.02,), away=60.0))
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    on.inbox.fail("*", 503, times=None)
    clock.comes()
    await on.bridge.lanes.accept(Ring())
    tries = 15
    await on.slack.until(lambda: len(calls(on, "GET", f"/threads/{thread(on).id}")) > tries)
    assert shows(on, card).startswith("😴")
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Assign to me")  # a click is not held up
    await hears(on, on.acme.bo, "Inbox isn't answering")
    on.inbox.heal()
    await on.slack.until(lambda: below(on, card))
    await idle(on)
    assert not thread(on).archived
    assert len(below(on, card)) == 1
    assert clock.snoozed() == []


async def test_after_a_day_without_inbox_it_stays_archived_and_whoever_has_to_know_is_told_once(
    on: Stage, clock: Clock
) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    on.inbox.fail("*", 503, times=None)
    since = utc_now() - timedelta(hours=25)
    await on.bridge.lanes.accept(Rouse(thread_id=thread(on).id, snoozed=clock.snooze(thread(on).id), at=since))
    await on.slack.until(lambda: below(on, card))
    on.inbox.heal()
    await idle(on)
    (said,) = below(on, card)
    assert f"<@{on.acme.ana}>" in said.text
    assert "couldn't reopen" in on.slack.show(said)
    assert (thread(on).archived, clock.snoozed()) == (True, [])
    assert "Reopen" in labels(card)


# --- from wherever it is looked at -----------------------------------------------------------------------------------


async def test_the_menu_of_a_card_snoozes_it_or_wakes_it(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    assert menu(card)[:2] == ["Assign to…", "Snooze…"]
    await snooze(on, on.acme.ana, card)
    assert menu(card)[:2] == ["Assign to…", "Wake now"]
    assert labels(card) == ["Reply", "Assign to me", "Reopen"]
    assert problems(card.blocks, "message") == []
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Wake now")
    await on.slack.until(lambda: "Snoozed" not in shows(on, card))
    await idle(on)
    assert (thread(on).archived, clock.snoozed(), below(on, card)) == (False, [], [])


async def test_this_message_below_a_card_snoozes_it_changes_the_time_and_wakes_it(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    talk = on.slack.say(on.acme.bo, card.channel, "Later?", thread_ts=card.ts)
    for choice in ("hours", "week"):
        await on.slack.shortcut(on.acme.ana, talk.channel, talk.ts, "this_message")
        await modal(on, on.acme.ana, "Conversation with")
        await on.slack.press_modal(on.acme.ana, "Snooze…")
        await form(on, on.acme.ana, "Until")
        assert (await on.slack.submit(on.acme.ana, values={"when": choice})).ok
        await idle(on)
        assert shows(on, card).startswith("😴")
    assert clock.until(thread(on).id) > utc_now() + timedelta(days=6)
    await on.slack.shortcut(on.acme.ana, talk.channel, talk.ts, "this_message")
    await modal(on, on.acme.ana, "Conversation with")
    await on.slack.press_modal(on.acme.ana, "Wake now")
    await modal(on, on.acme.ana, "the card shows when it is open again")
    await on.slack.until(lambda: "Snoozed" not in shows(on, card))


async def test_from_home_it_is_snoozed_and_leaves_the_lists(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.open_home(on.acme.ana)
    await on.slack.until(lambda: "Sarah Chen" in on.slack.show(on.slack.home(on.acme.ana) or []))
    await on.slack.press_home(on.acme.ana, "Snooze…")
    await form(on, on.acme.ana, "Until")
    await on.slack.submit(on.acme.ana, values={"when": "monday"})
    await on.slack.until(lambda: "Sarah Chen" not in on.slack.show(on.slack.home(on.acme.ana) or []))
    await idle(on)
    assert shows(on, card).startswith("😴")
    await hears(on, on.acme.ana, "The conversation with Sarah Chen (@sarah) is snoozed until")


async def snooze_from_list(on: Stage, user: str) -> None:
    """`user` puts the conversation with Sarah, which has no card, aside for a week."""
    await on.slack.command(user, on.acme.channel, "/inbox", "find @sarah")
    found = await whisper(on, user, "Sarah Chen")
    await on.slack.press_ephemeral(user, found, "Snooze…")
    await form(on, user, "Until")
    await on.slack.submit(user, values={"when": "week"})
    await hears(on, user, "is snoozed until")
    await idle(on)
    assert thread(on).archived


async def test_a_conversation_without_a_card_is_snoozed_from_a_list_and_wakes_in_a_direct_message(
    on: Stage, clock: Clock
) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    await snooze_from_list(on, on.acme.ana)
    clock.comes()
    await rings(on)
    assert not thread(on).archived
    (message,) = on.slack.dms(on.acme.ana)
    assert "The conversation with *Sarah Chen (@sarah)* was snoozed until now" in message.text


# --- a reply that wants an answer ------------------------------------------------------------------------------------


async def answer(on: Stage, user: str, card: Message, **values: object) -> None:
    """Reply from the card, and wait until all that follows is done."""
    await reply_form(on, user, card)
    assert (await on.slack.submit(user, values={"text": "What do you think?", **values})).ok
    await on.slack.until(lambda: on.inbox.sent())
    await idle(on)


@pytest.mark.parametrize(("after", "days"), [("3 hours", 0.125), ("1 day", 1), ("3 days", 3), ("1 week", 7)])
async def test_a_reply_that_nobody_answers_comes_back_when_it_was_to(
    on: Stage, clock: Clock, after: str, days: float
) -> None:
    card = await card_of(on)
    await answer(on, on.acme.bo, card, remind=after)
    assert thread(on).archived
    assert shows(on, card).startswith("😴")
    assert "by Bo" in shows(on, card)
    assert abs(clock.until(thread(on).id) - utc_now() - timedelta(days=days)) < timedelta(minutes=1)
    clock.comes()
    await rings(on)
    (post,) = below(on, card)
    assert post.text.startswith(f"⏰ <@{on.acme.bo}> *Sarah Chen (@sarah)* hasn't answered. Bo asked on")
    assert not thread(on).archived
    assert told(on, on.acme.bo) == []


async def test_the_field_stands_at_the_end_of_the_form_and_is_valid(on: Stage) -> None:
    view = await reply_form(on, on.acme.ana, await card_of(on))
    assert [one["label"]["text"] for one in view["blocks"][-4:]] == [
        "Remind me if they don't answer in",
        "Send at",
        "Or on the day",
        "At",
    ]
    assert view_problems({name: view[name] for name in ("type", "title", "blocks", "submit", "close")}) == []


async def test_an_answer_ends_the_reminder(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await answer(on, on.acme.bo, card, remind="1 day")
    await on.inbox.customer_writes(on.acme.sarah, "I like it")
    await idle(on)
    assert not thread(on).archived
    assert (clock.snoozed(), below(on, card)) == ([], [])


async def test_with_a_reminder_the_box_that_archives_changes_nothing(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.bo, card)
    seen = next(one for one in nodes(on.slack.modal(on.acme.bo)) if one.get("type") == "checkboxes")["options"]
    await answer(on, on.acme.bo, card, remind="1 day", archive=[seen[0]["value"]])
    assert shows(on, card).startswith("😴")
    assert len(clock.snoozed()) == 1


async def test_who_was_answered_while_they_wrote_is_left_awake(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.bo, card)
    await on.inbox.customer_writes(on.acme.sarah, "One more thing")
    await idle(on, held=1)  # until the open form is no longer believed
    assert (await on.slack.submit(on.acme.bo, values={"text": "What do you think?", "remind": "1 day"})).ok
    await hears(on, on.acme.bo, "Sarah Chen wrote while you answered")
    await idle(on)
    assert (thread(on).archived, clock.snoozed()) == (False, [])


async def test_a_reply_that_is_not_sent_snoozes_nothing(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.bo, card)
    on.inbox.fail("POST *", 422, times=None)
    await on.slack.submit(on.acme.bo, values={"text": "What do you think?", "remind": "1 day"})
    await on.slack.until(lambda: "Not sent" in "".join(on.slack.show(one) for one in on.slack.replies(*place(card))))
    await idle(on)
    assert (thread(on).archived, clock.snoozed()) == (False, [])


async def test_a_reminder_that_cannot_be_set_is_said(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.bo, card)
    on.inbox.fail("PATCH *", 403, times=None)
    await on.slack.submit(on.acme.bo, values={"text": "What do you think?", "remind": "1 day"})
    await hears(on, on.acme.bo, "Your reply was sent, but I can't remind you of it.")
    assert clock.snoozed() == []


# --- who notices -----------------------------------------------------------------------------------------------------


async def test_a_message_that_ends_it_is_noticed_as_the_begin_of_a_wait(on: Stage) -> None:
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    await on.inbox.customer_writes(on.acme.sarah, "Sooner, please")
    await on.slack.until(lambda: on.slack.replies(*place(card)))
    await idle(on)
    assert [one.broadcast for one in on.slack.replies(*place(card))] == [True]


async def test_with_the_box_nobody_is_mentioned_before_it_wakes(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await assigned_to_bo(on, card)
    await snooze(on, on.acme.ana, card, even=["even"])
    await on.inbox.customer_writes(on.acme.sarah, "Sooner, please")
    await idle(on)
    (said,) = on.slack.replies(*place(card))
    assert (said.broadcast, on.acme.bo in said.text + str(said.blocks)) == (False, False)
    clock.comes()
    await rings(on)
    assert [f"<@{on.acme.bo}>" in one.text for one in below(on, card)] == [True]
    assert on.slack.dms(on.acme.bo) == []


async def test_what_was_missed_while_the_bot_was_away_ends_it(redis_url: str, api: str, clock: Clock) -> None:
    async with scene(versions=[api]) as on:
        async with bot_on(on, timing=QUICK, redis_url=redis_url) as first:
            card = await card_of(first)
            await snooze(first, on.acme.ana, card)
        on.inbox.world.reopens = False
        on.inbox.auto_deliver = False
        await on.inbox.customer_writes(on.acme.sarah, "Sooner, please")
        with Redis.from_url(redis_url) as redis:
            redis.set(keys.READ_AT, (utc_now() - timedelta(hours=1)).isoformat())
        async with bot_on(on, timing=QUICK, redis_url=redis_url) as second:
            await on.slack.until(lambda: clock.snoozed() == [])
            await idle(second)
            assert not thread(second).archived


async def test_an_assignee_who_is_not_in_the_channel_reads_it_in_a_direct_message(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await assigned_to_bo(on, card)
    on.slack.channels[card.channel].members.discard(on.acme.bo)
    await snooze(on, on.acme.ana, card)
    clock.comes()
    await rings(on)
    (post,), (message,) = below(on, card), on.slack.dms(on.acme.bo)
    assert "<@" not in post.text + message.text
    assert "The conversation with *Sarah Chen (@sarah)* was snoozed until now, by Ana" in message.text


async def test_while_the_channel_takes_no_post_they_read_it_all_the_same_and_once(on: Stage, clock: Clock) -> None:
    card = await card_of(on)
    await assigned_to_bo(on, card)
    on.slack.channels[card.channel].members.discard(on.acme.bo)
    await snooze(on, on.acme.ana, card)
    on.slack.channels[card.channel].archived = True
    clock.comes()
    await on.bridge.lanes.accept(Ring())
    await hears(on, on.acme.bo, "was snoozed until now, by Ana")
    assert below(on, card) == []
    on.slack.channels[card.channel].archived = False
    await on.slack.until(lambda: below(on, card))
    await idle(on)
    assert (len(below(on, card)), len(on.slack.dms(on.acme.bo))) == (1, 1)


async def test_in_the_assignees_quiet_hours_it_is_reopened_and_the_word_waits(on: Stage, clock: Clock) -> None:
    quiet = f"quiet {utc_now() - timedelta(hours=1):%H:%M}-{utc_now() + timedelta(hours=1):%H:%M} UTC"
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", quiet)
    await hears(on, on.acme.bo, "they come afterwards")
    card = await card_of(on)
    await assigned_to_bo(on, card)
    await snooze(on, on.acme.ana, card)
    clock.comes()
    await on.bridge.lanes.accept(Ring())
    await idle(on, held=1)
    assert (thread(on).archived, below(on, card), on.slack.dms(on.acme.bo)) == (False, [], [])


async def test_who_snoozed_it_into_their_own_quiet_hours_is_told_at_that_time(on: Stage, clock: Clock) -> None:
    quiet = f"quiet {utc_now() - timedelta(hours=1):%H:%M}-{utc_now() + timedelta(hours=1):%H:%M} UTC"
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", quiet)
    card = await card_of(on)
    await snooze(on, on.acme.ana, card)
    clock.comes()
    await rings(on)
    assert len(below(on, card)) == 1
