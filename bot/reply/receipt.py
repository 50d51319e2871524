"""Receipts of replies, below their card: posted as "sending", and drawn anew there until the end is known.

One post for each reply, drawn from the job and from what the message says now: to run one twice changes nothing.
"""

from __future__ import annotations

from typing import Final

import structlog

from bot.cards.jobs import Lost, Post
from bot.context import Bot
from bot.errors import CardDeleted, Posting, SlackRefused
from bot.feature import Feature
from bot.models import Place, Privacy, veiled
from bot.queue.job import DAY, Job, Keep, Later
from bot.queue.retries import tried
from bot.reply.jobs import Receipt, ReceiptAgain
from bot.reply.views import closed_reply, reply_receipt
from bot.send.outcome import private_receipt
from bot.slack.blocks import Msg
from bot.store.quota import FIRST

log = structlog.get_logger(__name__)

OPENS_WITHIN: Final = 5.0  # seconds that a receipt waits for what comes before it
SOON: Final = 0.2
BEFORE: Final = {"held", "sending"}  # the outcome comes
UNHAPPY: Final = {"unconfirmed", "failed"}
feature = Feature()


@feature.handles(Receipt)
async def show_receipt(job: Receipt, _: Keep, bot: Bot) -> list[Job]:
    """For all to see; who wrote it is told of an unhappy end besides, and of any where nothing can be posted."""
    if job.undo and await _undone(bot, job):
        return []
    stands = await bot.replies.receipt_at(job.send.receipt)
    at = stands or await bot.cards.place(job.send.card)
    private: list[Job] = [private_receipt(job.send, job.state, job.reason)]
    try:
        shown = at is not None and await _where_possible(bot, job, at, "change" if stands else "reply", private)
    except CardDeleted as error:  # a new one may come
        assert at is not None
        lost = Lost(thread_id=job.send.card, place=(at.channel, at.ts), stray=error.stray)
        raise Later(1.0, tried(job), lost) from error
    except SlackRefused:
        shown = False
    if job.undo and await _undone(bot, job):
        return []
    alone = job.state in UNHAPPY or (not shown and job.state not in BEFORE)
    return private if alone and not job.told else []


@feature.handles(ReceiptAgain)
async def show_again(job: ReceiptAgain, _: Keep, bot: Bot) -> list[Job]:
    """As its channel may show it. What stands nowhere yet is drawn as things are when it is posted."""
    last, place = await bot.replies.last(job.receipt, job.message_id), await bot.replies.receipt_at(job.receipt)
    if last is None or place is None:
        return []
    try:
        await bot.refused.unless_known(job, place.channel, "change")
        async with bot.refused.waiting(job, place.channel):
            await _draw(bot, last, place)
    except SlackRefused as error:
        log.warning("receipt_not_drawn", ref=job.ref, error=error.code)
    return []


async def _undone(bot: Bot, job: Receipt) -> bool:
    """Whether it may be undone no more. Where it is over and is not sent, no receipt stays that was being posted."""
    known = await bot.schedule.get(job.undo)
    if known and known.state == "waits":
        return False
    if (known is None or known.state == "over") and await bot.attempts.get(job.send.intent) is None:
        await _take_away(bot, job)
    return True


async def _take_away(bot: Bot, job: Receipt) -> None:
    place, card = await bot.replies.receipt_at(job.send.receipt), await bot.cards.place(job.send.card)
    if place is None and job.tries and card:  # whoever posted it died
        since = job.at.timestamp() - 5
        place = await bot.slack.find(card.channel, job.send.receipt, thread_ts=card.ts, since=since)
    if place:
        await bot.slack.delete(place)


async def _where_possible(bot: Bot, job: Receipt, at: Place, to: Posting, private: list[Job]) -> bool:
    """Whether it stands there with all that it says; where the channel refuses it, its writer need not wait."""
    if job.state in BEFORE:  # the outcome must not wait behind it
        return not await bot.refused.known(at.channel, to) and await _draw(bot, job, at)
    later, then = job.having(told=True), [] if job.told else private
    await bot.refused.unless_known(later, at.channel, to, then)  # as what goes before it found out
    async with bot.refused.waiting(later, at.channel, then):
        return await _draw(bot, job, at)


async def _draw(bot: Bot, job: Receipt, at: Place) -> bool:
    """Whether it stands there with all that it says; `at` is where it stands, else the card."""
    job, open_here = await bot.replies.now(job), await bot.sharing.shows(at.channel)
    message: Msg = closed_reply(job.state, job.send.account, job.undo)
    if open_here:
        message = _drawn(job, (await bot.preferences.channel(at.channel)).privacy)
    place = await bot.replies.receipt_at(job.send.receipt)
    if place is not None:
        await _change(bot, job, place, message)
    else:
        place = await _post(bot, job, at, message)
    await bot.replies.put(job)
    if job.message:
        await bot.posts.change(place, job.message)
    return open_here


async def _change(bot: Bot, job: Receipt, place: Place, message: Msg) -> None:
    await bot.slack.update(place, message)
    await bot.refused.taken(job, place.channel, "change")


async def _post(bot: Bot, job: Receipt, card: Place, message: Msg) -> Place:
    """Post, unless an attempt whose outcome is unknown turns out to have posted it; that it stands there is noted."""
    mark = job.send.receipt
    if job.tries:
        since = job.at.timestamp() - 5
        found = await bot.slack.find(card.channel, mark, thread_ts=card.ts, since=since)
        if found:
            await _change(bot, job, found, message)
            await bot.replies.put_receipt(mark, found)
            return found
    await _first_goes_before(bot, job)
    if wait := await bot.quota.channel(card.channel, job.lane, FIRST, job.at.timestamp()):
        raise Later(wait, job)
    place = await bot.slack.post(card.channel, message, thread_ts=card.ts, metadata={"message_id": mark})
    await bot.replies.put_receipt(mark, place)
    await bot.refused.taken(job, card.channel, "reply")
    return place


async def _first_goes_before(bot: Bot, job: Receipt) -> None:
    """Raises `Later` until what stands on the card alone stands below it: for a short while, unless they were told."""
    card, place = await bot.cards.standing(job.send.card)
    if card is None or place is None or card.latest is None:
        return
    if job.age > (DAY if job.told else OPENS_WITHIN):
        return
    wait = SOON if job.age < OPENS_WITHIN else bot.refused.look_again
    if not await bot.sharing.shows(place.channel):
        return
    if await bot.posts.alone(card, place):
        opens = Post(channel=place.channel, thread_id=job.send.card, message=card.latest, waits=True, opens=True)
        raise Later(wait, job.having(opened=True), *([] if job.opened else [opens]))
    if any(one.entry.seq < 0 for one in await bot.posts.waiting(job.send.card)):
        raise Later(wait, job)


def _drawn(job: Receipt, privacy: Privacy) -> Msg:
    """Inbox's reason may quote the text: it is told in private."""
    send = job.send
    return reply_receipt(
        writer=send.writer,
        person=send.person.label,
        account=send.account,
        text=veiled(send.text, privacy),
        url=send.url,
        state=job.state,
        reason=job.reason if privacy == "full" else "",
        intent=send.intent,
        at=job.at,
        message=job.message.veiled(privacy) if job.message else None,
        undo=job.undo,
    )
