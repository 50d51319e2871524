"""Draws all that stands in a channel anew when its readers change: closed to another organisation, or open again.

Whatever is drawn shows what the channel may show then, so a walk that goes on while they change once more does no harm.
"""

from __future__ import annotations

from typing import Final

import structlog

from bot import accept
from bot.cards.draw import draw_below, in_turn, redraw_aside, with_mention
from bot.cards.jobs import Leave, LookAtSharing, Redraw, Render, RenderBelow
from bot.cards.views import closed_note, shared_channel
from bot.context import Bot
from bot.feature import Feature
from bot.later.jobs import ShowLater
from bot.models import Place
from bot.people.jobs import TellAdmins
from bot.queue.job import Job, Keep, Later, utc_now
from bot.queue.timer import Look
from bot.reply.jobs import ReceiptAgain
from bot.slack.payloads import Ack, Body

log = structlog.get_logger(__name__)

OFTEN: Final = 600.0  # seconds between two looks; older installations are told of no `channel_shared`
AT_ONCE: Final = 10  # places of which each portion has something drawn
# As multiples of the shortest time between two posts, one second:
PAUSE: Final = 1.5  # for each of a portion: chat.update takes 50 a minute, and people go before
SETTLED: Final = 5.0  # until it begins: what was being posted as Slack's word changed stands there by then
feature = Feature()


@feature.event("channel_shared")
@feature.event("channel_unshared")
async def readers_changed(ack: Ack, body: Body, bot: Bot) -> None:
    """Another organisation reads a channel now, or no longer; whether it is the last one, Slack is asked."""
    await accept.once(bot, LookAtSharing(channel=body["event"]["channel"]), f"slack-event:{body['event_id']}")
    await ack()


@feature.looks
def look(bot: Bot) -> Look:
    """Some invitations Slack tells of only when it is asked."""
    return Look("sharing", LookAtSharing, OFTEN)


@feature.handles(LookAtSharing)
async def look_at_sharing(job: LookAtSharing, _: Keep, bot: Bot) -> list[Job]:
    """Where Slack's word has changed, all is drawn anew."""
    if not job.channel:
        return [LookAtSharing(channel=one) for one in await bot.sharing.known()]
    await bot.sharing.look(job.channel)
    return []


@feature.handles(Redraw)
async def redraw_all(job: Redraw, keep: Keep, bot: Bot) -> list[Job]:
    """Collect what there is, and then have a portion of it drawn at a time; whoever dies leaves the rest to be done."""
    await bot.refused.unless_known(job, job.channel, "change")
    if job.done is None:
        if (wait := SETTLED * bot.timing.channel_interval - job.age) > 0:
            raise Later(wait, job)
        if job.told and await bot.sharing.is_news(
            job.channel
        ):  # the job that this brought may have merged with this one
            job = job.having(told=False)
            await keep(job)
        await bot.sharing.draws(job.channel)
        later = [ShowLater(about=one) for at, one in (await bot.schedule.posts()).items() if at.channel == job.channel]
        raise Later(0.0, job.after(0), *await _begun(bot, job), *later)
    part = await bot.standing.part(job.channel, job.done, 1 if job.alone else AT_ONCE)
    if not part:
        log.info("drawn_anew", ref=job.ref, channel=job.channel, places=job.done)
        return []
    then = [one for place, receipt in part for one in await _anew(bot, place, receipt)]
    pause = len(then) * PAUSE * bot.timing.channel_interval
    raise Later(pause, job.after(len(part), alone=job.alone), *then)


@feature.gives_up(Redraw)
async def passed_over(job: Redraw, error: Exception, bot: Bot) -> list[Job]:
    """What stands in a portion that fails is drawn one by one; what fails alone is passed over, but a card is drawn.

    What could not begin is begun anew by whoever asks Slack next.
    """
    log.warning("not_drawn_anew", ref=job.ref, channel=job.channel, places=job.done, alone=job.alone)
    if job.done is None:
        await bot.sharing.draws(job.channel, begun=False)
        return []
    patient = job.having(at=utc_now())
    if not job.alone:
        return [patient.after(0, alone=True)]
    part = await bot.standing.part(job.channel, job.done, 1)
    cards = [(place, found) for place, _ in part if (found := await bot.cards.at(place))]
    drawn = [one for place, found in cards for one in (Leave(thread_id=found, old=place), Render(thread_id=found))]
    return [*drawn, patient.after(1)]


async def _begun(bot: Bot, job: Redraw) -> list[Job]:
    """Admins hear what could be read until now; where the channel is theirs alone again, they hear of the next time."""
    cards, name = await bot.standing.collect(job.channel), f"shared:{job.channel}"
    if await bot.sharing.shows(job.channel):
        await bot.rights.well(name)
        return []
    if job.told:
        return []
    before = [one for one in cards if float(one) < job.at.timestamp()]
    newest = Place(job.channel, max(before, key=float)) if before else None
    all_found = newest is not None and await _below(bot, newest) is not None
    return [TellAdmins(name=name, text=shared_channel(job.channel, len(before), all_found=all_found))]


async def _anew(bot: Bot, place: Place, receipt: str) -> list[Job]:
    """What draws a card at `place` or what is left of it, with what nobody knows below; or a post or receipt below."""
    thread_id = await bot.cards.at(place)
    if thread_id is None:
        if shown := await bot.posts.at(place):
            return [RenderBelow(thread_id=shown[0].thread_id, place=place)]
        return [ReceiptAgain(receipt=receipt)] if receipt else []
    is_here = await bot.cards.place(thread_id) == place
    card = Render(thread_id=thread_id) if is_here else Leave(thread_id=thread_id, old=place)
    if await bot.sharing.shows(place.channel):
        return [card]
    found, later = await _below(bot, place) or {}, await bot.schedule.posts()
    forgotten = [at for at, mark in found.items() if at not in later and not await _is_known(bot, at, mark)]
    return [card, *(RenderBelow(thread_id=thread_id, place=one) for one in forgotten)]


async def _is_known(bot: Bot, place: Place, mark: str) -> bool:
    """Whether it is known what stands there below a card: a part of the conversation, or a receipt."""
    return bool(await bot.posts.at(place) or await bot.replies.receipts.get(mark))


async def _below(bot: Bot, card: Place) -> dict[Place, str] | None:
    return await bot.slack.own_replies(card, bot.installation.bot_user)


@feature.handles(RenderBelow)
async def render_below(job: RenderBelow, _: Keep, bot: Bot) -> list[Job]:
    """As the channel may show it; what nobody knows any more can be closed alone."""
    place = Place(*job.place)
    if job.aside:
        return await in_turn(bot, job, place.channel)
    card, messages = await bot.cards.get(job.thread_id), await bot.posts.at(place)
    if card is None:
        return []
    if not messages:
        if await bot.sharing.shows(place.channel):
            return []
        account = await bot.directory.account_label(card.thread.account_link_id)
        return await redraw_aside(bot, job, place, closed_note(account))
    if known := await bot.replies.receipts.get(messages[0].id):
        return [ReceiptAgain(receipt=known.send.receipt, message_id=messages[0].id)]
    drawn = await draw_below(bot, card, place.channel, messages)
    drawn = await with_mention(bot, place, drawn)
    return await redraw_aside(bot, job, place, drawn, whole=len(messages) > 1)
