"""Targets: the card says by when, late ones are seen and told of once, and later somebody else hears of them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.store import keys
from bot.targets.jobs import LookAtTargets, TellLate
from tests.e2e.snoozing import snooze
from tests.e2e.steps import Picture, card_of, cards, form, hears, idle, initial, press_when_shown, shows, thread, told
from tests.mortal import Interrupted


class Day:
    """A stage on which time passes: who waits has waited that much longer."""

    def __init__(self, on: Stage, redis: Any) -> None:
        self.on, self.redis = on, redis

    async def passes(self, minutes: float, held: int = 0) -> None:
        self.ages(minutes)
        await self.rings(held)

    def ages(self, minutes: float) -> None:
        """So much time passes in which nobody looks."""
        for key in self.redis.keys(keys.waiting("*")):
            times = self.redis.hgetall(key)
            self.redis.hset(key, mapping={n: repr(float(at) - minutes * 60) for n, at in times.items()})
        for thread_id in self.redis.zrange(keys.TARGETS, 0, -1):
            self.redis.zincrby(keys.TARGETS, -minutes * 60, thread_id)
        for name in self.redis.keys(keys.once("target:*")):
            begin, _, since = name.decode().rpartition(":")
            self.redis.rename(name, f"{begin}:{float(since) - minutes * 60:.0f}")

    async def rings(self, held: int = 0) -> None:
        """Somebody looks; `held` lanes wait then."""
        await self.on.bridge.lanes.accept(LookAtTargets())
        await idle(self.on, held=held)

    async def sets(self, **values: Any) -> None:
        """Ana sets the channel's target in the form."""
        assert (await self.on.slack.command(self.on.acme.ana, self.on.acme.channel, "/inbox", "settings")).ok
        await form(self.on, self.on.acme.ana, "Messages show")
        assert (await self.on.slack.submit(self.on.acme.ana, values={"target": "60", "zone": "UTC", **values})).ok
        await idle(self.on)

    async def says(self, words: str) -> None:
        """Ana types it behind `/inbox` in the channel."""
        await self.on.slack.command(self.on.acme.ana, self.on.acme.channel, "/inbox", words)
        await idle(self.on)


@pytest.fixture
async def day(on: Stage, redis_url: str) -> AsyncIterator[Day]:
    with Redis.from_url(redis_url) as redis:
        yield Day(on, redis)


def alarms(on: Stage, channel: str = "") -> list[Message]:
    """What the channel was told of those who wait too long."""
    posts = on.slack.messages(channel or on.acme.channel)
    return [one for one in posts if one.text.startswith("⏰") and "target" in one.text]


def alarmed(on: Stage, user: str) -> list[str]:
    return [one for one in told(on, user) if "longer than the target" in one]


