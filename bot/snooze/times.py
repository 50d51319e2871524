"""When a snoozed conversation comes back: what somebody chose by the clock on their wall, as a moment of its own.

The moment is found once, when it is chosen; whatever happens to clocks afterwards does not move it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, Literal, NamedTuple, Self

from bot.hours import zone_of

Choice = Literal["hours", "tomorrow", "monday", "week"]
CHOICES: Final[tuple[Choice, ...]] = ("hours", "tomorrow", "monday", "week")
HOURS: Final = timedelta(hours=3)
WEEK: Final = timedelta(days=7)
REMINDERS: Final = {  # of a reply without an answer
    "3 hours": timedelta(hours=3), "1 day": timedelta(days=1), "3 days": timedelta(days=3), "1 week": WEEK,
}  # fmt: skip
MORNING: Final = time(9)
SOONEST: Final = timedelta(minutes=1)
FURTHEST: Final = timedelta(days=366)
MONDAY: Final = 0


class Wrong(NamedTuple):
    """Why a time is refused, beside which field."""

    field: Literal["when", "date", "time"]
    why: Literal["nothing", "over", "far"]


class Clock(NamedTuple):
    """The clock on the wall of whoever fills in a form, in their `zone`, and when the form was `drawn`.

    The form remembers both: past midnight, too, a choice means the day that stands beside it.
    """

    zone: tzinfo
    drawn: datetime

    @classmethod
    def read(cls, said: str, now: datetime) -> Self:
        """The forms of versions before 2026-12 remember the zone alone."""
        zone, _, drawn = said.partition("@")
        return cls(zone_of(zone), datetime.fromisoformat(drawn) if drawn else now)

    def __str__(self) -> str:
        return f"{self.zone}@{self.drawn.isoformat()}"

    def choices(self) -> dict[str, datetime]:
        """What there is to choose, and what each means by this clock."""
        return {one: by_choice(one, self.drawn, self.zone).astimezone(self.zone) for one in CHOICES}


def by_choice(choice: Choice, now: datetime, zone: tzinfo) -> datetime:
    """The moment (UTC) that `choice` means for somebody in `zone`."""
    today = now.astimezone(zone)
    match choice:
        case "hours":
            return now + HOURS
        case "tomorrow":
            return by_the_clock(today.date() + timedelta(days=1), MORNING, zone, now)
        case "monday":  # never today: on a Monday, "Monday" is the next one
            return by_the_clock(today.date() + timedelta(days=7 - today.weekday() + MONDAY), MORNING, zone, now)
        case "week":
            return by_the_clock((today + WEEK).date(), today.time(), zone, now)


def by_the_clock(day: date, at: time, zone: tzinfo, now: datetime) -> datetime:
    """The moment (UTC) at which clocks in `zone` show that.

    A time that clocks skip is as long after the last one before the gap as if there were none; of a time that they show
    twice it is the first, or the second where the first is over: https://www.rfc-editor.org/rfc/rfc5545#section-3.3.5.
    """
    first, second = (datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return second if first <= now < second else first


def chosen(choice: str, day: str, at: str, clock: Clock, now: datetime) -> datetime | Wrong:
    """What a form says: a date (ISO) or a time of day (`9:00`) go before the choice.

    A date alone means its morning; a time alone the next time that clocks show it.
    """
    if not (day or at):
        return _as_shown(choice, clock, now)
    zone = clock.zone
    field: Literal["date", "time"] = "date" if day else "time"
    shown = time.fromisoformat(at) if at else MORNING
    on = date.fromisoformat(day) if day else now.astimezone(zone).date()
    until = by_the_clock(on, shown, zone, now)
    if not day and until <= now:
        until = by_the_clock(on + timedelta(days=1), shown, zone, now)
    if until < now + SOONEST:
        return Wrong("time" if at else field, "over")
    return until if until <= now + FURTHEST else Wrong(field, "far")


def _as_shown(choice: str, clock: Clock, now: datetime) -> datetime | Wrong:
    """What stands beside the choice, unless that is over by now."""
    if (shown := clock.choices().get(choice)) is None:
        return Wrong("when", "nothing")
    until = shown.astimezone(UTC)
    return until if until >= now + SOONEST else Wrong("when", "over")
