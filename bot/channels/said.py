"""A channel's times in words."""

from __future__ import annotations

from typing import Final

from bot.channels import views
from bot.hours import Reminders

_UNSET: Final = Reminders()


def said_times(made: Reminders) -> list[str]:
    """Sentences: when it is reminded, when its digest comes, and which hours and days count, where that was chosen."""
    hours = (made.opens, made.closes) if made.opens and made.closes else None
    chosen = hours or (made.days, made.zone) != (_UNSET.days, _UNSET.zone)
    return [
        views.reminds(made.unassigned_after, made.assigned_after, working=made.has_hours),
        views.digest_at(made.digest, made.zone),
        *([views.works(hours, made.days, made.zone)] if chosen else []),
    ]
