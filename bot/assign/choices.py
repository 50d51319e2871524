"""`/inbox reply-assigns` and `/inbox assignments`: what a channel and a person choose about assignment.

Raises `Refused` for people who may not choose that.
"""

from __future__ import annotations

from bot.assign import views
from bot.context import Bot
from bot.errors import Mistake
from bot.feature import Console, Feature
from bot.people.announce import announced, channel_of_admin
from bot.people.answers import say
from bot.queue.job import Job

feature = Feature()


@feature.word("assignments", help="whether you hear of conversations that colleagues assign to you: `on`, `off`")
async def assignments(job: Console, typed: str, bot: Bot) -> list[Job]:
    """Anyone, for themselves."""
    user = (await bot.access.insider(job.asker)).id
    mine = await bot.preferences.person(user)
    if not typed:
        return [say(job.asker, views.told_of_assignment(on=mine.told_of_assignment))]
    on = _is_on(typed, views.ASSIGNMENTS_USAGE)
    await bot.preferences.set_person(user, told_of_assignment=on)
    return [say(job.asker, views.told_of_assignment(on=on))]


@feature.word(
    "reply-assigns", help="whether a reply assigns the conversation, in this channel: `on`, `off`", admins=True
)
async def reply_assigns(job: Console, typed: str, bot: Bot) -> list[Job]:
    """An admin, for the channel."""
    channel = await channel_of_admin(bot, job, views.REPLY_ASSIGNS_USAGE)
    chosen = await bot.preferences.channel(channel)
    if not typed:
        return [say(job.asker, views.reply_assigns(channel, on=chosen.reply_assigns))]
    on = _is_on(typed, views.REPLY_ASSIGNS_USAGE)
    await bot.preferences.set_channel(channel, reply_assigns=on)
    return await announced(bot, job, "/inbox reply-assigns", "", views.reply_assigns(channel, on=on))


def _is_on(typed: str, usage: str) -> bool:
    """Raises `Mistake` with `usage` for anything but on and off."""
    if typed.lower() not in ("on", "off"):
        raise Mistake(usage)
    return typed.lower() == "on"