def clock(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%H:%M")


# --- the card --------------------------------------------------------------------------------------------------------


async def test_the_card_says_by_when_to_answer_and_later_that_it_is_late(day: Day) -> None:
    on = day.on
    await day.sets()
    card = await card_of(on)
    head = shows(on, card).splitlines()[0]
    assert "Answer by " in head
    assert "⏰" not in head
    (at,) = re.findall(r"Answer by <!date\^(\d+)\^", card.text)  # in the reader's own time
    assert abs(int(at) - datetime.now(UTC).timestamp() - 3600) < 60
    await day.passes(61)
    assert "⏰ Answer by " in shows(on, card).splitlines()[0]
    assert "(late)" in shows(on, card)


async def test_a_late_card_is_drawn_once(day: Day) -> None:
    on = day.on
    await day.sets()
    card = await card_of(on)
    await day.passes(61)
    assert "(late)" in shows(on, card)
    late = Picture(card)
    for thread_id in day.redis.zrange(keys.WAITING, 0, -1) * 3:
        day.redis.zadd(keys.TARGETS, {thread_id: 0})
        await day.rings()
    assert late.is_unchanged()


async def test_an_answer_ends_it(day: Day) -> None:
    on = day.on
    await day.sets()
    card = await card_of(on)
    await day.says("help")
    await on.slack.command(on.acme.ana, on.acme.channel, text="@sarah Here I am")
    await hears(on, on.acme.ana, "Sent to Sarah")
    await idle(on)
    await day.passes(61)
    assert "Answer by" not in shows(on, card)
    assert alarms(on) == []


async def test_without_a_target_nothing_is_said_and_when_it_goes_it_goes_from_the_cards(day: Day) -> None:
    on = day.on
    card = await card_of(on)
    assert "Answer by" not in shows(on, card)
    await day.sets()
    assert "Answer by" in shows(on, card)
    await day.sets(target="")
    assert "Answer by" not in shows(on, card)
    await day.passes(61)
    assert alarms(on) == []


async def test_only_working_hours_count_and_no_holidays(day: Day) -> None:
    on = day.on
    every = [str(one) for one in range(7)]
    today = datetime.now(UTC).date()
    off = ", ".join(
        str(today + timedelta(days=one)) for one in (-1, 0, 1)
    )  # hours that pass midnight are the first day's
    await day.sets(hours=f"{clock(-2)}-{clock(3)}", days=every, holidays=off)
    card = await card_of(on)
    await day.rings()
    assert "Answer by" in shows(on, card)
    by = datetime.fromtimestamp(float(day.redis.zrange(keys.TARGETS, 0, -1, withscores=True)[0][1]), UTC)
    assert by.date() >= today + timedelta(days=2) or by - datetime.now(UTC) > timedelta(hours=20)
    await day.passes(0)
    assert alarms(on) == []


async def test_what_is_snoozed_is_passed_over_and_its_target_begins_when_it_wakes(day: Day) -> None:
    on = day.on
    await day.sets()
    card = await card_of(on)
    await snooze(on, on.acme.bo, card)
    await day.passes(61)
    assert "Answer by" not in shows(on, card)
    assert alarms(on) == []
    assert (await on.slack.press(on.acme.bo, card.channel, card.ts, "Wake now")).ok
    await on.slack.until(lambda: "Answer by" in shows(on, card))
    await day.rings()
    assert "⏰" not in shows(on, card)
    await day.passes(61)
    assert "⏰" in shows(on, card)


# --- who hears of it -------------------------------------------------------------------------------------------------


async def test_after_the_target_the_channel_is_reminded_once(day: Day) -> None:
    on = day.on
    await day.sets()
    card = await card_of(on)
    await day.passes(59)
    assert alarms(on) == []
    await day.passes(2)
    (said,) = alarms(on)
    assert "Sarah Chen" in said.text
    assert on.slack.permalink(card) in said.text
    assert "Hi there" not in said.text
    for _ in range(4):
        await day.passes(300)
    assert len(alarms(on)) == 1


async def test_who_has_the_conversation_is_reminded_instead_but_not_in_their_quiet_hours(day: Day) -> None:
    on = day.on
    await day.sets()
    card = await card_of(on)
    await press_when_shown(on, on.acme.bo, card, "Assign to me")
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", f"quiet {clock(-1)}-{clock(2)} UTC")
    await idle(on)
    await day.passes(61)
    assert (alarms(on), alarmed(on, on.acme.bo)) == ([], [])
    assert "⏰" in shows(on, card)  # the card itself disturbs nobody
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "quiet off")
    await idle(on)
    await day.passes(120)
    (said,) = alarmed(on, on.acme.bo)
    assert "It is assigned to you" in said
    await day.passes(300)
    assert (alarms(on), len(alarmed(on, on.acme.bo))) == ([], 1)


async def test_several_who_are_late_are_one_message(day: Day) -> None:
    on = day.on
    await day.sets()
    await card_of(on)
    await card_of(on, "Hello", on.acme.omar)
    await day.passes(61)
    (said,) = alarms(on)
    assert "2 conversations are waiting for an answer, longer than the target" in said.text


async def test_the_next_wait_is_told_of_again(day: Day) -> None:
    on = day.on
    await day.sets()
    await card_of(on)
    await day.passes(61)
    await on.slack.command(on.acme.ana, on.acme.channel, text="@sarah Here I am")
    await hears(on, on.acme.ana, "Sent to Sarah")
    await idle(on)
    await on.inbox.customer_writes(on.acme.sarah, "One more thing")
    await idle(on)
    await day.passes(61)
    assert len(alarms(on)) == 2


