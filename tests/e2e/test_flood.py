"""One conversation never holds up another, and what waits of one goes out together and in order."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from bot.cards.jobs import Amend, Attempt, Move, Post
from bot.cards.message_views import follow_ups, that_fit
from bot.context import Timing
from bot.events.jobs import Notify, Sync
from bot.inbox.event import Event
from bot.models import Message
from bot.queue.job import Job, dump, utc_now
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack import records
from bot.sandbox.slack.records import BOT_USER
from bot.sandbox.stage import Stage
from bot.store import keys
from tests.conftest import Open
from tests.e2e.steps import card_of, cards, idle, receipts, reply_form, shows, thread, until

REAL = Timing(breath=0.02, poll=60.0, channel_interval=0.3, pauses=(0.1,))  # as at one post a second, in less time


def below(on: Stage, card: records.Message) -> list[records.Message]:
    return on.slack.replies(card.channel, card.ts)


def said(on: Stage, card: records.Message) -> list[int]:
    """The numbers of the messages `text N` below the card, in order."""
    shown = "\n".join(on.slack.show(one) for one in below(on, card))
    return [int(number) for number in re.findall(r"^text (\d+)$", shown, re.MULTILINE)]


def posts(on: Stage) -> list[str]:
    return [str(call.args["text"]) for call in on.slack.calls if call.method == "chat.postMessage" and call.ok]


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
async def paced(opened: Open, api: str, optional_scopes: frozenset[str]) -> Stage:
    """The stage at the real pace of a channel; history may be read."""
    on = await opened(versions=[api], timing=REAL)
    on.slack.scopes |= optional_scopes
    return on


class Paced:
    """How many posts may stand in a channel by now, of which `stood` stood there, at the pace that it has.

    On a busy machine more go out until what comes before them is asked for.
    """

    def __init__(self, stood: int) -> None:
        self._stood, self._since = stood, time.monotonic()

    @property
    def by_now(self) -> int:
        return self._stood + int((time.monotonic() - self._since) / REAL.channel_interval)


def gone(on: Stage, number: int, thread_id: str) -> Notify:
    """Of a message that Inbox tells of and does not show."""
    at = datetime.now(UTC)
    event = Event(id=f"gone{number}", seq=0, type="message.received", created_at=at, api="v2", thread_id=thread_id)
    return Notify(event=event.having(message_id=f"gone{number}", direction="inbound"))


async def test_messages_that_cannot_be_read_hold_up_their_own_conversation_alone(paced: Stage) -> None:
    on = paced
    await card_of(on)
    for number in range(10):
        await on.bridge.lanes.accept(gone(on, number, thread(on).id))
    await on.inbox.customer_writes(on.acme.omar, "Hello from Omar")
    await on.slack.until(lambda: len(cards(on)) == 2, 20)
    assert await on.bridge.lanes.has_work(f"inbound:{thread(on).id}")  # the others wait still
    assert "Hello from Omar" in shows(on, cards(on)[1])


async def test_a_flood_becomes_a_few_posts_in_order_and_another_card_comes_at_once(paced: Stage, redis: Redis) -> None:
    on = paced
    card = await card_of(on, "text 0")
    before, asked = len(posts(on)), len(on.inbox.calls)
    on.slack.fail("chat.postMessage", status=503, times=None)  # they write faster than Slack takes it, on any machine
    for number in range(1, 61):
        await on.inbox.customer_writes(on.acme.sarah, f"text {number}")
    await on.inbox.customer_writes(on.acme.omar, "Hello from Omar")
    await until(lambda: int(redis.hlen(keys.unshown(thread(on).id))) >= 60, 60)
    on.slack.heal()
    await on.slack.until(lambda: said(on, card) == list(range(61)), 60)
    await idle(on)
    assert said(on, card) == list(range(61))
    assert len(posts(on)) - before <= 20
    assert any("Omar" in one for one in posts(on)[before : before + 3])
    assert "text 60" in shows(on, card)
    assert len(on.inbox.calls) - asked <= 60


async def test_a_receipt_goes_before_what_people_outside_write(paced: Stage) -> None:
    on = paced
    card = await card_of(on, "text 0")
    people = [on.inbox.add_person(f"person{n}", f"Person {n}") for n in range(6)]
    others = [await card_of(on, "Hello", person) for person in people]
    for _ in range(2):
        for person in people:
            await on.inbox.customer_writes(person, "More")
    await reply_form(on, on.acme.ana, card)
    assert (await on.slack.submit(on.acme.ana, values={"text": "Here I am"})).ok
    await on.slack.until(on.inbox.sent)  # how long that takes is the machine's
    pace = Paced(sum(len(below(on, other)) for other in others))
    await on.slack.until(lambda: receipts(on, card))
    shown = [one.ts for other in others for one in below(on, other)]
    assert len([ts for ts in shown if ts < receipts(on, card)[0].ts]) <= pace.by_now + 5  # of twelve


async def test_a_rule_that_moves_a_conversation_amid_a_flood_breaks_no_order(on: Stage, redis: Redis) -> None:
    vip = on.slack.add_channel("vip")
    rule = f"route add text:refund to:<#{vip}|vip>"
    assert (await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text=rule)).ok
    await idle(on)
    old = await card_of(on, "text 0")
    on.slack.fail("chat.postMessage", delay=0.5)
    for number in range(1, 8):
        await on.inbox.customer_writes(on.acme.sarah, "text refund" if number == 4 else f"text {number}")
    await idle(on)
    (card,) = [one for one in on.slack.messages(vip) if one.user == BOT_USER]
    order = [*said(on, old), *said(on, card)]
    assert order == sorted(order)
    assert said(on, card)[-3:] == [5, 6, 7]
    assert "text 7" in shows(on, card)
    assert on.slack.permalink(card) in old.text


async def test_an_edit_and_a_deletion_of_messages_in_one_post_are_shown_there(on: Stage) -> None:
    card = await card_of(on, "text 0")
    on.slack.fail("chat.postMessage", status=503)
    ids = [await on.inbox.customer_writes(on.acme.sarah, f"text {number}") for number in range(1, 5)]
    await idle(on)
    assert said(on, card) == [0, 1, 2, 3, 4]
    assert len(below(on, card)) < 4
    await asyncio.gather(on.inbox.edits(ids[1], "text 22"), on.inbox.deletes(ids[2]))
    await idle(on)
    assert said(on, card) == [0, 1, 22, 4]
    assert "This message was deleted." in "\n".join(on.slack.show(one) for one in below(on, card))


async def test_a_message_that_is_edited_while_it_waits_is_shown_as_it_is_then(on: Stage, redis: Redis) -> None:
    card = await card_of(on, "text 0")
    on.slack.fail("chat.postMessage", retry_after=1)
    message = await on.inbox.customer_writes(on.acme.sarah, "text 1")
    await until(lambda: redis.exists(keys.unshown(thread(on).id)))
    await on.inbox.edits(message, "text 11")
    await idle(on)
    assert said(on, card) == [0, 11]
    assert "text 11" in shows(on, card)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_post_whose_answer_is_lost_is_made_once_and_what_came_since_follows(
    opened: Open, api: str, optional_scopes: frozenset[str], when: str
) -> None:
    on = await opened(versions=[api])
    on.slack.scopes |= optional_scopes
    card = await card_of(on, "text 0")
    on.slack.fail("chat.postMessage", drop=when)  # type: ignore[arg-type]  # one of both
    for number in range(1, 6):
        await on.inbox.customer_writes(on.acme.sarah, f"text {number}")
    await idle(on)
    assert said(on, card) == [0, 1, 2, 3, 4, 5]
    assert cards(on) == [card]
    assert "text 5" in shows(on, card)


async def test_a_worker_that_was_stopped_between_the_post_and_its_note_posts_nothing_twice(
    opened: Open, api: str, optional_scopes: frozenset[str], redis: Redis
) -> None:
    on = await opened(versions=[api])
    on.slack.scopes |= optional_scopes
    card = await card_of(on, "text 0")
    for number in (1, 2):
        await on.inbox.customer_writes(on.acme.sarah, f"text {number}")
    await idle(on)
    ids = [one.id for one in thread(on).messages]
    (*_, last) = below(on, card)
    waiting: Any = redis.hgetall(keys.post(last.channel, last.ts))  # as it was before the note
    redis.hset(keys.unshown(thread(on).id), mapping=waiting)
    redis.delete(*(keys.shown(one.decode()) for one in waiting), keys.post(last.channel, last.ts))
    attempt = Attempt(
        ids=tuple(one for one in ids if one.encode() in waiting),
        channel=card.channel,
        thread_ts=card.ts,
        at=utc_now(),
    )
    again = Post(
        channel=card.channel,
        thread_id=thread(on).id,
        message=Message(id=ids[0], thread_id=thread(on).id, direction="inbound", created_at=utc_now()),
        waits=True,
        attempt=attempt,
    )
    await on.bridge.lanes.accept(again)
    await idle(on)
    assert said(on, card) == [0, 1, 2]
    assert not redis.exists(keys.unshown(thread(on).id))
    await on.inbox.edits(ids[2], "text 22")
    await idle(on)
    assert said(on, card) == [0, 1, 22]


async def test_jobs_as_older_versions_wrote_them_are_worked(on: Stage, redis: Redis) -> None:
    """In the lanes that they had: posts, moves and summaries in their channel's, events in one for all."""
    vip, card = on.slack.add_channel("vip"), await card_of(on, "text 0")
    one, two = (
        Message(id=f"m{n}", thread_id=thread(on).id, direction="inbound", text=f"text {n}", created_at=utc_now())
        for n in (1, 2)
    )
    event = Event(
        id="e3",
        seq=0,
        type="message.received",
        created_at=utc_now(),
        api="v1",
        message=two.having(id="m3", text="text 3", created_at=utc_now()),
        thread_id=thread(on).id,
        message_id="m3",
        direction="inbound",
    )
    old: dict[str, list[Job]] = {
        f"channel:{card.channel}": [Post(channel=card.channel, thread_id=thread(on).id, message=one)],
        f"channel:{vip}": [Move(channel=vip, thread_id=thread(on).id, message=two)],
        "inbound": [Notify(event=event), Amend(thread_id=thread(on).id, message_id="nobody")],
    }
    for lane, waiting in old.items():
        for job in waiting:
            redis.set(keys.once(job.once), "1") if job.once else None
            raw = dump(job)
            redis.rpush(keys.lane(lane), b"b" + raw.replace(b',"waits":false,"opens":false,"attempt":null', b""))
        redis.xadd(keys.BACKGROUND, {"lane": lane})
    await idle(on)
    made = [call.args for call in on.slack.calls if call.method == "chat.postMessage" and call.ok]
    told = [(bool(one.get("thread_ts")), n) for one in made for n in set(re.findall(r"text (\d)", str(one["blocks"])))]
    assert len(told) == len(set(told))  # below a card, what it showed alone goes before the second
    assert {number for _, number in told} == {"0", "1", "2", "3"}
    assert not redis.exists(keys.unshown(thread(on).id))
    assert await on.bridge.lanes.dead_letters() == []


