"""How long it takes to find people, saved replies and tags while somebody types."""

from __future__ import annotations

import time

import pytest

from bot.contact.form import like
from bot.contact.store import Contacts
from bot.models import Label, Person
from bot.operate.snippets import Entry, take
from bot.people.known import Known
from bot.snippets.store import Snippets
from bot.store.connect import connect

pytestmark = pytest.mark.bench


async def test_ten_thousand_people_are_searched_in_50_ms(redis_url: str) -> None:
    redis = connect(redis_url)
    people = Known(redis)
    firsts, lasts = ("Sarah", "Omar", "Ana", "Bo", "Kim"), ("Chen", "Khan", "Smith", "Jones")
    crowd = [
        Person(
            platform="twitter",
            platform_id=f"18765432{n}",
            name=f"{firsts[n % 5]} {lasts[n % 4]}{n}",
            username=f"user_{n}",
        )
        for n in range(10_000)
    ]
    for begin in range(0, len(crowd), 500):
        await people.met(*crowd[begin : begin + 500])
    for typed in ("sa", "sarah", "sarah chen", "us", "user_99", "chen9"):
        took = []
        for _ in range(5):
            began = time.perf_counter()
            assert await people.like(typed)
            took.append(time.perf_counter() - began)
        assert min(took) < 0.05, (typed, took)
    await redis.aclose()


async def test_three_hundred_saved_replies_are_searched_in_300_ms(redis_url: str) -> None:
    redis = connect(redis_url)
    snippets = Snippets(redis)
    await take(snippets, [Entry(name=f"Reply {n}", text=f"Word{n} and more. " * 100) for n in range(300)])
    for typed in ("", "rep", "reply 29", "word299", "nothing like it"):
        took = []
        for _ in range(5):
            began = time.perf_counter()
            await snippets.like("U0ANA", typed)
            took.append(time.perf_counter() - began)
        assert min(took) < 0.3, (typed, took)
    await redis.aclose()


async def test_five_hundred_tags_are_searched_in_300_ms(redis_url: str) -> None:
    redis = connect(redis_url)
    contacts = Contacts(redis)
    await contacts.offer([Label(id=f"tag{n}", name=f"Événement {n:03}") for n in range(500)])
    for typed in ("", "evenement", "evenement 49", "99", "nothing like it"):
        took = []
        for _ in range(5):
            began = time.perf_counter()
            like(await contacts.offered(), typed)
            took.append(time.perf_counter() - began)
        assert min(took) < 0.3, (typed, took)
    await redis.aclose()
