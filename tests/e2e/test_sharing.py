"""A channel whose readers change: what stands there closes to the other organisation, or opens again, by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from redis import Redis

from bot.cards.jobs import LookAtSharing, Redraw
from bot.people.rights import Sharing
from bot.queue.job import Job, Later, utc_now
from bot.queue.retries import RETRIES
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.store import keys
from tests.conftest import QUICK, Open
from tests.e2e.deaths import ENOUGH
from tests.e2e.scheduling import below, later
from tests.e2e.steps import card_of, cards, idle, labels, reply, shows, thread, told
from tests.e2e.test_connect import SECRET, assert_closed, becomes_shared, five_minutes_pass, seen
from tests.mortal import Mortal

NOTICE = "is shared with another organisation, so"


async def three_conversations(on: Stage) -> list[Message]:
    """Sarah's, with a message and Ana's answer below the card, Omar's, and one that nobody has answered."""
    sarahs = await card_of(on, SECRET)
    await on.inbox.customer_writes(on.acme.sarah, f"{SECRET}, really")
    await idle(on)
    await reply(on, on.acme.ana, sarahs, f"{SECRET} it is")
    others = [on.acme.omar, on.inbox.add_person("lena", "Lena Sarah")]
    found = [sarahs, *[await card_of(on, SECRET, one) for one in others]]
    await idle(on)
    return found


async def inbox(on: Stage, words: str) -> None:
    assert (await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text=words)).ok
    await idle(on)


def read(on: Stage) -> list[str]:
    """All that a person reads in the channel, and in its notifications."""
    cards = on.slack.messages(on.acme.channel)
    posts = [one for card in cards for one in (card, *on.slack.replies(on.acme.channel, card.ts))]
    return [f"{on.slack.show(one)}\n{one.text}" for one in posts]


def notices(on: Stage) -> list[str]:
    return [one for one in told(on, on.acme.ana) if NOTICE in one]


async def test_what_stands_in_a_channel_closes_as_soon_as_slack_says_that_it_is_shared(on: Stage) -> None:
    found = await three_conversations(on)
    heard = len(told(on, on.acme.ana))
    assert (await on.slack.share(on.acme.channel)).ok
    await idle(on)
    assert_closed(on, on.acme.channel)
    assert [labels(card)[0] for card in found] == ["Reply"] * 3
    assert [shows(on, card)[0] for card in found] == ["🟢", "🔴", "🔴"]
    assert len(told(on, on.acme.ana)) == heard + 1  # the notice, and nothing anew of what was sent long ago
    (notice,) = notices(on)
    assert "Until now, 3 cards could be read there" in notice
    assert "older than a week" in notice
    assert "/inbox consent" in notice


async def test_whom_a_post_mentions_is_not_named_to_others(on: Stage) -> None:
    card = await card_of(on, SECRET)
    await on.inbox.app_assigns(thread(on).id, on.acme.ana_member)
    await reply(on, on.acme.ana, card, "Soon")
    await on.inbox.customer_writes(on.acme.sarah, "And now?")
    await idle(on)
    mention = f"<@{on.acme.ana}>"
    assert mention in seen(on, on.acme.channel)
    await on.slack.share(on.acme.channel)
    await idle(on)
    assert_closed(on, on.acme.channel)
    assert mention not in seen(on, on.acme.channel)
    await on.slack.share(on.acme.channel, shared=False)
    await idle(on)
    assert mention in seen(on, on.acme.channel)


async def test_a_reply_that_was_not_sent_is_closed_too_and_comes_back(on: Stage) -> None:
    card = await card_of(on, SECRET)
    on.inbox.fail("POST /*/messages", 403, times=None)
    on.inbox.fail("POST /*/threads/*/messages", 403, times=None)
    await reply(on, on.acme.ana, card, f"{SECRET} it is")
    await idle(on)
    before, heard = read(on), len(told(on, on.acme.ana))
    assert "Not sent" in before[-1]
    await on.slack.share(on.acme.channel)
    await idle(on)
    assert_closed(on, on.acme.channel)
    assert len(told(on, on.acme.ana)) == heard + 1
    await on.slack.share(on.acme.channel, shared=False)
    await idle(on)
    assert read(on) == before


