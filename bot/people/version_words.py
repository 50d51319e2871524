"""What admins read about the API versions of Inbox: which one is spoken, until when, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime
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
UPDATE: Final = "Update the bot before that: a later version of it speaks what comes after this API."


def remedy(version: str, *, pinned: bool) -> str:
    """What to do before `version` ends."""
    return f"{SET_AUTO if pinned else REFUSED} {WEBHOOK}" if version == "v1" else UPDATE


def until(ends: datetime) -> str:
    """The day on which a version stops answering, and how far away that is, in days begun."""
    days = (ends - datetime.now(UTC)).days + 1
    left = (
        "tomorrow" if days == 1 else f"in {days} days" if days > 0 else "today" if days == 0 else "a day that is over"
    )
    return f"{day(ends)}, {left}"


def ends(version: str, at: datetime, *, pinned: bool) -> str:
    """It is in use and still answers."""
    number = version.removeprefix("v")
    return (
        f"I use version {number} of Inbox's API, which stops answering on {until(at)}. {remedy(version, pinned=pinned)}"
    )


def v1_ended(*, pinned: bool) -> str:
    """v1 is in use and does not answer any more."""
    begin = "Version 1 of Inbox's API has stopped answering. What people ask for waits, as when Inbox is down."
    return f"{begin} {remedy('v1', pinned=pinned)}"


def moved(version: str) -> str:
    """The change is done."""
    return f"I use Inbox's API {version} from now on. Nothing was lost, and nothing needs a restart. {WEBHOOK}"
