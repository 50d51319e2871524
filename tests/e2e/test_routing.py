"""Routing: admins say which conversations go to which channel, everybody can see why, and a card moves once."""

from __future__ import annotations

import asyncio

import pytest

from bot.cards.jobs import Move
from bot.sandbox.slack.records import BOT_USER, Call, Message
from bot.sandbox.stage import Stage
from tests.conftest import Open
from tests.e2e.rules import days_pass, inbox, says, write
from tests.e2e.snoozing import snooze
from tests.e2e.steps import cards, hears, idle, labels, shows, thread, told, until, whisper
from tests.e2e.test_finding import conversation
from tests.e2e.test_one_card import live
from tests.e2e.test_tidy import tidied


def posts(on: Stage, channel: str) -> list[Message]:
    return [one for one in on.slack.messages(channel) if one.user == BOT_USER]


@pytest.fixture
def vip(on: Stage) -> str:
    """A channel for special people."""
    return on.slack.add_channel("vip")


# --- which conversations go where ------------------------------------------------------------------------------------


async def test_a_rule_sends_tagged_people_to_its_channel_and_the_rest_goes_to_the_default(on: Stage, vip: str) -> None:
    on.acme.sarah.tag_ids = [on.inbox.add_tag("VIP")]
    await says(on, f"route add tag:vip to:<#{vip}|vip>", "Rule 1: tag: *VIP*")
    await write(on, "From somebody special")
    await write(on, "From somebody else", on.acme.omar)
    assert ["special" in shows(on, one) for one in posts(on, vip)] == [True]
    assert ["else" in shows(on, one) for one in cards(on)] == [True]


async def test_the_channel_of_a_rule_is_the_one_it_is_typed_in(on: Stage, vip: str) -> None:
    await inbox(on, "route add platform:x", channel=vip)
    await write(on, "Hello")
    assert len(posts(on, vip)) == 1
    assert cards(on) == []


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ("account:@acme", True),
        ("account:acme_help", False),
        ("platform:twitter", True),
        ("platform:linkedin", False),
        ("tag:lead", True),
        ("tag:none", False),
        ('tag:"big fish",lead', True),
        ('tag:lead tag:"big fish"', False),
        ("status:open", True),
        ("status:none", False),
        ("assignee:none", True),
        ("assignee:bo", False),
        ("request:yes", True),
        ("request:no", False),
        ("campaign:yes", False),
        ("campaign:no", True),
        ("text:refund", True),
        ('text:"my money","a REFUND"', True),
        ("text:invoice", False),
        ("tag:lead text:refund platform:x", True),
        ("tag:lead text:invoice", False),
        ("all", True),
    ],
)
async def test_each_condition_tells_conversations_apart(on: Stage, vip: str, rule: str, fits: bool) -> None:
    on.inbox.add_account("acme_help", "Acme Help")
    lead, _ = on.inbox.add_tag("lead"), on.inbox.add_tag("big fish")
    on.acme.sarah.tag_ids, on.acme.sarah.status_id = [lead], on.inbox.add_status("Open")
    await inbox(on, f"route add {rule}", channel=vip)
    await write(on, "I want a refund", account_id=on.acme.account, is_request=True)
    assert [len(posts(on, vip)), len(cards(on))] == ([1, 0] if fits else [0, 1])


async def test_an_assignee_is_a_name_an_address_or_a_mention(on: Stage, vip: str) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah, assignee_id=on.acme.bo_member)
    for way in ("Bo", "bo@acme.example", f"<@{on.acme.bo}|bo>"):
        await inbox(on, f"route add assignee:{way}", channel=vip)
        assert "assignee: *Bo*" in (await says(on, "route list", "1. "))
        await write(on, "For Bo")
        assert "For Bo" in shows(on, posts(on, vip)[0])
        await inbox(on, "route remove 1")


async def test_the_first_rule_that_fits_wins_and_the_order_can_be_changed(on: Stage, vip: str) -> None:
    other = on.slack.add_channel("other")
    await inbox(on, "route add text:hello", channel=vip)
    await inbox(on, "route add platform:x", channel=other)
    await write(on, "Hello there")
    assert [len(posts(on, vip)), len(posts(on, other))] == [1, 0]
    await says(on, "route move 2 1", "Rule 1 is now: platform: *x*")
    await write(on, "Hello from Omar", on.acme.omar)
    assert [len(posts(on, vip)), len(posts(on, other))] == [1, 1]


