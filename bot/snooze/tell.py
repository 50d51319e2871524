"""Says that a conversation is back: below its card, so that whoever has it notices, else who snoozed it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.card import Card, Snoozed
from bot.cards.posting import post_below, slot
from bot.context import Bot
from bot.errors import InboxError
from bot.feature import Feature
from bot.models import Place
from bot.people.answers import tell
from bot.people.colleague import user_of
from bot.people.jobs import TellAdmins
from bot.queue.job import Asker, Job, Keep, Later, utc_now
from bot.slack.blocks import Msg
from bot.snooze import views
from bot.snooze.jobs import Woken
from bot.store.quota import FIRST
from bot.waits.notice import can_mention

LOOK: Final = 900.0  # seconds; somebody may end their quiet hours meanwhile
feature = Feature()


@feature.handles(Woken)
async def woken(job: Woken, _: Keep, bot: Bot) -> list[Job]:
    """One post below the card; where nobody is to be named in it, the channel sees it, or somebody reads it alone.

    In the assignee's quiet hours it waits; who snoozed it chose the time themselves.
    """
    card, place = await bot.cards.standing(job.thread_id)
    if card is None or (not job.failed and (card.gone or card.thread.archived)):
        return []
    user = await _whom(bot, card, job.snoozed)
    quiet = (await bot.preferences.person(user)).quiet if user and user != job.snoozed.by else None
    if quiet and (until := quiet.until(utc_now())):
        wait = min((until - utc_now()).total_seconds(), LOOK)
        raise Later(max(wait, 0.05), job.having(waited=not job.failed))
    if place is None:
        return _elsewhere(job, card, user)
    named = bool(user) and await can_mention(bot, place.channel, user)
    alone = bool(user) and not named
    then = _elsewhere(job, card, user) if alone else []
    person, failed = card.thread.person, job.failed
    message = views.woken(job.snoozed, person, job.thread_id, user=user, alone=alone, failed=failed)
    if not await bot.sharing.shows(place.channel):
        message = views.closed_woken(await bot.directory.account_label(card.thread.account_link_id))
    await _post(bot, job, place, message, then, to_channel=not user)
    return then


async def _post(bot: Bot, job: Woken, place: Place, message: Msg, then: Sequence[Job], *, to_channel: bool) -> None:
    """While the channel takes nothing, whoever is told alone need not wait."""
    async with bot.refused.waiting(job.having(told=job.told or bool(then)), place.channel, then):
        await slot(bot, job, place.channel, FIRST)
        await post_below(bot, job, f"woken-{job.snoozed.id}", job.thread_id, place, message, broadcast=to_channel)


def _elsewhere(job: Woken, card: Card, user: str) -> list[Job]:
    """What `user` reads alone; the admins, where there is nobody to tell. Once in all."""
    if job.told:
        return []
    if not user:
        told = views.woken_for_admins(job.snoozed, card.thread.url, failed=job.failed)
        return [TellAdmins(text=told["text"], blocks=told["blocks"], name=f"woken:{job.snoozed.id}")]
    alone = views.woken(job.snoozed, card.thread.person, job.thread_id, user=user, alone=True, failed=job.failed)
    return [tell(Asker(user=user), alone, lasting=True)]


@feature.gives_up(Woken)
async def not_posted(job: Woken, error: Exception, bot: Bot) -> list[Job]:
    """The channel will never take it."""
    card = await bot.cards.get(job.thread_id)
    try:
        user = await _whom(bot, card, job.snoozed) if card else ""
    except InboxError:
        user = ""
    return _elsewhere(job, card, user) if card else []


async def _whom(bot: Bot, card: Card, snoozed: Snoozed) -> str:
    """The Slack user who has it, else who snoozed it; "" where neither may act any more."""
    assignee = await bot.access.member(card.thread.assignee_id) if card.thread.assignee_id else None
    if assignee and (user := await user_of(bot, assignee)):
        return user
    return snoozed.by if await bot.access.acts_as(snoozed.by, snoozed.member) else ""
