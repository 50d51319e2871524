"""After a time away: what was missed is summed up in each channel, and then shown, conversation by conversation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from bot.card import Card
from bot.cards.draw import draw, draw_below
from bot.cards.jobs import Announce, Attempt, Lost, Missed, Post, Render, RenderBelow
from bot.cards.known import learn
from bot.cards.message_views import last_that_fit, meanwhile
from bot.cards.posting import made, post_once, shows, slot, stands, unseen, waits_since, with_latest
from bot.context import Bot
from bot.errors import CardDeleted, ContentRefused, Gone
from bot.feature import Feature
from bot.metrics import RECEIVED, place_of
from bot.models import Message, Place
from bot.people.tell import unshown, unshown_summary
from bot.queue.job import Job, Keep, utc_now
from bot.rules.jobs import Judge
from bot.snooze.jobs import ended_by
from bot.store.quota import FIRST, LATER
from bot.waits.jobs import Notice
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


@feature.gives_up(Announce)
async def not_said(job: Announce, error: Exception, bot: Bot) -> list[Job]:
    return [unshown_summary()]


@feature.handles(Missed)
async def missed(job: Missed, keep: Keep, bot: Bot) -> list[Job]:
    """The card of a thread that is still open, and below it what was written meanwhile."""
    async with bot.refused.waiting(job, job.channel):
        place = await bot.cards.place(job.thread_id)
        if job.attempt and (found := await made(bot, job.attempt, place)):
            return await _found(bot, job, job.attempt, found)
        return await _missed(bot, job.having(attempt=None), keep)


@feature.gives_up(Missed)
async def not_shown(job: Missed, error: Exception, bot: Bot) -> list[Job]:
    return [unshown()]


async def _missed(bot: Bot, job: Missed, keep: Keep) -> list[Job]:
    if waiting := await bot.posts.waiting(job.thread_id):  # something new, and what was missed goes before that
        return [_post(job, waiting[0].message)]
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
    then += ended_by(thread.id, card.snoozed, new)
    for one in new:
        await waits_since(bot, one)
    told = await _told(bot, card, place, new)
    card = with_latest(card, new)
    if place is None:
        place = await _card(bot, job, keep, card, new)
        told = told if len(new) > 1 else []
    try:
        if told:
            await _below(bot, job, keep, card, place, told)
    except CardDeleted as error:
        return [Lost(thread_id=thread.id, place=(place.channel, place.ts), stray=error.stray), job]
    except ContentRefused:
        return [*then, *await _one_by_one(bot, job, new)]
    await bot.feed.caught_up(thread.id)
    RECEIVED.labels(place_of(place.channel)).inc(len(new))
    return [*then, Judge(thread_id=thread.id, channel=place.channel)]


async def _told(bot: Bot, card: Card, place: Place | None, new: Sequence[Message]) -> list[Message]:
    """What is to stand below the card, in order: what stands on it alone as well."""
    alone = [card.latest] if place and card.latest and await bot.posts.alone(card, place) else []
    return sorted({one.id: one for one in (*alone, *new)}.values(), key=lambda one: one.created_at)


async def _card(bot: Bot, job: Missed, keep: Keep, card: Card, new: Sequence[Message]) -> Place:
    """The first card of a thread: it shows the last message, which the summary has told the channel of."""
    mark, noticed = f"card-{job.thread_id}-{job.ref}", Notice(until=new[-1].created_at)
    attempt = Attempt(ids=_ids(new), channel=job.channel, at=utc_now(), notice=noticed, mark=mark)
    await keep(job.having(attempt=attempt))
    place = await post_once(bot, job, mark, job.channel, await draw(bot, card, job.channel))
    await _card_stands(bot, job, attempt, place, new)
    await keep(job)
    if len(new) > 1:
        await slot(bot, job, job.channel, LATER)
    return place


async def _below(bot: Bot, job: Missed, keep: Keep, card: Card, place: Place, told: Sequence[Message]) -> None:
    """What was written meanwhile, with a word to who has it; the channel knows of it by the summary."""
    heard = await notice(bot, job.thread_id, place.channel, told)
    earlier = len(told) - last_that_fit(told)
    note = await draw_below(bot, card, place.channel, told[earlier:], partial(meanwhile, earlier=earlier))
    shown = mentioning(note, heard.mention) if heard.mention else note
    mark, (channel, ts) = f"missed-{job.thread_id}-{job.ref}", place
    attempt = Attempt(ids=_ids(told), channel=channel, thread_ts=ts, at=utc_now(), notice=heard, mark=mark)
    await keep(job.having(attempt=attempt))
    there = await post_once(bot, job, mark, channel, shown, ts, whole=len(told) > 1)
    await _below_stands(bot, job.thread_id, attempt, there, told)


def _ids(messages: Sequence[Message]) -> tuple[str, ...]:
    return tuple(one.id for one in messages)


async def _card_stands(bot: Bot, job: Missed, attempt: Attempt, place: Place, new: Sequence[Message]) -> None:
    await stands(bot, job, place, None)
    if attempt.notice.until:
        await bot.noticed.put(job.thread_id, attempt.notice.until)
    await shows(bot, job.thread_id, new)
    await bot.posts.show([one for one in new if one.id == attempt.ids[-1]], place)


async def _below_stands(bot: Bot, thread_id: str, attempt: Attempt, place: Place, told: Sequence[Message]) -> None:
    """The message that the card shows gives way last: it may be one of these, and whoever takes over looks for it."""
    if attempt.notice.mention:
        await bot.noticed.mentions(place, attempt.notice.mention)
    if attempt.notice.until:
        await bot.noticed.put(thread_id, attempt.notice.until)
    earlier = len(told) - last_that_fit(told)
    await bot.posts.show(told[earlier:], place)
    await bot.posts.show(told[:earlier])
    await bot.posts.opened(thread_id)
    await shows(bot, thread_id, told)


async def _found(bot: Bot, job: Missed, attempt: Attempt, place: Place) -> list[Job]:
    """The post of an attempt whose outcome was unknown shows what was known then; what came since follows it."""
    try:
        found = await unseen(bot, job.thread_id, job.since)
    except Gone:
        found = []
    card = await bot.cards.get(job.thread_id)
    latest = [card.latest] if card and card.latest else []
    waiting = [one.message for one in await bot.posts.waiting(job.thread_id)]
    known = {one.id: one for one in (*latest, *await bot.posts.at(place), *waiting, *found)}
    told = [known[one] for one in attempt.ids if one in known]
    then: list[Job] = [Render(thread_id=job.thread_id), Judge(thread_id=job.thread_id, channel=place.channel)]
    if attempt.thread_ts:
        await _below_stands(bot, job.thread_id, attempt, place, told)
        then.append(RenderBelow(thread_id=job.thread_id, place=(place.channel, place.ts)))
    else:
        await _card_stands(bot, job.having(attempt=None), attempt, place, told)
    ended = ended_by(job.thread_id, card.snoozed if card else None, told)
    return [*then, *ended, *(_post(job, one) for one in told[-1:])]


async def _one_by_one(bot: Bot, job: Missed, new: Sequence[Message]) -> list[Job]:
    """Slack refuses them together, for one of them: each is shown by itself, where need be without its text."""
    for number, one in enumerate(new):
        await bot.posts.put(one, job.channel, number)
    await bot.feed.caught_up(job.thread_id)
    return [_post(job, new[-1], alone=True), Judge(thread_id=job.thread_id, channel=job.channel)]


def _post(job: Missed, message: Message, *, alone: bool = False) -> Post:
    return Post(channel=job.channel, thread_id=job.thread_id, message=message, waits=True, alone=alone)


def _of_the_dead(job: Missed, card: Card | None, place: Place | None) -> list[Job]:
    """What follows where a worker may have died after it had shown all, each once whoever does it."""
    if not job.tries or card is None or place is None:
        return []
    ended = ended_by(job.thread_id, card.snoozed, [card.latest] if card.latest else [])
    return [*ended, Judge(thread_id=job.thread_id, channel=place.channel)]
