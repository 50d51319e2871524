"""`/inbox log`: who did what, for admins."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from bot.admin import views, words
from bot.context import Bot
from bot.errors import InboxError, Refused
from bot.feature import Console, Feature
from bot.models import Thread
from bot.people.answers import say
from bot.queue.job import Asker, Job

SHOWN: Final = 20  # acts
feature = Feature()


@feature.word("log", help="who did what", admins=True, alone=True)
async def show_log(job: Console, typed: str, bot: Bot) -> list[Job]:
    """The last acts, for the admin alone. Whose conversations they were reads only who may act in Inbox."""
    await bot.access.admin(job.asker)
    acts = await bot.record.newest(SHOWN)
    about = await _threads(bot, job.asker, {one.about for one in acts if one.about})
    members = await bot.directory.member_names()
    lines = [
        views.act(
            one.at, one.user, one.what, one.about, about.get(one.about), one.channel, one.outcome, members, one.ref
        )
        for one in acts
    ]
    return [say(job.asker, words.listed(lines, words.NO_ACTS))]


async def _threads(bot: Bot, asker: Asker, about: Collection[str]) -> dict[str, Thread]:
    """The conversations that a card shows, by their id or by the id of the person on the platform."""
    try:
        await bot.access.actor(asker)
    except (Refused, InboxError):
        return {}
    known = await bot.cards.threads(sorted(about))
    ids = {one: min(await bot.cards.threads_of(one), default="") for one in about if one not in known}
    with_person = await bot.cards.threads(sorted({one for one in ids.values() if one}))
    return known | {one: with_person[thread] for one, thread in ids.items() if thread in with_person}
