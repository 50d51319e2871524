"""What admins are told without asking: once, with the remedy, and again only when it was well in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.jobs import TellAdmins
from bot.store.lanes import Lanes
from bot.store.rights import Rights
from bot.views import words

NAME: Final = "inbox-refuses-us"


class Notices:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, lanes: Lanes, rights: Rights) -> None:
        self._lanes, self._rights = lanes, rights
        self._refused: bool | None = None  # whether Inbox refused the token last; None before it answered

    async def inbox_answered(self, _: Mapping[str, str], status: int) -> None:
        """Look at the status of each answer: a 401 is told, the first good answer after it ends that."""
        if status == 401 and not self._refused:
            await self._lanes.accept(TellAdmins(name=NAME, text=words.INBOX_REFUSES))
            self._refused = True
        elif 200 <= status < 300 and self._refused is not False:
            await self._rights.well(NAME)
            self._refused = False
