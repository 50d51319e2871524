"""A conversation that Inbox has just archived or reopened is snoozed, or is so no longer."""

from __future__ import annotations

from datetime import datetime

from bot.card import Card, Snoozed
from bot.context import Bot
from bot.models import Thread
from bot.people.access import Actor
from bot.people.answers import say
from bot.queue.job import Job, utc_now
from bot.snooze import views
from bot.snooze.jobs import ended_by
from bot.threads.jobs import Change, Wish


async def changed(bot: Bot, job: Change, card: Card, actor: Actor, thread: Thread) -> list[Job]:
    """What follows from a change that somebody made from Slack and that Inbox has confirmed."""
    if job.snooze is None:
        await bot.snoozes.end(thread.id)
        return []
    wish, now = job.snooze, utc_now()
    snoozed = Snoozed(
        id=f"{job.key}-{thread.id}",  # many may be snoozed at once
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
    await bot.waiting.sleeps(thread.id, wish.until)
    unknown = [thread.last_message] if thread.last_message else []  # written before it was archived
    return [*_told(job, wish, card, snoozed), *ended_by(thread.id, snoozed, unknown)]


def _known(wish: Wish, card: Card, thread: Thread) -> datetime | None:
    """When the newest message was written that whoever snoozes it could know.

    A list shows what Inbox shows, a card what stands on it.
    """
    shown = [newest(card), thread.last_message.created_at if wish.listed and thread.last_message else None]
    return wish.after or max((one for one in shown if one), default=None)


def newest(card: Card) -> datetime | None:
    """When the newest message on the card was written."""
    on_card = card.latest or card.thread.last_message
    return on_card.created_at if on_card else None


def _told(job: Change, wish: Wish, card: Card, snoozed: Snoozed) -> list[Job]:
    """A colleague's snooze gave way; from a list, the card is not seen."""
    before, told = card.snoozed, list[Job]()
    if wish.listed:
        told.append(say(job.asker, views.put_aside(snoozed, card.thread.person)))
    if before and before.id != snoozed.id and before.by != snoozed.by:
        told.append(say(job.asker, views.instead(before)))
    return told
