"""What somebody who may not act can do about that."""

from __future__ import annotations

from bot.errors import Refused
from bot.slack.blocks import Block, actions, button


def way_on(error: Exception) -> list[Block]:
    """A button that asks the admins, below the reason why somebody was refused; none where they could not help."""
    if not (isinstance(error, Refused) and error.admins_help):
        return []
    return actions("way_on", [button("Ask an admin", "ask_admin", "ask")])
