"""What an admin types about a target."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from bot.targets import views

LONGEST: Final = 7 * 24 * 60.0  # minutes
MOST: Final = 100  # holidays
_SPAN: Final = re.compile(r"(\d+(?:[.,]\d{1,2})?)\s*(m|min|mins|minutes?|h|hours?)?", re.IGNORECASE)


def span(typed: str) -> float | None:
    """`60`, `60m`, `1.5 h` in minutes; None for anything else, and for less than one minute or more than a week.

    Three digits behind a point or comma may be thousands, so they are anything else.
    """
    found = _SPAN.fullmatch(typed.strip())
    if not found:
        return None
    count = float(found[1].replace(",", ".")) * (60 if (found[2] or "m").lower().startswith("h") else 1)
    return count if 1 <= count <= LONGEST else None


def target(typed: str, wrong: dict[str, str]) -> float | None:
    """The form's field; "" is no target."""
    if not typed.strip():
        return None
    if (found := span(typed)) is None:
        wrong["target"] = views.BAD_TARGET
    return found


def holidays(typed: str, wrong: dict[str, str]) -> tuple[date, ...]:
    """The form's field: ISO dates with commas, spaces or lines between them, in order."""
    found = set[date]()
    for one in re.split(r"[\s,;]+", typed.strip()):
        try:
            found |= {date.fromisoformat(one)} if one else set()
        except ValueError:
            wrong["holidays"] = views.BAD_HOLIDAY
            return ()
    if len(found) > MOST:
        wrong["holidays"] = views.MANY_HOLIDAYS
    return tuple(sorted(found))
