"""What somebody puts away is what they were shown: where they wrote after that, it is left open, and that is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from redis import Redis

from bot.queue.job import Asker, utc_now
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.store import keys
from bot.threads.jobs import Change, Wish
from bot.triage.jobs import StepTriage
from tests.e2e.deaths import everywhere, worked
from tests.e2e.snoozing import Clock, snooze, snooze_form
from tests.e2e.steps import as_body, calls, card_of, form, hears, idle, modal, shows, thread, whisper
from tests.e2e.test_finding import conversation, forget_lists, inbox
from tests.e2e.test_home import opened_home, seen
from tests.e2e.test_triage import triage

AGAIN = "Sarah Chen has written again, so the conversation is left open. Read that, then "


def archived(on: Stage) -> int:
    """How often Inbox was asked to archive something."""
    return [call.body for call in calls(on, "PATCH")].count(as_body(on, archived=True))


async def write(on: Stage, *, answered: bool) -> None:
    """Sarah writes, and perhaps a colleague answers in Inbox, which hides it from who looks at the last message."""
    await on.inbox.customer_writes(thread(on).id, "It is urgent")
    if answered:
        await on.inbox.teammate_writes(thread(on).id, "One moment")


def me(on: Stage) -> Asker:
    return Asker(user=on.acme.ana, team=on.slack.team_id, channel=on.acme.channel)


# --- lists and Home --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answered", [False, True])
async def test_what_came_since_a_list_was_drawn_is_not_archived_and_the_list_shows_it(
    on: Stage, answered: bool
) -> None:
    await conversation(on, on.acme.sarah, "Anybody?", 1)
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Unassigned conversations (1)")
    await write(on, answered=answered)
    await on.slack.press_ephemeral(on.acme.ana, shown, "Archive")
    await hears(on, on.acme.ana, AGAIN + "archive it.")
    await on.slack.until(lambda: ("One moment" if answered else "It is urgent") in on.slack.show(shown))
    assert (thread(on).archived, archived(on)) == (False, 0)
    await on.slack.press_ephemeral(on.acme.ana, shown, "Archive")
    await on.slack.until(lambda: "[Reopen]" in on.slack.show(shown))
    assert (thread(on).archived, archived(on)) == (True, 1)


async def test_what_came_since_home_was_drawn_is_not_archived_and_home_shows_it(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Anybody?", 1)
    await opened_home(on)
    await write(on, answered=False)
    await on.slack.press_home(on.acme.ana, "Archive")
    await hears(on, on.acme.ana, AGAIN + "archive it.")
    await on.slack.until(lambda: "It is urgent" in seen(on))
    assert (thread(on).archived, archived(on)) == (False, 0)
    await on.slack.press_home(on.acme.ana, "Archive")
    await on.slack.until(lambda: "Sarah Chen" not in seen(on))
    assert (thread(on).archived, archived(on)) == (True, 1)


async def test_what_slack_has_not_shown_at_home_is_not_archived_though_it_was_read(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Anybody?", 1)
    await opened_home(on)
    await write(on, answered=False)
    on.slack.fail("views.publish", status=500, times=None)
    assert (await on.slack.open_home(on.acme.ana)).ok
    await idle(on)
    on.slack.heal()
    assert "It is urgent" not in seen(on)
    await on.slack.press_home(on.acme.ana, "Archive")
    await hears(on, on.acme.ana, AGAIN + "archive it.")
    await on.slack.until(lambda: "It is urgent" in seen(on))
    assert (thread(on).archived, archived(on)) == (False, 0)
    await on.slack.press_home(on.acme.ana, "Archive")
    await on.slack.until(lambda: thread(on).archived)


@pytest.mark.parametrize("action", ["Archive", "Snooze…"])
async def test_a_row_that_slack_has_not_replaced_yet_is_worth_what_it_shows(on: Stage, action: str) -> None:
    await conversation(on, on.acme.sarah, "Anybody?", 1)
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Unassigned conversations (1)")
    await write(on, answered=False)
    before = shown.blocks
    await on.slack.press_ephemeral(on.acme.ana, shown, "Archive")
    await on.slack.until(lambda: "It is urgent" in on.slack.show(shown))
    await idle(on)
    on.slack.private_words.clear()
    shown.blocks = before  # Ana's Slack is slower than the bot
    await on.slack.press_ephemeral(on.acme.ana, shown, action)
    if action == "Snooze…":
        await form(on, on.acme.ana, "Until")
        assert (await on.slack.submit(on.acme.ana)).ok
    await hears(on, on.acme.ana, AGAIN)
    await idle(on)
    assert (thread(on).archived, archived(on)) == (False, 0)


async def test_a_row_that_an_earlier_version_drew_is_worth_what_was_read_for_it(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Anybody?", 1)
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Unassigned conversations (1)")

    def as_before() -> None:
        (row,) = [one for one in shown.blocks if str(one.get("block_id")).startswith("list|")]
        row["block_id"] = row["block_id"].partition("@")[0]

    await write(on, answered=False)
    as_before()
    await on.slack.press_ephemeral(on.acme.ana, shown, "Archive")
    await hears(on, on.acme.ana, AGAIN + "archive it.")
    await on.slack.until(lambda: "It is urgent" in on.slack.show(shown))
    await idle(on)
    assert (thread(on).archived, archived(on)) == (False, 0)
    as_before()
    await on.slack.press_ephemeral(on.acme.ana, shown, "Archive")
    await on.slack.until(lambda: thread(on).archived)


@pytest.mark.parametrize("where", ["list", "home"])
@pytest.mark.parametrize("meanwhile", [False, True])
async def test_what_came_since_is_not_snoozed_from_lists(
    on: Stage, redis_url: str, where: str, meanwhile: bool
) -> None:
    """Neither where they wrote before the form was opened, nor `meanwhile`."""
    await conversation(on, on.acme.sarah, "Anybody?", 1)
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Unassigned conversations (1)")
    await opened_home(on)
    if not meanwhile:
        await write(on, answered=False)
    if where == "list":
        await on.slack.press_ephemeral(on.acme.ana, shown, "Snooze…")
    else:
        await on.slack.press_home(on.acme.ana, "Snooze…")
    await form(on, on.acme.ana, "Until")
    if meanwhile:
        await write(on, answered=True)
    assert (await on.slack.submit(on.acme.ana, values={"when": "monday"})).ok
    await hears(on, on.acme.ana, AGAIN + "snooze it.")
    await idle(on)
    clock = Clock(redis_url)
    assert (thread(on).archived, archived(on), clock.snoozed()) == (False, 0, [])
    clock.close()


@pytest.mark.parametrize("action", ["Archive", "Snooze…"])
async def test_of_a_list_that_is_no_longer_kept_nothing_is_put_away(on: Stage, redis_url: str, action: str) -> None:
    await conversation(on, on.acme.sarah, "Anybody?", 1)
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Unassigned conversations (1)")
    await opened_home(on)
    await forget_lists(redis_url)
    await on.slack.press_ephemeral(on.acme.ana, shown, action)
    if action == "Archive":
        await hears(on, on.acme.ana, "That list is too old. Run the command again.")
    else:
        await modal(on, on.acme.ana, "That list is too old. Run the command again.")
    await write(on, answered=False)
    await on.slack.press_home(on.acme.ana, action)
    if action == "Archive":
        await hears(on, on.acme.ana, "Your Home tab was more than an hour old, so nothing was done.")
    else:
        await modal(on, on.acme.ana, "Your Home tab was more than an hour old, so nothing was done.")
    await on.slack.until(lambda: "It is urgent" in seen(on))
    await idle(on)
    assert (thread(on).archived, archived(on)) == (False, 0)
    await on.slack.press_home(on.acme.ana, "Archive")
    await on.slack.until(lambda: thread(on).archived)


async def test_a_click_that_an_earlier_version_took_is_worked(on: Stage) -> None:
    """It did not note what was shown."""
    await conversation(on, on.acme.sarah, "Anybody?", 1)
    await opened_home(on)
    await on.bridge.lanes.accept(Change(verb="archive", thread_id=thread(on).id, seen_in="home", asker=me(on)))
    await on.slack.until(lambda: thread(on).archived)


# --- cards -----------------------------------------------------------------------------------------------------------


async def test_what_came_while_the_form_was_open_is_not_snoozed_from_the_card(on: Stage, redis_url: str) -> None:
    card = await card_of(on)
    await snooze_form(on, on.acme.ana, card)
    await write(on, answered=False)
    await on.slack.until(lambda: "It is urgent" in shows(on, card))
    await idle(on)
    assert (await on.slack.submit(on.acme.ana)).ok
    await hears(on, on.acme.ana, AGAIN + "snooze it.")
    await idle(on)
    clock = Clock(redis_url)
    assert (thread(on).archived, archived(on), clock.snoozed()) == (False, 0, [])
    clock.close()


async def test_what_comes_while_a_click_on_the_card_waits_is_not_archived(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.fail("PATCH *", delay=5.0)
    assert (await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to me")).ok
    assert (await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")).ok
    await write(on, answered=False)
    await on.slack.until(lambda: "It is urgent" in shows(on, card))
    on.inbox.delays.end()
    await hears(on, on.acme.ana, AGAIN + "archive it.")
    await idle(on)
    assert (thread(on).archived, archived(on)) == (False, 0)


def at_that_moment(on: Stage, then: Callable[[], None] = lambda: None) -> None:
    """They write once, just before Inbox archives it; and what happens `then`."""
    world, archive, left = on.inbox.world, on.inbox.world.archive, ["Wait!"]

    def meanwhile(found: Any, archived: bool) -> None:
        if archived and left:
            world.write(found, "person", left.pop())
            then()
        archive(found, archived)

    world.archive = meanwhile  # type: ignore[method-assign,assignment]


@pytest.mark.parametrize("where", ["card", "list", "reply"])
async def test_what_comes_at_that_very_moment_is_opened_again(on: Stage, where: str) -> None:
    card = await card_of(on)
    written = thread(on).messages[-1].created_at
    at_that_moment(on)
    if where == "card":
        await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    elif where == "list":
        await inbox(on, "unassigned")
        shown = await whisper(on, on.acme.ana, "Unassigned conversations (1)")
        await on.slack.press_ephemeral(on.acme.ana, shown, "Archive")
    else:
        job = Change(verb="archive", thread_id=thread(on).id, unless_after=written, asker=me(on))
        await on.bridge.lanes.accept(job)
    await hears(on, on.acme.ana, "wrote while you answered" if where == "reply" else AGAIN + "archive it.")
    await idle(on)
    assert (thread(on).archived, archived(on)) == (False, 1)
    assert "Archived" not in shows(on, card)


@pytest.mark.parametrize("status", [503, 401, 429])
@pytest.mark.parametrize("where", ["card", "list"])
async def test_what_came_at_that_very_moment_is_opened_again_though_inbox_goes_away_then(
    on: Stage, where: str, status: int, redis_url: str
) -> None:
    card = await card_of(on)
    later = 1.0 if status == 429 else None
    at_that_moment(on, lambda: on.inbox.fail("PATCH *", status, times=2, retry_after=later))
    if where == "card":
        await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    else:
        await inbox(on, "unassigned")
        shown = await whisper(on, on.acme.ana, "Unassigned conversations (1)")
        await on.slack.press_ephemeral(on.acme.ana, shown, "Archive")
    await hears(on, on.acme.ana, AGAIN + "archive it.")
    with Redis.from_url(redis_url) as redis:
        # Nothing is left to say that the change takes longer.
        assert not [one for one in redis.zrange(keys.DELAYED, 0, -1) if one.endswith(b":change")]
    await idle(on)
    assert (thread(on).archived, archived(on), len(on.inbox.faults)) == (False, 1, 0)
    assert "Archived" not in shows(on, card)
    with Redis.from_url(redis_url) as redis:
        assert redis.zscore(keys.WAITING, thread(on).id)  # somebody is reminded of it


UNREAD = (
    "Sarah Chen has written again, but Inbox did not let me open the conversation again. It is archived and nobody has "
    "read that: press *Reopen* on its card."
)


async def put_away_unread(on: Stage) -> Change:
    """Of a conversation that is archived, where Sarah wrote at that moment: the work of whoever archived it."""
    seen = thread(on).messages[-1].created_at
    on.inbox.world.reopens = False
    await on.inbox.customer_writes(thread(on).id, "Wait!")
    await on.inbox.app_archives(thread(on).id)
    await idle(on)
    return Change(verb="archive", thread_id=thread(on).id, seen=seen, begun=True, asker=me(on))


async def test_what_cannot_be_opened_again_for_ten_minutes_is_said_to_be_archived_unread(on: Stage) -> None:
    card, long_ago = await card_of(on), utc_now() - timedelta(minutes=11)
    job = await put_away_unread(on)
    on.inbox.fail("PATCH *", 503, times=None)
    await on.bridge.lanes.accept(job.having(undo=True, since=long_ago))
    await hears(on, on.acme.ana, UNREAD)
    await idle(on)
    assert "Reopen" in shows(on, card)


async def test_what_a_version_before_began_to_open_is_tried_for_ten_minutes_more(on: Stage) -> None:
    await card_of(on)
    job = await put_away_unread(on)
    on.inbox.fail("GET /v?/threads/*", 503, times=2)  # a read is tried twice
    await on.bridge.lanes.accept(job.having(undo=True, at=utc_now() - timedelta(minutes=31)))
    await hears(on, on.acme.ana, AGAIN + "archive it.")
    await idle(on)
    assert (thread(on).archived, len(on.inbox.faults)) == (False, 0)


async def test_what_inbox_refuses_to_open_again_is_said_to_be_archived_unread(on: Stage) -> None:
    card = await card_of(on)
    at_that_moment(on, lambda: on.inbox.fail("PATCH *", 403))
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await hears(on, on.acme.ana, UNREAD)
    await idle(on)
    assert "Reopen" in shows(on, card)
    assert on.inbox.faults == []


async def test_what_was_archived_after_a_long_wait_is_tried_to_be_opened_for_ten_minutes_from_then(on: Stage) -> None:
    await card_of(on)
    written, long_ago = thread(on).messages[-1].created_at, utc_now() - timedelta(minutes=30)
    at_that_moment(on, lambda: on.inbox.fail("PATCH *", 503, times=3))
    job = Change(verb="archive", thread_id=thread(on).id, seen=written, told=True, asker=me(on), at=long_ago)
    await on.bridge.lanes.accept(job)
    await hears(on, on.acme.ana, AGAIN + "archive it.")
    await idle(on)
    assert (thread(on).archived, len(on.inbox.faults)) == (False, 0)


async def test_what_a_colleague_has_answered_and_archived_by_then_is_not_opened_again(on: Stage) -> None:
    await card_of(on)
    job = await put_away_unread(on)
    await on.inbox.teammate_writes(thread(on).id, "I have looked")
    await idle(on)
    since = utc_now() - timedelta(minutes=1)
    for each in (job, job.having(undo=True, since=since), job.having(undo=True)):  # also who takes over
        await on.bridge.lanes.accept(each)
        await hears(on, on.acme.ana, "That conversation is already archived")
        await idle(on)
        on.slack.private_words.clear()
    assert (thread(on).archived, calls(on, "PATCH")) == (True, [])


async def test_what_a_colleague_has_opened_by_then_stays_so_and_that_is_said(on: Stage) -> None:
    await card_of(on)
    job = await put_away_unread(on)
    await on.inbox.app_archives(thread(on).id, archived=False)
    await idle(on)
    await on.bridge.lanes.accept(job.having(undo=True, since=utc_now()))
    await hears(on, on.acme.ana, AGAIN + "archive it.")
    await idle(on)
    assert (thread(on).archived, calls(on, "PATCH")) == (False, [])


@pytest.mark.parametrize("fault", [429, 410])
async def test_what_a_dead_worker_archived_is_not_taken_for_a_colleagues_though_inbox_takes_nothing_then(
    on: Stage, fault: int
) -> None:
    await card_of(on)
    job = await put_away_unread(on)
    on.inbox.fail("GET /*/threads/*", fault, retry_after=0.3)
    await on.bridge.lanes.accept(job)
    await hears(on, on.acme.ana, AGAIN + "archive it.")
    await idle(on)
    assert (thread(on).archived, on.inbox.faults) == (False, [])


# --- what a colleague has read and put away --------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["card", "list", "home", "reply"])
async def test_what_a_colleague_read_and_archived_meanwhile_is_not_opened_again(on: Stage, where: str) -> None:
    card = await card_of(on)
    written = thread(on).messages[-1].created_at
    if where == "card":
        await snooze_form(on, on.acme.ana, card)
    elif where == "list":
        await inbox(on, "unassigned")
        shown = await whisper(on, on.acme.ana, "Unassigned conversations (1)")
        await on.slack.press_ephemeral(on.acme.ana, shown, "Snooze…")
    elif where == "home":
        await opened_home(on)
        await on.slack.press_home(on.acme.ana, "Snooze…")
    await write(on, answered=False)
    await on.slack.until(lambda: "It is urgent" in shows(on, card))
    await idle(on)
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Bo" in shows(on, card))
    await idle(on)
    if where == "reply":
        await on.bridge.lanes.accept(
            Change(verb="archive", thread_id=thread(on).id, unless_after=written, asker=me(on))
        )
    else:
        await form(on, on.acme.ana, "Until")
        assert (await on.slack.submit(on.acme.ana)).ok
    await hears(on, on.acme.ana, "That conversation is already archived (by Bo).")
    await idle(on)
    assert (thread(on).archived, archived(on)) == (True, 1)
    assert as_body(on, archived=False) not in [call.body for call in calls(on, "PATCH")]
    assert "Archived by Bo" in shows(on, card)


@pytest.mark.parametrize("action", ["Archive", "Snooze…"])
async def test_what_was_read_and_archived_in_inbox_is_not_opened_again_by_an_old_row(on: Stage, action: str) -> None:
    await card_of(on)
    on.inbox.auto_deliver = False  # the bot does not hear of what happens
    await inbox(on, "unassigned")
    shown = await whisper(on, on.acme.ana, "Unassigned conversations (1)")
    await write(on, answered=False)
    await on.inbox.app_archives(thread(on).id)
    await on.slack.press_ephemeral(on.acme.ana, shown, action)
    if action == "Snooze…":
        await form(on, on.acme.ana, "Until")
        assert (await on.slack.submit(on.acme.ana)).ok
    await hears(on, on.acme.ana, "That conversation is already archived.")
    await idle(on)
    assert (thread(on).archived, calls(on, "PATCH")) == (True, [])


async def test_what_a_colleague_snoozed_though_they_answer_is_not_opened_by_archiving_it_with_a_reply(
    on: Stage, redis_url: str
) -> None:
    card = await card_of(on)
    written = thread(on).messages[-1].created_at
    on.inbox.world.reopens = False
    await snooze(on, on.acme.bo, card, when="week", even=["even"])
    await write(on, answered=False)
    await idle(on)
    await on.bridge.lanes.accept(Change(verb="archive", thread_id=thread(on).id, unless_after=written, asker=me(on)))
    await hears(on, on.acme.ana, "That conversation is already snoozed (by Bo).")
    await idle(on)
    assert (thread(on).archived, archived(on)) == (True, 1)
    clock = Clock(redis_url)
    assert clock.snoozed() == [thread(on).id]
    clock.close()


async def test_what_a_colleague_archived_meanwhile_is_snoozed_where_they_wrote_nothing(on: Stage) -> None:
    card = await card_of(on)
    await snooze_form(on, on.acme.ana, card)
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Bo" in shows(on, card))
    assert (await on.slack.submit(on.acme.ana)).ok
    await on.slack.until(lambda: "Snoozed until" in shows(on, card))


# --- workers that die ------------------------------------------------------------------------------------------------


@pytest.mark.exhaustive
@pytest.mark.parametrize("reopens", [True, False])
@pytest.mark.parametrize("verb", ["archive", "snooze", "reply"])
async def test_what_comes_before_another_worker_takes_over_is_left_open(on: Stage, verb: str, reopens: bool) -> None:
    """Also where Inbox does not reopen by itself what somebody writes in (`reopens`)."""
    on.inbox.world.reopens, taken_over = reopens, 0

    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        nonlocal taken_over
        found = thread(on, person)
        facts: dict[str, Any] = {"thread_id": found.id, "asker": me(on)}
        newest = found.messages[-1].created_at
        wish = Wish(until=utc_now() + timedelta(days=1))
        job = {
            "archive": Change(verb="archive", seen=newest, **facts),
            "snooze": Change(verb="snooze", seen=newest, snooze=wish, **facts),
            "reply": Change(verb="archive", unless_after=newest, **facts),
        }[verb]

        wrote = False

        async def write() -> None:
            nonlocal wrote, taken_over
            wrote, taken_over = True, taken_over + 1
            await on.inbox.customer_writes(found.id, "One more thing")
            await idle(on)

        then, died = await worked(on, job, lives, write)
        await on.bridge.lanes.accept(*then)
        await idle(on)
        assert found.archived != wrote
        assert ("Waiting since" in shows(on, card)) == wrote
        return died

    await everywhere(on, act)
    assert taken_over > 5


@pytest.mark.exhaustive
async def test_whoever_dies_over_it_what_was_archived_unread_is_opened_again(on: Stage) -> None:
    on.inbox.world.reopens = False

    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        found = thread(on, person)
        newest = found.messages[-1].created_at
        await on.inbox.customer_writes(found.id, "One more thing")
        await idle(on)
        on.inbox.auto_deliver = False  # the test works it outside its lane, in which what happens in Inbox waits
        await on.inbox.app_archives(found.id)
        job = Change(verb="archive", thread_id=found.id, seen=newest, begun=True, undo=True, asker=me(on))
        then, died = await worked(on, job, lives)
        await on.bridge.lanes.accept(*then)
        await idle(on)
        on.inbox.auto_deliver = True
        assert not found.archived
        assert "Waiting since" in shows(on, card)
        return died

    await everywhere(on, act)


# --- triage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["archive", "snooze"])
async def test_what_comes_after_a_step_of_a_triage_is_not_put_away_unread(on: Stage, redis_url: str, verb: str) -> None:
    """The step has asked Inbox; what it leads to waits behind a click."""
    card = await card_of(on)
    view = await triage(on)
    on.inbox.fail("PATCH *", delay=5.0)
    assert (await on.slack.press(on.acme.bo, card.channel, card.ts, "Assign to me")).ok
    facts: dict[str, Any] = {"view_id": view["id"], "triage": str(view["private_metadata"]).split("|")[3]}
    step = StepTriage(thread_id=thread(on).id, verb=verb, choice="week", asker=me(on), **facts)  # type: ignore[arg-type]
    then, _ = await worked(on, step, 1000)
    assert not [one for one in then if isinstance(one, Change) and one.last_seen is None]
    again, _ = await worked(on, step, 1000)  # by another worker, with the next one before this person
    assert seen_by(again) == seen_by(then)
    await on.bridge.lanes.accept(*then)
    await write(on, answered=False)
    await on.slack.until(lambda: "It is urgent" in shows(on, card))
    on.inbox.delays.end()
    await hears(on, on.acme.ana, AGAIN + f"{verb} it.")
    await idle(on)
    clock = Clock(redis_url)
    assert (thread(on).archived, archived(on), clock.snoozed()) == (False, 0, [])
    clock.close()


def seen_by(jobs: Any) -> list[object]:
    return [one.seen for one in jobs if isinstance(one, Change)]
