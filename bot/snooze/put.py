"""A conversation that Inbox has just archived or reopened is snoozed, or is so no longer."""

from __future__ import annotations

from datetime import datetime

from bot.context import Bot
from bot.models import Card, Snoozed, Thread
from bot.people.access import Actor
from bot.people.answers import say
from bot.queue.job import Job, utc_now
from bot.snooze import views
from bot.snooze.jobs import Rouse
from bot.threads.jobs import Change, Wish


async def changed(bot: Bot, job: Change, card: Card, actor: Actor, thread: Thread) -> list[Job]:
    """What follows from a change that somebody made from Slack and that Inbox has confirmed."""
    if job.snooze is None:
        await bot.snoozes.end(thread.id)
        return []
    wish, now = job.snooze, utc_now()
    snoozed = Snoozed(
        id=job.key,
        until=wish.until,
        by=actor.user,
        member=actor.member.id,
        name=actor.name,
        at=now,
        after=_known(wish, card, thread) or now,
        even=wish.even,
        reminds=wish.reminds,
    )
    await bot.snoozes.put(thread.id, snoozed)
    return [*_told(job, wish, card, snoozed), *_written_meanwhile(thread, snoozed)]


def _known(wish: Wish, card: Card, thread: Thread) -> datetime | None:
    """When the newest message was written that whoever snoozes it could know.

    A list shows what Inbox shows, a card what stands on it.
    """
    on_card = card.latest or card.thread.last_message
    shown = [one.created_at for one in (on_card, thread.last_message if wish.listed else None) if one]
    return wish.after or max(shown, default=None)


def _told(job: Change, wish: Wish, card: Card, snoozed: Snoozed) -> list[Job]:
    """A colleague's snooze gave way; from a list, the card is not seen."""
    before, told = card.snoozed, list[Job]()
    if wish.listed:
        told.append(say(job.asker, views.put_aside(snoozed, card.thread.person)))
    if before and before.id != snoozed.id and before.by != snoozed.by:
        told.append(say(job.asker, views.instead(before)))
    return told


def _written_meanwhile(thread: Thread, snoozed: Snoozed) -> list[Job]:
    """They wrote before it was archived, and nobody here knew: it comes back."""
    last = thread.last_message
    if snoozed.even or not (last and last.inbound and last.created_at > snoozed.after):
        return []
    return [Rouse(thread_id=thread.id, snoozed=snoozed, quiet=True)]
