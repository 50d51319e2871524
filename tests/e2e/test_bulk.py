"""Lists with boxes: which conversations are on them, and what is done with all that are ticked."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from bot.bulk import words
from bot.bulk.jobs import BeginBulk, Bulk, StopBulk, Ticked, Wanted
from bot.bulk.one import undo
from bot.events.jobs import Refresh
from bot.queue.job import Asker, utc_now
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.block_kit.blocks import problems, view_problems
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.store import keys
from tests.conftest import QUICK, Open
from tests.e2e.bulk import all_ticked, chosen, listed, press, rows, some_ticked, tick
from tests.e2e.deaths import everywhere, worked
from tests.e2e.steps import as_body, calls, card_of, drawn_ago, form, hears, idle, modal, shows, thread, told, whisper
from tests.e2e.test_finding import conversation, inbox, people

ASSIGNED = "assigned you"


def outcomes(on: Stage, user: str = "") -> list[str]:
    """What the bot's direct messages say of acts with many conversations, as they are now."""
    said = [on.slack.show(one) for one in on.slack.dms(user or on.acme.ana)]
    return [one for one in said if one.startswith(("⏳", "✅", "⚠️", "⏹️"))]


def archivings(on: Stage) -> int:
    """How often Inbox archived something."""
    return sum(one.type("2") == "thread.archived" for one in on.inbox.events)


# --- which are on the list -------------------------------------------------------------------------------------------


async def test_a_list_has_a_box_at_each_open_conversation_and_its_buttons(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Newer", 5)
    await conversation(on, on.acme.omar, "Older", 50, is_request=True)
    await on.inbox.app_archives(await conversation(on, on.inbox.add_person("done", "Done"), "Thanks"))
    shown = await listed(on)
    assert rows(on, shown) == {"Omar Khan": False, "Sarah Chen": False}
    said = on.slack.show(shown)
    assert "*Open conversations (2)*" in said
    assert said.count("[Reply]  [Assign to me]  [Archive]") == 2
    assert "[Tick all 2]  [Archive]  [Assign to…]  [Tag…]  [Snooze…]" in said
    assert problems(shown.blocks, "message") == []


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("status:lead", ["Sarah Chen"]),
        ("tag:vip", ["Sarah Chen", "Zoe"]),
        ("tag:none", ["Omar Khan"]),
        ("account:@acme_help", ["Zoe"]),
        ("account:@acme tag:vip waiting", ["Sarah Chen"]),
        ("assignee:bo", ["Omar Khan"]),
        ("assignee:none", ["Sarah Chen", "Zoe"]),
        ("assignee:bo,none request:yes", ["Zoe"]),
        ("request:no", ["Omar Khan", "Sarah Chen"]),
        ("waiting", ["Omar Khan", "Sarah Chen"]),
        ("text:refund", ["Omar Khan"]),
        ("platform:x", ["Omar Khan", "Sarah Chen", "Zoe"]),
        ("all", ["Omar Khan", "Sarah Chen", "Zoe"]),
    ],
)
async def test_the_conditions_of_rules_say_which(on: Stage, typed: str, found: list[str]) -> None:
    vip, lead = on.inbox.add_tag("VIP"), on.inbox.add_status("Lead")
    helps, zoe = on.inbox.add_account("acme_help", "Acme Help"), on.inbox.add_person("zoe", "Zoe")
    on.acme.sarah.tag_ids, on.acme.sarah.status_id, zoe.tag_ids = [vip], lead, [vip]
    await conversation(on, on.acme.sarah, "Hi", 5)
    await conversation(on, on.acme.omar, "My refund?", 50, assignee_id=on.acme.bo_member)
    asks = on.inbox.add_thread(helps, zoe, is_request=True)
    await on.inbox.customer_writes(asks, "May I?", at=utc_now() - timedelta(minutes=9))
    await on.inbox.teammate_writes(asks, "You may", at=utc_now() - timedelta(minutes=8))
    on.inbox.thread(asks).is_request = True
    assert sorted(rows(on, await listed(on, typed))) == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [("link:yes", ["Sarah Chen"]), ("text:refund", ["Sarah Chen"]), ("link:no", ["Omar Khan", "Zoe"])],
)
async def test_what_we_wrote_last_fits_no_condition(on: Stage, typed: str, found: list[str]) -> None:
    zoe = on.inbox.add_person("zoe", "Zoe")
    await card_of(on, "A refund? https://sarah.example/bill")
    await card_of(on, "Thanks", on.acme.omar)
    await on.inbox.teammate_writes(thread(on).id, "On its way")
    await on.inbox.teammate_writes(thread(on, on.acme.omar).id, "Your refund: https://acme.example/1")
    await idle(on)
    unseen = await conversation(on, zoe, "And mine?", 5)
    await on.inbox.teammate_writes(unseen, "Your refund: https://acme.example/2")
    shown = await listed(on, typed)
    assert sorted(rows(on, shown)) == found
    assert "I looked at the last message of theirs alone." in on.slack.show(shown)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("foo", "I don't understand *foo*"),
        ("tag:nothing", "There is no tag *nothing*"),
        ("colour:red", "I don't know *colour*"),
        ("waiting to:<#C0123456789|support>", "A list has no channel. Leave out `to:`."),
        ("waiting tag+:vip", "A list changes nothing. Leave out what a rule would do."),
        ("first:yes", "A list looks at their last message alone. Leave out `first:`"),
        ("assignee:none waiting", "No open conversation fits assignee: *none*, waiting."),
        ("", "There is no open conversation."),
    ],
)
async def test_what_cannot_be_listed_is_said(on: Stage, typed: str, said: str) -> None:
    await inbox(on, f"list {typed}")
    await hears(on, on.acme.ana, said)


