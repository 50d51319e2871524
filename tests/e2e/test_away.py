"""What a channel reads when the bot comes back: nothing twice, nothing lost, one digest and no storm."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from bot.cards.jobs import Announce
from bot.context import Timing
from bot.events.jobs import Digest
from bot.events.store import Feed, Turn
from bot.events.types import wanted
from bot.inbox.webhook import parse_event
from bot.people.tell import unshown
from bot.queue.work import DEATHS
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.records import BOT_USER, Message
from bot.sandbox.stage import Scene, Stage, bot_on, scene
from bot.store import keys
from bot.store.connect import connect
from tests.clients import plain_http
from tests.e2e.rules import assignments, inbox
from tests.e2e.steps import card_of, cards, hears, idle, shows, thread, told

QUICK = Timing(channel_interval=0.01, poll=0.05, inbox_per_minute=100_000, version_every=60.0)
HASTE = replace(QUICK, breath=0.01, pauses=(0.005,))  # what fails is tried again at once
HOUR = timedelta(hours=1)
WORDS = re.compile(r"^\w+ text \d+$", re.MULTILINE)


class House:
    """A scene on which one bot after the other plays, all with the same Redis."""

    def __init__(self, on: Scene, scopes: frozenset[str], redis_url: str) -> None:
        self.on, self.redis_url, self._redis = on, redis_url, Redis.from_url(redis_url)
        on.slack.scopes = set(scopes)

    @asynccontextmanager
    async def bot(self, timing: Timing = QUICK, **more: Any) -> AsyncIterator[Stage]:
        """A bot that has read the feed, until the end of the block. Webhooks for what happens after it are lost."""
        self.on.inbox.auto_deliver = True
        async with bot_on(self.on, timing=timing, redis_url=self.redis_url, **more) as running:
            await self.on.slack.until(lambda: self._redis.exists(keys.READ_AT))
            yield running
            await idle(running)
        self.on.inbox.auto_deliver = False

    def leave(self, ago: timedelta) -> None:
        """The feed was last read `ago`."""
        self._redis.set(keys.READ_AT, (datetime.now(UTC) - ago).isoformat())

    def last_read(self) -> datetime:
        value = self._redis.get(keys.READ_AT)
        assert isinstance(value, bytes)
        return datetime.fromisoformat(value.decode())

    @contextmanager
    def then(self, ago: timedelta) -> Iterator[None]:
        """What happens in Inbox within the block happened `ago`, each thing a second after the one before."""
        world, began, steps = self.on.inbox.world, datetime.now(UTC) - ago, itertools.count()
        real, world.clock = world.clock, lambda: began + timedelta(seconds=next(steps))
        try:
            yield
        finally:
            world.clock = real

    async def write(self, person: PersonRecord, *texts: str) -> list[str]:
        """`person` writes; the messages' ids."""
        return [await self.on.inbox.customer_writes(person, text, at=self.on.inbox.world.clock()) for text in texts]

    def read(self) -> bool:
        """Whether the feed has been read to its end."""
        return int(self._redis.get(keys.CURSOR) or 0) == self.on.inbox.events[-1].seq

    def close(self) -> None:
        self._redis.close()


@pytest.fixture
async def house(redis_url: str, api: str, scopes: frozenset[str]) -> AsyncIterator[House]:
    async with scene(versions=[api]) as on:
        made = House(on, scopes, redis_url)
        yield made
        made.close()
        assert on.inbox.violations == []


def digests(on: Stage) -> list[str]:
    return [message.text for message in cards(on) if "while I was away" in message.text]


def said_in(on: Stage, card: Message) -> list[str]:
    """The customer's words of one conversation, `text N`: those in its thread, and the card's before there is one."""
    below = [on.slack.show(one) for one in on.slack.replies(card.channel, card.ts)]
    in_thread, on_card = ([w for one in some for w in WORDS.findall(one)] for some in (below, [shows(on, card)]))
    assert not in_thread or set(on_card) <= set(in_thread)
    return in_thread or on_card


async def returned(on: Stage, house: House) -> None:
    """Until the bot has read what it missed, and has said it all."""
    await on.slack.until(house.read)
    await asyncio.sleep(0.4)  # one more turn of the timer
    await idle(on)


