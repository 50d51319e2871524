"""Until when somebody is away, as they type it by their own clock: `Mon`, `tomorrow 14:00`, `1.12.`, `2 days`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from bot.errors import Mistake
from bot.hours import clock
from bot.rules import words
from bot.snooze.times import FURTHEST, MORNING, by_the_clock

# Each by its English name or the first letters of it, or by another name in whole: `die`, `mit` and `Sam` are no days.
_DAYS: Final = (
    "monday montag", "tuesday dienstag", "wednesday weds mittwoch", "thursday donnerstag", "friday freitag",
    "saturday samstag sonnabend", "sunday sonntag",
)  # fmt: skip
_MONTHS: Final = (
    "january januar janvier", "february februar fevrier", "march marz mars", "april avril", "may mai", "june juni juin",
    "july juli juillet", "august aout", "september septembre", "october oktober okt octobre", "november novembre",
    "december dezember dez decembre",
)  # fmt: skip
_YEAR: Final = r"20\d\d"  # of any other four digits, a time of day is meant; of these too, where that year is long over
_SPAN: Final = re.compile(r"(?:for\s+)?(\d{1,3}|an?|one)\s*(h|hours?|d|days?|w|weeks?)", re.IGNORECASE)
_DOTTED: Final = re.compile(rf"(\d{{1,2}})\. ?(\d{{1,2}})\.(?: ?({_YEAR})|(\d{{2}}))?")
_NUMBER: Final = r"(?P<number>\d{1,2})(?:st|nd|rd|th|\.)?"
_MONTH: Final = r"(?P<month>[a-z]+\.?)"
_OF_MONTH: Final = [  # `1 Dec`, `Dec 1, 2026`
    re.compile(rf"{first}\s+{second}(?:,?\s+(?P<year>{_YEAR}))?")
    for first, second in ((_NUMBER, _MONTH), (_MONTH, _NUMBER))
]
_FULL_STOP: Final = re.compile(r"(?<![ .]\d)(?<![ .]\d\d)\.$")  # of a sentence: `9.30` is a time, `9.30.` is none
_LAST: Final = re.compile(r" \d{4}$")
_PLURAL: Final = re.compile(r"(?<=\w{5})s(?=\.?$)")  # of a whole name: `fridays`, not `thurs`
_HOURS: Final = {"h": 1, "d": 24, "w": 168}


def read_until(typed: str, now: datetime, zone: tzinfo) -> datetime:
    """The moment (UTC) that `typed` means; a day alone means its morning. Raises `Mistake`."""
    said = re.sub(r"^(until|till|til) ", "", " ".join(typed.split()), flags=re.IGNORECASE)
    said = _FULL_STOP.sub("", f" {said}").strip()
    if span := _SPAN.fullmatch(said):
        count = int(span[1]) if span[1].isdecimal() else 1
        return _sound(now + timedelta(hours=count * _HOURS[span[2][0].lower()]), now)
    today = now.astimezone(zone).date()
    day, at = _day_and_time(said, today)
    if day is None and at is None:
        raise Mistake(words.AWAY_USAGE)
    until = by_the_clock(day or today, at or MORNING, zone, now)
    if day is None and until <= now:
        until = by_the_clock(today + timedelta(days=1), at or MORNING, zone, now)
    return _sound(until, now)


def _sound(until: datetime, now: datetime) -> datetime:
    if until <= now:
        raise Mistake(words.AWAY_OVER)
    if until > now + FURTHEST:
        raise Mistake(words.AWAY_FAR)
    return until


def _day_and_time(said: str, today: date) -> tuple[date | None, time | None]:
    """A day, a time of day, or both; neither where it is anything else.

    Four digits behind a day are a year from last year on (nobody who types that one means 20:25), else a time of day.
    """
    day = _day(said, today)
    if day and not (day.year < today.year - 1 and _LAST.search(said)):
        return day, None
    if not said.isdecimal() and (at := clock(said)):
        return None, at
    first, _, last = said.rpartition(" ")
    first = re.sub(r"\s+at$|,$", "", first)
    day, at = _day(first, today), clock(last)
    return (day, at) if day and at else (None, None)


def _day(said: str, today: date) -> date | None:
    """`Mon` is never today: on a Monday, it is the next one."""
    apart = unicodedata.normalize("NFD", said.casefold())  # the accents from their letters
    word = "".join(one for one in apart if not unicodedata.combining(one)).strip()
    if word in ("today", "tomorrow"):
        return today + timedelta(days=word == "tomorrow")
    if (at := _place(_PLURAL.sub("", word.removeprefix("next ")), _DAYS)) is not None:
        return today + timedelta(days=(at - today.weekday() - 1) % 7 + 1)
    if dotted := _DOTTED.fullmatch(word):
        number, month, year = dotted[1], dotted[2], dotted[3] or (dotted[4] and f"20{dotted[4]}")
        return _next(int(number), int(month), today, int(year or 0))
    try:
        return date.fromisoformat(word)
    except ValueError:
        return _of_month(word, today)


def _of_month(word: str, today: date) -> date | None:
    """`1 Dec`, `Dec 1`: the next one, or that of a year."""
    found = next((one for each in _OF_MONTH if (one := each.fullmatch(word))), None)
    at = _place(found["month"], _MONTHS) if found else None
    return _next(int(found["number"]), at + 1, today, int(found["year"] or 0)) if found and at is not None else None


def _place(word: str, names: Sequence[str]) -> int | None:
    """Which of the names it is: one in whole, or the first letters of the English one, three at least."""
    short = word.removesuffix(".")
    fits = (at for at, name in enumerate(names) if short in name.split() or name.split()[0].startswith(short))
    return next(fits, None) if len(short) >= 3 else None


def _next(number: int, month: int, today: date, year: int = 0) -> date | None:
    """That day of the year, or without one the next; None where there is none within a year."""
    for one in (year,) if year else (today.year, today.year + 1):
        try:
            day = date(one, month, number)
        except ValueError:
            continue
        if year or day >= today:
            return day
    return None