@pytest.mark.both_apis
async def test_what_inbox_can_filter_it_is_asked_to_filter(on: Stage) -> None:
    """Of thousands of open conversations, those that are wanted are among those that are read."""
    vip = on.inbox.add_tag("VIP")
    on.acme.sarah.tag_ids = [vip]
    await conversation(on, on.acme.sarah, "Hi")
    await people(on, 3)
    await idle(on)
    on.inbox.calls.clear()
    await listed(on, "tag:vip assignee:none request:no")
    (asked,) = [dict(call.query) for call in calls(on, "GET", "/threads")]
    by_v1 = {"filters[tags][selectedIds][0]": vip, "filters[assignees][noAssignee]": "true", "inbox": "default"}
    by_v2 = {"tag": vip, "unassigned": "true", "folder": "inbox"}
    assert asked.items() >= (by_v1 if on.bridge.inbox.version == "v1" else by_v2).items()


async def test_while_inbox_is_away_it_says_so(on: Stage) -> None:
    await idle(on)
    on.inbox.fail("GET /*/threads", 503, times=None)
    await inbox(on, "list")
    await hears(on, on.acme.ana, "Inbox isn't answering, so I can't list conversations.")


# --- ticking ---------------------------------------------------------------------------------------------------------


async def test_ticks_stay_when_pages_turn_and_when_a_row_changes(on: Stage) -> None:
    some, shown = await some_ticked(on, 12, [1, 3])
    await tick(on, shown, some[3], ticked=False)
    await press(on, shown, "page_on")
    await on.slack.until(lambda: "Page 2 of 2" in on.slack.show(shown))
    assert list(rows(on, shown)) == [some[10].name, some[11].name]
    await tick(on, shown, some[11])
    await on.slack.press_ephemeral(on.acme.ana, shown, "assign_to_me")
    await on.slack.until(lambda: "Assigned to Ana" in on.slack.show(shown))
    assert rows(on, shown) == {some[10].name: False, some[11].name: True}
    await press(on, shown, "page_back")
    await on.slack.until(lambda: "Page 1 of 2" in on.slack.show(shown))
    assert [name for name, ticked in rows(on, shown).items() if ticked] == [some[1].name]
    assert problems(shown.blocks, "message") == []


async def test_all_can_be_ticked_and_unticked(on: Stage) -> None:
    await people(on, 12)
    shown = await all_ticked(on)
    assert all(rows(on, shown).values())
    await press(on, shown, "untick_all")
    await on.slack.until(lambda: "[Tick all 12]" in on.slack.show(shown))
    assert not any(rows(on, shown).values())


@pytest.mark.parametrize("action", ["archive", "assign"])
async def test_nothing_is_done_when_nothing_is_ticked(on: Stage, action: str) -> None:
    _, shown = await some_ticked(on, 2, [])
    await press(on, shown, action)
    if action == "archive":
        await hears(on, on.acme.ana, words.NOTHING_TICKED)
    else:
        await modal(on, on.acme.ana, "Tick the conversations first")
    assert calls(on, "PATCH") == []


async def test_a_hundred_at_once_are_the_most(on: Stage) -> None:
    some = await people(on, 101)
    shown = await listed(on)
    assert "[Tick the first 100]" in on.slack.show(shown)
    await press(on, shown, "tick_all")
    for _ in range(10):
        await press(on, shown, "page_on")
        await idle(on)
    assert rows(on, shown) == {some[100].name: False}
    await tick(on, shown, some[100])
    await press(on, shown, "archive")
    await hears(on, on.acme.ana, "You ticked 101 conversations, and I take 100 at once.")
    await idle(on)
    assert calls(on, "PATCH") == []


