"""Rules that do more: conditions about who writes and how, mentions, tags, a status, and no card at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.rules.jobs import MentionByRule, NoteByRule
from bot.rules.mention_store import MENTIONS
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.block_kit.blocks import problems
from bot.sandbox.slack.records import BOT_USER, Message
from bot.sandbox.stage import Stage
from bot.store import keys
from tests.conftest import Open
from tests.e2e.deaths import everywhere, worked
from tests.e2e.rules import Time, colleague, has_it, inbox, says, somebody, write
from tests.e2e.steps import calls, card_of, cards, hears, idle, reply, shows, thread, told, until


@pytest.fixture
def clock(redis_url: str) -> Iterator[Time]:
    found = Time(redis_url)
    yield found
    found.close()


@pytest.fixture
def vip(on: Stage) -> str:
    """A channel for special people."""
    return on.slack.add_channel("vip")


def posts(on: Stage, channel: str) -> list[Message]:
    return [one for one in on.slack.messages(channel) if one.user == BOT_USER]


def bells(on: Stage, card: Message) -> list[Message]:
    """The mentions below the card."""
    return [one for one in on.slack.replies(card.channel, card.ts) if one.text.startswith("🔔")]


# --- conditions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ("followers:>10000", True),
        ("followers:>12k", False),
        ("followers:12000", True),
        ("followers:<12000", False),
        ("value:>5000", True),
        ("value:<=5000", False),
        ("value:>=7500.50", True),
        ("verified:yes", True),
        ("verified:no", False),
        ("verified followers:>10k", True),
        ("link:yes", True),
        ("link:no", False),
        ("first:yes", True),
        ("first:no", False),
    ],
)
async def test_each_condition_tells_conversations_apart(on: Stage, vip: str, rule: str, fits: bool) -> None:
    sarah = on.acme.sarah
    sarah.followers, sarah.verified, sarah.valuation = 12_000, True, 7500.5
    await inbox(on, f"route add {rule}", channel=vip)
    await write(on, "Look at https://acme.example/offer please")
    assert [len(posts(on, vip)), len(cards(on))] == ([1, 0] if fits else [0, 1])


async def test_of_what_nobody_tells_no_number_holds_and_an_ordinary_person_is_not_verified(on: Stage, vip: str) -> None:
    await inbox(on, "route add value:>0", channel=vip)
    await inbox(on, "route add verified:yes", channel=vip)
    await inbox(on, "route add link:yes", channel=vip)
    await inbox(on, "route add followers:>0", channel=vip)
    await write(on, "Hello, I am at 3.pm today")
    assert posts(on, vip) == []


@pytest.mark.both_apis
async def test_only_the_first_message_of_a_person_is_the_first_and_their_conversation_stays_where_it_brought_it(
    on: Stage, vip: str
) -> None:
    old = on.inbox.add_thread(on.acme.account, on.acme.omar)
    on.inbox.world.write(on.inbox.thread(old), "person", "Long ago", at=datetime.now(UTC) - timedelta(days=400))
    await idle(on)
    await inbox(on, "route add first:yes", channel=vip)
    await write(on, "Me again", on.acme.omar)
    assert posts(on, vip) == []
    await write(on, "Hello")
    await write(on, "And one more")
    (card,) = posts(on, vip)
    assert "And one more" in on.slack.show(on.slack.replies(vip, card.ts)[-1])
    assert "It fitted an earlier message" in await says(on, "why @sarah", "Rule 1 says so")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("route add followers:many", "Write a number, as `followers:&gt;10000`"),
        ("route add followers:>10,000", "Write one number without commas"),
        ("route add followers:>10.000", "`10.000` may mean 10000 or 10. Write `followers:>10000` or `followers:>10`."),
        ("route add verified:blue", "Write `verified:yes` or `verified:no`"),
        ("route add tag:vip tag+:nosuch", "There is no tag *nosuch*"),
        ("route add tag:vip tag+:none", "it takes none away"),
        ("route add tag:vip status+:", "Which status?"),
        ("route add tag:vip mention:", "Whom?"),
        ("route add tag:vip no-card to:<#C1|x>", "not both"),
        ("route add no-card", "Say which conversations"),
    ],
)
async def test_a_mistake_gets_a_sentence_that_says_what_would_do(on: Stage, typed: str, answer: str) -> None:
    on.inbox.add_tag("VIP")
    assert answer.replace("*", "") in (await says(on, typed, "")).replace("*", "")
    assert "There are no rules" in await says(on, "route remove 1", "I can't find rule")


# --- tags and a status -----------------------------------------------------------------------------------------------


@pytest.mark.both_apis
async def test_a_rule_gives_the_contact_tags_and_a_status_and_the_card_says_by_which(on: Stage) -> None:
    press, won = on.inbox.add_tag("Press"), on.inbox.add_status("New")
    said = await says(on, "route add text:journalist → tag:press status:new", "Rule 1")
    assert "text: *journalist* → tag+: *Press*, status+: *New*." in said
    await write(on, "I am a journalist")
    assert (on.acme.sarah.tag_ids, on.acme.sarah.status_id) == ([press], won)
    (card,) = cards(on)
    assert "Status: New, by rule 1" in shows(on, card)
    assert "Tags: Press (by rule 1" in shows(on, card)
    assert "Rule 1 added the tag *Press* and set the status to *New*" in await says(on, "why @sarah", "is in <#")
    assert "note_by_rule" in (await says(on, "log", "route add")).replace("ˍ", "_")


async def test_tags_come_from_every_rule_that_fits_and_the_status_from_the_first(on: Stage) -> None:
    press, vip = on.inbox.add_tag("Press"), on.inbox.add_tag("VIP")
    new, lead = on.inbox.add_status("New"), on.inbox.add_status("Lead")
    await inbox(on, "route add text:hello tag+:press status+:new")
    await inbox(on, "route add all tag+:vip status+:lead")
    await write(on, "Hello")
    await write(on, "Good morning", on.acme.omar)
    assert (sorted(on.acme.sarah.tag_ids), on.acme.sarah.status_id) == (sorted([press, vip]), new)
    assert (on.acme.omar.tag_ids, on.acme.omar.status_id) == ([vip], lead)


async def test_what_a_colleague_changes_afterwards_stays_so(on: Stage) -> None:
    on.inbox.add_tag("Press")
    new, won = on.inbox.add_status("New"), on.inbox.add_status("Won")
    await inbox(on, "route add text:hello tag+:press status+:new")
    await write(on, "Hello")
    assert on.acme.sarah.status_id == new
    await on.inbox.app_sets_status(on.acme.sarah, won)
    await on.inbox.app_tags(on.acme.sarah)
    await write(on, "Hello again")
    assert (on.acme.sarah.tag_ids, on.acme.sarah.status_id) == ([], won)


@pytest.mark.both_apis
async def test_a_tag_that_is_gone_is_told_to_the_admins_once_and_the_rest_is_done(on: Stage) -> None:
    gone, vip = on.inbox.add_tag("Press"), on.inbox.add_tag("VIP")
    await inbox(on, "route add all tag+:press,vip")
    await on.inbox.app_deletes_label(gone)
    await write(on, "Hello")
    await write(on, "Hello", on.acme.omar)
    if on.bridge.inbox.version == "v2":  # v1 takes or refuses a change as a whole
        assert (on.acme.sarah.tag_ids, on.acme.omar.tag_ids) == ([vip], [vip])
    heard = [one for one in on.slack.dms(on.acme.ana) if "can't give contacts" in one.text]
    assert len(heard) == 1


@pytest.mark.both_apis
async def test_while_inbox_is_away_it_waits_and_is_done_then(on: Stage) -> None:
    press = on.inbox.add_tag("Press")
    await inbox(on, "route add all tag+:press")
    writes = "PUT /v2/contacts/*" if on.bridge.inbox.version == "v2" else "PATCH /v1/prospects/*"
    on.inbox.fail(writes, 503, times=3)
    await write(on, "Hello")
    assert on.acme.sarah.tag_ids == [press]


# --- mentions --------------------------------------------------------------------------------------------------------


async def test_a_rule_mentions_a_colleague_below_the_card_once_for_a_wait(on: Stage) -> None:
    said = await says(on, f"route add text:urgent mention:<@{on.acme.bo}|bo>", "Rule 1")
    assert f"text: *urgent* → mentions <@{on.acme.bo}>." in said
    card = await card_of(on, "This is urgent")
    (bell,) = bells(on, card)
    assert bell.text.startswith(f"🔔 <@{on.acme.bo}> *Sarah Chen* waits for an answer (rule 1: text: *urgent*)")
    assert problems(bell.blocks, "message") == []
    await write(on, "So urgent!")
    assert len(bells(on, card)) == 1
    await reply(on, on.acme.ana, card, "We look at it")
    await idle(on)
    await write(on, "Still urgent")
    assert len(bells(on, card)) == 2
    assert f"Rule 1 mentioned <@{on.acme.bo}>" in await says(on, "why @sarah", "is in <#")


async def test_a_user_group_is_mentioned_as_one(opened: Open, api: str, optional_scopes: frozenset[str]) -> None:
    on = await opened(versions=[api])
    on.slack.scopes |= optional_scopes
    group = on.slack.add_usergroup("leads", [on.acme.ana, on.acme.bo])
    await inbox(on, f"route add all mention:<!subteam^{group}|@leads>")
    (bell,) = bells(on, await card_of(on, "Hello"))
    assert bell.text.startswith(f"🔔 <!subteam^{group}> *Sarah Chen*")
    now = datetime.now(UTC)
    quiet = f"quiet {now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=1):%H:%M} UTC"
    await inbox(on, quiet, by=on.acme.bo)
    (bell,) = bells(on, await card_of(on, "Hello", on.acme.omar))
    assert bell.text.startswith(f"🔔 <@{on.acme.ana}> *Omar Khan*")  # the others in it are left in peace


async def test_without_the_scope_no_group_is_named_as_nobody_knows_who_has_quiet_hours(on: Stage) -> None:
    group = on.slack.add_usergroup("leads", [on.acme.ana, on.acme.bo])
    await says(on, f"route add all mention:<!subteam^{group}|@leads>", "I may not read who is in a user group")


async def test_a_group_whose_scope_is_gone_is_mentioned_all_the_same(
    opened: Open, api: str, optional_scopes: frozenset[str]
) -> None:
    on = await opened(versions=[api])
    on.slack.scopes |= optional_scopes
    group = on.slack.add_usergroup("leads", [on.acme.ana, on.acme.bo])
    await inbox(on, f"route add all mention:<!subteam^{group}|@leads>")
    on.slack.scopes -= {"usergroups:read"}
    (bell,) = bells(on, await card_of(on, "Hello"))
    assert bell.text.startswith(f"🔔 <!subteam^{group}> ")


async def test_in_quiet_hours_nobody_is_mentioned_and_afterwards_who_still_waits(on: Stage, clock: Time) -> None:
    now = datetime.now(UTC)
    quiet = f"quiet {now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=1):%H:%M} UTC"
    await inbox(on, quiet, by=on.acme.bo)
    await inbox(on, f"route add all mention:<@{on.acme.bo}>")
    await write(on, "Hello", held=1)
    await write(on, "Hello", on.acme.omar, held=2)
    sarahs, omars = cards(on)
    assert bells(on, sarahs) == bells(on, omars) == []
    assert all(3000 < left <= 3600 for left in clock.waits().values())
    await on.slack.press(on.acme.ana, omars.channel, omars.ts, "Archive")
    await on.slack.until(lambda: "✅" in shows(on, omars))
    await inbox_now(on, "quiet off", on.acme.bo)
    clock.comes("", lane="mentioning:")
    await idle(on)
    assert (len(bells(on, sarahs)), len(bells(on, omars))) == (1, 0)


async def inbox_now(on: Stage, words: str, by: str) -> None:
    """`/inbox words`, while other things wait."""
    assert (await on.slack.command(by, on.acme.channel, command="/inbox", text=words)).ok
    await hears(on, by, "You have no quiet hours")


async def test_who_has_the_conversation_is_not_mentioned_twice(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah, assignee_id=on.acme.bo_member)
    await inbox(on, "whoami", by=on.acme.bo)
    await inbox(on, f"route add all mention:<@{on.acme.bo}>")
    assert bells(on, await card_of(on, "Hello")) == []


async def test_a_channel_has_at_most_twenty_mentions_an_hour_and_then_one_summary(on: Stage, clock: Time) -> None:
    await inbox(on, f"route add all mention:<@{on.acme.bo}>")
    for number in range(MENTIONS):
        await write(on, "Hello", somebody(on, number))
    for number in range(MENTIONS, MENTIONS + 3):
        await write(on, "Hello", somebody(on, number), held=1)
    mentioned = [len(bells(on, one)) for one in cards(on)]
    assert mentioned == [1] * MENTIONS + [0] * 3
    assert all(3500 < left <= 3600 for left in clock.waits().values())
    archived = cards(on)[-1]
    await on.slack.press(on.acme.ana, archived.channel, archived.ts, "Archive")
    await on.slack.until(lambda: "✅" in shows(on, archived))
    clock.forget(keys.mentions(on.acme.channel))  # an hour later
    clock.comes("", lane="mentions:")
    await idle(on)
    (summary,) = [one for one in cards(on) if one.text.startswith("🔔")]
    assert summary.text.startswith(f"🔔 <@{on.acme.bo}> *2 more wait for an answer*")
    assert "Person 20" in on.slack.show(summary)
    assert "Person 22" not in on.slack.show(summary)
    assert problems(summary.blocks, "message") == []
    waited = cards(on)[MENTIONS]
    await write(on, "Hello?", on.inbox.world.person_by(username="person20"))
    assert bells(on, waited) == []  # the summary was for that wait


async def test_who_is_not_in_the_channel_reads_it_in_a_direct_message(on: Stage, vip: str) -> None:
    on.slack.channels[vip].members.discard(on.acme.bo)
    await inbox(on, f"route add all to:<#{vip}|vip> mention:<@{on.acme.bo}>")
    await write(on, "Hello")
    (card,) = posts(on, vip)
    assert bells(on, card) == []
    (said,) = [one for one in told(on, on.acme.bo) if "🔔" in one]
    assert "Sarah Chen" in said
    assert "waits for an answer (rule 1: everything)" in said


async def test_who_of_a_group_is_not_in_the_channel_reads_it_in_a_direct_message(
    opened: Open, api: str, optional_scopes: frozenset[str]
) -> None:
    on = await opened(versions=[api])
    on.slack.scopes |= optional_scopes
    group = on.slack.add_usergroup("leads", [on.acme.ana, on.acme.bo, on.acme.kim])
    on.slack.channels[on.acme.channel].members -= {on.acme.bo, on.acme.kim}  # Kim may not act
    await inbox(on, f"route add all mention:<!subteam^{group}|@leads>")
    (bell,) = bells(on, await card_of(on, "Hello"))
    assert bell.text.startswith(f"🔔 <!subteam^{group}> *Sarah Chen*")
    heard = [[one for one in told(on, who) if "🔔" in one] for who in (on.acme.ana, on.acme.bo, on.acme.kim)]
    assert [len(one) for one in heard] == [0, 1, 0]
    assert "waits for an answer (rule 1: everything)" in heard[1][0]


async def test_of_the_summary_who_is_not_in_the_channel_reads_what_rules_name_them_for(
    on: Stage, vip: str, clock: Time
) -> None:
    """Dee is named beside Ana, who is there, in the rule for those with many followers, Eli in the other one."""
    (dee, _), (eli, _) = colleague(on, "Dee"), colleague(on, "Eli")
    on.slack.channels[vip].members -= {dee, eli}
    for condition, who in (("followers:>10000", dee), ("all", eli)):
        await inbox(on, f"route add {condition} to:<#{vip}|vip> mention:<@{on.acme.ana}> mention:<@{who}>")
    for number in range(MENTIONS):
        await write(on, "Hello", somebody(on, number))
    many = somebody(on, 100)
    many.followers = 12_000
    await write(on, "Hello", many, held=1)
    for number in (101, 102):
        await write(on, "Hello", somebody(on, number), held=1)
    heard = [len(told(on, one)) for one in (dee, eli)]
    clock.forget(keys.mentions(vip))  # an hour later
    clock.comes("", lane="mentions:")
    await idle(on)
    (summary,) = [one for one in posts(on, vip) if one.text.startswith("🔔")]
    assert "3 more wait" in summary.text
    (dees,), (elis,) = (told(on, one)[before:] for one, before in zip((dee, eli), heard, strict=True))
    assert [name for name in ("1 more", "Person 100", "Person 101") if name in dees] == ["1 more", "Person 100"]
    assert [name for name in ("2 more", "Person 100", "Person 101", "Person 102") if name in elis] == [
        "2 more",
        "Person 101",
        "Person 102",
    ]


async def test_a_mention_waits_for_no_inbox_that_does_not_tell_who_may_act(on: Stage, vip: str, clock: Time) -> None:
    on.slack.channels[vip].members.discard(on.acme.bo)
    await inbox(on, f"route add all to:<#{vip}|vip> mention:<@{on.acme.bo}>")
    clock.forget(keys.MEMBERS)
    on.inbox.fail("GET */members", 503, times=None)
    await write(on, "Hello")
    (card,) = posts(on, vip)
    assert len(bells(on, card)) == 1


async def test_the_summary_passes_over_whom_quiet_hours_keep_and_they_are_mentioned_afterwards(
    on: Stage, clock: Time
) -> None:
    await inbox(on, f"route add all mention:<@{on.acme.bo}>")
    for number in range(MENTIONS):
        await write(on, "Hello", somebody(on, number))
    await write(on, "Hello", somebody(on, MENTIONS), held=1)
    now = datetime.now(UTC)
    quiet = f"quiet {now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=1):%H:%M} UTC"
    assert (await on.slack.command(on.acme.bo, on.acme.channel, command="/inbox", text=quiet)).ok
    await hears(on, on.acme.bo, "no reminders")
    clock.forget(keys.mentions(on.acme.channel))
    clock.comes("", lane="mentions:")
    await until(lambda: any(one.startswith("mentioning:") for one in clock.waits()))
    await idle(on, held=1)
    assert not [one for one in cards(on) if one.text.startswith("🔔")]
    await inbox_now(on, "quiet off", on.acme.bo)
    clock.comes("", lane="mentioning:")
    await idle(on)
    assert len(bells(on, cards(on)[MENTIONS])) == 1


async def test_in_a_channel_that_others_read_nobody_is_mentioned(on: Stage) -> None:
    await inbox(on, f"route add all to:<#{on.acme.shared}|shared>")
    await inbox(on, f"route add platform:x mention:<@{on.acme.bo}>")
    await write(on, "Hello")
    (card,) = posts(on, on.acme.shared)
    assert bells(on, card) == []


# --- no card ---------------------------------------------------------------------------------------------------------


async def test_a_conversation_without_a_card_is_in_lists_and_why_says_so(on: Stage) -> None:
    await says(on, "route add text:newsletter no-card", "text: *newsletter* → no card.")
    await inbox(on, f"assign add all to:<@{on.acme.bo}>")
    await write(on, "Our newsletter")
    assert cards(on) == []
    said = await says(on, "why @sarah", "has no card in Slack")
    assert "Rule 1 says so: text: *newsletter* → no card. It is in lists only" in said
    assert "Rule 2 assigned it to *Bo*" in said
    assert has_it(on) == on.acme.bo_member
    await says(on, "mine", "Sarah Chen", by=on.acme.bo)
    assert "→ no card" in await says(on, "route test @sarah", "✅ 1.")


async def test_a_card_that_there_is_stays_and_goes_on(on: Stage) -> None:
    card = await card_of(on, "Hello")
    await inbox(on, "route add all no-card")
    await write(on, "More")
    assert "More" in on.slack.show(on.slack.replies(card.channel, card.ts)[-1])
    await write(on, "Hello", on.acme.omar)
    assert cards(on) == [card]


# --- under kills, and from older versions ----------------------------------------------------------------------------


async def test_whoever_dies_over_a_mention_it_is_there_once(
    on: Stage, optional_scopes: frozenset[str], clock: Time
) -> None:
    on.slack.scopes |= optional_scopes
    await inbox(on, f"route add text:invoice mention:<@{on.acme.bo}>")
    (rule_id,) = clock.rules()

    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        clock.forget(keys.mentions(card.channel))
        found = thread(on, person)
        job = MentionByRule(thread_id=found.id, message_id=found.messages[-1].id, rule=rule_id)
        _, died = await worked(on, job, lives)
        assert len(bells(on, card)) == 1
        return died

    await everywhere(on, act)


@pytest.mark.both_apis
async def test_whoever_dies_over_a_tag_the_contact_has_it_and_the_card_says_by_which(on: Stage, clock: Time) -> None:
    press = on.inbox.add_tag("Press")
    await inbox(on, "route add text:invoice tag+:press")
    (rule_id,) = clock.rules()
    on.inbox.rate_per_minute = 100_000

    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        clock.forget(*clock.quotas())
        on.inbox.auto_deliver = False  # what the event asks for comes after that
        job = NoteByRule(thread_id=thread(on, person).id, contact_id="c", rule=rule_id)
        then, died = await worked(on, job, lives)
        assert person.tag_ids == [press]
        await on.bridge.lanes.accept(*then)
        await on.slack.until(lambda: "Tags: Press (by rule 1" in shows(on, card))
        on.inbox.auto_deliver = True
        return died

    await everywhere(on, act)
    assert len(calls(on, "PUT", "/tags/") or calls(on, "PATCH", "/prospects/")) > 2
