"""`/inbox consent`: what admins allow a channel to show in which another organisation reads along."""

from __future__ import annotations

from bot.admin import views, words
from bot.cards.jobs import Redraw
from bot.context import Bot
from bot.errors import Mistake
from bot.feature import Console, Feature
from bot.people.announce import announced, channel_of_admin
from bot.people.answers import say
from bot.queue.job import Job

feature = Feature()


@feature.word(
    "consent",
    help="names and texts in this channel, though another organisation reads along; `consent off` ends it",
    admins=True,
)
async def consent(job: Console, typed: str, bot: Bot) -> list[Job]:
    """Names and texts may stand in this channel though another organisation reads it, or no longer."""
    channel = await channel_of_admin(bot, job, words.CONSENT_USAGE)
    match typed.lower():
        case "" if not await bot.sharing.is_shared(channel):
            return [say(job.asker, views.shared_with_nobody(channel))]
        case "":
            await bot.rights.save_consent(channel, job.asker.user)
            said = await announced(bot, job, "consent", channel, words.consent(channel, given=True))
            return [*said, Redraw(channel=channel, told=True)]
        case "off":
            await bot.rights.remove_consent(channel)
            said = await announced(bot, job, "consent off", channel, words.consent(channel, given=False))
            return [*said, Redraw(channel=channel, told=True)]
    raise Mistake(words.CONSENT_USAGE)