# --- what is done ----------------------------------------------------------------------------------------------------


async def test_those_that_are_ticked_are_archived_and_their_cards_say_by_whom(on: Stage) -> None:
    card = await card_of(on)
    await conversation(on, on.acme.omar, "Me too")
    left = await conversation(on, on.inbox.add_person("left", "Left"), "Not me")
    shown = await listed(on)
    await tick(on, shown, on.acme.sarah)
    await tick(on, shown, on.acme.omar)
    await press(on, shown, "archive")
    await on.slack.until(lambda: outcomes(on) == ["✅ 2 archived."])
    await idle(on)
    assert [call.body for call in calls(on, "PATCH")] == [as_body(on, archived=True)] * 2
    assert (thread(on).archived, thread(on, on.acme.omar).archived) == (True, True)
    assert not on.inbox.thread(left).archived
    assert "Archived by Ana" in shows(on, card)
    said = on.slack.show(shown)
    assert "✅ 2 archived." in said
    assert "✅ Sarah Chen" in said
    assert not any(rows(on, shown).values())


async def test_what_got_a_new_message_since_the_list_was_drawn_stays(on: Stage) -> None:
    some, shown = await some_ticked(on, 4, [0, 1, 2, 3])
    await on.inbox.customer_writes(thread(on, some[1]).id, "One more thing")
    await on.inbox.customer_writes(thread(on, some[2]).id, "And this")
    await on.inbox.teammate_writes(thread(on, some[2]).id, "Answered by a colleague")
    await on.inbox.teammate_writes(thread(on, some[3]).id, "Answered: nothing new from them")
    await press(on, shown, "archive")
    await on.slack.until(lambda: "2 archived, 2 had a new message and stay." in "".join(outcomes(on)))
    assert "New messages: Person 1, Person 2." in outcomes(on)[0]
    assert [thread(on, one).archived for one in some] == [True, False, False, True]


@pytest.mark.parametrize("action", ["archive", "snooze"])
async def test_what_slack_has_not_shown_in_a_row_yet_stays(on: Stage, action: str) -> None:
    some, shown = await some_ticked(on, 2, [0, 1])
    await on.inbox.customer_writes(thread(on, some[0]).id, "One more thing")
    await on.inbox.teammate_writes(thread(on, some[1]).id, "Answered: nothing new from them")
    before = shown.blocks
    await on.slack.press_ephemeral(on.acme.ana, shown, "Archive")  # of the first row, which is left open
    await on.slack.until(lambda: "One more thing" in on.slack.show(shown))
    await idle(on)
    now, shown.blocks = shown.blocks, before  # Ana's Slack is slower than the bot
    done = {"archive": "archived", "snooze": "snoozed"}[action]
    if action == "archive":
        await press(on, shown, action)
    else:
        await chosen(on, shown, action, "Until", when="tomorrow")
    await on.slack.until(lambda: f"1 {done}, 1 had a new message and stays." in "".join(outcomes(on)))
    await idle(on)
    assert [thread(on, one).archived for one in some] == [False, True]
    shown.blocks = now
    await tick(on, shown, some[0])
    await press(on, shown, "archive")
    await on.slack.until(lambda: outcomes(on)[-1] == "✅ 1 archived.")
    assert thread(on, some[0]).archived


@pytest.mark.parametrize("heard", [True, False])
async def test_what_stays_for_a_new_message_shows_it_in_its_row_and_is_archived_then(on: Stage, heard: bool) -> None:
    await card_of(on)
    on.inbox.auto_deliver = heard
    shown = await all_ticked(on)
    await on.inbox.customer_writes(on.acme.sarah, "One more thing")
    await idle(on)
    await press(on, shown, "archive")
    await on.slack.until(lambda: "1 had a new message and stays." in "".join(outcomes(on)))
    await on.slack.until(lambda: "One more thing" in on.slack.show(shown))
    await idle(on)
    await tick(on, shown, on.acme.sarah)
    await press(on, shown, "archive")
    await on.slack.until(lambda: outcomes(on)[-1] == "✅ 1 archived.")
    assert thread(on).archived


async def test_what_comes_at_the_very_moment_is_not_archived_unread(on: Stage) -> None:
    some, shown = await some_ticked(on, 1, [0])
    world, archive = on.inbox.world, on.inbox.world.archive

    def meanwhile(found: Any, archived: bool) -> None:
        if archived:
            world.write(found, "person", "Wait!")
        archive(found, archived)

    world.archive = meanwhile  # type: ignore[method-assign,assignment]  # they write before Inbox archives it
    await press(on, shown, "archive")
    await on.slack.until(lambda: "1 had a new message and stays." in "".join(outcomes(on)))
    assert not thread(on, some[0]).archived


