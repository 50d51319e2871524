"""Changes to a thread: archive, reopen, assign and unassign.

Each handler, here and elsewhere, takes a job that was accepted, does it, and returns the jobs that follow. A worker may
be killed at any await and the job be handed to another one, so every handler can be run again.
"""

from __future__ import annotations

import structlog

from bot import jobs
from bot.answers import Answers, say
from bot.errors import Gone, RateLimited
from bot.gate import Actor, Gate
from bot.inbox import Inbox
from bot.jobs import Change, Job, Keep, Later, Render
from bot.models import Card, Note
from bot.store.cards import Cards
from bot.store.people import People
from bot.views import words

log = structlog.get_logger(__name__)


class Desk:
    """What people can do with a thread. Raises `Later` where a change must wait."""

    def __init__(self, gate: Gate, inbox: Inbox, people: People, cards: Cards, answers: Answers) -> None:
        self._gate, self._inbox, self._people, self._cards, self._answers = gate, inbox, people, cards, answers

    async def change(self, job: Change, _: Keep) -> list[Job]:
        """Archive, reopen, assign or unassign; the card is drawn anew once Inbox has confirmed."""
        try:
            actor = await self._gate.actor(job.asker)
            card = await self._cards.get(job.thread_id)
            if card is None and job.seen_in:  # a list names threads that have no card yet
                card = await self._learn(job.thread_id)
            if card is None:
                await self._answers.note(job, "no such card", actor.member.id)
                return [say(job.asker, words.NO_CARD)]
            if already := _already(job, card, actor):
                await self._answers.note(job, "nothing to do", actor.member.id)
                return [say(job.asker, already), Render(thread_id=job.thread_id)]
            await self._confirm(job, card, actor)
        except Gone as error:
            return await self._gone(job, error)
        except RateLimited as error:
            then = [] if job.told else [say(job.asker, words.quota(error.retry_after, "change"))]
            raise Later(error.retry_after, job.model_copy(update={"told": True}), *then) from error
        return [Render(thread_id=job.thread_id)]

    async def _learn(self, thread_id: str) -> Card:
        """What Inbox says of a thread that nothing was known of."""
        thread = await self._inbox.thread(thread_id)
        await self._cards.write(thread)
        await self._people.saw(thread)
        return await self._cards.get(thread_id) or Card(thread=thread)

    async def _confirm(self, job: Change, card: Card, actor: Actor) -> None:
        by = Note(who=actor.name, at=jobs.now())
        if job.verb in ("archive", "reopen"):
            thread = await self._inbox.update_thread(job.thread_id, archived=job.verb == "archive")
            notes = {"archived": by}
        else:
            wanted = actor.member.id if job.verb == "assign_to_me" else None
            thread = await self._inbox.update_thread(job.thread_id, assignee_id=wanted)
            notes = {"assigned": by}
        await self._answers.note(job, "done", actor.member.id)
        thread = thread.with_person(card.thread.person)
        await self._cards.write(thread, notes=notes)
        await self._people.saw(thread)
        log.info("changed", ref=job.ref, verb=job.verb, thread=job.thread_id, user=actor.user, member=actor.member.id)

    async def _gone(self, job: Change, error: Gone) -> list[Job]:
        """Inbox says 404 to a change. The thread tells whether it is gone; a 404 without a code tells nothing."""
        try:
            await self._inbox.thread(job.thread_id)
        except Gone as gone:
            if not gone.code:
                raise
            await self._cards.bury(job.thread_id)
            await self._answers.note(job, "gone")
            return [say(job.asker, words.GONE), Render(thread_id=job.thread_id)]
        log.warning("changed_nothing", ref=job.ref, status=error.status, code=error.code, request=error.request_id)
        await self._answers.note(job, "not found")
        return [say(job.asker, words.not_found(job.ref))]


def _already(job: Change, card: Card, actor: Actor) -> str:
    """What to say when there is nothing left to do, as after a double click; "" when there is."""
    thread = card.thread
    by = card.archived.who if card.archived else None
    match job.verb:
        case "archive" if thread.archived:
            return words.archived_already(by)
        case "reopen" if not thread.archived:
            return words.open_already(by)
        case "assign_to_me" if thread.assignee_id == actor.member.id:
            return words.assigned_already()
        case "unassign" if thread.assignee_id is None:
            return words.unassigned_already()
    return ""
