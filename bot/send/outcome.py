"""What became of what somebody wrote: on record, and in words for them, who have their text back where it stayed."""

from __future__ import annotations

from typing import Final

from bot import text, words
from bot.context import Bot
from bot.errors import BotError, NotNow, RateLimited, SendInProgress, Unavailable, Unidentified
from bot.metrics import SENT, place_of
from bot.models import Message, SendState
from bot.people.answers import explain, meanwhile, note, outcome, tell
from bot.people.jobs import Tell
from bot.queue.job import SENDS_WAIT, Job, Later
from bot.reply.jobs import Receipt
from bot.send.jobs import Send, Sending, Written
from bot.send.views import receipt
from bot.slack.blocks import Msg
from bot.thread_replies.jobs import Mark

PATIENCE: Final = 60.0  # seconds after which the writer may be looking elsewhere


def pause(bot: Bot, tries: int) -> float:
    """Seconds until try number `tries` + 1."""
    return bot.timing.sends_pause[min(tries, len(bot.timing.sends_pause) - 1)]


def given_up(bot: Bot, job: Sending, error: NotNow | SendInProgress | Unidentified) -> str:
    """Why `job` is given up now that it was tried for ten minutes; until then raises `Later`, saying so once."""
    left = SENDS_WAIT - job.age
    if left <= 0:
        return words.gave_up(error)
    wait = error.retry_after if isinstance(error, RateLimited) else pause(bot, job.tries)
    then: list[Job] = []
    if not job.told and not isinstance(error, SendInProgress):
        then = [meanwhile(job.asker, words.patience(error, left))]
    again = job.having(tries=job.tries + 1, told=job.told or bool(then))
    raise Later(min(wait, left), again, *then) from error


async def later(bot: Bot, job: Send, error: NotNow | SendInProgress) -> list[Job]:
    """Try again later, saying so once; when ten minutes are over, and no sooner, say what is certain."""
    doubt = job.doubt or _may_have_begun(error)
    job = job.having(doubt=doubt, attempted=job.attempted if doubt else None)
    why = given_up(bot, job, error)
    return [await ended(bot, job, "unconfirmed") if doubt else await ended(bot, job, "failed", why)]


def _may_have_begun(error: BotError) -> bool:
    """Whether the call that failed may have reached whoever sends."""
    return isinstance(error, SendInProgress) or (isinstance(error, Unavailable) and error.code != "unsent")


async def sent(bot: Bot, job: Send, thread_id: str) -> None:
    """On record: Inbox confirmed it."""
    SENT.labels(place_of(job.asker.channel), "sent").inc()
    await bot.record.note(job.asker, "send", thread_id, "sent", job.ref, job.member)


async def ended(bot: Bot, job: Send, state: SendState, reason: str = "") -> Job:
    """The attempt is over without Inbox having confirmed it: on record, and in words."""
    SENT.labels(place_of(job.asker.channel), "unconfirmed" if state == "unconfirmed" else "unsent").inc()
    await note(bot, job, state, job.member)
    return receipt_for(job, state, reason)


async def not_sent(bot: Bot, job: Written, why: str, how: str) -> Tell:
    """It did not come to an attempt: on record, and the text is handed back."""
    SENT.labels(place_of(job.asker.channel), "unsent").inc()
    await note(bot, job, how)
    body = text.decode(job.text)
    return tell(
        job.asker, receipt(state="failed", person=job.whom, handle="", account="", text=body, url=None, reason=why)
    )


async def not_begun(job: Written, error: Exception, bot: Bot) -> list[Job]:
    """The last word on what somebody wrote, before an attempt to send it."""
    return [await not_sent(bot, job, explain(bot, error, job.ref, "send"), outcome(error))]


def receipt_for(job: Send, state: SendState, reason: str = "", message: Message | None = None) -> Job:
    """What became of it: of a reply below its card, of all else in private. `message` is what was sent."""
    if job.card:
        return Receipt(send=job, state=state, reason=reason, message=message)
    return private_receipt(job, state, reason, message)


def private_receipt(job: Send, state: SendState, reason: str = "", message: Message | None = None) -> Tell | Mark:
    """What became of it; after a while, and when somebody must act, where it is still there when they come back."""
    told = tell(job.asker, shown(job, state, reason, message), lasting=job.age > PATIENCE and state != "sent")
    if job.echo is None:
        return told
    return Mark(ts=job.echo, state=state, asker=job.asker, told=told, again=job.intent.endswith("-again"))


def shown(job: Send, state: SendState, reason: str, message: Message | None = None) -> Msg:
    """The receipt of an attempt; `message` is what was sent."""
    return receipt(
        state=state,
        person=job.person.label,
        handle=job.person.handle,
        account=job.account,
        text=job.text,
        url=job.url,
        reason=reason,
        intent=job.intent,
        message=f"{message.thread_id}|{message.id}" if message else "",
    )
