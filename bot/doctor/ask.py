"""`/inbox doctor`: what `bot doctor` says, without what only the machine knows."""

from __future__ import annotations

from bot.context import Bot
from bot.doctor.checkup import Checkup
from bot.doctor.finding import Finding
from bot.doctor.storage import Store
from bot.feature import Console, Feature
from bot.inbox.client import Inbox
from bot.people.answers import say
from bot.queue.job import Job
from bot.text import plain

feature = Feature()


@feature.word("doctor", help="what is wrong, and what to do about it", admins=True, alone=True)
async def doctor(job: Console, typed: str, bot: Bot) -> list[Job]:
    """For admins: findings name channels and people."""
    await bot.access.admin(job.asker)

    async def inbox() -> Inbox:
        return bot.background

    store = Store(bot.health, bot.lanes, bot.feed, bot.links, bot.install, bot.preferences, bot.routes, bot.record)
    findings = await Checkup(bot.settings, bot.slack, inbox, store).findings()
    return [say(job.asker, "\n".join(map(_line, findings)))]


def _line(one: Finding) -> str:
    """What was found, and below it what to do."""
    mark = {"ok": "✅", "warning": "⚠️", "failed": "❌"}[one.level]
    return f"{mark} *{one.what}* {plain(one.seen)}" + (f"\n      → {one.remedy} ({one.where})" if one.remedy else "")