async def test_an_answer_to_a_campaign_goes_where_its_rule_says(on: Stage, vip: str) -> None:
    await inbox(on, "route add campaign:yes", channel=vip)
    started = on.inbox.add_thread(on.acme.account, on.acme.sarah)
    await on.inbox.campaign_writes(started, "Have you heard?")
    await idle(on)
    await write(on, "Tell me more")
    await write(on, "And the price?")
    (card,) = posts(on, vip)
    assert "price" in shows(on, card)
    assert cards(on) == []


async def test_a_conversation_that_said_the_words_stays_where_they_brought_it(on: Stage, vip: str) -> None:
    await inbox(on, "route add text:refund", channel=vip)
    await write(on, "I want a refund")
    await write(on, "Thanks!")
    (card,) = posts(on, vip)
    assert "Thanks!" in shows(on, card)
    assert cards(on) == []
    assert "It fitted an earlier message" in await says(on, "why @sarah", "Rule 1 says so")


async def test_without_a_rule_that_fits_and_without_a_default_nothing_is_posted_and_why_says_so(
    opened: Open, api: str
) -> None:
    on = await opened(versions=[api], notify_channel=None)
    await write(on, "Anybody there?")
    assert cards(on) == []
    assert "posted nowhere" in await says(on, "why @sarah", "has no card in Slack")
    await inbox(on, "route add all")
    await write(on, "Hello?")
    assert "Hello?" in shows(on, cards(on)[0])


# --- making rules ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("route", "Which conversations go where"),
        ("route add", "Say which conversations"),
        ("route add tga:vip", "I don't know *tga*. Did you mean `tag`?"),
        ("route add colour:red", "You can use `account`, `platform`, `tag`"),
        ("route add tag:vpi", "There is no tag *vpi*. Did you mean *VIP*?"),
        ("route add status:new", "The team has none at all"),
        ("route add account:@other", "There is: @acme"),
        ("route add assignee:nobody-i-know", "There is: Ana, Bo"),
        ("route add assignee:<@U0GONE|gone>", "I don't know who <@U0GONE> is in Inbox"),
        ("route add platform:myspace", "There is no platform *myspace*"),
        ("route add request:perhaps", "Write `request:yes` or `request:no`"),
        ("route add tag:big fish", 'Put words that belong together in quotes: `tag:"big fish"`'),
        ("route add refund", "such as `text:refund`"),
        ("route add tag:", "What should the tag be?"),
        ("route add tag:vip to:somewhere", "Pick one channel from Slack's list"),
        ("route remove 7", "I can't find rule *7*. There are no rules"),
        ("route remove", "I can't find rule *?*"),
        ("route test @nobody_at_all", "I know of no conversation with @nobody_at_all"),
        ("why", "Why is this here?"),
    ],
)
async def test_a_mistake_gets_a_sentence_that_says_what_would_do(on: Stage, typed: str, answer: str) -> None:
    on.inbox.add_tag("VIP")
    assert answer.replace("*", "") in (await says(on, typed, "")).replace("*", "")
    assert "There are no rules" in await says(on, "route remove 1", "I can't find rule")


@pytest.mark.parametrize("word", ["route", "routes", "ROUTE", "assign", "assigns"])
async def test_a_word_alone_says_which_rules_there_are_and_then_how_to_change_them(on: Stage, word: str) -> None:
    heading = "*Who gets" if "assign" in word else "*Which conversations go"
    said = await says(on, word, heading)
    assert said.startswith("Everything else → #support.")
    await inbox(on, f"route add text:refund to:<#{on.acme.channel}|x>")
    said = await says(on, word, "1. text: *refund*")
    assert said.index("Everything else → ") < said.index(heading)


async def test_without_rules_and_a_default_the_word_alone_says_that_nothing_is_posted(opened: Open, api: str) -> None:
    on = await opened(versions=[api], notify_channel=None)
    said = await says(on, "route", "There are no rules yet")
    assert said.index("posted nowhere") < said.index("*Which conversations go")


async def test_the_syntax_forgives(on: Stage, vip: str) -> None:
    on.inbox.add_tag("big fish")
    on.inbox.add_tag("vip")
    await inbox(on, f"routes add Tags = “big fish” , vip and Account:ACME request → <#{vip}|vip>")
    said = await says(on, "route list", "1. ")
    assert f"tag: *big fish* or *vip*, account: *@acme*, request: *yes* → <#{vip}>" in said
    assert "Everything else → " in said


