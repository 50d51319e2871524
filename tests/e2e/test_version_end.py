"""API v1 ends while the bot speaks it: what was asked is done once on v2, without a restart, and no card is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from bot.errors import VersionEnded
from bot.sandbox.inbox.end_of_v1 import HOWS, How
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Scene, Stage, bot_on, scene
from bot.store import keys
from tests.clients import plain_http
from tests.conftest import QUICK
from tests.e2e.steps import calls, card_of, cards, form, idle, labels, shows, thread, told, until

PACES = replace(QUICK, poll=0.1, version_every=0.2)
WITHIN = 25.0  # seconds from v2 being reachable; the claim is 30
GONE = "deleted in Inbox"

Start = Callable[..., Awaitable[Stage]]

LONG = [pytest.param(how, marks=pytest.mark.exhaustive) for how in HOWS[1:]]
EACH_WAY = pytest.mark.parametrize("how", [HOWS[0], *LONG])


@pytest.fixture
async def on(scopes: frozenset[str]) -> AsyncIterator[Scene]:
    async with scene(versions=["v1"]) as made:
        made.slack.scopes = set(scopes)
        yield made


@pytest.fixture
async def start(on: Scene, redis_url: str) -> AsyncIterator[Start]:
    """`await start(**settings)`: a bot on the scene, until the test ends."""
    async with AsyncExitStack() as stack:

        async def begin(**more: Any) -> Stage:
            return await stack.enter_async_context(bot_on(on, timing=PACES, redis_url=redis_url, **more))

        yield begin


def v2_opens(on: Scene) -> None:
    on.inbox.versions = frozenset({"v1", "v2"})


def everybody_was_told(on: Stage, words: str) -> bool:
    return any(words in one for one in told(on, on.acme.ana))


async def somebody_asks(on: Stage) -> None:
    """Until the version that answers is asked: whether it does was maybe looked at just before it did."""
    while True:
        try:
            await on.bridge.inbox.team()
        except VersionEnded:
            await asyncio.sleep(0.05)
        else:
            return


async def under_way(on: Stage, card: Message, how: How) -> None:
    """A DM was accepted and is looked up while v1 ends; then somebody clicks, and the customer writes."""
    on.inbox.fail("GET /v1/threads/lookup*", delay=0.3)
    assert (await on.slack.command(on.acme.ana, on.acme.channel, "/dm", "@omar_k Good morning")).ok
    await until(lambda: calls(on, "GET", "/v1/threads/lookup"))
    on.inbox.end_v1(how)
    assert (await on.slack.press(on.acme.bo, card.channel, card.ts, "Assign to me")).ok
    await on.inbox.customer_writes(on.acme.sarah, "Are you there?")


async def all_is_done_once(on: Stage, card: Message) -> None:
    await on.slack.until(lambda: on.inbox.sent(), WITHIN)
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card), WITHIN)
    await on.slack.until(lambda: "Are you there?" in shows(on, card), WITHIN)
    await idle(on, WITHIN)
    assert [one.text for one in on.inbox.sent()] == ["Good morning"]
    assert thread(on).assignee_id == on.acme.bo_member
    below = [on.slack.show(one) for one in on.slack.replies(card.channel, card.ts)]
    assert len([one for one in below if "Are you there?" in one]) <= 1
    assert all(GONE not in shows(on, one) for one in cards(on))
    assert "Archive" in labels(card)
    assert [one for one in ("a colleague", "your account") if one in shows(on, card)] == []
    assert on.bridge.inbox.version == "v2"
    assert await on.bridge.lanes.dead_letters() == []
    assert on.inbox.violations == []


@EACH_WAY
async def test_v1_ends_before_v2_answers_and_what_was_asked_waits_for_it(on: Scene, start: Start, how: How) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    bot = await start()
    assert bot.bridge.inbox.version == "v1"
    card = await card_of(bot)
    await under_way(bot, card, how)
    await asyncio.sleep(1.5)
    assert (on.inbox.sent(), thread(bot).assignee_id, GONE in shows(bot, card)) == ([], None, False)
    v2_opens(on)
    await all_is_done_once(bot, card)
    await bot.slack.until(lambda: everybody_was_told(bot, "API v2 from now on"), WITHIN)


@EACH_WAY
async def test_v1_was_stored_in_a_bad_moment_and_ends_while_v2_answers(
    on: Scene, start: Start, redis_url: str, how: How
) -> None:
    """v2 answers 503 at the start; an earlier start has stored v1."""
    v2_opens(on)
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    with Redis.from_url(redis_url) as redis:
        redis.set(keys.INBOX_VERSION, "v1")
    on.inbox.fail("* /v2/*", status=503, times=None)
    bot = await start()
    assert bot.bridge.inbox.version == "v1"
    card = await card_of(bot)
    await under_way(bot, card, how)
    await asyncio.sleep(1.0)
    assert on.inbox.sent() == []
    on.inbox.heal()
    await all_is_done_once(bot, card)


async def test_v1_that_was_stored_is_left_as_soon_as_v2_answers_though_nothing_is_wrong_with_it(
    on: Scene, start: Start, redis_url: str
) -> None:
    v2_opens(on)
    with Redis.from_url(redis_url) as redis:
        redis.set(keys.INBOX_VERSION, "v1")
    on.inbox.fail("GET /v2/team", status=503, times=3)
    bot = await start()
    card = await card_of(bot)
    await until(lambda: bot.bridge.inbox.version == "v2", WITHIN)
    await on.inbox.customer_writes(on.acme.sarah, "Are you there?")
    await bot.slack.until(lambda: "Are you there?" in shows(bot, card), WITHIN)
    assert len(cards(bot)) == 1


async def test_an_unwell_v2_is_waited_for_at_the_first_start(on: Scene, start: Start) -> None:
    v2_opens(on)
    on.inbox.fail("GET /v2/team", status=503)
    bot = await start()
    assert bot.bridge.inbox.version == "v2"
    assert calls(bot, "GET", "/v1/team") == []


@EACH_WAY
async def test_a_pinned_v1_that_ended_keeps_the_work_says_what_to_set_and_does_it_once_that_is_set(
    on: Scene, redis_url: str, how: How
) -> None:
    v2_opens(on)
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    async with bot_on(on, timing=PACES, redis_url=redis_url, inbox_api_version="v1") as bot:
        card = await card_of(bot)
        await under_way(bot, card, how)
        await bot.slack.until(lambda: everybody_was_told(bot, "has stopped answering"), WITHIN)
        assert everybody_was_told(bot, "INBOX_API_VERSION=auto")
        assert (on.inbox.sent(), thread(bot).assignee_id, GONE in shows(bot, card)) == ([], None, False)
        assert await bot.bridge.lanes.dead_letters() == []
        assert await bot.bridge.inbox.platforms() == []  # v1 is not asked for that, and shows no life by it
        async with plain_http() as http:
            ready = (await http.get(f"{bot.url}/readyz")).text
            figures = (await http.get(f"{bot.url}/metrics")).text
        assert "v1" in ready
        assert "has ended" in ready
        assert 'bot_inbox_api_version{version="v1"} 1.0' in figures
    async with bot_on(on, timing=PACES, redis_url=redis_url) as bot:
        await all_is_done_once(bot, card)


@EACH_WAY
async def test_a_contact_that_is_changed_while_v1_ends_is_saved_once(on: Scene, start: Start, how: How) -> None:
    """The form showed v1's contact; v2 calls it by another id."""
    tag = on.inbox.add_tag("VIP")
    bot = await start()
    card = await card_of(bot)
    assert (await bot.slack.press(on.acme.ana, card.channel, card.ts, "more", value="Contact…")).ok
    await form(bot, on.acme.ana, "Default assignee")
    await bot.slack.suggest(on.acme.ana, "contact_tags", "")
    on.inbox.end_v1(how)
    v2_opens(on)
    values = {"contact_notes": "Wants an offer.", "contact_tags": ["VIP"]}
    assert (await bot.slack.submit(on.acme.ana, values=values)).ok
    await bot.slack.until(lambda: everybody_was_told(bot, "Saved for *Sarah Chen*"), WITHIN)
    await idle(bot, WITHIN)
    assert (on.acme.sarah.notes, on.acme.sarah.tag_ids) == ("Wants an offer.", [tag])
    assert bot.bridge.inbox.version == "v2"