async def test_nobody_is_told_outside_working_hours(day: Day) -> None:
    on = day.on
    every = [str(one) for one in range(7)]
    await day.sets(hours=f"{clock(-5)}-{clock(-1)}", days=every)
    await day.says("escalate 5 <@" + on.acme.ana + ">")
    await card_of(on)
    await day.passes(24 * 60)  # four working hours in it
    assert (alarms(on), alarmed(on, on.acme.ana)) == ([], [])
    assert "⏰" in shows(on, cards(on)[0])


async def test_what_could_not_be_said_in_working_hours_waits_for_them(day: Day) -> None:
    """As when Slack was away for the rest of the day."""
    on = day.on
    await day.sets(hours=f"{clock(-5)}-{clock(-1)}", days=[str(one) for one in range(7)])
    await card_of(on)
    ((thread_id, _),) = day.redis.zrange(keys.WAITING, 0, -1, withscores=True)
    first = float(day.redis.hget(keys.waiting(thread_id.decode()), "first"))
    since = datetime.fromtimestamp(first, UTC).timestamp()
    job = TellLate(stage="late", channel=on.acme.channel, threads={thread_id.decode(): since})
    await on.bridge.lanes.accept(job)
    await idle(on)
    assert alarms(on) == []


def test_of_two_posts_of_one_look_in_a_channel_neither_is_taken_for_the_other() -> None:
    one = TellLate(ref="abc123", stage="escalated", channel="C1", threads={"t1": 1.0})
    marks = {job.mark for job in (one, one.having(mention="U1"), one.having(mention="S1"), one.having(stage="late"))}
    assert len(marks) == 4


async def test_a_colleague_who_lost_their_seat_gets_no_direct_message(day: Day) -> None:
    on = day.on
    await day.sets()
    await day.says(f"escalate 30 <@{on.acme.guest}>")
    await card_of(on)
    await day.passes(61)
    await day.passes(31)
    assert alarmed(on, on.acme.guest) == []
    assert [f"<@{on.acme.guest}>" in one.text for one in alarms(on)] == [False, True]


# --- what failed once ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [{"retry_after": 1}, {"status": 503}], ids=["busy", "down"])
async def test_what_slack_did_not_take_before_quiet_hours_began_is_told_after_them(
    day: Day, trouble: dict[str, Any]
) -> None:
    on = day.on
    await day.sets()
    await press_when_shown(on, on.acme.bo, await card_of(on), "Assign to me")
    await idle(on)
    on.slack.fail("chat.postMessage", times=None, **trouble)
    await day.passes(61, held=1)
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", f"quiet {clock(-1)}-{clock(2)} UTC")
    await on.slack.until(lambda: any(one.method == "response_url" for one in on.slack.calls))
    on.slack.heal()
    await idle(on)
    assert alarmed(on, on.acme.bo) == []
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "quiet off")
    await idle(on)
    for _ in range(3):
        await day.passes(31)
    assert (alarms(on), len(alarmed(on, on.acme.bo))) == ([], 1)
    read = [call.args["channel"] for call in on.slack.calls if call.method == "conversations.history"]
    assert on.acme.bo not in read  # which Slack knows as no channel


async def test_what_slack_did_not_take_before_a_colleague_took_it_is_told_to_the_colleague(day: Day) -> None:
    on = day.on
    await day.sets()
    sarahs, omars = await card_of(on), await card_of(on, "Hello", on.acme.omar)
    for card in (sarahs, omars):
        await press_when_shown(on, on.acme.bo, card, "Assign to me")
    await idle(on)
    on.slack.fail("chat.postMessage", retry_after=1, times=None)
    await day.passes(61, held=1)
    await on.inbox.app_assigns(thread(on, on.acme.omar).id, on.acme.ana_member)
    await on.slack.until(lambda: "Assigned to Ana" in shows(on, omars))
    on.slack.heal()
    await idle(on)
    (said,) = alarmed(on, on.acme.bo)
    assert ("Sarah Chen" in said, "Omar" in said) == (True, False)
    for _ in range(3):
        await day.passes(31)
    (said,) = alarmed(on, on.acme.ana)
    assert "Omar" in said
    assert (alarms(on), len(alarmed(on, on.acme.bo))) == ([], 1)


