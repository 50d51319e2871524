"""What is counted, and what `/inbox stats` makes of it."""

from __future__ import annotations

from datetime import date, datetime

from bot.records import Record


class Fact(Record):
    """What a message of the team was about when it was written `at` that time: its card's channel, account, tag ids.

    `woken` is when its conversation was last no longer snoozed, which may be long ago.
    """

    at: datetime
    channel: str
    account: str
    tags: tuple[str, ...] = ()
    woken: datetime | None = None


class Answer(Record):
    """A first answer: the member who gave it ("" when nobody knows), and seconds since somebody had asked.

    `fact` is None where older versions counted it, or no channel showed the conversation.
    """

    member: str
    seconds: float
    fact: Fact | None = None


class Day(Record):
    """What was counted on one day (UTC): the thread of each message that came, and the first answers given."""

    day: date
    received: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()


class Kept(Record):
    """Of so many answers for which there was a target, how many came within it."""

    judged: int = 0
    in_time: int = 0


class Share(Record):
    """The answers of one colleague, account or tag; `median` in seconds."""

    name: str
    answered: int
    median: float
    kept: Kept = Kept()


class Period(Record):
    """The last `days` days; `median` in seconds from a message to its first answer, None where there was none."""

    days: int
    received: int
    threads: int
    answered: int
    median: float | None
    shares: tuple[Share, ...] = ()
    accounts: tuple[Share, ...] = ()
    tags: tuple[Share, ...] = ()
    kept: Kept = Kept()


class Figures(Record):
    """What `/inbox stats` shows; `waiting` counts the conversations that wait for an answer, by their assignee.

    `late` of them wait longer than their channel's target.
    """

    since: date
    days: tuple[Day, ...]
    periods: tuple[Period, ...]
    waiting: tuple[tuple[str, int], ...] = ()
    late: int = 0
