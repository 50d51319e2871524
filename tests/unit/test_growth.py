"""What is asked for often is found without looking through all of Redis, whatever version wrote it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.store import ChannelChoices, Preferences
from bot.features import KINDS
from bot.people.links import Links
from bot.people.rights import Rights, Sharing
from bot.store import keys
from bot.store.connect import connect
from bot.upkeep.store import Lifetimes


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    client = connect(redis_url)
    yield client
    await client.aclose()


async def scans(redis: Any) -> int:
    counted = await redis.info("commandstats")
    return int(counted.get("cmdstat_scan", {"calls": 0})["calls"])


async def old(redis: Any) -> None:
    """What a version left that noted neither channels nor links."""
    await redis.set(keys.channel_choices("C1"), ChannelChoices(privacy="none").json())
    await redis.set(keys.consent("C2"), "U1")
    await redis.set(keys.sharing("C3"), Sharing(shared=True, at=datetime.now(UTC)).json())
    await redis.set(keys.link("U1"), "m1")
    await redis.sadd(keys.LINKED, "U1")


async def tidied(redis: Any) -> None:
    cursor, first = 0, True
    while cursor or first:
        first, (cursor, _) = False, await Lifetimes(redis).some(cursor)


async def known(redis: Any) -> tuple[list[str], dict[str, str], list[str]]:
    rights = Rights(redis, KINDS)
    return [*await Preferences(redis).channels()], await rights.consents(), await rights.known_channels()


async def test_the_channels_that_an_older_version_left_are_found_once(redis: Any) -> None:
    await old(redis)
    assert await known(redis) == (["C1"], {"C2": "U1"}, ["C2", "C3"])
    before = await scans(redis)
    assert await known(redis) == (["C1"], {"C2": "U1"}, ["C2", "C3"])
    assert await scans(redis) == before


async def test_what_is_set_for_a_channel_is_known_at_once(redis: Any) -> None:
    assert await known(redis) == ([], {}, [])
    rights = Rights(redis, KINDS)
    await Preferences(redis).set_channel("C1", privacy="none")
    await rights.save_consent("C2", "U1")
    await rights.sharings.put("C3", Sharing(shared=False, at=datetime.now(UTC)))
    assert await known(redis) == (["C1"], {"C2": "U1"}, ["C2", "C3"])
    await rights.remove_consent("C2")
    assert await known(redis) == (["C1"], {}, ["C3"])


async def test_what_an_older_version_sets_for_a_channel_meanwhile_is_known_within_the_hour(redis: Any) -> None:
    assert await known(redis) == ([], {}, [])
    await old(redis)
    await tidied(redis)
    assert await known(redis) == (["C1"], {"C2": "U1"}, ["C2", "C3"])


async def test_who_acts_as_a_member_is_known_without_reading_every_link(redis: Any) -> None:
    await old(redis)
    links = Links(redis)
    assert await links.users("m1") == ["U1"]
    await links.save_link("U3", "m1")
    await links.save_link("U1", "m2")
    assert (await links.users("m1"), await links.users("m2")) == (["U3"], ["U1"])
    await links.remove_link("U3")
    assert (await links.users("m1"), await links.count()) == ([], 1)


async def test_whom_an_older_version_links_meanwhile_is_known_within_the_hour(redis: Any) -> None:
    links = Links(redis)
    assert await links.users("m1") == []
    await old(redis)
    await links.note()
    assert await links.users("m1") == ["U1"]


async def test_only_what_may_have_come_to_rest_is_looked_at_each_hour_and_all_once_a_day(redis: Any) -> None:
    upkeep, lives = Lifetimes(redis), 365 * keys.DAY
    lefts = {"new": lives - 60, "rests": lives - keys.WEEK - 3600, "rested": lives - 30 * keys.DAY, "older": 2 * lives}
    for name, left in lefts.items():
        await redis.hset(keys.card(name), "thread", "{}")
        await redis.expire(keys.card(name), left)
    await redis.hset(keys.card("gone"), mapping={"thread": "{}", "gone": "1"})
    await redis.expire(keys.card("gone"), lives - 60)
    await redis.hset(keys.card("for good"), "thread", "{}")
    assert await upkeep.is_whole()
    assert sorted((await upkeep.some(0))[1]) == ["for good", "gone", "new", "older", "rested", "rests"]
    assert not await upkeep.is_whole()
    assert sorted((await upkeep.some(0, whole=False))[1]) == ["for good", "gone", "older", "rests"]
