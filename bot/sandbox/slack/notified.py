"""Whom a message notifies by itself: whom it mentions, where they are, and the other one in a direct message.

https://docs.slack.dev/messaging/formatting-message-text: a mention notifies members of the channel alone. Whoever
follows a thread hears of it besides, which is theirs to choose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from bot.sandbox.slack.records import BOT_USER, Channel, Message, UserGroup
from bot.slack.visible_text import seen

MENTION: Final = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
GROUP: Final = re.compile(r"<!subteam\^(S[A-Z0-9]+)(?:\|[^>]*)?>")
EVERYBODY: Final = re.compile(r"<!(?:channel|here|everyone)(?:\|[^>]*)?>")


def notified(message: Message, channel: Channel, groups: Mapping[str, UserGroup]) -> set[str]:
    """The ids of these people; nobody is notified of what they wrote themselves. Blocks count where there are any."""
    if channel.user:
        return {channel.user} - {message.user}
    words = seen(message.payload())
    asked = set(MENTION.findall(words))
    asked |= {user for one in GROUP.findall(words) if one in groups for user in groups[one].users}
    asked |= channel.members if EVERYBODY.search(words) else set()
    return asked & channel.members - {message.user, BOT_USER}