def card_for(on: Stage, person: PersonRecord) -> Message:
    (card,) = [one for one in cards(on) if f"(@{person.username})" in shows(on, one)]
    return card


async def test_the_very_first_start_posts_no_history(house: House) -> None:
    on = house.on
    house.on.inbox.auto_deliver = False
    with house.then(HOUR):
        await house.write(on.acme.sarah, "old text 1", "old text 2")
        await house.write(on.acme.omar, "old text 3")
    async with house.bot() as bot:
        await returned(bot, house)
        assert cards(bot) == []
        await on.inbox.customer_writes(on.acme.sarah, "new text 4")
        await on.slack.until(lambda: cards(bot))
        await idle(bot)
        (card,) = cards(bot)
        assert said_in(bot, card) == ["new text 4"]


async def test_after_an_hour_away_one_digest_comes_first_and_then_each_open_conversation(house: House) -> None:
    on = house.on
    people = [on.acme.sarah, *(on.inbox.add_person(f"person{n}", f"Person {n}") for n in range(8))]
    said: dict[str, list[str]] = {}
    async with house.bot() as first:
        with house.then(2 * HOUR):
            sarahs = await card_of(first, "before text 0")
    house.leave(HOUR)
    with house.then(HOUR - timedelta(minutes=2)):
        oldest = on.inbox.world.clock()
        for number in range(14):
            person = people[number % 9]
            said.setdefault(person.username, []).append(f"missed text {number}")
            await house.write(person, f"missed text {number}")
        await on.inbox.app_archives(thread(first, people[8]).id)
    async with house.bot() as second:
        await returned(second, house)
        _, digest, *new = cards(second)
        assert digest.text.startswith("14 messages in 9 conversations while I was away, the oldest from ")
        (at,) = re.findall(r"<!date\^(\d+)\^", digest.text)
        assert abs(int(at) - oldest.timestamp()) < 5
        assert len(digests(second)) == 1
        assert {one.ts for one in new} == {card_for(second, person).ts for person in people[1:8]}
        assert {p.username: said_in(second, card_for(second, p)) for p in people[1:8]} == {
            p.username: said[p.username] for p in people[1:8]
        }
        assert said_in(second, sarahs) == ["before text 0", "missed text 0", "missed text 9"]
        assert people[8].name not in "\n".join(shows(second, one) for one in cards(second))


async def test_what_came_just_before_the_return_follows_what_came_earlier(house: House) -> None:
    async with house.bot():
        pass
    house.leave(HOUR)
    with house.then(timedelta(minutes=30)):
        await house.write(house.on.acme.sarah, "missed text 1", "missed text 2")
    await house.write(house.on.acme.sarah, "missed text 3")
    await house.write(house.on.acme.omar, "missed text 4")
    async with house.bot() as bot:
        await returned(bot, house)
        digest, *_ = cards(bot)
        assert digest.text.startswith("4 messages in 2 conversations while I was away")
        assert said_in(bot, card_for(bot, house.on.acme.sarah)) == ["missed text 1", "missed text 2", "missed text 3"]
        assert said_in(bot, card_for(bot, house.on.acme.omar)) == ["missed text 4"]


@pytest.mark.parametrize("known", [False, True])
async def test_what_was_missed_is_shown_as_it_is_now_when_it_changes_later(house: House, *, known: bool) -> None:
    on = house.on
    async with house.bot() as first:
        if known:
            with house.then(2 * HOUR):
                await card_of(first, "before text 0")
    house.leave(HOUR)
    with house.then(timedelta(minutes=30)):
        edited, gone, last = await house.write(on.acme.sarah, "missed text 1", "missed text 2", "missed text 3")
    async with house.bot() as bot:
        await returned(bot, house)
        await on.inbox.edits(edited, "edited text 4")
        await on.inbox.deletes(gone)
        await on.inbox.edits(last, "edited text 5")
        await idle(bot)
        card = card_for(bot, on.acme.sarah)
        assert said_in(bot, card)[known:] == ["edited text 4", "edited text 5"]
        assert "edited text 5" in shows(bot, card)
        below = "".join(on.slack.show(one) for one in on.slack.replies(card.channel, card.ts))
        assert "This message was deleted." in below