async def test_those_that_are_ticked_are_assigned_and_the_colleague_is_told_once(on: Stage) -> None:
    some, shown = await some_ticked(on, 3, [0, 1, 2])
    await on.inbox.app_assigns(thread(on, some[2]).id, on.acme.bo_member)
    view = await chosen(on, shown, "assign", "Who takes them", assignee=on.acme.bo_member)
    assert view_problems({name: view[name] for name in ("type", "title", "blocks", "submit", "close")}) == []
    assert "3 conversations." in on.slack.show(view)
    await on.slack.until(lambda: outcomes(on) == ["✅ 2 assigned, 1 was assigned so already."])
    await idle(on)
    assert [thread(on, one).assignee_id for one in some] == [on.acme.bo_member] * 3
    assert "Assigned to Bo" in on.slack.show(shown)
    heard = [one for one in told(on, on.acme.bo) if ASSIGNED in one]
    assert len(heard) == 1
    assert "Ana assigned you 2 conversations. `/inbox mine` lists what you have." in heard[0]


async def test_nobody_gets_them_but_a_contacts_assignee_stays(on: Stage) -> None:
    inherited = on.inbox.add_person("known", "Known", assignee_id=on.acme.bo_member)
    await conversation(on, inherited, "Hi")
    await conversation(on, on.acme.sarah, "Hi", assignee_id=on.acme.bo_member)
    shown = await all_ticked(on)
    await chosen(on, shown, "assign", "Who takes them", assignee="nobody")
    await on.slack.until(lambda: "1 assigned, 1 keeps its contact's assignee." in "".join(outcomes(on)))
    assert thread(on).assignee_id is None
    assert [one for one in told(on, on.acme.bo) if ASSIGNED in one] == []


async def test_tags_are_added_to_those_that_are_ticked_and_no_tag_is_lost(on: Stage) -> None:
    card = await card_of(on)
    vip, press_tag, both = (on.inbox.add_tag(one) for one in ("VIP", "Press", "Both"))
    on.acme.sarah.tag_ids, on.acme.omar.tag_ids = [both], [vip, press_tag]
    await conversation(on, on.acme.omar, "Hi")
    shown = await all_ticked(on)
    view = await chosen(on, shown, "tag", "Tags to add", contact_tags=[vip, press_tag])
    assert view_problems({name: view[name] for name in ("type", "title", "blocks", "submit", "close")}) == []
    await on.slack.until(lambda: outcomes(on) == ["✅ 1 tagged, 1 was tagged so already."])
    await idle(on)
    assert on.acme.sarah.tag_ids == [both, vip, press_tag]
    assert on.acme.omar.tag_ids == [vip, press_tag]
    await on.slack.until(lambda: "Tags: " in shows(on, card) and "VIP" in shows(on, card))
    assert "Ana" in shows(on, card)


@pytest.mark.both_apis
async def test_a_tag_that_is_gone_ends_it(on: Stage) -> None:
    vip = on.inbox.add_tag("VIP")
    _, shown = await some_ticked(on, 3, [0, 1, 2])
    await press(on, shown, "tag")
    await form(on, on.acme.ana, "Tags to add")
    await on.slack.suggest(on.acme.ana, "contact_tags", "")
    await on.inbox.app_deletes_label(vip)
    await on.slack.submit(on.acme.ana, values={"contact_tags": [vip]})
    said = await hears(on, on.acme.ana, "A tag that you chose was deleted in Inbox.")
    assert "3 not touched." in said


async def test_those_that_are_ticked_are_snoozed_and_each_wakes(on: Stage, redis_url: str) -> None:
    some, shown = await some_ticked(on, 3, [0, 1, 2])
    await on.inbox.customer_writes(thread(on, some[2]).id, "Now, please")
    view = await chosen(on, shown, "snooze", "Until", when="tomorrow")
    assert view_problems({name: view[name] for name in ("type", "title", "blocks", "submit", "close")}) == []
    await on.slack.until(lambda: "2 snoozed, 1 had a new message and stays." in "".join(outcomes(on)))
    await idle(on)
    assert [thread(on, one).archived for one in some] == [True, True, False]
    assert on.slack.show(shown).count("Snoozed until") == 2
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        kept = [str(redis.hget(keys.card(thread(on, one).id), "snoozed")) for one in some[:2]]
    assert len({datetime.fromisoformat(one.split('"until":"')[1][:19]) for one in kept}) == 1
    assert len({one.split('"id":"')[1].split('"')[0] for one in kept}) == 2  # or one of them would never wake


