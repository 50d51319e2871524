"""Each wait is noticed once: by who has the conversation, else by the channel, and by nobody for what they did."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.cards.jobs import Attempt, Missed, Post
from bot.cards.posts_store import Posts
from bot.channels.store import Preferences
from bot.hours import Quiet
from bot.models import Message as Said
from bot.queue.job import utc_now
from bot.reminders.store import Waiting
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.inbox.server import SandboxInbox
from bot.sandbox.slack.records import Message
from bot.sandbox.slack.server import SandboxSlack
from bot.sandbox.stage import Stage, acme, bot_on, scene
from bot.store import keys
from bot.waits.jobs import Notice, TellWhoWaits
from tests.conftest import QUICK, Open
from tests.e2e.snoozing import Clock, rings, snooze
from tests.e2e.steps import card_of, cards, hears, idle, labels, press_when_shown, shows, thread, told, until
from tests.e2e.test_assign import assign

MANY = replace(QUICK, inbox_per_minute=100_000)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as connected:
        yield connected


@pytest.fixture
async def card(on: Stage) -> Message:
    """Sarah's card: Ana has the conversation, and it was answered."""
    return await answered_card(on, on.acme.ana_member)


async def answered_card(on: Stage, member: str | None, person: PersonRecord | None = None) -> Message:
    card = await card_of(on, "Hi there", person)
    await on.inbox.app_assigns(thread(on, person).id, member)
    await idle(on)
    await answers(on, person)
    return card


async def answers(on: Stage, person: PersonRecord | None = None) -> None:
    await on.inbox.teammate_writes(thread(on, person).id, "Here I am")
    await idle(on)


async def writes(on: Stage, *said: str, person: PersonRecord | None = None) -> None:
    for one in said:
        await on.inbox.customer_writes(person or on.acme.sarah, one)
    await idle(on)


def mentions(on: Stage, card: Message) -> list[set[str]]:
    """Whom each post below the card mentions, of those that mention anybody."""
    return [who for one in on.slack.replies(card.channel, card.ts) if (who := on.slack.notified(one))]


def broadcasts(on: Stage, channel: str | None = None) -> list[str]:
    """What stands in a thread and in its channel."""
    return [on.slack.show(one) for one in on.slack.messages(channel or on.acme.channel) if one.broadcast]


def below(on: Stage, card: Message) -> str:
    return "\n".join(on.slack.show(one) for one in on.slack.replies(card.channel, card.ts))


def messages_to(on: Stage, user: str) -> list[str]:
    """The direct messages that tell `user` who waits."""
    return [
        one
        for one in told(on, user)
        if "waiting for your answer" in one or "people are waiting in conversations" in one
    ]


# --- somebody has it -------------------------------------------------------------------------------------------------


async def answered_from_slack(on: Stage, card: Message) -> None:
    await on.slack.command(on.acme.bo, on.acme.channel, text="@sarah Here I am")
    await hears(on, on.acme.bo, "Sent to Sarah Chen")


async def answered_on_the_platform(on: Stage, card: Message) -> None:
    await on.inbox.teammate_writes(thread(on).id, "Here I am")


async def answered_in_inbox(on: Stage, card: Message) -> None:
    await on.inbox.teammate_writes(thread(on).id, "Here I am", "member")


async def archived_here(on: Stage, card: Message) -> None:
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Archive")


async def archived_in_inbox(on: Stage, card: Message) -> None:
    await on.inbox.app_archives(thread(on).id)


LONG = (answered_on_the_platform, answered_in_inbox, archived_in_inbox)
ENDS = [answered_from_slack, archived_here, *(pytest.param(one, marks=pytest.mark.exhaustive) for one in LONG)]


