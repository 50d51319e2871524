"""Reminders of those who wait for an answer, and the morning's digest: looked up in Redis alone, Inbox is not asked.

Any process may do it; what was done is known to all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import structlog

from bot.card import Card
from bot.context import Bot
from bot.errors import ChannelRefused, InboxError, ScopeMissing, SlackRefused, Unidentified
from bot.feature import Feature
from bot.hours import zone_of
from bot.models import Place
from bot.queue.job import Job, Keep, Later, utc_now
from bot.queue.timer import Look
from bot.reminders import views
from bot.reminders.jobs import Due, Morning, Nudge, Said
from bot.reminders.store import FORGOTTEN
from bot.slack.blocks import Msg
from bot.store.quota import LATER

log = structlog.get_logger(__name__)

LOOK: Final = 1800.0  # seconds; assignments are noticed by then
TOO_LATE: Final = timedelta(hours=3)  # a digest that could not come is left out


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


# --- when ---------------------------------------------------------------------------------------------------------
@feature.handles(Due)
async def due(_: Due, __: Keep, bot: Bot) -> list[Job]:
    """Judge every thread that is to be looked at. It is looked at again later, whatever becomes of the reminder."""
    now, again = utc_now(), {}
    nudges: dict[str, dict[str, float]] = {}
    for thread_id in await bot.waiting.due():
        match await _judge(bot, thread_id, now):
            case None:
                await bot.waiting.over(thread_id)
            case Target(channel, since):
                nudges.setdefault(channel, {})[thread_id] = since
                again[thread_id] = now.timestamp() + LOOK
            case datetime() as at:
                again[thread_id] = min(at.timestamp(), now.timestamp() + LOOK)
    await bot.waiting.look_at(again)
    return [
        *(Nudge(channel=channel, threads=threads) for channel, threads in nudges.items()),
        *await _mornings(bot, now),
    ]


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


async def acting_as(bot: Bot, member_id: str | None) -> str | None:
    """The Slack user who may act, as the member; without one, the channel is reminded."""
    if member_id is None:
        return None
    for user in await bot.links.users(member_id):
        if await bot.access.acts_as(user, member_id):
            return user
    return None


async def _mornings(bot: Bot, now: datetime) -> list[Job]:
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
    following = (await bot.preferences.channel(channel)).reminders.next_digest(after)
    await bot.waiting.save_morning(channel, following.timestamp() if following else None)


# --- what ---------------------------------------------------------------------------------------------------------
@feature.handles(Nudge)
async def nudge(job: Nudge, _: Keep, bot: Bot) -> list[Job]:
    """Say it once, of those who wait still."""
    still = {one: since for one, since in job.threads.items() if await _waits(bot, one, since)}
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


@feature.handles(Morning)
async def morning(job: Morning, _: Keep, bot: Bot) -> list[Job]:
    """Everybody who waits in the channel; nothing when nobody does."""
    if timedelta(seconds=job.age) > TOO_LATE:  # the channel took no posts for so long
        await _schedule(bot, job.channel, utc_now())
        return []
    waiting = await bot.waiting.all()
    here = {one: at for one, at in waiting.items() if (p := await bot.cards.place(one)) and p.channel == job.channel}
    if found := await waiters(bot, here):
        await slot(bot, job)
        await said(bot, job, views.morning(found, names=await bot.sharing.shows(job.channel)))
    await _schedule(bot, job.channel, utc_now())
    return []


async def _waits(bot: Bot, thread_id: str, since: float) -> bool:
    wait = await bot.waiting.get(thread_id)
    return wait is not None and wait.since == since


async def waiters(bot: Bot, threads: dict[str, float]) -> list[views.Waiter]:
    """Those that are open and have a card, longest first."""
    found, names = [], await bot.directory.member_names()
    for thread_id, since in sorted(threads.items(), key=lambda one: one[1]):
        card, place = await bot.cards.get(thread_id), await bot.cards.place(thread_id)
        if card and place and not card.gone and not card.thread.archived:
            found.append(_waiter(bot, card, place, since, names))
    return found


def _waiter(bot: Bot, card: Card, place: Place, since: float, names: Mapping[str, str]) -> views.Waiter:
    member = card.thread.assignee_id
    return views.Waiter(
        name=card.thread.who,
        since=datetime.fromtimestamp(since, UTC),
        link=bot.installation.permalink(*place),
        assignee=names.get(member, "a colleague") if member else None,
    )


async def slot(bot: Bot, job: Said) -> None:
    if wait := await bot.quota.channel(job.channel, job.lane, LATER, job.at.timestamp()):
        raise Later(wait, job)


async def stands(bot: Bot, job: Said) -> bool:
    """Whether an attempt whose outcome is unknown has posted it, as far as the bot may read that."""
    if not job.tries:
        return False
    return bool(await bot.slack.find(job.channel, job.mark, thread_ts=None, since=job.at.timestamp() - 5))


async def said(bot: Bot, job: Said, message: Msg) -> bool:
    """Whether Slack has it; a channel that takes no posts is tried again with the next look."""
    try:
        if not await stands(bot, job):
            await bot.slack.post(job.channel, message, metadata={"message_id": job.mark})
    except (ChannelRefused, ScopeMissing) as error:
        await bot.refused.note(job.channel, error)
        if job.insists:
            raise Later(bot.refused.look_again, job) from error
        return False
    except SlackRefused as error:
        log.warning("not_reminded", ref=job.ref, channel=job.channel, error=error.code)
        return False
    return True