@pytest.mark.parametrize("history", [False, True])
async def test_a_reply_that_waits_for_its_time_is_closed_too_and_comes_back(
    on: Stage, optional_scopes: frozenset[str], history: bool
) -> None:
    on.slack.scopes |= optional_scopes if history else set()
    card = await card_of(on, SECRET)
    await later(on, on.acme.ana, card, f"{SECRET} it is")
    before = read(on)
    await on.slack.share(on.acme.channel)
    await idle(on)
    assert_closed(on, on.acme.channel)
    (waits,) = below(on, card)
    assert "Cancel" in labels(waits)
    await on.slack.share(on.acme.channel, shared=False)
    await idle(on)
    assert read(on) == before


async def test_it_opens_again_when_it_is_shared_no_longer_and_admins_hear_of_the_next_time(on: Stage) -> None:
    await three_conversations(on)
    open_before = read(on)
    await on.slack.share(on.acme.channel)
    await idle(on)
    assert (await on.slack.share(on.acme.channel, shared=False)).ok
    await idle(on)
    assert read(on) == open_before
    await on.slack.share(on.acme.channel)
    await idle(on)
    assert_closed(on, on.acme.channel)
    assert len(notices(on)) == 2


async def test_consent_opens_all_that_stands_there_and_its_end_closes_it(on: Stage) -> None:
    await three_conversations(on)
    open_before = read(on)
    await on.slack.share(on.acme.channel)
    await idle(on)
    await inbox(on, "consent")
    assert read(on) == open_before
    await inbox(on, "consent off")
    assert_closed(on, on.acme.channel)
    assert len(notices(on)) == 1  # an admin said so this time


async def test_where_there_was_consent_nothing_is_drawn_and_nobody_is_told(on: Stage, redis_url: str) -> None:
    """An older version noted nothing of who reads there: it is for whoever does when it is seen first."""
    (card,) = [await card_of(on, SECRET)]
    on.slack.channels[on.acme.channel].shared = True
    with Redis.from_url(redis_url) as redis:
        redis.set(keys.consent(on.acme.channel), on.acme.ana)
        redis.set(keys.sharing(on.acme.channel), Sharing(shared=True, at=utc_now() - timedelta(days=1)).json())
    await on.slack.share(on.acme.channel)
    await idle(on)
    assert SECRET in shows(on, card)
    assert notices(on) == []


OVER = "has ended"


async def consented(on: Stage) -> Message:
    """A card in a channel that one other organisation reads, as an admin agreed."""
    card = await card_of(on, SECRET)
    await on.slack.share(on.acme.channel)
    await idle(on)
    await inbox(on, "consent")
    assert SECRET in shows(on, card)
    return card


@pytest.mark.parametrize("noticed", [True, False])
async def test_consent_ends_with_the_sharing_that_it_was_for(on: Stage, redis_url: str, noticed: bool) -> None:
    """Also where Slack's events do not come: then it is seen when Slack is asked."""
    card = await consented(on)
    await on.slack.share(on.acme.channel, shared=False)
    await idle(on)
    assert SECRET in shows(on, card)
    assert len([one for one in told(on, on.acme.ana) if OVER in one]) == 1
    if noticed:
        await on.slack.share(on.acme.channel, team="T0THIRD")
        await idle(on)
    else:
        becomes_shared(on, redis_url)
        await on.inbox.customer_writes(on.acme.sarah, SECRET)
        await idle(on)
    assert_closed(on, on.acme.channel)
    assert len(notices(on)) == 2
    await inbox(on, "consent")
    await on.slack.share(on.acme.channel, shared=False, team="T0THIRD")
    on.slack.channels[on.acme.channel].shared = False
    await on.bridge.lanes.accept(LookAtSharing())
    await idle(on)
    assert len([one for one in told(on, on.acme.ana) if OVER in one]) == 2