@pytest.mark.parametrize("ends", ENDS)
async def test_who_has_it_is_mentioned_once_in_the_post_with_which_a_wait_begins(
    on: Stage, ends: Callable[[Stage, Message], Awaitable[None]]
) -> None:
    card = await card_of(on)
    await on.inbox.app_assigns(thread(on).id, on.acme.ana_member)
    await idle(on)
    for turn in (1, 2):
        await ends(on, card)
        await idle(on)
        await writes(on, f"urgent {turn}!")
        (post,) = [one for one in on.slack.replies(card.channel, card.ts) if f"urgent {turn}!" in on.slack.show(one)]
        assert on.slack.notified(post) == {on.acme.ana}
        await writes(on, f"Hello? {turn}")
        await writes(on, f"Anybody? {turn}")
        assert mentions(on, card) == [{on.acme.ana}] * turn
    assert (messages_to(on, on.acme.ana), messages_to(on, on.acme.bo)) == ([], [])
    assert bool(broadcasts(on)) == ends.__name__.startswith("archived")


async def test_a_new_conversation_is_a_new_card_and_what_comes_in_that_wait_is_silent(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.omar, assignee_id=on.acme.bo_member)
    for person in (on.acme.sarah, on.acme.omar):
        card = await card_of(on, "First", person)
        await writes(on, "Second", "Third", person=person)
        assert "Third" in below(on, card)
        assert mentions(on, card) == []
    assert broadcasts(on) == []
    assert messages_to(on, on.acme.bo) == []


async def test_a_burst_is_one_notice(on: Stage, card: Message) -> None:
    on.slack.fail("chat.postMessage", delay=0.2, times=3)
    await writes(on, *(f"text {number}" for number in range(7)))
    assert "text 6" in below(on, card)
    assert mentions(on, card) == [{on.acme.ana}]


async def test_of_a_burst_with_an_answer_in_it_each_wait_is_noticed_once_at_most(on: Stage, card: Message) -> None:
    began = datetime.now(UTC)
    on.slack.fail("chat.postMessage", delay=0.4)
    await on.inbox.customer_writes(on.acme.sarah, "One", at=began)
    await on.inbox.teammate_writes(thread(on).id, "Answer", at=began + timedelta(milliseconds=10))
    await on.inbox.customer_writes(on.acme.sarah, "Two", at=began + timedelta(milliseconds=20))
    await idle(on)
    noticed = mentions(on, card)
    assert noticed in ([{on.acme.ana}], [{on.acme.ana}] * 2)  # in one post, or in two
    await writes(on, "Three")
    assert mentions(on, card) == noticed


async def test_an_answer_that_came_before_the_post_leaves_nothing_to_notice(
    on: Stage, redis: Redis, card: Message
) -> None:
    later = datetime.now(UTC) + timedelta(seconds=1)
    await Waiting(redis).answered(thread(on).id, later.timestamp())  # heard of sooner than what it answers
    await writes(on, "Thanks!")
    assert "Thanks!" in below(on, card)
    assert (mentions(on, card), broadcasts(on)) == ([], [])


async def called(on: Stage, redis: Redis, member: str, name: str | None) -> None:
    """That is the member's name in Inbox from now on."""
    on.inbox.world.members[member].name = name
    await redis.delete(keys.MEMBERS)


async def urgent(on: Stage) -> Message:
    """Nobody has what Slack takes no post of until it heals."""
    card = await answered_card(on, None)
    await chooses(on, on.acme.channel, "thread")
    on.slack.fail("chat.postMessage", retry_after=1, times=None)
    await on.inbox.customer_writes(on.acme.sarah, "urgent!")
    await on.slack.until(lambda: [one for one in on.slack.calls if one.method == "chat.postMessage" and not one.ok])
    return card


@pytest.mark.parametrize("name", ["Ana", None])
async def test_who_takes_it_for_that_message_is_not_mentioned(on: Stage, redis: Redis, name: str | None) -> None:
    await called(on, redis, on.acme.ana_member, name)
    card = await urgent(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: re.search(r"Assigned to ana, ", shows(on, card), re.IGNORECASE))
    assert "urgent!" not in below(on, card)
    on.slack.heal()
    await idle(on)
    assert "urgent!" in below(on, card)
    assert re.search(r"Assigned to ana, ", shows(on, card), re.IGNORECASE)
    assert mentions(on, card) == []


