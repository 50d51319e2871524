"""Says that somebody waits past the target: to who has the conversation, and later to whom the channel has chosen."""

from __future__ import annotations

from collections.abc import Iterable

from bot.card import Card
from bot.context import Bot
from bot.errors import SlackError
from bot.feature import Feature
from bot.people.present import present, token
from bot.queue.job import Job, Keep, utc_now
from bot.reminders.due import LOOK
from bot.reminders.posting import said, slot, stands, waiters
from bot.reminders.views import reminder
from bot.targets.jobs import TellLate
from bot.targets.look import Ear, answer_by, quiet_until

feature = Feature()


@feature.handles(TellLate)
async def tell_late(job: TellLate, _: Keep, bot: Bot) -> list[Job]:
    """Say it once, of those who wait still; what is being told by another job is left to that one.

    What could not be said in time is left to the next look, which minds the hours.
    """
    if await stands(bot, job):
        return await _told(bot, await bot.targets.claimed(job.stage, job.threads, job.ref))
    now, still = utc_now(), dict[str, float]()
    if await quiet_until(bot, Ear(job.channel, job.mention), now) <= now:
        still = {one: since for one, since in job.threads.items() if await _is_late(bot, job, one, since)}
    await _release(bot, job, job.threads.keys() - still.keys())
    if not still:
        return []
    await slot(bot, job)
    mine = {one: at for one, at in still.items() if await bot.targets.claim(job.stage, one, at, job.ref)}
    found = await waiters(bot, mine)
    in_person = job.channel.startswith(("U", "W"))
    shows, personal = in_person or await bot.sharing.shows(job.channel), in_person and job.stage == "late"
    calls = await _calls(bot, job.mention) if job.mention and shows else ""
    if not found or not await said(bot, job, reminder(found, personal=personal, names=shows, late=True, calls=calls)):
        await _release(bot, job, mine)
        return []
    return await _told(bot, mine)


async def _calls(bot: Bot, mention: str) -> str:
    """Slack's tokens of who is there of those to be mentioned, with a space behind; where none is, of all."""
    return " ".join([*map(token, (await present(bot, [mention], utc_now())).ids or [mention]), ""])


async def _told(bot: Bot, threads: Iterable[str]) -> list[Job]:
    """It was said of these."""
    for thread_id in threads:
        if (wait := await bot.waiting.get(thread_id)) and wait.since:
            await bot.waiting.reminded(thread_id, wait.since)
    return []


@feature.gives_up(TellLate)
async def not_told(job: TellLate, error: Exception, bot: Bot) -> list[Job]:
    """Nobody knows why it cannot be said: the next look tries again, unless it was said after all."""
    try:
        said_once = await stands(bot, job)
    except SlackError:
        said_once = False
    if not said_once:
        await _release(bot, job, job.threads)
    return []


async def _release(bot: Bot, job: TellLate, threads: Iterable[str]) -> None:
    """The job does not tell of these after all: what it has claimed is looked at again."""
    waits = {one: job.threads[one] for one in threads}
    await bot.targets.release(job.stage, waits, job.ref, utc_now().timestamp() + LOOK)


async def _is_late(bot: Bot, job: TellLate, thread_id: str, since: float) -> bool:
    """Whether they wait still, and it is for this person."""
    card, place = await bot.cards.standing(thread_id)
    if card is None or place is None or card.owed_since is None or card.owed_since.timestamp() != since:
        return False
    choices = await bot.preferences.channel(place.channel)
    if answer_by(card, choices) is None or not choices.reminders.working(utc_now()):
        return False
    return not job.channel.startswith(("U", "W")) or await _may_hear(bot, job, card)


async def _may_hear(bot: Bot, job: TellLate, card: Card) -> bool:
    """Whether the one person it is for has the conversation still, or at least may act."""
    if job.stage != "late":
        return await bot.access.colleague(job.channel) is not None
    member = card.thread.assignee_id
    return member is not None and await bot.access.acts_as(job.channel, member)
