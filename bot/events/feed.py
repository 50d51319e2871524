"""Reads the event feed from where it was left, and gives each event its turn."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.cards.posting import comes_first
from bot.context import Bot
from bot.errors import InboxError, NotNow
from bot.events.jobs import Digest, Notify, Sync
from bot.events.store import Turn
from bot.events.types import wanted
from bot.feature import Feature
from bot.inbox.event import Event
from bot.queue.job import Job, Keep, utc_now

log = structlog.get_logger(__name__)

AWAY: Final = 300.0  # seconds without reading the feed: what happened meanwhile is summed up
KEPT: Final = timedelta(days=7)  # how long Inbox keeps its events
OVERLAP: Final = timedelta(minutes=10)  # of two versions' feeds, as Inbox's clock and ours may differ
READ_FOR: Final = 2.0  # seconds of reading in one job; a long feed takes several
AT_MOST: Final = 6.0  # seconds after which a page that was begun in time is left in the middle, to be asked for again
TOGETHER: Final = 50  # events of the feed that have their turns in one step
feature = Feature()


@feature.handles(Sync)
async def sync(job: Sync, _: Keep, bot: Bot) -> list[Job]:
    """Give every event after the cursor its turn, then those whose webhook came but that the feed does not show.

    Where the feed alone cannot be read for a while, the events that wait go on in their own order: better than never.
    """
    follow: list[Job] = []
    waiting = await bot.feed.waiting()  # what comes during the reading has a reading of its own, for its order
    try:
        if not await _read_on(bot):
            return [Sync()]
        follow = await _summed_up(bot)
    except InboxError as error:
        log.warning("feed_not_read", ref=job.ref, status=error.status, code=error.code)
        await comes_first(bot, job, error)
    for event in waiting:
        await bot.feed.turn(event, wanted(event))
    return follow


async def _read_on(bot: Bot) -> bool:
    """Read the feed to its end, or for a while: whether the end was reached.

    What happened before the bot ran for the first time is history. What happened during a time away is only
    counted, for the digest.
    """
    spoken, known = bot.background.version, bot.feed.moves()
    cursor, last = await bot.feed.cursor(), await bot.feed.read_at()
    began = await _begins(bot, cursor, last)
    at = utc_now()
    missed_until = await _away(bot, last, at) if last is not None else None
    while (utc_now() - at).total_seconds() < READ_FOR:
        page = await bot.background.events(cursor)
        if bot.background.version != spoken:
            return False  # whose feed the page is of is not known, and the cursor is not this version's
        for start in range(0, len(page.events), TOGETHER):
            part = page.events[start : start + TOGETHER]
            ours = [one for one in part if began is None or one.created_at >= began]
            await bot.feed.turns([_turn(one, missed_until) for one in ours])
            await bot.feed.advance(part[-1].seq, spoken, known)
            if (utc_now() - at).total_seconds() > AT_MOST:
                return False  # a slow Redis gets through a page all the same
        cursor = page.last_seq if page.last_seq is not None else cursor
        await bot.feed.advance(cursor or 0, spoken, known)
        if not page.has_more or page.last_seq is None:
            await bot.feed.was_read(at)
            return True
    return False


async def _begins(bot: Bot, cursor: int | None, last: datetime | None) -> datetime | None:
    """Since when events have their turn, until a feed has been read through for the first time; then None.

    What happened before the first start is history. What the other API version's feed told is known: reading up to
    a week of it again would hold up what is new.
    """
    before = await bot.feed.read_before()
    if last is not None and cursor is not None and before is None:
        return None
    began = await bot.feed.began()
    return max(began, before - OVERLAP) if before else began


async def _away(bot: Bot, last: datetime, at: datetime) -> datetime | None:
    """Until when nobody has read the feed, if for long; after longer than it goes back, look at the threads."""
    if (at - last).total_seconds() <= AWAY:
        return None
    if at - last > KEPT and not await bot.feed.knows_gap():
        await bot.feed.miss_gap(await _written_in(bot, last), last)
    return await bot.feed.absence(last, at)


async def _written_in(bot: Bot, since: datetime) -> list[str]:
    """Ids of the threads in which somebody wrote since then; none where Inbox will never tell, as the feed must go on.

    Raises `NotNow`.
    """
    try:
        async with asyncio.timeout(AT_MOST):
            return [one.id for one in await bot.background.recent_threads(since)]
    except NotNow:
        raise
    except (InboxError, TimeoutError) as error:
        log.error("gap_not_read", error=type(error).__name__)
        return []


def _turn(event: Event, missed_until: datetime | None) -> Turn:
    """What happens by it now; a message from during a time away waits for the digest."""
    asked, late = wanted(event), missed_until is not None and event.created_at < missed_until
    if late and event.thread_id and any(isinstance(one, Notify) for one in asked):
        return Turn(event, [one for one in asked if not isinstance(one, Notify)], missed=True)
    return Turn(event, asked)


async def _summed_up(bot: Bot) -> list[Job]:
    """The digest of what was missed, now or by a reading that died before its digest."""
    if await bot.feed.has_missed():
        return [Digest()]
    await bot.feed.drop_gap()
    return []
