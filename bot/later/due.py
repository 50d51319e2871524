"""Sends what waits when its time has come; asks its writer first, or hands it back, where it is not as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import structlog

from bot.context import Bot
from bot.errors import InboxError, NotNow, Refused, Unidentified
from bot.feature import Feature
from bot.later import views, words
from bot.later.check import Doubt, against, hindered
from bot.later.jobs import HoldBack, LostSeat, Release, RingLater, Scheduled, ShowLater
from bot.later.store import ANSWER
from bot.people.access import Actor
from bot.people.answers import explain, note, tell
from bot.queue.job import Job, Keep, Later, utc_now
from bot.queue.timer import Look
from bot.reply.jobs import Receipt
from bot.send.jobs import Send
from bot.send.outcome import ended, given_up, private_receipt

Decision = dict[str, Any]
"""The fields of a `Scheduled` message that change."""
log = structlog.get_logger(__name__)

LONG: Final = timedelta(hours=1)  # that nobody takes to do what they decided
SOON: Final = 60.0  # seconds that a clock may be ahead, and longer than any message is held
feature = Feature()


@feature.looks
def look(bot: Bot) -> Look:
    """As often as anything is looked at, where something is due."""
    return Look("scheduled", RingLater, bot.timing.poll, bot.schedule.anything)


@feature.handles(RingLater)
async def ring(_: RingLater, __: Keep, bot: Bot) -> list[Job]:
    """Each that is due is released by a job of its own, once, in the order of their times."""
    for due in await bot.schedule.due():
        known = await bot.schedule.get(due.about)
        if known:
            await bot.lanes.accept(known.release, once=f"release:{due.about}:{due.at}")
        await bot.schedule.rung(due, lost=known is None)
    return []


@feature.handles(Release)
async def release(job: Release, _: Keep, bot: Bot) -> list[Job]:
    """Send it, ask first, or hand it back. What is decided is written down first, and done by whoever goes on."""
    known = await bot.schedule.get(job.about)
    if known is None:
        return []
    if known.by == job.key:  # whoever decided did not live to do it
        return await _done(bot, job, known)
    if not known.open:  # whoever decided may do so still, or died for good
        old = known.decided is None or utc_now() - known.decided > LONG
        return [ShowLater(about=known.id, over=known.by)] if old else []
    left = (known.at - utc_now()).total_seconds()
    if known.state == "asks":
        since = max(known.at, known.asked or known.at)
        decided: Decision | None = (
            {"state": "over", "reason": words.UNANSWERED} if utc_now() - since >= ANSWER else None
        )
    elif 0 < left <= SOON:  # the clock of whoever rang may be ahead
        raise Later(left, job)
    else:
        decided = None if left > 0 else await _decision(bot, job, known)
    return await _moved(bot, job, known, decided) if decided else []


async def _decision(bot: Bot, job: Release, known: Scheduled) -> Decision:
    """What becomes of it now that its time has come."""
    try:
        actor = await bot.access.actor(job.asker, fresh=True)
        if reason := await hindered(bot, known):
            return {"state": "over", "reason": reason}
        if doubt := await against(bot, known):
            return _asks(doubt)
    except (NotNow, Unidentified) as error:
        return {"state": "over", "reason": given_up(bot, job, error)}
    except Refused as error:
        return {"state": "over", "reason": explain(bot, error, job.ref, "send"), "lost": True}
    except InboxError as error:
        return {"state": "over", "reason": explain(bot, error, job.ref, "send", account=known.send.account)}
    return {"state": "goes", "send": _attempt(job, known, actor)}


def _asks(doubt: Doubt) -> Decision:
    return {"state": "asks", "why": doubt.why, "asked": utc_now(), "seen": doubt.seen}


def _attempt(job: Release, known: Scheduled, actor: Actor) -> Send:
    """The attempt as it was written down, begun now."""
    now = utc_now()
    begun = {"ref": job.ref, "at": now, "member": actor.member.id, "writer": actor.name}
    begun["only"] = known.send.only or f"later:{known.id}"
    return known.moved_to(now).send.having(**begun)


async def _moved(bot: Bot, job: Release | HoldBack, known: Scheduled, decided: Decision) -> list[Job]:
    """Written down, unless somebody has changed it meanwhile: then it is looked at anew."""

    def change(now: Scheduled) -> Scheduled | None:
        return now.having(**decided) if now.rev == known.rev else None

    moved = await bot.schedule.move(known.id, job.key, change)
    if moved is None:
        raise Later(0.0, job)
    return await _done(bot, job, moved)


async def _done(bot: Bot, job: Release | HoldBack, known: Scheduled) -> list[Job]:
    """What follows from what was decided."""
    log.info("scheduled", ref=job.ref, state=known.state, why=known.why if known.state == "asks" else None)
    match known.state:
        case "goes":
            follow = await _going(bot, known)
        case "asks":
            follow = [await _question(bot, known)]
        case _:
            follow = await _handed_back(bot, job, known)
    return [*follow, ShowLater(about=known.id, over=known.by)]


async def _going(bot: Bot, known: Scheduled) -> list[Job]:
    """The attempt begins, as every other; its name makes it the only one."""
    send = known.send
    await bot.attempts.keep(send)
    if not send.card:
        await bot.attempts.writes(send, sent=False)
        return [send]
    return [Receipt(send=send, state="sending"), send]


async def _question(bot: Bot, known: Scheduled) -> Job:
    """In a direct message, which is there when its writer comes back."""
    send = known.send
    others = [one for one in await bot.attempts.writers(send.person) if one != send.asker.user]
    colleague, why = next(iter(others), ""), known.why or "wrote"
    to = (send.person, send.account, send.text, known.at, send.url)
    return tell(send.asker, views.question(known.id, *to, why, colleague, copied=known.copied), lasting=True)


async def _handed_back(bot: Bot, job: Release | HoldBack, known: Scheduled) -> list[Job]:
    """It is not sent: its writer has the text back, in a direct message, with the reason; where they have no seat any
    more, others hear of it as well.
    """
    send = known.send.having(ref=job.ref)
    if not known.lost:
        return [await ended(bot, send, "failed", known.reason)]
    await note(bot, send, "failed", send.member)
    return [private_receipt(send, "failed", known.reason), LostSeat(send=send)]


@feature.gives_up(Release)
async def not_released(job: Release, error: Exception, bot: Bot) -> list[Job]:
    """Nobody knows why it cannot be done: the text goes back, unless the attempt has begun."""
    known = await bot.schedule.get(job.about)
    if known is None or not (known.open or known.by == job.key):
        return []
    if known.by == job.key:
        return await _done(bot, job, known)
    decided: Decision = {"state": "over", "reason": explain(bot, error, job.ref, "send")}
    return await _moved(bot, job, known, decided)


@feature.handles(HoldBack)
async def hold_back(job: HoldBack, _: Keep, bot: Bot) -> list[Job]:
    """They have written before its time: it goes only if its writer still wants that."""
    known = await bot.schedule.get(job.about)
    if known is None:
        return []
    if known.by == job.key:
        return await _done(bot, job, known)
    if known.state != "waits" or job.written <= known.seen:
        return []
    return await _moved(bot, job, known, _asks(Doubt("wrote", job.written)))
