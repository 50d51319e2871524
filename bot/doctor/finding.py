"""One line of what a checkup found, and the remedies for what Slack and Inbox answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

from bot.errors import Forbidden, InboxError, RateLimited, SlackBusy, SlackError, Unauthorized, VersionEnded
from bot.inbox.client import is_pinned
from bot.people import version_words
from bot.settings import Settings

Level = Literal["ok", "warning", "failed"]
LEVELS: Final[Sequence[Level]] = ("failed", "warning", "ok")
CHANNEL: Final = {
    "channel_not_found": "NOTIFY_CHANNEL names no channel that the bot can see: copy the channel's id (C…) from its "
    "details, and if it is private write `/invite @Inbox` in it.",
    "not_in_channel": "Write `/invite @Inbox` in that channel.",
    "is_archived": "Unarchive the channel in Slack, or set NOTIFY_CHANNEL to another one.",
}


class Finding(NamedTuple):
    """One line: what was looked at, how it is, what was seen, and what is to be done."""

    what: str
    level: Level
    seen: str
    remedy: str = ""

    @property
    def where(self) -> str:
        """Where the documentation says more about such a line."""
        return f"docs/doctor.md#{re.sub('[^a-z]+', '-', self.what.lower()).strip('-')}"


def weightiest_first(found: Iterable[Finding]) -> list[Finding]:
    """What failed, then the warnings, then what is well; within these, as things depend on each other."""
    return sorted(found, key=lambda one: LEVELS.index(one.level))


def slack_remedy(error: SlackError) -> str:
    if isinstance(error, SlackBusy):
        return f"Wait {error.retry_after:.0f} s, and ask again."
    return "Check the network, SLACK_API_BASE_URL, and https://slack-status.com."


def bot_token(code: str) -> str:
    if code == "not_allowed_token_type":
        return "SLACK_BOT_TOKEN must be the bot token (xoxb-…) from OAuth & Permissions, not the app's or a user's."
    return "Copy SLACK_BOT_TOKEN (xoxb-…) anew from your Slack app's OAuth & Permissions page."


def inbox_remedy(error: InboxError, settings: Settings) -> str:
    if isinstance(error, Unauthorized):
        return "Make a new INBOX_API_TOKEN in Inbox → Settings → API."
    if isinstance(error, Forbidden):
        return "Inbox has locked this team or plan: look at Inbox → Settings → Billing."
    if isinstance(error, RateLimited):
        return f"Wait {error.retry_after:.0f} s. The team's quota is used up: which of its tools spends it?"
    if isinstance(error, VersionEnded) and is_pinned(settings.inbox_api_base_url, settings.inbox_api_version):
        return version_words.SET_AUTO
    if error.status >= 500:
        return "That is trouble on Inbox's side: the bot goes on by itself when it is over."
    if error.answered and settings.inbox_api_version != "auto":
        return f"INBOX_API_VERSION is {settings.inbox_api_version}: set it to auto, and check INBOX_API_BASE_URL."
    return "Check the network, and INBOX_API_BASE_URL."


def ago(seconds: float) -> str:
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"
