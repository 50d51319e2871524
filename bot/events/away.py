"""What happened while the bot was away: a digest for each channel, which then shows each thread."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog

from bot.cards.jobs import Announce, Missed
from bot.cards.posting import comes_first
from bot.context import Bot
from bot.errors import Gone, InboxError, Unavailable
from bot.events import store
from bot.events.jobs import Digest, RouteMissed
from bot.feature import Feature
from bot.models import Thread
from bot.people.tell import unshown, unshown_summary
from bot.queue.job import Job, Keep, Later, utc_now
from bot.routing import decide
from bot.rules.jobs import Judge
from bot.text import when_long

log = structlog.get_logger(__name__)

FEW: Final = 5  # threads without cards that a digest asks for one by one
READ_FOR: Final = 2.0  # seconds of reading in one job; a long feed takes several
LISTED_FOR: Final = 5.0  # seconds for the list and for those in it, which is read once; one more fits into the job
AT_MOST: Final = 4.0  # seconds for the list, and for one thread: a slow one holds up none, and both fit into a job
feature = Feature()


@feature.handles(Digest)
async def digest(job: Digest, _: Keep, bot: Bot) -> list[Job]:
    """One message for each channel that sums up, and then shows each thread; the busiest sees no storm."""
    missed = await bot.feed.collect(job.ref)
    stale = job.stale or await bot.feed.missed_more(job.ref)
    job = await _placed(bot, job, missed)
    follow: list[Job] = []
    for channel in dict.fromkeys(filter(None, job.places.values())):
        here = [one for one in missed if job.places[one.thread_id] == channel]
        text = _summary(sum(one.messages for one in here), len(here), here[0].since, stale=stale)
        known = {one.thread_id: one.since for one in here if one.thread_id not in job.unknown}
        follow.append(Announce(channel=channel, text=text, threads=known))
    follow += [RouteMissed(thread_id=one.thread_id, since=one.since) for one in missed if one.thread_id in job.unknown]
    if any(one.does_more for one in await bot.routes.rules()):  # those that are shown are judged then
        nowhere = [one.thread_id for one in missed if job.places[one.thread_id] is None]
        follow += [Judge(thread_id=one) for one in nowhere if one not in job.unknown]
    return follow


@feature.gives_up(Digest)
async def not_summed_up(job: Digest, error: Exception, bot: Bot) -> list[Job]:
    return [unshown_summary()]


@feature.handles(RouteMissed)
async def route(job: RouteMissed, _: Keep, bot: Bot) -> list[Job]:
    """What the digest could not find out of one thread."""
    if channel := await _where(bot, job.thread_id):
        return [Missed(channel=channel, thread_id=job.thread_id, since=job.since)]
    return [Judge(thread_id=job.thread_id)]


@feature.gives_up(RouteMissed)
async def not_shown(job: RouteMissed, error: Exception, bot: Bot) -> list[Job]:
    return [unshown()]


async def _placed(bot: Bot, job: Digest, missed: Sequence[store.Missed]) -> Digest:
    """The digest with the place of each thread. One that Inbox refuses, or does not tell for a while, goes by itself.

    Those that are listed come first, as the list is read once: again only where Inbox does not answer for a while.
    Raises `Later`, with the places found so far.
    """
    places, unknown, began = dict(job.places), list(job.unknown), utc_now()
    left = [one for one in missed if one.thread_id not in places]
    listed = {} if job.listed else await _listed(bot, left)
    left.sort(key=lambda one: one.thread_id not in listed)
    for number, thread_id in enumerate(one.thread_id for one in left):
        job = job.having(places=places, unknown=tuple(unknown))
        spent = (utc_now() - began).total_seconds()
        if number and spent > (LISTED_FOR if thread_id in listed else READ_FOR):
            raise Later(0.0, job.having(listed=True))
        try:
            async with asyncio.timeout(AT_MOST):
                places[thread_id] = await _where(bot, thread_id, listed.get(thread_id))
        except (InboxError, TimeoutError) as error:
            refusal = error if isinstance(error, InboxError) else Unavailable("the thread took too long")
            await comes_first(bot, job, refusal)
            log.warning("place_unknown", ref=job.ref, thread=thread_id, status=refusal.status, code=refusal.code)
            places[thread_id] = bot.settings.notify_channel
            unknown.append(thread_id)
    return job.having(places=places, unknown=tuple(unknown))


async def _listed(bot: Bot, missed: Sequence[store.Missed]) -> dict[str, Thread]:
    """Many threads for a few calls instead of one for each; none where Inbox does not list them in time."""
    if len(missed) < FEW or not await bot.routes.rules():
        return {}
    try:
        async with asyncio.timeout(AT_MOST):
            threads = await bot.background.recent_threads(min(one.since for one in missed))
    except (InboxError, TimeoutError):  # then they are asked for one by one
        return {}
    return {one.id: one for one in threads}


async def _where(bot: Bot, thread_id: str, listed: Thread | None = None) -> str | None:
    """The channel of a thread in which somebody wrote while the bot was away: its card's, else the rules'.

    Raises `InboxError`.
    """
    if place := await bot.cards.place(thread_id):
        return place.channel
    if not await bot.routes.rules():
        return bot.settings.notify_channel  # without asking Inbox
    try:
        thread = listed or await bot.background.thread(thread_id)
    except Gone:
        return None
    return (await decide.decide(bot, thread, thread.their_last)).channel


def _summary(messages: int, threads: int, oldest: datetime, *, stale: bool) -> str:
    """What a channel reads after the bot was away; `stale` when that was longer than Inbox keeps its events."""
    said = f"{messages} message{'s' if messages != 1 else ''} in {threads} conversation{'s' if threads != 1 else ''}"
    gap = " That was longer than Inbox keeps its events, so I looked at the conversations themselves." if stale else ""
    return f"{said} while I was away, the oldest from {when_long(oldest)}.{gap}"
