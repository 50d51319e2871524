"""What is kept of each thread that has a card: each part on its own, so that nobody overwrites another's."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from bot.card import Card, Note, Snoozed
from bot.cards.store import AT_ONCE, Cards
from bot.errors import StoreUnavailable
from bot.models import Message, Person, Place, Thread
from bot.routing.store import Pin, Routes
from bot.snooze.store import Snoozes
from bot.store import keys
from bot.store.connect import connect
from bot.upkeep.store import Lifetimes

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
SARAH = Person(platform="twitter", platform_id="187", username="sarah", contact_id="c1")
THREAD = Thread(id="t1", account_link_id="a1", person=SARAH, contact_id="c1")
HELLO = Message(id="m1", thread_id="t1", direction="inbound", text="Hello", created_at=NOON)
BY_ANA = Note(who="Ana", at=NOON)
PLACE = Place("C1", "1700000000.000100")


@pytest.fixture
def cards(redis: Any) -> Cards:
    return Cards(redis)


async def test_of_an_unknown_thread_nothing_is_known(cards: Cards) -> None:
    assert await cards.get("t1") is None
    assert await cards.place("t1") is None
    assert await cards.at(PLACE) is None
    assert await cards.threads_of("187") == set()


async def test_what_was_written_is_read(cards: Cards) -> None:
    await cards.write(THREAD, notes={"archived": BY_ANA, "assigned": Note(at=NOON)}, latest=HELLO)
    whole = Card(thread=THREAD, latest=HELLO, archived=BY_ANA, assigned=Note(at=NOON), waiting_since=NOON)
    assert await cards.get("t1") == whole


async def test_a_card_that_wakes_is_found_by_the_contact_that_it_is_of_then(cards: Cards) -> None:
    await cards.write(THREAD)
    other = SARAH.having(contact_id="c2")
    await cards.wake(THREAD, THREAD.having(contact_id="c2", person=other), None)
    assert await cards.threads_of("c2") == {"t1"}


async def test_of_many_cards_each_is_read_as_one_is(cards: Cards) -> None:
    ids = [f"t{number}" for number in range(2 * AT_ONCE + 1)]
    there = ids[:: AT_ONCE // 2]
    for number, one in enumerate(there):
        await cards.write(THREAD.having(id=one), latest=HELLO.having(thread_id=one))
        await cards.put(one, Place("C1", f"170000000{number}.000100"))
    await cards.bury(there[1])
    assert await cards.standings(ids) == [await cards.standing(one) for one in ids]
    assert await cards.places(ids) == dict.fromkeys(there, "C1")
    assert await cards.standings([]) == []


async def test_of_the_cards_with_a_label_the_newest_are_found(cards: Cards) -> None:
    labels = [("tag1",), (), ("tag1", "tag2"), ("tag10",), ("tag1",), ("tag1",)]
    for number, tags in enumerate(labels):
        one = THREAD.having(id=f"t{number}", person=SARAH.having(tag_ids=tags, status_id="tag1" if not tags else None))
        await cards.write(one)
        if number != 4:  # it has no card
            await cards.put(one.id, Place("C1", f"170000000{number}.000100"))
    await cards.bury("t5")
    assert await cards.labelled("tag1", 10) == ["t2", "t1", "t0"]
    assert await cards.labelled("tag1", 2) == ["t2", "t1"]


async def test_what_is_not_written_stays(cards: Cards) -> None:
    await cards.write(THREAD, notes={"archived": BY_ANA}, latest=HELLO)
    archived = THREAD.having(archived=True)
    await cards.write(archived, notes={"assigned": BY_ANA})
    assert await cards.get("t1") == Card(thread=archived, latest=HELLO, archived=BY_ANA, assigned=BY_ANA)


async def test_a_post_and_a_click_at_once_both_count(cards: Cards) -> None:
    await cards.write(THREAD)
    await asyncio.gather(
        cards.write(THREAD, latest=HELLO), cards.write(THREAD, notes={"assigned": BY_ANA}), cards.put("t1", PLACE)
    )
    assert await cards.get("t1") == Card(thread=THREAD, latest=HELLO, assigned=BY_ANA, waiting_since=NOON)
    assert await cards.place("t1") == PLACE


async def test_a_card_and_its_place_lead_to_each_other(cards: Cards) -> None:
    await cards.put("t1", PLACE)
    assert await cards.place("t1") == PLACE
    assert await cards.at(PLACE) == "t1"
    assert await cards.at(PLACE._replace(channel="C2")) is None
    assert await cards.at(PLACE._replace(ts="1.2")) is None


async def test_a_place_alone_is_no_card(cards: Cards) -> None:
    await cards.put("t1", PLACE)
    assert await cards.get("t1") is None


async def test_a_thread_is_found_by_its_contact_and_by_its_persons_platform_id(cards: Cards) -> None:
    await cards.write(THREAD)
    await cards.write(THREAD.having(id="t2", contact_id=None))
    await cards.write(THREAD.having(id="t3", person=None))
    assert await cards.threads_of("187") == {"t1", "t2"}
    assert await cards.threads_of("c1") == {"t1", "t3"}


async def test_a_buried_card_says_so_and_keeps_its_words_and_place(cards: Cards) -> None:
    await cards.write(THREAD, latest=HELLO)
    await cards.put("t1", PLACE)
    await cards.bury("t1")
    assert await cards.get("t1") == Card(thread=THREAD, latest=HELLO, waiting_since=NOON, gone=True)
    assert await cards.place("t1") == PLACE


# --- how long it is kept ---------------------------------------------------------------------------------------------

NAMES = (keys.card("t1"), keys.card_at(*PLACE), keys.threads_of("187"), keys.threads_of("c1"))


async def lives(redis: Any) -> list[float]:
    """For how many days each key lives; -1 for good."""
    return [round(left / keys.DAY, 1) if (left := await redis.ttl(name)) > 0 else left for name in NAMES]


async def test_a_card_lives_from_its_last_change_on_and_what_leads_to_it_with_it(redis: Any, cards: Cards) -> None:
    await cards.write(THREAD, latest=HELLO)
    await cards.put("t1", PLACE)
    assert await lives(redis) == [365, 365, -1, -1]
    await redis.expire(keys.card("t1"), 100 * keys.DAY)
    await cards.write(THREAD)
    await Lifetimes(redis).rest("t1")
    assert await lives(redis) == [365, 365, 367, 367]
    card = await cards.get("t1")
    assert card is not None
    assert (card.latest, card.rested) == (HELLO, False)
    await Lifetimes(redis, 30).rest("t1")  # the operator keeps them for less from now on
    assert (await lives(redis))[0] == 30


async def test_a_message_that_a_card_shows_is_a_change(redis: Any, cards: Cards) -> None:
    await cards.write(THREAD, latest=HELLO)
    await redis.expire(keys.card("t1"), 100 * keys.DAY)
    await cards.put_latest("t1", HELLO.having(id="m2"))
    assert await lives(redis) == [365, -2, -1, -1]


async def test_what_an_older_version_kept_for_good_lives_on_and_ends(redis: Any, cards: Cards) -> None:
    await redis.hset(keys.card("t1"), mapping={"thread": THREAD.json(), "latest": HELLO.json()})
    await cards.put("t1", PLACE)
    await Lifetimes(redis).rest("t1")
    assert (await lives(redis))[:2] == [365, 365]
    assert (await cards.get("t1")) == Card(thread=THREAD, latest=HELLO, waiting_since=NOON)


async def test_at_rest_its_words_go_and_it_takes_less_than_a_kilobyte(redis: Any, cards: Cards) -> None:
    talker = SARAH.having(name="Sarah Chen", bio="I " * 80, picture="https://x.example/" + "p" * 90)
    ids = {"platform_id": "1069436958625485650:1876543210987654321", "assignee_id": "z" * 24, "contact_id": "c1"}
    said = HELLO.having(text="Hello there. " * 100)
    thread = THREAD.having(**ids | {"person": talker, "last_message": said})
    by_member = BY_ANA.having(member="m" * 24)
    await cards.write(thread, notes={"answered": by_member, "assigned": by_member}, latest=said)
    await cards.put("t1", PLACE)
    await redis.expire(keys.card("t1"), 357 * keys.DAY)
    await Lifetimes(redis).rest("t1")
    card = await cards.get("t1")
    assert card is not None
    assert (card.rested, card.latest, card.answered) == (True, None, BY_ANA)
    assert card.said is not None
    assert timedelta() <= card.said - said.created_at < timedelta(milliseconds=1)
    person = talker.having(bio=None, picture=None)
    assert card.thread == thread.having(last_message=None, person=person, platform_id=None)
    assert await cards.place("t1") == PLACE
    assert await size(redis) < 1024
    before = await redis.hgetall(keys.card("t1"))
    assert before[b"thread"].count(b"c1") == 1
    await Lifetimes(redis).rest("t1")  # again, and again
    assert await redis.hgetall(keys.card("t1")) == before
    await cards.write(thread)
    await cards.put_latest("t1", said)
    woken = await cards.get("t1")
    assert woken is not None
    assert (woken.rested, woken.said, woken.latest, woken.thread) == (False, None, said, thread)


async def size(redis: Any) -> int:
    """Bytes of names and values."""
    total = sum(len(name) for name in NAMES)
    total += sum(len(field) + len(one) for field, one in (await redis.hgetall(keys.card("t1"))).items())
    total += len(await redis.get(keys.card_at(*PLACE)))
    return total + sum([len(one) for name in NAMES[2:] for one in await redis.smembers(name)])


async def test_of_a_conversation_that_is_gone_only_ids_are_kept(redis: Any, cards: Cards) -> None:
    await cards.write(THREAD, notes={"archived": BY_ANA}, latest=HELLO)
    await cards.put("t1", PLACE)
    await cards.bury("t1")
    await Lifetimes(redis).rest("t1")
    assert await cards.get("t1") == Card(thread=Thread(id="t1", account_link_id="a1"), gone=True)
    assert await cards.place("t1") == PLACE
    assert await cards.buried(10) == ["t1"]
    await cards.write(THREAD, latest=HELLO)  # it is there after all
    assert await cards.get("t1") == Card(thread=THREAD, latest=HELLO, waiting_since=NOON)


async def test_what_is_snoozed_is_kept_until_it_wakes(redis: Any, cards: Cards) -> None:
    await cards.write(THREAD, latest=HELLO)
    await cards.put("t1", PLACE)
    until = {"id": "s1", "until": NOON, "by": "U1", "member": "m1", "name": "Ana", "at": NOON, "after": NOON}
    await Snoozes(redis).put("t1", msgspec.convert(until, Snoozed))
    assert (await lives(redis))[0] == -1
    await cards.write(THREAD)
    await Lifetimes(redis).rest("t1")
    assert (await lives(redis))[0] == -1
    await Snoozes(redis).end("t1")
    await Lifetimes(redis).rest("t1")
    assert (await lives(redis))[0] == 365
    assert (await cards.get("t1")) == Card(thread=THREAD, latest=HELLO, waiting_since=NOON)


async def test_what_rules_remember_lives_with_the_card_where_they_could_not_find_it_out_again(
    redis: Any, cards: Cards
) -> None:
    routes, routed = Routes(redis), keys.routed("t1")

    async def lives() -> int:
        await Lifetimes(redis).rest("t1")
        left = int(await redis.ttl(routed))
        return round(left / keys.DAY) if left > 0 else left

    await cards.write(THREAD)
    await routes.remember("t1", "r1")
    await routes.saw_first("t1", "m1")
    assert await lives() == 90
    await routes.pin("t1", Pin(channel="C1", by="U1", at=NOON))
    assert await lives() == 367
    await routes.memory("t1")
    assert await lives() == 367
    await redis.persist(keys.card("t1"))
    await redis.hset(keys.card("t1"), "snoozed", "{}")
    assert await lives() == -1
    await routes.memory("t1")
    assert int(await redis.ttl(routed)) == -1
    await Snoozes(redis).end("t1")
    assert await lives() == 367
    await redis.delete(routed)
    await routes.fitted("t1", ["r1"])
    assert await lives() == 367


async def test_where_a_card_stood_before_it_moved_is_forgotten_in_time(redis: Any, cards: Cards) -> None:
    before, older = Place("C1", "1.1"), Place("C1", "1.0")
    await redis.set(keys.card_at(*older), "t1")  # as a version left it that kept that for good
    await cards.write(THREAD)
    await cards.put("t1", before)
    await cards.put("t1", PLACE, before)
    cursor, _ = await Lifetimes(redis).some(0)
    assert cursor == 0
    assert all([0 < await redis.ttl(keys.card_at(*one)) <= 365 * keys.DAY for one in (older, before, PLACE)])
    assert await cards.at(before) == "t1"


async def test_cards_are_gone_through_some_at_a_time(redis: Any, cards: Cards) -> None:
    ids = {f"t{number}" for number in range(500)}
    for one in ids:
        await cards.write(THREAD.having(id=one))
    cursor, seen = await Lifetimes(redis).some(0)
    while cursor:
        cursor, more = await Lifetimes(redis).some(cursor)
        seen += more
    assert set(seen) == ids


async def test_without_redis_the_store_is_unavailable() -> None:
    redis = connect("unix:///nonexistent/valkey.sock")
    with pytest.raises(StoreUnavailable):
        await Cards(redis).get("t1")
    with pytest.raises(StoreUnavailable):
        await Cards(redis).write(THREAD)
    await redis.aclose()