async def test_a_webhook_that_inbox_repeats_at_the_return_breaks_no_order(house: House) -> None:
    async with house.bot() as bot:
        version = bot.bridge.inbox.version
    house.leave(HOUR)
    with house.then(timedelta(minutes=30)):
        await house.write(house.on.acme.sarah, "missed text 1", "missed text 2", "missed text 3")
    redis = connect(house.redis_url)
    again = parse_event(house.on.inbox.event_body(house.on.inbox.events[-2].id))
    assert again is not None
    assert again.message is not None or again.message_id
    await Feed(redis).arrive(again, wanted(again), same_count=again.api == version)  # as `web` does, without a worker
    await redis.aclose()
    async with house.bot() as bot:
        await returned(bot, house)
        digest, card = cards(bot)
        assert digest.text.startswith("3 messages in 1 conversation while I was away")
        assert said_in(bot, card) == ["missed text 1", "missed text 2", "missed text 3"]


async def test_a_bot_that_dies_over_the_feed_loses_nothing_of_what_it_has_counted(house: House) -> None:
    async with house.bot():
        pass
    with house.then(timedelta(minutes=30)):
        await house.write(house.on.acme.sarah, "missed text 1", "missed text 2")
    redis = connect(house.redis_url)
    feed = Feed(redis)
    for logged in house.on.inbox.events:  # all that the reading does, up to a kill before its outcome is written down
        event = parse_event(house.on.inbox.event_body(logged.id))
        if event and wanted(event):
            await feed.turns([Turn(event, (), missed=True)])
    await feed.advance(house.on.inbox.events[-1].seq)
    await feed.was_read(datetime.now(UTC))
    await redis.aclose()
    async with house.bot() as bot:
        await returned(bot, house)
        digest, card = cards(bot)
        assert digest.text.startswith("2 messages in 1 conversation while I was away")
        assert said_in(bot, card) == ["missed text 1", "missed text 2"]


async def test_after_less_than_five_minutes_messages_come_as_ever(house: House) -> None:
    async with house.bot():
        pass
    house.leave(timedelta(minutes=4))
    with house.then(timedelta(minutes=3)):
        await house.write(house.on.acme.sarah, "missed text 1", "missed text 2")
        await house.write(house.on.acme.omar, "missed text 3")
    async with house.bot() as bot:
        await returned(bot, house)
        assert digests(bot) == []
        first, second = card_for(bot, house.on.acme.sarah), card_for(bot, house.on.acme.omar)
        assert len(cards(bot)) == 2
        assert "missed text 2" in shows(bot, first)
        (reply,) = bot.slack.replies(first.channel, first.ts)
        assert "missed text 2" in bot.slack.show(reply)
        assert "missed text 3" in shows(bot, second)


async def test_longer_away_than_inbox_keeps_its_events_is_said_once_and_the_conversations_tell(house: House) -> None:
    on = house.on
    async with house.bot():
        pass
    house.leave(timedelta(days=9))
    with house.then(timedelta(days=8)):
        await house.write(on.acme.sarah, "missed text 1", "missed text 2")
    on.inbox.world.log.clear()  # the vendor keeps them seven days
    with house.then(timedelta(days=1)):
        await house.write(on.acme.omar, "missed text 3")
    async with house.bot() as bot:
        await returned(bot, house)
        (said,) = digests(bot)
        assert cards(bot)[0].text == said
        assert "in 2 conversations while I was away" in said
        assert "longer than Inbox keeps its events" in said
        assert said_in(bot, card_for(bot, on.acme.sarah)) == ["missed text 1", "missed text 2"]
        assert said_in(bot, card_for(bot, on.acme.omar)) == ["missed text 3"]
        reminders = [card for card in cards(bot) if "⏰" in card.text]  # after a day they may come
        assert len(cards(bot)) - len(reminders) == 3
        await on.inbox.customer_writes(on.acme.omar, "new text 4")
        await idle(bot)
        assert len(bot.slack.replies(on.acme.channel, card_for(bot, on.acme.omar).ts)) == 1
    async with house.bot() as bot:
        await returned(bot, house)
        assert digests(bot) == [said]


