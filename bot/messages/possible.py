"""What can be done with a message now, by the account, the conversation, the platform and its time.

https://docs.inboxapp.com/guides/core-concepts: allowed is what the account link is capable of and the thread does not
restrict; `mutationWindows` say for how long. API v1 tells none of it, so there Inbox itself says no.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from bot.cards.views import restricted
from bot.messages import words
from bot.models import AccountLink, Limits, Message, Thread
from bot.text import platform_name
from bot.words import account_offline

NEEDS: Final[Mapping[str, tuple[str, ...]]] = {  # capabilities, by the action id of a button of *This message…*
    "reply_to": ("message:send", "message:reply"),
    "react": ("message:react",),
    "edit_message": ("message:edit",),
    "unsend": ("message:unsend",),
}


def hindered(
    doing: str, message: Message, thread: Thread, link: AccountLink | None, limits: Limits | None, now: datetime
) -> str:
    """Why that cannot be done (mrkdwn); "" where it can, or where only Inbox can tell."""
    if message.deleted:
        return words.DELETED
    if link and link.status != "active":
        return account_offline(link.label, platform_name(thread.platform))
    for capability in NEEDS[doing]:
        if capability in thread.restrictions:
            platform = platform_name(thread.platform)
            return restricted(platform) if capability == "message:send" else words.forbidden(platform)
        if link and link.capabilities and capability not in link.capabilities:
            return words.cannot(link.label, platform_name(thread.platform))
        seconds = limits.windows.get(capability) if limits else None
        if seconds is not None and now > (closed := message.created_at + timedelta(seconds=seconds)):
            return words.too_late(closed)
    return ""
