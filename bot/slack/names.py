"""The names of channels and people, for those who read what the bot says outside of Slack."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Final

from bot.errors import SlackError
from bot.slack.client import Slack

WITHIN: Final = 5.0  # seconds for all names of a text; an id stands for itself where Slack does not answer
_SHOWN: Final = re.compile(r"<(@[UW]|#[CG])([A-Z0-9]+)>")


class Names:
    """Asks Slack once for each."""

    def __init__(self, slack: Slack) -> None:
        self._slack, self._known = slack, dict[str, str]()

    async def channel(self, channel: str) -> str:
        """`#support (C0123)`; the id alone where Slack does not say."""
        name = await self._ask(channel, self._slack.channel_name)
        return f"#{name} ({channel})" if name else channel

    async def user(self, user: str) -> str:
        """`Ana (U0123)`."""
        name = await self._ask(user, self._user_name)
        return f"{name} ({user})" if name else user

    async def put_into(self, text: str) -> str:
        """`<#C0123>` and `<@U0123>` with names in their place."""
        found = {(one[1][0], one[1][1] + one[2]) for one in _SHOWN.finditer(text)}
        try:
            async with asyncio.timeout(WITHIN):
                for sign, id in sorted(found):
                    await (self.user(id) if sign == "@" else self.channel(id))
        except TimeoutError:
            pass  # the others are ids

        def shown(one: re.Match[str]) -> str:
            sign, id = one[1][0], one[1][1] + one[2]
            name = self._known.get(id, "")
            return f"{'#' if sign == '#' else ''}{name} ({id})" if name else id

        return _SHOWN.sub(shown, text)

    async def _user_name(self, user: str) -> str:
        return (await self._slack.profile(user)).name

    async def _ask(self, id: str, ask: Callable[[str], Awaitable[str]]) -> str:
        if id not in self._known:
            try:
                self._known[id] = await ask(id)
            except SlackError:
                self._known[id] = ""
        return self._known[id]