async def test_whom_a_namesake_gives_it_is_mentioned(on: Stage, redis: Redis) -> None:
    await called(on, redis, on.acme.bo_member, "Ana")
    card = await urgent(on)
    await assign(on, on.acme.bo, card, "Ana, Ana@acme.example")
    await on.slack.until(lambda: "Assigned to Ana by Ana" in shows(on, card))
    assert "urgent!" not in below(on, card)
    on.slack.heal()
    await idle(on)
    assert "Assigned to Ana by Ana" in shows(on, card)
    assert mentions(on, card) == [{on.acme.ana}]


async def test_the_mention_stays_when_the_message_is_edited(on: Stage, card: Message) -> None:
    await writes(on, "urgent!")
    await on.inbox.edits(thread(on).messages[-1].id, "very urgent!")
    await idle(on)
    assert "very urgent!" in below(on, card)
    assert mentions(on, card) == [{on.acme.ana}]


# --- nobody has it ---------------------------------------------------------------------------------------------------


async def test_where_nobody_has_it_the_channel_sees_the_post_with_which_a_wait_begins(on: Stage) -> None:
    card = await answered_card(on, None)
    for turn in (1, 2):
        await writes(on, f"urgent {turn}!")
        await writes(on, "Hello?")
        assert len(broadcasts(on)) == turn
        assert f"urgent {turn}!" in broadcasts(on)[-1]
        await answers(on)
    assert mentions(on, card) == []
    assert below(on, card).count("Hello?") == 2


async def test_the_channel_and_who_has_it_notice_an_archived_one_that_comes_back(on: Stage, card: Message) -> None:
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await press_when_shown(on, on.acme.ana, card, "Reopen")
    await idle(on)
    await writes(on, "It was opened by hand before")
    assert (broadcasts(on), mentions(on, card)) == ([], [{on.acme.ana}])
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Reopen" in labels(card))
    await idle(on)
    await writes(on, "I am back")
    (seen,) = broadcasts(on)
    assert "I am back" in seen
    assert mentions(on, card) == [{on.acme.ana}] * 2


async def test_what_is_assigned_to_somebody_without_a_slack_account_is_seen_by_the_channel(on: Stage) -> None:
    member = on.inbox.add_member("Zoe", "zoe@acme.example")
    card = await answered_card(on, member)
    for turn in (1, 2):
        await writes(on, "urgent!")
        assert (len(broadcasts(on)), mentions(on, card)) == (turn, [])
        await answers(on)


# --- what people want ------------------------------------------------------------------------------------------------


async def wants(on: Stage, user: str, typed: str) -> None:
    await on.slack.command(user, on.acme.channel, command="/inbox", text=f"mentions {typed}")
    await idle(on)


async def chooses(on: Stage, channel: str, typed: str) -> None:
    await on.slack.command(on.acme.ana, channel, command="/inbox", text=f"follow-ups {typed}")
    await idle(on)


async def test_who_wants_a_direct_message_has_one_instead(on: Stage, card: Message) -> None:
    await wants(on, on.acme.ana, "message")
    await writes(on, "urgent!", "Hello?")
    (said,) = messages_to(on, on.acme.ana)
    assert "Sarah Chen" in said
    assert on.slack.permalink(card) in said
    assert "urgent" not in said
    assert (mentions(on, card), broadcasts(on)) == ([], [])
    await answers(on)
    await writes(on, "One more thing")
    assert len(messages_to(on, on.acme.ana)) == 2


async def test_who_wants_nothing_hears_nothing(on: Stage, card: Message) -> None:
    await wants(on, on.acme.ana, "off")
    await writes(on, "urgent!")
    assert "urgent!" in below(on, card)
    assert (mentions(on, card), broadcasts(on), messages_to(on, on.acme.ana)) == ([], [], [])


async def test_what_one_person_wants_is_nothing_to_another(on: Stage, card: Message) -> None:
    await wants(on, on.acme.bo, "off")
    await writes(on, "urgent!")
    assert mentions(on, card) == [{on.acme.ana}]


