"""Completes known people in the form behind `/dm`, while somebody types. Inbox is never asked."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from bot.context import Bot
from bot.dm.views import KNOWN, suggestions
from bot.errors import Refused, SlackError, StoreUnavailable
from bot.feature import Feature
from bot.models import Person
from bot.recipient import Recipient
from bot.slack.payloads import Ack, Body, asker

log = structlog.get_logger(__name__)

WITHIN: Final = 1.0  # seconds; Slack waits three, and nobody who types does
feature = Feature()


@feature.suggests(KNOWN)
async def suggest(ack: Ack, body: Body, bot: Bot) -> None:
    """Nobody is offered to whoever may not act, and while the store is away."""
    found: list[Person] = []
    try:
        async with asyncio.timeout(WITHIN):
            if await bot.access.might_act(asker(body)):
                found = await bot.directory.known.like(str(body.get("value") or ""))
    except (Refused, SlackError, StoreUnavailable, TimeoutError) as error:
        log.info("nobody_suggested", error=type(error).__name__)
    await ack(options=suggestions({Recipient(one.platform, platform_id=one.platform_id).key: one for one in found}))
