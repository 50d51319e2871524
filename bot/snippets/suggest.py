"""Finds saved replies while somebody types into a menu. Inbox is never asked."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from bot.context import Bot
from bot.errors import Refused, SlackError, StoreUnavailable
from bot.feature import Feature
from bot.slack.payloads import Ack, Body, asker
from bot.snippets.store import TEAM, Snippet
from bot.snippets.views import offered

log = structlog.get_logger(__name__)

WITHIN: Final = 1.0  # seconds; Slack waits three, and nobody who types does
feature = Feature()


@feature.suggests("snippet")
@feature.suggests("snippet_find")
async def suggest(ack: Ack, body: Body, bot: Bot) -> None:
    """Nothing is offered to whoever may not act, and while the store is away."""
    who, found = asker(body), list[Snippet]()
    try:
        async with asyncio.timeout(WITHIN):
            if await bot.access.might_act(who):
                found = await bot.snippets.like(who.user, str(body.get("value") or ""))
    except (Refused, SlackError, StoreUnavailable, TimeoutError) as error:
        log.info("no_snippet_suggested", error=type(error).__name__)
    own = [(one.key, one.name, one.text) for one in found if one.owner != TEAM]
    await ack(**offered(own, [(one.key, one.name, one.text) for one in found if one.owner == TEAM]))
