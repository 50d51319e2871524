"""A card that moves to another channel, and what stands where it was."""

from __future__ import annotations

from bot.cards.draw import draw, in_turn, redraw_aside, shared
from bot.cards.jobs import Leave, Move, Post, Render
from bot.cards.posting import post_once, slot, stands
from bot.cards.views import moved, moved_away, moved_card
from bot.context import Bot
from bot.feature import Feature
from bot.models import Place
from bot.people.answers import say
from bot.queue.job import Job, Keep
from bot.store.quota import FIRST, NEW

feature = Feature()


@feature.handles(Move)
async def move(job: Move, keep: Keep, bot: Bot) -> list[Job]:
    """Post the card in another channel, once. Of a job of an older version, the message waits with the others."""
    async with bot.refused.waiting(job, job.channel):
        return await _move(bot, job, keep)


async def _move(bot: Bot, job: Move, keep: Keep) -> list[Job]:
    card, place = await bot.cards.get(job.thread_id), await bot.cards.place(job.thread_id)
    if card is None:
        return []
    if not job.posted:
        if job.message:
            await bot.posts.put(job.message, job.channel, marked=True)
            return [Post(channel=job.channel, thread_id=job.thread_id, message=job.message, waits=True)]
        if place is not None and place.channel == job.channel:
            return []
        await slot(bot, job, job.channel, FIRST if job.mover else NEW)
        drawn = await draw(bot, card, job.channel)
        new = await post_once(bot, job, f"move-{job.ref}", job.channel, drawn)
        job = job.model_copy(update={"posted": new.ts, "old": tuple(place) if place else None})
        await keep(job)
    again = job.model_copy(update={"posted": "", "old": None})
    await stands(bot, again, Place(job.channel, job.posted), Place(*job.old) if job.old else None)
    then: list[Job] = [Leave(thread_id=job.thread_id, old=job.old)] if job.old else []
    if job.mover:
        link = bot.installation.permalink(job.channel, job.posted)
        then.append(say(job.mover, moved(card.thread.who, job.channel, link)))
    return [*then, Render(thread_id=job.thread_id), *await shared(bot, job.channel)]


@feature.handles(Leave)
async def leave(job: Leave, _: Keep, bot: Bot) -> list[Job]:
    """In the place of the old card stands where the new one is."""
    card, place, old = await bot.cards.get(job.thread_id), await bot.cards.place(job.thread_id), Place(*job.old)
    if job.aside:
        return await in_turn(bot, job, old.channel)
    if card is None or place is None or place == old:
        return []
    gone = moved_away()
    if await bot.sharing.shows(old.channel):
        gone = moved_card(card.thread.who, place.channel, bot.installation.permalink(*place))
    return await redraw_aside(bot, job, old, gone)