async def test_a_channel_may_see_nothing_of_later_messages_or_everything(on: Stage) -> None:
    card = await answered_card(on, None)
    await chooses(on, on.acme.channel, "thread")
    await writes(on, "urgent!")
    assert "urgent!" in below(on, card)
    assert broadcasts(on) == []
    await chooses(on, on.acme.channel, "every")
    await writes(on, "Hello?")
    await writes(on, "Anybody?")
    assert len(broadcasts(on)) == 2
    await on.inbox.app_assigns(thread(on).id, on.acme.ana_member)
    await answers(on)
    await writes(on, "Thanks")
    assert (len(broadcasts(on)), mentions(on, card)) == (3, [{on.acme.ana}])


async def test_in_a_channel_that_sees_nothing_who_has_it_is_mentioned_all_the_same(on: Stage, card: Message) -> None:
    await chooses(on, on.acme.channel, "thread")
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Archive")
    await idle(on)
    await writes(on, "I am back")
    assert (broadcasts(on), mentions(on, card)) == ([], [{on.acme.ana}])


# --- snoozed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["on", "message"])
async def test_a_message_that_wakes_what_was_snoozed_is_noticed_once(on: Stage, card: Message, how: str) -> None:
    await wants(on, on.acme.ana, how)
    await snooze(on, on.acme.bo, card)
    await writes(on, "Sooner, please", "Hello?")
    noticed = (mentions(on, card), len(messages_to(on, on.acme.ana)), len(broadcasts(on)))
    assert noticed == (([{on.acme.ana}], 0, 1) if how == "on" else ([], 1, 1))


async def test_what_sleeps_on_when_they_write_is_noticed_when_it_wakes(
    on: Stage, card: Message, redis_url: str
) -> None:
    await snooze(on, on.acme.bo, card, even=["even"])
    await writes(on, "Sooner, please", "Hello?")
    assert "Hello?" in below(on, card)
    assert (mentions(on, card), broadcasts(on)) == ([], [])
    clock = Clock(redis_url)
    clock.comes()
    await rings(on)
    clock.close()
    assert (mentions(on, card), broadcasts(on)) == ([{on.acme.ana}], [])
    await writes(on, "Anybody?")
    assert (mentions(on, card), broadcasts(on)) == ([{on.acme.ana}], [])


# --- quiet hours -----------------------------------------------------------------------------------------------------


def around_now(ends_in: timedelta) -> Quiet:
    now = datetime.now(UTC)
    return Quiet(begins=(now - timedelta(hours=1)).time(), ends=(now + ends_in).time(), zone="UTC")


async def quiet(on: Stage, redis: Redis, ends_in: timedelta = timedelta(hours=2)) -> None:
    """Ana's quiet hours have begun."""
    await Preferences(redis).set_person(on.acme.ana, quiet=around_now(ends_in))


async def ends(on: Stage, redis: Redis) -> None:
    """Ana's quiet hours are over."""
    await Preferences(redis).set_person(on.acme.ana, quiet=None)
    await on.bridge.lanes.hurry(TellWhoWaits(user=on.acme.ana))
    await idle(on)


@pytest.mark.parametrize("how", ["on", "message"])
async def test_quiet_hours_hold_the_notice_back_until_they_end(
    on: Stage, redis: Redis, card: Message, how: str
) -> None:
    other = await answered_card(on, on.acme.ana_member, on.acme.omar)
    await wants(on, on.acme.ana, how)
    await quiet(on, redis)
    for person in (on.acme.sarah, on.acme.omar):
        await on.inbox.customer_writes(person, "urgent!")
        await on.inbox.customer_writes(person, "Hello?")
    await idle(on, held=1)
    assert "Hello?" in below(on, card)
    assert "Hello?" in below(on, other)
    assert (messages_to(on, on.acme.ana), mentions(on, card), broadcasts(on)) == ([], [], [])
    await ends(on, redis)
    (said,) = messages_to(on, on.acme.ana)
    assert "2 people are waiting in conversations that you have" in said
    assert ["Sarah Chen" in said, "Omar Khan" in said] == [True, True]
    await writes(on, "Anybody?")
    assert (len(messages_to(on, on.acme.ana)), mentions(on, card)) == (1, [])