async def test_consent_ends_where_another_organisation_joins_and_not_where_one_of_two_leaves(on: Stage) -> None:
    card = await consented(on)
    await on.slack.share(on.acme.channel, team="T0THIRD")
    await idle(on)
    assert_closed(on, on.acme.channel)
    assert len(notices(on)) == 2
    await inbox(on, "consent")
    await on.slack.share(on.acme.channel, shared=False)
    await idle(on)
    assert SECRET in shows(on, card)
    assert len(notices(on)) == 2
    assert not [one for one in told(on, on.acme.ana) if OVER in one]


async def asked_again(on: Stage, redis_url: str, **facts: object) -> None:
    """Slack says that of who reads the channel now, and is asked."""
    on.slack.channels[on.acme.channel].facts = {"is_shared": True, "is_ext_shared": True, **facts}
    five_minutes_pass(on, redis_url)
    await on.bridge.lanes.accept(LookAtSharing())
    await idle(on)


@pytest.mark.parametrize("ours", ["T0ACME", "E0ACME"])
async def test_consent_holds_when_who_was_invited_accepts(opened: Open, api: str, redis_url: str, ours: str) -> None:
    """Slack names our own workspace, or our organisation, beside theirs once they are connected."""
    on = await opened(versions=[api], enterprise="E0ACME")
    card = await card_of(on, SECRET)
    invited = {"is_ext_shared": False, "is_pending_ext_shared": True, "pending_connected_team_ids": ["T0OTHER"]}
    await asked_again(on, redis_url, is_shared=False, **invited)
    await inbox(on, "consent")
    heard = len(notices(on))
    await asked_again(on, redis_url, connected_team_ids=[ours, "T0OTHER"], shared_team_ids=[ours])
    assert SECRET in shows(on, card)
    assert len(notices(on)) == heard


@pytest.mark.parametrize("named", ["connected_limited_team_ids", "shared_team_ids"])
async def test_consent_ends_where_another_organisation_joins_however_slack_names_it(
    on: Stage, redis_url: str, named: str
) -> None:
    await consented(on)
    await asked_again(on, redis_url, **{named: ["T0THIRD"]})
    assert_closed(on, on.acme.channel)


@pytest.mark.parametrize("known", [(), ("T0ACME",)])
async def test_what_an_older_version_noted_of_us_alone_ends_no_consent(
    on: Stage, redis_url: str, known: tuple[str, ...]
) -> None:
    card = await consented(on)
    with Redis.from_url(redis_url) as redis:
        redis.set(keys.sharing(on.acme.channel), Sharing(shared=True, at=utc_now(), teams=known).json())
    await asked_again(on, redis_url)
    assert SECRET in shows(on, card)


@pytest.mark.parametrize("before", [False, True])
async def test_consent_while_slack_says_nothing_is_for_those_whom_it_names_next(
    on: Stage, redis_url: str, before: bool
) -> None:
    """Before, nobody read there, or another organisation did."""
    card = await card_of(on, SECRET)
    if before:
        await on.slack.share(on.acme.channel, team="T0THIRD")
        await idle(on)
    on.slack.fail("conversations.info", error="some_new_error", times=None)
    await inbox(on, "consent")
    on.slack.heal()
    await asked_again(on, redis_url, connected_team_ids=["T0ACME", "T0OTHER"])
    assert SECRET in shows(on, card)
    await asked_again(on, redis_url, connected_team_ids=["T0ACME", "T0OTHER", "T0THIRD"])
    assert_closed(on, on.acme.channel)