async def test_a_choice_that_is_over_by_now_is_said_to_be_so(on: Stage) -> None:
    _, shown = await some_ticked(on, 1, [0])
    await press(on, shown, "snooze")
    drawn_ago(await form(on, on.acme.ana, "Until"), timedelta(days=2))
    ack = await on.slack.submit(on.acme.ana, values={"when": "tomorrow"})
    errors = {"when": "That time has passed. Choose one in the future."}
    assert ack.body == {"response_action": "errors", "errors": errors}


async def test_a_time_that_is_over_is_said_beside_its_field(on: Stage) -> None:
    _, shown = await some_ticked(on, 1, [0])
    await press(on, shown, "snooze")
    await form(on, on.acme.ana, "Until")
    ack = await on.slack.submit(on.acme.ana, values={"date": "2024-02-29"})
    assert ack.body == {
        "response_action": "errors",
        "errors": {"date": "That time has passed. Choose one in the future."},
    }


async def test_each_that_fails_is_counted_and_the_others_are_done(on: Stage) -> None:
    some, shown = await some_ticked(on, 4, [0, 1, 2, 3])
    await on.inbox.app_deletes(thread(on, some[0]).id)
    await on.inbox.app_archives(thread(on, some[1]).id)
    refused = thread(on, some[2]).id
    on.inbox.fail(f"PATCH /*/threads/{refused}", 403)
    await press(on, shown, "archive")
    said = await hears(on, on.acme.ana, "could not be archived")
    assert "1 archived, 1 was archived already, 1 was deleted in Inbox, 1 could not be archived." in said
    assert "Not done: Person 2." in said
    assert "Inbox doesn't allow this" in said
    assert "Reference" in said


async def test_what_was_done_is_on_record_for_each(on: Stage) -> None:
    _, shown = await some_ticked(on, 2, [0, 1])
    await press(on, shown, "archive")
    await on.slack.until(lambda: outcomes(on) == ["✅ 2 archived."])
    await idle(on)
    await inbox(on, "log")
    said = await hears(on, on.acme.ana, "bulk archive")
    assert said.count("done") >= 2
    assert "ended: 2 of 2" in said


# --- stopping, waiting, dying ----------------------------------------------------------------------------------------


@pytest.fixture
async def narrow(opened: Open, api: str) -> Stage:
    """A team that may ask Inbox for little, so that what is done in the background has to wait."""
    return await opened(versions=[api], timing=replace(QUICK, inbox_per_minute=150))


async def waiting(on: Stage) -> None:
    """Until the background's share of the quota is spent."""
    await on.slack.until(lambda: len(calls(on, "PATCH")) > 20)
    while (await on.bridge.lanes.depth())["delayed"] == 0:  # noqa: ASYNC110  # Redis tells nobody
        await asyncio.sleep(0.01)


async def test_what_is_stopped_half_way_says_exactly_what_was_done(narrow: Stage) -> None:
    on = narrow
    some = await people(on, 100)
    shown = await all_ticked(on)
    await press(on, shown, "archive")
    await waiting(on)
    (message,) = on.slack.dms(on.acme.ana)
    await on.slack.press(on.acme.ana, message.channel, message.ts, "Stop")
    await on.slack.until(lambda: any(one.startswith("⏹️ Stopped") for one in outcomes(on)))
    await idle(on)
    done = [one for one in some if thread(on, one).archived]
    assert 20 < len(done) < 100
    assert outcomes(on) == [f"⏹️ Stopped: {len(done)} archived, {100 - len(done)} not touched."]
    assert outcomes(on)[0] in on.slack.show(shown)
    assert len(calls(on, "PATCH")) == len(done)


async def test_people_go_before_it_and_the_list_has_stop_too(narrow: Stage) -> None:
    on = narrow
    card = await card_of(on)
    await people(on, 80)
    shown = await all_ticked(on)
    await press(on, shown, "archive")
    await waiting(on)
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    assert any(one.startswith("⏳") for one in outcomes(on))
    (stop,) = [one for one in shown.blocks if str(one.get("block_id")).partition("@")[0].endswith("|bulk")]
    assert [one["text"]["text"] for one in stop["elements"]] == ["Stop"]
    await press(on, shown, "bulk_stop")
    await on.slack.until(lambda: any(one.startswith("⏹️ Stopped") for one in outcomes(on)))


async def test_while_it_waits_it_says_why_and_goes_on(opened: Open, api: str) -> None:
    on = await opened(versions=[api], timing=replace(QUICK, pauses=(2.5, 0.01)))
    _, shown = await some_ticked(on, 2, [0, 1])
    on.inbox.fail("PATCH /*", 503, times=4)
    await press(on, shown, "archive")
    await on.slack.until(lambda: any("isn't answering. I'll keep trying for an hour." in one for one in outcomes(on)))
    await on.slack.until(lambda: outcomes(on) == ["✅ 2 archived."])


