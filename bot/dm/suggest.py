"""Completes known people in the form behind `/dm`, while somebody types. Inbox is never asked."""

from __future__ import annotations

from bot import accept
from bot.context import Bot
from bot.dm.views import KNOWN, suggestions
from bot.feature import Feature
from bot.recipient import Recipient
from bot.slack.payloads import Ack, Body

feature = Feature()


@feature.suggests(KNOWN)
async def suggest(ack: Ack, body: Body, bot: Bot) -> None:
    """Whom the bot has heard of."""
    found = await accept.completing(bot, body, bot.directory.known.like)
    await ack(options=suggestions({Recipient(one.platform, platform_id=one.platform_id).key: one for one in found}))