async def absent(on: Stage, redis: Redis, conversations: int) -> list[PersonRecord]:
    """Nobody read the feed for an hour, and heard of nothing; who wrote in that time."""
    await idle(on)
    redis.set(keys.READ_AT, (datetime.now(UTC) - timedelta(hours=1)).isoformat())
    people = [on.inbox.add_person(f"person{n}", f"Person {n}") for n in range(conversations)]
    on.inbox.auto_deliver = False
    for person in people:
        await on.inbox.customer_writes(person, "text 1")
    on.inbox.auto_deliver = True
    return people


async def test_what_is_new_goes_before_the_summaries_of_an_absence(paced: Stage, redis: Redis) -> None:
    on = paced
    people = await absent(on, redis, 15)
    await on.bridge.lanes.accept(Sync())
    await on.slack.until(lambda: [one for one in cards(on) if "while I was away" in one.text])
    last = people[-1]
    await on.inbox.customer_writes(on.acme.omar, "Hello from Omar")
    await on.inbox.customer_writes(last, "text 2")
    await on.inbox.settle()
    pace, new = Paced(len(posts(on))), {"Hello from Omar", "text 2"}
    await on.slack.until(lambda: new <= set(everything(on)))
    at = [number for number, one in enumerate(standing(on)) if new & set(on.slack.show(one).splitlines())]
    assert max(at) <= pace.by_now + 5  # of 18
    await on.slack.until(lambda: len(cards(on)) == len(people) + 2)
    await idle(on)
    (card,) = [one for one in cards(on) if "(@person14)" in shows(on, one)]
    assert said(on, card) == [1, 2]


