"""The fields of a channel's target, and what admins read about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from bot.slack.blocks import Block, option
from bot.slack.inputs import checkboxes, field, text_input

BAD_TARGET: Final = "Write a number of minutes from 1 to 10080, or leave it empty for no target."
BAD_HOLIDAY: Final = "Write each day as 2026-12-25, with commas between them."
MANY_HOLIDAYS: Final = "Write at most 100 days: leave out those that are over."
ESCALATE_USAGE: Final = (
    "Use `/inbox escalate 60 @leads` in the channel it is for: the minutes after its target, and a channel, person or "
    "user group; or `/inbox escalate off`."
)
_REPORT: Final = "A report comes on Mondays at 9:00."
NO_TARGET: Final = "This channel has no target yet: set one by `/inbox settings`, then say here who is told later."
SHARED: Final = (
    "Another organisation reads this channel, so I name nobody in it. Choose a channel of your own, or a colleague "
    "with a seat in Inbox, who is told in a direct message."
)


def fields(target: float | None, holidays: Sequence[date], *, report: bool) -> list[Block]:
    """What stands in the form of a channel's settings."""
    monday = option("How we did in the week before", "report")
    days = ", ".join(one.isoformat() for one in holidays)
    return [
        field(
            "target",
            "Answer within … minutes",
            text_input(60, minutes(target), placeholder="no target"),
            hint="Of working hours. Cards say by when; then who has it is reminded, else the channel.",
            optional=True,
        ),
        field(
            "holidays",
            "Holidays",
            text_input(2_000, days, placeholder="2026-12-25, 2027-01-01", lines=True),
            hint="No hour of these days counts.",
            optional=True,
        ),
        field("report", "On Monday at 9:00", checkboxes([monday], [monday] if report else []), optional=True),
    ]


def minutes(count: float | None) -> str:
    return "" if count is None else f"{count:g}"


def said(target: float | None, holidays: Sequence[date], *, report: bool) -> list[str]:
    """The sentences about what is set; none where nothing is."""
    due = [f"Answers are due within {minutes(target)} minutes."] if target else []
    days = ", ".join(one.isoformat() for one in holidays)
    off = [f"Not on {len(holidays)} holiday{'' if len(holidays) == 1 else 's'}: {days}."] if holidays else []
    return [*due, *off, *([_REPORT] if report else [])]


def escalates(channel: str, after: float | None, to: str) -> str:
    """`to` is the id of a channel, user or user group."""
    if after is None or not to:
        return f"Nobody else is told when somebody waits longer than the target of <#{channel}>."
    return f"{_whom(to)} is told, once for each wait, {minutes(after)} minutes after the target of <#{channel}>."


def _whom(to: str) -> str:
    if to.startswith("S"):
        return f"<!subteam^{to}>"
    return f"<@{to}>" if to.startswith(("U", "W")) else f"<#{to}>"
