"""Says that a conversation is back: below its card, so that whoever has it notices, else who snoozed it."""

from __future__ import annotations

from typing import Final

from bot.card import Card, Snoozed
from bot.cards.posting import post_once, slot
from bot.context import Bot
from bot.feature import Feature
from bot.models import Place
from bot.people.answers import tell
from bot.people.colleague import user_of
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
    card, place = await bot.cards.get(job.thread_id), await bot.cards.place(job.thread_id)
    if card is None or (not job.failed and (card.gone or card.thread.archived)):
        return []
    user = await _whom(bot, card, job.snoozed)
    quiet = (await bot.preferences.person(user)).quiet if user and user != job.snoozed.by else None
    if quiet and (until := quiet.until(utc_now())):
        wait = min((until - utc_now()).total_seconds(), LOOK)
        raise Later(max(wait, 0.05), job.model_copy(update={"waited": not job.failed}))
    named = bool(user and place) and await can_mention(bot, place.channel if place else "", user)
    person, failed = card.thread.person, job.failed
    alone = views.woken(job.snoozed, person, job.thread_id, user=user, alone=True, failed=failed)
    then: list[Job] = [tell(Asker(user=user), alone, lasting=True)] if user and not named else []
    if place is None:
        return then
    message = views.woken(job.snoozed, person, job.thread_id, user=user, failed=failed) if named or not user else alone
    if not await bot.sharing.shows(place.channel):
        message = views.closed_woken(await bot.directory.account_label(card.thread.account_link_id))
    await _post(bot, job, place, message, to_channel=not user)
    return then


async def _post(bot: Bot, job: Woken, place: Place, message: Msg, *, to_channel: bool) -> None:
    async with bot.refused.waiting(job, place.channel):
        await slot(bot, job, place.channel, FIRST)
        mark = f"woken-{job.snoozed.id}"
        await post_once(bot, job, mark, place.channel, message, place.ts, broadcast=to_channel)


async def _whom(bot: Bot, card: Card, snoozed: Snoozed) -> str:
    """The Slack user who has it, else who snoozed it; "" where neither may act any more."""
    assignee = await bot.access.member(card.thread.assignee_id) if card.thread.assignee_id else None
    if assignee and (user := await user_of(bot, assignee)):
        return user
    return snoozed.by if await bot.access.acts_as(snoozed.by, snoozed.member) else ""
