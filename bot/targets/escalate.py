"""`/inbox escalate`: who else is told of those who wait longer than a channel's target."""

from __future__ import annotations

import re
from typing import Final

from bot.context import Bot
from bot.errors import Mistake
from bot.feature import Console, Feature
from bot.people.announce import announced, channel_of_admin
from bot.people.answers import say
from bot.queue.job import Job
from bot.routing.commands import unfit
from bot.routing.make import readable
from bot.routing.views import cannot_post
from bot.targets import views
from bot.targets.jobs import LookAtTargets
from bot.targets.typed import span

_WHOM: Final = re.compile(r"<(?:#(?P<channel>[CG]\w+)|@(?P<user>[UW]\w+)|!subteam\^(?P<group>S\w+))(?:\|[^>]*)?>")
feature = Feature()


@feature.word(
    "escalate",
    help="who is told when somebody waits longer than this channel's target: `escalate 60 @leads`, `escalate off`",
    admins=True,
)
async def escalate(job: Console, typed: str, bot: Bot) -> list[Job]:
    """An admin, for the channel; without words, what is set."""
    channel = await channel_of_admin(bot, job, views.ESCALATE_USAGE)
    choices = await bot.preferences.channel(channel)
    if not typed:
        return [say(job.asker, views.escalates(channel, choices.escalate_after, choices.escalate_to))]
    after, to = (None, "") if typed.strip().lower() == "off" else _read(typed)
    if after is not None and choices.reminders.target is None:
        raise Mistake(views.NO_TARGET)
    if to.startswith(("C", "G")) and (code := await unfit(bot, to)):
        raise Mistake(cannot_post(to, code))
    if to.startswith("S") and not await bot.sharing.shows(channel):
        raise Mistake(views.SHARED)
    if to.startswith("S"):
        await readable(bot, to)
    await bot.preferences.set_channel(channel, escalate_after=after, escalate_to=to)
    return [
        *await announced(bot, job, "/inbox escalate", channel, views.escalates(channel, after, to)),
        *await judged_anew(bot),
    ]


async def judged_anew(bot: Bot) -> list[Job]:
    """What counts has changed: everybody who waits is looked at."""
    await bot.targets.look_at_all(await bot.waiting.everybody())
    return [LookAtTargets()]


def _read(typed: str) -> tuple[float, str]:
    """`60 @leads`: minutes, and an id. Raises `Mistake`."""
    found = _WHOM.search(typed)
    after = span(_WHOM.sub("", typed, count=1)) if found else None
    if found is None or after is None:
        raise Mistake(views.ESCALATE_USAGE)
    return after, found["channel"] or found["user"] or found["group"]
