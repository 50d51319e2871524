"""What somebody has finished writing is sent, or waits: for its time, or for seconds in which they may undo it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.context import Bot
from bot.later import views
from bot.later.jobs import Scheduled, ShowLater, held_by, id_of
from bot.people.answers import tell
from bot.queue.job import Asker, Job
from bot.reply.jobs import Receipt
from bot.send.jobs import Send


async def begun(bot: Bot, send: Send, seen: datetime | None = None, *, written: datetime | None = None) -> list[Job]:
    """What follows from an attempt that is to be made now, or not before its time; nothing where that is over already.

    `seen` is when the newest message was written that its writer could know; None: they know all. `written` is when the
    attempt was written down, where that was not now: it is the same one then, however often it begins.
    """
    hold = 0 if send.not_before else (await bot.preferences.person(send.asker.user)).hold
    if send.not_before is None and not hold:
        await bot.attempts.keep(send)
        return [*([Receipt(send=send, state="sending")] if send.card else []), send]
    known = Scheduled(
        id=id_of(send, written or send.at),
        send=send.having(asker=_themselves(send), not_before=None),
        at=send.not_before or send.at + timedelta(seconds=hold),
        seen=send.at if hold or seen is None else seen,
        brief=bool(hold),
    )
    if not await bot.schedule.begin(known):
        return []
    if hold:
        return [_undoable(known, send.asker, hold), known.release]
    await bot.record.note(send.asker, "send later", send.described[1], "waits", send.ref, send.member)
    return [ShowLater(about=known.id, asker=send.asker), *await _written_already(bot, known)]


async def _written_already(bot: Bot, known: Scheduled) -> list[Job]:
    """They have written while it was being written: its event has come, and found nothing to hold."""
    card = await bot.cards.get(known.send.address.thread_id) if known.send.address.thread_id else None
    return held_by([known.id], card.latest) if card and card.latest else []


def _themselves(send: Send) -> Asker:
    """Who wrote it: they are told of it in a direct message, wherever they asked; or by marks on what they wrote."""
    asker = send.asker
    they = Asker(user=asker.user, team=asker.team, enterprise=asker.enterprise)
    return they.having(channel=asker.channel, thread_ts=asker.thread_ts) if send.echo else they


def _undoable(known: Scheduled, asker: Asker, seconds: int) -> Job:
    """The receipt with *Undo*: below the card, or for its writer alone, where what becomes of it takes its place."""
    send = known.send
    if send.card:
        return Receipt(send=send, state="held", undo=known.id)
    message = views.held(send.person, send.account, send.text, known.id, seconds)
    return tell(asker, message, meanwhile=True)
