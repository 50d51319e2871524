"""What is remembered of people, and for how long."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from bot.address import Candidate
from bot.errors import Unavailable
from bot.models import AccountLink, Member, Person, Thread
from bot.people.directory import Directory
from bot.people.links import Links
from bot.slack.workspace import Profile
from bot.store import keys

SARAH = Person(platform="twitter", platform_id="187", username="Sarah", name="Sarah Chen")
NAMESAKE = Person(platform="linkedin", platform_id="9", username="sarah", name="Sarah Other")
THREAD = Thread(id="t1", account_link_id="a1", platform_id="p-1", person=SARAH)


class Source:
    """An Inbox whose lists count how often they were asked for; an answer that is an error is raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), 0

    async def members(self) -> list[Any]:
        self.asked += 1
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return cast(list[Any], answer)

    account_links = members


def directory(redis: Any, *answers: Any) -> Directory:
    return Directory(redis, cast(Any, Source(*answers)))


@pytest.fixture
def people(redis: Any) -> Directory:
    return directory(redis)


def at(thread_id: str | None, person: Person = SARAH, account: str | None = "a1") -> Candidate:
    url = "https://x.com/i/chat/p-1" if thread_id else None
    return Candidate(person=person, account_link_id=account, thread_id=thread_id, thread_url=url)


async def test_a_link_lives_until_somebody_removes_it(redis: Any) -> None:
    people = Links(redis)
    assert await people.link("U1") is None
    await people.save_link("U1", "m1")
    assert await people.link("U1") == "m1"
    assert await people.link("U2") is None
    assert await redis.ttl(keys.link("U1")) == -1  # never
    assert await people.links() == {"U1": "m1"}
    assert await redis.smembers(keys.linked_as("m1")) == {b"U1"}
    await people.save_link("U1", "m2")
    assert await redis.keys(keys.linked_as("*")) == [keys.linked_as("m2").encode()]
    await people.match("U1", "m1", "ana@acme.example", "m2")
    assert await redis.keys(keys.linked_as("*")) == [keys.linked_as("m1").encode()]
    assert await people.users("m1") == ["U1"]
    await people.remove_link("U1")
    assert await redis.keys(keys.linked_as("m*")) == []  # nobody was ever linked, as far as is known
    assert await people.link("U1") == ""  # on purpose, which is not the same as never
    assert await people.links() == {}


async def test_a_profile_is_kept_for_five_minutes(redis: Any, people: Directory) -> None:
    profile = Profile(id="U1", team="T1", name="Ana", email="ana@acme.example", admin=True)
    assert await people.profiles.get("U1") is None
    await people.profiles.put(profile.id, profile)
    assert await people.profiles.get("U1") == profile
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
    redis: Any, name: str, first: Any, second: Any, key: str
) -> None:
    source = Source([first], [second])
    read: Read = getattr(Directory(redis, cast(Any, source)), name)
    assert await read() == [first]
    assert await read() == [first]
    assert source.asked == 1
    assert 590 < await redis.ttl(key) <= 600
    assert await read(fresh=True) == [second]
    assert await read() == [second]
    assert source.asked == 2


async def test_an_empty_list_is_remembered_too(redis: Any) -> None:
    source = Source([])
    for _ in range(2):
        assert await Directory(redis, cast(Any, source)).members() == []
    assert source.asked == 1


async def test_a_list_that_could_not_be_loaded_is_not_remembered(redis: Any) -> None:
    member = Member(id="m1", email="a@x.example")
    people = directory(redis, Unavailable(status=503), [member])
    with pytest.raises(Unavailable):
        await people.members()
    assert await people.members() == [member]


async def test_a_card_is_drawn_with_the_names_that_inbox_tells_in_time(redis: Any) -> None:
    silent = directory(redis, Unavailable(status=503))
    assert await silent.assignee("m1") == "a colleague"
    assert await silent.assignee(None) is None
    assert await silent.account_label("a1") == "your account"
    assert await silent.member_names() == {}
    told = directory(redis, [Member(id="m1", name="Ana", email="a@x.example")])
    assert await told.assignee("m1") == "Ana"
    assert await told.member_names() == {"m1": "Ana"}


async def test_who_joined_a_moment_ago_is_asked_for_anew_before_they_are_nobody(redis: Any) -> None:
    ana, bo = Member(id="m1", name="Ana", email="a@x.example"), Member(id="m2", name="Bo", email="b@x.example")
    people = directory(redis, [ana], [ana, bo])
    await people.members()
    assert await people.assignee("m2") == "Bo"


async def test_who_was_found_is_known_for_ten_minutes_and_who_was_not_for_one(redis: Any, people: Directory) -> None:
    assert await people.lookup("sarah") is None
    await people.save_lookup("sarah", [at("t1"), at(None, NAMESAKE, None)])
    await people.save_lookup("nobody", [])
    assert await people.lookup("sarah") == [at("t1"), at(None, NAMESAKE, None)]
    assert await people.lookup("nobody") == []
    assert 590 < await redis.ttl(keys.lookup("sarah")) <= 600
    assert 50 < await redis.ttl(keys.lookup("nobody")) <= 60


async def test_a_thread_that_was_seen_completes_the_lookups_that_were_made(people: Directory) -> None:
    await people.save_lookup("sarah", [at(None, account=None), at(None, NAMESAKE, None)])
    await people.save_lookup("187", [])
    await people.saw(THREAD)
    assert await people.lookup("sarah") == [at(None, NAMESAKE, None), at("t1")]
    assert await people.lookup("187") == [at("t1")]  # somebody who was not found a moment ago


async def test_a_thread_that_was_seen_makes_no_lookup_that_nobody_made(people: Directory) -> None:
    await people.saw(THREAD)
    assert await people.lookup("sarah") is None
    assert await people.lookup("187") is None


async def test_a_thread_that_was_seen_twice_is_one_candidate_with_the_latest_words(people: Directory) -> None:
    await people.save_lookup("sarah", [at("t1"), at("t2", account="a2")])
    renamed = SARAH.having(name="Sarah C.")
    await people.saw(THREAD.having(person=renamed))
    assert await people.lookup("sarah") == [at("t2", account="a2"), at("t1", renamed)]


async def test_a_thread_that_shows_nobody_changes_no_lookup(people: Directory) -> None:
    await people.save_lookup("sarah", [])
    await people.saw(THREAD.having(person=None))
    assert await people.lookup("sarah") == []


async def test_a_deleted_thread_takes_its_lookups_with_it(people: Directory) -> None:
    for recipient in ("sarah", "187", "omar"):
        await people.save_lookup(recipient, [at("t1")])
    await people.forget(SARAH)
    assert [await people.lookup(one) for one in ("sarah", "187", "omar")] == [None, None, [at("t1")]]
