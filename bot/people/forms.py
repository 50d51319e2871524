"""Modals that are opened at once and filled by a worker: who may see one, and what stands there when nobody may.

Raises `SlackAway`; what Inbox refuses is said in the view.
"""

from __future__ import annotations

from typing import Final

from bot.context import Bot
from bot.errors import InboxError, NotThere, Refused, SlackError
from bot.people import answers
from bot.people.access import Actor
from bot.people.views import way_on
from bot.queue.job import Asked, Filled, Job
from bot.slack.blocks import View, loading_modal, notice_modal

TRIGGER_LIVES: Final = 2.5  # seconds; Slack's three, less the way there


async def actor(bot: Bot, job: Filled, title: str, typed: str = "") -> Actor | None:
    """Who asks for the form; None when they may not have it, which the view then says, with what they `typed`."""
    try:
        return await bot.access.actor(job.asker)
    except (Refused, InboxError) as error:
        await answers.note(bot, job, answers.outcome(error))
        why = answers.explain(bot, error, job.ref)
        await fill(bot, job.view_id, notice_modal(title, why, typed, way_on(error)), typed)
        return None


async def opened(bot: Bot, job: Asked, title: str) -> str | None:
    """The id of a loading view that what somebody did brings up; None where that is too long ago, or was tried."""
    if job.asker.trigger and job.age < TRIGGER_LIVES and job.tries == 0:
        try:
            return await bot.slack.open_view(job.asker.trigger, loading_modal(title))
        except SlackError:
            return None  # too late after all
    return None


async def notice(bot: Bot, job: Filled, title: str, sentence: str, typed: str = "") -> list[Job]:
    """Say `sentence` (mrkdwn) instead of the form, and hand back what somebody `typed`; no job follows."""
    await fill(bot, job.view_id, notice_modal(title, sentence, typed), typed)
    return []


async def told(bot: Bot, job: Asked, view_id: str, title: str, sentence: str) -> list[Job]:
    """Say it in the modal in which somebody waits for it, if any is open; else what says it in private."""
    if view_id and await fill(bot, view_id, notice_modal(title, sentence)):
        return []
    return [answers.say(job.asker, sentence)]


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
