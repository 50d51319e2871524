"""`/inbox doctor`: what `bot doctor` says, without what only the machine knows."""

from __future__ import annotations

from bot import words
from bot.context import Bot
from bot.doctor.checkup import Checkup, Store
from bot.feature import Console, Feature
from bot.inbox.client import Inbox
from bot.people.answers import say
from bot.queue.job import Job

feature = Feature()


@feature.word("doctor", help="what is wrong, and what to do about it", admins=True)
async def doctor(job: Console, typed: str, bot: Bot) -> list[Job]:
    """For admins: findings name channels and people."""
    await bot.access.admin(job.asker)

    async def inbox() -> Inbox:
        return bot.background

    store = Store(bot.health, bot.lanes, bot.feed, bot.links, bot.install, bot.preferences, bot.routes)
    findings = await Checkup(bot.settings, bot.slack, inbox, store).findings()
    lines = (words.finding(one.what, one.level, one.seen, one.remedy) for one in findings)
    return [say(job.asker, "\n".join(lines))]