async def test_it_comes_by_itself_when_they_end(on: Stage, redis: Redis, card: Message) -> None:
    await quiet(on, redis, timedelta(minutes=10))
    they_end = (datetime.now(UTC) + timedelta(minutes=10)).timestamp()
    await on.inbox.customer_writes(on.acme.sarah, "urgent!")
    await idle(on, held=1)
    assert "urgent!" in below(on, card)
    assert messages_to(on, on.acme.ana) == []
    delayed: Any = await redis.zrange(keys.DELAYED, 0, -1, withscores=True)
    ((lane, at),) = delayed
    assert abs(at - they_end) < 120
    await quiet(on, redis, timedelta(seconds=-1))  # it is the time at which they end, and nobody hurries the lane
    await redis.zadd(keys.DELAYED, {lane: datetime.now(UTC).timestamp()})
    await on.slack.until(lambda: messages_to(on, on.acme.ana))
    assert mentions(on, card) == []


async def given_to_bo(on: Stage, card: Message) -> None:
    await on.inbox.app_assigns(thread(on).id, on.acme.bo_member)


async def given_to_nobody(on: Stage, card: Message) -> None:
    await on.inbox.app_assigns(thread(on).id, None)


async def deleted(on: Stage, card: Message) -> None:
    await on.inbox.app_deletes(thread(on).id)


async def test_what_nobody_has_any_more_by_then_is_the_channels(on: Stage, redis: Redis, card: Message) -> None:
    await quiet(on, redis)
    await on.inbox.customer_writes(on.acme.sarah, "urgent!")
    await idle(on, held=1)
    await given_to_nobody(on, card)
    await idle(on, held=1)
    await ends(on, redis)
    (said,) = [one for one in cards(on) if one.text.startswith("⏰")]
    assert "Sarah Chen" in on.slack.show(said)
    assert "Nobody has taken it" in on.slack.show(said)
    assert messages_to(on, on.acme.ana) == []


@pytest.mark.parametrize("meanwhile", [*ENDS, given_to_bo, given_to_nobody, deleted])
async def test_of_what_is_over_by_then_nothing_is_said(
    on: Stage, redis: Redis, card: Message, meanwhile: Callable[[Stage, Message], Awaitable[None]]
) -> None:
    await quiet(on, redis)
    await on.inbox.customer_writes(on.acme.sarah, "urgent!")
    await idle(on, held=1)
    await meanwhile(on, card)
    await idle(on, held=1)
    await ends(on, redis)
    assert (messages_to(on, on.acme.ana), mentions(on, card)) == ([], [])


async def test_what_is_held_back_survives_a_restart_and_comes_once_from_two_workers(
    redis_url: str, redis: Redis, api: str
) -> None:
    async with scene(versions=[api]) as on:
        async with bot_on(on, timing=QUICK, redis_url=redis_url) as first:
            card = await answered_card(first, first.acme.ana_member)
            await quiet(first, redis)
            await first.inbox.customer_writes(first.acme.sarah, "urgent!")
            await idle(first, held=1)
        async with (
            bot_on(on, timing=QUICK, redis_url=redis_url) as one,
            bot_on(on, timing=QUICK, redis_url=redis_url),
        ):
            assert messages_to(one, one.acme.ana) == []
            await ends(one, redis)
            await on.slack.until(lambda: messages_to(one, one.acme.ana))
            await idle(one)
            assert (len(messages_to(one, one.acme.ana)), mentions(one, card)) == (1, [])


# --- channels that show nothing, or change ---------------------------------------------------------------------------


