"""After a time away: what was missed is summed up in each channel, and then shown, conversation by conversation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from bot.card import Card
from bot.cards.draw import draw, draw_below
from bot.cards.jobs import Announce, Lost, Missed, Post, Render
from bot.cards.known import learn
from bot.cards.message_views import last_that_fit, meanwhile
from bot.cards.posting import post_once, shows, slot, stands, unseen, waits_since, with_latest
from bot.context import Bot
from bot.errors import CardDeleted, Gone
from bot.feature import Feature
from bot.metrics import RECEIVED, place_of
from bot.models import Message, Place
from bot.queue.job import Job, Keep
from bot.rules.jobs import Judge
from bot.snooze.jobs import ended_by
from bot.store.quota import FIRST, LATER
from bot.waits.notice import notice
from bot.waits.views import mentioning

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
        new = await unseen(bot, job.thread_id, job.since)
    except Gone:
        return []
    then = [*await learn(bot, thread), Render(thread_id=thread.id)]
    await bot.directory.saw(thread)
    card, place = await bot.cards.standing(thread.id)
    if card is None or not new or (thread.archived and place is None):
        await bot.feed.caught_up(thread.id)
        return [*then, *_of_the_dead(job, card, place)]
    count = len(new)
    then += ended_by(thread.id, card.snoozed, new)
    alone = [card.latest] if place and card.latest and await bot.posts.alone(card, place) else []
    card = with_latest(card, new)
    for one in new:
        await waits_since(bot, one)
    if place is None:
        place = await _card(bot, job, card, new)
        if len(new) > 1:
            await slot(bot, job, job.channel, LATER)
        else:
            new = []
    if new:
        try:
            told = {one.id: one for one in (*alone, *new)}.values()
            await _below(bot, job, card, place, sorted(told, key=lambda one: one.created_at))
        except CardDeleted as error:
            return [Lost(thread_id=thread.id, place=(place.channel, place.ts), stray=error.stray), job]
    await bot.feed.caught_up(thread.id)
    RECEIVED.labels(place_of(place.channel)).inc(count)
    return [*then, Judge(thread_id=thread.id, channel=place.channel)]


async def _card(bot: Bot, job: Missed, card: Card, new: Sequence[Message]) -> Place:
    """The first card of a thread: it shows the last message, which the summary has told the channel of."""
    drawn = await draw(bot, card, job.channel)
    place = await post_once(bot, job, f"card-{job.thread_id}-{job.ref}", job.channel, drawn)
    await stands(bot, job, place, None)
    await bot.noticed.put(job.thread_id, new[-1].created_at)
    await shows(bot, job.thread_id, new)
    await bot.posts.show(new[-1:], place)
    return place


def _of_the_dead(job: Missed, card: Card | None, place: Place | None) -> list[Job]:
    """What follows where a worker may have died after it had shown all, each once whoever does it."""
    if not job.tries or card is None or place is None:
        return []
    ended = ended_by(job.thread_id, card.snoozed, [card.latest] if card.latest else [])
    return [*ended, Judge(thread_id=job.thread_id, channel=place.channel)]


async def _below(bot: Bot, job: Missed, card: Card, place: Place, new: Sequence[Message]) -> None:
    """What was written meanwhile, with a word to who has it; the channel knows of it by the summary."""
    heard = await notice(bot, job.thread_id, place.channel, new)
    earlier = len(new) - last_that_fit(new)
    note = await draw_below(bot, card, place.channel, new[earlier:], partial(meanwhile, earlier=earlier))
    shown = mentioning(note, heard.mention) if heard.mention else note
    there = await post_once(bot, job, f"missed-{job.thread_id}-{job.ref}", place.channel, shown, place.ts)
    if heard.until:
        await bot.noticed.put(job.thread_id, heard.until)
    await shows(bot, job.thread_id, new)
    await bot.posts.opened(job.thread_id)
    await bot.posts.show(new[:earlier])
    await bot.posts.show(new[earlier:], there)
