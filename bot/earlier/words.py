"""What people read of what was earlier with a person, as Slack mrkdwn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.models import Person
from bot.text import plain, platform_name, when_long

NOTHING: Final = "There are no messages."
X_ALONE: Final = "Version 1 of Inbox's API shows only X."
NOT_READ: Final = "Inbox doesn't show the messages right now."


def known(since: datetime | None, status: str, tags: Sequence[str]) -> str:
    """`Known since 3 Nov · Status: Lead · Tags: vip`."""
    parts = (
        f"Known since {when_long(since)}" if since else "",
        f"Status: {plain(status, 60)}" if status else "",
        f"Tags: {', '.join(plain(one, 40) for one in tags)}" if tags else "",
    )
    return " · ".join(one for one in parts if one)


def profile(person: Person) -> str:
    """`@sarah on X · 1,200 followers`, with a link where there is one."""
    count = person.followers or 0
    handle = plain(person.handle, 80)
    followers = f" · {count:,} follower{'s' if count != 1 else ''}" if count else ""
    return f"{handle} on {plain(platform_name(person.platform), 40)}{followers}"


def campaigns(last: Sequence[datetime]) -> str:
    """When campaigns wrote, among the messages that were read."""
    if not last:
        return ""
    times = "once" if len(last) == 1 else f"{len(last)} times"
    return f"Campaigns wrote {times}, last {when_long(max(last))}"


def theirs(name: str, at: datetime | None) -> str:
    return f"{plain(name, 80)} last wrote {when_long(at)}" if at else f"{plain(name, 80)} hasn't written"


def ours(who: str, at: datetime | None) -> str:
    """`who` is the colleague's name."""
    return f"{plain(who, 80)} last wrote {when_long(at)}" if at else "Your team hasn't written"


def page(number: int, of: int) -> str:
    return f"Page {number + 1} of {of}" if of > 1 else ""
