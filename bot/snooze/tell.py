"""Says that a conversation is back: below its card, so that whoever has it notices, else who snoozed it."""

from __future__ import annotations

from bot.cards.posting import post_once, slot
from bot.context import Bot
from bot.feature import Feature
from bot.models import Card, Place, Snoozed
from bot.people.answers import tell
from bot.people.colleague import user_of
from bot.queue.job import Asker, Job, Keep
from bot.slack.blocks import Msg
from bot.snooze import views
from bot.snooze.jobs import Woken
from bot.store.quota import FIRST

feature = Feature()


@feature.handles(Woken)
async def woken(job: Woken, _: Keep, bot: Bot) -> list[Job]:
    """One post below the card; where nobody can be named in it, the channel sees it as well."""
    card, place = await bot.cards.get(job.thread_id), await bot.cards.place(job.thread_id)
    if card is None:
        return []
    user = await _whom(bot, card, job.snoozed)
    alone = place is None or not await bot.sharing.shows(place.channel)
    message = views.woken(job.snoozed, card.thread.person, job.thread_id, user=user, alone=alone, failed=job.failed)
    if place is None or alone:
        then: list[Job] = [tell(Asker(user=user), message, lasting=True)] if user else []
        if place is None:
            return then
        message = views.closed_woken(await bot.directory.account_label(card.thread.account_link_id))
        return [*await _posted(bot, job, place, message, to_channel=not user), *then]
    return await _posted(bot, job, place, message, to_channel=not user)


async def _posted(bot: Bot, job: Woken, place: Place, message: Msg, *, to_channel: bool) -> list[Job]:
    async with bot.refused.waiting(job, place.channel):
        await slot(bot, job, place.channel, FIRST)
        mark = f"woken-{job.snoozed.id}"
        await post_once(bot, job, mark, place.channel, message, place.ts, broadcast=to_channel)
    return []


async def _whom(bot: Bot, card: Card, snoozed: Snoozed) -> str:
    """The Slack user who has it, else who snoozed it; "" where neither may act any more."""
    assignee = await bot.access.member(card.thread.assignee_id) if card.thread.assignee_id else None
    if assignee and (user := await user_of(bot, assignee)):
        return user
    return snoozed.by if await bot.access.acts_as(snoozed.by, snoozed.member) else ""
