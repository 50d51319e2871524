"""People found by the beginnings of their names, however many there are."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest

from bot.models import Person
from bot.people import known
from bot.people.known import Known
from bot.store import keys
from bot.store.connect import connect


@pytest.fixture
async def people(redis_url: str) -> AsyncIterator[Known]:
    redis = connect(redis_url)
    yield Known(redis)
    await redis.aclose()


def person(number: int, name: str = "", username: str = "", platform: str = "twitter") -> Person:
    return Person(platform=platform, platform_id=f"18765432{number}", name=name, username=username)


async def test_each_word_is_found_without_case_and_accents(people: Known) -> None:
    await people.met(person(1, "José Núñez-Ortega", "jose.nunez"), person(2, "陳 大文", "tai_man", "linkedin"))
    for typed in ("jose", "JOSÉ n", "nunez", "ortega", "@jose.nu", "x.com/jose.nunez/", "187654321"):
        assert [one.name for one in await people.like(typed)] == ["José Núñez-Ortega"], typed
    for typed in ("陳", "tai_man", "man"):
        assert [one.name for one in await people.like(typed)] == ["陳 大文"], typed
    for typed in ("", "  ", "@", "ose", "jose zz", "\0", "*"):
        assert await people.like(typed) == [], typed


async def test_a_new_name_takes_the_place_of_the_old_one(people: Known) -> None:
    await people.met(person(1, "Sarah Chen", "sarah"))
    await people.met(person(1, "Sarah Miller", "sarah"))
    assert await people.like("chen") == []
    assert [one.name for one in await people.like("sar")] == ["Sarah Miller"]


async def test_whoever_was_seen_for_the_last_time_long_ago_goes(people: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.time()
    monkeypatch.setattr(time, "time", lambda: began)
    await people.met(person(1, "Sarah Chen"), person(2, "Sam Ode"))
    monkeypatch.setattr(time, "time", lambda: began + 60 * 86_400)
    await people.met(person(2, "Sam Ode"))
    monkeypatch.setattr(time, "time", lambda: began + 91 * 86_400)
    await people.met(person(3, "Sal Wu"))
    assert [one.name for one in await people.like("sa")] == ["Sal Wu", "Sam Ode"]


async def test_who_was_not_seen_for_long_goes_by_the_timer_too(
    people: Known, monkeypatch: pytest.MonkeyPatch, redis_url: str
) -> None:
    """However many these are, and where nobody is met any more."""
    began = time.time()
    monkeypatch.setattr(time, "time", lambda: began)
    await people.met(*(person(number, f"Sarah Chen {number}") for number in range(250)))
    monkeypatch.setattr(time, "time", lambda: began + 60 * 86_400)
    await people.met(person(1, "Sarah Chen 1"))
    monkeypatch.setattr(time, "time", lambda: began + 91 * 86_400)
    await people.trim()
    assert [one.name for one in await people.like("sarah", most=1_000)] == ["Sarah Chen 1"]


async def test_no_more_are_kept_than_there_is_room_for(
    people: Known, monkeypatch: pytest.MonkeyPatch, redis_url: str
) -> None:
    monkeypatch.setattr(known, "MOST", 10)
    for number in range(25):
        await people.met(person(number, f"Sarah {number}"))
    redis = connect(redis_url)
    assert len(await people.like("sarah", 100)) == 10
    assert await redis.hlen(keys.KNOWN) == await redis.zcard(keys.KNOWN_SEEN) == 10
    assert await redis.zcard(keys.KNOWN_WORDS) == 30
    await redis.aclose()


async def test_a_word_that_too_many_have_is_looked_for_in_what_the_others_leave(
    people: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "READ", 5)
    await people.met(*(person(number, f"Sarah {number}") for number in range(30)), person(99, "Sarah Zed"))
    assert len(await people.like("sarah", 100)) == 5
    assert [one.name for one in await people.like("sarah zed")] == ["Sarah Zed"]
    assert await people.like("sarah zoe") == []
