"""The morning's digest of a channel: everybody who waits there, each working day at its hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from bot.context import Bot
from bot.feature import Feature
from bot.hours import zone_of
from bot.queue.job import Job, Keep, utc_now
from bot.reminders import views
from bot.reminders.jobs import Morning
from bot.reminders.posting import said, slot, waiters

TOO_LATE: Final = timedelta(hours=3)  # a digest that could not come is left out
feature = Feature()


async def mornings(bot: Bot, now: datetime) -> list[Job]:
    """The digests that are due. Each finds its next date itself; one that could not come is left out."""
    follow: list[Job] = []
    for channel in await bot.waiting.mornings():
        at = datetime.fromtimestamp(await bot.waiting.morning(channel) or 0, UTC)
        reminders = (await bot.preferences.channel(channel)).reminders
        if reminders.digest is None or now - at > TOO_LATE:
            await _schedule(bot, channel, now)
        else:
            follow.append(Morning(channel=channel, day=at.astimezone(zone_of(reminders.zone)).date().isoformat()))
    return follow


async def _schedule(bot: Bot, channel: str, after: datetime) -> None:
    """The next date; where there is one already, an admin has chosen it meanwhile, or it was found before."""
    was = await bot.waiting.morning(channel)
    if was is None or was > after.timestamp():
        return
    following = (await bot.preferences.channel(channel)).reminders.next_digest(after)
    await bot.waiting.next_morning(channel, was, following.timestamp() if following else None)


@feature.handles(Morning)
async def morning(job: Morning, _: Keep, bot: Bot) -> list[Job]:
    """Everybody who waits in the channel; nothing when nobody does."""
    wanted = (await bot.preferences.channel(job.channel)).reminders.digest is not None
    if not wanted or timedelta(seconds=job.age) > TOO_LATE:  # the channel took no posts for so long
        await _schedule(bot, job.channel, utc_now())
        return []
    waiting = await bot.waiting.all()
    here = {one: at for one, at in waiting.items() if (p := await bot.cards.place(one)) and p.channel == job.channel}
    if found := await waiters(bot, here):
        await slot(bot, job)
        await said(bot, job, views.morning(found, names=await bot.sharing.shows(job.channel)))
    await _schedule(bot, job.channel, utc_now())
    return []
