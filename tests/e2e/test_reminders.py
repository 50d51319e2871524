"""Reminders, quiet hours and the morning's digest: who waits for an answer is not forgotten, and nobody is pestered."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from bot.channels.jobs import SaveSettings
from bot.context import Timing
from bot.hours import Reminders
from bot.queue.job import Asker
from bot.reminders.jobs import Due, Morning, Nudge
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage, bot_on, scene
from bot.store import keys
from tests.conftest import QUICK, Open
from tests.e2e.deaths import ENOUGH
from tests.e2e.snoozing import snooze
from tests.e2e.steps import card_of, cards, form, hears, idle, initial, labels, thread, told
from tests.mortal import Interrupted

TIMES = ("first", "last", "since", "answered")


class Day:
    """A stage on which hours pass: everything that was written down so far happened that much earlier."""

    def __init__(self, on: Stage, redis: Any) -> None:
        self.on, self.redis = on, redis

    async def passes(self, hours: float) -> None:
        """`hours` go by, and the timer of one of the processes rings."""
        for key in (keys.DUE, keys.WAITING, keys.MORNINGS):
            found = self.redis.zrange(key, 0, -1, withscores=True)
            for member, at in found:
                self.redis.zadd(key, {member: at - hours * 3600})
        for key in self.redis.keys(keys.waiting("*")):
            times = self.redis.hgetall(key)
            self.redis.hset(key, mapping={name: repr(float(at) - hours * 3600) for name, at in times.items()})
        await self.rings()

    async def rings(self) -> None:
        await self.on.bridge.lanes.accept(Due())
        await idle(self.on)

    def sets(self, channel: str | None = None, **reminders: object) -> None:
        """The channel's reminders, as if an admin had set them."""
        at = keys.channel_choices(channel or self.on.acme.channel)
        self.redis.set(at, json.dumps({"reminders": reminders}))


@pytest.fixture
async def day(on: Stage, redis_url: str) -> AsyncIterator[Day]:
    with Redis.from_url(redis_url) as redis:
        yield Day(on, redis)


async def write(on: Stage, said: str = "Anybody there?", person: PersonRecord | None = None) -> None:
    await on.inbox.customer_writes(person or on.acme.sarah, said)
    await idle(on)


def reminders(on: Stage, channel: str | None = None) -> list[Message]:
    return [one for one in on.slack.messages(channel or on.acme.channel) if one.text.startswith("⏰")]


def reminded(on: Stage, user: str) -> list[str]:
    return [one for one in told(on, user) if "⏰" in one]


async def settings(on: Stage, **values: Any) -> None:
    """Ana opens the channel's settings and saves what is given."""
    assert (await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="settings")).ok
    await form(on, on.acme.ana, "Messages show")
    assert (await on.slack.submit(on.acme.ana, values=values)).ok
    await idle(on)


# --- the channel -----------------------------------------------------------------------------------------------------


async def test_a_channel_is_reminded_once_of_who_waits_and_nobody_has(day: Day) -> None:
    on = day.on
    await write(on)
    await day.passes(3.9)
    assert reminders(on) == []
    await day.passes(0.2)
    (said,) = reminders(on)
    assert "Sarah Chen" in said.text
    assert "Nobody has taken it" in said.text
    assert on.slack.permalink(cards(on)[0]) in said.text
    assert "Anybody there" not in said.text
    await day.passes(50)
    assert len(reminders(on)) == 1


async def test_what_they_write_after_a_reminder_waits_for_a_reminder_of_its_own(day: Day) -> None:
    on = day.on
    await write(on)
    await write(on, "Hello?")
    await day.passes(5)
    await write(on, "HELLO?")
    await day.passes(3)
    assert len(reminders(on)) == 1
    await day.passes(2)
    assert len(reminders(on)) == 2
    await day.passes(20)
    assert len(reminders(on)) == 2


async def test_several_who_wait_are_one_message(day: Day) -> None:
    on = day.on
    await write(on)
    await write(on, person=on.acme.omar)
    await day.passes(5)
    (said,) = reminders(on)
    assert "2 conversations are waiting for an answer" in said.text
    assert ["Sarah Chen" in on.slack.show(said), "Omar Khan" in on.slack.show(said)] == [True, True]


