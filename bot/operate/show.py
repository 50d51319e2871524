"""`bot show`: all that was set in Slack, in words, with the names of channels and people."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import Final

from bot.admin.overview import Part, Stores, of_people, of_the_team
from bot.channels.store import Preferences
from bot.errors import BotError
from bot.features import KINDS
from bot.inbox.transport import http_client
from bot.network import network_of
from bot.people.links import Links
from bot.people.rights import Rights
from bot.routing.store import Routes
from bot.settings import Settings
from bot.slack.names import Names
from bot.snippets.store import Snippets
from bot.start import inbox_that_answers, opened_redis, opened_slack

NAMES_WITHIN: Final = 10.0  # seconds; beyond it, ids stand for themselves
_MARKS: Final = re.compile(r"(?<!\w)\*(\S(?:[^*\n]*\S)?)\*(?!\w)|`([^`\n]+)`")


async def show(settings: Settings) -> int:
    """Print it; where Slack or Inbox does not answer, with ids in place of names."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(opened_slack(settings))
        redis = await stack.enter_async_context(opened_redis(settings))
        stores = Stores(Routes(redis), Preferences(redis), Links(redis), Rights(redis, KINDS), Snippets(redis))
        members = await _members(settings)
        parts = [*await of_the_team(stores, settings.notify_channel, members), *await of_people(stores)]
        print(await written(parts, Names(slack)))
    return 0


async def written(parts: Iterable[Part], names: Names) -> str:
    """Without Slack's marks."""
    said = "\n\n".join("\n".join([one.title, *(f"  {line}" for line in one.lines)]) for one in parts)
    said = await names.put_into(_MARKS.sub(lambda found: found[1] or found[2], said))
    return html.unescape(said).replace("\u2060", "")


async def _members(settings: Settings) -> dict[str, str]:
    """The members' names by id, where Inbox tells them."""
    base = settings.inbox_api_base_url
    try:
        async with http_client(base, network_of(settings)) as http, asyncio.timeout(NAMES_WITHIN):
            inbox = await inbox_that_answers(settings, http)
            return {one.id: one.label for one in await inbox.members()}
    except (BotError, TimeoutError):
        return {}
