"""On Monday a channel that wants to reads how the week before was: the figures of `/inbox stats`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bot.context import Bot
from bot.feature import Feature
from bot.hours import zone_of
from bot.queue.job import Job, Keep, utc_now
from bot.queue.timer import Look
from bot.reminders.due import OFTEN
from bot.reminders.morning import TOO_LATE
from bot.reminders.posting import said, slot
from bot.stats import views
from bot.stats.jobs import LookAtReports, Report
from bot.stats.summary import summary

feature = Feature()


@feature.looks
def look(bot: Bot) -> Look:
    """Only while a channel's Monday has come."""
    return Look("reports", LookAtReports, bot.timing.poll * OFTEN, bot.counts.anything)


@feature.handles(LookAtReports)
async def look_at_reports(_: LookAtReports, __: Keep, bot: Bot) -> list[Job]:
    """Each finds its next date itself; one that could not come is left out."""
    now, follow = utc_now(), list[Job]()
    for channel in await bot.counts.reports():
        at = datetime.fromtimestamp(await bot.counts.report(channel) or 0, UTC)
        wanted = (await bot.preferences.channel(channel)).reminders
        if not wanted.report or now - at > TOO_LATE:
            await _schedule(bot, channel, now)
        else:
            follow.append(Report(channel=channel, day=at.astimezone(zone_of(wanted.zone)).date().isoformat()))
    return follow


async def _schedule(bot: Bot, channel: str, after: datetime) -> None:
    """The next date; where there is one already, an admin has chosen it meanwhile, or it was found before."""
    was = await bot.counts.report(channel)
    if was is None or was > after.timestamp():
        return
    following = (await bot.preferences.channel(channel)).reminders.next_report(after)
    await bot.counts.next_report(channel, was, following.timestamp() if following else None)


@feature.handles(Report)
async def report(job: Report, _: Keep, bot: Bot) -> list[Job]:
    """The seven days before; nothing where another organisation reads along.

    Days are counted by UTC: east of UTC+9, the last one is not over when the channel's Monday has come.
    """
    now = utc_now()
    wanted = (await bot.preferences.channel(job.channel)).reminders.report
    if wanted and timedelta(seconds=job.age) <= TOO_LATE and await bot.sharing.shows(job.channel):
        await slot(bot, job)
        until = date.fromisoformat(job.day) - timedelta(days=1)
        await said(bot, job, views.report_message(await summary(bot, until), until, over=until < now.date()))
    await _schedule(bot, job.channel, now)
    return []
