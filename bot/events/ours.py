"""What our side wrote, wherever that was: it stands below the card, once, with who wrote it and from where.

What was sent from a card's form has its receipt there, and a reply in the card's Slack thread stands there itself.
"""

from __future__ import annotations

from typing import Final

from bot.address import Address
from bot.card import Card
from bot.cards.jobs import Post
from bot.cards.known import MISSING
from bot.cards.newer import WEEK
from bot.context import Bot
from bot.errors import Gone, InboxError, NotNow
from bot.events.inbound import is_history, read
from bot.events.jobs import Ours, Outbound
from bot.feature import Feature
from bot.models import Message
from bot.queue.job import Job, Keep, Later, utc_now
from bot.queue.retries import tried
from bot.send.store import ASKING
from bot.stats.jobs import OLD, Count

SOON: Final = 0.5  # seconds until what may be on its way from Slack is looked at again
feature = Feature()


@feature.handles(Ours)
async def ours(job: Ours, _: Keep, bot: Bot) -> list[Job]:
    """Show it, where the conversation has a card. What v2 tells of it must be read to know whether it answers."""
    card, channel = await bot.cards.get(job.thread_id), await _channel(bot, job.thread_id)
    if card is None or channel is None:
        return [*_answers(job, None), *_counts(job, None)]  # read for nobody: a campaign writes thousands
    try:
        message = job.event.message or (await read(bot, job))[0]
    except Gone as error:
        if job.looks < len(MISSING):  # told of sooner than it can be read
            raise Later(MISSING[job.looks], job.having(looks=job.looks + 1)) from error
        return [*_answers(job, None), *_counts(job, None)]
    except NotNow as error:
        if job.tries:
            raise
        raise Later(SOON, tried(job), *_answers(job, None)) from error  # nobody is reminded of it meanwhile
    return [*_answers(job, message), *_counts(job, message), *await _shown(bot, job, card, channel, message)]


def _answers(job: Ours, message: Message | None) -> list[Job]:
    """What told all of itself has ended the wait already."""
    event = job.event
    if event.message is not None:
        return []
    written, campaign = (message or event).created_at, message is not None and message.author == "campaign"
    return [Outbound(thread_id=job.thread_id, written=written, campaign=campaign, message_id=event.message_id or "")]


def _counts(job: Ours, message: Message | None) -> list[Job]:
    """An answer in the figures; what told all of itself was counted by its event."""
    event = job.event
    if event.message is not None or not event.message_id or (message and message.author == "campaign"):
        return []
    when = (message or event).created_at
    if event.created_at - when > OLD:
        return []
    return [Count(what="sent", thread_id=job.thread_id, when=when, message_id=event.message_id)]


async def _channel(bot: Bot, thread_id: str) -> str | None:
    """Where the conversation has its card, or is about to have it."""
    if place := await bot.cards.place(thread_id):
        return place.channel
    waiting = await bot.posts.waiting(thread_id)
    return waiting[0].entry.channel if waiting else None


async def _shown(bot: Bot, job: Ours, card: Card, channel: str, message: Message) -> list[Job]:
    old = utc_now() - message.created_at > WEEK  # nobody knows any more whether it stands there already
    imported = card.thread.syncing and (old or await is_history(bot, message))
    if imported or not await bot.sharing.shows(channel):
        return []
    sent_by = await _sent_by(bot, job, card, message)
    if not sent_by:
        await bot.posts.show([message])  # it has a post of its own
        return []
    message = message.having(sent_by=sent_by)
    if not await bot.posts.put(message, channel, job.event.seq):
        return []
    return [Post(channel=channel, thread_id=job.thread_id, message=message, waits=True)]


async def _sent_by(bot: Bot, job: Ours, card: Card, message: Message) -> str:
    """`Ana, from Slack`; "" for what stands below the card in another way."""
    person = card.thread.person
    under_way = person and await bot.attempts.under_way(Address.within(card.thread, person))
    send = await bot.attempts.of_message(message.id)  # asked last: what was under way is known by its end
    if send is not None:
        return "" if send.card or send.echo else f"{send.writer or 'Your team'}, from Slack"
    if under_way and job.age < ASKING:  # what stays in doubt for longer must not hold up all that they write
        raise Later(SOON, tried(job))
    if message.author == "campaign":
        return "Your team, campaign"
    return f"{await _member(bot, message) or 'Your team'}, in Inbox"


async def _member(bot: Bot, message: Message) -> str:
    """Who wrote it in Inbox, where its API says so."""
    if message.author not in ("member", "agent") or message.writer_id is None:
        return ""
    try:
        members = await bot.directory.members()
    except InboxError:
        return ""
    return next((one.label for one in members if message.writer_id in (one.id, one.user_id)), "")
