"""Says in a channel that nobody whom a rule names is free: once, until somebody is."""

from __future__ import annotations

from typing import Final

from bot.cards.posting import post_once, slot
from bot.context import Bot
from bot.feature import Feature
from bot.queue.job import Job, Keep, Later
from bot.routing.said import said_conditions
from bot.rules import words
from bot.rules.available import BeingCountedError, candidates, with_room
from bot.rules.found import as_called, found
from bot.rules.jobs import NobodyFree
from bot.store.quota import NEW

SOON: Final = 0.3  # seconds until it is looked again how many conversations somebody has
feature = Feature()


@feature.handles(NobodyFree)
async def nobody_free(job: NobodyFree, _: Keep, bot: Bot) -> list[Job]:
    """Unless the channel knows, or somebody is free by now."""
    by = await found(bot, job.rule)
    if by is None or by.rule.turns is None or await bot.turns.is_told(job.rule, job.channel, job.ref):
        return []
    number, rule = by
    try:
        everybody = await with_room(bot, await candidates(bot, by.rule.turns), by.rule.turns.most)
    except BeingCountedError as error:
        raise Later(SOON, job) from error
    if any(not one.why for one in everybody):
        return []
    async with bot.refused.waiting(job, job.channel):
        await slot(bot, job, job.channel, NEW)
        text = words.nobody_free_closed(number)
        if await bot.sharing.shows(job.channel):
            said, card = said_conditions((await as_called(bot, by)).rule.conditions), await bot.cards.get(job.thread_id)
            who = card.thread.who if card else "Someone"
            text = words.nobody_free(number, said, everybody, who, await _link(bot, job.thread_id))
        await post_once(bot, job, f"nobody-{job.ref}-{rule.id}", job.channel, words.message(text))
    await bot.turns.told(job.rule, job.channel, job.ref)
    return []


async def _link(bot: Bot, thread_id: str) -> str | None:
    place = await bot.cards.place(thread_id)
    return bot.installation.permalink(*place) if place else None
