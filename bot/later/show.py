"""Shows below its card that a message waits for its time, and tells the channel when nobody may send it any more."""

from __future__ import annotations

from bot.cards.posting import post_below, slot
from bot.context import Bot
from bot.errors import NotThere, SlackRefused
from bot.feature import Feature
from bot.later import views, words
from bot.later.jobs import LostSeat, Scheduled, ShowLater
from bot.models import Place, veiled
from bot.people.answers import tell
from bot.people.jobs import TellAdmins
from bot.queue.job import Job, Keep
from bot.slack.blocks import Msg
from bot.store.quota import FIRST

feature = Feature()


@feature.handles(ShowLater)
async def show(job: ShowLater, _: Keep, bot: Bot) -> list[Job]:
    """One post below the card while it waits or asks; without a card, and of a `/dm`, its writer reads it alone."""
    known = await bot.schedule.get(job.about)
    if known is None:
        return []
    if not known.open:
        if job.tries:
            await _find(bot, job, known)
        return await _over(bot, known) if job.over == known.by else []
    private: list[Job] = [_private(known, job)] if job.asker and known.state == "waits" else []
    card = await bot.cards.place(known.thread_id) if known.thread_id else None
    if card is None:
        return private
    place = await bot.schedule.post_at(known.id) or await _undo(bot, known)
    if place and await _updated(bot, place, await _message(bot, known, place.channel)):
        return [] if known.send.card else private
    message = await _message(bot, known, card.channel)
    again = job.having(asker=None)
    await bot.refused.unless_known(again, card.channel, "reply", private)
    async with bot.refused.waiting(again, card.channel, private):
        await slot(bot, job, card.channel, FIRST)
        place = await post_below(bot, job, _mark(known), known.thread_id, card, message)
    await bot.schedule.put_post(known, place)
    return [] if known.send.card else private


@feature.gives_up(ShowLater)
async def not_shown(job: ShowLater, error: Exception, bot: Bot) -> list[Job]:
    """Its writer reads it alone."""
    known = await bot.schedule.get(job.about)
    return [_private(known, job)] if known and known.state == "waits" and job.asker else []


def _private(known: Scheduled, job: ShowLater) -> Job:
    send = known.send
    message = views.alone(known.id, send.person, send.account, send.text, known.at)
    return tell(job.asker or send.asker, message, lasting=True)


def _mark(known: Scheduled) -> str:
    return f"later-{known.id}"


async def _find(bot: Bot, job: ShowLater, known: Scheduled) -> None:
    """Note where it is shown, which whoever posted it may not have lived to do; where history may be read."""
    card = await bot.cards.place(known.thread_id) if known.thread_id else None
    if card is None or await bot.schedule.post_at(known.id):
        return
    if place := await bot.slack.find(card.channel, _mark(known), thread_ts=card.ts, since=job.at.timestamp() - 5):
        await bot.schedule.put_post(known, place)


async def _over(bot: Bot, known: Scheduled) -> list[Job]:
    """Nothing is left of it but its receipt, which has the place of the one with *Undo*."""
    for place in (await bot.schedule.post_at(known.id), None if known.state == "goes" else await _undo(bot, known)):
        if place:
            try:
                await bot.slack.delete(place)
            except SlackRefused:
                pass  # the bot has left the channel
    await bot.schedule.erase(known)
    return []


async def _undo(bot: Bot, known: Scheduled) -> Place | None:
    """Where the receipt with *Undo* stands."""
    return await bot.replies.receipt_at(known.send.receipt) if known.brief and known.send.card else None


async def _message(bot: Bot, known: Scheduled, channel: str) -> Msg:
    send, held = known.send, known.state == "asks"
    if not await bot.sharing.shows(channel):
        return views.closed_below(known.id, send.account, known.at, held=held)
    text = veiled(send.text, (await bot.preferences.channel(channel)).privacy)
    more = {"held": held, "copied": known.copied}
    return views.below_card(known.id, send.writer, send.person, send.account, text, known.at, **more)


async def _updated(bot: Bot, place: Place, message: Msg) -> bool:
    try:
        await bot.slack.update(place, message)
    except NotThere:
        return False
    return True


@feature.handles(LostSeat)
async def lost_seat(job: LostSeat, _: Keep, bot: Bot) -> list[Job]:
    """The channel is told, below the card and outside of its thread; of a message without a card, the admins."""
    send = job.send
    thread_id = send.card or send.address.thread_id
    card = await bot.cards.place(thread_id) if thread_id else None
    if card is None:
        return [
            TellAdmins(
                text=words.lost_seat_for_admins(send.asker.user, copied=job.copied), name=f"lost-seat:{send.intent}"
            )
        ]
    message = views.closed_lost_seat(send.account, copied=job.copied)
    if await bot.sharing.shows(card.channel):
        text = veiled(send.text, (await bot.preferences.channel(card.channel)).privacy)
        message = views.lost_seat(send.writer, send.person, text, copied=job.copied)
    async with bot.refused.waiting(job, card.channel):
        await slot(bot, job, card.channel, FIRST)
        await post_below(bot, job, f"lost-seat-{send.intent}", thread_id or "", card, message, broadcast=True)
    return []
