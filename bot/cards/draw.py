"""Draws a card from what is true now, in its own workspace's channels and in those where others read along."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from bot.card import Card
from bot.cards.jobs import Leave, Lost, Render, RenderBelow
from bot.cards.message_views import follow_ups
from bot.cards.posting import awake
from bot.cards.views import closed_card, closed_note, forbidden, shared_channel, thread_card
from bot.channels.store import ChannelChoices
from bot.context import Bot
from bot.errors import NotThere, SlackRefused, VersionEnded
from bot.events.jobs import Recheck
from bot.feature import Feature
from bot.models import Message, Person, Place
from bot.people.jobs import TellAdmins
from bot.queue.job import Job, Keep, Later, utc_now
from bot.slack.blocks import Msg
from bot.waits.views import mentioning

log = structlog.get_logger(__name__)
feature = Feature()

View = Callable[[Sequence[Message], Person | None], Msg]


@feature.handles(Render)
async def render(job: Render, _: Keep, bot: Bot) -> list[Job]:
    """Draw the card as things are now."""
    card, place = await bot.cards.standing(job.thread_id)
    if card is None or place is None:
        return []
    if (card.rested or card.gone) and await bot.sharing.shows(place.channel):  # else nothing of it is shown anyhow
        if card.gone and card.thread.person is None:
            return []  # it shows already that it is gone, and nobody knows any more whose it was
        card = card if card.gone else await awake(bot, card)
    await bot.refused.unless_known(job, place.channel, "change")
    with bot.directory.unnamed() as unnamed:
        drawn = await draw(bot, card, place.channel)
    if card.waiting_since:  # a card that moved as a wait began says so until that is over
        drawn = await with_mention(bot, place, drawn)
    if not await redraw(bot, job, place, drawn):
        return [Lost(thread_id=job.thread_id, place=(place.channel, place.ts))]
    if card.gone:
        await bot.lifetimes.rest(job.thread_id)  # from now on, nothing is kept of it but ids
    return named_later(job.thread_id, unnamed)


async def redraw(bot: Bot, job: Render, place: Place, message: Msg) -> bool:
    """Whether it is still there; where the channel refuses that it is changed, it is tried again for a day."""
    return await _changed(bot, job, place, message)


async def redraw_aside(
    bot: Bot, job: Leave | RenderBelow, place: Place, message: Msg, *, whole: bool = False
) -> list[Job]:
    """The same, of what nothing else is to wait for: what follows where the channel refuses it now.

    What Slack refuses for a text stays as it was where it is to stay `whole`, as more than that text is in it.
    """
    try:
        await _changed(bot, job.having(aside=True), place, message, whole=whole)
    except Later as later:
        return [later.job]
    return []


async def _changed(
    bot: Bot, job: Render | Leave | RenderBelow, place: Place, message: Msg, *, whole: bool = False
) -> bool:
    try:
        async with bot.refused.waiting(job, place.channel):
            await bot.slack.update(place, message, whole=whole)
            await bot.refused.taken(job, place.channel, "change")
    except SlackRefused as error:
        log.warning("not_drawn", ref=job.ref, kind=job.kind, thread=job.thread_id, error=error.code)
        return not isinstance(error, NotThere)
    return True


async def in_turn(bot: Bot, job: Leave | RenderBelow, channel: str) -> list[Job]:
    """What waits aside has its turn again once its channel may take it. Raises `Later` until then."""
    await bot.refused.unless_known(job, channel, "change")
    return [job.having(aside=False)]


async def draw(bot: Bot, card: Card, channel: str) -> Msg:
    """The card as it may stand in `channel`; by when to answer is looked at then."""
    thread = card.thread
    link, choices, shows, writers = await asyncio.gather(
        bot.directory.account(thread.account_link_id),
        bot.preferences.channel(channel),
        bot.sharing.shows(channel),
        bot.replies.writers(thread.id),
    )
    by = choices.reminders.answer_by(card.owed_since) if card.owed_since and card.state == "waiting" else None
    late = by is not None and by <= utc_now()
    await bot.targets.drawn(thread.id, by, late=late)
    account = link.label if link else "your account"
    if not shows:
        return closed_card(card, account=account)
    if latest := card.latest or thread.last_message:
        card = card.having(latest=fresh(latest, choices))
    status, tags = await bot.directory.labels(thread.person)
    valued = thread.person is not None and thread.person.valuation is not None
    return thread_card(
        card,
        account=account,
        assignee=await bot.directory.assignee(thread.assignee_id),
        status=status,
        tags=tags,
        currency=await bot.directory.currency() if valued else "",
        replying=[one.name for one in writers],
        no_reply=forbidden(thread, link),
        answer_by=by,
        late=late,
    )


async def with_mention(bot: Bot, place: Place, message: Msg) -> Msg:
    """With a word to whom the post at `place` mentions; where another organisation reads along, nobody is named."""
    user = await bot.noticed.mentioned(place)
    return mentioning(message, user) if user and await bot.sharing.shows(place.channel) else message


def fresh(message: Message, choices: ChannelChoices) -> Message:
    """As much of the message as the channel wants to show, with the files that still answer."""
    return message.at(utc_now()).veiled(choices.privacy)


async def draw_below(bot: Bot, card: Card, channel: str, messages: Sequence[Message], view: View = follow_ups) -> Msg:
    """More messages of the conversation as they may stand below its card in `channel`."""
    shows, choices = await asyncio.gather(bot.sharing.shows(channel), bot.preferences.channel(channel))
    if not shows:
        return closed_note(await bot.directory.account_label(card.thread.account_link_id))
    return view([fresh(one, choices) for one in messages], card.thread.person)


async def shared(bot: Bot, channel: str) -> list[Job]:
    """Admins are told of a channel whose messages are not shown, once: of one that Slack calls shared, by `Redraw`."""
    if await bot.sharing.shows(channel) or await bot.sharing.is_known_as_shared(channel):
        return []
    return [TellAdmins(name=f"shared:{channel}", text=shared_channel(channel))]


def named_later(thread_id: str, unnamed: Sequence[VersionEnded]) -> list[Job]:
    """A card that was drawn without names, as an API version has ended, is looked at until the other one tells them."""
    return [Recheck(thread_id=thread_id)] if unnamed else []
