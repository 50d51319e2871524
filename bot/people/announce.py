"""What an admin sets: on record, told to the one who did it, and announced to the other admins."""

from __future__ import annotations

from bot import words
from bot.context import Bot
from bot.errors import Mistake
from bot.people.answers import say
from bot.people.jobs import TellAdmins
from bot.queue.job import Asked, Job


async def announced(bot: Bot, job: Asked, what: str, about: str, said: str, *, member: str = "") -> list[Job]:
    """`what` was done to `about`, for the record; `said` are the words for people."""
    await bot.record.note(job.asker, what, about, f"done: {member}" if member else "done", job.ref)
    told = TellAdmins(text=words.announced(job.asker.user, said), but=job.asker.user)
    return [say(job.asker, said), told]


async def channel_of_admin(bot: Bot, job: Asked, usage: str) -> str:
    """The channel in which an admin asks. Raises `Refused`, and `Mistake` with `usage` outside of channels."""
    await bot.access.admin(job.asker)
    channel = job.asker.channel or ""
    if not channel.startswith(("C", "G")):
        raise Mistake(usage)
    return channel
