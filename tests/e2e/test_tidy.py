"""Nothing is kept longer than it is said to be, and what is not kept any more is asked for when it is needed."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from redis import Redis

from bot.models import Person
from bot.people.audit_store import AuditLog
from bot.people.known import Known
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.store import keys
from bot.store.connect import connect
from bot.upkeep.jobs import Tidy, TidyWaits
from tests.e2e.rules import inbox
from tests.e2e.steps import calls, card_of, click, form, hears, idle, labels, shows, thread, until
from tests.e2e.test_assign_by_rule import people
from tests.e2e.test_connect import SECRET, assert_closed


async def at_rest(on: Stage, redis_url: str, said: str = "The first") -> Message:
    """A card of whose conversation nothing was heard for more than a week."""
    card = await card_of(on, said)
    redis: Any = connect(redis_url)
    await redis.expire(keys.card(thread(on).id), 300 * keys.DAY)
    await tidied(on)
    assert said not in str(await redis.hgetall(keys.card(thread(on).id)))
    await redis.aclose()
    return card


async def tidied(on: Stage) -> None:
    await on.bridge.lanes.accept(Tidy())
    await idle(on)


async def test_a_card_at_rest_is_drawn_with_its_words_when_somebody_acts_on_it(on: Stage, redis_url: str) -> None:
    card = await at_rest(on, redis_url)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    await idle(on)
    assert "The first" in shows(on, card)
    assert "Sarah Chen" in shows(on, card)


async def test_after_a_rest_the_first_message_goes_below_the_card_before_the_second(on: Stage, redis_url: str) -> None:
    card = await at_rest(on, redis_url)
    await on.inbox.customer_writes(on.acme.sarah, "The second")
    await on.slack.until(lambda: on.slack.replies(card.channel, card.ts))
    await idle(on)
    below = "\n".join(map(on.slack.show, on.slack.replies(card.channel, card.ts)))
    assert below.index("The first") < below.index("The second")
    assert "The second" in shows(on, card)


async def test_after_a_rest_a_card_waits_for_an_inbox_that_is_away(on: Stage, redis_url: str) -> None:
    card = await at_rest(on, redis_url)
    on.inbox.fail("GET *messages*", 503, times=2)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Unassign" in labels(on.slack.message(card.channel, card.ts)))
    await idle(on)
    assert "The first" in shows(on, card)


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("action", ["Archive", "Snooze…"])
async def test_what_comes_after_a_rest_is_not_put_away_before_it_is_heard_of(
    on: Stage, redis_url: str, action: str, kept: bool
) -> None:
    """Where it is not `kept` until when was shown what was written, an earlier version has put it to rest."""
    card = await at_rest(on, redis_url)
    if not kept:
        with Redis.from_url(redis_url) as redis:
            redis.hset(keys.card(thread(on).id), "rested", "1")
    heard, on.inbox.auto_deliver = len(on.inbox.events), False
    await on.inbox.customer_writes(on.acme.sarah, "The second")
    await on.slack.press(on.acme.ana, card.channel, card.ts, action)
    if action == "Snooze…":
        await form(on, on.acme.ana, "Until")
        assert (await on.slack.submit(on.acme.ana)).ok
    await hears(on, on.acme.ana, "Sarah Chen has written again, so the conversation is left open.")
    await idle(on)
    assert not thread(on).archived
    on.inbox.auto_deliver = True
    for event in on.inbox.events[heard:]:
        await on.inbox.redeliver(event.id)
    await on.slack.until(lambda: "The second" in shows(on, card))
    await idle(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: thread(on).archived)
    await idle(on)
    assert thread(on).archived


async def test_what_an_earlier_version_put_to_rest_is_archived_once_its_card_says_what_was_written(
    on: Stage, redis_url: str
) -> None:
    """It did not keep until when was shown what was written, which may be less than a week ago."""
    card = await at_rest(on, redis_url)
    with Redis.from_url(redis_url) as redis:
        redis.hset(keys.card(thread(on).id), "rested", "1")
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await hears(on, on.acme.ana, "Sarah Chen has written again, so the conversation is left open.")
    await idle(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))


async def test_who_gets_it_while_inbox_is_asked_after_a_rest_keeps_it_on_the_card(on: Stage, redis_url: str) -> None:
    card = await at_rest(on, redis_url)
    await inbox(on, f"assign add all {people(on, on.acme.bo)}")
    on.inbox.fail("GET /*/threads/*/messages", delay=0.5)
    await on.inbox.customer_writes(on.acme.sarah, "The second")
    await idle(on)
    assert thread(on).assignee_id == on.acme.bo_member
    assert "Assigned to Bo" in shows(on, card)
    assert "The second" in shows(on, card)
    below = "\n".join(map(on.slack.show, on.slack.replies(card.channel, card.ts)))
    assert below.index("The first") < below.index("The second")


async def test_a_card_that_is_drawn_while_it_wakes_shows_the_first_message_below_all_the_same(
    on: Stage, redis_url: str
) -> None:
    card = await at_rest(on, redis_url)
    on.inbox.fail("GET /*/threads/*/messages", delay=0.5)
    await on.inbox.customer_writes(on.acme.sarah, "The second")
    await until(lambda: not on.inbox.faults)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Ana" in shows(on, card))
    await idle(on)
    below = "\n".join(map(on.slack.show, on.slack.replies(card.channel, card.ts)))
    assert below.index("The first") < below.index("The second")
    assert "The second" in shows(on, card)
    assert "Assigned to Ana" in shows(on, card)


async def test_of_a_conversation_deleted_in_inbox_only_ids_are_kept(on: Stage, redis_url: str) -> None:
    card = await card_of(on, "A secret")
    thread_id = thread(on).id
    await on.inbox.app_deletes(thread_id)
    await on.slack.until(lambda: not labels(on.slack.message(card.channel, card.ts)))
    await idle(on)
    redis: Any = connect(redis_url)
    kept = str(await redis.hgetall(keys.card(thread_id)))
    assert thread_id in kept
    assert [word for word in ("A secret", "Sarah", "sarah", on.acme.sarah.platform_id) if word in kept] == []
    drawn = shows(on, card)
    await click(on, on.acme.ana, card, "archive", thread_id)  # which somebody's Slack may still show
    await hears(on, on.acme.ana, "deleted in Inbox")
    await idle(on)
    assert shows(on, card) == drawn
    await redis.aclose()


@pytest.mark.parametrize("tidied_first", [True, False])
async def test_who_was_never_answered_waits_no_longer_than_their_card_and_then_anew(
    on: Stage, redis_url: str, tidied_first: bool
) -> None:
    await card_of(on, "The first")
    omars = await card_of(on, "From another", on.acme.omar)
    await idle(on)
    old, ids = time.time() - 366 * keys.DAY, [thread(on).id, thread(on, on.acme.omar).id]
    with Redis.from_url(redis_url) as redis:
        for one in ids:
            redis.hset(keys.waiting(one), mapping={"first": old, "last": old, "since": old})
            redis.zadd(keys.WAITING, {one: old})
            redis.hset(keys.UNANSWERED, one, old)
        redis.delete(keys.card(ids[0]))
        if tidied_first:
            assert await on.bridge.lanes.accept(TidyWaits())
            await idle(on)
            assert redis.hkeys(keys.UNANSWERED) == redis.zrange(keys.WAITING, 0, -1) == [ids[1].encode()]
        before = time.time()
        again = await card_of(on, "The second")
        await idle(on)
        waits = dict(redis.zrange(keys.WAITING, 0, -1, withscores=True))
    assert waits[ids[0].encode()] >= before - 1
    assert waits[ids[1].encode()] == pytest.approx(old)
    assert "The second" in shows(on, again)
    assert "From another" in shows(on, omars)


async def test_letters_and_the_record_are_gone_on_time_though_nothing_new_comes(on: Stage, redis_url: str) -> None:
    redis: Any = connect(redis_url)
    now = int(time.time())
    letter = {"lane": "tell:U1", "item": 'p{"kind":"tell"}', "reason": "RuntimeError"}
    entry = {"user": "U1", "what": "archive", "outcome": "done", "ref": "aaaaaa"}
    for days in (91, 89, 8, 6):
        await redis.xadd(keys.AUDIT, entry | {"about": f"{days}"}, id=f"{(now - days * keys.DAY) * 1000}-0")
        await redis.xadd(keys.DEAD, letter, id=f"{(now - days * keys.DAY) * 1000}-0")
    long_ago = Person(platform="twitter", platform_id="9", username="long_ago", name="Long Ago")
    await Known(redis).met(long_ago)
    await redis.zadd(keys.KNOWN_SEEN, {"twitter:9": now - 91 * keys.DAY})
    await tidied(on)
    assert await Known(redis).one("twitter", "9") is None
    assert [one.about for one in await AuditLog(redis).newest(10)] == ["6", "8", "89"]
    assert [one.id.partition("-")[0] for one in await on.bridge.lanes.dead_letters()] == [
        str((now - 6 * keys.DAY) * 1000)
    ]
    await redis.aclose()


async def test_a_bot_that_runs_tidies_by_itself(redis_url: str, opened: Any) -> None:
    redis: Any = connect(redis_url)
    await redis.xadd(keys.AUDIT, {"user": "U1", "what": "x", "outcome": "done", "ref": "a"}, id="1700000000000-0")
    await redis.hset(keys.UNANSWERED, "somebody", 1_700_000_000)
    await opened(versions=["v2"], inbox_webhook_secret=None)  # which looks at what is due more often
    async with asyncio.timeout(60):
        while await redis.xlen(keys.AUDIT) or await redis.exists(keys.UNANSWERED):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await redis.aclose()


async def test_what_is_at_rest_or_gone_closes_too_when_its_channel_becomes_shared(on: Stage, redis_url: str) -> None:
    omars = await card_of(on, SECRET, on.acme.omar)
    await on.inbox.app_deletes(thread(on, on.acme.omar).id)
    await on.slack.until(lambda: not labels(on.slack.message(omars.channel, omars.ts)))
    await at_rest(on, redis_url, SECRET)
    before = len(calls(on, "GET", "messages"))
    assert (await on.slack.share(on.acme.channel)).ok
    await idle(on)
    assert_closed(on, on.acme.channel)
    assert len(calls(on, "GET", "messages")) == before  # nothing of it is shown, so nothing is asked for
