"""Slack Connect: where another organisation reads along, nothing internal stands until an admin agreed."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from bot.cards.jobs import Missed
from bot.sandbox.inbox.server import SandboxInbox
from bot.sandbox.slack.records import Message
from bot.sandbox.slack.server import SandboxSlack
from bot.sandbox.stage import Stage, acme
from bot.store import keys
from tests.conftest import Open
from tests.e2e.steps import calls, cards, hears, idle, labels, shows, thread, told

SECRET = "Between us: 50 % off"


async def written(on: Stage, said: str = SECRET) -> None:
    await on.inbox.customer_writes(on.acme.sarah, said)
    await idle(on)


def seen(on: Stage, channel: str) -> str:
    """Everything that stands in the channel, with what never shows: fallbacks, metadata, links and values."""
    shown = [one for card in on.slack.messages(channel) for one in (card, *on.slack.replies(channel, card.ts))]
    return json.dumps([[one.text, one.blocks, one.metadata] for one in shown])


def assert_closed(on: Stage, channel: str) -> None:
    said = seen(on, channel)
    assert "open in Inbox" in said
    for internal in (SECRET[:10], "Sarah", "sarah", "Ana", 'Bo"', on.acme.sarah.platform_id, "x.com"):
        assert internal not in said


def becomes_shared(on: Stage, redis_url: str, shared: bool = True) -> None:
    on.slack.channels[on.acme.channel].shared = shared
    five_minutes_pass(on, redis_url)


def five_minutes_pass(on: Stage, redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        known = json.loads(redis.get(keys.sharing(on.acme.channel)) or "{}")
        known["at"] = (datetime.now(UTC) - timedelta(seconds=301)).isoformat()
        redis.set(keys.sharing(on.acme.channel), json.dumps(known))


@pytest.fixture
async def shared(opened: Open, api: str) -> Stage:
    """The cards go to a channel that is shared. Ids are given out in a fixed order: another stage's tell this one's."""
    return await opened(versions=[api], notify_channel=acme(SandboxSlack(), SandboxInbox()).shared)


async def test_a_shared_channel_shows_neither_names_nor_texts(shared: Stage) -> None:
    on = shared
    await written(on)
    (card,) = on.slack.messages(on.acme.shared)
    await written(on, SECRET + ", really")
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Unassign" in labels(card))
    assert len(on.slack.replies(card.channel, card.ts)) == 1
    assert_closed(on, on.acme.shared)
    assert "New message for @acme" in on.slack.show(card).replace("\u2060", "")
    heard = [one for one in told(on, on.acme.ana) if "is shared with another organisation" in one]
    assert len(heard) == 1  # once, with the remedy
    assert "/inbox consent" in heard[0]


async def test_an_outsider_may_press_and_is_refused_privately(shared: Stage) -> None:
    on = shared
    await written(on)
    (card,) = on.slack.messages(on.acme.shared)
    await on.slack.press(on.acme.outsider, card.channel, card.ts, "Archive")
    await hears(on, on.acme.outsider, "can act on Inbox threads")
    await idle(on)
    assert calls(on, "PATCH") == []
    assert "Archive" in labels(card)


async def test_consent_is_an_admins_and_can_be_taken_back(shared: Stage) -> None:
    on = shared

    async def inbox(user: str, words: str) -> None:
        assert (await on.slack.command(user, on.acme.shared, command="/inbox", text=words)).ok

    await inbox(on.acme.bo, "consent")
    await hears(on, on.acme.bo, "Only workspace admins")
    await written(on)
    assert_closed(on, on.acme.shared)
    await inbox(on.acme.ana, "consent")
    await hears(on, on.acme.ana, "I show names and texts in")
    await written(on, "Open now")
    assert "Open now" in seen(on, on.acme.shared)
    (card,) = on.slack.messages(on.acme.shared)
    assert "Sarah Chen" in on.slack.show(card)
    await inbox(on.acme.ana, "consent off")
    await hears(on, on.acme.ana, "any more while it is shared")
    await written(on, "Closed again")
    assert "Closed again" not in seen(on, on.acme.shared)
    assert "Sarah Chen" not in on.slack.show(card)


async def test_consent_is_for_a_channel(on: Stage) -> None:
    await on.slack.command(on.acme.ana, on.slack.dm(on.acme.ana).id, command="/inbox", text="consent")
    await hears(on, on.acme.ana, "in the channel that it is for")


async def test_a_channel_that_becomes_shared_later_closes(on: Stage, redis_url: str) -> None:
    await written(on, "Hello")
    (card,) = cards(on)
    assert "Sarah Chen" in shows(on, card)
    becomes_shared(on, redis_url)
    await written(on)
    assert SECRET not in seen(on, on.acme.channel)
    assert "Sarah" not in shows(on, card)
    becomes_shared(on, redis_url, shared=False)
    await written(on, "Only us again")
    assert "Only us again" in seen(on, on.acme.channel)


async def test_slack_is_asked_once_for_many_messages(on: Stage) -> None:
    for number in range(4):
        await written(on, f"Hello {number}")
    assert [call.method for call in on.slack.calls].count("conversations.info") == 1


@pytest.mark.parametrize("fault", [{"status": 500}, {"retry_after": 1}])
async def test_where_slack_does_not_answer_the_post_waits_until_it_does(on: Stage, fault: dict[str, object]) -> None:
    on.slack.fail("conversations.info", times=2, **fault)  # type: ignore[arg-type]  # one of fail's own
    await written(on, "Worth the wait")
    assert "Worth the wait" in seen(on, on.acme.channel)
    assert [call.method for call in on.slack.calls].count("conversations.info") == 3


async def test_where_slack_refuses_to_say_a_channel_counts_as_shared(on: Stage) -> None:
    on.slack.fail("conversations.info", error="some_new_error", times=None)
    await written(on)
    assert_closed(on, on.acme.channel)
    on.slack.heal()
    await written(on, "Open again")
    assert "Open again" in seen(on, on.acme.channel)


@pytest.mark.parametrize(
    ("facts", "closed"),
    [
        ({"is_ext_shared": True, "is_shared": True}, True),
        ({"is_pending_ext_shared": True}, True),
        ({"is_shared": True, "is_org_shared": False}, True),
        ({"is_shared": True, "is_org_shared": True}, False),  # between workspaces of our own organisation
        ({"is_shared": True, "is_org_shared": True, "is_ext_shared": True}, True),
        ({}, False),
    ],
)
async def test_a_channel_is_shared_with_others_when_slack_says_so_in_any_of_its_ways(
    on: Stage, facts: dict[str, bool], closed: bool
) -> None:
    on.slack.channels[on.acme.channel].facts = facts
    await written(on)
    if closed:
        assert_closed(on, on.acme.channel)
    else:
        assert SECRET in seen(on, on.acme.channel)


async def test_while_slack_does_not_say_its_last_word_holds(on: Stage, redis_url: str) -> None:
    await written(on, "Hello")
    on.slack.fail("conversations.info", status=500, times=None)
    five_minutes_pass(on, redis_url)
    await written(on, "Still ours")
    assert "Still ours" in seen(on, on.acme.channel)


async def test_without_the_scope_ordinary_channels_work_and_known_shared_ones_stay_closed(
    on: Stage, redis_url: str
) -> None:
    on.slack.scopes -= {"channels:read", "groups:read"}
    await written(on, "Hello")
    assert "Hello" in seen(on, on.acme.channel)
    on.slack.scopes |= {"channels:read"}
    on.slack.channels[on.acme.channel].shared = True
    await written(on)
    on.slack.scopes -= {"channels:read"}
    five_minutes_pass(on, redis_url)
    await written(on, "Between others")
    assert "Between others" not in seen(on, on.acme.channel)


async def test_what_came_while_the_bot_was_away_names_nobody_either(shared: Stage) -> None:
    on = shared
    await written(on, "Before")
    on.inbox.auto_deliver = False
    for text in (SECRET, SECRET + "!"):
        await on.inbox.customer_writes(on.acme.sarah, text)
    since = datetime.now(UTC) - timedelta(minutes=1)
    await on.bridge.lanes.accept(Missed(channel=on.acme.shared, thread_id=thread(on).id, since=since))
    await idle(on)
    (card,) = on.slack.messages(on.acme.shared)
    assert len(on.slack.replies(on.acme.shared, card.ts)) == 1
    assert_closed(on, on.acme.shared)


# --- a channel that takes no posts -----------------------------------------------------------------------------------


def _removed(on: Stage, card: Message) -> None:
    on.slack.channels[card.channel].members.discard("U0SANDBOXBOT")


def _archived(on: Stage, card: Message) -> None:
    on.slack.channels[card.channel].archived = True


def _restored(on: Stage, card: Message) -> None:
    on.slack.channels[card.channel].members.add("U0SANDBOXBOT")
    on.slack.channels[card.channel].archived = False


@pytest.mark.parametrize(("lose", "remedy"), [(_removed, "/invite @Inbox"), (_archived, "Unarchive it")])
async def test_a_lost_channel_is_said_once_and_nothing_is_lost_with_it(on: Stage, lose: object, remedy: str) -> None:
    await written(on, "Hello")
    (card,) = cards(on)
    for round_number in (1, 2):
        before = _refused(on)
        lose(on, card)  # type: ignore[operator]  # one of the two above
        for text in ("One", "Two", "Three"):
            await on.inbox.customer_writes(on.acme.sarah, f"{text} {round_number}")
        await on.slack.until(lambda: _lost(on, remedy) >= round_number)  # noqa: B023  # asked within the round
        await on.slack.until(lambda: _refused(on) >= before + 3)  # noqa: B023
        assert _lost(on, remedy) == round_number
        _restored(on, card)
        await on.slack.until(lambda: f"Three {round_number}" in below(on, card))  # noqa: B023
    said = re.findall(r"^\w+ \d$", below(on, card), re.MULTILINE)
    assert said == ["One 1", "Two 1", "Three 1", "One 2", "Two 2", "Three 2"]


async def test_a_card_that_changes_does_not_say_that_its_channel_takes_posts_again(on: Stage) -> None:
    """Slack lets us change a message where we may not post."""
    await written(on, "Hello")
    (card,) = cards(on)
    _removed(on, card)
    await on.inbox.customer_writes(on.acme.omar, "Anybody there?")
    await hears(on, on.acme.ana, "I can't post in")
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Unassign" in labels(card))
    refused = _refused(on)
    await on.slack.until(lambda: _refused(on) >= refused + 2)
    assert [one for one in told(on, on.acme.ana) if "post in" in one] == [told(on, on.acme.ana)[0]]
    _restored(on, card)
    await hears(on, on.acme.ana, "again")


async def test_each_remedy_that_a_lost_channel_needs_is_said(on: Stage) -> None:
    """Who unarchives a channel reads that the bot is not in it any more."""
    await written(on, "Hello")
    (card,) = cards(on)
    _removed(on, card)
    _archived(on, card)
    await on.inbox.customer_writes(on.acme.omar, "Anybody there?")
    await hears(on, on.acme.ana, "Unarchive it")
    on.slack.channels[card.channel].archived = False
    await hears(on, on.acme.ana, "/invite @Inbox")
    _restored(on, card)
    await hears(on, on.acme.ana, "I can post in")
    await idle(on)
    said = [one for one in told(on, on.acme.ana) if "post in" in one]
    assert ["again" in one for one in said] == [False, False, True]


def below(on: Stage, card: Message) -> str:
    return "\n".join(on.slack.show(one) for one in on.slack.replies(card.channel, card.ts))


def _lost(on: Stage, remedy: str) -> int:
    return sum("I can't post in" in one and remedy in one for one in told(on, on.acme.ana))


def _refused(on: Stage) -> int:
    return sum(call.method == "chat.postMessage" and not call.ok for call in on.slack.calls)


async def test_a_card_in_a_channel_of_earlier_days_holds_up_nobody(on: Stage, redis_url: str) -> None:
    """The cards' channel was changed, and the old one is archived: the conversation goes on in the new one."""
    old = on.slack.add_channel("old")
    await written(on, "Hello")
    (card,) = cards(on)
    moved = on.slack.post(old, "U0SANDBOXBOT", text="the card of then")
    with Redis.from_url(redis_url) as redis:
        (found,) = redis.keys(keys.card("*"))
        redis.hset(found, mapping={"channel": old, "ts": moved.ts})
    on.slack.channels[old].archived = True
    await on.inbox.customer_writes(on.acme.sarah, "Still here?")
    await on.slack.until(lambda: len(cards(on)) == 2)
    await idle(on, held=1)  # what is left of the old card
    assert "Still here?" in shows(on, cards(on)[1])
    assert card.ts != cards(on)[1].ts
