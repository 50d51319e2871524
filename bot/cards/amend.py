"""A message that has changed is shown as it is now: on its card, below it, or when its turn comes."""

from __future__ import annotations

from bot.card import Card
from bot.cards.jobs import Amend, Render, RenderBelow
from bot.cards.known import MISSING
from bot.context import Bot
from bot.errors import Gone
from bot.feature import Feature
from bot.models import Message
from bot.queue.job import Job, Keep, Later
from bot.queue.retries import tried
from bot.reply.jobs import ReceiptAgain

feature = Feature()


@feature.handles(Amend)
async def amend(job: Amend, _: Keep, bot: Bot) -> list[Job]:
    """A message that is shown on its card, or below it, or waits for that, says there what it says now.

    What has a receipt waits for no post.
    """
    if receipt := await _receipt(bot, job):
        if job.in_turn:
            return [job.having(in_turn=False, aside=False)]
        return await _of_receipt(bot, job, receipt)
    if not job.in_turn:
        return [job.having(in_turn=True)]
    if await _is_on_its_way(bot, job):
        if job.aside:
            raise Later(MISSING[job.tries], tried(job))
        return [job.having(aside=True)]
    if job.aside:
        return [job.having(aside=False)]
    if (waiting := await _among_waiting(bot, job)) is not None:
        await bot.posts.amend(job.thread_id, await _as_it_is(bot, job, waiting))
    card, place = await bot.cards.get(job.thread_id), await bot.posts.shown_at(job.message_id)
    latest = _latest(card, job)
    if card is None or not (latest or place):
        return []
    message = await _as_it_is(bot, job, latest)
    then: list[Job] = []
    if place and await bot.cards.at(place) is None:  # else it is the card, or what is left of one that has moved
        await bot.posts.change(place, message)
        then.append(RenderBelow(thread_id=job.thread_id, place=(place.channel, place.ts)))
    if latest:
        await bot.cards.amend_latest(job.thread_id, message)
        then.append(Render(thread_id=job.thread_id))
    return then


async def _receipt(bot: Bot, job: Amend) -> str:
    """The id of the receipt that it has, or is about to have; "" for what has none."""
    known = await bot.replies.receipts.get(job.message_id)
    send = known.send if known else await bot.attempts.of_message(job.message_id)
    return send.receipt if send and send.card else ""


async def _of_receipt(bot: Bot, job: Amend, receipt: str) -> list[Job]:
    """What it says now is written down, though the receipt stands nowhere yet: whoever draws it reads that."""
    known = await bot.replies.receipts.get(job.message_id)
    ours = Message(id=job.message_id, thread_id=job.thread_id, direction="outbound", created_at=job.at)
    message = await _as_it_is(bot, job, (known and known.message) or ours)
    await bot.replies.says.put(job.message_id, message)
    return [ReceiptAgain(receipt=receipt, message_id=job.message_id)]


async def _is_on_its_way(bot: Bot, job: Amend) -> bool:
    """Whether it stands nowhere and is about to. A reply in the card's Slack thread stands there itself."""
    if job.tries >= len(MISSING) or not await bot.feed.shown([job.message_id]):
        return False
    if await bot.posts.shown_at(job.message_id):
        return False
    if await _among_waiting(bot, job) or _latest(await bot.cards.get(job.thread_id), job):
        return False
    send = await bot.attempts.of_message(job.message_id)
    return not (send and send.echo)


def _latest(card: Card | None, job: Amend) -> Message | None:
    """The message, where the card shows it."""
    return card.latest if card and card.latest and card.latest.id == job.message_id else None


async def _among_waiting(bot: Bot, job: Amend) -> Message | None:
    waiting = await bot.posts.waiting(job.thread_id)
    return next((one.message for one in waiting if one.message.id == job.message_id), None)


async def _as_it_is(bot: Bot, job: Amend, shown: Message | None) -> Message:
    """The message now; of one that was taken back, nothing is kept."""
    try:
        message, _ = await bot.background.message(job.message_id, job.thread_id)
    except Gone:
        ours = Message(id=job.message_id, thread_id=job.thread_id, direction="inbound", created_at=job.at)
        return (shown or ours).taken_back()
    return message.taken_back() if message.deleted or job.deleted else message