async def test_that_events_are_lost_is_not_said_of_a_later_absence(house: House) -> None:
    """Nobody wrote during the long one."""
    on = house.on
    async with house.bot():
        pass
    house.leave(timedelta(days=9))
    async with house.bot() as bot:
        await bot.slack.until(lambda: house.last_read() > datetime.now(UTC) - HOUR)
        await idle(bot)
        assert digests(bot) == []
    house.leave(timedelta(hours=2))
    with house.then(HOUR):
        await house.write(on.acme.sarah, "missed text 1")
    async with house.bot() as bot:
        await returned(bot, house)
        (said,) = digests(bot)
        assert "longer than Inbox keeps its events" not in said


async def test_an_inbox_that_is_away_when_the_bot_comes_back_after_long_hides_no_conversation(house: House) -> None:
    """The conversations are asked for in place of events that are kept no more; that fails at first."""
    on = house.on
    async with house.bot() as bot:
        threads = f"GET /{bot.bridge.inbox.version}/threads"
    house.leave(timedelta(days=9))
    with house.then(timedelta(days=8)):
        await house.write(on.acme.sarah, "missed text 1")
    on.inbox.world.log.clear()
    with house.then(timedelta(days=1)):
        await house.write(on.acme.omar, "missed text 2")
    on.inbox.fail(threads, status=503, times=2)  # a read is tried twice within itself
    async with house.bot() as bot:
        await returned(bot, house)
        (said,) = digests(bot)
        assert "in 2 conversations while I was away" in said
        assert "longer than Inbox keeps its events" in said
        assert said_in(bot, card_for(bot, on.acme.sarah)) == ["missed text 1"]


async def test_a_second_restart_repeats_nothing(house: House) -> None:
    async with house.bot():
        pass
    house.leave(HOUR)
    with house.then(timedelta(minutes=30)):
        await house.write(house.on.acme.sarah, "missed text 1", "missed text 2")
    async with house.bot() as bot:
        await returned(bot, house)
        assert len(digests(bot)) == 1
    posts = [call for call in house.on.slack.calls if call.method == "chat.postMessage"]
    for away in (timedelta(0), HOUR):
        house.leave(away)
        async with house.bot() as bot:
            await returned(bot, house)
    assert [call for call in house.on.slack.calls if call.method == "chat.postMessage"] == posts


async def test_without_a_webhook_the_feed_is_asked_on_a_timer(house: House) -> None:
    async with house.bot(inbox_webhook_secret=None) as bot:
        async with plain_http(base_url=bot.url) as http:
            answer = await http.post("/inbox/webhook", content=b"{}")
        assert answer.status_code == 404
        for number, person in enumerate([house.on.acme.sarah, house.on.acme.omar, house.on.acme.sarah]):
            await house.on.inbox.customer_writes(person, f"polled text {number}")
            await bot.slack.until(lambda number=number: f"polled text {number}" in _everything(bot))  # type: ignore[misc]  # mypy takes no defaults here
        await house.on.inbox.app_archives(thread(bot).id)
        await bot.slack.until(lambda: "Archived in Inbox" in shows(bot, card_for(bot, house.on.acme.sarah)))
        assert [status for _, status in house.on.inbox.deliveries if status != 404] == []
        assert digests(bot) == []
        assert len(cards(bot)) == 2


async def test_each_channel_sums_up_the_conversations_that_its_rules_bring_there(house: House) -> None:
    on = house.on
    vip, tag = on.slack.add_channel("vip"), on.inbox.add_tag("vip")
    on.acme.omar.tag_ids = [tag]
    async with house.bot() as bot:
        rule = f"route add tag:vip to:<#{vip}|vip>"
        assert (await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text=rule)).ok
        await idle(bot)
        with house.then(2 * HOUR):
            await card_of(bot, "sarah text 0")
    house.leave(HOUR)
    with house.then(timedelta(minutes=30)):
        await house.write(on.acme.sarah, "sarah text 1", "sarah text 2")
        await house.write(on.acme.omar, "omar text 1")
    async with house.bot() as bot:
        await returned(bot, house)
        said = on.slack.messages(vip)
        assert said[0].text.startswith("1 message in 1 conversation while I was away, the oldest from ")
        assert "omar text 1" in on.slack.show(said[1])
        assert len(said) == 2
        (digest,) = digests(bot)
        assert digest.startswith("2 messages in 1 conversation while I was away")
        assert said_in(bot, card_for(bot, on.acme.sarah)) == ["sarah text 0", "sarah text 1", "sarah text 2"]