async def test_however_slow_it_is_one_line_tells_of_it_and_gives_way_to_the_outcome(opened: Open, api: str) -> None:
    on = await opened(versions=[api], timing=replace(QUICK, soon=0.05))
    some = await people(on, 4)
    shown = await listed(on)
    for one in some:
        await tick(on, shown, one)
    on.inbox.fail("*", delay=0.1, times=None)
    on.slack.fail("response_url", delay=0.3, times=None)
    await press(on, shown, "archive")
    await on.slack.until(lambda: outcomes(on) == ["✅ 4 archived."])
    await on.slack.until(lambda: "✅ 4 archived." in on.slack.show(shown))
    await idle(on)
    assert [on.slack.show(one) for one in on.slack.dms(on.acme.ana)] == ["✅ 4 archived."]


async def test_one_stops_nothing_of_a_colleagues(on: Stage) -> None:
    _, shown = await some_ticked(on, 3, [0, 1, 2])
    on.inbox.fail("PATCH /*", 503, times=None)
    await press(on, shown, "archive")
    await on.slack.until(lambda: outcomes(on))
    (message,) = on.slack.dms(on.acme.ana)
    await on.slack.press(on.acme.bo, message.channel, message.ts, "Stop")
    on.inbox.heal()
    await on.slack.until(lambda: outcomes(on) == ["✅ 3 archived."])


async def test_an_outage_is_waited_for_and_nothing_is_done_twice(on: Stage) -> None:
    some, shown = await some_ticked(on, 3, [0, 1, 2])
    on.inbox.fail(f"PATCH /*/threads/{thread(on, some[1]).id}", drop="after")
    on.inbox.fail(f"GET /*/threads/{thread(on, some[2]).id}", 503, times=3)
    await press(on, shown, "archive")
    await on.slack.until(lambda: outcomes(on) == ["✅ 3 archived."])
    await idle(on)
    assert archivings(on) == 3


async def test_while_it_is_under_way_nothing_else_begins_from_that_list(on: Stage) -> None:
    _, shown = await some_ticked(on, 2, [0, 1])
    on.inbox.fail("PATCH /*", 503, times=None)
    before = shown.blocks
    await press(on, shown, "archive")
    await on.slack.until(lambda: "[Stop]" in on.slack.show(shown))
    now, shown.blocks = shown.blocks, before  # as in another window, which has not been drawn anew
    await press(on, shown, "archive")
    shown.blocks = now
    await hears(on, on.acme.ana, words.BUSY)
    on.inbox.heal()
    await on.slack.until(lambda: outcomes(on) == ["✅ 2 archived."])


async def test_who_loses_the_seat_half_way_does_no_more(on: Stage, redis_url: str) -> None:
    """The gate is asked for each conversation."""
    await idle(on)
    some, shown = await some_ticked(on, 3, [0, 1, 2])
    world, archive = on.inbox.world, on.inbox.world.archive

    def unlinked(found: Any, archived: bool) -> None:
        archive(found, archived)
        with Redis.from_url(redis_url) as redis:
            redis.set(keys.link(on.acme.ana), "")

    world.archive = unlinked  # type: ignore[method-assign,assignment]  # an admin unlinks her after the first
    await press(on, shown, "archive")
    said = await hears(on, on.acme.ana, "1 archived, 2 not touched.")
    assert "You are unlinked from Inbox." in said
    assert [thread(on, one).archived for one in some] == [True, False, False]


async def test_whoever_dies_over_it_each_is_done_once(on: Stage) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        found = thread(on, person)
        asker = Asker(user=on.acme.ana, team=on.slack.team_id, channel=card.channel)
        ticked = Ticked(thread_id=found.id, seen=found.messages[-1].created_at)
        job = Bulk(
            id=f"b{lives}",
            wanted=Wanted(act="archive"),
            seen_in="list|none|0",
            left=(ticked,),
            told=utc_now(),
            asker=asker,
        )
        on.inbox.auto_deliver = False  # the test works it outside its lane, in which what happens in Inbox waits
        then, died = await worked(on, job, lives)
        on.inbox.auto_deliver = True
        await on.bridge.lanes.accept(*then)
        await idle(on)
        assert found.archived
        assert "Archived by Ana" in shows(on, card)
        assert outcomes(on)[-1] == "✅ 1 archived."
        assert archivings(on) == lives + 1
        return died

    await everywhere(on, act)