async def test_what_nobody_could_say_is_told_by_the_next_look(day: Day) -> None:
    """As when every worker dies that takes it."""
    on = day.on
    await day.sets()
    await card_of(on)
    since = thread(on).messages[-1].created_at.timestamp()
    ours = TellLate(stage="late", channel=on.acme.channel, threads={thread(on).id: since - 61 * 60}, tries=5, deaths=5)
    other = ours.having(ref="000000")
    day.redis.set(keys.once(f"target:late:{thread(on).id}:{since:.0f}"), ours.ref)
    await day.passes(61)
    await on.bridge.lanes.accept(other)
    await idle(on)
    await day.passes(31)
    assert alarms(on) == []  # the claim of somebody else stands
    await on.bridge.lanes.accept(ours.having(threads={thread(on).id: since - 92 * 60}))
    await idle(on)
    for _ in range(3):
        await day.passes(31)
    assert len(alarms(on)) == 1


# --- escalation ------------------------------------------------------------------------------------------------------


async def test_later_another_channel_is_told_once(day: Day) -> None:
    on = day.on
    leads = on.slack.add_channel("leads")
    await day.sets()
    await day.says(f"escalate 120 <#{leads}|leads>")
    await hears(on, on.acme.ana, "120 minutes after the target")
    await card_of(on)
    await day.passes(61)
    assert (len(alarms(on)), alarms(on, leads)) == (1, [])
    await day.passes(118)
    assert alarms(on, leads) == []
    await day.passes(3)
    (said,) = alarms(on, leads)
    assert "Sarah Chen" in said.text
    for _ in range(3):
        await day.passes(300)
    assert (len(alarms(on)), len(alarms(on, leads))) == (1, 1)


@pytest.mark.parametrize("after", range(3, 8))
async def test_what_is_set_during_a_look_counts(day: Day, after: int) -> None:
    on = day.on
    leads = on.slack.add_channel("leads")
    await day.sets()
    await day.says(f"escalate 120 <#{leads}|leads>")
    await card_of(on)
    await day.passes(61)
    day.ages(2)
    look: Any = on.bridge.worker._work._handlers[LookAtTargets]
    looked = Interrupted(look(LookAtTargets(), None), after, lambda: day.says(f"escalate 10 <#{leads}|leads>"))
    await on.bridge.lanes.accept(*await looked)
    assert looked.was
    await idle(on)
    assert alarms(on, leads) == []
    await day.passes(9)
    assert len(alarms(on, leads)) == 1


async def test_a_user_group_is_mentioned_in_the_channel(day: Day) -> None:
    on = day.on
    group = on.slack.add_usergroup("leads", [on.acme.bo])
    await day.sets()
    await day.says(f"escalate 1h <!subteam^{group}|@leads>")
    await hears(on, on.acme.ana, "I may not read who is in a user group")
    on.slack.scopes |= {"usergroups:read"}
    await day.says(f"escalate 1h <!subteam^{group}|@leads>")
    await card_of(on)
    await day.passes(61)
    await day.passes(61)
    assert [f"<!subteam^{group}>" in one.text for one in alarms(on)] == [False, True]


async def test_of_a_user_group_those_are_mentioned_who_have_no_quiet_hours(day: Day) -> None:
    on = day.on
    on.slack.scopes |= {"usergroups:read"}
    group = on.slack.add_usergroup("leads", [on.acme.ana, on.acme.bo])
    await day.sets()
    await day.says(f"escalate 1h <!subteam^{group}|@leads>")
    now = datetime.now(UTC)
    for user, begins in ((on.acme.bo, -10), (on.acme.ana, -9)):
        quiet = f"quiet {now + timedelta(hours=begins):%H:%M}-{now + timedelta(hours=10):%H:%M} UTC"
        await on.slack.command(user, on.acme.channel, command="/inbox", text=quiet)
    await card_of(on)
    await day.passes(61)
    await day.passes(61)
    assert not [one for one in alarms(on) if "<@" in one.text or "<!subteam" in one.text]
    await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="quiet off")
    await day.passes(1)
    (said,) = [one for one in alarms(on) if f"<@{on.acme.ana}>" in one.text]
    assert on.acme.bo not in said.text


