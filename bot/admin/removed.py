"""Slack took the app or its token away."""

from __future__ import annotations

import structlog

from bot.context import Bot
from bot.feature import Feature
from bot.slack.payloads import Ack, Body

log = structlog.get_logger(__name__)
feature = Feature()


@feature.event("app_uninstalled")
async def uninstalled(ack: Ack, body: Body, bot: Bot) -> None:
    """The workspace removed the app."""
    await _revoked(bot, body)
    await ack()


@feature.event("tokens_revoked")
async def tokens_revoked(ack: Ack, body: Body, bot: Bot) -> None:
    """Only the bot's own token matters: it acts for nobody else's."""
    if bot.installation.bot_user in (body["event"]["tokens"].get("bot") or ()):
        await _revoked(bot, body)
    await ack()


async def _revoked(bot: Bot, body: Body) -> None:
    if body.get("team_id") == bot.installation.team:
        log.error("revoked", why=body["event"]["type"], remedy="install the app again and restart")
        await bot.install.revoke()