async def test_while_cards_are_drawn_it_is_asked_all_the_same_who_reads_where_somebody_consented(
    on: Stage, redis_url: str
) -> None:
    """Slack tells of no event, and the next look is some minutes away."""
    await consented(on)
    on.slack.channels[on.acme.channel].teams = ("T0OTHER", "T0THIRD")
    five_minutes_pass(on, redis_url)
    await on.inbox.customer_writes(on.acme.sarah, SECRET)
    await idle(on)
    assert_closed(on, on.acme.channel)


async def test_whoever_dies_before_the_admins_hear_that_consent_ended_leaves_that_to_who_asks_next(
    on: Stage, redis_url: str
) -> None:
    await card_of(on, SECRET)
    with Redis.from_url(redis_url) as redis:
        noted = Sharing(shared=False, at=utc_now() - timedelta(hours=1), ended=utc_now())
        redis.set(keys.sharing(on.acme.channel), noted.json())
    for _ in range(2):
        await on.bridge.lanes.accept(LookAtSharing())
        await idle(on)
    assert len([one for one in told(on, on.acme.ana) if OVER in one]) == 1


async def test_admins_hear_of_a_channel_that_becomes_shared_while_a_walk_of_their_own_waits(
    on: Stage, redis_url: str
) -> None:
    """The walk that Slack's word brings has merged with it."""
    await card_of(on, SECRET)
    on.slack.channels[on.acme.channel].shared = True
    with Redis.from_url(redis_url) as redis:
        noted = Sharing(shared=True, at=utc_now(), undrawn=True)
        redis.set(keys.sharing(on.acme.channel), noted.json())
    await on.bridge.lanes.accept(Redraw(channel=on.acme.channel, told=True))
    await idle(on)
    assert_closed(on, on.acme.channel)
    assert len(notices(on)) == 1


async def test_one_event_in_one_conversation_closes_all_of_them_where_slack_told_nothing(
    on: Stage, redis_url: str
) -> None:
    await three_conversations(on)
    becomes_shared(on, redis_url)
    await on.inbox.customer_writes(on.acme.omar, "Hello?")
    await idle(on)
    assert_closed(on, on.acme.channel)
    assert "3 cards" in notices(on)[0]


async def test_slack_is_asked_now_and_then_and_channels_of_others_are_no_concern(on: Stage) -> None:
    await three_conversations(on)
    on.slack.channels[on.acme.channel].shared = True
    await on.bridge.lanes.accept(LookAtSharing())
    await idle(on)
    assert_closed(on, on.acme.channel)
    on.slack.calls.clear()
    await on.slack.share(on.slack.add_channel("theirs"))
    await idle(on)
    assert on.slack.calls == []


async def test_a_card_that_has_moved_leaves_no_name_behind(on: Stage) -> None:
    card, other = await card_of(on, SECRET), on.slack.add_channel("other")
    await inbox(on, f"route add all <#{other}|other>")
    await on.inbox.customer_writes(on.acme.sarah, "And now?")
    await idle(on)
    assert "Sarah Chen* is in" in shows(on, card).replace("\u2060", "")
    await on.slack.share(on.acme.channel)
    await idle(on)
    assert "moved to another channel" in shows(on, card)
    assert "Sarah" not in seen(on, on.acme.channel)


async def test_nor_does_a_mention_below_it(on: Stage, optional_scopes: frozenset[str]) -> None:
    on.slack.scopes |= optional_scopes
    other = on.slack.add_channel("other")
    await inbox(on, f"route add all mention:<@{on.acme.bo}>")
    card = await card_of(on, SECRET)
    await inbox(on, f"route add all <#{other}|other>")
    await on.inbox.customer_writes(on.acme.sarah, "And now?")
    await idle(on)
    assert "Sarah Chen* waits for an answer" in seen(on, on.acme.channel)
    await on.slack.share(on.acme.channel)
    await idle(on)
    assert "moved to another channel" in shows(on, card)
    assert "Sarah" not in seen(on, on.acme.channel)
    assert "Sarah" in seen(on, other)