async def answered_by_slack(on: Stage) -> None:
    await on.slack.command(on.acme.ana, on.acme.channel, text="@sarah Here I am")
    await hears(on, on.acme.ana, "Sent to Sarah Chen")


async def answered_on_the_platform(on: Stage) -> None:
    await on.inbox.teammate_writes(thread(on).id, "Here I am")


async def answered_in_inbox(on: Stage) -> None:
    await on.inbox.teammate_writes(thread(on).id, "Here I am", "member")


async def archived(on: Stage) -> None:
    await on.slack.press(on.acme.ana, on.acme.channel, cards(on)[0].ts, "Archive")
    await on.slack.until(lambda: "Reopen" in labels(cards(on)[0]))


async def deleted(on: Stage) -> None:
    await on.inbox.app_deletes(thread(on).id)


@pytest.mark.parametrize(
    "end",
    [answered_by_slack, answered_on_the_platform, answered_in_inbox, archived, deleted],
    ids=lambda end: end.__name__,
)
async def test_no_reminder_comes_when_it_is_over(day: Day, end: Any) -> None:
    await write(day.on)
    await day.passes(3)
    await end(day.on)
    await idle(day.on)
    before = len(day.on.inbox.calls)
    await day.passes(5)
    assert reminders(day.on) == []
    assert len(day.on.inbox.calls) == before  # nothing was asked of Inbox to know


async def test_a_campaigns_message_answers_nobody(opened: Open, redis_url: str) -> None:
    """Where v1 says who wrote; v2's event does not, and is taken for an answer rather than asked about."""
    on = await opened(versions=["v1"])
    await write(on)
    on.inbox.world.write(on.inbox.thread(thread(on).id), "campaign", "Our offer of the week")
    await idle(on)
    with Redis.from_url(redis_url) as redis:
        await Day(on, redis).passes(5)
    assert len(reminders(on)) == 1


async def test_an_answer_ends_the_waiting_of_what_came_before_it_alone(day: Day) -> None:
    on = day.on
    await write(on)
    await answered_on_the_platform(on)
    await idle(on)
    await write(on, "And another thing")
    await day.passes(5)
    assert len(reminders(on)) == 1


async def test_who_has_the_conversation_may_be_reminded_instead(day: Day) -> None:
    on = day.on
    on.inbox.add_thread(on.acme.account, on.acme.sarah, assignee_id=on.acme.bo_member)
    await on.slack.command(on.acme.bo, on.acme.channel, command="/inbox", text="link")
    await write(on)
    await day.passes(30)
    assert (reminders(on), reminded(on, on.acme.bo)) == ([], [])  # off unless somebody wants it
    day.sets(assigned_after=8)
    await day.passes(1)
    assert reminders(on) == []
    (said,) = reminded(on, on.acme.bo)
    assert "Sarah Chen" in said
    assert "It is assigned to you" in said
    await day.passes(30)
    assert len(reminded(on, on.acme.bo)) == 1


async def test_whose_slack_account_was_made_anew_is_mentioned_and_reminded_by_the_new_one(day: Day) -> None:
    """The old one is linked still."""
    on = day.on
    day.sets(assigned_after=4)
    await write(on)
    await on.slack.command(on.acme.bo, on.acme.channel, command="/inbox", text="whoami")
    await idle(on)
    on.slack.users[on.acme.bo].deleted = True
    day.redis.delete(keys.profile(on.acme.bo))
    anew = on.slack.add_user(None, "Bo again", "bo@acme.example")
    await on.inbox.app_assigns(thread(on).id, on.acme.bo_member)
    await idle(on)
    await day.passes(5)
    assert len(reminded(on, anew)) == 1
    await on.inbox.teammate_writes(thread(on).id, "Here")
    await idle(on)
    await write(on, "And now?")
    (card,) = [one for one in on.slack.messages(on.acme.channel) if not one.thread_ts and not one.text.startswith("⏰")]
    assert f"<@{anew}>" in on.slack.replies(card.channel, card.ts)[-1].text


