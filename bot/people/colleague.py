"""Who a member of Inbox is in Slack."""

from __future__ import annotations

from typing import Final

import structlog

from bot.context import Bot
from bot.models import Member

log = structlog.get_logger(__name__)
NOBODY_HOLDS: Final = 300.0  # seconds until somebody who was not found in Slack is looked for again


async def user_of(bot: Bot, member: Member) -> str | None:
    """The Slack user who acts as `member`, linked or by address; None when nobody may.

    Raises `SlackError` and `InboxError` where that cannot be told now, and `Unidentified`.
    """
    for user in await bot.links.users(member.id) or await _with_address(bot, member):
        if await bot.access.acts_as(user, member.id):
            return user
    log.info("assignee_not_in_slack", member=member.id)
    return None


async def acting_as(bot: Bot, member_id: str | None) -> str | None:
    """The Slack user who may act, as the member; without one, the channel is reminded."""
    if member_id is None:
        return None
    for user in await bot.links.users(member_id):
        if await bot.access.acts_as(user, member_id):
            return user
    return None


async def _with_address(bot: Bot, member: Member) -> list[str]:
    """Slack is asked now and then: a hundred conversations may be assigned to somebody who is not there."""
    unknown = f"not-in-slack:{member.id}"
    if not member.email or await bot.quota.held_for(unknown):
        return []
    user = await bot.slack.user_with(member.email)
    if user is None:
        await bot.quota.hold(unknown, NOBODY_HOLDS)
    return [user] if user else []