async def test_what_is_older_than_a_week_closes_where_history_may_be_read(
    on: Stage, optional_scopes: frozenset[str], redis_url: str
) -> None:
    on.slack.scopes |= optional_scopes
    await three_conversations(on)
    with Redis.from_url(redis_url) as redis:
        redis.delete(*redis.keys(keys.post("*", "*")))
    await on.slack.share(on.acme.channel)
    await idle(on)
    assert_closed(on, on.acme.channel)
    assert "older than a week" not in notices(on)[0]


async def test_colleagues_who_write_below_a_card_are_left_alone(on: Stage, optional_scopes: frozenset[str]) -> None:
    on.slack.scopes |= optional_scopes
    card = await card_of(on, SECRET)
    said = await on.slack.write(on.acme.bo, card.channel, "I know them", card.ts)
    await idle(on)
    await on.slack.share(on.acme.channel)
    await idle(on)
    assert on.slack.message(card.channel, said.ts).text == "I know them"
    assert_closed_card(on, card)


async def test_slacks_limits_are_waited_for_and_nothing_stays_open(on: Stage) -> None:
    for number in range(23):
        await on.inbox.customer_writes(on.inbox.add_person(f"sarah{number}", f"Sarah {number}"), SECRET)
    await idle(on)
    on.slack.fail("chat.update", retry_after=1, times=3)
    await on.slack.share(on.acme.channel)
    await idle(on)
    assert len(cards(on)) == 23
    assert_closed(on, on.acme.channel)
    assert "23 cards" in notices(on)[0]


async def test_a_channel_that_takes_no_changes_for_a_while_is_closed_afterwards(on: Stage) -> None:
    await three_conversations(on)
    on.slack.fail("chat.update", error="restricted_action", times=4)
    await on.slack.share(on.acme.channel)
    await idle(on)
    assert_closed(on, on.acme.channel)


async def test_whoever_dies_before_the_walk_is_asked_for_leaves_that_to_who_asks_next(
    on: Stage, redis_url: str
) -> None:
    await three_conversations(on)
    on.slack.channels[on.acme.channel].shared = True
    with Redis.from_url(redis_url) as redis:
        noted = Sharing(shared=True, at=utc_now(), undrawn=True)
        redis.set(keys.sharing(on.acme.channel), noted.json())
    await on.bridge.lanes.accept(LookAtSharing())
    await idle(on)
    assert_closed(on, on.acme.channel)
    assert "3 cards" in notices(on)[0]
    on.slack.calls.clear()
    await on.bridge.lanes.accept(LookAtSharing())
    await idle(on)
    assert [one.method for one in on.slack.calls] == ["conversations.info"]


async def test_whoever_dies_over_the_walk_it_reaches_every_card(on: Stage, redis_url: str) -> None:
    found = await three_conversations(on)
    for lives in range(ENOUGH):
        shared = lives % 2 == 0
        with Redis.from_url(redis_url) as redis:
            redis.set(keys.sharing(on.acme.channel), Sharing(shared=shared, at=utc_now()).json())
        job = Redraw(channel=on.acme.channel, at=utc_now() - timedelta(seconds=1))
        begun, died = await walks(on, job, lives)
        gone_on, died_later = await walks(on, begun, lives)
        await on.bridge.lanes.accept(gone_on)
        await idle(on)
        assert [("open in Inbox" in shows(on, card)) for card in found] == [shared] * 3
        if not (died or died_later):
            assert lives > 2
            return
    raise AssertionError("it waits more often than that")


# --- what cannot be drawn ---------------------------------------------------------------------------------------------


@pytest.fixture
async def hasty(opened: Open, api: str) -> Stage:
    """What fails is tried again at once."""
    return await opened(versions=[api], timing=replace(QUICK, pauses=(0.01,)))


async def deaths(on: Stage) -> int:
    return len(await on.bridge.lanes.dead_letters())


