"""What somebody typed in Slack, as people outside Slack read it."""

from __future__ import annotations

from bot import text
from bot.context import Bot
from bot.errors import SlackRefused


async def decoded(bot: Bot, raw: str) -> str:
    """Slack's markup as plain text, people's mentions as their names."""
    names: dict[str, str] = {}
    for user in text.mentioned(raw):
        profile = await bot.directory.profiles.get(user)
        if profile is None:
            try:
                profile = await bot.slack.profile(user)
            except SlackRefused:
                continue
        names[user] = profile.name
    return text.decode(raw, names)
