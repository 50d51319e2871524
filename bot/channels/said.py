"""A channel's times in words."""

from __future__ import annotations

from bot.channels import views
from bot.hours import Reminders


def said_times(made: Reminders) -> list[str]:
    """Sentences: when it is reminded, when its digest comes, and which hours count. Without hours, all days do."""
    hours = (made.opens, made.closes) if made.has_hours and made.opens and made.closes else None
    return [
        views.reminds(made.unassigned_after, made.assigned_after, working=made.has_hours),
        views.digest_at(made.digest if made.days else None, () if hours else made.days, made.zone),
        *([views.works(hours, made.days, made.zone)] if hours else []),
    ]
