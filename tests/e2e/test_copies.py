"""A copy of a running bot is put back: what waited in it is not sent before its writer has been asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from bot.operate import backup
from bot.queue.job import utc_now
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage, bot_on, scene, settings_for
from tests.conftest import QUICK
from tests.e2e.scheduling import Later, below, later, rings, sent
from tests.e2e.steps import card_of, form, hears, idle, labels, whisper

PUT_BACK = "A copy of my data was put back"


@pytest.fixture
def clock(redis_url: str) -> Iterator[Later]:
    found = Later(redis_url)
    yield found
    found.close()


@pytest.fixture
async def put_back(redis_url: str, api: str, tmp_path: Path, clock: Later) -> AsyncIterator[tuple[Stage, Message]]:
    """A bot on a copy of Monday; its message for Friday was cancelled on Tuesday."""
    file = str(tmp_path / "monday.jsonl")
    async with scene(versions=[api]) as on:
        settings = settings_for(on.slack, on.inbox, on.inbox_url, redis_url=redis_url)
        async with bot_on(on, timing=QUICK, redis_url=redis_url) as first:
            card = await card_of(first)
            await later(first, on.acme.bo, card, "On Friday", remind="1 day", send_when="week")
            assert await backup.export(settings, file) == 0
            await press(first, below(first, card)[-1], "Cancel")
            assert clock.kept() == []
        (before,) = [one for one in backup.read(file).items if one.key.startswith("scheduled:")]
        assert await backup.take(settings, file, replace=True) == 0
        (waits,) = clock.waiting()
        assert msgspec.to_builtins(waits) == before.value | {"copied": True}
        async with bot_on(on, timing=QUICK, redis_url=redis_url) as second:
            yield second, card


async def press(on: Stage, message: Message, label: str) -> None:
    """By its writer."""
    assert (await on.slack.press(on.acme.bo, message.channel, message.ts, label)).ok
    await idle(on)


async def asked(on: Stage) -> Message:
    await hears(on, on.acme.bo, PUT_BACK)
    await idle(on)
    return on.slack.dms(on.acme.bo)[-1]


async def test_what_was_cancelled_since_a_copy_is_asked_about_at_its_time(
    put_back: tuple[Stage, Message], clock: Later
) -> None:
    on, _ = put_back
    await rings(on)
    assert len(clock.waiting()) == 1  # it is not time yet
    clock.comes()
    await rings(on)
    question = await asked(on)
    assert "I hold this to *Sarah Chen*" in question.text
    assert labels(question)[:3] == ["Change…", "Send anyway", "Cancel"]
    assert sent(on) == []
    await press(on, question, "Cancel")
    assert (sent(on), clock.kept()) == ([], [])


async def test_who_wrote_since_and_the_copy_are_said_in_one_question(
    put_back: tuple[Stage, Message], clock: Later
) -> None:
    on, _ = put_back
    await on.inbox.customer_writes(on.acme.sarah, "Thank you")
    question = await asked(on)
    assert "*Sarah Chen* has written since you wrote this" in question.text
    await press(on, question, "Send anyway")
    assert [one.copied for one in clock.waiting()] == [False]
    clock.comes()
    await rings(on)
    assert sent(on) == ["On Friday"]


async def test_what_its_writer_changes_after_a_copy_was_put_back_is_not_asked_about_again(
    put_back: tuple[Stage, Message], clock: Later
) -> None:
    on, card = put_back
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "scheduled")
    listed = await whisper(on, on.acme.bo, "Messages that are sent later (1)")
    await on.slack.press_ephemeral(on.acme.bo, listed, "Change…")
    await form(on, on.acme.bo, "Send on")
    day = (utc_now() + timedelta(days=40)).date()
    await on.slack.submit(on.acme.bo, values={"text": "In a month", "send_date": day.isoformat()})
    await hears(on, on.acme.bo, "Saved: it is sent")
    await idle(on)
    clock.comes()
    await rings(on)
    assert sent(on) == ["In a month"]
    assert PUT_BACK not in "".join(on.slack.show(one) for one in on.slack.dms(on.acme.bo))
    assert below(on, card) == []
