"""Modals that are opened at once and filled by a worker: who may see one, and what stands there when nobody may.

Raises `SlackAway`; what Inbox refuses is said in the view.
"""

from __future__ import annotations

from bot.context import Bot
from bot.errors import InboxError, NotThere, Refused
from bot.people import answers
from bot.people.access import Actor
from bot.people.views import way_on
from bot.queue.job import Filled
from bot.slack.blocks import View, notice_modal


async def actor(bot: Bot, job: Filled, title: str, typed: str = "") -> Actor | None:
    """Who asks for the form; None when they may not have it, which the view then says, with what they `typed`."""
    try:
        return await bot.access.actor(job.asker)
    except (Refused, InboxError) as error:
        await answers.note(bot, job, answers.outcome(error))
        why = answers.explain(bot, error, job.ref)
        await fill(bot, job.view_id, notice_modal(title, why, typed, way_on(error)), typed)
        return None


async def notice(bot: Bot, job: Filled, title: str, sentence: str, typed: str = "") -> None:
    """Say `sentence` (mrkdwn) instead of the form, and hand back what somebody `typed`."""
    await fill(bot, job.view_id, notice_modal(title, sentence, typed), typed)


async def fill(bot: Bot, view_id: str, view: View, typed: str = "") -> bool:
    """Show `view` in place of what is there; False when the person has closed it.

    Raises `NotThere` instead where what they `typed` would be lost with it: the last word on the job hands it back.
    """
    try:
        await bot.slack.update_view(view_id, view)
    except NotThere:
        if typed:
            raise
        return False
    return True
