"""What is new in a conversation, shown in order: on its card, and in posts below the card that hold all that waits.

All posts of one conversation are made in one lane. None is made twice: an attempt is written down before it, and looked
for by `bot.cards.posting` where its worker died; where the bot may not read the channel's history, it may come again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

import structlog

from bot.card import Card
from bot.cards.draw import draw, draw_below, fresh, named_later, shared
from bot.cards.jobs import Amend, Attempt, Leave, Lost, Post, Render, RenderBelow
from bot.cards.message_views import that_fit
from bot.cards.posting import awake, comes_first, made, shows, slot, stands, unseen, waits_since, with_latest
from bot.cards.posts_store import Waiting
from bot.context import Bot
from bot.errors import CardDeleted, ContentRefused, Gone, InboxError
from bot.feature import Feature
from bot.models import Message, Place
from bot.people.tell import unshown
from bot.queue.job import Job, Keep, Later, utc_now
from bot.routing.store import Pin
from bot.slack.blocks import Msg
from bot.store.quota import FIRST, NEW
from bot.waits.notice import by_card, notice
from bot.waits.views import mentioning

log = structlog.get_logger(__name__)
feature = Feature()


@feature.handles(Post)
async def post(job: Post, keep: Keep, bot: Bot) -> list[Job]:
    """The next post of the conversation. A job of an older version, in whatever lane, only adds its message."""
    async with bot.refused.waiting(job, job.channel):
        if not job.waits:
            await bot.posts.put(job.message, job.channel, marked=True)
            return [job.having(waits=True, tries=0)]
        with bot.directory.unnamed() as unnamed:
            then = await _post(bot, job, keep)
        return [*then, *named_later(job.thread_id, unnamed)]


@feature.gives_up(Post)
async def not_shown(job: Post, error: Exception, bot: Bot) -> list[Job]:
    """What waits is shown with what comes next, if anything does."""
    return [unshown()]


async def _post(bot: Bot, job: Post, keep: Keep) -> list[Job]:
    (card, place), owed, memory = await asyncio.gather(
        bot.cards.standing(job.thread_id), bot.feed.owed(job.thread_id), bot.routes.memory(job.thread_id)
    )
    if card is None:
        return []
    if job.attempt and (found := await made(bot, job.attempt, place)):
        return await _found(bot, job, job.attempt, found)
    if owed and not job.ahead:
        job = job.having(ahead=not await _caught_up(bot, job, owed), failures=0)  # those of the wait, which is over
        await keep(job)
    card = await awake(bot, card)
    waiting = await _waiting(bot, job, card, place, memory.pin)
    if not waiting:
        return [Render(thread_id=job.thread_id)] if job.attempt else []  # whoever posted it died, and not before
    job = job.having(attempt=None)
    channel = _wanted(waiting, memory.pin)
    below = place if place and place.channel == channel else None
    await slot(bot, job, channel, NEW if place and not job.opens else FIRST)  # what opens it, a receipt waits for
    shown = await _next(bot, waiting[:1] if job.alone and below else waiting, below)
    messages = [one.message for one in shown]
    attempt = await _attempt(bot, card, channel, place, shown)
    card = with_latest(card, messages)
    job = job.having(attempt=attempt)
    _, message = await asyncio.gather(keep(job), _drawn(bot, card, attempt, messages))
    mark = {"message_id": attempt.ids[0]}
    thread_ts, seen, several = attempt.thread_ts, attempt.notice.broadcast, len(shown) > 1
    try:
        there = await bot.slack.post(
            channel, message, thread_ts=thread_ts, broadcast=seen, metadata=mark, whole=several
        )
    except ContentRefused as error:
        if not several:
            raise
        raise Later(0.0, job.having(attempt=None, alone=True)) from error
    except CardDeleted as error:
        return [Lost(thread_id=job.thread_id, place=(channel, attempt.thread_ts or ""), stray=error.stray)]
    then = await _stands(bot, job, attempt, there, shown, card)
    await bot.refused.taken(job, channel, "reply" if attempt.thread_ts else "post")
    return then


async def _attempt(bot: Bot, card: Card, channel: str, place: Place | None, shown: Sequence[Waiting]) -> Attempt:
    """What is about to be posted in `channel`, with who is to notice it; the first of all was noticed on its card.

    `card` is as it was before.
    """
    new = [one.message for one in shown if one.entry.seq >= 0]
    stays = place is not None and place.channel == channel
    return Attempt(
        ids=tuple(one.message.id for one in shown),
        channel=channel,
        thread_ts=place.ts if place and stays else None,
        at=utc_now(),
        old=None if stays else place,
        notice=await notice(bot, card.thread.id, channel, new) if place else by_card(card),
    )


async def _drawn(bot: Bot, card: Card, attempt: Attempt, messages: Sequence[Message]) -> Msg:
    channel, user = attempt.channel, attempt.notice.mention
    message = await draw_below(bot, card, channel, messages) if attempt.thread_ts else await draw(bot, card, channel)
    return mentioning(message, user) if user else message


async def _waiting(bot: Bot, job: Post, card: Card, place: Place | None, pin: Pin | None) -> list[Waiting]:
    """What is to be shown; before the second message below a card goes the first, which stands on the card alone."""
    if place is None:
        waiting = await bot.posts.waiting(job.thread_id)
        return waiting if any(one.message.inbound for one in waiting) else []
    waiting, alone = await asyncio.gather(bot.posts.waiting(job.thread_id), bot.posts.alone(card, place))
    if alone and (_wanted(waiting, pin) == place.channel if waiting else job.opens):
        await bot.posts.open(job.thread_id, place.channel)
        waiting = await bot.posts.waiting(job.thread_id)
    return waiting


def _wanted(waiting: Sequence[Waiting], pin: Pin | None) -> str:
    """Where the conversation belongs: where somebody keeps it, else where the newest message to us said."""
    theirs = [one for one in waiting if one.message.inbound and one.entry.seq >= 0]
    return pin.channel if pin else (theirs or waiting)[-1].entry.channel


async def _next(bot: Bot, waiting: Sequence[Waiting], below: Place | None) -> Sequence[Waiting]:
    """What the next post shows: a card one message to us, a post below it as many as fit."""
    if below is None:
        return [one for one in waiting if one.message.inbound][:1] or waiting[:1]
    if len(waiting) == 1:
        return waiting
    choices = await bot.preferences.channel(below.channel)
    return waiting[: that_fit([fresh(one.message, choices) for one in waiting])]


async def _caught_up(bot: Bot, job: Post, since: datetime) -> bool:
    """What was missed in the conversation since then and is not shown comes before what is new in it.

    False where Inbox does not tell it and it is waited for no longer.
    """
    try:
        messages = await unseen(bot, job.thread_id, since)
    except Gone:
        messages = []
    except InboxError as error:
        await comes_first(bot, job, error)
        log.warning("not_caught_up", ref=job.ref, thread=job.thread_id, status=error.status)
        return False
    for number, message in enumerate(messages):
        await bot.posts.put(message, job.channel, number)  # in Inbox's order, where several were written at once
        await waits_since(bot, message)
    await bot.feed.caught_up(job.thread_id)
    return True


async def _found(bot: Bot, job: Post, attempt: Attempt, found: Place) -> list[Job]:
    """The post of an attempt whose outcome was unknown; what it shows may have changed since."""
    shown = [one for one in await bot.posts.waiting(job.thread_id) if one.message.id in attempt.ids]
    then = await _stands(bot, job, attempt, found, shown)
    if shown and attempt.thread_ts:
        return [RenderBelow(thread_id=job.thread_id, place=(found.channel, found.ts)), *then]
    return then


async def _stands(
    bot: Bot, job: Post, attempt: Attempt, place: Place, shown: Sequence[Waiting], drawn: Card | None = None
) -> list[Job]:
    """It is there: that is noted, and what follows from it. A card shows `drawn`, as far as is known."""
    again = job.having(attempt=None, alone=False, tries=0)
    if not attempt.thread_ts:
        await stands(bot, again, place, Place(*attempt.old) if attempt.old else None)
    if attempt.notice.mention:
        await bot.noticed.mentions(place, attempt.notice.mention)
    if attempt.notice.until:
        await bot.noticed.put(job.thread_id, attempt.notice.until)
    card = await shows(bot, job.thread_id, [one.message for one in shown])
    if not attempt.thread_ts and card and card.latest:  # a card shows what is newest; what is older goes below it
        shown = [one for one in shown if one.message.id == card.latest.id]
    changed, left = await bot.posts.put_shown(place, job.thread_id, shown)
    then: list[Job] = [Amend(thread_id=job.thread_id, message_id=one, in_turn=True) for one in changed]
    if attempt.thread_ts or card != drawn:  # who changes it from now on, draws it where it stands
        then.append(Render(thread_id=job.thread_id))
    if attempt.old:
        then.append(Leave(thread_id=job.thread_id, old=attempt.old))
    if left:
        then.append(again.having(message=left[0].message, opens=False, at=utc_now()))
    return [*then, *await shared(bot, attempt.channel)]