async def test_a_rule_is_made_once_and_one_that_never_has_its_turn_is_named(on: Stage) -> None:
    await inbox(on, "route add all")
    await says(on, "route add all", "That is rule 1 already")
    said = await says(on, "route add text:hello", "Rule 2")
    assert "It never gets its turn, as rule 1 takes everything: `/inbox route move 2 1`" in said


async def test_a_channel_that_takes_no_posts_gets_no_rule(on: Stage) -> None:
    closed = on.slack.add_channel("closed", bot_in=False)
    await says(on, f"route add all to:<#{closed}|closed>", "/invite @Inbox")
    await says(on, "route list", "Everything else")
    assert "1." not in told(on, on.acme.ana)[-1]


async def test_rules_are_for_admins_and_on_record_and_the_others_see_them(on: Stage) -> None:
    await says(on, "route add all", "Only workspace admins", by=on.acme.bo)
    await says(on, "route remove 1", "Only workspace admins", by=on.acme.bo)
    await inbox(on, "route add all")
    await says(on, "route list", "1. everything", by=on.acme.bo)
    await says(on, "route list", "I can't match you", by=on.acme.kim)
    assert "route add" in await says(on, "log", "route add")


async def test_another_admin_hears_of_a_new_rule(on: Stage) -> None:
    on.slack.users[on.acme.bo].admin = True
    await inbox(on, "route add text:hello")
    await hears(on, on.acme.bo, "changed a setting: Rule 1: text: *hello*")
    assert on.slack.dms(on.acme.ana) == []  # she did it herself


async def test_a_number_counts_in_the_rules_that_its_admin_knows(on: Stage) -> None:
    on.slack.users[on.acme.bo].admin = True
    for word in "abc":
        await inbox(on, f"route add text:{word}")
    await says(on, "route list", "2. text: *b*", by=on.acme.bo)
    await says(on, "route remove 2", "Removed: text: *b*")
    for typed in ("route remove 2", "assign remove 2", "route move 2 1"):  # Bo means the one that is gone
        await inbox(on, typed, by=on.acme.bo)
        assert f"<@{on.acme.ana}> has changed the rules" in on.slack.ephemerals(on.acme.bo)[-1].text
    said = await says(on, "route list", "2. text: *c*", by=on.acme.bo)
    assert "1. text: *a*" in said
    await says(on, "route move 2 1", "Rule 1 is now: text: *c*", by=on.acme.bo)
    await says(on, "route remove 1", "Removed: text: *c*", by=on.acme.bo)


async def test_two_admins_who_remove_one_rule_at_once_remove_one_rule(on: Stage) -> None:
    on.slack.users[on.acme.bo].admin = True
    for word in "abc":
        await inbox(on, f"route add text:{word}")
    await asyncio.gather(*(inbox(on, "route remove 2", by=who) for who in (on.acme.ana, on.acme.bo)))
    said = await says(on, "route list", "Everything else")
    assert ("text: *a*" in said, "text: *b*" in said) == (True, False)


async def test_a_rule_in_a_direct_message_needs_its_channel(on: Stage) -> None:
    await inbox(on, "route add all", channel=on.slack.dm(on.acme.ana).id)
    await hears(on, on.acme.ana, "add `to:#channel`")


async def test_trying_the_rules_shows_each_of_them_and_the_winner(on: Stage, vip: str) -> None:
    await write(on, "I want a refund")
    await inbox(on, "route add tag:none text:invoice", channel=vip)
    await inbox(on, "route add text:refund", channel=vip)
    await inbox(on, "route add platform:x", channel=vip)
    said = await says(on, "route test @sarah", "Sarah Chen")
    assert "✖️ 1. tag: *none*, text: *invoice*" in said
    assert "(not text: *invoice*)" in said
    assert "✅ 2. text: *refund*" in said
    assert "☑️ 3." in said
    assert f"→ <#{vip}>" in said


async def test_what_we_wrote_last_fits_no_rule(on: Stage, vip: str) -> None:
    unseen = await conversation(on, on.acme.sarah, "Hello")
    await on.inbox.teammate_writes(unseen, "Here is your refund")
    await inbox(on, "route add text:refund", channel=vip)
    assert "(not text: *refund*)" in await says(on, "route test @sarah", "Sarah Chen")
    await says(on, "why @sarah", "No rule fits it")