async def test_what_is_new_goes_behind_all_that_was_missed_before_it(paced: Stage, redis: Redis) -> None:
    """More than a page of it. What is new comes before the conversation's own summary, unless that had its turn first.

    The summary shows the last twelve, and how many there were before.
    """
    on = paced
    card = await card_of(on, "text 0")
    await absent(on, redis, 15)
    on.inbox.auto_deliver = False
    for number in range(1, 131):
        await on.inbox.customer_writes(on.acme.sarah, f"text {number}")
    first = next(one for one in thread(on).messages if one.text == "text 1")
    first.created_at -= timedelta(milliseconds=20)  # Inbox tells of a message a moment after it was written
    on.inbox.auto_deliver = True
    await on.bridge.lanes.accept(Sync())
    await on.slack.until(lambda: [one for one in cards(on) if "while I was away" in one.text])
    pace = Paced(len(cards(on)))
    await on.inbox.customer_writes(on.acme.sarah, "text 131")
    await on.slack.until(lambda: 131 in said(on, card))
    (shown,) = [one for one in below(on, card) if "text 131" in on.slack.show(one)]
    assert len([one for one in cards(on) if float(one.ts) < float(shown.ts)]) <= pace.by_now + 5  # of 17
    await idle(on)
    summed_up_first, with_what_is_new = list(range(119, 132)), list(range(120, 132))
    assert said(on, card) in (list(range(132)), summed_up_first, with_what_is_new)