async def test_a_card_that_was_drawn_while_no_version_answered_gets_its_names(
    on: Scene, start: Start, redis_url: str
) -> None:
    bot = await start()
    await card_of(bot)
    on.inbox.end_v1("404 page")
    with Redis.from_url(redis_url) as redis:
        redis.delete(keys.MEMBERS, keys.ACCOUNT_LINKS)
    await on.inbox.customer_writes(on.acme.omar, "Hello?")
    await bot.slack.until(lambda: len(cards(bot)) == 2)
    (card,) = [one for one in cards(bot) if "Hello?" in shows(bot, one)]
    v2_opens(on)
    await bot.slack.until(lambda: "@acme" in shows(bot, card), WITHIN)


async def test_a_second_process_follows_the_first(on: Scene, start: Start) -> None:
    """The one asks v2 as it is told that v1 has ended; the other one asks nobody anything."""
    first, second = await start(), await start()
    on.inbox.end_v1("410")
    v2_opens(on)
    await somebody_asks(first)
    assert first.bridge.inbox.version == "v2"
    await until(lambda: second.bridge.inbox.version == "v2", WITHIN)


async def test_cards_that_were_buried_wrongly_come_back_and_deleted_conversations_stay_so(
    on: Scene, start: Start, redis_url: str
) -> None:
    bot = await start()
    card = await card_of(bot)
    deleted = await card_of(bot, "Hello", on.acme.omar)
    await on.inbox.app_deletes(thread(bot, on.acme.omar).id)
    await bot.slack.until(lambda: GONE in shows(bot, deleted))
    with Redis.from_url(redis_url) as redis:  # as a bot did that took a 404 of an ended v1 for a deletion
        redis.hset(keys.card(thread(bot).id), "gone", "1")
    on.inbox.end_v1("404 with a code")
    v2_opens(on)
    await somebody_asks(bot)
    with Redis.from_url(redis_url) as redis:
        await until(lambda: not redis.hexists(keys.card(thread(bot).id), "gone"), WITHIN)
    await idle(bot, WITHIN)
    assert GONE in shows(bot, deleted)
    assert GONE not in shows(bot, card)
    assert "Archive" in labels(card)
