"""Tells a colleague of a conversation that somebody has assigned to them, with the note that came with it."""

from __future__ import annotations

from bot.assign import views
from bot.assign.jobs import TellAssignee
from bot.assign.views import assigned_message
from bot.context import Bot
from bot.errors import SlackError
from bot.feature import Feature
from bot.people.answers import given_back, tell
from bot.people.colleague import user_of
from bot.queue.job import Asker, Job, Keep, Later, utc_now

feature = Feature()


@feature.handles(TellAssignee)
async def tell_assignee(job: TellAssignee, _: Keep, bot: Bot) -> list[Job]:
    """One direct message to the new assignee, after their quiet hours; without a note none if they do not want it."""
    card, member = await bot.cards.get(job.thread_id), await bot.access.member(job.member_id)
    user = await user_of(bot, member) if member else None
    if card is None or user is None:
        return _unread(job, views.NO_MORE if user else views.NOT_IN_SLACK)
    if card.thread.assignee_id != job.member_id:
        return _unread(job, views.PASSED_ON)
    wanted, now = await bot.preferences.person(user), utc_now()
    if not (wanted.told_of_assignment or job.note):
        return []
    if wanted.quiet and (until := wanted.quiet.until(now)):
        raise Later((until - now).total_seconds(), job)
    place = await bot.cards.place(job.thread_id)
    try:
        link = await bot.slack.permalink(place) if place else None
    except SlackError:
        link = None
    message = assigned_message(card, by=job.by, link=link, note=job.note)
    return [tell(Asker(user=user), message, lasting=True)]


def _unread(job: TellAssignee, why: str) -> list[Job]:
    """Who wrote a note has it back where nobody reads it."""
    if not (job.note and job.asker):
        return []
    return given_back(job.asker, views.unread(why), job.note, lasting=True)


@feature.gives_up(TellAssignee)
async def not_told(job: TellAssignee, error: Exception, bot: Bot) -> list[Job]:
    """After a day in which it could not be told."""
    return _unread(job, views.NOT_IN_SLACK)
