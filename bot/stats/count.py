"""`/inbox stats`: how much came, how much was answered and how soon, from what the bot itself has seen."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from bot.address import Sent
from bot.card import Card
from bot.context import Bot
from bot.errors import Mistake
from bot.feature import Console, Feature
from bot.inbox.event import Event
from bot.models import Place
from bot.people.answers import say, tell
from bot.queue.job import Job, Keep
from bot.stats import table, views
from bot.stats.figures import Fact
from bot.stats.jobs import Chart, Count
from bot.stats.summary import summary

OLD: Final = timedelta(days=1)  # a message that is told of so late is history that Inbox imports
WRITTEN: Final = {"message.created", "message.received", "message.sent"}
CLOSED: Final = {"thread.archived", "thread.deleted"}


def counted(event: Event) -> list[Count]:
    """What an event adds to the figures. A campaign answers nobody, where the event tells that it was one (v1)."""
    if event.thread_id is None or (event.message and event.message.author == "campaign"):
        return []
    if event.type in CLOSED:
        return [Count(what="closed", thread_id=event.thread_id, when=event.created_at)]
    direction = event.direction or (event.message.direction if event.message else None)
    when = event.message.created_at if event.message else event.created_at
    if event.type not in WRITTEN or direction is None or not event.message_id or event.created_at - when > OLD:
        return []
    what: Literal["received", "sent"] = "received" if direction == "inbound" else "sent"
    return [Count(what=what, thread_id=event.thread_id, when=when, message_id=event.message_id)]


def signed(sent: Sent, member: str) -> Count:
    """What the bot itself sent, with who wrote it; Inbox's own event of it does not say."""
    message = sent.message
    return Count(what="sent", thread_id=sent.thread_id, when=message.created_at, message_id=message.id, member=member)


feature = Feature()


@feature.handles(Count)
async def count(job: Count, _: Keep, bot: Bot) -> list[Job]:
    """An answer counts for who wrote it, where the bot sent it, else for whom the conversation is assigned to."""
    match job.what:
        case "received":
            await bot.counts.received(job.thread_id, job.message_id, job.when)
        case "sent":
            card, certain = await bot.cards.get(job.thread_id), bool(job.member)
            member = job.member or (card.thread.assignee_id if card else None) or ""
            if card and (place := await bot.cards.place(job.thread_id)):
                await bot.counts.note(job.message_id, _fact(job, card, place))
            await bot.counts.sent(job.thread_id, job.message_id, job.when, member, certain=certain)
        case "closed":
            if not await bot.snoozes.closes(job.thread_id):  # it comes back, and waits still
                await bot.counts.closed(job.thread_id)
    return []


def _fact(job: Count, card: Card, place: Place) -> Fact:
    """Whom it went to, as things are now, for when it is judged by the channel's target."""
    return Fact(
        at=job.when,
        channel=place.channel,
        account=card.thread.account_link_id,
        tags=card.thread.person.tag_ids if card.thread.person else (),
        woken=card.woken,
    )


@feature.word("stats", help="how much came and was answered, how soon and by whom; `stats csv` sends you the figures")
async def show_stats(job: Console, typed: str, bot: Bot) -> list[Job]:
    """The figures where they were asked for, for the asker alone; as CSV in a direct message."""
    await bot.access.actor(job.asker)
    match typed.strip().lower():
        case "":
            return [tell(job.asker, views.stats_message(await summary(bot)))]
        case "csv":
            parts = table.messages(await summary(bot))
            return [*(tell(job.asker, one, lasting=True) for one in parts), say(job.asker, views.CSV_SENT)]
    raise Mistake(views.USAGE)


@feature.handles(Chart)
async def chart(_: Chart, __: Keep, ___: Bot) -> list[Job]:
    """What an older version accepted: the figures have their chart with them now."""
    return []