# --- why -------------------------------------------------------------------------------------------------------------


async def test_why_names_the_rule_on_a_card_and_in_its_thread_and_by_handle(on: Stage, vip: str) -> None:
    await inbox(on, "route add text:hello", channel=vip)
    await write(on, "Hello one")
    await write(on, "hello two")
    (card,) = posts(on, vip)
    (reply,) = on.slack.replies(vip, card.ts)
    for ts in (card.ts, reply.ts):
        known = len(told(on, on.acme.bo))
        assert (await on.slack.shortcut(on.acme.bo, vip, ts, "why_here")).ok
        await on.slack.until(lambda: len(told(on, on.acme.bo)) > known)  # noqa: B023  # asked within the round
        assert "Rule 1 says so: text: *hello*" in told(on, on.acme.bo)[-1]
        assert on.slack.permalink(card) in told(on, on.acme.bo)[-1]
    await says(on, "why @sarah", "Rule 1 says so")
    await says(on, "why https://x.com/sarah", "Rule 1 says so", by=on.acme.bo)


async def test_why_names_the_default_and_what_the_next_message_will_do(on: Stage, vip: str) -> None:
    await write(on, "Hello")
    await says(on, "why @sarah", "There are no rules, and NOTIFY_CHANNEL is")
    await inbox(on, "route add text:hello", channel=vip)
    await says(on, "why @sarah", f"With its next message it moves to <#{vip}>")


async def test_why_is_for_those_who_may_act_and_only_about_cards(on: Stage) -> None:
    await write(on, "Hello")
    (card,) = cards(on)
    await on.slack.shortcut(on.acme.kim, card.channel, card.ts, "why_here")
    await hears(on, on.acme.kim, "I can't match you")
    talk = on.slack.say(on.acme.ana, on.acme.channel, "Lunch?")
    await on.slack.shortcut(on.acme.ana, talk.channel, talk.ts, "why_here")
    await hears(on, on.acme.ana, "I can't tell which Inbox conversation")


# --- moving ----------------------------------------------------------------------------------------------------------


async def test_a_new_rule_moves_a_conversation_once_with_its_next_message(on: Stage, vip: str) -> None:
    await write(on, "First")
    (old,) = cards(on)
    await inbox(on, "route add platform:x", channel=vip)
    assert "First" in shows(on, old)
    await write(on, "Second")
    await write(on, "Third")
    (new,) = posts(on, vip)
    assert ["Third" in on.slack.show(one) for one in on.slack.replies(vip, new.ts)] == [True]
    assert on.slack.permalink(new) in old.text
    assert "Second" not in shows(on, old)
    assert labels(old) == []
    assert on.slack.replies(old.channel, old.ts) == []
    await on.slack.press(on.acme.ana, vip, new.ts, "Archive")
    await on.slack.until(lambda: "Reopen" in labels(new))
    assert labels(old) == []


async def test_a_tag_given_in_inbox_moves_the_conversation_with_its_next_message(on: Stage, vip: str) -> None:
    tag = on.inbox.add_tag("vip")
    await inbox(on, "route add tag:vip", channel=vip)
    await write(on, "First")
    await on.inbox.app_tags(on.acme.sarah, tag)
    await idle(on)
    assert posts(on, vip) == []
    await write(on, "Second")
    assert "Second" in shows(on, posts(on, vip)[0])
    assert "in vip now" in shows(on, cards(on)[0]).replace("#", "")


async def moved(on: Stage, card: Message, to: str | None, by: str) -> None:
    """Somebody asks why the card is here, presses *Move to…* and picks a channel."""
    await on.slack.shortcut(by, card.channel, card.ts, "why_here")
    answer = await whisper(on, by, "Move to…")
    await on.slack.press_ephemeral(by, answer, "Move to…")
    assert (await on.slack.submit(by, values={"channel": to} if to else {})).ok
    await idle(on)


async def test_somebody_moves_a_conversation_by_hand_and_it_stays_there(on: Stage, vip: str) -> None:
    await inbox(on, f"route add all to:<#{on.acme.channel}|support>")
    await write(on, "First")
    (old,) = cards(on)
    await moved(on, old, vip, on.acme.bo)
    (new,) = posts(on, vip)
    assert on.slack.permalink(new) in await hears(on, on.acme.bo, "stays there whatever the rules say")
    assert on.slack.permalink(new) in old.text
    await write(on, "Second")
    assert "Second" in on.slack.show(on.slack.replies(vip, new.ts)[0])
    assert "moved it to" in await says(on, "why @sarah", "no rule moves it any more")
    assert f"done: <#{vip}>" in await says(on, "log", "move ")


