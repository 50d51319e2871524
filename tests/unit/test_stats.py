"""The figures in words and as a picture: Slack takes them however extreme, and the picture shows what was counted."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.inbox.event import Event
from bot.models import Message
from bot.sandbox.slack.block_kit.blocks import problems
from bot.slack.blocks import Msg
from bot.stats.chart import ANSWERED, BARS, COLUMN, LEFT, RECEIVED, TOP, chart_png
from bot.stats.count import counted
from bot.stats.figures import Answer, Day, Figures, Period, Share
from bot.stats.views import chart_caption, chart_words, span, stats_message

FIRST = date(2026, 10, 24)
NAMES = ["Ana", "<!channel> *Bo*", "نور الهدى", "👩🏽‍🚀" * 40, "N" * 300, "\x00", "\ud800"]


def days(*counts: tuple[int, int]) -> list[Day]:
    """Received and answered for each day."""
    return [
        Day(
            day=FIRST + timedelta(days=number),
            received=("t1",) * came,
            answers=(Answer(member="m1", seconds=60.0),) * answered,
        )
        for number, (came, answered) in enumerate(counts)
    ]


def figures(names: list[str], count: int) -> Figures:
    shares = tuple(Share(name=name, answered=count, median=3.5e6) for name in names)
    took = 3.5e6 if count else None
    periods = tuple(
        Period(days=length, received=count, threads=count, answered=count, median=took, shares=shares)
        for length in (7, 30)
    )
    waiting = tuple((name, count) for name in ["", *names]) if count else ()
    return Figures(since=FIRST, days=tuple(days(*[(count, count)] * 2)), periods=periods, waiting=waiting)


def every_message() -> list[Msg]:
    shown = [figures(names, count) for names in ([], NAMES, NAMES * 40) for count in (0, 1, 3_500)]
    return [message for one in shown for message in (stats_message(one), chart_caption(one.periods[-1]))]


def test_slack_takes_the_figures_however_many_people_there_are_and_whatever_their_names() -> None:
    for message in every_message():
        assert problems(message["blocks"], "message") == []
        assert 0 < len(message["text"]) <= 4_000
        assert "<!channel>" not in str(message)
        assert all(len(block["text"]["text"]) < 3_000 for block in message["blocks"] if block["type"] == "section")


def test_nobody_who_answered_is_left_out_of_the_sum() -> None:
    said = stats_message(figures([f"Colleague {number}" for number in range(25)], 2))["blocks"][0]["text"]["text"]
    assert "• Colleague 19: 2, median 40.5 days" in said
    assert said.endswith("• 5 others: 10")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (840, "14 min"), (5_400, "1.5 h"), (172_800, "2.0 days")],
)
def test_times_are_told_in_their_own_size(seconds: float, said: str) -> None:
    assert span(seconds) == said


def pixels(png: bytes) -> list[bytes]:
    """Rows of palette indices."""
    width, height = struct.unpack(">II", png[16:24])
    begin = png.index(b"IDAT") + 4
    (length,) = struct.unpack(">I", png[begin - 8 : begin - 4])
    raw = zlib.decompress(png[begin : begin + length])
    rows = [raw[at + 1 : at + 1 + width] for at in range(0, len(raw), width + 1)]
    assert len(rows) == height
    return rows


def heights(png: bytes, day: int) -> tuple[int, int]:
    """How high the bars of one day are."""
    rows = pixels(png)
    columns = [bytes(row[LEFT + COLUMN * day + x] for row in rows) for x in (5, 15)]
    return columns[0].count(RECEIVED), columns[1].count(ANSWERED)


def test_bars_are_as_high_as_their_numbers() -> None:
    png = chart_png(days((0, 0), (40, 20), (10, 1)))
    assert [heights(png, day) for day in range(3)] == [(0, 0), (BARS, BARS // 2), (BARS // 4, 5)]


@pytest.mark.parametrize("most", [0, 1, 4, 5, 39, 41, 999, 123_456])
def test_the_highest_bar_fits_and_a_single_message_shows(most: int) -> None:
    png = chart_png(days(*[(most, 1)] * 30))
    received, answered = heights(png, 29)
    assert received <= BARS
    assert (received > 0) == (most > 0)
    assert answered >= 1
    assert not any(colour in row for row in pixels(png)[:TOP] for colour in (RECEIVED, ANSWERED))


def test_the_picture_can_be_read_without_seeing_it() -> None:
    said = chart_words(days((3, 2), (0, 0), (12, 0)))
    assert said == "Bars for 3 days, received/answered: 24 Oct 3/2, 26 Oct 12/0"
    assert "nothing yet" in chart_words(days((0, 0)))
    assert len(chart_words(days(*[(123_456, 123_456)] * 60))) <= 1_000


def test_a_campaign_is_no_answer_in_the_figures() -> None:
    """Where the event says who wrote: v1's."""
    at = datetime.now(UTC)
    offer = Message(id="m", thread_id="t", direction="outbound", author="campaign", created_at=at)
    event = Event(id="e", seq=1, type="message.sent", created_at=at, api="v1", thread_id="t", message_id="m")
    assert counted(event.model_copy(update={"message": offer, "direction": "outbound"})) == []
    answer = offer.model_copy(update={"author": "member"})
    assert [one.what for one in counted(event.model_copy(update={"message": answer}))] == ["sent"]
