"""One card for each conversation and one post for each thing, whatever dies or overtakes what."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from redis import Redis

from bot.cards.jobs import Attempt, Move, Post
from bot.cards.posts_store import Posts
from bot.cards.store import Cards
from bot.feature import Console
from bot.models import Message
from bot.queue.job import Asker, utc_now
from bot.sandbox.slack import records
from bot.sandbox.slack.records import BOT_USER
from bot.sandbox.stage import Stage, bot_on, scene
from bot.store import keys
from bot.store.connect import connect
from tests.conftest import Open
from tests.e2e.steps import card_of, cards, idle, labels, shows, thread, told, until, whisper
from tests.e2e.test_reminders import Day


@pytest.fixture
async def on(opened: Open, api: str, optional_scopes: frozenset[str]) -> Stage:
    """The stage with the scopes that may be refused: history tells what an attempt without an answer has done."""
    running = await opened(versions=[api])
    running.slack.scopes |= optional_scopes
    return running


@pytest.fixture
def vip(on: Stage) -> str:
    return on.slack.add_channel("vip")


async def inbox(on: Stage, words: str) -> None:
    await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text=words)
    await idle(on)


def live(on: Stage, *channels: str) -> list[records.Message]:
    """The cards that have buttons."""
    return [one for channel in channels for one in on.slack.messages(channel) if "Archive" in labels(one)]


async def test_two_messages_that_rules_send_to_two_channels_at_once_are_one_conversation(on: Stage, vip: str) -> None:
    await inbox(on, f"route add text:refund to:<#{vip}|vip>")
    on.slack.fail("chat.postMessage", delay=0.3, times=2)
    await on.inbox.customer_writes(on.acme.sarah, "Hello")
    await on.inbox.customer_writes(on.acme.sarah, "I want a refund")
    await idle(on)
    (card,) = live(on, on.acme.channel, vip)
    assert card.channel == vip
    assert "I want a refund" in shows(on, card)
    assert on.slack.replies(card.channel, card.ts) == []


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_move_whose_answer_is_lost_leaves_one_card(on: Stage, vip: str, when: str) -> None:
    await on.inbox.customer_writes(on.acme.sarah, "Hello")
    await idle(on)
    (old,) = cards(on)
    await on.slack.shortcut(on.acme.ana, old.channel, old.ts, "why_here")
    await on.slack.press_ephemeral(on.acme.ana, await whisper(on, on.acme.ana, "Move to…"), "Move to…")
    on.slack.fail("chat.postMessage", drop=when)  # type: ignore[arg-type]  # one of both
    await on.slack.submit(on.acme.ana, values={"channel": vip})
    await idle(on)
    (card,) = live(on, on.acme.channel, vip)
    assert card.channel == vip
    assert on.slack.permalink(card) in old.text


async def test_a_reminder_and_a_digest_whose_answer_is_lost_come_once(on: Stage, redis_url: str) -> None:
    await on.inbox.customer_writes(on.acme.sarah, "Hello")
    await idle(on)
    with Redis.from_url(redis_url) as redis:
        day = Day(on, redis)
        on.slack.fail("chat.postMessage", drop="after")
        await day.passes(5)
        day.sets(digest="09:00:00", days=list(range(7)))
        redis.zadd(keys.MORNINGS, {on.acme.channel: datetime.now(UTC).timestamp() - 1})
        on.slack.fail("chat.postMessage", drop="after")
        await day.rings()
    said = [one.text[0] for one in on.slack.messages(on.acme.channel) if one.user == BOT_USER]
    assert [said.count(mark) for mark in "⏰☀"] == [1, 1]


async def test_a_message_whose_worker_died_after_it_was_shown_is_shown_once(opened: Open, api: str) -> None:
    """Without the scope to read history, too."""
    on = await opened(versions=[api])
    await on.inbox.customer_writes(on.acme.sarah, "Hello")
    await idle(on)
    (card,) = cards(on)
    message = Message(
        id=thread(on).messages[-1].id, thread_id=thread(on).id, direction="inbound", text="Hello", created_at=utc_now()
    )
    again = Post(channel=card.channel, thread_id=thread(on).id, message=message, tries=1)
    with Redis.from_url(on.settings.redis_url.get_secret_value()) as redis:  # type: ignore[union-attr]  # the tests have one
        redis.delete(keys.once(f"message:{message.id}"))
    await on.bridge.lanes.accept(again)
    await idle(on)
    assert on.slack.replies(card.channel, card.ts) == []


async def test_a_card_whose_worker_died_before_it_noted_what_stands_there_shows_it_once(opened: Open, api: str) -> None:
    """Without the scope to read history, too."""
    on = await opened(versions=[api])
    await on.inbox.customer_writes(on.acme.sarah, "Hello")
    await idle(on)
    (card,), of = cards(on), thread(on).id
    redis = connect(on.settings.redis_url.get_secret_value())  # type: ignore[union-attr]  # the tests have one
    drawn, posts = await Cards(redis).get(of), Posts(redis)
    assert drawn
    assert drawn.latest
    await redis.delete(keys.once(f"message:{drawn.latest.id}"), keys.shown(drawn.latest.id))
    await posts.put(drawn.latest, card.channel)
    attempt = Attempt(ids=(drawn.latest.id,), channel=card.channel, at=utc_now())
    job = Post(channel=card.channel, thread_id=of, message=drawn.latest, waits=True, attempt=attempt)
    await on.bridge.lanes.accept(job)
    await idle(on)
    assert (cards(on), on.slack.replies(card.channel, card.ts)) == ([card], [])
    assert await posts.waiting(of) == []
    await redis.aclose()


async def test_a_move_that_the_end_of_its_process_cut_short_leaves_one_card(
    redis_url: str, api: str, scopes: frozenset[str], optional_scopes: frozenset[str]
) -> None:
    async with scene(versions=[api]) as on:
        on.slack.scopes = {*scopes, *optional_scopes}
        vip = on.slack.add_channel("vip")
        async with bot_on(on, redis_url=redis_url) as first:
            await card_of(first)
            on.slack.fail("chat.postMessage", delay=0.5)
            await first.bridge.lanes.accept(Move(thread_id=thread(first).id, channel=vip))
            await until(lambda: not on.slack._faults)  # the call has come, and takes its time
            await first.bridge.worker.stop(within=0.0)
            await on.slack.until(lambda: on.slack.messages(vip))
        async with bot_on(on, redis_url=redis_url) as second:
            await idle(second)
            (card,) = live(second, on.acme.channel, vip)
            assert card.channel == vip


async def test_a_rule_is_removed_once_and_the_admin_reads_which_though_a_worker_died(on: Stage) -> None:
    await inbox(on, "route add text:refund")
    await inbox(on, "route add text:invoice")
    asker = Asker(user=on.acme.ana, team=on.slack.team_id, channel=on.acme.channel)
    job = Console(words="route remove 1", asker=asker)
    for _ in range(2):
        await on.bridge.lanes.accept(job)
        await idle(on)
    removed = [one for one in told(on, on.acme.ana) if "Removed" in one]
    assert ["refund" in one for one in removed] == [True, True]
    await inbox(on, "route list")
    assert "invoice" in told(on, on.acme.ana)[-1]
