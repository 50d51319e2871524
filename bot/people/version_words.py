"""What admins read about the API versions of Inbox: which one is spoken, until when, and what to do."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.inbox.version import day

SET_AUTO: Final = (
    "Set INBOX_API_VERSION=auto, remove a version from the end of INBOX_API_BASE_URL, and restart: the bot then takes "
    "API v2 as soon as it answers."
)
WEBHOOK: Final = "If Inbox sends webhooks to the bot, move them to API v2 in Inbox → Settings → Webhooks as well."
REFUSED: Final = (
    "API v2 refuses this team at the moment. Ask Inbox's support to open it for the team; the bot goes on with v2 by "
    "itself as soon as it answers."
)


def remedy(*, pinned: bool) -> str:
    return f"{SET_AUTO if pinned else REFUSED} {WEBHOOK}"


def v1_ends(ends: datetime, days: int, *, pinned: bool) -> str:
    """v1 is in use and still answers."""
    left = "today" if days <= 0 else "tomorrow" if days == 1 else f"in {days} days"
    return f"I use version 1 of Inbox's API, which stops answering on {day(ends)}, {left}. {remedy(pinned=pinned)}"


def v1_ended(*, pinned: bool) -> str:
    """v1 is in use and does not answer any more."""
    begin = "Version 1 of Inbox's API has stopped answering. What people ask for waits, as when Inbox is down."
    return f"{begin} {remedy(pinned=pinned)}"


def moved(version: str) -> str:
    """The change is done."""
    return f"I use Inbox's API {version} from now on. Nothing was lost, and nothing needs a restart. {WEBHOOK}"
