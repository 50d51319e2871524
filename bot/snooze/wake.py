"""Wakes what is snoozed when its time has come, or when something happens there before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.card import Card, Snoozed
from bot.cards.jobs import Render
from bot.context import Bot
from bot.errors import Gone, NotNow, RateLimited
from bot.events.jobs import Refresh
from bot.feature import Feature
from bot.inbox.event import Event
from bot.models import Thread
from bot.people import answers
from bot.queue.job import DAY, Job, Keep, Later
from bot.queue.retries import tried
from bot.queue.timer import Look
from bot.snooze.jobs import Ring, Rouse, Woken

log = structlog.get_logger(__name__)

CLOCKS_DIFFER: Final = timedelta(minutes=1)  # at most, Inbox's and ours
feature = Feature()


@feature.looks
def look(bot: Bot) -> Look:
    """As often as anything is looked at, where something is due."""
    return Look("snoozed", Ring, bot.timing.poll, bot.snoozes.anything)


@feature.handles(Ring)
async def ring(_: Ring, __: Keep, bot: Bot) -> list[Job]:
    """Each that is due is woken by a job of its own, once."""
    due = await bot.snoozes.due()
    known = await bot.snoozes.of([one.thread_id for one in due])
    still = set(await bot.snoozes.due())  # else what was read may be another snooze, until later
    for one in due:
        if one in still and (snoozed := known.get(one.thread_id)):
            job = Rouse(thread_id=one.thread_id, snoozed=snoozed)
            await bot.lanes.accept(job, once=f"rouse:{snoozed.id}:{one.at}")
        await bot.snoozes.rung(one)
    return []


@feature.handles(Rouse)
async def rouse(job: Rouse, keep: Keep, bot: Bot) -> list[Job]:
    """Reopen it in Inbox; where that cannot be done now, try again for a day."""
    if job.waits:
        if not job.slept:
            raise Later(_pause(bot, job), job.having(slept=True))
        return [job.having(waits=False, slept=False)]
    if job.done:
        return await _ended(bot, job)
    card = await bot.cards.get(job.thread_id)
    if card is None or card.snoozed is None or card.snoozed.id != job.snoozed.id:
        return []
    try:
        thread = await _reopened(bot, card, card.snoozed)
    except Gone as error:
        if not error.code:
            raise
        return await _gone(bot, job)
    except NotNow as error:
        if job.age > DAY:
            return await _given_up(bot, job)
        log.info("not_woken_yet", ref=job.ref, thread=job.thread_id, status=error.status)
        wait = error.retry_after if isinstance(error, RateLimited) else 0.0
        return [tried(job).having(waits=True, rests=wait)]
    if thread is None:
        await bot.snoozes.end(job.thread_id, job.snoozed.id)
        return [Refresh(thread_id=job.thread_id)]
    await bot.waiting.reopened(job.thread_id, woken=True)
    await bot.cards.write(thread.with_person(card.thread.person))
    await bot.directory.saw(thread)
    job = job.having(done=True)
    await keep(job)
    return await _ended(bot, job)


async def _reopened(bot: Bot, card: Card, snoozed: Snoozed) -> Thread | None:
    """The conversation, reopened; None where somebody else has reopened it already.

    Once it is said that it is being woken, whoever finds it open takes that for our doing. Raises `InboxError`.
    """
    thread_id = card.thread.id
    if not snoozed.waking:
        thread = await bot.inbox.thread(thread_id)
        if not thread.archived and not (snoozed.even and await _written_since(bot, thread, snoozed)):
            return None
        await bot.snoozes.amend(thread_id, snoozed.having(waking=True))
    return await bot.inbox.update_thread(thread_id, archived=False)


def _pause(bot: Bot, job: Rouse) -> float:
    pauses = bot.timing.pauses
    return job.rests or pauses[min(job.tries, len(pauses)) - 1]


async def _ended(bot: Bot, job: Rouse) -> list[Job]:
    """Inbox has confirmed it: whoever has to know is told, which is also the reminder of who waits there."""
    await bot.snoozes.end(job.thread_id, job.snoozed.id)
    wait = await bot.waiting.get(job.thread_id)
    if wait and wait.since is not None and not job.quiet:
        await bot.waiting.reminded(job.thread_id, wait.since)
    await answers.note_of_ours(bot, job, "wake", job.thread_id, "done")
    log.info("woken", ref=job.ref, thread=job.thread_id, quiet=job.quiet)
    told = [] if job.quiet else [Woken(thread_id=job.thread_id, snoozed=job.snoozed)]
    return [Render(thread_id=job.thread_id), *told]


async def _gone(bot: Bot, job: Rouse) -> list[Job]:
    """Somebody has deleted it meanwhile."""
    await bot.cards.bury(job.thread_id)
    await bot.snoozes.end(job.thread_id, job.snoozed.id)
    return [Render(thread_id=job.thread_id)]


async def _given_up(bot: Bot, job: Rouse) -> list[Job]:
    """It stays archived, and whoever has to know is told."""
    await bot.snoozes.end(job.thread_id, job.snoozed.id)
    return [Render(thread_id=job.thread_id), Woken(thread_id=job.thread_id, snoozed=job.snoozed, failed=True)]


@feature.gives_up(Rouse)
async def not_woken(job: Rouse, error: Exception, bot: Bot) -> list[Job]:
    """Inbox will never do it, or nobody knows why it fails."""
    return await _given_up(bot, job)


# --- what happens elsewhere ------------------------------------------------------------------------------------------
async def seen(bot: Bot, card: Card, thread: Thread, event: Event | None) -> Thread:
    """The thread as Inbox shows it; a snooze ends where somebody has reopened it.

    Inbox reopens by itself what somebody writes in: a snooze that is to last even then archives it again. Raises
    `InboxError`.
    """
    snoozed = card.snoozed
    if snoozed is None or snoozed.waking:
        return thread
    if thread.archived:
        if not snoozed.even and _reopened_and_archived(event, snoozed):
            await bot.snoozes.end(thread.id, snoozed.id)
        return thread
    if snoozed.even and (after := await _written_since(bot, thread, snoozed)):
        archived = await bot.background.update_thread(thread.id, archived=True)
        await bot.snoozes.amend(thread.id, snoozed.having(after=after))
        return archived.with_person(thread.person)
    await bot.snoozes.end(thread.id, snoozed.id)
    return thread


def _reopened_and_archived(event: Event | None, snoozed: Snoozed) -> bool:
    """Whether an event tells that somebody reopened what is archived again by now."""
    return event is not None and event.type == "thread.unarchived" and event.created_at > snoozed.at + CLOCKS_DIFFER


async def _written_since(bot: Bot, thread: Thread, snoozed: Snoozed) -> datetime | None:
    """When they wrote last, where that was after the snooze and nobody has answered since; else None."""
    last = thread.last_message or next(iter(await bot.background.messages(thread.id, 1)), None)
    return last.created_at if last and last.inbound and last.created_at > snoozed.after else None
