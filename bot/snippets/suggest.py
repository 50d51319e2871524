"""Finds saved replies while somebody types into a menu. Inbox is never asked."""

from __future__ import annotations

from functools import partial

from bot import accept
from bot.context import Bot
from bot.feature import Feature
from bot.slack.payloads import Ack, Body, asker
from bot.snippets.store import TEAM
from bot.snippets.views import offered

feature = Feature()


@feature.suggests("snippet")
@feature.suggests("snippet_find")
async def suggest(ack: Ack, body: Body, bot: Bot) -> None:
    """Their own and the team's."""
    found = await accept.completing(bot, body, partial(bot.snippets.like, asker(body).user))
    own = [(one.key, one.name, one.text) for one in found if one.owner != TEAM]
    await ack(**offered(own, [(one.key, one.name, one.text) for one in found if one.owner == TEAM]))