@pytest.mark.parametrize("snoozed", [False, True])
async def test_what_somebody_moved_and_what_was_said_stays_so_for_as_long_as_the_card(
    on: Stage, vip: str, redis_url: str, snoozed: bool
) -> None:
    """Their next message comes after 91 days, or after a snooze that is longer than cards live."""
    omars = on.slack.add_channel("omar")
    await inbox(on, "route add text:refund", channel=omars)
    await write(on, "First")
    await write(on, "A refund", on.acme.omar)
    (card,) = cards(on)
    await moved(on, card, vip, on.acme.bo)
    if snoozed:
        for one in (posts(on, vip)[0], posts(on, omars)[0]):
            await snooze(on, on.acme.bo, one)
    await tidied(on)
    days_pass(redis_url, 400 if snoozed else 91)
    await write(on, "Second")
    await write(on, "Thanks", on.acme.omar)
    (hers,), (his,) = live(on, vip), live(on, omars)
    assert "Second" in on.slack.show(on.slack.replies(vip, hers.ts)[-1])
    assert "Thanks" in on.slack.show(on.slack.replies(omars, his.ts)[-1])
    assert cards(on) == [card]


async def test_a_move_that_rules_want_is_none_where_somebody_moves_the_card_elsewhere(on: Stage, vip: str) -> None:
    """The rules want it in a channel that takes no posts, where it would have to wait."""
    third = on.slack.add_channel("third")
    await inbox(on, f"route add campaign:yes to:<#{vip}|vip>")
    await write(on, "First")
    (card,) = cards(on)
    on.slack.channels[vip].archived = True
    await on.inbox.campaign_writes(thread(on).id, "Have you heard of us?")
    await on.slack.until(lambda: [one for one in on.slack.calls if one.answer.get("error") == "is_archived"])
    await moved(on, card, third, on.acme.ana)
    await hears(on, on.acme.ana, "stays there whatever the rules say")
    on.slack.channels[vip].archived = False
    await write(on, "Second")
    assert (live(on, on.acme.channel, vip), len(live(on, third))) == ([], 1)


async def test_a_move_that_rules_wanted_before_somebody_moved_the_card_is_none_after(on: Stage, vip: str) -> None:
    third = on.slack.add_channel("third")
    await write(on, "First")
    await moved(on, cards(on)[0], third, on.acme.ana)
    await on.bridge.lanes.accept(Move(thread_id=thread(on).id, channel=vip))
    await idle(on)
    assert (posts(on, vip), len(live(on, third))) == ([], 1)


async def test_a_card_that_rules_move_at_the_moment_comes_back_where_somebody_keeps_it(on: Stage, vip: str) -> None:
    await inbox(on, f"route add text:refund to:<#{vip}|vip>")
    await write(on, "First")
    (card,) = cards(on)
    await on.slack.shortcut(on.acme.ana, card.channel, card.ts, "why_here")
    answer = await whisper(on, on.acme.ana, "Move to…")
    await on.slack.press_ephemeral(on.acme.ana, answer, "Move to…")
    on.slack.fail("chat.postMessage", delay=0.5)
    await on.inbox.customer_writes(on.acme.sarah, "I want a refund")
    await until(lambda: not on.slack._faults)  # the post in the other channel is under way
    assert (await on.slack.submit(on.acme.ana, values={"channel": on.acme.channel})).ok
    await hears(on, on.acme.ana, "stays there whatever the rules say")
    await idle(on)
    assert (live(on, vip), len(live(on, on.acme.channel))) == ([], 1)
    assert "I want a refund" in shows(on, live(on, on.acme.channel)[0])


async def test_the_rules_can_have_it_back(on: Stage, vip: str) -> None:
    await write(on, "First")
    (old,) = cards(on)
    await moved(on, old, vip, on.acme.ana)
    (there,) = posts(on, vip)
    await moved(on, there, None, on.acme.ana)
    await hears(on, on.acme.ana, "The rules decide again")
    assert len(cards(on)) == 2
    assert "First" in shows(on, cards(on)[1])
    assert on.slack.permalink(cards(on)[1]) in there.text


