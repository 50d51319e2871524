"""Whether a message whose time has come may still be sent, and whether its writer is to be asked first.

Raises `InboxError` where Inbox does not tell.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from bot.cards.views import why_not
from bot.context import Bot
from bot.later import words
from bot.later.jobs import Scheduled, Why
from bot.models import Thread
from bot.queue.job import utc_now
from bot.text import plain

AWAY: Final = timedelta(hours=1)  # after which what was to be sent may not be right any more


class Doubt(NamedTuple):
    """Why its writer is asked first, and when the newest message was written that they know of then."""

    why: Why
    seen: datetime


async def hindered(bot: Bot, known: Scheduled) -> str:
    """Why it cannot be sent (mrkdwn): the account, or the conversation's restrictions; "" where it can."""
    send = known.send
    links = await bot.directory.account_links(fresh=True)
    link = next((one for one in links if one.id == send.address.account_link_id), None)
    if link is None:
        return words.not_connected(plain(send.account, 80))
    thread = Thread(id="", account_link_id=link.id, platform=send.address.platform)
    if send.address.thread_id:
        thread = await bot.inbox.thread(send.address.thread_id)
    return why_not(thread, link)


async def against(bot: Bot, known: Scheduled) -> Doubt | None:
    """What its writer did not know when they wrote it or said last that it is to be sent."""
    newest = await _newest(bot, known)
    if newest > known.seen:
        return Doubt("wrote", newest)
    if known.copied or utc_now() - known.at > AWAY:
        return Doubt("late", newest)
    if known.pressed:
        return None
    if any(one.state == "asks" and one.order < known.order for one in await bot.schedule.between(known.to)):
        return Doubt("order", newest)
    others = (await bot.attempts.writers(known.send.person)).keys() - {known.send.asker.user}
    return Doubt("colleague", newest) if known.send.first and others else None


async def _newest(bot: Bot, known: Scheduled) -> datetime:
    """When they wrote last, in the conversation or in one that has begun meanwhile; `seen` where not since then."""
    found = [one for thread in await _threads(bot, known) for one in await bot.inbox.messages(thread, since=known.seen)]
    return max([known.seen, *(one.created_at for one in found if one.inbound)])


async def _threads(bot: Bot, known: Scheduled) -> list[str]:
    address = known.send.address
    if address.thread_id:
        return [address.thread_id]
    there = await bot.cards.threads(sorted(await bot.cards.threads_of(address.platform_id)))
    return [one.id for one in there.values() if one.account_link_id == address.account_link_id]
