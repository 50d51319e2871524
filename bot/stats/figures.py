"""What is counted, and what `/inbox stats` makes of it."""

from __future__ import annotations

from datetime import date

from bot.models import Record


class Answer(Record):
    """A first answer: the member who gave it ("" when nobody knows), and seconds since somebody had asked."""

    member: str
    seconds: float


class Day(Record):
    """What was counted on one day (UTC): the thread of each message that came, and the first answers given."""

    day: date
    received: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()


class Share(Record):
    """What one colleague did; `median` in seconds."""

    name: str
    answered: int
    median: float


class Period(Record):
    """The last `days` days; `median` in seconds from a message to its first answer, None where there was none."""

    days: int
    received: int
    threads: int
    answered: int
    median: float | None
    shares: tuple[Share, ...] = ()


class Figures(Record):
    """What `/inbox stats` shows; `waiting` counts the conversations that wait for an answer, by their assignee."""

    since: date
    days: tuple[Day, ...]
    periods: tuple[Period, ...]
    waiting: tuple[tuple[str, int], ...] = ()
