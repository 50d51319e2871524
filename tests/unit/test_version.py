"""Which API version is spoken, who hears of its end, and what belongs to a version in Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from inspect import iscoroutinefunction
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.errors import InboxError, RateLimited, Unavailable, VersionEnded
from bot.events.store import Feed
from bot.features import KINDS
from bot.inbox.either import AGAIN, VERBS, Either
from bot.inbox.event import Event
from bot.inbox.v1 import V1
from bot.inbox.v2 import V2
from bot.inbox.version import Shared, Spoken, end_of
from bot.models import Label
from bot.people.directory import Directory
from bot.people.jobs import TellAdmins
from bot.people.rights import Rights
from bot.people.versions import Versions
from bot.queue.lanes import Lanes
from bot.store import keys
from bot.store.connect import connect
from bot.store.installation import InstallState

ENDED = VersionEnded(status=410, code="unsent")


@dataclass
class Bot:
    """What one process knows of a version, on a Redis that others share; `answers` is what Inbox says when asked."""

    redis: Any
    answers: list[str | InboxError] = field(default_factory=list)
    asked: int = 0

    def process(self, version: str = "v1", *, pinned: bool = False, certain: bool = True) -> tuple[Spoken, Versions]:
        install = InstallState(self.redis)

        async def choose() -> str:
            self.asked += 1
            await asyncio.sleep(0.01)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if isinstance(answer, InboxError):
                raise answer
            return answer

        async def turn(_: float) -> bool:
            return True

        shared = Shared(install.inbox_version, install.speak, turn)
        spoken = Spoken(version, pinned=pinned, certain=certain, choose=choose, shared=shared, every=0.0)
        lanes = Lanes(self.redis, "test", KINDS)
        return spoken, Versions(
            spoken, Directory(self.redis, cast(Any, None)), install, lanes, Rights(self.redis, KINDS)
        )

    async def told(self) -> list[str]:
        """What admins are told, in order."""
        raw = await self.redis.lrange(keys.lane("admins"), 0, -1)
        found = [KINDS.load(one[1:] if one[:1] != b"{" else one) for one in raw]
        return [one.text for one in found if isinstance(one, TellAdmins)]


@pytest.fixture
async def bot(redis_url: str) -> AsyncIterator[Bot]:
    redis: Any = connect(redis_url)
    await Lanes(redis, "test", KINDS).open()
    yield Bot(redis)
    await redis.aclose()


async def test_one_sign_of_the_end_is_enough_and_others_follow_without_asking(bot: Bot) -> None:
    bot.answers = ["v2"]
    (first, _), (second, _) = bot.process(), bot.process()
    await InstallState(bot.redis).speak("v1")
    assert await first.failed("v1", ENDED)
    await second.follow()
    assert (first.version, second.version, bot.asked) == ("v2", "v2", 1)


async def test_many_signs_at_once_are_one_question(bot: Bot) -> None:
    bot.answers = ["v2"]
    spoken, _ = bot.process()
    moved = await asyncio.gather(*(spoken.failed("v1", ENDED) for _ in range(20)))
    assert (all(moved), bot.asked) == (True, 1)


@pytest.mark.parametrize("answer", [Unavailable(status=503), RateLimited(retry_after=9), VersionEnded(status=404)])
async def test_where_v2_does_not_answer_v1_stays_and_is_uncertain(bot: Bot, answer: InboxError) -> None:
    bot.answers = [answer]
    spoken, _ = bot.process()
    assert not await spoken.failed("v1", ENDED)
    assert (spoken.version, spoken.certain, spoken.ended) == ("v1", False, True)
    assert "has ended" in spoken.said()
    spoken.answered("v1", None, spoken.signs - 1)  # asked before it ended
    assert spoken.ended
    spoken.answered("v1", None, spoken.signs)
    assert not spoken.ended


async def test_an_error_that_is_no_sign_asks_nobody(bot: Bot) -> None:
    bot.answers = ["v2"]
    spoken, _ = bot.process()
    for error in (Unavailable(status=503), RateLimited(retry_after=1), InboxError(status=422)):
        assert not await spoken.failed("v1", error)
    assert bot.asked == 0


async def test_a_pinned_version_is_never_left(bot: Bot) -> None:
    bot.answers = ["v2"]
    spoken, _ = bot.process(pinned=True)
    await InstallState(bot.redis).speak("v2")
    await spoken.follow()
    assert not await spoken.failed("v1", ENDED)
    assert (spoken.version, bot.asked) == ("v1", 0)


async def test_v1_stored_by_a_pinned_process_is_not_believed(bot: Bot) -> None:
    bot.answers = ["v2"]
    spoken, _ = bot.process("v2")
    await InstallState(bot.redis).speak("v1")
    await spoken.follow()
    assert (spoken.version, await InstallState(bot.redis).inbox_version()) == ("v2", "v2")


async def test_v1_that_was_not_chosen_for_certain_is_asked_about_until_v2_answers(bot: Bot) -> None:
    bot.answers = [Unavailable(status=503), Unavailable(status=503), "v2"]
    spoken, _ = bot.process(certain=False)
    keeping = asyncio.create_task(spoken.keep())
    async with asyncio.timeout(60):
        while spoken.version != "v2":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    keeping.cancel()


@pytest.mark.parametrize(
    ("ends", "pinned", "words"),
    [
        (timedelta(days=20, hours=1), False, ["in 21 days", "as soon as it answers"]),
        (timedelta(days=6, hours=1), False, ["in 7 days", "Settings → Webhooks"]),
        (timedelta(hours=3), False, ["tomorrow"]),
        (timedelta(hours=-3), True, ["today", "INBOX_API_VERSION=auto"]),
    ],
)
async def test_admins_hear_of_the_end_once_in_each_stage(
    bot: Bot, ends: timedelta, pinned: bool, words: list[str]
) -> None:
    for _ in range(2):  # two processes, each looking twice
        spoken, versions = bot.process(pinned=pinned)
        spoken.answered("v1", format_datetime(datetime.now(UTC) + ends, usegmt=True), 0)
        await versions.watched()
        await versions.watched()
    (told,) = await bot.told()
    assert [one for one in words if one not in told] == []


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=400, hours=1), "in 401 days"),
        (timedelta(days=6, hours=1), "in 7 days"),
        (timedelta(hours=23), "tomorrow"),
        (timedelta(hours=-3), "today"),
        (timedelta(days=-3), "a day that is over"),
    ],
)
@pytest.mark.parametrize("pinned", [False, True])
async def test_of_a_version_that_will_end_without_a_later_one_it_says_that_the_bot_is_to_be_updated(
    bot: Bot, left: timedelta, words: str, pinned: bool
) -> None:
    spoken, versions = bot.process("v2", pinned=pinned)
    await versions.watched()
    assert await bot.told() == []
    spoken.answered("v2", format_datetime(datetime.now(UTC) + left, usegmt=True), 0)
    await versions.watched()
    (told,) = await bot.told()
    assert told.startswith("I use version 2 of Inbox's API, which stops answering on ")
    assert words in told
    assert "Update the bot" in told
    assert [one for one in ("refuses", "API v2", "move them", "INBOX_API_VERSION") if one in told] == []


async def test_each_stage_of_a_far_end_is_told_once_however_long_it_takes_and_again_where_it_is_postponed(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A week later, after a restart, it is no news."""
    now = datetime.now(UTC)
    for end, told in ((now + timedelta(days=400), 3), (now + timedelta(days=800), 6)):
        for left in (400, 400, 100, 6, 6, 0):
            monkeypatch.setattr("bot.people.versions.utc_now", lambda now=end - timedelta(days=left, hours=1): now)
            spoken, versions = bot.process("v2")
            spoken.answered("v2", format_datetime(end, usegmt=True), 0)
            await versions.watched()
            for name in await bot.redis.keys(keys.once("*")):
                assert await bot.redis.ttl(name) > 0  # nothing stays for good
                if await bot.redis.ttl(name) <= keys.WEEK:
                    await bot.redis.delete(name)
        assert len(await bot.told()) == told


