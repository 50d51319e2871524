"""What somebody puts away is what they were shown: where they wrote after that, it is left open, and that is said."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bot import words
from bot.card import Card
from bot.cards.jobs import Missed
from bot.cards.newer import NOTHING, came, is_newer, is_told_more, shown, shows_newer, wrote_since
from bot.context import Bot
from bot.errors import Gone, InboxError, NotNow, RateLimited
from bot.events.jobs import Refresh
from bot.models import Thread
from bot.people import answers
from bot.people.answers import meanwhile, say
from bot.queue.job import SENDS_WAIT, Job, Later, utc_now
from bot.queue.retries import tried
from bot.threads.jobs import PUTS_AWAY, Change
from bot.threads.words import already, left_open, opening_again, stays_away, wrote_again

HEARD_WITHIN: Final = timedelta(minutes=1)  # what they write is told of
JUST_AFTER: Final = timedelta(microseconds=1)


async def with_seen(bot: Bot, job: Change) -> Change:
    """The same, knowing what was shown: earlier versions did not note that. Of a list that is gone, nobody knows."""
    if job.verb not in PUTS_AWAY or job.last_seen is not None or job.listed_wish:
        return job
    return job.having(seen=await shown(bot, job.seen_in, job.asker.user, job.thread_id))


async def instead(bot: Bot, job: Change, card: Card) -> list[Job] | None:
    """What follows where it is left open; None where it is to be put away. Raises `InboxError`.

    The card is kept up to date. A list is not, and not what the card says of what a worker had begun who died since.
    """
    if job.verb in PUTS_AWAY and job.seen_in and job.seen is None:  # what is drawn anew says that the list is gone
        return [say(job.asker, words.HOME_TOO_OLD)] if job.seen_in == "home" else []
    seen = _guards(job, card)
    if seen is None:
        return None
    if job.unless_after:
        wrote = await came(bot, job.thread_id, seen)
    elif job.begun or job.seen_in or job.listed_wish:
        wrote = await wrote_since(bot, await bot.inbox.thread(job.thread_id), seen)
    else:
        wrote = await is_told_more(bot, card, seen)
    return await _left(bot, job, card, await bot.inbox.thread(job.thread_id)) if wrote else None


async def after_all(bot: Bot, job: Change, card: Card, thread: Thread) -> list[Job] | None:
    """The same, by how Inbox shows the thread that it has just archived: they may have written at that very moment."""
    seen = _guards(job, card)
    return await _left(bot, job, card, thread) if seen is not None and is_newer(thread, seen) else None


def _guards(job: Change, card: Card) -> datetime | None:
    """What was seen last; None where it does not matter, as of what sleeps already and gets another time."""
    return None if card.snoozed and job.pressed else job.last_seen


async def undone(bot: Bot, job: Change) -> list[Job]:
    """What follows where it may have been put away unread, by how Inbox shows it now: a colleague may have read it.

    Raises `Later` while Inbox does not let it.
    """
    card = await bot.cards.get(job.thread_id)
    if card is None:
        return []
    job = job.having(since=job.since or utc_now())  # which versions before 2026-12 did not note
    try:
        thread = await bot.inbox.thread(job.thread_id)
        wrote = await wrote_since(bot, thread, job.last_seen)
    except Gone:
        raise
    except InboxError as error:
        return await _not_opened(bot, job, card, error)
    return (await _left(bot, job, card, thread) if wrote else None) or [_shown(card, thread)]


async def _left(bot: Bot, job: Change, card: Card, thread: Thread) -> list[Job] | None:
    """It is open, or is opened again where this job closed it; a colleague who has closed or answered it has read that.

    None where it was snoozed until they write.
    """
    if not thread.archived:
        return await _said(bot, job, card, thread)
    if job.begun and is_newer(thread, job.last_seen):
        return await _opened(bot, job, card)
    what, by = "archived", card.archived.who if card.archived and card.thread.archived else None
    if card.snoozed:
        if not card.snoozed.even:
            return None
        what, by = "snoozed", card.snoozed.name
    await answers.note(bot, job, "nothing to do")
    return [say(job.asker, already(what, by)), _shown(card, thread)]


async def _opened(bot: Bot, job: Change, card: Card) -> list[Job]:
    """What this job has put away is open again, however long Inbox takes: nobody has read what they wrote."""
    try:
        thread = await bot.inbox.update_thread(job.thread_id, archived=False)
    except Gone:
        raise
    except InboxError as error:
        then = [] if job.since and not job.untold else [meanwhile(job.asker, opening_again(card.thread.who))]
        told = job.having(since=job.since or utc_now(), untold=False)
        return await _not_opened(bot, told, card, error, *then)
    return await _said(bot, job, card, thread)


async def _not_opened(bot: Bot, job: Change, card: Card, error: InboxError, *then: Job) -> list[Job]:
    """It is tried again, with what is to be done meanwhile, unless Inbox refuses or has not let it for ten minutes."""
    if not isinstance(error, NotNow) or (utc_now() - (job.since or job.at)).total_seconds() > SENDS_WAIT:
        await answers.note(bot, job, answers.outcome(error))
        said = [] if job.untold else [say(job.asker, stays_away(card.thread.who))]
        return [*said, Refresh(thread_id=job.thread_id)]
    pauses = bot.timing.pauses
    wait = error.retry_after if isinstance(error, RateLimited) else pauses[min(job.tries, len(pauses) - 1)]
    raise Later(wait, tried(job).having(undo=True), *then) from error


async def _said(bot: Bot, job: Change, card: Card, thread: Thread) -> list[Job]:
    await answers.note(bot, job, "left open: a new message")
    who = card.thread.who
    said = left_open(who) if job.unless_after else wrote_again(who, job.verb)
    return [say(job.asker, said), _shown(card, thread), *await _overlooked(bot, job, card, thread)]


async def _overlooked(bot: Bot, job: Change, card: Card, thread: Thread) -> list[Job]:
    """What shows in the channel what they wrote a while ago, where no event tells of it: else nobody could read it."""
    seen, last, place = job.last_seen, thread.last_message, await bot.cards.place(thread.id)
    if seen is None or last is None or place is None or shows_newer(card, seen):
        return []
    if utc_now() - last.created_at < HEARD_WITHIN:
        return []
    since = last.created_at if seen == NOTHING else seen + JUST_AFTER
    return [Missed(channel=place.channel, thread_id=thread.id, since=since)]


def _shown(card: Card, thread: Thread) -> Refresh:
    return Refresh(thread_id=thread.id, shown=thread.with_person(card.thread.person))
