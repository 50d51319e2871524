"""`/inbox away` and `/inbox back`: in between, rules assign somebody nothing."""

from __future__ import annotations

from bot.channels.store import Away
from bot.context import Bot
from bot.feature import Console, Feature
from bot.people.answers import say
from bot.queue.job import Job, utc_now
from bot.rules import words
from bot.rules.times import read_until

feature = Feature()


@feature.word("away", help="rules assign you nothing until you are back: `away until Mon`, `away`")
async def away(job: Console, typed: str, bot: Bot) -> list[Job]:
    """One's own, so anybody's who may act."""
    actor = await bot.access.actor(job.asker, fresh=True)
    zone = await bot.access.zone(job.asker)
    until = read_until(typed, job.at, zone) if typed else None
    await bot.preferences.set_person(actor.user, away=Away(until=until))
    await bot.record.note(job.asker, "away", "", "done", job.ref)
    return [say(job.asker, words.away(until))]


@feature.word("back", help="you are back: rules assign you conversations again", alone=True)
async def back(job: Console, typed: str, bot: Bot) -> list[Job]:
    """Harmless to repeat."""
    actor = await bot.access.actor(job.asker, fresh=True)
    known = (await bot.preferences.person(actor.user)).away
    await bot.preferences.set_person(actor.user, away=None)
    await bot.record.note(job.asker, "back", "", "done", job.ref)
    return [say(job.asker, words.back(was=known is not None and known.holds(utc_now())))]
