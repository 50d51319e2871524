"""Assignment by rule: who gets a conversation that nobody has, in turn, and who never does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.cards.jobs import Missed
from bot.reminders.jobs import Nudge
from bot.rules.jobs import NobodyFree
from bot.sandbox.slack.block_kit.blocks import problems
from bot.sandbox.stage import Stage
from bot.store import keys
from tests.conftest import Open
from tests.e2e.deaths import ENOUGH, worked
from tests.e2e.rules import Time, assignments, colleague, has_it, inbox, says, somebody, write
from tests.e2e.snoozing import snooze
from tests.e2e.steps import calls, card_of, cards, hears, idle, shows, thread, until


@pytest.fixture
def clock(redis_url: str) -> Iterator[Time]:
    found = Time(redis_url)
    yield found
    found.close()


def people(on: Stage, *users: str) -> str:
    """`to:` and these, as Slack escapes them."""
    return "to:" + ",".join(f"<@{one}|{on.slack.users[one].username}>" for one in users)


# --- who gets it -----------------------------------------------------------------------------------------------------


@pytest.mark.both_apis
async def test_a_rule_assigns_a_conversation_that_nobody_has_and_the_card_says_by_which(on: Stage) -> None:
    on.acme.sarah.tag_ids = [on.inbox.add_tag("VIP")]
    await says(on, "route add text:invoice", "Rule 1")
    said = await says(on, f"assign add tag:vip {people(on, on.acme.bo)}", "Rule 2: tag: *VIP*")
    assert f"→ assigned to <@{on.acme.bo}>." in said
    await write(on, "Hello")
    await write(on, "Hello from somebody else", on.acme.omar)
    assert (has_it(on), has_it(on, on.acme.omar)) == (on.acme.bo_member, None)
    sarahs, omars = cards(on)
    assert "Assigned to Bo by rule 2" in shows(on, sarahs)
    assert "Unassigned" in shows(on, omars)
    assert problems(on.slack.message(sarahs.channel, sarahs.ts).blocks, "message") == []
    (heard,) = on.slack.dms(on.acme.bo)
    assert "Rule 2 assigned you the conversation with *Sarah Chen* (@sarah)." in on.slack.show(heard)
    assert [call.body for call in calls(on, "PATCH")] == [{"assigneeId": on.acme.bo_member}]


async def test_several_get_them_in_turn(on: Stage) -> None:
    await inbox(on, f"assign add all {people(on, on.acme.ana, on.acme.bo)}")
    for number in range(4):
        await write(on, "Hello", somebody(on, number))
    ana, bo = on.acme.ana_member, on.acme.bo_member
    assert assignments(on) == [ana, bo, ana, bo]


async def test_the_people_of_a_user_group_get_them_in_turn(
    opened: Open, api: str, optional_scopes: frozenset[str]
) -> None:
    on = await opened(versions=[api])
    on.slack.scopes |= optional_scopes
    group = on.slack.add_usergroup("support", [on.acme.ana, on.acme.bo])
    await says(on, f"assign add all to:<!subteam^{group}|@support>", f"assigned to <!subteam^{group}> in turn")
    for number in range(4):
        await write(on, "Hello", somebody(on, number))
    assert sorted(assignments(on)) == sorted([on.acme.ana_member, on.acme.bo_member] * 2)
    assert assignments(on)[0] != assignments(on)[1]


async def test_a_group_and_a_colleague_are_found_by_name(
    opened: Open, api: str, optional_scopes: frozenset[str]
) -> None:
    on = await opened(versions=[api])
    on.slack.scopes |= optional_scopes
    group = on.slack.add_usergroup("support", [on.acme.bo])
    await says(on, "assign add tag:none to:@support", f"<!subteam^{group}>")
    await says(on, "assign add platform:x to:@Ana", f"<@{on.acme.ana}>")
    await says(on, "assign add all to:@nobody", "nobody and no user group that is called *@nobody*")


async def test_without_the_scope_a_user_group_is_refused_with_what_to_do(on: Stage) -> None:
    group = on.slack.add_usergroup("support", [on.acme.bo])
    await says(on, f"assign add all to:<!subteam^{group}|@support>", "adds the scope `usergroups:read`")
    await says(on, "assign list", "Everything else")


async def test_rules_of_one_list_are_tried_in_order_and_the_first_that_assigns_wins(on: Stage) -> None:
    await inbox(on, "route add all")
    await inbox(on, f"assign add text:refund {people(on, on.acme.bo)}")
    await inbox(on, f"assign add all {people(on, on.acme.ana)}")
    await write(on, "A refund, please")
    await write(on, "Hello", on.acme.omar)
    assert (has_it(on), has_it(on, on.acme.omar)) == (on.acme.bo_member, on.acme.ana_member)
    listed = await says(on, "assign list", "1. ")
    assert "1. everything → <#" in listed
    assert f"2. text: *refund* → assigned to <@{on.acme.bo}>" in listed
    await says(on, "assign move 3 2", "Rule 2 is now: everything")
    await write(on, "A refund for me too", somebody(on, 1))
    assert assignments(on)[-1] == on.acme.ana_member
    await says(on, "assign remove 2", "Removed: everything")


async def test_trying_the_rules_on_somebody_says_who_is_next(on: Stage) -> None:
    await write(on, "Hello")
    await inbox(on, f"assign add text:invoice {people(on, on.acme.ana)}")
    await says(on, "assign test @sarah", "No rule assigns it.")
    await inbox(on, f"assign add all {people(on, on.acme.ana, on.acme.bo)}")
    await inbox(on, "away")
    said = await says(on, "assign test @sarah", "By rule 2 *Bo* is next.")
    assert "Ana is away" in said
    assert f"<@{on.acme.ana}> away" in await says(on, "log", "> away")
    assert "✖️ 1. text: *invoice*" in said
    assert assignments(on) == []


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("assign", "Who gets which conversations"),
        ("assign add tag:vip", "Write who gets them"),
        ("assign add tag:vip to:<#C1|x>", "Write who gets them"),
        ("assign add to:@bo", "Say which conversations: for example `/inbox assign add tag:vip`"),
        ("assign add all to:@bo after:soon", "Write how long a volunteer has"),
        ("assign add all to:@bo after:3d", "up to a day"),
        ("assign add all to:@bo most:none", "Write a number from 1 to 500"),
        ("route add all after:10m", "`after:` and `most:` are for rules that assign"),
        ("assign add all to:bo", "Pick one channel from Slack's list"),
        ("assign frobnicate", "after `/inbox assign`"),
    ],
)
async def test_a_mistake_gets_a_sentence_that_says_what_would_do(on: Stage, typed: str, answer: str) -> None:
    on.inbox.add_tag("VIP")
    assert answer.replace("*", "") in (await says(on, typed, "")).replace("*", "")
    assert "There are no rules" in await says(on, "assign remove 1", "I can't find rule")


async def test_rules_that_assign_are_for_admins_and_on_record(on: Stage) -> None:
    await says(on, f"assign add all {people(on, on.acme.bo)}", "Only workspace admins", by=on.acme.bo)
    await inbox(on, f"assign add all {people(on, on.acme.bo)}")
    await says(on, "assign list", "1. everything", by=on.acme.bo)
    await says(on, "assign list", "I can't match you", by=on.acme.kim)
    await write(on, "Hello")
    said = await says(on, "log", "assign add")
    assert "assign_by_rule" in said.replace("ˍ", "_")


# --- nobody is overruled ---------------------------------------------------------------------------------------------


async def test_what_somebody_has_stays_theirs(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah, assignee_id=on.acme.ana_member)
    await inbox(on, f"assign add all {people(on, on.acme.bo)}")
    await write(on, "Hello")
    assert has_it(on) == on.acme.ana_member
    assert calls(on, "PATCH") == []


@pytest.mark.parametrize("deaths", [0, 1, 2])
async def test_what_came_while_the_bot_was_away_is_judged_though_its_worker_dies_when_all_is_shown(
    on: Stage, deaths: int
) -> None:
    card = await card_of(on)
    await inbox(on, f"assign add all {people(on, on.acme.bo)}")
    await snooze(on, on.acme.ana, card)
    on.inbox.auto_deliver = False
    await on.inbox.customer_writes(on.acme.sarah, "An invoice, please")
    since = thread(on).messages[-1].created_at - timedelta(seconds=1)
    job = Missed(channel=card.channel, thread_id=thread(on).id, since=since)
    for tries in range(deaths + 1):
        then, _ = await worked(on, job.having(tries=tries), ENOUGH)
    await on.bridge.lanes.accept(*then)
    await idle(on)
    assert (has_it(on), assignments(on)) == (on.acme.bo_member, [on.acme.bo_member])
    assert "Snoozed until" not in shows(on, card)
    assert len([one for one in on.slack.replies(card.channel, card.ts) if "An invoice" in one.text]) == 1


@pytest.mark.both_apis
async def test_the_contacts_own_assignee_goes_before_rules(on: Stage) -> None:
    on.acme.sarah.assignee_id = on.acme.ana_member
    await inbox(on, f"assign add all {people(on, on.acme.bo)}")
    await write(on, "Hello")
    assert has_it(on) == on.acme.ana_member
    assert calls(on, "PATCH") == []
    assert "Assigned to Ana" in shows(on, cards(on)[0])


@pytest.mark.both_apis
async def test_who_takes_it_in_inbox_before_the_bot_writes_keeps_it_and_the_turn_is_not_lost(on: Stage) -> None:
    """Nobody told the bot: it reads the thread before it writes."""
    await inbox(on, f"assign add all {people(on, on.acme.ana, on.acme.bo)}")
    on.inbox.auto_deliver = False
    message = await on.inbox.customer_writes(on.acme.sarah, "Hello")
    thread(on).assignee_id = on.acme.bo_member
    on.inbox.auto_deliver = True
    assert message
    await write(on, "Anybody?")
    assert has_it(on) == on.acme.bo_member
    assert assignments(on) == []
    await write(on, "Hello", on.acme.omar)
    assert has_it(on, on.acme.omar) == on.acme.ana_member


async def test_an_archived_conversation_and_an_answered_one_are_assigned_to_nobody(on: Stage, clock: Time) -> None:
    await inbox(on, f"assign add all {people(on, on.acme.bo)} after:10m")
    await write(on, "Hello", held=1)
    await on.slack.press(on.acme.ana, cards(on)[0].channel, cards(on)[0].ts, "Archive")
    await write(on, "Hi", on.acme.omar, held=2)
    await on.inbox.teammate_writes(thread(on, on.acme.omar).id, "Hi Omar!")
    await idle(on, held=2)
    for person in (on.acme.sarah, on.acme.omar):
        clock.comes(thread(on, person).id)
    await idle(on)
    assert assignments(on) == []


# --- after: and most: ------------------------------------------------------------------------------------------------


async def test_a_volunteer_has_ten_minutes(on: Stage, clock: Time) -> None:
    await says(on, f"assign add all {people(on, on.acme.bo)} after:10m", "assigned to", by=on.acme.ana)
    assert "after 10 min" in await says(on, "assign list", "1. ")
    await write(on, "Hello", held=1)
    await write(on, "Hello", on.acme.omar, held=2)
    assert assignments(on) == []
    assert all(590 < left <= 600 for left in clock.waits().values())
    (sarahs, _) = cards(on)
    await on.slack.press(on.acme.ana, sarahs.channel, sarahs.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Ana" in shows(on, sarahs))
    for person in (on.acme.sarah, on.acme.omar):
        clock.comes(thread(on, person).id)
    await idle(on)
    assert (has_it(on), has_it(on, on.acme.omar)) == (on.acme.ana_member, on.acme.bo_member)


@pytest.mark.both_apis
async def test_who_has_as_many_open_ones_as_the_rule_allows_gets_no_more(on: Stage) -> None:
    for number in range(2):
        on.inbox.add_thread(on.acme.account, somebody(on, number), assignee_id=on.acme.bo_member)
    on.inbox.add_thread(on.acme.account, somebody(on, 2), assignee_id=on.acme.bo_member, archived=True)
    await says(on, f"assign add all {people(on, on.acme.ana, on.acme.bo)} most:3", "up to 3 open ones each")
    for number in range(3, 8):
        await write(on, "Hello", somebody(on, number))
    ana, bo = on.acme.ana_member, on.acme.bo_member
    assert assignments(on) == [ana, bo, ana, ana]
    assert "as many open conversations as the rule allows" in shows(on, cards(on)[-1])


async def test_somebody_who_closes_one_has_room_again(on: Stage, clock: Time) -> None:
    await inbox(on, f"assign add all {people(on, on.acme.bo)} most:1")
    await write(on, "Hello")
    await write(on, "Hello", on.acme.omar)
    assert has_it(on, on.acme.omar) is None
    await on.slack.press(on.acme.bo, cards(on)[0].channel, cards(on)[0].ts, "Archive")
    await on.slack.until(lambda: thread(on).archived)
    member = on.acme.bo_member
    clock.forget(keys.load_at(member), keys.quota(f"turn:count:{member}"))  # Inbox is asked again after a while
    await write(on, "Anybody?", on.acme.omar)
    assert has_it(on, on.acme.omar) == on.acme.bo_member


async def test_a_rule_that_goes_while_inbox_is_away_takes_nobodys_room(on: Stage) -> None:
    await inbox(on, f"assign add all {people(on, on.acme.bo)} most:1")
    on.inbox.fail("PATCH /*/threads/*", 503, times=None)
    await write(on, "Hello", held=1)
    await inbox(on, "assign remove 1")
    on.inbox.heal()
    assert has_it(on) is None
    await inbox(on, f"assign add all {people(on, on.acme.bo)} most:1")
    await write(on, "Hello", on.acme.omar)
    assert has_it(on, on.acme.omar) == on.acme.bo_member


# --- away ------------------------------------------------------------------------------------------------------------


async def test_who_is_away_gets_nothing_until_they_are_back(on: Stage) -> None:
    await inbox(on, f"assign add all {people(on, on.acme.ana, on.acme.bo)}")
    await says(on, "away until Mon", "You are away until", by=on.acme.ana)
    for number in range(2):
        await write(on, "Hello", somebody(on, number))
    await says(on, "back", "You are back", by=on.acme.ana)
    await write(on, "Hello", somebody(on, 2))
    assert assignments(on) == [on.acme.bo_member, on.acme.bo_member, on.acme.ana_member]
    await says(on, "back", "You were not away", by=on.acme.ana)


async def test_quiet_hours_count_as_away(on: Stage) -> None:
    now = datetime.now(UTC)
    await inbox(on, f"quiet {now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=1):%H:%M} UTC")
    await inbox(on, f"assign add all {people(on, on.acme.ana, on.acme.bo)}")
    for number in range(2):
        await write(on, "Hello", somebody(on, number))
    assert assignments(on) == [on.acme.bo_member, on.acme.bo_member]


async def test_somebody_without_a_seat_cannot_be_away_and_a_strange_time_is_asked_for_again(on: Stage) -> None:
    await says(on, "away", "I can't match you", by=on.acme.kim)
    await says(on, "away until the cows come home", "I don't understand until when")
    await says(on, "away until 2020-01-01", "That time is over")
    await says(on, "away until 31.2.", "I don't understand until when")


# --- nobody, and no seat ---------------------------------------------------------------------------------------------


async def test_where_nobody_is_free_it_stays_unassigned_and_the_channel_is_told_once(on: Stage) -> None:
    await inbox(on, f"assign add all {people(on, on.acme.ana, on.acme.bo)}")
    await inbox(on, "away until Mon", by=on.acme.ana)
    await inbox(on, "away", by=on.acme.bo)
    for number in range(3):
        await write(on, "Hello", somebody(on, number))
    said = [one for one in cards(on) if "Nobody is free" in one.text]
    assert len(said) == 1
    assert "Nobody is free for rule 1 (everything): Ana is away until" in said[0].text
    assert "Bo is away." in said[0].text
    assert on.slack.permalink(cards(on)[0]) in said[0].text
    assert "<@" not in said[0].text
    assert problems(said[0].blocks, "message") == []
    assert assignments(on) == []
    await inbox(on, "back", by=on.acme.bo)
    await write(on, "Hello", somebody(on, 3))
    assert assignments(on) == [on.acme.bo_member]
    await inbox(on, "away", by=on.acme.bo)
    await write(on, "Hello", somebody(on, 4))
    assert len([one for one in cards(on) if "Nobody is free" in one.text]) == 2


async def test_who_is_free_while_the_channel_is_told_that_nobody_is_makes_the_next_time_news(
    on: Stage, clock: Time
) -> None:
    card = await card_of(on)
    await inbox(on, f"assign add all {people(on, on.acme.bo)}")
    await inbox(on, "away", by=on.acme.bo)
    (rule,) = clock.rules()
    on.slack.fail("chat.postMessage", delay=2.0)
    await on.bridge.lanes.accept(NobodyFree(channel=card.channel, rule=rule, thread_id=thread(on).id))
    await until(lambda: not on.slack._faults)
    await on.slack.command(on.acme.bo, card.channel, command="/inbox", text="back")
    await hears(on, on.acme.bo, "You are back")
    await on.inbox.customer_writes(somebody(on, 1), "Hello")
    await until(lambda: assignments(on))
    on.slack.delays.end()
    await idle(on)
    assert len([one for one in cards(on) if "Nobody is free" in one.text]) == 1
    await inbox(on, "away", by=on.acme.bo)
    await write(on, "Hello", somebody(on, 2))
    assert len([one for one in cards(on) if "Nobody is free" in one.text]) == 2


async def test_while_inbox_is_away_the_channel_is_reminded_and_hears_later_that_nobody_is_free(
    on: Stage, clock: Time
) -> None:
    card = await card_of(on)
    on.inbox.add_thread(on.acme.account, somebody(on, 1), assignee_id=on.acme.bo_member)
    await inbox(on, f"assign add text:invoice {people(on, on.acme.bo)} most:1")
    (rule,), found = clock.rules(), thread(on)
    on.inbox.fail("*", status=503, times=None)
    await on.bridge.lanes.accept(NobodyFree(channel=card.channel, rule=rule, thread_id=found.id))
    await idle(on, held=1)
    await on.bridge.lanes.accept(Nudge(channel=card.channel, threads={found.id: clock.waits_since(found.id)}))
    await on.slack.until(lambda: [one for one in cards(on) if one.text.startswith("⏰")])
    assert [one for one in cards(on) if "Nobody is free" in one.text] == []
    on.inbox.heal()
    clock.forget(keys.quota(f"turn:count:{on.acme.bo_member}"))
    await on.slack.until(lambda: [one for one in cards(on) if "Nobody is free for rule 1" in one.text])
    await idle(on)


async def test_in_a_channel_that_others_read_nobody_is_named(opened: Open, api: str) -> None:
    on = await opened(versions=[api])
    await inbox(on, f"route add all to:<#{on.acme.shared}|shared>")
    await inbox(on, f"assign add all {people(on, on.acme.bo)}")
    await inbox(on, "away", by=on.acme.bo)
    await write(on, "Hello")
    said = [one.text for one in on.slack.messages(on.acme.shared) if "Nobody is free" in one.text]
    assert len(said) == 1
    assert not any(word in said[0] for word in ("Bo", "Sarah", "everything"))


async def test_without_a_card_the_admins_are_told(opened: Open, api: str) -> None:
    on = await opened(versions=[api], notify_channel=None)
    await inbox(on, f"assign add all {people(on, on.acme.bo)}")
    await inbox(on, "away", by=on.acme.bo)
    await write(on, "Hello")
    await hears(on, on.acme.ana, "a conversation that has no card stays unassigned")
    await inbox(on, "back", by=on.acme.bo)
    await write(on, "Hello", on.acme.omar)
    assert has_it(on, on.acme.omar) == on.acme.bo_member


async def test_who_has_no_seat_is_skipped_and_named_by_the_doctor(on: Stage) -> None:
    said = await says(on, f"assign add all {people(on, on.acme.kim, on.acme.guest, on.acme.bo)}", "Rule 1")
    assert f"<@{on.acme.kim}>, <@{on.acme.guest}> has no seat" in said
    for number in range(3):
        await write(on, "Hello", somebody(on, number))
    assert assignments(on) == [on.acme.bo_member] * 3
    found = await says(on, "doctor", "rules")
    assert "without a seat in Inbox: Kim, Gus" in found


async def test_the_doctor_says_that_a_group_cannot_be_read(
    opened: Open, api: str, optional_scopes: frozenset[str]
) -> None:
    on = await opened(versions=[api])
    required = set(on.slack.scopes)
    on.slack.scopes |= optional_scopes
    group = on.slack.add_usergroup("support", [on.acme.bo, on.acme.kim])
    await inbox(on, f"assign add all to:<!subteam^{group}|@support>")
    assert "without a seat in Inbox: Kim" in await says(on, "doctor", "rules")
    on.slack.scopes.clear()
    on.slack.scopes |= required
    assert "usergroups:read" in await says(on, "doctor", "can't be read")


@pytest.mark.both_apis
async def test_somebody_whom_inbox_does_not_take_is_passed_over(on: Stage) -> None:
    zoe, member = colleague(on, "Zoe")
    await inbox(on, f"assign add all {people(on, zoe, on.acme.bo)}")
    await inbox(on, "whoami", by=zoe)
    del on.inbox.world.members[member]  # the bot has heard of her seat a moment ago
    await write(on, "Hello")
    assert has_it(on) == on.acme.bo_member


# --- and in between --------------------------------------------------------------------------------------------------


async def test_what_was_written_while_inbox_was_away_is_assigned_when_it_is_back(on: Stage) -> None:
    await inbox(on, f"assign add all {people(on, on.acme.bo)}")
    await write(on, "Hello")
    on.inbox.fail("PATCH /*/threads/*", 503, times=2)
    await write(on, "Hello", on.acme.omar)
    assert has_it(on, on.acme.omar) == on.acme.bo_member
    assert "Assigned to Bo by rule 1" in shows(on, cards(on)[1])


async def test_a_wait_that_begins_later_is_assigned_as_well(on: Stage) -> None:
    card = await card_of(on, "Hello")
    await inbox(on, f"assign add all {people(on, on.acme.bo)}")
    assert has_it(on) is None
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await idle(on)
    await write(on, "Me again")
    assert has_it(on) == on.acme.bo_member


async def test_why_names_the_rule_that_assigned_and_the_one_that_found_nobody(on: Stage) -> None:
    await inbox(on, f"assign add all {people(on, on.acme.bo)}")
    await write(on, "Hello")
    assert "Rule 1 assigned it to *Bo*" in await says(on, "why @sarah", "is in <#")
    await inbox(on, "away", by=on.acme.bo)
    await write(on, "Hello", on.acme.omar)
    said = await says(on, "why https://x.com/omar_k", "Omar Khan")
    assert "Rule 1 wanted to assign it, but nobody whom it names was free" in said
