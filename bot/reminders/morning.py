"""The morning's digest of a channel: everybody who waits there, each working day at its hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from bot.context import Bot
from bot.feature import Feature
from bot.hours import zone_of
from bot.queue.job import Job, Keep
from bot.reminders import views
from bot.reminders.jobs import Morning
from bot.reminders.posting import said, slot, waiters

TOO_LATE: Final = timedelta(hours=3)  # a digest that could not come is left out
feature = Feature()


async def mornings(bot: Bot, now: datetime) -> None:
    """Accept the digests that are due, and then find the next date of each; one that could not come is left out."""
    for channel in await bot.waiting.mornings():
        was = await bot.waiting.morning(channel)
        if was is None or was > now.timestamp():
            continue  # an admin has chosen another meanwhile
        at, reminders = datetime.fromtimestamp(was, UTC), (await bot.preferences.channel(channel)).reminders
        if reminders.digest is not None and now - at <= TOO_LATE:
            await bot.lanes.accept(Morning(channel=channel, day=at.astimezone(zone_of(reminders.zone)).isoformat()))
        following = reminders.next_digest(now)
        await bot.waiting.next_morning(channel, was, following.timestamp() if following else None)


@feature.handles(Morning)
async def morning(job: Morning, _: Keep, bot: Bot) -> list[Job]:
    """Everybody who waits in the channel; nothing when nobody does."""
    wanted = (await bot.preferences.channel(job.channel)).reminders.digest is not None
    if not wanted or timedelta(seconds=job.age) > TOO_LATE:  # the channel took no posts for so long
        return []
    waiting = await bot.waiting.all()
    channels = await bot.cards.places(list(waiting))
    here = {one: at for one, at in waiting.items() if channels.get(one) == job.channel}
    if found := await waiters(bot, here):
        await slot(bot, job)
        await said(bot, job, views.morning(found, names=await bot.sharing.shows(job.channel)))
    return []