async def test_a_colleague_is_told_in_a_direct_message(day: Day) -> None:
    on = day.on
    await day.sets()
    await day.says(f"escalate 30 <@{on.acme.bo}>")
    await card_of(on)
    await day.passes(61)
    await day.passes(31)
    (said,) = alarmed(on, on.acme.bo)
    assert "Nobody has taken it" in said


async def test_what_a_channel_refuses_is_told_when_it_takes_posts_again(day: Day) -> None:
    on = day.on
    leads = on.slack.add_channel("leads")
    await day.sets()
    await day.says(f"escalate 10 <#{leads}>")
    on.slack.channels[leads].archived = True
    await card_of(on)
    await day.passes(61)
    await day.passes(11)
    on.slack.channels[leads].archived = False
    assert alarms(on, leads) == []
    await day.passes(31)
    assert len(alarms(on, leads)) == 1


async def test_two_jobs_of_one_wait_tell_of_it_once(day: Day) -> None:
    on = day.on
    await day.sets()
    await card_of(on)
    await day.passes(61)
    ((thread_id, _),) = day.redis.zrange(keys.WAITING, 0, -1, withscores=True)
    since = float(day.redis.hget(keys.waiting(thread_id.decode()), "first"))
    since = datetime.fromtimestamp(since, UTC).timestamp()
    await on.bridge.lanes.accept(TellLate(stage="late", channel=on.acme.channel, threads={thread_id.decode(): since}))
    await idle(on)
    assert len(alarms(on)) == 1


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("escalate", "Nobody else is told"),
        ("escalate soon @leads", "Use `/inbox escalate 60 @leads`"),
        ("escalate 60 leads", "Use `/inbox escalate 60 @leads`"),
        ("escalate off", "Nobody else is told"),
    ],
)
async def test_who_is_told_is_set_in_words(day: Day, words: str, answer: str) -> None:
    await day.says(words)
    await hears(day.on, day.on.acme.ana, answer)


async def test_only_admins_set_it_and_a_target_comes_first(day: Day) -> None:
    on = day.on
    await day.says(f"escalate 60 <@{on.acme.bo}>")
    await hears(on, on.acme.ana, "This channel has no target yet")
    await day.sets()
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", f"escalate 60 <@{on.acme.bo}>")
    await idle(on)
    await day.says("escalate")
    await hears(on, on.acme.ana, "Nobody else is told")


async def test_a_channel_without_the_bot_cannot_be_told(day: Day) -> None:
    on = day.on
    await day.sets()
    elsewhere = on.slack.add_channel("elsewhere", bot_in=False)
    await day.says(f"escalate 60 <#{elsewhere}>")
    await hears(on, on.acme.ana, "can't post")
    await day.says("escalate")
    await hears(on, on.acme.ana, "Nobody else is told")


async def test_where_outsiders_read_along_nobody_is_named(day: Day) -> None:
    on = day.on
    await day.sets()
    on.slack.channels[on.acme.channel].shared = True
    group = on.slack.add_usergroup("leads", [on.acme.bo])
    await day.says(f"escalate 60 <!subteam^{group}|@leads>")
    await hears(on, on.acme.ana, "Another organisation reads this channel")


# --- setting it ------------------------------------------------------------------------------------------------------


async def test_the_form_shows_what_is_set_and_says_what_is_wrong(day: Day) -> None:
    on = day.on
    await day.sets(target="90", holidays="2026-12-25 2026-12-24")
    await hears(on, on.acme.ana, "Answers are due within 90 minutes. Not on 2 holidays: 2026-12-24, 2026-12-25.")
    assert (await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "settings")).ok
    view = await form(on, on.acme.ana, "Messages show")
    assert [initial(view, name) for name in ("target", "holidays")] == ["90", "2026-12-24, 2026-12-25"]
    ack = await on.slack.submit(on.acme.ana, values={"target": "soon", "holidays": "Christmas"})
    assert isinstance(ack.body, dict)
    assert "Write a number of minutes" in ack.body["errors"]["target"]
    assert "Write each day as 2026-12-25" in ack.body["errors"]["holidays"]
