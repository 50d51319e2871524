"""What is remembered of people, and for how long."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from bot.models import AccountLink, Candidate, Member, Person, Thread
from bot.store import keys
from bot.store.connect import connect
from bot.store.people import People, Profile

SARAH = Person(platform="twitter", platform_id="187", username="Sarah", name="Sarah Chen")
NAMESAKE = Person(platform="linkedin", platform_id="9", username="sarah", name="Sarah Other")
THREAD = Thread(id="t1", account_link_id="a1", platform_id="p-1", person=SARAH)


class Source:
    """A list that counts how often it was asked for."""

    def __init__(self, *answers: list[Any]) -> None:
        self.answers, self.asked = list(answers), 0

    async def __call__(self) -> list[Any]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    client = connect(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def people(redis: Any) -> People:
    return People(redis)


def at(thread_id: str | None, person: Person = SARAH, account: str | None = "a1") -> Candidate:
    url = "https://x.com/i/chat/p-1" if thread_id else None
    return Candidate(person=person, account_link_id=account, thread_id=thread_id, thread_url=url)


async def test_a_link_lives_until_somebody_removes_it(redis: Any, people: People) -> None:
    assert await people.link("U1") is None
    await people.save_link("U1", "m1")
    assert await people.link("U1") == "m1"
    assert await people.link("U2") is None
    assert await redis.ttl(keys.link("U1")) == -1  # never
    assert await people.links() == {"U1": "m1"}
    await people.remove_link("U1")
    assert await people.link("U1") == ""  # on purpose, which is not the same as never
    assert await people.links() == {}


async def test_a_profile_is_kept_for_five_minutes(redis: Any, people: People) -> None:
    profile = Profile(id="U1", team="T1", name="Ana", email="ana@acme.example", admin=True)
    assert await people.profile("U1") is None
    await people.save_profile(profile)
    assert await people.profile("U1") == profile
    assert 290 < await redis.ttl(keys.profile("U1")) <= 300


Read = Callable[..., Awaitable[list[Any]]]


@pytest.mark.parametrize(
    ("name", "first", "second", "key"),
    [
        ("members", Member(id="m1", email="a@x.example"), Member(id="m2", email="b@x.example"), keys.MEMBERS),
        (
            "account_links",
            AccountLink(id="a1", platform="twitter"),
            AccountLink(id="a2", platform="x"),
            keys.ACCOUNT_LINKS,
        ),
    ],
)
async def test_a_list_is_asked_for_once_in_ten_minutes_unless_it_must_be_fresh(
    redis: Any, people: People, name: str, first: Any, second: Any, key: str
) -> None:
    read: Read = getattr(people, name)
    source = Source([first], [second])
    assert await read(source) == [first]
    assert await read(source) == [first]
    assert source.asked == 1
    assert 590 < await redis.ttl(key) <= 600
    assert await read(source, fresh=True) == [second]
    assert await read(source) == [second]
    assert source.asked == 2


async def test_an_empty_list_is_remembered_too(people: People) -> None:
    source = Source([])
    for _ in range(2):
        assert await people.members(source) == []
    assert source.asked == 1


async def test_a_list_that_could_not_be_loaded_is_not_remembered(people: People) -> None:
    async def broken() -> list[Member]:
        raise RuntimeError("down")

    with pytest.raises(RuntimeError):
        await people.members(broken)
    member = Member(id="m1", email="a@x.example")
    assert await people.members(Source([member])) == [member]


async def test_who_was_found_is_known_for_ten_minutes_and_who_was_not_for_one(redis: Any, people: People) -> None:
    assert await people.lookup("sarah") is None
    await people.save_lookup("sarah", [at("t1"), at(None, NAMESAKE, None)])
    await people.save_lookup("nobody", [])
    assert await people.lookup("sarah") == [at("t1"), at(None, NAMESAKE, None)]
    assert await people.lookup("nobody") == []
    assert 590 < await redis.ttl(keys.lookup("sarah")) <= 600
    assert 50 < await redis.ttl(keys.lookup("nobody")) <= 60


async def test_a_thread_that_was_seen_completes_the_lookups_that_were_made(people: People) -> None:
    await people.save_lookup("sarah", [at(None, account=None), at(None, NAMESAKE, None)])
    await people.save_lookup("187", [])
    await people.saw(THREAD)
    assert await people.lookup("sarah") == [at(None, NAMESAKE, None), at("t1")]
    assert await people.lookup("187") == [at("t1")]  # somebody who was not found a moment ago


async def test_a_thread_that_was_seen_makes_no_lookup_that_nobody_made(people: People) -> None:
    await people.saw(THREAD)
    assert await people.lookup("sarah") is None
    assert await people.lookup("187") is None


async def test_a_thread_that_was_seen_twice_is_one_candidate_with_the_latest_words(people: People) -> None:
    await people.save_lookup("sarah", [at("t1"), at("t2", account="a2")])
    renamed = SARAH.model_copy(update={"name": "Sarah C."})
    await people.saw(THREAD.model_copy(update={"person": renamed}))
    assert await people.lookup("sarah") == [at("t2", account="a2"), at("t1", renamed)]


async def test_a_thread_that_shows_nobody_changes_no_lookup(people: People) -> None:
    await people.save_lookup("sarah", [])
    await people.saw(THREAD.model_copy(update={"person": None}))
    assert await people.lookup("sarah") == []


async def test_a_deleted_thread_takes_its_lookups_with_it(people: People) -> None:
    for recipient in ("sarah", "187", "omar"):
        await people.save_lookup(recipient, [at("t1")])
    await people.forget(SARAH)
    assert [await people.lookup(one) for one in ("sarah", "187", "omar")] == [None, None, [at("t1")]]