async def test_a_channel_shared_with_others_learns_nothing_and_who_has_it_is_told(opened: Open, api: str) -> None:
    shared = acme(SandboxSlack(), SandboxInbox()).shared  # ids are given out in a fixed order
    on = await opened(versions=[api], notify_channel=shared)
    await on.inbox.customer_writes(on.acme.sarah, "Hi there")
    await idle(on)
    (card,) = on.slack.messages(shared)
    await answers(on)
    await writes(on, "urgent!")
    (seen,) = broadcasts(on, shared)
    assert seen == "New message for @acme, open in Inbox."
    await on.inbox.app_assigns(thread(on).id, on.acme.ana_member)
    await answers(on)
    await writes(on, "urgent!")
    assert len(broadcasts(on, shared)) == 1
    assert len(messages_to(on, on.acme.ana)) == 1
    assert mentions(on, card) == []
    public = [on.slack.show(one) for one in [card, *on.slack.replies(shared, card.ts)]]
    assert [one for one in public if "Sarah" in one or "Ana" in one or "urgent" in one] == []


async def test_who_is_not_in_the_channel_where_a_mention_would_not_reach_them_has_a_message(
    on: Stage, card: Message
) -> None:
    on.slack.channels[on.acme.channel].members -= {on.acme.ana}
    await writes(on, "urgent!")
    assert (len(messages_to(on, on.acme.ana)), mentions(on, card), broadcasts(on)) == (1, [], [])


async def test_a_wait_that_begins_as_the_card_moves_is_noticed_on_the_new_card(on: Stage, card: Message) -> None:
    vip = on.slack.add_channel("vip")
    on.slack.channels[vip].members |= {on.acme.ana}
    rule = f"route add text:refund to:<#{vip}|vip>"
    await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text=rule)
    await idle(on)
    await writes(on, "I want a refund", "Now!")
    (new,) = on.slack.messages(vip)
    notified = [on.slack.notified(one) for one in [new, *on.slack.replies(vip, new.ts)]]
    assert [one for one in notified if one] == [{on.acme.ana}]
    assert broadcasts(on) == []


async def test_a_wait_that_begins_while_the_bot_is_away_is_noticed_by_who_has_it(on: Stage, card: Message) -> None:
    since = datetime.now(UTC)
    on.inbox.auto_deliver = False
    await writes(on, "urgent!", "Hello?")
    for _ in range(2):  # a worker may die when all is done
        missed = Missed(channel=on.acme.channel, thread_id=thread(on).id, since=since - timedelta(minutes=1))
        await on.bridge.lanes.accept(missed)
        await idle(on)
    assert "urgent!" in below(on, card)
    on.inbox.auto_deliver = True
    await writes(on, "Anybody?")
    assert (mentions(on, card), broadcasts(on)) == ([{on.acme.ana}], [])


# --- many at once, many workers, workers that die --------------------------------------------------------------------


@pytest.mark.exhaustive
@pytest.mark.timeout(240)
async def test_of_a_hundred_that_begin_to_wait_at_once_each_is_noticed_once(
    redis_url: str, redis: Redis, api: str
) -> None:
    async with (
        scene(versions=[api]) as on,
        bot_on(on, timing=MANY, redis_url=redis_url) as one,
        bot_on(on, timing=MANY, redis_url=redis_url),
    ):
        some = [on.inbox.add_person(f"p{number}", f"Person {number}") for number in range(100)]
        for number, person in enumerate(some):
            member = None if number % 2 else on.acme.ana_member
            on.inbox.add_thread(on.acme.account, person, assignee_id=member)
            await on.inbox.customer_writes(person, "Hi there")
        await idle(one, 120)
        for person in some:
            await Waiting(redis).answered(thread(one, person).id, utc_now().timestamp())
        for person in some:
            await on.inbox.customer_writes(person, f"urgent, says {person.name}!")
        await idle(one, 120)
        free = [person.name for number, person in enumerate(some) if number % 2]
        assert sorted(_named(broadcasts(one), some)) == sorted(free)
        mentioned = [who for card in cards(one) for who in mentions(one, card)]
        assert mentioned == [{on.acme.ana}] * 50


def _named(posts: list[str], people: list[PersonRecord]) -> list[str]:
    return [person.name for post in posts for person in people if f"urgent, says {person.name}!" in post]


