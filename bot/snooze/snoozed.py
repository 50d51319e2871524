"""`/inbox snoozed`: what is put aside, and until when."""

from __future__ import annotations

from bot.context import Bot
from bot.feature import Console, Feature
from bot.lists.find import begin
from bot.people.answers import say
from bot.queue.job import Job
from bot.snooze import views

feature = Feature()


@feature.word("snoozed", help="conversations that are put aside, those that come back first on top", alone=True)
async def snoozed(job: Console, typed: str, bot: Bot) -> list[Job]:
    """The whole team's, as far as the bot snoozed them; Inbox is not asked."""
    await bot.access.actor(job.asker)
    found = await bot.cards.threads(list(await bot.snoozes.all()))
    if not found:
        return [say(job.asker, views.NONE_SNOOZED)]
    return [await begin(bot, job, views.title(len(found)), tuple(found.values()), ())]
