"""Does one thing with many conversations, one after the other, and says how far it is and what it came to.

One job goes from conversation to conversation. Each step hands on to the next in the turn in which it ends, so that
whoever dies over it leaves everything before done once, and the rest to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from bot import accept, words
from bot.bulk import one, views
from bot.bulk import words as bulk
from bot.bulk.jobs import BeginBulk, Bulk, EndBulk, How, StopBulk, TellAssigned, Ticked
from bot.bulk.one import TagGone
from bot.context import Bot
from bot.errors import Gone, InboxError, NotNow, RateLimited, Refused, Unidentified
from bot.events.jobs import Refresh
from bot.feature import Feature
from bot.lists import words as lists
from bot.lists.box_views import BOXED
from bot.lists.find import present
from bot.lists.jobs import ShowAgain
from bot.lists.store import MOST, Listing
from bot.people import answers
from bot.people.access import Actor
from bot.people.answers import say, tell
from bot.people.colleague import user_of
from bot.people.jobs import Tell
from bot.queue.job import Asker, Job, Keep, Later, utc_now
from bot.slack.payloads import Ack, Body, asker, button_value

log = structlog.get_logger(__name__)

PATIENCE: Final = 3600.0  # seconds that Inbox may be away
SAID_EVERY: Final = timedelta(seconds=2)
feature = Feature()


@feature.handles(BeginBulk)
async def begin(job: BeginBulk, _: Keep, bot: Bot) -> list[Job]:
    """Those that are ticked now, with what the list showed of them."""
    await bot.access.actor(job.asker)
    listing_id, page, shown = await bot.listings.seen(job.seen_in, job.asker.user)
    if shown is None:
        return [say(job.asker, lists.TOO_OLD)]
    ticked = await bot.ticks.of(listing_id)
    threads = [each for each in shown.threads if each.id in ticked]
    if shown.running not in ("", job.key):
        return [say(job.asker, bulk.BUSY)]
    if not 0 < len(threads) <= MOST:
        return [say(job.asker, bulk.too_many(len(threads), MOST) if threads else bulk.NOTHING_TICKED)]
    new = _not_seen(shown, page, job.turn)
    seen = {each.id: shown.newest_in(each.id) for each in threads if each.id not in new}
    items = [Ticked(thread_id=each.id, seen=seen.get(each.id), has=each.assignee_id or "") for each in threads]
    said = bulk.begun(job.wanted.act, len(items))
    await bot.listings.put(listing_id, shown.having(running=job.key, said=said))
    work = Bulk(id=job.key, wanted=job.wanted, seen_in=job.seen_in, left=tuple(items), told=utc_now(), asker=job.asker)
    return [_progress(work), work, ShowAgain(seen_in=job.seen_in, goes_on=True, asker=job.asker)]


def _not_seen(shown: Listing, page: int, turn: int | None) -> set[str]:
    """The rows that came to show another message after `page` was drawn, or on another page."""
    there = {one.id for one in shown.threads[page * BOXED : (page + 1) * BOXED]}
    return set() if turn is None else {one for one, came in shown.came.items() if came > turn or one not in there}


@feature.handles(Bulk)
async def work(job: Bulk, keep: Keep, bot: Bot) -> list[Job]:
    """One conversation, and the job for those that are left."""
    if not job.begun and await bot.stops.stopped(job.id, job.asker.user):
        return await _ended(bot, job, stopped=True)
    if job.waits:
        if not job.slept:
            raise Later(_pause(bot, job), job.having(slept=True))
        return [job.having(waits=False, slept=False, rests=0.0)]
    if not job.left:  # whom the last ones were with, is forgotten
        return await _ended(bot, job)
    return await _step(bot, job, keep)


async def _step(bot: Bot, job: Bulk, keep: Keep) -> list[Job]:
    async def begin(begun: bool) -> None:
        nonlocal job
        if begun != job.begun:
            job = job.having(begun=begun)
            await keep(job)

    try:
        actor = await bot.access.actor(job.asker, fresh=True)
        how, why, follow = await _one(replace(bot, inbox=bot.background), job, begin, actor)
    except TagGone:
        return await _ended(bot, job, why=bulk.TAG_GONE)
    except (NotNow, Unidentified) as error:
        if await bot.stops.stopped(job.id, job.asker.user):
            return await _broken_off(bot, job, stopped=True)
        if job.age > PATIENCE:
            return await _broken_off(bot, job, why=bulk.AWAY)
        wait = error.retry_after if isinstance(error, RateLimited) else 0.0
        log.info("bulk_waits", ref=job.ref, error=type(error).__name__)
        waiting = job.having(tries=job.tries + 1, waits=True, rests=wait)
        said, job = _said(waiting, bulk.waits(wait))
        return [*said, job]
    except Refused as error:
        return await _broken_off(bot, job, why=answers.explain(bot, error, job.ref))
    came = next((one.shown for one in follow if isinstance(one, Refresh)), None) if how == "fresh" else None
    if how == "failed" and job.begun:
        follow = [*follow, *one.undo(job)]
    return [*follow, *await _next(bot, job.after(how, why, came))]


async def _one(bot: Bot, job: Bulk, begin: one.Begin, actor: Actor) -> tuple[How, str, Sequence[Job]]:
    """What became of the first that is left, why it failed if it did, and what follows. Raises `NotNow`."""
    try:
        how, follow = await one.done(bot, job, begin, actor)
        return how, "", follow
    except NotNow:
        raise
    except Gone as error:
        how, why = one.gone(bot, job, error)
        return how, why, [Refresh(thread_id=job.left[0].thread_id)]
    except InboxError as error:
        log.warning("bulk_refused", ref=job.ref, thread=job.left[0].thread_id, status=error.status, code=error.code)
        return "failed", answers.explain(bot, error, job.ref), []


async def _next(bot: Bot, job: Bulk) -> list[Job]:
    if not job.left:
        return await _ended(bot, job)
    said, job = _said(job)
    return [*said, job]


def _said(job: Bulk, wait: str = "") -> tuple[list[Job], Bulk]:
    """How far it is, unless that was said just now; `wait` is why it does not go on (mrkdwn)."""
    now = utc_now()
    if job.told and now - job.told < SAID_EVERY:
        return [], job
    job = job.having(told=now)
    return [_progress(job, wait)], job


def _pause(bot: Bot, job: Bulk) -> float:
    pauses = bot.timing.pauses
    return job.rests or pauses[min(job.tries, len(pauses)) - 1]


def _progress(job: Bulk, wait: str = "") -> Tell:
    how, total = list(job.how.values()), len(job.how) + len(job.left)
    message = views.progress(bulk.progress(job.wanted.act, how, total, wait), job.id)
    return tell(job.asker, message, meanwhile=True)


async def _broken_off(bot: Bot, job: Bulk, *, why: str = "", stopped: bool = False) -> list[Job]:
    """It ends where Inbox may have been asked for the first that is left, and does not say what became of that."""
    if not job.begun:
        return await _ended(bot, job, why=why, stopped=stopped)
    return [*one.undo(job), *await _ended(bot, job.after("unsure"), why=why, stopped=stopped)]


async def _ended(bot: Bot, job: Bulk, *, why: str = "", stopped: bool = False) -> list[Job]:
    """What it came to, in the direct message and in the list."""
    act, how = job.wanted.act, job.how
    stay = [one for one, came in how.items() if came in bulk.STAYING]
    people = {one: each.person.label for one, each in (await bot.cards.threads(stay)).items() if each.person}
    said = bulk.outcome(act, how, len(job.left), names=people, why=why or job.why, stopped=stopped)
    changed = [one for one, came in how.items() if came == "done"]
    await answers.note(bot, job, f"{'stopped' if stopped else 'ended'}: {len(changed)} of {len(how) + len(job.left)}")
    log.info("bulk_ended", ref=job.ref, act=act, done=len(changed), left=len(job.left), stopped=stopped)
    end = EndBulk(id=job.id, seen_in=job.seen_in, threads=tuple(how), said=said, came=job.came, asker=job.asker)
    told: list[Job] = [tell(job.asker, views.said(said), lasting=True), end]
    if act == "assign" and job.wanted.assignee and changed:
        by = await _name(bot, job)
        told += [TellAssigned(member_id=job.wanted.assignee, by=by, count=len(changed))] if by else []
    return told


async def _name(bot: Bot, job: Bulk) -> str:
    """Who asked for it; "" where they have it now themselves, or may not act any more."""
    try:
        actor = await bot.access.actor(job.asker)
    except (Refused, InboxError):
        return "A colleague"
    return "" if actor.member.id == job.wanted.assignee else actor.name


@feature.gives_up(Bulk)
async def passed_over(job: Bulk, error: Exception, bot: Bot) -> list[Job]:
    """One that nobody can work is passed over, whoever it is; the others are not."""
    if not job.left:
        return []
    undo = one.undo(job) if job.begun else []
    return [*undo, *await _next(bot, job.after("failed", words.unexpected(job.ref)))]


@feature.action("bulk_stop")
async def press_stop(ack: Ack, body: Body, bot: Bot) -> None:
    """The button in the direct message, and in the list."""
    await accept.asked(bot, StopBulk(id=button_value(body), asker=asker(body)))
    await ack()


@feature.handles(StopBulk)
async def stop(job: StopBulk, _: Keep, bot: Bot) -> list[Job]:
    """Of what somebody else began, nothing stops."""
    await bot.access.actor(job.asker)
    await bot.stops.stop(job.id, job.asker.user)
    await bot.lanes.hurry(job.stopped)
    return []


@feature.handles(EndBulk)
async def end(job: EndBulk, _: Keep, bot: Bot) -> list[Job]:
    """The list as it is now, and nothing ticked in it; one that is gone by now needs nothing."""
    listing_id, _page, shown = await bot.listings.seen(job.seen_in, job.asker.user)
    if shown is None:
        return []
    came = {one.id: one for one in job.came}
    for thread_id in job.threads:
        shown = shown.with_change(thread_id, came.get(thread_id) or await present(bot, thread_id))
    running = "" if shown.running == job.id else shown.running
    await bot.listings.put(listing_id, shown.having(running=running, said=job.said))
    await bot.ticks.put(listing_id, [])
    return [ShowAgain(seen_in=job.seen_in, asker=job.asker)]


@feature.handles(TellAssigned)
async def tell_assigned(job: TellAssigned, _: Keep, bot: Bot) -> list[Job]:
    """One direct message for all of them, after quiet hours; none to whoever wants none."""
    member = await bot.access.member(job.member_id)
    user = await user_of(bot, member) if member else None
    if user is None:
        return []
    wanted, now = await bot.preferences.person(user), utc_now()
    if not wanted.told_of_assignment:
        return []
    if wanted.quiet and (until := wanted.quiet.until(now)):
        raise Later((until - now).total_seconds(), job)
    return [tell(Asker(user=user), views.said(bulk.assigned_you(job.by, job.count)), lasting=True)]
