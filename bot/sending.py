"""Sending, exactly once, whatever dies on the way."""

from __future__ import annotations

from typing import Final

import structlog

from bot import jobs
from bot.answers import KEEP_TRYING, Answers, receipt_for, say
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
from bot.inbox import Inbox
from bot.jobs import Change, Job, Keep, Later, Render, Send
from bot.models import Note, Sent
from bot.stats import signed
from bot.store.cards import Cards
from bot.store.intents import Intents
from bot.store.people import People
from bot.views import words

log = structlog.get_logger(__name__)

LOOK_AGAIN: Final = (2.0, 3.0, 5.0, 10.0, 20.0)  # seconds between looks for a message whose outcome is unknown


class Sending:
    """Delivers what was written down. An attempt is written down before it is made."""

    def __init__(self, inbox: Inbox, people: People, cards: Cards, intents: Intents, answers: Answers) -> None:
        self._inbox, self._people, self._cards, self._intents, self._answers = inbox, people, cards, intents, answers

    async def send(self, job: Send, keep: Keep) -> list[Job]:
        """Deliver one message, once, or tell its writer that it was not.

        v2 carries the intent as its idempotency key, so an unknown outcome is simply asked again. v1 has none: after
        one, the thread's messages tell; until they do, nothing is sent.
        """
        if job.attempted:  # whoever tried before us did not live to say how it ended, or did not know
            job = job.model_copy(update={"doubt": True})
        if job.doubt and not (_keyed(job) and job.api == self._inbox.version):
            found = await self._look(job)
            if found is not None:
                return found
            job = job.model_copy(update={"doubt": False, "answered": False})
        job = job.model_copy(update={"attempted": jobs.now(), "api": self._inbox.version})
        await keep(job)
        try:
            sent = await self._inbox.send(job.address, job.text, job.intent)
        except Unconfirmed as error:
            return await self._unconfirmed(job, error)
        except VersionEnded as error:
            return await self._ended(job, error)
        except (NotNow, SendInProgress) as error:
            return await self._answers.later_or_failed(job, error)
        except KeyReused as error:
            return await self._reused(job, error)
        except Gone as error:
            return await self._elsewhere(job, error)
        except InboxError as error:
            log.warning("not_sent", ref=job.ref, status=error.status, code=error.code, request=error.request_id)
            return await self._refused(job, error)
        await self._intents.claim(sent.message.id, job.intent, sent.thread_id)
        return [*await self._sent(job, sent), signed(sent, job.member)]

    async def _reused(self, job: Send, error: KeyReused) -> list[Job]:
        """Redis went back, and meanwhile Inbox names the recipient in another way: the message went out already."""
        found = await self._look(job.model_copy(update={"attempted": job.at, "doubt": True, "answered": False}))
        return found if found is not None else await self._refused(job, error)

    async def _refused(self, job: Send, error: InboxError) -> list[Job]:
        """Inbox will not take it; an earlier attempt of unknown outcome may have arrived all the same.

        v1 has no code of its own for a plan that does not allow first messages: it is the 403 that they are told of.
        """
        if isinstance(error, PlanRequired) or (job.first and not _keyed(job) and isinstance(error, Forbidden)):
            await self._intents.note_plan(jobs.now())
        if not job.doubt:
            await self._intents.give_up(job)
        if job.doubt:
            return [await self._answers.ended(job, "unconfirmed")]
        return [
            await self._answers.ended(
                job, "failed", self._answers.explain(error, job.asker, job.ref, "send", account=job.account)
            )
        ]

    async def _elsewhere(self, job: Send, error: Gone) -> list[Job]:
        """What was known of the person is out of date: once more, to the person instead of the thread."""
        await self._people.forget(job.person)
        if job.address.thread_id is None or job.doubt or not _keyed(job):
            return await self._refused(job, error)
        address = job.address.model_copy(update={"thread_id": None})
        again = {"address": address, "intent": f"{job.intent}-person", "attempted": None, "url": None, "only": None}
        send = job.model_copy(update=again)
        await self._intents.keep(send)
        raise Later(0.0, send) from error  # before what waits in this lane: later messages, and a word to take it back

    async def _ended(self, job: Send, error: VersionEnded) -> list[Job]:
        """The API version ended instead of taking it: on the other one it is sent, once, unless it is there already.

        A page with 200 is no answer of Inbox's; the thread is looked at all the same. Where no other version is spoken
        yet, it waits as for an Inbox that is down.
        """
        page = error.code != "unsent"
        job = job.model_copy(update={"answered": page})
        if self._inbox.version == job.api:
            return await self._answers.later_or_failed(job, error)
        raise Later(
            0.0, job.model_copy(update={"doubt": page, "attempted": job.attempted if page else None})
        ) from error

    async def _sent(self, job: Send, sent: Sent) -> list[Job]:
        thread, thread_id = sent.thread, sent.thread_id
        log.info("sent", ref=job.ref, thread=thread_id, user=job.asker.user)
        await self._answers.sent(job, thread_id)
        await self._intents.writes(job, sent=True)
        if job.first:
            await self._intents.note_plan(None)
        answered = jobs.Outbound(thread_id=thread_id, written=job.attempted or jobs.now())
        follow = [answered, *await self._answered(job, thread_id)]
        url = job.url
        if thread is not None:
            thread = thread.with_person(job.person)
            url = thread.url or url
            await self._people.saw(thread)
            if await self._cards.get(thread.id):
                follow.append(jobs.Refresh(thread_id=thread.id, shown=thread))
        return [receipt_for(job.model_copy(update={"url": url}), "sent", message=sent.message), *follow]

    async def _answered(self, job: Send, thread_id: str) -> list[Job]:
        """The card says who answered; who replied there has the thread now, if nobody had it."""
        if not job.writer or await self._cards.get(thread_id) is None:
            return []
        await self._cards.answer(thread_id, Note(who=job.writer, at=jobs.now()))
        claim = [Change(verb="claim", thread_id=thread_id, asker=job.asker)] if job.card or job.echo else []
        return [Render(thread_id=thread_id), *claim]

    async def _look(self, job: Send) -> list[Job] | None:
        """What became of an attempt whose outcome is unknown; None when it certainly was not sent."""
        assert job.attempted is not None
        known: set[str] = set()
        try:
            while sent := await self._inbox.find_sent(job.address, job.text, job.attempted, known):
                if await self._intents.claim(sent.message.id, job.intent, sent.thread_id):
                    return [*await self._sent(job, sent), signed(sent, job.member)]
                known.add(sent.message.id)
        except NotNow as error:
            return await self._answers.later_or_failed(job, error)
        except InboxError:
            return [await self._answers.ended(job, "unconfirmed")]
        if job.answered:  # Inbox itself said that it failed, and it is not there
            return [await self._answers.ended(job, "failed", words.GAVE_UP)] if job.age > KEEP_TRYING else None
        if job.looks < len(LOOK_AGAIN):
            raise Later(LOOK_AGAIN[job.looks], job.model_copy(update={"looks": job.looks + 1}))
        return [await self._answers.ended(job, "unconfirmed")]

    async def _unconfirmed(self, job: Send, error: Unconfirmed) -> list[Job]:
        """v2 said that it cannot know. On v1 nobody knows yet: the thread will tell."""
        log.warning("unconfirmed", ref=job.ref, status=error.status, request=error.request_id)
        if _keyed(job):
            return [await self._answers.ended(job, "unconfirmed")]
        then = [] if job.told else [say(job.asker, words.INBOX_DOWN)]
        said_so = error.status == 500 and bool(error.code)  # Inbox itself, and no proxy in front of it
        doubt = {"doubt": True, "answered": said_so, "looks": 0, "told": True, "tries": job.tries + 1}
        raise Later(max(self._answers.pause(job.tries), LOOK_AGAIN[0]), job.model_copy(update=doubt), *then) from error


def _keyed(job: Send) -> bool:
    """Whether its attempts carried a key: those on v2 did."""
    return job.api == "v2"
