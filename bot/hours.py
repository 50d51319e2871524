"""Working hours, quiet hours and mornings, in the time zone of the channel or person; summer time is minded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from difflib import get_close_matches
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from bot.records import Record

WEEKDAYS: Final = (0, 1, 2, 3, 4)  # Monday is 0
REPORT_AT: Final = time(9)
FURTHEST: Final = 366  # days; nobody waits for working hours longer
_CLOCK: Final = re.compile(r"(\d{1,2})(?:[:.]?(\d{2}))?\s*(am|pm)?", re.IGNORECASE)


class Reminders(Record):
    """When a channel hears of people who wait for an answer.

    `unassigned_after` and `assigned_after` are hours; None is never. Where `opens` and `closes` are set, only the
    hours between them on `days` count; on `holidays`, in the channel's own zone, none does. `digest` is when the
    morning's digest comes, None for none. `target`: the minutes within which somebody is to answer. `report`: whether
    the figures of the week come on Mondays.
    """

    unassigned_after: float | None = 4.0
    assigned_after: float | None = None
    zone: str = "UTC"
    days: tuple[int, ...] = WEEKDAYS
    opens: time | None = None
    closes: time | None = None
    digest: time | None = None
    target: float | None = None
    holidays: tuple[date, ...] = ()
    report: bool = False

    @property
    def has_hours(self) -> bool:
        return self.opens is not None and self.closes is not None and bool(self.days)

    def after(self, since: datetime, hours: float) -> datetime:
        """The moment at which `hours` have passed since then, working hours where they are set."""
        if not (self.has_hours or self.holidays):
            return since + timedelta(hours=hours)
        left = timedelta(hours=hours)
        for opens, closes in self._spans(since):
            begins = max(opens, since)
            if closes > begins:
                if begins + left <= closes:
                    return begins + left
                left -= closes - begins
        return since + timedelta(days=FURTHEST)

    def working(self, at: datetime) -> bool:
        """Whether `at` is within the working hours; where none are set, whether it is no holiday."""
        return any(opens <= at < closes for opens, closes in self._spans(at, days=1))

    def _spans(self, since: datetime, days: int = FURTHEST) -> Iterator[tuple[datetime, datetime]]:
        """The working hours from the day before `since` on (they may end after midnight), in UTC.

        A night belongs to the day on which it begins. Without working hours, each whole day counts.
        """
        worked = self.days if self.has_hours else range(7)
        opens, closes = (self.opens, self.closes) if self.has_hours else (time(), time())
        assert opens is not None
        assert closes is not None
        zone = zone_of(self.zone)
        first = since.astimezone(zone).date() - timedelta(days=1)
        for number in range(days + 1):
            day = first + timedelta(days=number)
            if day.weekday() in worked and day not in self.holidays:
                last = day if closes > opens else day + timedelta(days=1)
                span = datetime.combine(day, opens, zone), datetime.combine(last, closes, zone)
                yield span[0].astimezone(UTC), span[1].astimezone(UTC)

    def answer_by(self, since: datetime) -> datetime | None:
        """By when somebody who has been owed an answer since then is to have it; None without a target."""
        return None if self.target is None else self.after(since, self.target / 60)

    def worked_from(self, at: datetime) -> datetime:
        """`at` if it is within the working hours, else when they begin next."""
        return at if self.working(at) else self.after(at, 1e-6)

    def next_digest(self, after: datetime) -> datetime | None:
        """When the first digest after then is due, on one of `days`; None when there is none."""
        if self.digest is None or not self.days:
            return None
        zone = zone_of(self.zone)
        day = after.astimezone(zone).date()
        while True:
            at = datetime.combine(day, self.digest, zone).astimezone(UTC)
            if at > after and day.weekday() in self.days and day not in self.holidays:
                return at
            day += timedelta(days=1)

    def next_report(self, after: datetime) -> datetime | None:
        """When the first Monday after then has its report, at 9:00; None when none is wanted."""
        if not self.report:
            return None
        zone = zone_of(self.zone)
        today = after.astimezone(zone).date()
        monday = today - timedelta(days=today.weekday())
        mondays = (datetime.combine(monday + timedelta(days=days), REPORT_AT, zone) for days in (0, 7))
        return next(at for one in mondays if (at := one.astimezone(UTC)) > after)


class Quiet(Record):
    """The hours in which a person wants no messages from the bot that can wait; they may pass midnight."""

    begins: time
    ends: time
    zone: str = "UTC"

    def until(self, at: datetime) -> datetime | None:
        """When the quiet that holds at that time ends; None when there is none."""
        zone = zone_of(self.zone)
        today = at.astimezone(zone).date()
        for day in (today - timedelta(days=1), today):
            last = day if self.ends > self.begins else day + timedelta(days=1)
            # In UTC: times of one zone compare by the clock, which shows one hour twice when summer time ends.
            begins = datetime.combine(day, self.begins, zone).astimezone(UTC)
            ends = datetime.combine(last, self.ends, zone).astimezone(UTC)
            if begins <= at < ends:
                return ends
        return None


def zone_of(name: str) -> tzinfo:
    """The time zone; UTC where it is not known."""
    return ZoneInfo(name) if name in zones() else UTC


@cache
def zones() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_named(typed: str) -> tuple[str | None, str]:
    """The zone that `typed` names, as "europe/berlin" or "New York"; else None, and the nearest name or ""."""
    by_name = {name.casefold(): name for name in sorted(zones())}
    wanted = typed.strip().casefold().replace(" ", "_")
    if found := by_name.get(wanted) or next((n for f, n in by_name.items() if f.rpartition("/")[2] == wanted), None):
        return found, ""
    near = get_close_matches(wanted, by_name, n=1, cutoff=0.5)
    return None, by_name[near[0]] if near else ""


def clock(typed: str) -> time | None:
    """`9`, `09:00`, `9.30` or `9pm` as a time of day; None for anything else."""
    found = _CLOCK.fullmatch(typed.strip())
    if not found:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + (12 if half == "pm" else 0) if half else hour % 24 if hour == 24 and not minute else hour
    return time(hour, minute) if hour < 24 and minute < 60 else None