async def test_what_comes_while_an_absence_is_read_does_not_wait_for_that(on: Stage, redis: Redis) -> None:
    people = await absent(on, redis, 3)
    on.inbox.fail("GET */events", delay=6.0)
    await on.bridge.lanes.accept(Sync())
    await until(lambda: redis.exists(keys.ABSENCE))
    await on.inbox.customer_writes(on.acme.omar, "Hello from Omar")
    await on.inbox.customer_writes(people[0], "text 2")
    await on.slack.until(lambda: {"Hello from Omar", "text 2"} <= set(everything(on)))
    assert redis.exists(keys.ABSENCE)
    on.inbox.delays.end()
    await until(lambda: not redis.exists(keys.ABSENCE))
    await idle(on)
    assert len(cards(on)) == 5  # the digest, and one for each conversation
    (card,) = [one for one in cards(on) if "(@person0)" in shows(on, one)]
    assert said(on, card) == [1, 2]
    assert "text 2" in shows(on, card)
    assert everything(on).count("text 1") == len(people)


def everything(on: Stage) -> list[str]:
    """The lines that stand in the channel."""
    return [line for one in standing(on) for line in on.slack.show(one).splitlines()]


def standing(on: Stage) -> list[records.Message]:
    """What stands in the channel, in the order in which it was posted."""
    return sorted((one for card in cards(on) for one in (card, *below(on, card))), key=lambda one: float(one.ts))


def test_a_post_holds_as_much_as_slack_takes_and_one_message_at_least() -> None:
    at = datetime.now(UTC)

    def message(text: str) -> Message:
        return Message(id="m", thread_id="t", direction="inbound", text=text, created_at=at)

    short, long = [message("Hi")] * 60, [message("x" * 10_000)] * 60
    assert 10 <= that_fit(short) <= 25
    assert that_fit(long) == 3
    assert that_fit(long[:1]) == 1
    assert len(follow_ups(short[: that_fit(short)], None)["blocks"]) <= 50
