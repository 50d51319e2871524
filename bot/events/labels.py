"""A tag or a status was made, renamed or deleted: what names it does so by the name that it has now."""

from __future__ import annotations

from typing import Final

from bot.cards.jobs import Render
from bot.cards.redraw import AT_ONCE, PAUSE
from bot.context import Bot
from bot.events.jobs import Refresh, Relabel
from bot.feature import Feature
from bot.queue.job import Job, Keep, Later

MOST: Final = 500  # cards, the newest ones; an older one has the name with the next thing that happens to it
feature = Feature()


@feature.handles(Relabel)
async def relabel(job: Relabel, _: Keep, bot: Bot) -> list[Job]:
    """Of what was deleted, Inbox is asked who has it no more: the event names nobody."""
    if not job.left:
        await bot.directory.forget_labels()
    if job.left is None:
        job = job.having(left=tuple(await bot.cards.labelled(job.label_id, MOST)))
    left = job.left or ()
    now, later = left[:AT_ONCE], left[AT_ONCE:]
    then = [Refresh(thread_id=one) if job.deleted else Render(thread_id=one) for one in now]
    if not later:
        return [*then]
    pause = len(now) * PAUSE * bot.timing.channel_interval
    raise Later(pause, job.having(left=later, tries=0, failures=0, deaths=0), *then)
