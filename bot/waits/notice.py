"""Who is to notice that a wait begins, and how: the assignee, by a mention or a message, or else the whole channel."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.card import Card
from bot.context import Bot
from bot.errors import InboxError, SlackRefused, Unidentified
from bot.models import Heard, Message
from bot.people.colleague import user_of
from bot.queue.job import utc_now
from bot.waits.jobs import Notice, TellWhoWaits

CLOCKS: Final = timedelta(seconds=5)  # what Inbox's clock and ours may differ by
Ear = tuple[str, Heard]
"""A Slack user, and how they hear of it."""


async def notice(bot: Bot, thread_id: str, channel: str, messages: Sequence[Message]) -> Notice:
    """What a post of `messages` below a card in `channel` does besides. A direct message is on its way by then."""
    inbound = [one for one in messages if one.inbound]
    card, choices, noticed = await asyncio.gather(
        bot.cards.get(thread_id), bot.preferences.channel(channel), bot.noticed.until(thread_id)
    )
    wanted = choices.broadcast
    every = wanted == "every" and bool(inbound)
    since = _begins(card, inbound, noticed) if card else None
    if card is None or since is None:
        return Notice(broadcast=every)
    until = max(since, *(one.created_at for one in inbound))
    if sleeps_on(card):
        return Notice(broadcast=every, until=until)  # it is noticed when it wakes
    ear = await _ear(bot, card, since)
    if ear is None:
        return Notice(broadcast=wanted != "thread", until=until)
    user, how = ear
    if how == "message" or (how == "mention" and not await can_mention(bot, channel, user)):
        await bot.noticed.tell(user, thread_id, since)
        await bot.lanes.accept(TellWhoWaits(user=user))
        how = "message"
    back = wanted == "once" and _was_archived(card, since)
    return Notice(mention=user if how == "mention" else "", broadcast=every or back, until=until)


def sleeps_on(card: Card) -> bool:
    """Whether somebody snoozed it so that no message wakes it."""
    return card.snoozed is not None and card.snoozed.even


def by_card(card: Card) -> Notice:
    """A new conversation's card, here as it was before, tells everybody that somebody waits."""
    return Notice(until=card.latest.created_at if card.latest else None)


def _begins(card: Card, inbound: Sequence[Message], until: datetime | None) -> datetime | None:
    """Since when somebody waits, if nobody has noticed that so far and they wrote so in one of these messages.

    `until`: what they wrote until then was noticed.
    """
    since = card.waiting_since
    if since is None or not any(one.created_at >= since for one in inbound):
        return None
    before = since <= until if until else since < min(one.created_at for one in inbound)  # an older version was silent
    return None if before else since


async def _ear(bot: Bot, card: Card, since: datetime) -> Ear | None:
    """Who has the conversation, and how they want to hear of it; None where nobody in Slack has it."""
    member_id = card.thread.assignee_id
    if member_id is None:
        return None
    try:
        member = await bot.access.member(member_id)
        user = await user_of(bot, member) if member else None
    except (InboxError, SlackRefused, Unidentified):  # then rather too many hear of it than nobody
        return None
    if member is None or user is None:
        return None
    taken = card.assigned
    if taken and taken.at > since and taken.is_by(member_id, member.name):
        return user, "nothing"  # they took it for that
    choices = await bot.preferences.person(user)
    is_quiet = choices.quiet is not None and choices.quiet.until(utc_now()) is not None
    return user, "message" if choices.heard == "mention" and is_quiet else choices.heard


async def can_mention(bot: Bot, channel: str, user: str) -> bool:
    """Where outsiders read along, no colleague is named; and a mention notifies members of the channel alone."""
    if not await bot.sharing.shows(channel):
        return False
    if await bot.noticed.is_in(channel, user):
        return True
    try:
        found = await bot.slack.is_member(channel, user)
    except SlackRefused:
        return True  # Slack does not say
    if found:
        await bot.noticed.saw_in(channel, user)
    return found


def _was_archived(card: Card, since: datetime) -> bool:
    """Whether the conversation was archived when they wrote: Inbox opens it again by itself."""
    changed = card.archived
    if card.thread.archived or changed is None:
        return card.thread.archived
    return changed.at >= since - (CLOCKS if changed.who is None else timedelta())
