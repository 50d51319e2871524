"""Replies below a card that the bot has not noted yet, or has forgotten: Slack tells which conversation's card it is.

A card stands in Slack before the bot knows that it does: Slack has not answered yet, or the worker that posted it died.
"""

from __future__ import annotations

from bot import words
from bot.cards.button_views import conversation_of
from bot.context import Bot
from bot.errors import NotThere
from bot.feature import Feature
from bot.models import Place
from bot.people.answers import explain, say
from bot.queue.job import Job, Keep
from bot.thread_replies.jobs import Early, Echo
from bot.thread_replies.words import stayed_in_slack

feature = Feature()


@feature.handles(Early)
async def early(job: Early, _: Keep, bot: Bot) -> list[Job]:
    """Hand the wish on to its conversation. Nothing follows below a post of the bot that is no card.

    Raises `NotThere` where the post is gone.
    """
    place = Place(job.asker.channel or "", job.asker.thread_ts or "")
    thread_id = job.wish.thread_id or await _conversation(bot, place)
    return [job.wish.having(thread_id=thread_id)] if thread_id else []


async def _conversation(bot: Bot, place: Place) -> str:
    if thread_id := await bot.cards.at(place):
        return thread_id
    posted = await bot.slack.shown(place)
    if posted is None:
        raise NotThere("message_not_found")
    return conversation_of(posted) if posted.get("user") == bot.installation.bot_user else ""


@feature.gives_up(Early)
async def stayed(job: Early, error: Exception, bot: Bot) -> list[Job]:
    """Nobody can say whose card it is."""
    why = stayed_in_slack(words.NO_CARD) if isinstance(job.wish, Echo) else explain(bot, error, job.ref)
    return [say(job.asker, why)]
