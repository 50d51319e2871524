"""After a time away: what was missed is summed up in each channel, and then shown, conversation by conversation."""

from __future__ import annotations

from bot.cards.draw import draw, draw_below
from bot.cards.jobs import Announce, Missed, Post, Render
from bot.cards.known import learn
from bot.cards.message_views import meanwhile
from bot.cards.posting import post_once, slot, stands, with_latest
from bot.context import Bot
from bot.errors import Gone
from bot.feature import Feature
from bot.queue.job import Job, Keep
from bot.store.quota import FIRST, LATER

feature = Feature()


@feature.handles(Announce)
async def announce(job: Announce, _: Keep, bot: Bot) -> list[Job]:
    """Say it to the channel, and then show the threads that it sums up."""
    async with bot.refused.waiting(job, job.channel):
        await slot(bot, job, job.channel, FIRST)
        await post_once(bot, job, f"digest-{job.ref}-{job.channel}", job.channel, {"text": job.text, "blocks": []})
    return [Missed(channel=job.channel, thread_id=one, since=since) for one, since in job.threads.items()]


@feature.handles(Missed)
async def missed(job: Missed, _: Keep, bot: Bot) -> list[Job]:
    """The card of a thread that is still open, and below it what was written meanwhile."""
    async with bot.refused.waiting(job, job.channel):
        return await _missed(bot, job)


async def _missed(bot: Bot, job: Missed) -> list[Job]:
    if waiting := await bot.posts.waiting(job.thread_id):  # something new, and what was missed goes before that
        first = waiting[0].message
        return [Post(channel=job.channel, thread_id=job.thread_id, message=first, waits=True)]
    await slot(bot, job, job.channel, LATER)
    try:
        thread = await bot.background.thread(job.thread_id)
        messages = await bot.background.messages(job.thread_id, since=job.since)
    except Gone:
        return []
    new = await bot.feed.unseen(messages, job.since)
    then = [*await learn(bot, thread), Render(thread_id=thread.id)]
    await bot.directory.saw(thread)
    card = await bot.cards.get(thread.id)
    place = await bot.cards.place(thread.id)
    if card is None or not new or (thread.archived and place is None):
        await bot.feed.caught_up(thread.id)
        return then
    card = await with_latest(bot, card, new[-1])
    if place is None:
        drawn = await draw(bot, card, job.channel)
        place = await post_once(bot, job, f"card-{thread.id}-{job.ref}", job.channel, drawn)
        await stands(bot, job, place, None)
        await bot.posts.show(new[-1:])  # the card shows it
        if new := new[:-1]:
            await slot(bot, job, job.channel, LATER)
    if new:
        note = await draw_below(bot, card, place.channel, new, meanwhile)
        await post_once(bot, job, f"missed-{thread.id}-{job.ref}", place.channel, note, place.ts)
        await bot.posts.show(new)
    await bot.feed.caught_up(thread.id)
    return then
