"""A direct message to somebody who wants no mention, or had quiet hours: who waits in their conversations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import structlog

from bot.context import Bot
from bot.errors import SlackRefused
from bot.feature import Feature
from bot.queue.job import Job, Keep, Later, utc_now
from bot.store.quota import NEW
from bot.waits import views
from bot.waits.jobs import TellWhoWaits

log = structlog.get_logger(__name__)
LOOK: Final = 900.0  # seconds; somebody may end their quiet hours meanwhile
feature = Feature()


@feature.handles(TellWhoWaits)
async def tell_who_waits(job: TellWhoWaits, _: Keep, bot: Bot) -> list[Job]:
    """All of them at once; of what was answered, archived or passed on meanwhile, nothing."""
    untold = await bot.noticed.untold(job.user)
    if not untold:
        return []
    choices, now = await bot.preferences.person(job.user), utc_now()
    if choices.heard != "nothing" and choices.quiet and (until := choices.quiet.until(now)):
        raise Later(min((until - now).total_seconds(), LOOK), job)
    waiters = await _waiters(bot, job.user, untold) if choices.heard != "nothing" else []
    if waiters:
        if wait := await bot.quota.channel(job.user, job.lane, NEW, job.at.timestamp()):
            raise Later(wait, job)
        try:
            await bot.slack.post(job.user, views.who_waits(waiters))
        except SlackRefused as error:
            log.warning("not_told_who_waits", ref=job.ref, user=job.user, error=error.code)
    await bot.noticed.told(job.user, untold)
    return []


async def _waiters(bot: Bot, user: str, untold: Mapping[str, datetime]) -> list[views.Waiter]:
    """Those who wait still, in conversations that `user` has still."""
    found = []
    for thread_id, since in untold.items():
        card, place = await bot.cards.get(thread_id), await bot.cards.place(thread_id)
        if card is None or card.gone or not (card.waiting_since and card.waiting_since <= since):
            continue
        if card.thread.assignee_id and await bot.access.acts_as(user, card.thread.assignee_id):
            person = card.thread.person
            link = bot.installation.permalink(*place) if place else None
            found.append(views.Waiter(person.label if person else "Someone", card.waiting_since, link))
    return found
