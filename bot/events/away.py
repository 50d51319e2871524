"""What happened while the bot was away: a digest for each channel, which then shows each thread."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.cards.jobs import Announce
from bot.context import Bot
from bot.errors import Gone, InboxError, RateLimited
from bot.events.jobs import Digest
from bot.events.store import Missed
from bot.feature import Feature
from bot.people.tell import unshown
from bot.queue.job import Job, Keep, Later, utc_now
from bot.routing import decide
from bot.rules.jobs import Judge
from bot.text import when_long

FEW: Final = 5  # threads without cards that a digest asks for one by one
READ_FOR: Final = 2.0  # seconds of reading in one job; a long feed takes several
feature = Feature()


@feature.handles(Digest)
async def digest(job: Digest, _: Keep, bot: Bot) -> list[Job]:
    """One message for each channel that sums up, and then shows each thread; the busiest sees no storm."""
    missed, places, began = await bot.feed.collect(job.ref), dict(job.places), utc_now()
    places = places or await _listed(bot, missed)
    for one in missed:
        if one.thread_id not in places:
            if (utc_now() - began).total_seconds() > READ_FOR:
                raise Later(0.0, job.having(places=places))
            try:
                places[one.thread_id] = await _where(bot, one.thread_id)
            except RateLimited as error:
                raise Later(error.retry_after, job.having(places=places)) from error
    follow: list[Job] = []
    for channel in dict.fromkeys(filter(None, places.values())):
        here = [one for one in missed if places[one.thread_id] == channel]
        text = _summary(sum(one.messages for one in here), len(here), here[0].since, stale=job.stale)
        follow.append(Announce(channel=channel, text=text, threads={one.thread_id: one.since for one in here}))
    if any(one.does_more for one in await bot.routes.rules()):  # those that are shown are judged then
        follow += [Judge(thread_id=one.thread_id) for one in missed if places[one.thread_id] is None]
    return follow


@feature.gives_up(Digest)
async def not_shown(job: Digest, error: Exception, bot: Bot) -> list[Job]:
    return [unshown()]


async def _listed(bot: Bot, missed: Sequence[Missed]) -> dict[str, str | None]:
    """The channels of many threads without cards, for a few calls instead of one for each thread."""
    if len(missed) < FEW or not await bot.routes.rules():
        return {}
    try:
        threads = await bot.background.recent_threads(min(one.since for one in missed))
    except InboxError:  # then they are asked for one by one
        return {}
    wanted, places = {one.thread_id for one in missed}, dict[str, str | None]()
    for thread in threads:
        if thread.id in wanted and not await bot.cards.place(thread.id):
            places[thread.id] = (await decide.decide(bot, thread, thread.their_last)).channel
    return places


async def _where(bot: Bot, thread_id: str) -> str | None:
    """The channel of a thread in which somebody wrote while the bot was away: its card's, else the rules'."""
    if place := await bot.cards.place(thread_id):
        return place.channel
    if not await bot.routes.rules():
        return bot.settings.notify_channel  # without asking Inbox
    try:
        thread = await bot.background.thread(thread_id)
    except Gone:
        return None
    return (await decide.decide(bot, thread, thread.their_last)).channel


def _summary(messages: int, threads: int, oldest: datetime, *, stale: bool) -> str:
    """What a channel reads after the bot was away; `stale` when that was longer than Inbox keeps its events."""
    said = f"{messages} message{'s' if messages != 1 else ''} in {threads} conversation{'s' if threads != 1 else ''}"
    gap = " That was longer than Inbox keeps its events, so I looked at the conversations themselves." if stale else ""
    return f"{said} while I was away, the oldest from {when_long(oldest)}.{gap}"
