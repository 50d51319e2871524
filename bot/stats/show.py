"""`/inbox stats`: how much came, how much was answered and how soon, from what the bot itself has seen."""

from __future__ import annotations

from bot.context import Bot
from bot.errors import Mistake
from bot.feature import Console, Feature
from bot.people.answers import say, tell
from bot.queue.job import Job, Keep
from bot.stats import table, views
from bot.stats.jobs import Chart
from bot.stats.summary import summary

feature = Feature()


@feature.word("stats", help="how much came and was answered, how soon and by whom; `stats csv` sends you the figures")
async def show_stats(job: Console, typed: str, bot: Bot) -> list[Job]:
    """The figures where they were asked for, for the asker alone; as CSV in a direct message."""
    await bot.access.actor(job.asker)
    match typed.strip().lower():
        case "":
            return [tell(job.asker, views.stats_message(await summary(bot)))]
        case "csv":
            parts = table.messages(await summary(bot))
            return [*(tell(job.asker, one, lasting=True) for one in parts), say(job.asker, views.CSV_SENT)]
    raise Mistake(views.USAGE)


@feature.handles(Chart)
async def chart(_: Chart, __: Keep, ___: Bot) -> list[Job]:
    """What an older version accepted: the figures have their chart with them now."""
    return []
