"""A direct message to somebody who wants no mention, or had quiet hours: who waits in their conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import structlog

from bot.card import Card
from bot.context import Bot
from bot.errors import SlackRefused
from bot.feature import Feature
from bot.queue.job import Job, Keep, Later, utc_now
from bot.reminders.jobs import Nudge
from bot.store.quota import NEW
from bot.waits import views
from bot.waits.jobs import TellWhoWaits
from bot.waits.notice import sleeps_on

log = structlog.get_logger(__name__)
LOOK: Final = 900.0  # seconds; somebody may end their quiet hours meanwhile
feature = Feature()


@feature.handles(TellWhoWaits)
async def tell_who_waits(job: TellWhoWaits, _: Keep, bot: Bot) -> list[Job]:
    """All of them at once; of what was answered, archived or passed on meanwhile, nothing.

    What nobody has any more is the channel's: it is reminded.
    """
    untold = await bot.noticed.untold(job.user)
    if not untold:
        return []
    choices, now = await bot.preferences.person(job.user), utc_now()
    if choices.heard != "nothing" and choices.quiet and (until := choices.quiet.until(now)):
        raise Later(min((until - now).total_seconds(), LOOK), job)
    still = await _still(bot, untold)
    waiters = await _waiters(bot, job.user, still) if choices.heard != "nothing" else []
    if waiters:
        if wait := await bot.quota.channel(job.user, job.lane, NEW, job.at.timestamp()):
            raise Later(wait, job)
        try:
            await bot.slack.post(job.user, views.who_waits(waiters))
        except SlackRefused as error:
            log.warning("not_told_who_waits", ref=job.ref, user=job.user, error=error.code)
    nudges = await _nudges(bot, still)
    await bot.noticed.told(job.user, untold)
    return nudges


async def _still(bot: Bot, untold: Mapping[str, datetime]) -> list[Card]:
    """The conversations in which they wait still."""
    found = []
    for thread_id, since in untold.items():
        card = await bot.cards.get(thread_id)
        if card and card.waiting_since and card.waiting_since <= since and not (card.gone or sleeps_on(card)):
            found.append(card)
    return found


async def _waiters(bot: Bot, user: str, still: Sequence[Card]) -> list[views.Waiter]:
    """Those in conversations that `user` has still."""
    found = []
    for card in still:
        if card.thread.assignee_id and await bot.access.acts_as(user, card.thread.assignee_id):
            place = await bot.cards.place(card.thread.id)
            link = bot.installation.permalink(*place) if place else None
            found.append(views.Waiter(card.thread.who, card.waiting_since or utc_now(), link))
    return found


async def _nudges(bot: Bot, still: Sequence[Card]) -> list[Job]:
    """A reminder of each conversation that nobody has, unless the channel was reminded of it."""
    jobs: list[Job] = []
    for card in still:
        place, wait = await bot.cards.place(card.thread.id), await bot.waiting.get(card.thread.id)
        if card.thread.assignee_id is None and place and wait and wait.since:
            jobs.append(Nudge(channel=place.channel, threads={card.thread.id: wait.since}))
    return jobs
