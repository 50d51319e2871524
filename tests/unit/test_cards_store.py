"""What is kept of each thread that has a card: each part on its own, so that nobody overwrites another's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.cards.store import Cards
from bot.errors import StoreUnavailable
from bot.models import Card, Message, Note, Person, Place, Thread
from bot.store import keys
from bot.store.connect import connect

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
SARAH = Person(platform="twitter", platform_id="187", username="sarah")
THREAD = Thread(id="t1", account_link_id="a1", person=SARAH, contact_id="c1")
HELLO = Message(id="m1", thread_id="t1", direction="inbound", text="Hello", created_at=NOON)
BY_ANA = Note(who="Ana", at=NOON)
PLACE = Place("C1", "1700000000.000100")


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    client = connect(redis_url)
    yield client
    await client.aclose()


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


async def test_what_is_not_written_stays(cards: Cards) -> None:
    await cards.write(THREAD, notes={"archived": BY_ANA}, latest=HELLO)
    archived = THREAD.model_copy(update={"archived": True})
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
    await cards.write(THREAD.model_copy(update={"id": "t2", "contact_id": None}))
    await cards.write(THREAD.model_copy(update={"id": "t3", "person": None}))
    assert await cards.threads_of("187") == {"t1", "t2"}
    assert await cards.threads_of("c1") == {"t1", "t3"}


async def test_a_buried_card_says_so_and_keeps_its_words_and_place(cards: Cards) -> None:
    await cards.write(THREAD, latest=HELLO)
    await cards.put("t1", PLACE)
    await cards.bury("t1")
    assert await cards.get("t1") == Card(thread=THREAD, latest=HELLO, waiting_since=NOON, gone=True)
    assert await cards.place("t1") == PLACE


async def test_cards_have_no_expiry(redis: Any, cards: Cards) -> None:
    await cards.write(THREAD)
    await cards.put("t1", PLACE)
    assert [await redis.ttl(key) for key in (keys.card("t1"), keys.card_at(*PLACE))] == [-1, -1]


async def test_without_redis_the_store_is_unavailable() -> None:
    redis = connect("unix:///nonexistent/valkey.sock")
    with pytest.raises(StoreUnavailable):
        await Cards(redis).get("t1")
    with pytest.raises(StoreUnavailable):
        await Cards(redis).write(THREAD)
    await redis.aclose()
