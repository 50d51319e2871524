"""The profiles that a Slack message links to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.recipient import WIDE, Recipient, Unreadable, read

MOST: Final = 3  # profiles of one message
# A token of Slack's, a bare address on one of the platforms, or any other address, whose own parts are no profiles.
_LINK: Final = re.compile(
    r"<([^<>|]+)(?:\|[^<>]*)?>"
    r"|(?<![^\W_])(?:(?<![.@/&?%#-])|(?=https?://))"
    r"(_?(?:https?://)?(?:[\w-]{1,20}\.)?(?:x|twitter|linkedin)\.com/[^\s<>|\"”»,;&?]+(?:\?[^\s<>|\"”»,;]*)?)"
    r"|(?:https?://|(?:[\w-]{1,63}\.){1,5}[a-z]{2,24}/)[^\s<>|\"”»,;]*",
    re.IGNORECASE,
)


def in_text(said: str) -> tuple[Recipient, ...]:
    """Those whose profiles or posts a Slack message links to; at most three."""
    return tuple(dict.fromkeys(_links(said)))[:MOST]


def _links(said: str) -> Iterator[Recipient]:
    for token, bare in _LINK.findall(said.translate(WIDE)):
        try:
            found = read(token or bare)
        except Unreadable:
            continue
        if found.platform:
            yield found
