"""The figures in words, as a chart and as a table: Slack takes them however extreme."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from bot.hours import Reminders
from bot.inbox.event import Event
from bot.models import Message
from bot.sandbox.slack.block_kit.blocks import problems
from bot.slack.blocks import Msg
from bot.slack.lesser import without_pictures
from bot.stats.count import counted
from bot.stats.figures import Answer, Day, Fact, Figures, Kept, Period, Share
from bot.stats.summary import in_time
from bot.stats.table import lines
from bot.stats.table import messages as table_messages
from bot.stats.views import span, stats_message

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
    kept = Kept(judged=count, in_time=count)
    shares = tuple(Share(name=name, answered=count, median=3.5e6, kept=kept) for name in names)
    took = 3.5e6 if count else None
    periods = tuple(
        Period(
            days=length,
            received=count,
            threads=count,
            answered=count,
            median=took,
            shares=shares,
            accounts=shares,
            tags=shares,
            kept=kept,
        )
        for length in (7, 30)
    )
    waiting = tuple((name, count) for name in ["", *names]) if count else ()
    return Figures(since=FIRST, days=tuple(days(*[(count, count)] * 2)), periods=periods, waiting=waiting)


def every_message() -> list[Msg]:
    shown = [figures(names, count) for names in ([], NAMES, NAMES * 40) for count in (0, 1, 3_500)]
    return [stats_message(one) for one in shown]


def test_slack_takes_the_figures_however_many_people_there_are_and_whatever_their_names() -> None:
    for message in every_message():
        assert problems(message["blocks"], "message") == []
        assert 0 < len(message["text"]) <= 4_000
        assert "<!channel>" not in str(message)
        assert all(len(block["text"]["text"]) < 3_000 for block in message["blocks"] if block["type"] == "section")


def test_nobody_who_answered_is_left_out_of_the_sum() -> None:
    said = stats_message(figures([f"Colleague {number}" for number in range(25)], 2))["blocks"][0]["text"]["text"]
    assert "• Colleague 19: 2, median 40.5 days, 2 of 2 within the target" in said
    assert said.endswith("• 5 others: 10")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (840, "14 min"), (5_400, "1.5 h"), (172_800, "2.0 days")],
)
def test_times_are_told_in_their_own_size(seconds: float, said: str) -> None:
    assert span(seconds) == said


def chart_of(message: Msg) -> dict[str, Any]:
    (found,) = [block for block in message["blocks"] if block["type"] == "data_visualization"]
    return found


def test_the_chart_shows_the_latest_days_and_slack_takes_it() -> None:
    shown = figures([], 1).having(days=tuple(days(*[(n, n // 2) for n in range(30)])))
    chart = chart_of(stats_message(shown))["chart"]
    assert [one["name"] for one in chart["series"]] == ["Received", "Answered"]
    assert [point["value"] for point in chart["series"][0]["data"]] == list(range(16, 30))
    assert chart["axis_config"]["categories"][0] == "09 Nov"
    assert problems(stats_message(shown)["blocks"], "message") == []


def test_who_gets_no_chart_reads_it() -> None:
    message = stats_message(figures([], 1).having(days=tuple(days((3, 2), (0, 0), (12, 0)))))
    words = without_pictures(message)
    said = next(one["elements"][0]["text"] for one in words["blocks"] if one["type"] == "context")
    assert said == "Inbox, the last 3 days. Received, Answered: 24 Oct 3/2, 26 Oct 12/0."
    assert [one["type"] for one in words["blocks"]].count("data_visualization") == 0
    assert "nothing yet" in str(without_pictures(stats_message(figures([], 0).having(days=tuple(days((0, 0)))))))


# --- within the target -----------------------------------------------------------------------------------------------

HOUR = Reminders(target=60)
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday


def answer(minutes: float, *, channel: str = "C1", woken: datetime | None = None) -> Answer:
    """One that was given at noon to who had asked so long before."""
    return Answer(member="m1", seconds=minutes * 60, fact=Fact(at=AT, channel=channel, account="a1", woken=woken))


@pytest.mark.parametrize(("minutes", "within"), [(1, True), (60, True), (61, False), (5_000, False)])
def test_an_answer_is_within_the_target_or_not(minutes: float, within: bool) -> None:
    assert in_time(answer(minutes), {"C1": HOUR}) is within


def test_only_working_hours_count_for_an_answer_and_nothing_while_it_was_snoozed() -> None:
    office = HOUR.having(opens=time(11, 30), closes=time(17))
    assert in_time(answer(20 * 60), {"C1": office}) is True  # asked on Sunday
    assert in_time(answer(20 * 60), {"C1": HOUR}) is False
    assert in_time(answer(20 * 60, woken=AT - timedelta(minutes=30)), {"C1": HOUR}) is True
    assert in_time(answer(20 * 60, woken=AT - timedelta(days=3)), {"C1": HOUR}) is False


def test_without_a_target_nothing_is_judged() -> None:
    assert in_time(answer(1), {}) is None
    assert in_time(answer(1), {"C1": Reminders()}) is None
    assert in_time(Answer(member="m1", seconds=1.0), {"C1": HOUR}) is None  # as older versions counted it


def test_the_share_within_the_target_stands_beside_each() -> None:
    kept = Kept(judged=3, in_time=2)
    share = Share(name="@acme", answered=4, median=60.0, kept=kept)
    period = Period(
        days=7, received=5, threads=5, answered=4, median=60.0, shares=(share,), accounts=(share,), kept=kept
    )
    shown = Figures(since=FIRST, days=(), periods=(period,), waiting=(("", 2),), late=1)
    said = str(stats_message(shown)["blocks"])
    for words in ("66 % (2 of 3)", "2 of 3 within the target", "By account: @acme 2 of 3", "1 of them longer than"):
        assert words in said
    assert "By tag" not in said


# --- the table -------------------------------------------------------------------------------------------------------


def read(shown: Figures) -> list[list[str]]:
    return list(csv.reader(io.StringIO("\n".join(lines(shown)))))


def test_the_table_can_be_read_again_whatever_the_names_are() -> None:
    share = Share(name='"Bo, the\nfirst"', answered=1, median=60.0, kept=Kept(judged=1, in_time=1))
    period = Period(days=7, received=2, threads=1, answered=1, median=59.6, shares=(share,), kept=Kept(judged=1))
    found = read(Figures(since=FIRST, days=tuple(days((2, 1))), periods=(period,)))
    assert found[1:] == [
        ["1", "day", "2026-10-24", "2", "1", "", "", ""],
        ["7", "all", "", "2", "1", "60", "1", "0"],
        ["7", "person", '"Bo, the first"', "", "1", "60", "1", "1"],
    ]
    assert {len(row) for row in found} == {8}


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@acme"])
def test_no_name_is_calculated(name: str) -> None:
    assert f"'{name}" in [row[2] for row in read(figures([name], 1))]


def test_slack_takes_the_table_however_long_it_is() -> None:
    for shown in (figures([], 0), figures(NAMES * 40, 3_500)):
        for message in table_messages(shown):
            assert problems(message["blocks"], "message") == []


def test_a_campaign_is_no_answer_in_the_figures() -> None:
    """Where the event says who wrote: v1's."""
    at = datetime.now(UTC)
    offer = Message(id="m", thread_id="t", direction="outbound", author="campaign", created_at=at)
    event = Event(id="e", seq=1, type="message.sent", created_at=at, api="v1", thread_id="t", message_id="m")
    assert counted(event.having(message=offer, direction="outbound"), "4f1d2a") == []
    answer = offer.having(author="member")
    assert [one.what for one in counted(event.having(message=answer), "4f1d2a")] == ["sent"]
