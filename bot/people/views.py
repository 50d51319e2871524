"""What somebody who may not act can do about that, and how colleagues are named in a menu."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.errors import Refused
from bot.models import Member
from bot.slack.blocks import Block, actions, button, option
from bot.text import literal


def way_on(error: Exception) -> list[Block]:
    """A button that asks the admins, below the reason why somebody was refused; none where they could not help."""
    if not (isinstance(error, Refused) and error.admins_help):
        return []
    return actions("way_on", [button("Ask an admin", "ask_admin", "ask")])


def colleagues(members: Sequence[Member], me: str) -> list[Block]:
    """Options of a menu, by member id; `me` is the asker's own. Names that two have go with their addresses."""
    twice = Counter(one.label for one in members)
    ordered = sorted(members, key=lambda one: one.label.casefold())
    return [option(_colleague(one, me, several=twice[one.label] > 1), one.id) for one in ordered]


def _colleague(member: Member, me: str, *, several: bool) -> str:
    you = " (you)" if member.id == me else ""
    address = f", {literal(member.email, 40)}" if several else ""
    return literal(member.label, 75 - len(you + address)) + address + you
