"""Cards in Slack: one for each thread, drawn from what is true now, and what else is posted in channels.

Keeps the cards true. `inbox` should be paced as background work.
"""

from __future__ import annotations

import structlog

from bot import words
from bot.cards.jobs import Announce, Leave, Missed, Move, Post, Render
from bot.cards.views import closed_card, closed_note, forbidden, meanwhile, moved, moved_away, moved_card, thread_card
from bot.context import Bot
from bot.errors import Gone, SlackRefused
from bot.events.jobs import Recheck
from bot.events.news import learn
from bot.feature import Feature
from bot.models import Card, Message, Place
from bot.people.answers import say
from bot.people.jobs import TellAdmins
from bot.queue.job import Job, Keep, Later, utc_now
from bot.slack.blocks import Msg
from bot.store.quota import FIRST, LATER, NEW

log = structlog.get_logger(__name__)

feature = Feature()


async def fit(bot: Bot, card: Card, channel: str, message: Msg) -> Msg:
    """`message`, or what may stand in a channel where another organisation reads along."""
    if await bot.sharing.shows(channel):
        return message
    return closed_note(await bot.directory.account_label(card.thread.account_link_id))


async def shared(bot: Bot, channel: str) -> list[Job]:
    """Admins are told of a channel whose messages are not shown, once."""
    if await bot.sharing.shows(channel):
        return []
    return [TellAdmins(name=f"shared:{channel}", text=words.shared_channel(channel))]


async def _once(
    bot: Bot, job: Announce | Move | Missed, mark: str, channel: str, message: Msg, thread_ts: str | None = None
) -> Place:
    """Post, unless an attempt whose outcome is unknown turns out to have posted what carries this `mark`."""
    if job.tries:
        found = await bot.slack.find(channel, mark, thread_ts=thread_ts, since=job.at.timestamp() - 5)
        if found:
            return found
    return await bot.slack.post(channel, message, thread_ts=thread_ts, metadata={"message_id": mark})


async def stands(bot: Bot, job: Post | Move | Missed, place: Place, before: Place | None) -> None:
    """The card is there now. Where another channel's lane was faster, this one is closed, and the job done anew."""
    if not await bot.cards.put(job.thread_id, place, before):
        raise Later(0.0, job, Leave(thread_id=job.thread_id, old=(place.channel, place.ts)))


async def with_latest(bot: Bot, card: Card, message: Message) -> Card:
    """The card with `message` on it, unless it shows a later one."""
    if card.latest is not None and card.latest.created_at > message.created_at:
        return card
    await bot.cards.put_latest(card.thread.id, message)
    return card.model_copy(update={"latest": message})


async def slot(bot: Bot, job: Job, channel: str, turn: int) -> None:
    """Raises `Later` until the channel takes another post of the class `turn`."""
    if wait := await bot.quota.channel(channel, job.lane, turn, job.at.timestamp()):
        raise Later(wait, job)


@feature.handles(Announce)
async def announce(job: Announce, _: Keep, bot: Bot) -> list[Job]:
    """Say it to the channel, and then show the threads that it sums up."""
    async with bot.refused.waiting(job, job.channel):
        await slot(bot, job, job.channel, FIRST)
        await _once(bot, job, f"digest-{job.ref}-{job.channel}", job.channel, {"text": job.text, "blocks": []})
    return [Missed(channel=job.channel, thread_id=one, since=since) for one, since in job.threads.items()]


@feature.handles(Missed)
async def missed(job: Missed, _: Keep, bot: Bot) -> list[Job]:
    """The card of a thread that is still open, and below it what was written meanwhile."""
    async with bot.refused.waiting(job, job.channel):
        return await _missed(bot, job)


async def _missed(bot: Bot, job: Missed) -> list[Job]:
    if waiting := await bot.posts.waiting(job.thread_id):  # something new, and what was missed goes before that
        first = waiting[0].message
        return [Post(channel=job.channel, thread_id=job.thread_id, message=first, waits=True)]
    await slot(bot, job, job.channel, LATER)
    try:
        thread = await bot.background.thread(job.thread_id)
        messages = await bot.background.messages(job.thread_id)
    except Gone:
        return []
    new = await bot.feed.unseen(messages, job.since)
    then = [*await learn(bot.cards, thread), Render(thread_id=thread.id)]
    await bot.directory.saw(thread)
    card = await bot.cards.get(thread.id)
    place = await bot.cards.place(thread.id)
    if card is None or not new or (thread.archived and place is None):
        await bot.feed.caught_up(thread.id)
        return then
    card = await with_latest(bot, card, new[-1])
    if place is None:
        drawn = await draw(bot, card, job.channel)
        place = await _once(bot, job, f"card-{thread.id}-{job.ref}", job.channel, drawn)
        await stands(bot, job, place, None)
        await bot.feed.show([new[-1].id])  # the card shows it
        if new := new[:-1]:
            await slot(bot, job, job.channel, LATER)
    if new:
        shown = [await fresh(bot, one, place.channel) for one in new]
        note = await fit(bot, card, place.channel, meanwhile(shown, card.thread.person))
        await _once(bot, job, f"missed-{thread.id}-{job.ref}", place.channel, note, place.ts)
        await bot.feed.show(one.id for one in new)
    await bot.feed.caught_up(thread.id)
    return then


