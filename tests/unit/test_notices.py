"""What admins are told by itself: once for all processes, and that it is over, whoever told them that it had begun."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.errors import ChannelRefused, Posting, SlackDown, SlackRevoked, SlackUnknown
from bot.features import KINDS
from bot.people.jobs import TellAdmins
from bot.people.notices import FEWEST, Notices
from bot.people.rights import Rights
from bot.queue.lanes import Lanes
from bot.store import keys
from bot.store.connect import connect
from bot.store.installation import InstallState


class Bots:
    """One Redis and the processes on it."""

    def __init__(self, url: str) -> None:
        self.redis: Any = connect(url)
        self.lanes, self.install = Lanes(self.redis, "one", KINDS), InstallState(self.redis)

    def process(self) -> Notices:
        return Notices(self.lanes, Rights(self.redis, KINDS), self.install, after=0.0)

    async def told(self) -> list[str]:
        """The first words of what admins are told, in order."""
        items = await self.redis.lrange(keys.lane("admins"), 0, -1)
        return [TellAdmins.read(item[1:]).text.split()[0] for item in items]


@pytest.fixture
async def bots(redis_url: str) -> AsyncIterator[Bots]:
    opened = Bots(redis_url)
    await opened.lanes.open()
    yield opened
    await opened.redis.aclose()


async def away(process: Notices) -> None:
    for _ in range(FEWEST):
        await process.inbox_answered({}, 0)


async def test_inbox_away_is_told_once_by_all_processes_and_so_is_its_end(bots: Bots) -> None:
    one, other = bots.process(), bots.process()
    for process in (one, other, one):
        await away(process)
    assert len(await bots.told()) == 1
    for process in (one, other, one):
        await process.inbox_answered({}, 200)
    assert len(await bots.told()) == 2
    await away(other)
    assert len(await bots.told()) == 3  # it is away once more


async def test_the_end_is_told_by_a_process_that_started_in_its_midst(bots: Bots) -> None:
    await away(bots.process())
    heir = bots.process()
    await heir.inbox_answered({}, 503)
    await heir.inbox_answered({}, 200)
    assert len(await bots.told()) == 2


async def test_a_call_or_two_that_fail_are_no_absence(bots: Bots) -> None:
    process = bots.process()
    for status in (503, 0, 200, 500, 408, 404, 0, 503):
        await process.inbox_answered({}, status)
    assert await bots.told() == []


@pytest.mark.parametrize("took", ["post", "reply", "change"])
async def test_a_channel_that_refuses_is_told_once_and_its_end_once(bots: Bots, took: Posting) -> None:
    one, other = bots.process(), bots.process()
    change = took == "change"
    await one.channel_takes("C1", took, doubtful=False)
    for process in (one, other, one):
        await process.channel_refuses("C1", "is_archived", change=change)
    await other.channel_takes("C1", took, doubtful=False)
    await one.channel_takes("C1", took, doubtful=True)
    assert len(await bots.told()) == 2


async def test_that_a_channel_lets_nothing_be_changed_goes_without_saying_where_it_takes_no_posts(bots: Bots) -> None:
    one, other = bots.process(), bots.process()
    await one.channel_refuses("C1", "is_archived", change=False)
    await other.channel_refuses("C1", "is_inactive", change=True)
    await other.channel_takes("C1", "change", doubtful=False)
    assert len(await bots.told()) == 1
    await one.channel_takes("C1", "post", doubtful=False)
    await other.channel_refuses("C1", "no_permission", change=True)
    assert len(await bots.told()) == 3
    await one.channel_refuses("C1", "is_archived", change=False)
    await other.channel_takes("C1", "change", doubtful=False)  # what was said of it, that goes without saying since
    assert len(await bots.told()) == 4


@pytest.mark.parametrize(
    ("code", "taken", "over"),
    [
        ("restricted_action_thread_only_channel", "reply", "post"),
        ("restricted_action_of_next_year", "reply", "post"),
        ("posting_to_general_channel_denied", "reply", "post"),
        ("restricted_action_non_threadable_channel", "post", "reply"),
    ],
)
async def test_a_channel_that_takes_one_kind_of_post_does_not_take_the_other_for_that(
    bots: Bots, code: str, taken: Posting, over: Posting
) -> None:
    process = bots.process()
    for _ in range(3):
        await process.channel_refuses("C1", code, change=False)
        await process.channel_takes("C1", taken, doubtful=True)
    assert len(await bots.told()) == 1
    await process.channel_takes("C1", over, doubtful=False)
    assert len(await bots.told()) == 2


async def test_the_token_that_slack_refuses_is_known_to_all_until_slack_takes_it(bots: Bots) -> None:
    worker, web = bots.process(), bots.process()
    await worker.slack_answered(None)
    await worker.slack_answered(SlackRevoked("invalid_auth"))
    assert await bots.install.refused()
    await web.slack_answered(SlackDown("503"))  # which says nothing of the token
    assert await bots.install.refused()
    await web.slack_answered(ChannelRefused("is_archived"))
    assert not await bots.install.refused()


async def test_an_unknown_code_of_slack_is_told_once(bots: Bots) -> None:
    for process in (bots.process(), bots.process()):
        await process.slack_answered(SlackUnknown("brand_new"))
        await process.slack_answered(SlackUnknown("brand_new"))
    assert len(await bots.told()) == 1


async def test_whoever_asks_slack_has_the_answer_though_redis_is_away(tmp_path: Any) -> None:
    redis: Any = connect(f"unix://{tmp_path}/none.sock")
    process = Notices(Lanes(redis, "x", KINDS), Rights(redis, KINDS), InstallState(redis), after=0.0)
    for error in (None, SlackRevoked("invalid_auth"), SlackUnknown("new"), SlackDown("503"), None):
        await process.slack_answered(error)