async def test_whoever_dies_over_its_beginning_it_begins_once(on: Stage) -> None:
    died, lives = True, 0
    while died:
        await conversation(on, on.inbox.add_person(f"late{lives}", f"Late {lives}"), "Hi")
        shown = await all_ticked(on)
        place = next(one["block_id"] for one in shown.blocks if "|bulk@" in str(one.get("block_id")))
        asker = Asker(user=on.acme.ana, team=on.slack.team_id, channel=shown.channel)
        job = BeginBulk(wanted=Wanted(act="archive"), seen_in=str(place).partition("|bulk@")[0], asker=asker)
        then, died = await worked(on, job, lives)
        await on.bridge.lanes.accept(*(one.having(ref=job.ref) for one in then))  # as a worker does
        await idle(on)
        lives += 1
        assert outcomes(on) == ["✅ 1 archived."] * lives
        assert archivings(on) == lives
        on.slack.private_words.clear()
    assert lives > 2


# --- what is half done -----------------------------------------------------------------------------------------------

MAYBE = "1 may be archived: Inbox did not say"
AGAIN = "has written again, so the conversation is left open. Read that, then archive it."


async def half_done(on: Stage, **facts: Any) -> tuple[list[PersonRecord], Bulk]:
    """Two conversations, the first archived just as they wrote in it; and the work of whoever did that."""
    some = [on.inbox.add_person(f"half{number}", f"Half {number}") for number in range(2)]
    for each in some:
        await card_of(on, "Hi", each)
    await idle(on)
    left = [Ticked(thread_id=thread(on, one).id, seen=thread(on, one).messages[-1].created_at) for one in some]
    on.inbox.world.reopens = False
    await on.inbox.customer_writes(left[0].thread_id, "Wait!")
    await on.inbox.app_archives(left[0].thread_id)
    await idle(on)
    asker = Asker(user=on.acme.ana, team=on.slack.team_id, channel=on.acme.channel)
    wanted = Wanted(act="archive")
    return some, Bulk(
        id="half", wanted=wanted, seen_in="list|none|0", left=tuple(left), begun=True, asker=asker, **facts
    )


async def test_a_stop_comes_after_the_conversation_in_which_they_wrote_at_the_very_moment(
    opened: Open, api: str
) -> None:
    on = await opened(versions=[api], timing=replace(QUICK, pauses=(30.0,)))
    some, shown = await some_ticked(on, 2, [0, 1])
    world, archive = on.inbox.world, on.inbox.world.archive

    def meanwhile(found: Any, archived: bool) -> None:
        if archived:
            world.write(found, "person", "Wait!")
            on.inbox.fail("PATCH *", 503)
        archive(found, archived)

    world.archive = meanwhile  # type: ignore[method-assign,assignment]
    await press(on, shown, "archive")
    await on.slack.until(lambda: len(calls(on, "PATCH")) == 2)
    while (await on.bridge.lanes.depth())["delayed"] == 0:  # noqa: ASYNC110  # Redis tells nobody
        await asyncio.sleep(0.01)
    (message,) = on.slack.dms(on.acme.ana)
    await on.slack.press(on.acme.ana, message.channel, message.ts, "Stop")
    await on.slack.until(lambda: "⏹️ Stopped: 1 had a new message and stays, 1 not touched." in "".join(outcomes(on)))
    await idle(on)
    assert [thread(on, one).archived for one in some] == [False, False]


async def test_a_stop_while_inbox_is_away_says_what_is_unknown_and_what_is_unread_is_opened_again(on: Stage) -> None:
    some, job = await half_done(on)
    await on.bridge.lanes.accept(StopBulk(id=job.id, asker=job.asker))
    await idle(on)
    on.inbox.fail("PATCH *", 503)
    await on.bridge.lanes.accept(job)
    await on.slack.until(lambda: f"⏹️ Stopped: {MAYBE}, 1 not touched." in "".join(outcomes(on)))
    await hears(on, on.acme.ana, AGAIN)
    await idle(on)
    assert [thread(on, one).archived for one in some] == [False, False]


@pytest.mark.parametrize("why", ["away", "unlinked", "dead"])
async def test_whatever_ends_it_what_is_archived_unread_is_opened_again(on: Stage, redis_url: str, why: str) -> None:
    long_ago = utc_now() - timedelta(hours=2)
    some, job = await half_done(on, at=long_ago, deaths=5 if why == "dead" else 0)
    if why == "away":
        on.inbox.fail("GET /*/threads/*", 503, times=3)
    elif why == "unlinked":
        with Redis.from_url(redis_url) as redis:
            redis.set(keys.link(on.acme.ana), "")
    await on.bridge.lanes.accept(job)
    said = "1 archived, 1 could not be archived." if why == "dead" else f"⚠️ {MAYBE}, 1 not touched."
    await on.slack.until(lambda: said in "".join(outcomes(on)))
    await hears(on, on.acme.ana, AGAIN)
    await idle(on)
    assert not thread(on, some[0]).archived


