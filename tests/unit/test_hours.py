"""Working hours, quiet hours and mornings, across nights, week-ends and the change to and from summer time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.hours import Quiet, Reminders, clock, zone_named, zone_of
from bot.targets.typed import span

BERLIN = "Europe/Berlin"
OFFICE = Reminders(zone=BERLIN, opens=time(9), closes=time(17))


def at(day: str, hour: str, zone: str = BERLIN) -> datetime:
    return datetime.fromisoformat(f"{day}T{hour}:00").replace(tzinfo=zone_of(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("since", "hours", "then"),
    [
        (("2026-11-18", "10:00"), 4, ("2026-11-18", "14:00")),  # a Wednesday
        (("2026-11-18", "15:00"), 4, ("2026-11-19", "11:00")),
        (("2026-11-18", "20:00"), 4, ("2026-11-19", "13:00")),
        (("2026-11-18", "03:00"), 4, ("2026-11-18", "13:00")),
        (("2026-11-20", "16:00"), 4, ("2026-11-23", "12:00")),  # over the week-end
        (("2026-11-21", "12:00"), 8, ("2026-11-23", "17:00")),
        (("2026-11-18", "10:00"), 40, ("2026-11-25", "10:00")),
        (("2026-03-27", "16:00"), 2, ("2026-03-30", "10:00")),  # clocks go forward on the Sunday between
        (("2026-10-23", "16:00"), 2, ("2026-10-26", "10:00")),  # and back
    ],
)
def test_only_working_hours_count(since: tuple[str, str], hours: float, then: tuple[str, str]) -> None:
    assert OFFICE.after(at(*since), hours) == at(*then)


def test_without_working_hours_every_hour_counts() -> None:
    assert Reminders().after(at("2026-11-20", "23:00"), 4) == at("2026-11-21", "03:00")


def test_a_night_shift_ends_on_the_next_day() -> None:
    night = Reminders(zone=BERLIN, opens=time(22), closes=time(6), days=(4,))
    assert night.working(at("2026-11-20", "23:00"))
    assert night.working(at("2026-11-21", "05:59"))
    assert not night.working(at("2026-11-21", "06:00"))
    assert not night.working(at("2026-11-21", "23:00"))
    assert night.after(at("2026-11-21", "05:00"), 2) == at("2026-11-27", "23:00")


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.floats(0.01, 200), st.floats(0.01, 50))
def test_more_hours_end_later_and_within_working_hours(since: datetime, hours: float, more: float) -> None:
    begins = since.replace(tzinfo=UTC)
    first, second = OFFICE.after(begins, hours), OFFICE.after(begins, hours + more)
    assert begins < first < second
    assert first - begins >= timedelta(hours=hours) - timedelta(milliseconds=1)
    assert OFFICE.working(first - timedelta(milliseconds=1))


def test_the_next_digest_is_on_a_working_day_at_the_channels_own_time() -> None:
    morning = Reminders(zone=BERLIN, digest=time(9))
    days = [at("2026-10-22", "09:00")]
    for _ in range(4):
        following = morning.next_digest(days[-1])
        assert following is not None
        days.append(following)
    assert days == [at(f"2026-10-{day}", "09:00") for day in (22, 23, 26, 27, 28)]
    assert {later - before for before, later in pairwise(days)} == {timedelta(days=1), timedelta(days=3, hours=1)}
    assert Reminders().next_digest(days[0]) is None
    assert Reminders(digest=time(9), days=()).next_digest(days[0]) is None


def test_quiet_hours_pass_midnight() -> None:
    quiet = Quiet(begins=time(19), ends=time(8), zone=BERLIN)
    assert quiet.until(at("2026-11-20", "20:00")) == at("2026-11-21", "08:00")
    assert quiet.until(at("2026-11-21", "07:59")) == at("2026-11-21", "08:00")
    assert quiet.until(at("2026-11-21", "08:00")) is None
    assert Quiet(begins=time(12), ends=time(13), zone=BERLIN).until(at("2026-11-21", "12:30")) is not None


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("9", time(9)),
        ("09:00", time(9)),
        ("9.30", time(9, 30)),
        ("1730", time(17, 30)),
        (" 9pm ", time(21)),
        ("12 am", time(0)),
        ("12pm", time(12)),
        ("24:00", time(0)),
        ("25", None),
        ("13pm", None),
        ("9:60", None),
        ("noon", None),
        ("1.12.", None),
        ("9.30.", None),
        ("1.12.2026", None),
        ("1.12.26", None),
        ("", None),
    ],
)
def test_a_time_of_day_may_be_written_in_several_ways(typed: str, read: time | None) -> None:
    assert clock(typed) == read


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("Europe/Berlin", (BERLIN, "")),
        ("europe/berlin", (BERLIN, "")),
        ("new york", ("America/New_York", "")),
        ("UTC", ("UTC", "")),
        ("Europe/Berln", (None, BERLIN)),
        ("xqzzk", (None, "")),
    ],
)
def test_a_zone_may_be_named_by_its_city_and_a_slip_gets_a_hint(typed: str, named: tuple[str | None, str]) -> None:
    assert zone_named(typed) == named


def test_a_zone_that_this_machine_does_not_know_is_utc() -> None:
    assert zone_of("Mars/Olympus") is UTC


def test_quiet_hours_end_once_on_the_night_that_has_an_hour_twice() -> None:
    quiet = Quiet(begins=time(22), ends=time(2, 15), zone=BERLIN)
    ends = datetime(2026, 10, 25, 0, 15, tzinfo=UTC)  # 02:15 in summer time; an hour later it is 02:15 once more
    assert quiet.until(ends - timedelta(minutes=1)) == ends
    assert quiet.until(ends + timedelta(minutes=50)) is None


# --- targets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [("90", 90), ("1.5 h", 90), ("1,25h", 75), ("1440m", 1440), ("1.440", None), ("1,440", None), ("2.000 h", None)],
)
def test_a_target_is_minutes_unless_it_can_be_read_in_two_ways(typed: str, minutes: float | None) -> None:
    assert span(typed) == minutes


STEP = timedelta(minutes=15)
HALVES = [time(hour, half) for hour in range(24) for half in (0, 30) if half == 0 or hour >= 4]  # not as clocks change
ZONES = (BERLIN, "America/New_York", "Australia/Sydney", "Asia/Kolkata", "UTC")


def is_worked(reminders: Reminders, at: datetime) -> bool:
    """What a clock on the wall tells: the oracle, which knows nothing of spans."""
    assert reminders.opens
    assert reminders.closes
    here = at.astimezone(zone_of(reminders.zone))
    nightly = reminders.closes <= reminders.opens

    def on(day: date) -> bool:
        return day.weekday() in reminders.days and day not in reminders.holidays

    if not nightly:
        return on(here.date()) and reminders.opens <= here.time() < reminders.closes
    late, early = here.time() >= reminders.opens, here.time() < reminders.closes
    return (late and on(here.date())) or (early and on(here.date() - timedelta(days=1)))


@settings(max_examples=150)
@given(
    zone=st.sampled_from(ZONES),
    begin=st.sampled_from([datetime(2026, 3, 5), datetime(2026, 3, 26), datetime(2026, 10, 1), datetime(2026, 10, 22)]),
    steps=st.integers(0, 30 * 24 * 12),
    quarters=st.integers(1, 120),
    span=st.tuples(st.sampled_from(HALVES), st.sampled_from(HALVES)).filter(lambda one: one[0] != one[1]),
    days=st.sets(st.integers(0, 6), min_size=1),
    holidays=st.sets(st.integers(0, 20), max_size=5),
)
def test_a_target_ends_when_as_much_time_was_worked_on_the_clock_on_the_wall(
    zone: str, begin: datetime, steps: int, quarters: int, span: tuple[time, time], days: set[int], holidays: set[int]
) -> None:
    """Across week-ends, nights, holidays and the nights on which clocks change, in either hemisphere."""
    off = tuple(begin.date() + timedelta(days=one) for one in holidays)
    hours = Reminders(zone=zone, opens=span[0], closes=span[1], days=tuple(days), holidays=off, target=quarters * 15.0)
    since = begin.replace(tzinfo=UTC) + steps * timedelta(minutes=5)
    by = hours.answer_by(since)
    assert by is not None
    at, worked = since.replace(minute=since.minute // 15 * 15), timedelta()
    while at < by:
        if is_worked(hours, at):
            worked += min(at + STEP, by) - max(at, since)
        at += STEP
    if by - since < timedelta(days=300):
        assert abs(worked - timedelta(minutes=quarters * 15)) < timedelta(seconds=1)
        assert is_worked(hours, by - timedelta(seconds=1))


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.floats(1, 10_080))
def test_without_working_hours_holidays_alone_are_left_out(since: datetime, minutes: float) -> None:
    begins = since.replace(tzinfo=UTC)
    off = tuple(begins.date() + timedelta(days=one) for one in (0, 2))
    by = Reminders(target=minutes, holidays=off).answer_by(begins)
    assert by is not None
    first = datetime.combine(off[0], time(), UTC) + timedelta(days=1)
    left = timedelta(minutes=minutes)
    expected = first + left + (timedelta(days=1) if left > timedelta(days=1) else timedelta())
    assert abs(by - expected) < timedelta(seconds=1)


def test_without_a_target_nothing_is_due_and_a_holiday_has_no_digest() -> None:
    assert Reminders().answer_by(at("2026-11-20", "10:00")) is None
    morning = Reminders(zone=BERLIN, digest=time(9), holidays=(date(2026, 12, 25),))
    assert morning.next_digest(at("2026-12-24", "10:00")) == at("2026-12-28", "09:00")


def test_work_goes_on_where_working_hours_begin_again() -> None:
    assert OFFICE.worked_from(at("2026-11-20", "10:00")) == at("2026-11-20", "10:00")
    assert abs(OFFICE.worked_from(at("2026-11-20", "17:00")) - at("2026-11-23", "09:00")) < timedelta(seconds=1)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.sampled_from(ZONES))
def test_the_next_report_is_on_the_next_monday_at_nine_of_the_channels_own_clock(after: datetime, zone: str) -> None:
    now = after.replace(tzinfo=UTC)
    report = Reminders(zone=zone, report=True).next_report(now)
    assert report is not None
    assert timedelta() < report - now <= timedelta(days=7, hours=1)
    here = report.astimezone(zone_of(zone))
    assert (here.weekday(), here.time()) == (0, time(9))
    assert Reminders(zone=zone).next_report(now) is None
