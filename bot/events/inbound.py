"""Who wrote in a conversation: the person, whose message is to be shown; our side, who has answered; or a campaign."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from bot.address import Address
from bot.card import Card, Note
from bot.cards.jobs import Move, Post, Render
from bot.cards.known import MISSING, learn
from bot.cards.newer import shown_on
from bot.context import Bot
from bot.errors import Gone
from bot.events.jobs import Campaign, Notify, Ours, Outbound, Refresh
from bot.feature import Feature
from bot.later.jobs import Scheduled, held_by, line_to
from bot.metrics import ANSWERED, place_of
from bot.models import Message, Thread
from bot.people.tell import unshown
from bot.queue.job import Job, Keep, Later, utc_now
from bot.routing import decide
from bot.rules.follow import followed
from bot.snooze.jobs import ended_by

log = structlog.get_logger(__name__)

HISTORY: Final = 24 * 3600.0  # seconds; an older message of a thread that is being imported is no news
LISTED: Final = 1000  # messages of a conversation in which very much is written, read at once
feature = Feature()


@feature.handles(Notify)
async def notify(job: Notify, _: Keep, bot: Bot) -> list[Job]:
    """An inbound message: note it, and post it where it belongs."""
    try:
        message, thread = await _message(bot, job)
    except Gone as error:
        if job.looks < len(MISSING):  # told of sooner than it can be read
            raise Later(MISSING[job.looks], job.having(looks=job.looks + 1)) from error
        log.warning("message_gone", ref=job.ref, event_id=job.event.id)
        return []
    if thread is None or not message.inbound:
        return []
    if thread.syncing and await is_history(bot, message):
        log.info("imported", ref=job.ref, event_id=job.event.id)
        return []
    found = await asyncio.gather(
        bot.directory.saw(thread),
        bot.waiting.wrote(thread.id, message.created_at.timestamp(), message.id),
        bot.snoozes.get(thread.id),
        _held_for(bot, thread),
        learn(bot, thread),
        decide.settle(bot, thread, message),
    )
    snoozed, waiting, learnt, plan = found[2:]
    woken = ended_by(thread.id, snoozed, [message])
    held = held_by((one.id for one in waiting), message)
    return [*learnt, *woken, *held, *await _to_show(bot, plan, thread, message, job.event.seq)]


@feature.gives_up(Notify)
async def not_shown(job: Notify, error: Exception, bot: Bot) -> list[Job]:
    return [unshown()]


async def is_history(bot: Bot, message: Message) -> bool:
    """Whether it is an old message of an account that was just linked: what its card has not shown yet is news."""
    if (utc_now() - message.created_at).total_seconds() <= HISTORY:
        return False
    card, place = await bot.cards.standing(message.thread_id)
    shown = await shown_on(bot, card) if card and place else None
    return shown is None or message.created_at <= shown


async def _held_for(bot: Bot, thread: Thread) -> list[Scheduled]:
    """What is to be sent to them later."""
    return await bot.schedule.between(line_to(Address.within(thread, thread.person))) if thread.person else []


async def _to_show(bot: Bot, plan: decide.Plan, thread: Thread, message: Message, seq: int) -> list[Job]:
    """A post where the `plan` of the rules wants it, and what else they say of it.

    Where they want it elsewhere than the card is, the card moves there; a card that there is stays, though they want
    none.
    """
    place = await bot.cards.place(thread.id) if plan.place.channel is None and plan.place.trial else None
    channel = plan.place.channel or (place.channel if place else None)
    return [*await _posted(bot, channel, message, seq), *followed(plan, thread, message, channel)]


async def _posted(bot: Bot, channel: str | None, message: Message, seq: int) -> list[Job]:
    if channel is None:
        return []
    waits, owed = await asyncio.gather(bot.posts.put(message, channel, seq), bot.feed.owed(message.thread_id))
    if not waits:
        return []
    post = Post(channel=channel, thread_id=message.thread_id, message=message, waits=True)
    if owed:  # the summary of what was missed there may wait for a slot of its own
        await bot.lanes.hurry(post)
    return [post]


async def _message(bot: Bot, job: Notify) -> tuple[Message, Thread | None]:
    """The message and its thread with its person, from the payload where it carries them, else from Inbox."""
    message, thread = job.event.message, job.event.thread
    listed = False
    if message is None:
        message, thread, listed = await read(bot, job)
    if not message.inbound:
        return message, None
    if thread is None or thread.person is None:
        known = await bot.cards.get(message.thread_id)
        person = known.thread.person if known else None
        if listed and known:
            thread = known.thread
        if thread is None or person is None:
            thread = await bot.background.thread(message.thread_id)
        thread = thread.with_person(person)
    return message, thread


async def read(bot: Bot, job: Notify | Ours) -> tuple[Message, Thread | None, bool]:
    """The message from Inbox, and whether from a list: one person's flood does not spend all calls of the team."""
    message_id, thread_id = job.event.message_id or "", job.event.thread_id or ""
    if found := await bot.feed.read_lately(thread_id, message_id):
        return found, None, True
    if await bot.feed.is_busy(thread_id):
        if wait := await bot.feed.listing_rests(thread_id):
            raise Later(wait, job)
        messages = await bot.background.messages(thread_id, LISTED)
        await bot.feed.keep_read(thread_id, messages)
        if found := next((one for one in messages if one.id == message_id), None):
            return found, None, True
    return *await bot.background.message(message_id, thread_id), False


@feature.handles(Outbound)
async def outbound(job: Outbound, _: Keep, bot: Bot) -> list[Job]:
    """What our side wrote answers whoever waits, and the card says so; a campaign answers nobody."""
    if job.campaign:
        await bot.routes.saw_campaign(job.thread_id)
    elif await bot.waiting.answered(job.thread_id, job.written.timestamp()):
        place = await bot.cards.place(job.thread_id)
        ANSWERED.labels(place_of(place.channel if place else None)).inc()
    card = await bot.cards.get(job.thread_id)
    if card is None:
        return []
    if card.gone:
        return [Refresh(thread_id=job.thread_id)]  # nobody writes where there is nothing
    return await _answered(bot, job, card) if job.message_id and not job.campaign else []


async def _answered(bot: Bot, job: Outbound, card: Card) -> list[Job]:
    """Who answered, where that is known: Inbox's API names nobody, but what was sent from Slack is on record."""
    if card.answered is None or card.answered.at < job.written:
        send = await bot.attempts.of_message(job.message_id)
        await bot.cards.answer(job.thread_id, Note(who=send.writer if send else None, at=job.written))
    return [Render(thread_id=job.thread_id)]


@feature.handles(Campaign)
async def campaign(job: Campaign, _: Keep, bot: Bot) -> list[Job]:
    """A rule may ask for it; the event may come after the message that it tells of."""
    await bot.routes.saw_campaign(job.thread_id)
    card, place = await bot.cards.standing(job.thread_id)
    if card is None or place is None:
        return []
    channel = (await decide.decide(bot, card.thread, card.latest)).channel
    return [Move(channel=channel, thread_id=job.thread_id)] if channel and channel != place.channel else []
