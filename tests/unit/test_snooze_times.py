"""When a snoozed conversation comes back, by the clock of whoever chose it, also where clocks are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.snooze.times import CHOICES, FURTHEST, Choice, Clock, Wrong, by_choice, by_the_clock, chosen

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")]
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
MINUTES = st.times().map(lambda one: one.replace(second=0, microsecond=0))


def at(said: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("choice", "now", "then"),
    [
        ("hours", "2026-11-26 14:30", "2026-11-26 17:30"),  # a Thursday
        ("tomorrow", "2026-11-26 14:30", "2026-11-27 09:00"),
        ("tomorrow", "2026-11-26 00:10", "2026-11-27 09:00"),
        ("monday", "2026-11-26 14:30", "2026-11-30 09:00"),
        ("monday", "2026-11-30 08:00", "2026-12-07 09:00"),  # on a Monday, the next one
        ("monday", "2026-11-29 23:59", "2026-11-30 09:00"),
        ("week", "2026-11-26 14:30", "2026-12-03 14:30"),
        ("tomorrow", "2026-03-28 12:00", "2026-03-29 09:00"),  # the night in which summer time begins
        ("week", "2026-03-26 14:30", "2026-04-02 14:30"),
        ("tomorrow", "2026-10-24 12:00", "2026-10-25 09:00"),  # and ends
        ("monday", "2026-10-22 12:00", "2026-10-26 09:00"),
    ],
)
def test_a_choice_means_what_the_clock_on_the_wall_will_show(choice: str, now: str, then: str) -> None:
    assert chosen(choice, "", "", Clock(BERLIN, at(now)), at(now)) == at(then)


def test_three_hours_are_three_hours_in_the_night_in_which_clocks_change() -> None:
    before = at("2026-03-29 01:30")
    assert by_choice("hours", before, BERLIN) == before + timedelta(hours=3) == at("2026-03-29 05:30")


def test_a_time_that_clocks_skip_is_as_long_after_the_gap_began() -> None:
    now = at("2026-03-28 12:00")
    assert by_the_clock(date(2026, 3, 29), time(2, 30), BERLIN, now) == at("2026-03-29 03:30")
    assert chosen("", "2026-03-29", "02:30", Clock(BERLIN, now), now) == at("2026-03-29 03:30")
    apia = ZoneInfo("Pacific/Apia")  # which skipped a whole day
    skipped = by_the_clock(date(2011, 12, 30), time(9), apia, datetime(2011, 12, 29, tzinfo=UTC))
    assert skipped == at("2011-12-31 09:00", apia)


def test_of_a_time_that_clocks_show_twice_it_is_the_first_that_is_still_to_come() -> None:
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    between = first + timedelta(minutes=10)
    assert by_the_clock(date(2026, 10, 25), time(2, 30), BERLIN, first - timedelta(hours=1)) == first
    assert by_the_clock(date(2026, 10, 25), time(2, 30), BERLIN, between) == second
    assert chosen("", "", "02:30", Clock(BERLIN, between), between) == second


@given(MOMENTS, st.sampled_from(ZONES), st.dates(date(2026, 1, 1), date(2028, 1, 31)), MINUTES)
def test_the_clock_shows_what_was_chosen_unless_it_skips_that(
    now: datetime, zone: ZoneInfo, day: date, clock: time
) -> None:
    then = by_the_clock(day, clock, zone, now)
    shown = then.astimezone(zone)
    wanted, there = datetime.combine(day, clock), datetime.combine(day, clock, zone).astimezone(UTC).astimezone(zone)
    if there.replace(tzinfo=None) != wanted:  # clocks skip it
        assert timedelta() < shown.replace(tzinfo=None) - wanted <= timedelta(hours=1)
    else:
        assert (shown.date(), shown.time()) == (day, clock)


@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from(CHOICES))
def test_every_choice_is_still_to_come_and_within_eight_days(now: datetime, zone: ZoneInfo, choice: str) -> None:
    then = chosen(choice, "", "", Clock(zone, now), now)
    assert isinstance(then, datetime)
    assert now + timedelta(minutes=59) < then <= now + timedelta(days=8)
    assert then.tzinfo is UTC


@given(MOMENTS, st.sampled_from(ZONES), st.dates(date(2026, 1, 1), date(2030, 1, 1)), st.times())
def test_what_a_form_says_is_to_come_or_said_to_be_wrong(now: datetime, zone: ZoneInfo, day: date, clock: time) -> None:
    then = chosen("tomorrow", day.isoformat(), f"{clock:%H:%M}", Clock(zone, now), now)
    if isinstance(then, Wrong):
        assert (then.field, then.why) in {("time", "over"), ("date", "far")}
    else:
        assert now < then <= now + FURTHEST


def test_a_day_alone_is_its_morning_and_a_time_alone_the_next_that_clocks_show() -> None:
    now = at("2026-11-26 14:30")
    assert chosen("hours", "2026-12-24", "", Clock(BERLIN, now), now) == at("2026-12-24 09:00")
    assert chosen("hours", "", "16:00", Clock(BERLIN, now), now) == at("2026-11-26 16:00")
    assert chosen("hours", "", "08:00", Clock(BERLIN, now), now) == at("2026-11-27 08:00")


@pytest.mark.parametrize(
    ("day", "clock", "wrong"),
    [
        ("2026-11-25", "", Wrong("date", "over")),
        ("2026-11-26", "", Wrong("date", "over")),  # whose morning is over
        ("2026-11-26", "14:30", Wrong("time", "over")),
        ("2027-12-24", "09:00", Wrong("date", "far")),
    ],
)
def test_what_is_over_or_too_far_away_is_wrong(day: str, clock: str, wrong: Wrong) -> None:
    now = at("2026-11-26 14:30")
    assert chosen("hours", day, clock, Clock(BERLIN, now), now) == wrong
    assert chosen("", "", "", Clock(BERLIN, now), now) == Wrong("when", "nothing")


@pytest.mark.parametrize("choice", CHOICES)
def test_past_midnight_a_choice_means_what_stands_beside_it(choice: Choice) -> None:
    drawn, now = at("2026-11-29 23:58"), at("2026-11-30 00:02")  # a Sunday
    clock = Clock.read(str(Clock(BERLIN, drawn)), now)
    assert clock.choices()[choice].tzinfo is BERLIN
    assert chosen(choice, "", "", clock, now) == clock.choices()[choice] == by_choice(choice, drawn, BERLIN)


def test_a_choice_that_is_over_by_now_is_wrong_and_a_form_that_remembers_no_time_is_drawn_now() -> None:
    drawn, now = at("2026-11-26 14:30"), at("2026-11-27 09:00")
    assert chosen("tomorrow", "", "", Clock(BERLIN, drawn), now) == Wrong("when", "over")
    assert chosen("week", "", "", Clock(BERLIN, drawn), now) == at("2026-12-03 14:30")
    assert chosen("tomorrow", "", "", Clock.read("Europe/Berlin", now), now) == at("2026-11-28 09:00")
