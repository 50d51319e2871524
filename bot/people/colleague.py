"""Who a member of Inbox is in Slack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog

from bot.context import Bot
from bot.errors import SlackAway, SlackError, Unidentified
from bot.models import Member

log = structlog.get_logger(__name__)
NOBODY_HOLDS: Final = 300.0  # seconds until somebody who was not found in Slack is looked for again


async def user_of(bot: Bot, member: Member) -> str | None:
    """The Slack user who acts as `member`, linked or by address; None when nobody may.

    Raises `SlackError` and `InboxError` where that cannot be told now, and `Unidentified`.
    """
    linked = await bot.links.users(member.id)
    if user := await _first(bot, linked, member):
        return user
    others = [one for one in await _with_address(bot, member) if one not in linked]
    if user := await _first(bot, others, member):
        return user
    log.info("assignee_not_in_slack", member=member.id)
    return None


async def _first(bot: Bot, users: Sequence[str], member: Member) -> str | None:
    """A link may be of an account that was deactivated since."""
    for user in users:
        if await bot.access.acts_as(user, member.id):
            return user
    return None


async def acting_as(bot: Bot, member_id: str | None) -> str | None:
    """The same by the member's id; without one, the channel is reminded, and so it is where Slack does not say.

    Raises `InboxError` and `Unidentified`.
    """
    member = next((one for one in await bot.directory.members() if one.id == member_id), None) if member_id else None
    try:
        return await user_of(bot, member) if member else None
    except SlackError as error:
        if isinstance(error, SlackAway):
            raise Unidentified("Slack does not answer who that is") from error
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
