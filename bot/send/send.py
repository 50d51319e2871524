"""Sending, exactly once, whatever dies on the way.

Delivers what was written down. An attempt is written down before it is made.
"""

from __future__ import annotations

from typing import Final

import structlog

from bot import words
from bot.address import Sent
from bot.card import Note
from bot.cards.jobs import Render
from bot.context import Bot
from bot.errors import (
    Forbidden,
    Gone,
    InboxError,
    KeyReused,
    NotNow,
    PlanRequired,
    SendInProgress,
    Unconfirmed,
    VersionEnded,
)
from bot.events.jobs import Outbound, Refresh
from bot.feature import Feature
from bot.people.answers import explain, meanwhile
from bot.queue.job import SENDS_WAIT, Job, Keep, Later, utc_now
from bot.send import outcome
from bot.send.jobs import Send
from bot.stats.count import signed
from bot.threads.jobs import Change, Wish

log = structlog.get_logger(__name__)

LOOK_AGAIN: Final = (2.0, 3.0, 5.0, 10.0, 20.0)  # seconds between looks for a message whose outcome is unknown
feature = Feature()


@feature.handles(Send)
async def send(job: Send, keep: Keep, bot: Bot) -> list[Job]:
    """Deliver one message, once, or tell its writer that it was not.

    v2 carries the intent as its idempotency key, so an unknown outcome is simply asked again. v1 has none: after
    one, the thread's messages tell; until they do, nothing is sent.
    """
    try:
        then = await _send(job, keep, bot)
    except Later as later:
        if not (isinstance(later.job, Send) and later.job.doubt):
            await bot.attempts.ends(job)
        raise
    await bot.attempts.ends(job)
    return then


async def _send(job: Send, keep: Keep, bot: Bot) -> list[Job]:
    if job.attempted:  # whoever tried before us did not live to say how it ended, or did not know
        job = job.having(doubt=True)
    if job.doubt and not (_keyed(job) and job.api == bot.inbox.version):
        found = await _look(bot, job)
        if found is not None:
            return found
        job = job.having(doubt=False, answered=False)
    job = job.having(attempted=utc_now(), api=bot.inbox.version)
    await keep(job)
    await bot.attempts.begins(job)
    try:
        sent = await bot.inbox.send(job.address, job.text, job.intent, job.reply_to)
    except Unconfirmed as error:
        return await _unconfirmed(bot, job, error)
    except VersionEnded as error:
        return await _ended(bot, job, error)
    except (NotNow, SendInProgress) as error:
        return await outcome.later(bot, job, error)
    except KeyReused as error:
        return await _reused(bot, job, error)
    except Gone as error:
        return await _elsewhere(bot, job, error)
    except InboxError as error:
        log.warning("not_sent", ref=job.ref, status=error.status, code=error.code, request=error.request_id)
        return await _refused(bot, job, error)
    await bot.attempts.claim(sent.message.id, job.intent, sent.thread_id)
    return [*await _sent(bot, job, sent), signed(sent, job.member)]


@feature.gives_up(Send)
async def given_up(job: Send, error: Exception, bot: Bot) -> list[Job]:
    """After an attempt nobody knows whether it arrived."""
    await bot.attempts.ends(job)
    if job.attempted or job.doubt:
        return [await outcome.ended(bot, job, "unconfirmed")]
    return [await outcome.ended(bot, job, "failed", explain(bot, error, job.ref, "send"))]


async def _reused(bot: Bot, job: Send, error: KeyReused) -> list[Job]:
    """Redis went back, and meanwhile Inbox names the recipient in another way: the message went out already."""
    found = await _look(bot, job.having(attempted=job.at, doubt=True, answered=False))
    return found if found is not None else await _refused(bot, job, error)


async def _refused(bot: Bot, job: Send, error: InboxError) -> list[Job]:
    """Inbox will not take it; an earlier attempt of unknown outcome may have arrived all the same.

    v1 has no code of its own for a plan that does not allow first messages: it is the 403 that they are told of.
    """
    if isinstance(error, PlanRequired) or (job.first and not _keyed(job) and isinstance(error, Forbidden)):
        await bot.attempts.note_plan(utc_now())
    if job.doubt:
        return [await outcome.ended(bot, job, "unconfirmed")]
    await bot.attempts.give_up(job)
    return [await outcome.ended(bot, job, "failed", explain(bot, error, job.ref, "send", account=job.account))]


async def _elsewhere(bot: Bot, job: Send, error: Gone) -> list[Job]:
    """What was known of the person is out of date: once more, to the person instead of the thread."""
    await bot.directory.forget(job.person)
    if job.address.thread_id is None or job.doubt or not _keyed(job):
        return await _refused(bot, job, error)
    address = job.address.having(thread_id=None)
    again = {"address": address, "intent": f"{job.intent}-person", "attempted": None, "url": None, "only": None}
    send = job.having(**again | {"reply_to": ""})  # which was in that thread
    await bot.attempts.keep(send)
    raise Later(0.0, send) from error  # before what waits in this lane: later messages, and a word to take it back