async def test_a_conversation_cannot_be_moved_where_the_bot_is_not(on: Stage) -> None:
    closed = on.slack.add_channel("closed", bot_in=False)
    await write(on, "First")
    (card,) = cards(on)
    await moved(on, card, closed, on.acme.ana)
    await hears(on, on.acme.ana, "/invite @Inbox")
    assert "First" in shows(on, card)


async def test_who_may_not_act_moves_nothing(on: Stage, vip: str) -> None:
    await write(on, "First")
    (card,) = cards(on)
    await on.slack.shortcut(on.acme.ana, card.channel, card.ts, "why_here")
    answer = await whisper(on, on.acme.ana, "Move to…")
    await on.slack.press_ephemeral(on.acme.ana, answer, "Move to…")
    await inbox(on, "unlink")
    await on.slack.submit(on.acme.ana, values={"channel": vip})
    await hears(on, on.acme.ana, "You are unlinked from Inbox.")
    assert posts(on, vip) == []


async def test_a_shortcut_on_what_is_left_of_a_moved_card_still_knows_its_conversation(on: Stage, vip: str) -> None:
    await write(on, "First")
    (old,) = cards(on)
    await moved(on, old, vip, on.acme.ana)
    await on.slack.shortcut(on.acme.ana, old.channel, old.ts, "archive_thread")
    await on.slack.until(lambda: "Reopen" in labels(posts(on, vip)[0]))
    assert thread(on).archived


# --- while Slack takes no posts --------------------------------------------------------------------------------------


def tried(on: Stage, words: str) -> bool:
    """Whether Slack refused a post that says `words`."""
    refused = [one for one in on.slack.calls if one.method == "chat.postMessage" and not one.ok]
    return any(words in on.slack.show(one.args["blocks"]) for one in refused if one.args.get("blocks"))


def below(on: Stage, channel: str) -> list[str]:
    """What stands below the cards in the channel, in order."""
    replies = [reply for one in posts(on, channel) for reply in on.slack.replies(channel, one.ts)]
    return [line for one in replies for line in on.slack.show(one).splitlines() if line.startswith("Said ")]


async def test_each_of_several_that_could_not_be_posted_stands_where_a_rule_wants_them_then(
    on: Stage, vip: str
) -> None:
    for number in (1, 2):
        await write(on, f"Said {number}")
    on.slack.fail("chat.postMessage", status=500, times=None)
    for number in (3, 4):
        await on.inbox.customer_writes(on.acme.sarah, f"Said {number}")
        await on.slack.until(lambda: tried(on, f"Said {number}"))  # noqa: B023  # asked within the round
    await on.slack.command(on.acme.ana, vip, command="/inbox", text="route add platform:x")
    await hears(on, on.acme.ana, "Rule 1")
    await on.inbox.customer_writes(on.acme.sarah, "Said 5")
    await on.inbox.settle()
    await on.slack.until(lambda: [one for one in on.slack.calls if _is_card_in(one, vip)])
    on.slack.heal()
    await on.slack.until(lambda: len(below(on, vip)) == 3)
    await idle(on)
    assert below(on, vip) == ["Said 3", "Said 4", "Said 5"]


def _is_card_in(call: Call, channel: str) -> bool:
    return call.method == "chat.postMessage" and call.args["channel"] == channel and "actions" in str(call.args)


async def test_what_stands_on_a_card_alone_stays_when_a_rule_is_gone_before_it_could_move_it(
    on: Stage, vip: str
) -> None:
    await write(on, "Said 1")
    await inbox(on, "route add platform:x", channel=vip)
    on.slack.fail("chat.postMessage", status=500, times=None)
    await on.inbox.customer_writes(on.acme.sarah, "Said 2")
    await on.slack.until(lambda: [one for one in on.slack.calls if _is_card_in(one, vip)])
    await on.slack.command(on.acme.ana, vip, command="/inbox", text="route remove 1")
    await hears(on, on.acme.ana, "Removed")
    await on.inbox.customer_writes(on.acme.sarah, "Said 3")
    await on.slack.until(lambda: tried(on, "Said 3"))
    on.slack.heal()
    await on.slack.until(lambda: len(below(on, on.acme.channel)) == 3)
    await idle(on)
    assert below(on, on.acme.channel) == ["Said 1", "Said 2", "Said 3"]