@feature.handles(Move)
async def move(job: Move, keep: Keep, bot: Bot) -> list[Job]:
    """Post the card in another channel, once. Of a job of an older version, the message waits with the others."""
    async with bot.refused.waiting(job, job.channel):
        return await _move(bot, job, keep)


async def _move(bot: Bot, job: Move, keep: Keep) -> list[Job]:
    card, place = await bot.cards.get(job.thread_id), await bot.cards.place(job.thread_id)
    if card is None:
        return []
    if not job.posted:
        if job.message:
            await bot.posts.put(job.message, job.channel, marked=True)
            return [Post(channel=job.channel, thread_id=job.thread_id, message=job.message, waits=True)]
        if place is not None and place.channel == job.channel:
            return []
        await slot(bot, job, job.channel, FIRST if job.mover else NEW)
        drawn = await draw(bot, card, job.channel)
        new = await _once(bot, job, f"move-{job.ref}", job.channel, drawn)
        job = job.model_copy(update={"posted": new.ts, "old": tuple(place) if place else None})
        await keep(job)
    again = job.model_copy(update={"posted": "", "old": None})
    await stands(bot, again, Place(job.channel, job.posted), Place(*job.old) if job.old else None)
    then: list[Job] = [Leave(thread_id=job.thread_id, old=job.old)] if job.old else []
    if job.mover:
        link = bot.installation.permalink(job.channel, job.posted)
        then.append(say(job.mover, moved(_name(card), job.channel, link)))
    return [*then, Render(thread_id=job.thread_id), *await shared(bot, job.channel)]


@feature.handles(Leave)
async def leave(job: Leave, _: Keep, bot: Bot) -> list[Job]:
    """In the place of the old card stands where the new one is."""
    card, place, old = await bot.cards.get(job.thread_id), await bot.cards.place(job.thread_id), Place(*job.old)
    if card is None or place is None or place == old:
        return []
    gone = moved_away()
    if await bot.sharing.shows(old.channel):
        gone = moved_card(_name(card), place.channel, bot.installation.permalink(*place))
    await _change(bot, job, old, gone)
    return []


@feature.handles(Render)
async def render(job: Render, _: Keep, bot: Bot) -> list[Job]:
    """Draw the card as things are now."""
    card, place = await bot.cards.get(job.thread_id), await bot.cards.place(job.thread_id)
    if card is None or place is None:
        return []
    await bot.refused.unless_known(job, place.channel)
    await _change(bot, job, place, await draw(bot, card, place.channel))
    return named_later(bot, job.thread_id)


async def _change(bot: Bot, job: Render | Leave, place: Place, message: Msg) -> None:
    """What cannot be changed stays as it is; where the channel refuses that, it is tried again for a day."""
    try:
        async with bot.refused.waiting(job, place.channel):
            await bot.slack.update(place, message)
    except SlackRefused as error:
        log.warning("card_not_drawn", ref=job.ref, thread=job.thread_id, error=error.code)


async def draw(bot: Bot, card: Card, channel: str) -> Msg:
    """The card as it may stand in `channel`."""
    thread, link = card.thread, await bot.directory.account(card.thread.account_link_id)
    account = link.label if link else "your account"
    if not await bot.sharing.shows(channel):
        return closed_card(card, account=account)
    if latest := card.latest or thread.last_message:
        card = card.model_copy(update={"latest": await fresh(bot, latest, channel)})
    status, tags = await bot.directory.labels(thread.person)
    return thread_card(
        card,
        account=account,
        assignee=await bot.directory.assignee(thread.assignee_id),
        status=status,
        tags=tags,
        replying=[one.name for one in await bot.replies.writers(thread.id)],
        no_reply=forbidden(thread, link),
    )


async def fresh(bot: Bot, message: Message, channel: str) -> Message:
    """As much of the message as the channel wants to show, with the files that still answer."""
    return message.at(utc_now()).veiled((await bot.preferences.channel(channel)).privacy)


def named_later(bot: Bot, thread_id: str) -> list[Job]:
    """A card that was drawn without names, as an API version has ended, is looked at until the other one tells them."""
    return [Recheck(thread_id=thread_id)] if bot.directory.left_out() else []


def _name(card: Card) -> str:
    return card.thread.person.label if card.thread.person else "Someone"