async def test_what_inbox_refuses_to_open_again_is_said_to_be_archived_unread(on: Stage) -> None:
    _, job = await half_done(on)
    on.inbox.fail("PATCH *", 403, times=2)
    await on.bridge.lanes.accept(job)
    await on.slack.until(lambda: "could not be archived" in "".join(outcomes(on)))
    await hears(on, on.acme.ana, "has written again, but Inbox did not let me open the conversation again.")
    await idle(on)


async def test_of_what_may_have_been_archived_where_nobody_wrote_nothing_more_is_said(on: Stage) -> None:
    (first, _), job = await half_done(on)
    await on.inbox.teammate_writes(thread(on, first).id, "I have looked")
    await idle(on)
    job = job.having(left=(job.left[0].having(seen=utc_now()),))
    then, _ = await worked(on, undo(job)[0], 1000)
    assert [type(each) for each in then] == [Refresh]
    assert undo(job.having(wanted=Wanted(act="assign"))) == []


@pytest.mark.parametrize("act", ["archive", "tag"])
async def test_what_inbox_did_not_take_is_not_half_done(on: Stage, act: Any) -> None:
    """Its quota is spent, and a *Stop* counts at once."""
    vip = on.inbox.add_tag("VIP")
    (person, _), job = await half_done(on)
    await on.inbox.app_archives(thread(on, person).id, archived=False)
    wanted = Wanted(act=act, tags={vip: "VIP"} if act == "tag" else {})
    job = job.having(wanted=wanted, begun=False, left=(job.left[0].having(seen=utc_now()),))
    on.inbox.fail("P* *", 429, times=2, retry_after=30.0)
    then, _ = await worked(on, job, 1000)
    (waits,) = [each for each in then if isinstance(each, Bulk)]
    assert (waits.waits, waits.begun) == (True, False)
    then, _ = await worked(on, job.having(begun=True), 1000)  # a worker that died may have done it
    assert [each.begun for each in then if isinstance(each, Bulk)] == [True]


async def test_one_conversation_that_nobody_can_work_is_passed_over(opened: Open, api: str) -> None:
    on = await opened(versions=[api], timing=replace(QUICK, pauses=(0.01,)))
    some, shown = await some_ticked(on, 3, [0, 1, 2])
    handlers: Any = on.bridge.worker._work._handlers
    poisoned, update = thread(on, some[1]).id, handlers[Bulk]

    async def dies(job: Any, keep: Any) -> Any:
        if job.left and job.left[0].thread_id == poisoned:
            raise ZeroDivisionError
        return await update(job, keep)

    handlers[Bulk] = dies
    await press(on, shown, "archive")
    said = await hears(on, on.acme.ana, "could not be archived")
    assert "2 archived, 1 could not be archived." in said
    assert "Something went wrong on my side. Reference" in said


# --- who may ---------------------------------------------------------------------------------------------------------


async def test_in_a_shared_channel_the_list_is_for_whoever_may_act_alone(on: Stage) -> None:
    await conversation(on, on.acme.sarah, "Secret")
    for user, why in ((on.acme.kim, "I can't match you"), (on.acme.guest, "Only members of")):
        await on.slack.command(user, on.acme.shared, command="/inbox", text="list")
        await hears(on, user, why)
    await on.slack.command(on.acme.ana, on.acme.shared, command="/inbox", text="list")
    shown = await whisper(on, on.acme.ana, "Open conversations")
    assert (shown.user, list(rows(on, shown))) == (on.acme.ana, ["Sarah Chen"])
    await tick(on, shown, on.acme.sarah)
    await press(on, shown, "archive")
    await on.slack.until(lambda: outcomes(on) == ["✅ 1 archived."])
    assert on.slack.messages(on.acme.shared) == []


async def test_an_outsider_does_nothing_with_a_members_list(on: Stage) -> None:
    _, shown = await some_ticked(on, 2, [0, 1])
    where = {"container": {"type": "message", "message_ts": shown.ts, "channel_id": shown.channel}}
    block = next(one["block_id"] for one in shown.blocks if "|bulk@" in str(one.get("block_id")))
    for user, why in ((on.acme.outsider, "Only members of"), (on.acme.bo, "That list is too old")):
        pressed = {
            "type": "button",
            "action_id": "bulk_archive",
            "block_id": block,
            "value": "ticked",
            "action_ts": "1",
        }
        payload = {
            "type": "block_actions",
            "channel": {"id": shown.channel, "name": "x"},
            "actions": [pressed],
            **where,
        }
        assert (await on.slack.interaction(user, payload)).ok
        await hears(on, user, why)
    await idle(on)
    assert calls(on, "PATCH") == []
