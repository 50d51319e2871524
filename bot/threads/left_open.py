"""What somebody puts away is what they were shown: where they wrote after that, it is left open, and that is said."""

from __future__ import annotations

from datetime import datetime

from bot import words
from bot.card import Card
from bot.cards.newer import came, is_newer, is_told_more, shown, wrote_since
from bot.context import Bot
from bot.events.jobs import Refresh
from bot.models import Thread
from bot.people import answers
from bot.people.answers import say
from bot.queue.job import Job
from bot.threads.jobs import PUTS_AWAY, Change
from bot.threads.words import left_open, wrote_again


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
        wrote = not card.thread.archived and await is_told_more(bot, card, seen)
    return await _left(bot, job, card, await bot.inbox.thread(job.thread_id)) if wrote else None


async def after_all(bot: Bot, job: Change, card: Card, thread: Thread) -> list[Job] | None:
    """The same, by how Inbox shows the thread that it has just archived: they may have written at that very moment."""
    seen = _guards(job, card)
    return await _left(bot, job, card, thread) if seen is not None and is_newer(thread, seen) else None


def _guards(job: Change, card: Card) -> datetime | None:
    """What was seen last; None where it does not matter, as of what sleeps already and gets another time."""
    return None if card.snoozed and job.pressed else job.last_seen


async def _left(bot: Bot, job: Change, card: Card, thread: Thread) -> list[Job] | None:
    """It is open, or is opened again where this job closed it; None where a colleague has closed it."""
    if thread.archived and not job.begun:
        return None
    if thread.archived:
        thread = await bot.inbox.update_thread(thread.id, archived=False)
    await answers.note(bot, job, "left open: a new message")
    who = card.thread.who
    said = left_open(who) if job.unless_after else wrote_again(who, job.verb)
    return [say(job.asker, said), Refresh(thread_id=thread.id, shown=thread.with_person(card.thread.person))]