@pytest.mark.parametrize("member", ["ana", "nobody"])
@pytest.mark.parametrize("lost", ["before", "after"])
async def test_a_post_whose_answer_is_lost_is_one_notice(
    opened: Open, api: str, optional_scopes: frozenset[str], member: str, lost: Any
) -> None:
    on = await opened(versions=[api])
    on.slack.scopes |= optional_scopes
    card = await answered_card(on, on.acme.ana_member if member == "ana" else None)
    on.slack.fail("chat.postMessage", drop=lost)
    await writes(on, "urgent!", "Hello?")
    noticed = (mentions(on, card), len(broadcasts(on)))
    assert noticed == (([{on.acme.ana}], 0) if member == "ana" else ([], 1))


async def test_a_worker_that_dies_with_the_post_leaves_one_notice(
    redis_url: str, api: str, scopes: frozenset[str], optional_scopes: frozenset[str]
) -> None:
    async with scene(versions=[api]) as on:
        on.slack.scopes = {*scopes, *optional_scopes}
        async with bot_on(on, timing=QUICK, redis_url=redis_url) as first:
            card = await answered_card(first, on.acme.ana_member)
            on.slack.fail("chat.postMessage", delay=0.5)
            await on.inbox.customer_writes(on.acme.sarah, "urgent!")
            await until(lambda: not on.slack._faults)  # the call has come, and takes its time
            await first.bridge.worker.stop(within=0.0)
            await on.slack.until(lambda: "urgent!" in below(first, card))
        async with bot_on(on, timing=QUICK, redis_url=redis_url) as second:
            await idle(second, 30)
            await writes(second, "Hello?")
            assert mentions(second, card) == [{on.acme.ana}]


async def test_a_worker_that_dies_before_it_noted_what_stands_there_leaves_one_notice(
    on: Stage, redis: Redis, card: Message
) -> None:
    """Slack has the post; who made it could note that the wait was noticed, and no more. History may not be read."""
    await writes(on, "urgent!")
    (said,) = [one for one in thread(on).messages if one.text == "urgent!"]
    message = Said(id=said.id, thread_id=thread(on).id, direction="inbound", text="urgent!", created_at=said.created_at)
    await redis.delete(keys.once(f"message:{said.id}"), keys.shown(said.id))
    await Posts(redis).put(message, card.channel)
    notice = Notice(mention=on.acme.ana, until=said.created_at)
    attempt = Attempt(ids=(said.id,), channel=card.channel, thread_ts=card.ts, at=utc_now(), notice=notice)
    await on.bridge.lanes.accept(
        Post(channel=card.channel, thread_id=thread(on).id, message=message, waits=True, attempt=attempt)
    )
    await idle(on)
    assert mentions(on, card) == [{on.acme.ana}]


async def test_two_workers_notice_once(redis_url: str, api: str) -> None:
    async with (
        scene(versions=[api]) as on,
        bot_on(on, timing=QUICK, redis_url=redis_url) as one,
        bot_on(on, timing=QUICK, redis_url=redis_url),
    ):
        card = await answered_card(one, on.acme.ana_member)
        await wants(one, on.acme.ana, "message")
        for turn in (1, 2):
            await writes(one, "urgent!", "Hello?", "Anybody?")
            assert len(messages_to(one, on.acme.ana)) == turn
            await answers(one)
        await wants(one, on.acme.ana, "on")
        for turn in (1, 2):
            await writes(one, "urgent!", "Hello?", "Anybody?")
            assert mentions(one, card) == [{on.acme.ana}] * turn
            await answers(one)


# --- what an older version left --------------------------------------------------------------------------------------


async def test_a_wait_that_began_under_an_older_version_is_not_noticed_with_its_next_message(
    on: Stage, redis: Redis, card: Message
) -> None:
    await writes(on, "urgent!")
    await redis.hdel(keys.card(thread(on).id), "noticed")  # it did not write that down, nor mention anybody
    before = len(mentions(on, card))
    await writes(on, "Hello?")
    assert len(mentions(on, card)) == before
    await answers(on)
    await writes(on, "One more thing")
    assert len(mentions(on, card)) == before + 1
