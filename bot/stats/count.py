"""Counts what came, what was answered and what was closed, as the bot itself sees it."""

from __future__ import annotations

from typing import Final, Literal

from bot.address import Sent
from bot.card import Card
from bot.context import Bot
from bot.feature import Feature
from bot.inbox.event import Event
from bot.models import Place
from bot.queue.job import Job, Keep
from bot.stats.figures import Fact
from bot.stats.jobs import OLD, Count

WRITTEN: Final = {"message.created", "message.received", "message.sent"}
CLOSED: Final = {"thread.archived", "thread.deleted"}


def counted(event: Event, ref: str) -> list[Count]:
    """What an event adds to the figures, under the reference of its other work.

    A campaign answers nobody: who wrote for us, v2 tells in the message alone.
    """
    if event.thread_id is None or (event.message and event.message.author == "campaign"):
        return []
    if event.type in CLOSED:
        return [Count(ref=ref, what="closed", thread_id=event.thread_id, when=event.created_at)]
    direction = event.direction or (event.message.direction if event.message else None)
    when = event.message.created_at if event.message else event.created_at
    if event.type not in WRITTEN or direction is None or not event.message_id or event.created_at - when > OLD:
        return []
    what: Literal["received", "sent"] = "received" if direction == "inbound" else "sent"
    if what == "sent" and event.message is None:
        return []  # counted once the message is read
    return [Count(ref=ref, what=what, thread_id=event.thread_id, when=when, message_id=event.message_id)]


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
            await bot.counts.received(job)
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
