"""For how many seconds what somebody sends waits, so that they may undo it: each person's choice, off at first.

Raises `Refused` for people who may not choose.
"""

from __future__ import annotations

from bot import accept
from bot.context import Bot
from bot.feature import Feature
from bot.later import words
from bot.later.jobs import SetHold
from bot.people import answers
from bot.people.answers import say
from bot.queue.job import Job, Keep
from bot.slack.payloads import Ack, Body, asker, picked_now

feature = Feature()


@feature.action("my_hold")
async def my_hold(ack: Ack, body: Body, bot: Bot) -> None:
    """The menu in Home."""
    await accept.asked(bot, SetHold(seconds=int(picked_now(body)), asker=asker(body)))
    await ack()


@feature.handles(SetHold)
async def set_hold(job: SetHold, _: Keep, bot: Bot) -> list[Job]:
    """Home shows it by itself; of a form's many choices, one that has changed is said."""
    actor = await bot.access.actor(job.asker)
    known = await bot.preferences.person(actor.user)
    await bot.preferences.set_person(actor.user, hold=job.seconds)
    await answers.note(bot, job, "done", actor.member.id)
    return [say(job.asker, words.holds(job.seconds))] if job.in_form and known.hold != job.seconds else []
