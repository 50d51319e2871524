"""`bot audit`: the record of who did what, for export."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.errors import SettingsError
from bot.people.audit_store import AuditLog, Entry
from bot.settings import Settings
from bot.start import opened_redis

UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


async def export(settings: Settings, since: str, *, as_json: bool) -> int:
    """Print the entries since `since`, the oldest first; JSON is one object in a line."""
    begin = moment(since, datetime.now(UTC))
    async with opened_redis(settings) as redis:
        async for entry in AuditLog(redis).since(begin):
            print(entry.json() if as_json else _line(entry))
    return 0


def moment(since: str, now: datetime) -> datetime:
    """`90m`, `12h`, `7d`, `2w` before `now`, or a date or time in ISO format. Raises `SettingsError`."""
    try:
        if ago := re.fullmatch(r"(\d{1,5})([mhdw])", since):
            return now - timedelta(**{UNITS[ago[2]]: int(ago[1])})
        at = datetime.fromisoformat(since)
    except (ValueError, OverflowError):
        raise SettingsError(f"--since {since} is wrong: it must look like 12h, 7d or 2026-11-22.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _line(entry: Entry) -> str:
    parts = [entry.user, entry.member or "-", entry.channel or "-", entry.what, entry.about or "-", entry.outcome]
    return "  ".join([entry.at.strftime("%Y-%m-%d %H:%M:%S"), *parts, entry.ref])