async def test_an_assignee_whom_slack_does_not_know_is_reminded_in_the_channel(day: Day) -> None:
    on = day.on
    on.slack.users[on.acme.bo].email = "bo@elsewhere.example"
    day.sets(assigned_after=8)
    on.inbox.add_thread(on.acme.account, on.acme.sarah, assignee_id=on.acme.bo_member)
    await write(on)
    await day.passes(9)
    (said,) = reminders(on)
    assert "Assigned to Bo" in said.text


async def test_reminders_can_be_switched_off(day: Day) -> None:
    day.sets(unassigned_after=None)
    await write(day.on)
    await day.passes(50)
    assert reminders(day.on) == []


# --- hours -----------------------------------------------------------------------------------------------------------


def clock(hours: float) -> str:
    """The time of day that is `hours` from now, UTC."""
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%H:%M:%S")


EVERY_DAY = list(range(7))


async def test_outside_working_hours_nothing_counts_and_nothing_is_said(day: Day) -> None:
    on = day.on
    day.sets(unassigned_after=4, opens=clock(1), closes=clock(3), days=EVERY_DAY)
    await write(on)
    await day.passes(25)  # two working hours in it
    assert reminders(on) == []
    await day.passes(48)  # four more, but it is not yet time to work
    assert reminders(on) == []
    day.sets(unassigned_after=4, opens=clock(-1), closes=clock(3), days=EVERY_DAY)
    await day.rings()
    await day.passes(1)
    assert len(reminders(on)) == 1


async def test_a_person_in_their_quiet_hours_is_left_alone_until_they_end(day: Day) -> None:
    on = day.on
    day.sets(assigned_after=1)
    on.inbox.add_thread(on.acme.account, on.acme.sarah, assignee_id=on.acme.bo_member)
    quiet = f"quiet {clock(-1)[:5]}-{clock(2)[:5]} UTC"
    await on.slack.command(on.acme.bo, on.acme.channel, command="/inbox", text="link")
    await on.slack.command(on.acme.bo, on.acme.channel, command="/inbox", text=quiet)
    await hears(on, on.acme.bo, "I send you no reminders")
    await write(on)
    await day.passes(5)
    assert reminded(on, on.acme.bo) == []
    await on.slack.command(on.acme.bo, on.acme.channel, command="/inbox", text="quiet off")
    await hears(on, on.acme.bo, "You have no quiet hours")
    await day.passes(1)
    assert len(reminded(on, on.acme.bo)) == 1


async def test_quiet_hours_are_in_ones_own_time_zone_and_a_mistake_gets_a_sentence(on: Stage) -> None:
    async def quiet(words: str, answer: str) -> None:
        await on.slack.command(on.acme.bo, on.acme.channel, command="/inbox", text=f"quiet {words}")
        await hears(on, on.acme.bo, answer)

    await quiet("", "You have no quiet hours")
    await quiet("7pm-8", "from 19:00 to 08:00 (Europe/Berlin)")
    await quiet("22:00-6:30 new york", "from 22:00 to 06:30 (America/New_York)")
    await quiet("late", "Use `/inbox quiet 19:00-8:00`")
    await on.slack.open_home(on.acme.bo)
    await on.slack.until(lambda: "from 22:00 to 06:30" in on.slack.show(on.slack.home(on.acme.bo) or {"blocks": []}))


# --- the digest ------------------------------------------------------------------------------------------------------


async def test_in_the_morning_the_channel_reads_who_waits(day: Day) -> None:
    on = day.on
    await settings(on, digest="9:00", days=[str(one) for one in range(7)], zone="UTC")
    on.inbox.add_thread(on.acme.account, on.acme.omar, assignee_id=on.acme.bo_member)
    await write(on)
    await write(on, person=on.acme.omar)
    await day.passes(0)
    assert not [one for one in cards(on) if "☀️" in one.text]
    await until_morning(day)
    (said,) = [one for one in cards(on) if "☀️" in one.text]
    assert "2 conversations are waiting for an answer, 1 unassigned" in said.text
    assert "Assigned to Bo" in on.slack.show(said)
    assert "Anybody there" not in on.slack.show(said)
    await day.rings()
    assert len([one for one in cards(on) if "☀️" in one.text]) == 1