async def test_what_we_answered_meanwhile_fits_no_rule(house: House) -> None:
    on = house.on
    vip = on.slack.add_channel("vip")
    async with house.bot() as bot:
        await inbox(bot, f"route add text:refund to:<#{vip}|vip>")
    with house.then(HOUR):
        await house.write(on.acme.sarah, "Hello")
        talk = on.inbox.world.thread_between(on.acme.account, on.acme.sarah)
        assert talk is not None
        await on.inbox.teammate_writes(talk.id, "Your refund is on its way")
    house.leave(HOUR)
    async with house.bot() as bot:
        await returned(bot, house)
        assert "Hello" in shows(bot, card_for(bot, on.acme.sarah))
        assert on.slack.messages(vip) == []


async def test_many_conversations_that_rules_sort_cost_a_digest_few_questions(house: House) -> None:
    on = house.on
    vip, tag = on.slack.add_channel("vip"), on.inbox.add_tag("vip")
    people = [on.inbox.add_person(f"person{n}", f"Person {n}") for n in range(12)]
    for person in people[::2]:
        person.tag_ids = [tag]
    async with house.bot() as bot:
        rule = f"route add tag:vip to:<#{vip}|vip>"
        assert (await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text=rule)).ok
        await idle(bot)
    house.leave(HOUR)
    with house.then(timedelta(minutes=30)):
        for person in people:
            await house.write(person, "missed text 1")
    before = len(on.inbox.calls)
    async with house.bot() as bot:
        await bot.slack.until(lambda: digests(bot) and on.slack.messages(vip))
        asked = [call.path for call in on.inbox.calls[before:] if "/threads/" not in call.path]
        assert sum(path.endswith("/threads") for path in asked) <= 4
        await returned(bot, house)
        assert "6 messages in 6 conversations" in on.slack.messages(vip)[0].text
        assert "6 messages in 6 conversations" in digests(bot)[0]


def _everything(on: Stage) -> str:
    replies = [reply for card in cards(on) for reply in on.slack.replies(card.channel, card.ts)]
    return "\n".join(on.slack.show(one) for one in [*cards(on), *replies] if one.user == BOT_USER)


async def test_what_was_written_meanwhile_is_assigned_by_rule_as_well_with_a_card_or_without(house: House) -> None:
    async with house.bot() as on:
        await inbox(on, f"assign add all to:<@{on.acme.ana}>,<@{on.acme.bo}>")
        await inbox(on, "route add text:newsletter no-card")
        await card_of(on, "Hello", on.acme.omar)
    people = [house.on.inbox.add_person(f"person{number}", f"Person {number}") for number in range(3)]
    with house.then(HOUR):
        for person, said in zip(people, ("Hello", "Our newsletter", "Hello"), strict=True):
            await house.write(person, said)
    house.leave(HOUR)
    async with house.bot() as on:
        await on.slack.until(lambda: len(assignments(on)) == 4, 20)
        await idle(on)
        assert sorted(assignments(on)) == sorted([on.acme.ana_member, on.acme.bo_member] * 2)
        assert "newsletter" not in "".join(shows(on, one) for one in cards(on))


# --- What Inbox refuses of one conversation, and the others ----------------------------------------------------------


async def sorted_by_rules(house: House) -> tuple[str, PersonRecord]:
    """The channel of those with the tag "vip", of whom Omar is one, and so is somebody else: Lena."""
    on = house.on
    vip, tag = on.slack.add_channel("vip"), on.inbox.add_tag("vip")
    lena = on.inbox.add_person("lena", "Lena Roth")
    on.acme.omar.tag_ids = lena.tag_ids = [tag]
    async with house.bot() as bot:
        await inbox(bot, f"route add tag:vip to:<#{vip}|vip>")
    house.leave(HOUR)
    return vip, lena


def fails(house: House, api: str, person: PersonRecord, **how: Any) -> None:
    """Inbox does not tell the conversation with `person`, while it tells all else."""
    found = house.on.inbox.world.thread_between(house.on.acme.account, person)
    assert found is not None
    house.on.inbox.fail(f"GET /{api}/threads/{found.id}", **how)


