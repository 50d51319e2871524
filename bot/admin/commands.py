"""What admins hear, what they allow a shared channel to show, and the record of who did what."""

from __future__ import annotations

from typing import Final

import structlog

from bot.admin import words
from bot.context import Bot
from bot.errors import Mistake
from bot.feature import Console, Feature
from bot.people.announce import announced, channel_of_admin
from bot.people.answers import say, tell
from bot.people.jobs import TellAdmins
from bot.queue.job import Asker, Job, Keep
from bot.slack.blocks import Msg

log = structlog.get_logger(__name__)

SHOWN: Final = 20  # acts in `/inbox log`
feature = Feature()


@feature.handles(TellAdmins)
async def tell_admins(job: TellAdmins, _: Keep, bot: Bot) -> list[Job]:
    """To the people in BOT_ADMINS, or where it names nobody to the workspace's admins and owners."""
    everyone = sorted(bot.admins) or await bot.slack.admins()
    if not everyone:
        log.error("no_admin_to_tell", ref=job.ref, about=job.name)
    message: Msg = {"text": job.text, "blocks": []}
    return [tell(Asker(user=one), message, lasting=True) for one in everyone if one != job.but]


@feature.word(
    "consent",
    help="names and texts in this channel, though another organisation reads along; `consent off` ends it",
    admins=True,
)
async def consent(job: Console, typed: str, bot: Bot) -> list[Job]:
    """Names and texts may stand in this channel though another organisation reads it, or no longer."""
    channel = await channel_of_admin(bot, job, words.CONSENT_USAGE)
    match typed.lower():
        case "":
            await bot.rights.save_consent(channel, job.asker.user)
            return await announced(bot, job, "consent", channel, words.consent(channel, given=True))
        case "off":
            await bot.rights.remove_consent(channel)
            return await announced(bot, job, "consent off", channel, words.consent(channel, given=False))
    raise Mistake(words.CONSENT_USAGE)


@feature.word("log", help="who did what", admins=True, alone=True)
async def show_log(job: Console, typed: str, bot: Bot) -> list[Job]:
    """The last acts, for the admin alone."""
    await bot.access.admin(job.asker)
    lines = [
        words.act(one.at, one.user, one.what, one.about, one.channel, one.outcome, one.ref)
        for one in await bot.record.newest(SHOWN)
    ]
    return [say(job.asker, words.listed(lines, words.NO_ACTS))]
