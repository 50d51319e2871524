"""The links of a card."""

from __future__ import annotations

from bot.context import Bot
from bot.feature import Feature
from bot.slack.payloads import Ack, Body

feature = Feature()


@feature.action("open")
@feature.more("open")
async def opened(ack: Ack, body: Body, bot: Bot) -> None:
    """Slack opens the link itself, and only wants to hear that we know."""
    await ack()
