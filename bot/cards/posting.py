"""What all posts of conversations have in common: a slot, once, and one card for each thread."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.card import Card
from bot.cards.jobs import Attempt, Leave, Lost, Missed, Move, Post
from bot.context import Bot
from bot.errors import CardDeleted, InboxError, NotNow, RateLimited
from bot.models import Message, Place
from bot.queue.job import Job, Later
from bot.queue.retries import tried
from bot.slack.blocks import Msg

RECENT: Final = 20  # messages that are read where the last one to us is looked for
ANSWERS_WITHIN: Final = 2.0  # seconds
EARLIER: Final = timedelta(hours=1)  # than the event that tells of it, a message may have been written


async def unseen(bot: Bot, thread_id: str, since: datetime) -> list[Message]:
    """What was missed in a thread and no channel shows, oldest first. Raises `InboxError`."""
    return await bot.feed.unseen(await bot.background.messages(thread_id, since=since - EARLIER), since)


async def comes_first(bot: Bot, job: Job, error: InboxError) -> None:
    """What Inbox could not tell, as `error` says, comes before what `job` is about.

    Raises `Later`, and returns only where order is to be given up: Inbox will never tell, or has told everything but
    that each time for a while. While it tells nothing, or as it begins to, nothing is shown out of order.
    """
    pauses = bot.timing.pauses
    if isinstance(error, RateLimited):
        raise Later(error.retry_after, job) from error
    if not isinstance(error, NotNow):
        return
    failures = job.failures + 1 if await _tells(bot) else 0
    if failures <= len(pauses):
        again = tried(job).having(failures=failures)
        raise Later(pauses[min(job.tries, len(pauses) - 1)], again) from error


async def _tells(bot: Bot) -> bool:
    """Whether Inbox does something that it is asked."""
    try:
        async with asyncio.timeout(ANSWERS_WITHIN):
            await bot.background.team()
    except (InboxError, TimeoutError):
        return False
    return True


async def awake(bot: Bot, card: Card) -> Card:
    """What is not kept of a conversation at rest, asked of Inbox: its last message to us before those that wait.

    Other lanes may write the card meanwhile. Raises `NotNow`.
    """
    if not card.rested:
        return card
    try:
        thread = (await bot.background.thread(card.thread.id)).with_person(card.thread.person)
        messages = await bot.background.messages(card.thread.id, RECENT)
    except NotNow:
        raise
    except InboxError:  # Inbox has its last word on that, and the names are known
        thread, messages = card.thread, []
    waiting = await bot.posts.waiting(card.thread.id)
    before = min((one.message.created_at for one in waiting), default=None)
    theirs = [one for one in messages if one.inbound and (before is None or one.created_at < before)]
    if card.said:  # what came since then is told of on its own, and does not stand on the card until then
        theirs = [one for one in theirs if one.created_at <= card.said]
    await bot.cards.wake(card.thread, thread, theirs[0] if theirs else None)
    return await bot.cards.get(card.thread.id) or card


async def slot(bot: Bot, job: Job, channel: str, turn: int) -> None:
    """Raises `Later` until the channel takes another post of the class `turn`."""
    if wait := await bot.quota.channel(channel, job.lane, turn, job.at.timestamp()):
        raise Later(wait, job)


async def post_once(
    bot: Bot,
    job: Job,
    mark: str,
    channel: str,
    message: Msg,
    thread_ts: str | None = None,
    *,
    broadcast: bool = False,
    whole: bool = False,
) -> Place:
    """Post, unless an attempt whose outcome is unknown turns out to have posted what carries this `mark`."""
    if job.tries:
        found = await bot.slack.find(channel, mark, thread_ts=thread_ts, since=job.at.timestamp() - 5)
        if found:
            return found
    marked = {"message_id": mark}
    place = await bot.slack.post(
        channel, message, thread_ts=thread_ts, broadcast=broadcast, metadata=marked, whole=whole
    )
    await bot.refused.taken(job, channel, "reply" if thread_ts else "post")
    return place


async def post_below(
    bot: Bot, job: Job, mark: str, thread_id: str, card: Place, message: Msg, *, broadcast: bool = False
) -> Place:
    """The same below a card. Where that is gone, nothing stays bare in the channel, and `Later` is raised: a new one
    may come, below which the job posts then.
    """
    try:
        return await post_once(bot, job, mark, card.channel, message, card.ts, broadcast=broadcast)
    except CardDeleted as error:
        lost = Lost(thread_id=thread_id, place=(card.channel, card.ts), stray=error.stray)
        raise Later(1.0, tried(job), lost) from error


async def made(bot: Bot, attempt: Attempt, place: Place | None) -> Place | None:
    """The post, if it was made: a card that was noted at `place`, else what history tells, where it may be read."""
    if place and not attempt.thread_ts and place.channel == attempt.channel:
        return place  # before, it was in another channel or nowhere
    mark, since = attempt.mark or attempt.ids[0], attempt.at.timestamp() - 5
    found = await bot.slack.find(attempt.channel, mark, thread_ts=attempt.thread_ts, since=since)
    if found is None and attempt.thread_ts:
        stray = await bot.slack.find(attempt.channel, mark, thread_ts=None, since=since)
        if stray and stray != place:  # its card was gone, and whoever posted it died before they took it away
            await bot.slack.delete(stray)
    return found


async def stands(bot: Bot, job: Post | Move | Missed, place: Place, before: Place | None) -> None:
    """The card is there now. Where another channel's lane was faster, this one is closed, and the job done anew."""
    if not await bot.cards.put(job.thread_id, place, before):
        raise Later(0.0, job, Leave(thread_id=job.thread_id, old=(place.channel, place.ts)))


def with_latest(card: Card, messages: Sequence[Message]) -> Card:
    """The card with the last of `messages` on it that somebody wrote to us, unless it shows a later one.

    It is kept by `shows`, once that stands in Slack: until then, what is kept stands on a card, perhaps there alone.
    """
    message = next((one for one in reversed(messages) if one.inbound), None)
    if message is None or (card.latest is not None and card.latest.created_at > message.created_at):
        return card
    return card.having(latest=message)


async def shows(bot: Bot, thread_id: str, messages: Sequence[Message]) -> Card | None:
    """`messages` stand in Slack now: the card from then on, as far as nobody else changes it."""
    before = await bot.cards.get(thread_id)
    card = before and with_latest(before, messages)
    if card is None or card.latest is None or card == before:
        return card
    await bot.cards.put_latest(thread_id, card.latest)
    if card.waiting_since is None:  # its message may be all that tells
        return await bot.cards.get(thread_id)
    return card.having(rested=False)


async def waits_since(bot: Bot, message: Message) -> None:
    """Of what was missed, only its event was heard of until now, which is a little later than the message."""
    if message.inbound:
        await bot.waiting.wrote(message.thread_id, message.created_at.timestamp())