async def _ended(bot: Bot, job: Send, error: VersionEnded) -> list[Job]:
    """The API version ended instead of taking it: on the other one it is sent, once, unless it is there already.

    A page with 200 is no answer of Inbox's; the thread is looked at all the same. Where no other version is spoken
    yet, it waits as for an Inbox that is down.
    """
    page = error.code != "unsent"
    job = job.having(answered=page)
    if bot.inbox.version == job.api:
        return await outcome.later(bot, job, error)
    raise Later(0.0, job.having(doubt=page, attempted=job.attempted if page else None)) from error


async def _sent(bot: Bot, job: Send, sent: Sent) -> list[Job]:
    thread, thread_id = sent.thread, sent.thread_id
    log.info("sent", ref=job.ref, thread=thread_id, user=job.asker.user)
    await outcome.sent(bot, job, thread_id)
    await bot.attempts.writes(job, sent=True)
    if job.first:
        await bot.attempts.note_plan(None)
    answered = Outbound(thread_id=thread_id, written=job.attempted or utc_now())
    follow = [answered, *await _answered(bot, job, sent)]
    url = job.url
    if thread is not None:
        thread = thread.with_person(job.person)
        url = thread.url or url
        await bot.directory.saw(thread)
        if await bot.cards.get(thread.id):
            follow.append(Refresh(thread_id=thread.id, shown=thread))
    return [outcome.receipt_for(job.having(url=url), "sent", message=sent.message), *follow]


async def _answered(bot: Bot, job: Send, sent: Sent) -> list[Job]:
    """The card says who answered; who replied there has the thread now, if nobody had it; or it is put away."""
    thread_id = sent.thread_id
    if not job.writer or await bot.cards.get(thread_id) is None:
        return []
    await bot.cards.answer(thread_id, Note(who=job.writer, at=utc_now()))
    then: list[Job] = [Render(thread_id=thread_id)]
    if job.card or job.echo:
        then.append(Change(verb="claim", thread_id=thread_id, asker=job.asker))
    if job.reminder and job.reminder.at > utc_now():
        wish = Wish(until=job.reminder.at, after=sent.message.created_at, reminds=True)
        seen = job.reminder.seen
        then.append(Change(verb="snooze", thread_id=thread_id, snooze=wish, asker=job.asker, unless_after=seen))
    elif job.archives:
        then.append(Change(verb="archive", thread_id=thread_id, asker=job.asker, unless_after=job.archives))
    return then


async def _look(bot: Bot, job: Send) -> list[Job] | None:
    """What became of an attempt whose outcome is unknown; None when it certainly was not sent."""
    assert job.attempted is not None
    known: set[str] = set()
    try:
        while sent := await bot.inbox.find_sent(job.address, job.text, job.attempted, known):
            if await bot.attempts.claim(sent.message.id, job.intent, sent.thread_id):
                return [*await _sent(bot, job, sent), signed(sent, job.member)]
            known.add(sent.message.id)
    except NotNow as error:
        return await outcome.later(bot, job, error)
    except InboxError:
        return [await outcome.ended(bot, job, "unconfirmed")]
    if job.answered:  # Inbox itself said that it failed, and it is not there
        return [await outcome.ended(bot, job, "failed", words.GAVE_UP)] if job.age > SENDS_WAIT else None
    if job.looks < len(LOOK_AGAIN):
        raise Later(LOOK_AGAIN[job.looks], job.having(looks=job.looks + 1))
    return [await outcome.ended(bot, job, "unconfirmed")]


async def _unconfirmed(bot: Bot, job: Send, error: Unconfirmed) -> list[Job]:
    """v2 said that it cannot know. On v1 nobody knows yet: the thread will tell."""
    log.warning("unconfirmed", ref=job.ref, status=error.status, request=error.request_id)
    if _keyed(job):
        return [await outcome.ended(bot, job, "unconfirmed")]
    then = [] if job.told else [meanwhile(job.asker, words.INBOX_DOWN)]
    said_so = error.status == 500 and bool(error.code)  # Inbox itself, and no proxy in front of it
    doubt = {"doubt": True, "answered": said_so, "looks": 0, "told": True, "tries": job.tries + 1}
    raise Later(max(outcome.pause(bot, job.tries), LOOK_AGAIN[0]), job.having(**doubt), *then) from error


def _keyed(job: Send) -> bool:
    """Whether its attempts carried a key: those on v2 did."""
    return job.api == "v2"
