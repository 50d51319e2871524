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
from bot.store import keys
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


@pytest.fixture
async def asked_before(redis_url: str, api: str, tmp_path: Path, clock: Later) -> AsyncIterator[tuple[Stage, Message]]:
    """A bot on a copy in which Bo is asked whether to send a message, which he has sent since, from below the card."""
    file = str(tmp_path / "monday.jsonl")
    async with scene(versions=[api]) as on:
        settings = settings_for(on.slack, on.inbox, on.inbox_url, redis_url=redis_url)
        async with bot_on(on, timing=QUICK, redis_url=redis_url) as first:
            card = await card_of(first)
            await later(first, on.acme.bo, card, "As I said")
            await on.inbox.customer_writes(on.acme.sarah, "Thank you")
            await hears(first, on.acme.bo, "has written since you wrote this")
            await idle(first)
            assert await backup.export(settings, file) == 0
            await press(first, below(first, card)[-1], "Send anyway")
            clock.comes()
            await rings(first)
            assert sent(first) == ["As I said"]
        assert await backup.take(settings, file, replace=True) == 0
        async with bot_on(on, timing=QUICK, redis_url=redis_url) as second:
            yield second, card


async def test_what_was_asked_before_a_copy_is_asked_again_and_never_said_to_be_not_sent(
    asked_before: tuple[Stage, Message], clock: Later
) -> None:
    on, card = asked_before
    await rings(on)
    question = await asked(on)
    assert "has written since you wrote this" in question.text
    (shown,) = below(on, card)
    assert PUT_BACK in on.slack.show(shown)
    assert "Nothing is sent yet" not in on.slack.show(shown)
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "scheduled")
    listed = await whisper(on, on.acme.bo, "Messages that are sent later (1)")
    assert PUT_BACK in on.slack.show(listed)
    await rings(on)
    assert (len(clock.waiting()), on.slack.dms(on.acme.bo)[-1].ts) == (1, question.ts)  # once
    clock.a_week_passes()
    await rings(on)
    heard = await hears(on, on.acme.bo, "You haven't answered for a week, so I don't send it any more.")
    assert PUT_BACK in heard
    assert "nothing was sent" not in heard
    assert (sent(on), clock.kept()) == (["As I said"], [])


async def test_what_a_colleague_cancels_after_a_copy_was_put_back_may_have_been_sent(
    asked_before: tuple[Stage, Message],
) -> None:
    on, card = asked_before
    await rings(on)
    assert (await on.slack.press(on.acme.ana, card.channel, below(on, card)[-1].ts, "Cancel")).ok
    await idle(on)
    for user, words in ((on.acme.ana, "Cancelled. "), (on.acme.bo, "cancelled the message to ")):
        heard = await hears(on, user, words)
        assert PUT_BACK in heard
        assert "Nothing was sent" not in heard


async def test_what_its_writer_cancels_after_a_copy_was_put_back_may_have_been_sent(
    asked_before: tuple[Stage, Message],
) -> None:
    on, _ = asked_before
    await rings(on)
    await press(on, await asked(on), "Cancel")
    heard = await hears(on, on.acme.bo, "Cancelled: the message to ")
    assert PUT_BACK in heard
    assert "Nothing was sent" not in heard


async def test_what_can_be_sent_no_more_after_a_copy_was_put_back_may_have_been_sent(
    put_back: tuple[Stage, Message], clock: Later
) -> None:
    on, card = put_back
    on.inbox.world.members.pop(on.acme.bo_member)
    clock.forget(keys.MEMBERS)
    clock.comes()
    await rings(on)
    heard = on.slack.show(on.slack.dms(on.acme.bo)[-1])
    assert ("On Friday" in heard, PUT_BACK in heard) == (True, True)
    (said,) = [one for one in on.slack.replies(card.channel, card.ts) if "may not send messages any more" in one.text]
    assert PUT_BACK in said.text
