"""Who the admins are, what they alone may do, and how they hear of it.

Every method that acts asks the gate first. Each act is on record, and the other admins are told.
"""

from __future__ import annotations

import re
from typing import Final

import structlog

from bot import words
from bot.admin import views
from bot.context import Bot
from bot.errors import Mistake, SlackError, SlackRefused
from bot.feature import Console, Feature
from bot.lists.jobs import OpenHome
from bot.people.announce import announced, channel_of_admin
from bot.people.jobs import Tell, TellAdmins
from bot.queue.job import Asked, Asker, Job, Keep

log = structlog.get_logger(__name__)

USER: Final = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
feature = Feature()


@feature.handles(TellAdmins)
async def tell_admins(job: TellAdmins, _: Keep, bot: Bot) -> list[Job]:
    """To the people in BOT_ADMINS, or where it names nobody to the workspace's admins and owners."""
    everyone = sorted(bot.admins) or await bot.slack.admins()
    if not everyone:
        log.error("no_admin_to_tell", ref=job.ref, about=job.name)
    others = [Asker(user=one) for one in everyone if one != job.but]
    return [Tell(asker=one, text=job.text, blocks=job.blocks, lasting=True) for one in others]


@feature.word("allow", help="let a guest with a seat in Inbox act: `@guest`", admins=True)
async def allow(job: Console, typed: str, bot: Bot) -> list[Job]:
    """`/inbox allow @guest`."""
    return await _guest(bot, job, typed, allowed=True)


@feature.word("disallow", help="no longer", admins=True)
async def disallow(job: Console, typed: str, bot: Bot) -> list[Job]:
    """`/inbox disallow @guest`."""
    return await _guest(bot, job, typed, allowed=False)


async def _guest(bot: Bot, job: Console, mention: str, *, allowed: bool) -> list[Job]:
    """A guest may act like a member, or no longer; they need a seat in Inbox as everybody does."""
    await bot.access.admin(job.asker)
    user = user_in(mention)
    if user is None:
        return [answer(job, words.GUEST_USAGE)]
    if allowed and not await _is_guest(bot, user):
        return [answer(job, views.no_guest(user))]
    await (bot.rights.allow_guest(user) if allowed else bot.rights.disallow_guest(user))
    said = words.guest(user, allowed=allowed)
    return [*await announced(bot, job, "allow" if allowed else "disallow", user, said), home_of(bot, user)]


async def _is_guest(bot: Bot, user: str) -> bool:
    """Whether Slack says so. Raises `Mistake` for somebody whom Slack does not know."""
    try:
        profile = await bot.directory.profiles.get(user) or await bot.slack.profile(user)
    except SlackRefused:
        raise Mistake(words.GUEST_USAGE) from None
    return profile.guest


def home_of(bot: Bot, user: str) -> OpenHome:
    """Slack keeps what somebody's Home showed while they still might see it."""
    return OpenHome(asker=Asker(user=user, team=bot.access.installation.team))


@feature.word(
    "consent",
    help="names and texts in this channel, though another organisation reads along; `consent off` ends it",
    admins=True,
)
async def consent(job: Console, typed: str, bot: Bot) -> list[Job]:
    """Names and texts may stand in this channel though another organisation reads it, or no longer."""
    channel = await channel_of_admin(bot, job, words.CONSENT_USAGE)
    given = typed != "off"
    if typed not in ("", "off"):
        raise Mistake(words.CONSENT_USAGE)
    if given and not await _is_shared(bot, channel):
        return [answer(job, views.shared_with_nobody(channel))]
    if given:
        await bot.rights.save_consent(channel, job.asker.user)
    else:
        await bot.rights.remove_consent(channel)
    what = "consent" if given else "consent off"
    return await announced(bot, job, what, channel, words.consent(channel, given=given))


async def _is_shared(bot: Bot, channel: str) -> bool:
    """What Slack says now: it may have become so a minute ago. What Slack does not tell counts as shared."""
    try:
        return await bot.slack.shared_outside(channel)
    except SlackError:
        return True


async def resume(bot: Bot, user: str) -> bool:
    """Accept again, once, what `user` could not have before they were linked; whether there was anything."""
    click = await bot.rights.kept_click(user)
    if click:
        await bot.lanes.accept(click, once=f"resumed:{click.ref}")
        await bot.rights.drop_click(user)
    return click is not None


def user_in(mention: str) -> str | None:
    found = USER.fullmatch(mention)
    return found[1] if found else None


def answer(job: Console, sentence: str) -> Tell:
    return Tell(asker=job.asker, text=sentence)


def direct(user: str, job: Asked, sentence: str) -> list[Job]:
    """A direct message, unless they did it themselves."""
    return [] if user == job.asker.user else [Tell(asker=Asker(user=user), text=sentence, lasting=True)]