async def test_a_post_that_nobody_can_read_keeps_nothing_else_open(hasty: Stage, redis_url: str) -> None:
    on = hasty
    found = await three_conversations(on)
    with Redis.from_url(redis_url) as redis:
        below = on.slack.replies(on.acme.channel, found[0].ts)[0]
        redis.hset(keys.post(on.acme.channel, below.ts), "torn", "{")
    await on.slack.share(on.acme.channel)
    await idle(on)
    for card in found:
        assert_closed_card(on, card)
    assert await deaths(on) == 2  # the portion, and the post


async def test_a_card_over_which_the_walk_fails_is_closed_and_the_next_ones_come_together(hasty: Stage) -> None:
    on = hasty
    await three_conversations(on)
    handlers: Any = on.bridge.worker._work._handlers
    walk, portions = handlers[Redraw], list[tuple[int | None, bool]]()

    async def fails(job: Redraw, keep: Any) -> Any:
        portions.append((job.done, job.alone))
        if job.done == 1 or (job.done == 0 and not job.alone):
            raise TimeoutError
        return await walk(job, keep)

    handlers[Redraw] = fails
    await on.slack.share(on.acme.channel)
    await idle(on)
    assert_closed(on, on.acme.channel)
    tries = RETRIES + 1
    each = [(0, False)] * tries + [(0, True)] + [(1, True)] * tries + [(2, False)]
    assert [one for one in portions if one[0] is not None][: len(each)] == each
    assert await deaths(on) == 2


async def test_failures_of_one_portion_do_not_count_for_the_next(hasty: Stage) -> None:
    on = hasty
    for number in range(23):
        await on.inbox.customer_writes(on.inbox.add_person(f"sarah{number}", f"Sarah {number}"), SECRET)
    await idle(on)
    handlers: Any = on.bridge.worker._work._handlers
    walk, failed = handlers[Redraw], list[int | None]()

    async def fails(job: Redraw, keep: Any) -> Any:
        if failed.count(job.done) < RETRIES // 2:
            failed.append(job.done)
            raise ZeroDivisionError
        return await walk(job, keep)

    handlers[Redraw] = fails
    await on.slack.share(on.acme.channel)
    await idle(on)
    assert_closed(on, on.acme.channel)
    assert await deaths(on) == 0


async def test_a_walk_that_could_not_begin_begins_when_slack_is_asked_again(hasty: Stage) -> None:
    on = hasty
    await three_conversations(on)
    handlers: Any = on.bridge.worker._work._handlers
    walk = handlers[Redraw]

    async def fails(job: Redraw, keep: Any) -> Any:
        try:
            return await walk(job, keep)
        except Later as later:
            if later.job.done == 0:  # type: ignore[attr-defined]
                raise ZeroDivisionError from later
            raise

    handlers[Redraw] = fails
    await on.slack.share(on.acme.channel)
    await idle(on)
    assert await deaths(on) == 1
    handlers[Redraw] = walk
    await on.bridge.lanes.accept(LookAtSharing())
    await idle(on)
    assert_closed(on, on.acme.channel)
    assert "3 cards" in notices(on)[0]


async def walks(on: Stage, job: Redraw, lives: int) -> tuple[Redraw, bool]:
    """One portion of the walk, whose worker lives so long: the job as it lies in Redis then, and whether it died."""
    handler: Any = on.bridge.worker._work._handlers[Redraw]

    async def keep(progress: Job) -> None:
        raise AssertionError("it puts itself off instead")

    mortal: Mortal[Sequence[Job]] = Mortal(handler(job, keep), lives)
    try:
        await mortal
    except Later as later:
        await on.bridge.lanes.accept(*later.then)
        return cast(Redraw, later.job), False
    return job, mortal.died


def assert_closed_card(on: Stage, card: Message) -> None:
    assert "open in Inbox" in shows(on, card)
    assert SECRET not in shows(on, card)
