"""A card that somebody deleted in Slack: where somebody waits, a new one comes, with all that they wrote since."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from bot import accept
from bot.card import Card
from bot.cards.jobs import Lost, Post
from bot.context import Bot
from bot.errors import InboxError
from bot.feature import Feature
from bot.models import Message, Place
from bot.queue.job import Job, Keep
from bot.slack.payloads import Body

log = structlog.get_logger(__name__)
feature = Feature()


async def deleted(bot: Bot, body: Body, ts: str) -> None:
    """Slack tells that the message `ts` was deleted, which may be a card."""
    place = Place(body["event"]["channel"], ts)
    if thread_id := await bot.cards.at(place):
        await accept.once(bot, Lost(thread_id=thread_id, place=(place.channel, ts)), f"deleted:{place.channel}:{ts}")


@feature.handles(Lost)
async def restore(job: Lost, _: Keep, bot: Bot) -> list[Job]:
    """What the card showed of those who wait is to be shown again; nobody misses the card of what is answered.

    What was to stand below it waits in any case, though there may be another card by now.
    """
    if job.stray:
        await bot.slack.delete(Place(*job.stray))
    card, place = await bot.cards.get(job.thread_id), Place(*job.place)
    if card is None:
        return []
    messages = await _unanswered(bot, card)
    if await bot.posts.lose(job.thread_id, place, messages):
        log.info("card_deleted", ref=job.ref, thread=job.thread_id, waits=len(messages))
    waiting = await bot.posts.waiting(job.thread_id)
    return [
        Post(channel=one.entry.channel, thread_id=job.thread_id, message=one.message, waits=True) for one in waiting[:1]
    ]


async def _unanswered(bot: Bot, card: Card) -> Sequence[Message]:
    """What somebody wrote since they wait, oldest first; the last message where Inbox does not show more now."""
    since = card.waiting_since
    if since is None or card.gone:
        return []
    latest = [card.latest] if card.latest else []
    try:
        found = await bot.background.messages(card.thread.id, since=since)
    except InboxError:
        return latest
    return [one for one in reversed(found) if one.inbound and one.created_at >= since] or latest