async def test_the_digest_tells_of_this_channel_however_many_wait_longer_in_others(day: Day) -> None:
    on = day.on
    await settings(on, digest="9:00", days=[str(one) for one in range(7)], zone="UTC")
    await write(on)
    longer = datetime.now(UTC).timestamp() - 3600
    for number in range(600):
        day.redis.hset(keys.card(f"else{number}"), "channel", "C0ELSEWHERE")
        day.redis.zadd(keys.WAITING, {f"else{number}": longer})
    await until_morning(day)
    (said,) = [one for one in cards(on) if "☀️" in one.text]
    assert "1 conversation is waiting for an answer" in said.text


async def test_a_digest_whose_time_is_changed_after_it_came_comes_then_too_and_each_once(day: Day) -> None:
    on, daily = day.on, [str(one) for one in range(7)]
    await settings(on, digest="9:00", days=daily, zone="UTC")
    await write(on)
    await until_morning(day)
    await settings(on, digest="11:00", days=daily, zone="UTC")
    await until_morning(day)
    assert len([one for one in cards(on) if "☀️" in one.text]) == 2
    assert (again := day.redis.zscore(keys.MORNINGS, on.acme.channel)) > datetime.now(UTC).timestamp()
    due = datetime.now(UTC).timestamp() - 60
    for _ in range(2):  # as whoever dies between its acceptance and its next date leaves it
        day.redis.zadd(keys.MORNINGS, {on.acme.channel: due})
        await day.rings()
    assert len([one for one in cards(on) if "☀️" in one.text]) == 3
    assert day.redis.zscore(keys.MORNINGS, on.acme.channel) == again


async def test_a_digest_that_is_due_comes_though_the_settings_are_saved_before_anybody_looks(day: Day) -> None:
    on, daily = day.on, [str(one) for one in range(7)]
    await settings(on, digest="9:00", days=daily, zone="UTC")
    await write(on)
    day.redis.zadd(keys.MORNINGS, {on.acme.channel: datetime.now(UTC).timestamp() - 1})
    await settings(on, digest="11:00", days=daily, zone="UTC")
    await day.rings()
    assert len([one for one in cards(on) if "☀️" in one.text]) == 1
    following = datetime.fromtimestamp(day.redis.zscore(keys.MORNINGS, on.acme.channel), UTC)
    assert (following.hour, following.minute) == (11, 0)


async def test_the_digest_passes_over_what_is_snoozed(day: Day) -> None:
    on = day.on
    await settings(on, digest="9:00", days=[str(one) for one in range(7)], zone="UTC")
    card = await card_of(on)
    await card_of(on, "Hello", on.acme.omar)
    await snooze(on, on.acme.bo, card)
    await until_morning(day)
    (said,) = [one for one in cards(on) if "☀️" in one.text]
    assert "1 conversation is waiting for an answer" in said.text
    assert ("Sarah" in on.slack.show(said), "Omar" in on.slack.show(said)) == (False, True)


async def until_morning(day: Day) -> None:
    """Time passes until the next digest is due."""
    ((_, at),) = day.redis.zrange(keys.MORNINGS, 0, -1, withscores=True)
    day.redis.zadd(keys.MORNINGS, {day.on.acme.channel: datetime.now(UTC).timestamp() - 1})
    assert at > datetime.now(UTC).timestamp()
    await day.rings()


async def test_when_nobody_waits_there_is_no_digest_and_an_old_one_is_left_out(day: Day) -> None:
    on = day.on
    await settings(on, digest="9:00", days=[str(one) for one in range(7)])
    await until_morning(day)
    await write(on)
    day.redis.zadd(keys.MORNINGS, {on.acme.channel: datetime.now(UTC).timestamp() - 4 * 3600})
    await day.rings()
    assert not [one for one in cards(on) if "☀️" in one.text]
    assert day.redis.zscore(keys.MORNINGS, on.acme.channel) > datetime.now(UTC).timestamp()


