"""`/inbox replies`: the prefix with which replies in a card's Slack thread go out from a channel."""

from __future__ import annotations

from typing import Final

from bot import text
from bot.cards.jobs import Announce
from bot.context import Bot
from bot.errors import Mistake
from bot.feature import Console, Feature
from bot.manifest import FOR_REPLIES
from bot.people.answers import say
from bot.people.jobs import TellAdmins
from bot.queue.job import Job
from bot.thread_replies import words
from bot.words import announced

LONGEST: Final = 20  # code points of a prefix
feature = Feature()


@feature.word(
    "replies",
    help="which replies in a card's thread go out from this channel",
    for_admins="choose that: `replies on >>`, `replies off`",
)
async def choose_prefix(job: Console, typed: str, bot: Bot) -> list[Job]:
    """`/inbox replies`, `/inbox replies on PREFIX`, `/inbox replies off`."""
    channel = job.asker.channel or ""
    verb, _, prefix = typed.partition(" ")
    match verb.lower(), prefix.split():
        case "", _:
            await bot.access.insider(job.asker)
            choices = await bot.preferences.channel(channel)
            return [say(job.asker, words.prefix_is(channel, choices.replies))]
        case "on", [prefix]:
            await bot.access.admin(job.asker)
            return await _turn_on(bot, job, channel, text.decode(prefix))
        case "off", []:
            await bot.access.admin(job.asker)
            return await _set(bot, job, channel, "")
    raise Mistake(words.USAGE)


async def _turn_on(bot: Bot, job: Console, channel: str, prefix: str) -> list[Job]:
    if not channel.startswith(("C", "G")) or not _usable(prefix):
        raise Mistake(words.USAGE)
    if not await bot.sharing.shows(channel):
        raise Mistake(words.SHARED)
    return await _set(bot, job, channel, prefix)


async def _set(bot: Bot, job: Console, channel: str, prefix: str) -> list[Job]:
    """On record, and known to everybody whom it concerns: the channel and the other admins."""
    missing = sorted(FOR_REPLIES - await bot.slack.scopes()) if prefix else []
    await bot.preferences.set_channel(channel, replies=prefix)
    await bot.record.note(job.asker, "replies on" if prefix else "replies off", channel, "done", job.ref)
    said = words.prefix_is(channel, prefix)
    news = announced(job.asker.user, said)
    return [
        say(job.asker, said + (words.scopes_missing(missing) if missing else "")),
        TellAdmins(text=news, but=job.asker.user),
        Announce(channel=channel, text=news),
    ]


def _usable(prefix: str) -> bool:
    """No ordinary word, no command, and nothing that Slack itself makes something of."""
    long_enough = len(prefix) > 1 or not prefix.isascii()  # one emoji will do
    return long_enough and len(prefix) <= LONGEST and not prefix[-1].isalnum() and prefix[0] not in "/@#<"
