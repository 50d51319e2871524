"""A card that moves to another channel, and what stands where it was."""

from __future__ import annotations

from bot.card import Card
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
    """Post the card in another channel, once, unless somebody keeps it elsewhere by then.

    Of a job of an older version, the message waits with the others.
    """
    async with bot.refused.waiting(job, job.channel):
        return await _move(bot, job, keep)


async def _move(bot: Bot, job: Move, keep: Keep) -> list[Job]:
    card, place = await bot.cards.standing(job.thread_id)
    if card is None:
        return []
    if not job.posted:
        if job.message:
            await bot.posts.put(job.message, job.channel, marked=True)
            return [Post(channel=job.channel, thread_id=job.thread_id, message=job.message, waits=True)]
        pin = (await bot.routes.memory(job.thread_id)).pin
        if pin and pin.channel != job.channel:
            return await _not_there(bot, job, pin.channel, card)
        if place is not None and place.channel == job.channel:
            return _told(bot, job, card, place)
        await slot(bot, job, job.channel, FIRST if job.mover else NEW)
        drawn = await draw(bot, card, job.channel)
        new = await post_once(bot, job, _mark(job), job.channel, drawn)
        job = job.having(posted=new.ts, old=tuple(place) if place else None)
        await keep(job)
    again, new = job.having(posted="", old=None), Place(job.channel, job.posted)
    await stands(bot, again, new, Place(*job.old) if job.old else None)
    then = [Leave(thread_id=job.thread_id, old=job.old)] if job.old else []
    told = _told(bot, job, card, new)
    return [*then, *told, Render(thread_id=job.thread_id), *await shared(bot, job.channel)]


async def _not_there(bot: Bot, job: Move, channel: str, card: Card) -> list[Job]:
    """Somebody wants it in `channel` by now, and nothing of it stays where it was to go."""
    if job.tries:
        since = job.at.timestamp() - 5
        if stray := await bot.slack.find(job.channel, _mark(job), thread_ts=None, since=since):
            await bot.slack.delete(stray)
    return [say(job.mover, moved(card.thread.who, channel, None))] if job.mover else []


def _mark(job: Move) -> str:
    return f"move-{job.ref}"


def _told(bot: Bot, job: Move, card: Card, place: Place) -> list[Job]:
    """Whoever moved it by hand reads where it is."""
    if job.mover is None:
        return []
    return [say(job.mover, moved(card.thread.who, place.channel, bot.installation.permalink(*place)))]


@feature.handles(Leave)
async def leave(job: Leave, _: Keep, bot: Bot) -> list[Job]:
    """In the place of the old card stands where the new one is."""
    (card, place), old = await bot.cards.standing(job.thread_id), Place(*job.old)
    if job.aside:
        return await in_turn(bot, job, old.channel)
    if card is None or place is None or place == old:
        return []
    gone = moved_away()
    if await bot.sharing.shows(old.channel):
        gone = moved_card(card.thread.who, place.channel, bot.installation.permalink(*place))
    return await redraw_aside(bot, job, old, gone)
