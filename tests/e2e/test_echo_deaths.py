"""Whoever dies over an edit of a reply in a card's Slack thread: it is made once, and overwrites no other edit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.later.jobs import Release
from bot.queue.job import Asker, Job, Later
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.thread_replies.jobs import Revise
from tests.conftest import QUICK, Open
from tests.e2e.deaths import everywhere, worked
from tests.e2e.scheduling import Later as Clock
from tests.e2e.scheduling import holds
from tests.e2e.steps import idle, thread, told
from tests.e2e.test_echo import reply, switch

pytestmark = pytest.mark.exhaustive


@pytest.fixture
async def on(opened: Open, api: str, optional_scopes: frozenset[str]) -> Stage:
    """A minute has room for all those deaths, and replies that begin with `>>` go out."""
    running = await opened(versions=[api], timing=replace(QUICK, inbox_per_minute=10_000))
    running.inbox.rate_per_minute = 10_000
    running.slack.scopes |= optional_scopes
    await switch(running)
    return running


@pytest.fixture
async def clock(redis_url: str) -> AsyncIterator[Clock]:
    found = Clock(redis_url)
    yield found
    found.close()


def edit(on: Stage, said: Message, person: PersonRecord, text: str) -> Revise:
    """What is to be done since Bo has edited what he said to that person."""
    who = Asker(user=on.acme.bo, team=on.slack.team_id, channel=said.channel, thread_ts=said.thread_ts)
    return Revise(
        thread_id=thread(on, person).id, ts=said.ts, text=f"&gt;&gt; {text}", asker=who, changed=on.slack.next_ts()
    )


async def follows(on: Stage, *then: Job) -> None:
    await on.bridge.lanes.accept(*then)
    await idle(on)


def reads(on: Stage, person: PersonRecord) -> str:
    return thread(on, person).messages[-1].text


async def test_whoever_dies_over_an_edit_it_is_made_and_an_older_one_is_not(on: Stage) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        said = await reply(on, card, "&gt;&gt; At 5")
        older, job = edit(on, said, person, "At 6"), edit(on, said, person, f"At 7 {lives}")
        (job, *_), _ = await worked(on, job, 1000)  # type: ignore[assignment]  # the same, in its turn
        then, died = await worked(on, job, lives)
        await follows(on, *then, older)
        assert reads(on, person) == f"At 7 {lives}"
        assert "pencil2" in [name for name, _ in said.reactions]
        return died

    await everywhere(on, act)
    assert told(on, on.acme.bo) == []


async def test_whoever_dies_over_an_edit_overwrites_nothing_that_was_written_meanwhile(on: Stage) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        said = await reply(on, card, "&gt;&gt; At 5")
        (job, *_), _ = await worked(on, edit(on, said, person, "At 5 pm"), 1000)

        async def elsewhere() -> None:
            await on.inbox.edits(thread(on, person).messages[-1].id, f"At 6 {lives}")

        then, died = await worked(on, job, lives, elsewhere)
        await follows(on, *then)
        assert reads(on, person) == (f"At 6 {lives}" if died else "At 5 pm")
        assert len([one for one in told(on, on.acme.bo) if f"reads: “At 6 {lives}”" in one]) == int(died)
        return died

    await everywhere(on, act)


async def test_an_edit_waits_for_whoever_died_over_releasing_what_was_held(on: Stage, clock: Clock) -> None:
    await holds(on, on.acme.bo)

    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        said = await on.slack.write(on.acme.bo, card.channel, f"&gt;&gt; At 5 {lives}", card.ts)
        await on.slack.until(lambda: [one for one in clock.waiting() if f"At 5 {lives}" in one.send.text])
        await idle(on, held=1)
        (known,) = clock.waiting()
        clock.comes()
        (known,) = clock.waiting()
        job = edit(on, said, person, "At 6")

        async def heard() -> None:
            try:
                then, _ = await worked(on, job, 1000)
            except Later:  # it is just being sent
                return
            await on.bridge.lanes.accept(*then)
            await idle(on, held=1)

        release = Release(about=known.id, to=known.to, asker=known.send.asker)
        then, died = await worked(on, release, lives, heard)
        await on.bridge.lanes.hurry(release)
        await follows(on, *then)
        await follows(on, job)
        assert reads(on, person) == "At 6"
        return died

    await everywhere(on, act)
    assert [one for one in told(on, on.acme.bo) if "never confirmed" in one] == []