@pytest.mark.parametrize("before", ["09:00:00", None])
async def test_what_an_admin_chooses_while_a_digest_finds_its_next_date_stays(day: Day, before: str | None) -> None:
    on, channel = day.on, day.on.acme.channel
    handler: Any = on.bridge.worker._work._handlers[Due]
    now = datetime.now(UTC).timestamp()

    async def keep(_: object) -> None: ...

    async def chooses() -> None:
        day.sets(digest="10:00:00", zone="UTC")
        day.redis.zadd(keys.MORNINGS, {channel: now + 12_345})

    for after in range(1, ENOUGH):
        day.sets(digest=before, zone="UTC")
        day.redis.zadd(keys.MORNINGS, {channel: now - 1})
        done = Interrupted(handler(Due(), keep), after, chooses)
        await done
        if not done.was:
            assert after > 2
            assert (day.redis.zscore(keys.MORNINGS, channel) or now) >= now
            return
        assert day.redis.zscore(keys.MORNINGS, channel) == now + 12_345
    raise AssertionError("it waits more often than that")


# --- setting it ------------------------------------------------------------------------------------------------------


async def test_an_admin_sets_a_channel_in_a_form_that_shows_what_is_set(on: Stage) -> None:
    on.slack.users[on.acme.bo].admin = True
    await settings(
        on, privacy="preview", unassigned_after="2,5", assigned_after="24", hours="9 - 17:30", digest="8:45",
        zone="europe/berlin", days=["0", "1", "2"],
    )  # fmt: skip
    said = await hears(on, on.acme.ana, "shows: the beginning of the text")
    assert "the channel after 2.5 h and the assignee after 24 h of working hours." in said
    assert "Digest at 08:45 (Europe/Berlin). Working hours: 09:00-17:30, Mon, Tue, Wed (Europe/Berlin)." in said
    await hears(on, on.acme.bo, "changed a setting")
    await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="settings")
    view = await form(on, on.acme.ana, "Messages show")
    shown = [initial(view, name) for name in ("unassigned_after", "assigned_after", "hours", "digest", "zone")]
    assert shown == ["2.5", "24", "09:00-17:30", "08:45", "Europe/Berlin"]
    await on.slack.submit(on.acme.ana, values={"unassigned_after": "", "assigned_after": "", "digest": "", "hours": ""})
    await hears(on, on.acme.ana, "No reminders. No digest.")
    await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="log")
    await hears(on, on.acme.ana, "settings")


async def test_the_form_begins_in_the_admins_time_zone(on: Stage) -> None:
    await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="settings")
    view = await form(on, on.acme.ana, "Messages show")
    assert [initial(view, "zone"), initial(view, "unassigned_after")] == ["Europe/Berlin", "4"]


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("unassigned_after", "soon", "Write a number of hours from 1 to 168"),
        ("assigned_after", "0", "Write a number of hours from 1 to 168"),
        ("hours", "nine to five", "Write two times of day"),
        ("hours", "9:00", "Write two times of day"),
        ("digest", "25:00", "Write a time of day"),
        ("zone", "Europe/Berln", "Did you mean Europe/Berlin?"),
    ],
)
async def test_a_mistake_in_the_form_is_said_beside_its_field(on: Stage, field: str, typed: str, words: str) -> None:
    await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="settings")
    await form(on, on.acme.ana, "Messages show")
    ack = await on.slack.submit(on.acme.ana, values={field: typed})
    assert isinstance(ack.body, dict)
    assert words in ack.body["errors"][field]
    assert ack.trouble == ""


async def test_an_admin_who_closes_the_settings_before_they_are_there_is_told_nothing(on: Stage) -> None:
    on.slack.fail("users.info", delay=0.3)
    await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="settings")
    await on.slack.close(on.acme.ana)
    await idle(on)
    assert told(on, on.acme.ana) == []


async def test_hours_that_are_set_later_count_for_those_who_wait_already(day: Day) -> None:
    on = day.on
    await write(on)
    await day.passes(3)
    await settings(on, unassigned_after="2")
    await day.rings()
    assert len(reminders(on)) == 1


# --- restarts, and many processes ------------------------------------------------------------------------------------