async def test_v1_is_announced_anew_after_v2_was_spoken(bot: Bot) -> None:
    bot.answers = ["v2"]
    await InstallState(bot.redis).speak("v1")
    for heard in (1, 3):  # once more, and that v2 is spoken
        _, versions = bot.process()
        await versions.watched()
        assert len(await bot.told()) == heard
        await versions.moved("v2", first=True)


async def test_admins_hear_when_it_has_ended_and_when_the_change_is_done(bot: Bot) -> None:
    bot.answers = [Unavailable(status=503), "v2"]
    await InstallState(bot.redis).speak("v1")
    spoken, versions = bot.process()
    await spoken.failed("v1", ENDED)
    await versions.watched()
    await spoken.failed("v1", ENDED)
    await versions.watched()
    ended, done = await bot.told()
    assert "has stopped answering" in ended
    assert "API v2 from now on" in done


async def test_what_need_not_be_asked_is_no_sign_of_life(bot: Bot) -> None:
    spoken, _ = bot.process(pinned=True)
    await spoken.failed("v1", ENDED)

    async def platforms() -> list[object]:
        return []

    v1 = SimpleNamespace(version="v1", sunset=None, answers=7, platforms=platforms)
    assert await Either(spoken, lambda _: cast(Any, v1)).platforms() == []
    assert "has ended" in spoken.said()


