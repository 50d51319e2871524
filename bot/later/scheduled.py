"""`/inbox scheduled`: what waits to be sent, by whom and when."""

from __future__ import annotations

from bot.context import Bot
from bot.feature import Console, Feature
from bot.later import views, words
from bot.later.jobs import Scheduled
from bot.people.answers import say, tell
from bot.queue.job import Job

feature = Feature()


@feature.word("scheduled", help="messages that are sent later, to change, send or cancel them", alone=True)
async def scheduled(job: Console, typed: str, bot: Bot) -> list[Job]:
    """The whole team's; what a colleague's direct message says stays theirs until it is sent."""
    actor = await bot.access.actor(job.asker)
    found = [_row(one, actor.user) for one in await bot.schedule.all()]
    return [tell(job.asker, views.listing(found)) if found else say(job.asker, words.NONE)]


def _row(known: Scheduled, user: str) -> views.Waiting:
    send, own = known.send, known.send.asker.user == user
    return views.Waiting(
        id=known.id,
        writer=send.writer,
        person=send.person,
        account=send.account,
        at=known.at,
        held=known.state == "asks",
        text=send.text if own or send.card else None,
        own=own,
        copied=known.copied,
    )