@pytest.mark.parametrize("status", [403, 404, 500])
async def test_a_conversation_that_inbox_refuses_takes_no_other_out_of_the_digest(
    house: House, api: str, status: int
) -> None:
    on = house.on
    vip, lena = await sorted_by_rules(house)
    with house.then(timedelta(minutes=30)):
        await house.write(lena, "lena text 1")
        await house.write(on.acme.sarah, "sarah text 1")
        await house.write(on.acme.omar, "omar text 1", "omar text 2")
    fails(house, api, lena, status=status, times=None)
    async with house.bot(HASTE) as bot:
        await returned(bot, house)
        summary, card = on.slack.messages(vip)
        assert summary.text.startswith("2 messages in 1 conversation while I was away")
        assert said_in(bot, card) == ["omar text 1", "omar text 2"]
        (digest,) = digests(bot)
        unknown = status != 404  # it is counted where what fits no rule is shown; what is deleted, is nowhere
        assert digest.startswith("2 messages in 2" if unknown else "1 message in 1")
        assert said_in(bot, card_for(bot, on.acme.sarah)) == ["sarah text 1"]
        assert lena.name not in _everything(bot)
        letters = await bot.bridge.lanes.dead_letters()
        assert [one.job and one.job.kind for one in letters] == ["route_missed"] * unknown
        assert len([one for one in told(bot, on.acme.ana) if "A message could not be shown" in one]) == unknown


async def test_a_conversation_that_inbox_tells_later_is_shown_where_its_rules_say(house: House, api: str) -> None:
    """Which takes longer than a job is tried that is not vital, for seven times: each asks twice."""
    on = house.on
    vip, lena = await sorted_by_rules(house)
    with house.then(timedelta(minutes=30)):
        await house.write(lena, "lena text 1")
        await house.write(on.acme.sarah, "sarah text 1")
    fails(house, api, lena, status=503, times=None)
    async with house.bot(HASTE) as bot:
        await bot.slack.until(lambda: digests(bot))
        before = len(on.inbox.calls)
        (fault,) = on.inbox.faults
        path = fault.match.removeprefix("GET ")
        await bot.slack.until(lambda: sum(one.path == path for one in on.inbox.calls[before:]) >= 20)
        on.inbox.faults.clear()
        await returned(bot, house)
        assert said_in(bot, card_for(bot, on.acme.sarah)) == ["sarah text 1"]
        (card,) = on.slack.messages(vip)
        assert said_in(bot, card) == ["lena text 1"]
        assert lena.name not in "".join(shows(bot, one) for one in cards(bot))
        assert await bot.bridge.lanes.dead_letters() == []


async def strangers_wrote(house: House, count: int) -> tuple[str, list[PersonRecord]]:
    """The channel to which a rule brings first messages, and as many people who wrote one while nobody was there."""
    people = [house.on.inbox.add_person(f"person{n}", f"Person {n}") for n in range(count)]
    vip = house.on.slack.add_channel("vip")
    async with house.bot() as bot:
        await inbox(bot, f"route add first:yes to:<#{vip}|vip>")
    house.leave(HOUR)
    with house.then(timedelta(minutes=30)):
        for person in people:
            await house.write(person, "missed text 1")
    return vip, people


async def test_of_many_that_are_listed_one_that_rules_cannot_judge_takes_no_other_along(house: House, api: str) -> None:
    on, (vip, _) = house.on, await strangers_wrote(house, 6)
    on.inbox.fail(f"GET /{api}/*messages*", 403)  # by which the first one is asked whether it is their first
    async with house.bot(HASTE) as bot:
        await returned(bot, house)
        summary, *shown = on.slack.messages(vip)
        assert summary.text.startswith("5 messages in 5 conversations")
        assert len(shown) == 6
        (digest,) = digests(bot)
        assert digest.startswith("1 message in 1 conversation")
        assert await bot.bridge.lanes.dead_letters() == []


async def test_without_a_default_channel_a_conversation_that_inbox_refuses_leaves_one_dead_letter(
    house: House, api: str
) -> None:
    on = house.on
    vip, lena = await sorted_by_rules(house)
    async with house.bot(HASTE, notify_channel=None) as bot:
        await inbox(bot, f"assign add all to:<@{on.acme.ana}>")
    house.leave(HOUR)
    with house.then(timedelta(minutes=30)):
        await house.write(lena, "lena text 1")
        await house.write(on.acme.omar, "omar text 1")
    fails(house, api, lena, status=403, times=None)
    async with house.bot(HASTE, notify_channel=None) as bot:
        await returned(bot, house)
        assert on.slack.messages(vip)[0].text.startswith("1 message in 1 conversation")
        assert [one.job and one.job.kind for one in await bot.bridge.lanes.dead_letters()] == ["route_missed"]