def test_both_clients_have_every_verb_and_what_must_not_be_done_twice_is_asked_once() -> None:
    for client in (V1, V2):
        assert [one for one in VERBS if not iscoroutinefunction(getattr(client, one, None))] == []
    assert {"send", "react", "change_contact", "events"} == VERBS - AGAIN
    assert {"team", "thread", "update_thread", "messages", "find_sent"} <= VERBS


async def test_nobody_is_told_of_v1_while_v2_has_not_said_no(bot: Bot) -> None:
    _, versions = bot.process(certain=False)
    await versions.watched()
    assert await bot.told() == []


async def test_what_v1_said_is_forgotten_with_it(bot: Bot) -> None:
    bot.answers = ["v2"]
    labels = [Label(id="1", name="of v1")]

    async def tags() -> list[Label]:
        return list(labels)

    inbox = cast(Any, SimpleNamespace(tags=tags))
    people, feed = Directory(bot.redis, inbox), Feed(bot.redis)
    await InstallState(bot.redis).speak("v1")
    await feed.advance(700, "v1")
    await people.save_lookup("sarah", [])
    await people.tags()
    labels[:] = [Label(id="1", name="of v2")]
    spoken, _ = bot.process()
    await spoken.failed("v1", ENDED)
    await feed.advance(701, "v1")  # by a process that has not heard of it yet
    assert (await feed.cursor(), await people.lookup("sarah")) == (None, None)
    assert [one.name for one in await people.tags()] == ["of v2"]


async def test_a_webhook_of_the_version_that_was_left_moves_no_cursor(bot: Bot) -> None:
    install, feed = InstallState(bot.redis), Feed(bot.redis)
    await install.speak("v1")
    await install.speak("v2")
    await feed.advance(5, "v2")
    late = Event(id="e1", seq=6, type="message.created", created_at=datetime.now(UTC), api="v1")
    await feed.arrive(late, [], same_count=True)  # its process still speaks v1
    assert await feed.cursor() == 5


@pytest.mark.parametrize(
    ("version", "sunset", "ends"),
    [
        ("v2", None, None),
        ("v1", None, datetime(2026, 12, 3, tzinfo=UTC)),
        ("v1", "soon", datetime(2026, 12, 3, tzinfo=UTC)),
        ("v1", "Fri, 04 Dec 2026 09:00:00 GMT", datetime(2026, 12, 4, 9, tzinfo=UTC)),
        ("v2", "Fri, 01 Oct 2027 00:00:00 GMT", datetime(2027, 10, 1, tzinfo=UTC)),
        ("v2", "Fri, 31 Dec 9999 23:59:59 -0500", None),
    ],
)
def test_when_a_version_ends(version: str, sunset: str | None, ends: datetime | None) -> None:
    assert end_of(version, sunset) == ends
