"""Figures are right in whatever order Inbox's events are heard of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.stats.jobs import Count
from bot.stats.store import Counts
from bot.store import keys
from bot.store.connect import connect

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
ASKED, ANSWERED = (0, 20, 90), 60  # seconds after noon


@pytest.mark.parametrize("heard", range(4))
async def test_an_answer_counts_once_and_who_wrote_after_it_waits(redis_url: str, heard: int) -> None:
    """`heard` is after how many of the messages that they asked."""
    redis = connect(redis_url)
    counts = Counts(redis)
    events = [*ASKED[:heard], None, *ASKED[heard:]]
    for at in (*events, *events):  # each event comes twice
        if at is None:
            await counts.sent("t1", "answer", NOON + timedelta(seconds=ANSWERED), "ana", certain=False)
        else:
            when = NOON + timedelta(seconds=at)
            await counts.received(Count(what="received", thread_id="t1", message_id=f"m{at}", when=when))
    (day,) = await counts.days([NOON.date()])
    assert len(day.received) == 3
    assert [one.seconds for one in day.answers] == [60.0]
    assert await redis.hkeys(keys.UNANSWERED) == [b"t1"]
    await redis.aclose()