async def test_the_list_of_many_is_read_once_however_long_those_in_it_take(house: House, api: str) -> None:
    """Half of them we answered meanwhile: they are in no list."""
    on, (vip, people) = house.on, await strangers_wrote(house, 12)
    talks = [on.inbox.world.thread_between(on.acme.account, person) for person in people]
    ids = [one.id for one in talks if one]
    for answered in ids[::2]:
        await on.inbox.teammate_writes(answered, "On its way")
    for waiting in ids[1::2]:  # by which each is asked whether it is their first: longer than a job reads, in all
        on.inbox.fail(f"GET /{api}/*{waiting}*messages*", delay=0.4)
    before = len(on.inbox.calls)
    async with house.bot(HASTE) as bot:
        await bot.slack.until(lambda: digests(bot) or on.slack.messages(vip))
        asked = [call.path for call in on.inbox.calls[before:]]
        await returned(bot, house)
    assert len([path for path in asked if path.endswith("/threads")]) == 2  # of two lists, a page each
    by_itself = [each for each in ids if any(path.endswith(f"/threads/{each}") for path in asked)]
    assert set(by_itself) == set(ids[::2])


@pytest.mark.exhaustive
async def test_a_list_that_takes_longer_than_a_digest_has_is_done_without(house: House, api: str) -> None:
    on = house.on
    people = [on.inbox.add_person(f"person{n}", f"Person {n}") for n in range(6)]
    await sorted_by_rules(house)
    with house.then(timedelta(minutes=30)):
        for person in people:
            await house.write(person, "missed text 1")
    on.inbox.fail(f"GET /{api}/threads", delay=6.5, times=None)  # of two lists, in one job of 12 s
    async with house.bot(HASTE) as bot:
        await bot.slack.until(lambda: digests(bot), 60)
        await returned(bot, house)
        assert digests(bot)[0].startswith("6 messages in 6 conversations")
        assert [said_in(bot, card_for(bot, one)) for one in people] == [["missed text 1"]] * 6


async def test_a_digest_that_is_given_up_is_told_whatever_else_was_and_shown_once_it_is_tried_again(
    house: House,
) -> None:
    on, lost = house.on, Digest(deaths=DEATHS)
    async with house.bot() as bot:
        await bot.bridge.lanes.accept(unshown())
        await hears(bot, on.acme.ana, "A message could not be shown in Slack")
    with house.then(timedelta(minutes=30)):
        await house.write(on.acme.sarah, "missed text 1")
    redis = connect(house.redis_url)
    event = parse_event(on.inbox.event_body(on.inbox.events[-1].id))
    assert event is not None
    await Feed(redis).turns([Turn(event, (), missed=True)])
    await Feed(redis).collect(lost.ref)  # no other digest has it any more
    await redis.aclose()
    async with house.bot() as bot:
        await bot.bridge.lanes.accept(lost)
        await hears(bot, on.acme.ana, "What was written while I was away could not all be shown in Slack")
        await idle(bot)
        assert cards(bot) == []
        (letter,) = await bot.bridge.lanes.dead_letters()
        await bot.bridge.lanes.revive(letter.id)
        await bot.slack.until(lambda: cards(bot))
        await idle(bot)
        assert digests(bot)[0].startswith("1 message in 1 conversation")
        assert said_in(bot, card_for(bot, on.acme.sarah)) == ["missed text 1"]


async def test_a_summary_that_is_given_up_is_told_to_the_admins(house: House) -> None:
    async with house.bot(HASTE) as bot:
        on = house.on
        with house.then(2 * HOUR):
            await card_of(bot)
        talk = thread(bot).id
        at = datetime.now(UTC) - HOUR
        refused = Announce(channel="C0NOWHERE", text="1 message", threads={talk: at}, at=at - timedelta(days=2))
        await bot.bridge.lanes.accept(refused)
        await hears(bot, on.acme.ana, "What was written while I was away could not all be shown in Slack")
        (letter,) = await bot.bridge.lanes.dead_letters()
        assert isinstance(letter.job, Announce)