async def test_a_reminder_survives_a_restart_and_comes_once_from_many_processes(redis_url: str, api: str) -> None:
    timing = replace(QUICK, poll=0.02)
    async with scene(versions=[api]) as on:
        async with bot_on(on, timing=timing, redis_url=redis_url) as first:
            await write(first)
        async with (
            bot_on(on, timing=timing, redis_url=redis_url) as one,
            bot_on(on, timing=timing, redis_url=redis_url),
        ):
            with Redis.from_url(redis_url) as redis:
                await Day(one, redis).passes(5)
            await on.slack.until(lambda: reminders(one))
            await idle(one)
            assert len(reminders(one)) == 1


async def test_the_timer_rings_by_itself(opened: Open, api: str, redis_url: str) -> None:
    on = await opened(versions=[api], inbox_webhook_secret=None, timing=Timing(channel_interval=0.01, poll=0.05))
    await on.inbox.customer_writes(on.acme.sarah, "Hello?")
    await on.slack.until(lambda: cards(on))
    with Redis.from_url(redis_url) as redis:
        (waiting,) = redis.keys(keys.waiting("*"))
        redis.hset(waiting, mapping={name: repr(datetime.now(UTC).timestamp() - 5 * 3600) for name in TIMES[:3]})
        redis.zadd(keys.DUE, {thread(on).id: 0})
    await on.slack.until(lambda: reminders(on))


async def test_a_channel_that_takes_no_posts_is_reminded_when_it_does_again(day: Day) -> None:
    on = day.on
    await write(on)
    on.slack.channels[on.acme.channel].archived = True
    await day.passes(5)
    on.slack.channels[on.acme.channel].archived = False
    assert reminders(on) == []
    await day.passes(1)
    assert len(reminders(on)) == 1


async def test_who_has_passed_the_conversation_on_is_reminded_of_it_no_more(day: Day) -> None:
    on = day.on
    on.inbox.add_thread(on.acme.account, on.acme.sarah, assignee_id=on.acme.bo_member)
    await on.slack.command(on.acme.bo, on.acme.channel, command="/inbox", text="link")
    await write(on)
    since = float(day.redis.hget(keys.waiting(thread(on).id), "first"))
    await on.inbox.app_assigns(thread(on).id, on.acme.ana_member)
    await idle(on)
    for channel in (on.acme.bo, on.acme.shared):  # chosen before, and told now that Slack takes it
        await on.bridge.lanes.accept(Nudge(channel=channel, threads={thread(on).id: since}))
    await idle(on)
    assert (reminded(on, on.acme.bo), reminders(on, on.acme.shared)) == ([], [])


async def test_a_digest_that_was_switched_off_while_it_waited_does_not_come(day: Day) -> None:
    on = day.on
    await write(on)
    day.sets(digest=None)
    await on.bridge.lanes.accept(Morning(channel=on.acme.channel, day="2026-11-26"))
    await idle(on)
    assert not [one for one in cards(on) if one.text.startswith("☀️")]


async def test_of_two_admins_with_the_form_open_neither_takes_back_what_the_other_set(day: Day) -> None:
    on = day.on
    on.slack.users[on.acme.bo].admin = True
    for user in (on.acme.ana, on.acme.bo):
        assert (await on.slack.command(user, on.acme.channel, command="/inbox", text="settings")).ok
        await form(on, user, "Messages show")
    await on.slack.submit(on.acme.bo, values={"privacy": "none", "hours": "9-17"})
    await hears(on, on.acme.bo, "09:00")
    await on.slack.submit(on.acme.ana, values={"digest": "8:45"})
    await idle(on)
    kept = json.loads(day.redis.get(keys.channel_choices(on.acme.channel)))
    assert kept["privacy"] == "none"
    assert (kept["reminders"]["opens"], kept["reminders"]["digest"]) == ("09:00:00", "08:45:00")


def test_what_two_admins_set_in_one_channel_is_saved_one_after_the_other() -> None:
    """Each also says when the next digest comes, by what is set by then."""
    one, other = (
        SaveSettings(privacy="full", reminders=Reminders(), asker=Asker(user=user, team="T1", channel="C1"))
        for user in ("U1", "U2")
    )
    assert one.lane == other.lane
