"""Reminders of those who wait for an answer: looked up in Redis alone, Inbox is not asked.

Any process may do it; what was done is known to all.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from bot.context import Bot
from bot.errors import InboxError, Unidentified
from bot.feature import Feature
from bot.people.colleague import acting_as
from bot.queue.job import Job, Keep, utc_now
from bot.queue.timer import Look
from bot.reminders import views
from bot.reminders.jobs import Due, Nudge
from bot.reminders.morning import mornings
from bot.reminders.posting import said, slot, waiters
from bot.reminders.store import FORGOTTEN

LOOK: Final = 1800.0  # seconds; assignments are noticed by then


class Target(NamedTuple):
    """Whom to remind of a thread: a channel or a Slack user, and of what was written since (Unix seconds)."""

    channel: str
    since: float


feature = Feature()
OFTEN: Final = 5  # a look at who may have waited long enough every 15 s: five times the shortest time between two looks


@feature.looks
def look(bot: Bot) -> Look:
    """Only while somebody waits, or a channel's morning is to come."""
    return Look("reminders", Due, bot.timing.poll * OFTEN, bot.waiting.anything)


@feature.handles(Due)
async def due(_: Due, __: Keep, bot: Bot) -> list[Job]:
    """Judge every thread that is to be looked at. It is looked at again later, whatever becomes of the reminder."""
    now, again = utc_now(), dict[str, float]()
    nudges: dict[str, dict[str, float]] = {}
    due = await bot.waiting.due()
    for thread_id in due:
        match await _judge(bot, thread_id, now):
            case Target(channel, since):
                nudges.setdefault(channel, {})[thread_id] = since
                again[thread_id] = now.timestamp() + LOOK
            case datetime() as at:
                again[thread_id] = min(at.timestamp(), now.timestamp() + LOOK)
    await bot.waiting.look_again(due, again)
    await mornings(bot, now)
    return [Nudge(channel=channel, threads=threads) for channel, threads in nudges.items()]


async def _judge(bot: Bot, thread_id: str, now: datetime) -> Target | datetime | None:
    """Whom to remind now, when to look again, or None when it is over."""
    wait, card = await bot.waiting.get(thread_id), await bot.cards.get(thread_id)
    if wait is None or wait.since is None or now.timestamp() - wait.since > FORGOTTEN:
        return None
    if card is not None and card.snoozed and not card.gone:
        return now + timedelta(seconds=LOOK)
    if card is not None and (card.gone or card.thread.archived):
        return None
    place, since = await bot.cards.place(thread_id), datetime.fromtimestamp(wait.since, UTC)
    if card is None or place is None:
        return now + timedelta(seconds=LOOK)
    wanted = (await bot.preferences.channel(place.channel)).reminders
    hours = wanted.assigned_after if card.thread.assignee_id else wanted.unassigned_after
    if hours is None:
        return now + timedelta(seconds=LOOK)
    if (at := wanted.after(since, hours)) > now:
        return at
    if not wanted.working(now):
        return wanted.after(now, 1e-6)
    try:
        user = await acting_as(bot, card.thread.assignee_id)
    except (InboxError, Unidentified):  # who they are now, cannot be told
        return now + timedelta(seconds=LOOK)
    if user and (quiet := (await bot.preferences.person(user)).quiet) and (until := quiet.until(now)):
        return until
    return Target(user or place.channel, wait.since)


@feature.handles(Nudge)
async def nudge(job: Nudge, _: Keep, bot: Bot) -> list[Job]:
    """Say it once, of those who wait still, to who is to hear of it still; the others are looked at again."""
    still = {one: since for one, since in job.threads.items() if await _is_for(bot, job, one, since)}
    found = await waiters(bot, still)
    if not found:
        return []
    await slot(bot, job)
    personal = job.channel.startswith(("U", "W"))
    shows = personal or await bot.sharing.shows(job.channel)
    if await said(bot, job, views.reminder(found, personal=personal, names=shows)):
        for thread_id, since in still.items():
            await bot.waiting.reminded(thread_id, since)
    return []


async def _is_for(bot: Bot, job: Nudge, thread_id: str, since: float) -> bool:
    """Whether they wait still, and who is to be told has the conversation, or its card, still."""
    wait, card = await bot.waiting.get(thread_id), await bot.cards.get(thread_id)
    if wait is None or wait.since != since or card is None:
        return False
    if job.channel.startswith(("U", "W")):
        try:
            return await acting_as(bot, card.thread.assignee_id) == job.channel
        except (InboxError, Unidentified):
            return False
    place = await bot.cards.place(thread_id)
    return place is not None and place.channel == job.channel
