"""Says something to one person, privately."""

from __future__ import annotations

from bot.context import Bot
from bot.feature import Feature
from bot.people.jobs import Tell
from bot.queue.job import Job, Keep
from bot.slack.blocks import Msg

feature = Feature()


@feature.handles(Tell)
async def tell(job: Tell, _: Keep, bot: Bot) -> list[Job]:
    """Where they asked, as long as that is possible; else in a direct message."""
    message: Msg = {"text": job.text, "blocks": job.blocks}
    await bot.slack.tell(job.asker, message, seconds_ago=job.age, lasting=job.lasting, replace=job.replace)
    return []


@feature.gives_up(Tell)
async def not_told(job: Tell, error: Exception, bot: Bot) -> list[Job]:
    """Whoever cannot be told cannot be told of that either."""
    return []
