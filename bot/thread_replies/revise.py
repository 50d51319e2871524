"""A reply that went out is edited or deleted in Slack: so is the message that it became.

Both are harmless to repeat, so an unknown outcome is simply tried again.
"""

from __future__ import annotations

from typing import Final

import structlog

from bot import text
from bot.address import Address
from bot.context import Bot
from bot.errors import Forbidden, Gone, InboxError, NotNow
from bot.feature import Feature
from bot.later.jobs import Scheduled, ShowLater, line_to
from bot.later.views import cancelled
from bot.messages.jobs import digest
from bot.models import Message
from bot.people import answers
from bot.people.answers import say, tell
from bot.people.mentions import decoded
from bot.queue.job import Job, Keep, Later, Line
from bot.send.jobs import Send
from bot.thread_replies import words
from bot.thread_replies.jobs import Mark, Revise
from bot.thread_replies.send import in_channel, intent_of

log = structlog.get_logger(__name__)
SOON: Final = 0.2  # seconds
feature = Feature()


@feature.handles(Revise)
async def revise(job: Revise, _: Keep, bot: Bot) -> list[Job]:
    """Edit or unsend the message that a Slack message became; where that cannot be done, its writer is told."""
    intent = intent_of(job.asker.channel or "", job.ts)
    held = None if job.address else await _held(bot, job, intent)  # before `kept`, which is there before this is gone
    if held:
        return await _while_held(bot, job, held)
    kept = await bot.attempts.get(intent)
    if kept is None:  # it never left Slack, and no late repetition of what Slack told of it may send it now
        await bot.attempts.withdraw(intent)
        return []
    if job.address is None:
        return [job.having(address=kept.address)]
    if _is_older(job, kept):
        return []
    kept = _with(kept, job)
    await bot.attempts.amend(kept)
    actor = await bot.access.actor(job.asker, fresh=True)
    why, body = await _hindered(bot, job)
    if job.text is None:
        job = job.having(asker=in_channel(job.asker))
    arrived = await bot.attempts.arrived(kept.intent)
    if arrived is None:
        return [say(job.asker, words.NEVER_CONFIRMED)]
    name = kept.person.label
    stayed = _not_amended(job, kept, why) if why else await _carry_over(bot, job, arrived, body, kept)
    if stayed:
        await answers.note(bot, job, "not done", actor.member.id)
        return [say(job.asker, stayed)]
    await answers.note(bot, job, "done", actor.member.id)
    if job.text is None:
        return [say(job.asker, words.unsent(name))]
    return [Mark(ts=job.ts, state="edited", asker=job.asker, told=say(job.asker, words.edited(name)))]


def _is_older(job: Revise, known: Send) -> bool:
    """Whether a later change to what was written was heard of before this one."""
    return bool(job.changed) and job.changed < known.changed


def _with(known: Send, job: Revise) -> Send:
    return known.having(changed=job.changed or known.changed)


def _not_amended(job: Revise, kept: Send, why: str) -> str:
    return words.not_amended(kept.person.label, why, deleting=job.text is None)


async def _held(bot: Bot, job: Revise, intent: str) -> Scheduled | None:
    """What is kept of it where its writer has some seconds to undo it."""
    card = await bot.cards.get(job.thread_id)
    if card is None or card.thread.person is None:
        return None
    return await bot.schedule.of_intent(line_to(Address.within(card.thread, card.thread.person)), intent)


async def _while_held(bot: Bot, job: Revise, known: Scheduled) -> list[Job]:
    """It goes out as it was edited; what was deleted, or may not go out any more, does not."""
    if not known.open and known.by != job.key:
        if known.state == "over":
            return []
        raise Later(SOON, job)  # it is just being sent
    if _is_older(job, known.send):
        return []
    why, body = await _hindered(bot, job)
    over = job.text is None or bool(why)

    def change(now: Scheduled) -> Scheduled | None:
        wanted = {"state": "over"} if over else {"send": _with(now.send, job).having(text=body)}
        return now.having(**wanted) if now.open else None

    moved = await bot.schedule.move(known.id, job.key, change)
    if moved is None:
        raise Later(SOON, job)
    await answers.note(bot, job, "done")
    if not over:
        return [say(job.asker, words.AS_EDITED)]
    await bot.lanes.hurry(moved.release)
    send, asker = moved.send, in_channel(job.asker) if job.text is None else job.asker
    await bot.lanes.accept(Line(ref=send.ref, asker=send.asker, text="", over=True))  # with the button that undoes it
    unmarked = Mark(ts=job.ts, state="cancelled", asker=job.asker)
    return [tell(asker, cancelled(send.person, send.text)), unmarked, ShowLater(about=moved.id, over=moved.by)]


async def _hindered(bot: Bot, job: Revise) -> tuple[str, str]:
    """Why it must stay in Slack, or what the message is to say; both "" for one that is to be taken back."""
    channel = job.asker.channel or ""
    prefix = (await bot.preferences.channel(channel)).replies
    if not prefix:
        return words.OFF, ""
    if job.text is None:
        return "", ""
    if not await bot.sharing.shows(channel):
        return words.SHARED, ""
    body = text.after_prefix(await decoded(bot, job.text), prefix)
    return ("", body) if body else (words.NO_PREFIX_NOW, "")


async def _carry_over(bot: Bot, job: Revise, arrived: tuple[str, str], body: str, kept: Send) -> str:
    """Do it in Inbox; "" or what its writer reads where that was not to be."""
    try:
        if job.text is not None:
            return await _edit(bot, arrived, body, kept)
        await bot.inbox.unsend(*arrived)
    except NotNow:
        raise
    except InboxError as error:
        log.warning("not_amended", ref=job.ref, status=error.status, code=error.code, request=error.request_id)
        if job.text is None and await _is_gone(bot, arrived, error):
            return ""
        return _not_amended(job, kept, answers.explain(bot, error, job.ref, account=kept.account))
    return ""


async def _edit(bot: Bot, arrived: tuple[str, str], body: str, kept: Send) -> str:
    """Not what somebody has made of it who did not edit the reply: its writer has not seen that.

    Of an edit that was never confirmed, nobody knows whether it says that.
    """
    wanted, known = digest(body), kept.may_say or {digest(kept.text)}
    message = await _as_it_is(bot, arrived)
    says = message and digest(message.text)
    if message and message.edited and says not in known | {wanted}:
        return words.edited_elsewhere(kept.person.label, message.text)
    shows = wanted
    if says != wanted:
        await bot.attempts.amend(kept.having(may_say=frozenset(known | {wanted})))
        shows = digest(await bot.inbox.edit_message(*arrived, body))  # a platform may write it in its own way
    await bot.attempts.amend(kept.having(may_say=frozenset({wanted, shows})))
    return ""


async def _as_it_is(bot: Bot, arrived: tuple[str, str]) -> Message | None:
    """None for one that is deleted, or so old that v1 does not show it: Inbox says so when it is asked to edit it."""
    try:
        message, _ = await bot.inbox.message(*arrived)
    except Gone:
        return None
    return None if message.deleted else message


async def _is_gone(bot: Bot, arrived: tuple[str, str], error: InboxError) -> bool:
    """Whether the message is deleted already, as after an attempt whose answer was lost."""
    if isinstance(error, Forbidden):
        return False
    try:
        message, _ = await bot.inbox.message(*arrived)
    except InboxError as other:
        return other.status == 404
    return message.deleted
