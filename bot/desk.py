"""Changes to a thread: archive, reopen, assign and unassign.

Each handler, here and elsewhere, takes a job that was accepted, does it, and returns the jobs that follow. A worker may
be killed at any await and the job be handed to another one, so every handler can be run again.
"""

from __future__ import annotations

from typing import Final

import structlog

from bot import jobs
from bot.answers import KEEP_TRYING, Answers, say
from bot.errors import Gone, RateLimited, VersionEnded
from bot.gate import Actor, Gate
from bot.inbox import Inbox
from bot.jobs import Change, Job, Keep, Later, Refresh, Render, TellAssignee
from bot.models import Card, Note, Thread
from bot.news import first_seen
from bot.store.cards import Cards
from bot.store.people import People
from bot.store.preferences import Preferences
from bot.views import words

log = structlog.get_logger(__name__)

SOON: Final = (0.5, 1.0, 2.0, 5.0)  # seconds until a change that an ended API version did not take is tried again


class Desk:
    """What people can do with a thread. Raises `Later` where a change must wait."""

    def __init__(
        self, gate: Gate, inbox: Inbox, people: People, cards: Cards, answers: Answers, preferences: Preferences
    ) -> None:
        self._gate, self._inbox, self._people, self._cards, self._answers = gate, inbox, people, cards, answers
        self._preferences = preferences

    async def change(self, job: Change, keep: Keep) -> list[Job]:
        """Archive, reopen, assign or unassign; the card is drawn anew once Inbox has confirmed."""
        try:
            actor = await self._gate.actor(job.asker)
            card = await self._cards.get(job.thread_id)
            if card is None and job.seen_in:  # a list names threads that have no card yet
                card = await first_seen(job.thread_id, self._inbox, self._cards, self._people)
            if card is None:
                await self._answers.note(job, "no such card", actor.member.id)
                return [say(job.asker, words.NO_CARD)]
            if not job.begun or job.verb == "claim":  # nobody pressed for it: it takes nothing from anybody
                if (nothing := await self._nothing_to_do(job, card, actor)) is not None:
                    return nothing
                job = job.model_copy(update={"begun": True})
                await keep(job)
            return await self._confirm(job, card, actor)
        except Gone as error:
            return await self._gone(job, error)
        except RateLimited as error:
            then = [] if job.told else [say(job.asker, words.quota(error.retry_after, "change"))]
            again = job.model_copy(update={"told": True, "begun": False})
            raise Later(error.retry_after, again, *then) from error
        except VersionEnded as error:  # it was not done, and the other API version may answer any moment
            if job.age > KEEP_TRYING:
                raise
            then = [] if job.told else [say(job.asker, words.INBOX_DOWN)]
            again = job.model_copy(update={"told": True, "begun": False, "tries": job.tries + 1})
            raise Later(SOON[min(job.tries, len(SOON) - 1)], again, *then) from error

    async def _nothing_to_do(self, job: Change, card: Card, actor: Actor) -> list[Job] | None:
        """What follows when it is done already, as after a double click; None when it is not.

        The card alone is not believed: it may be out of date, and the person knows better.
        """
        if job.verb == "claim":
            return await self._not_to_claim(job, actor)
        if not _already(job, card, card.thread, actor):
            return None
        thread = await self._inbox.thread(job.thread_id)
        already = _already(job, card, thread, actor)
        if not already:
            return None
        await self._answers.note(job, "nothing to do", actor.member.id)
        shown = Refresh(thread_id=job.thread_id, shown=thread)
        return [say(job.asker, already), shown, Render(thread_id=job.thread_id)]

    async def _not_to_claim(self, job: Change, actor: Actor) -> list[Job] | None:
        """What follows where who replied is not to have the thread: the channel wants it so, or somebody has it."""
        place = await self._cards.place(job.thread_id)
        if place and not (await self._preferences.channel(place.channel)).reply_assigns:
            return []
        thread = await self._inbox.thread(job.thread_id)
        if thread.assignee_id is None or (job.begun and thread.assignee_id == actor.member.id):
            return None
        return [Refresh(thread_id=job.thread_id, shown=thread)]

    async def _confirm(self, job: Change, card: Card, actor: Actor) -> list[Job]:
        by, wanted = Note(who=actor.name, at=jobs.now()), _assignee(job, actor)
        if job.verb in ("archive", "reopen"):
            thread = await self._inbox.update_thread(job.thread_id, archived=job.verb == "archive")
            notes = {"archived": by}
        else:
            thread = await self._inbox.update_thread(job.thread_id, assignee_id=wanted)
            notes = {"assigned": by} if thread.assignee_id != card.thread.assignee_id else {}
        await self._answers.note(job, f"done: {wanted}" if job.verb == "assign_to" else "done", actor.member.id)
        thread = thread.with_person(card.thread.person)
        kept = thread.assignee_id if job.verb == "unassign" else None  # the thread has none now: it is the contact's
        if kept:
            thread = thread.with_default(kept)
        await self._cards.write(thread, notes=notes)
        await self._people.saw(thread)
        log.info("changed", ref=job.ref, verb=job.verb, thread=job.thread_id, user=actor.user, member=actor.member.id)
        follow: list[Job] = [Render(thread_id=job.thread_id)]
        if kept:
            follow.append(say(job.asker, words.still_assigned(await self._name(kept))))
        if job.verb == "assign_to" and wanted and wanted != actor.member.id:
            follow.append(TellAssignee(thread_id=job.thread_id, member_id=wanted, by=actor.name))
        return follow

    async def _name(self, member_id: str) -> str:
        member = await self._gate.member(member_id)
        return member.label if member else "a colleague"

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


def _assignee(job: Change, actor: Actor) -> str | None:
    match job.verb:
        case "assign_to_me" | "claim":
            return actor.member.id
        case "assign_to":
            return job.assignee
    return None


def _already(job: Change, card: Card, thread: Thread, actor: Actor) -> str:
    """What to say when `thread` leaves nothing to do, as after a double click; "" when it does."""
    by = card.archived.who if card.archived else None
    match job.verb:
        case "archive" if thread.archived:
            return words.archived_already(by)
        case "reopen" if not thread.archived:
            return words.open_already(by)
        case "assign_to_me" if thread.assignee_id == actor.member.id:
            return words.assigned_already()
        case "assign_to" if thread.assignee_id == job.assignee:
            return words.assigned_already(None if job.assignee == actor.member.id else "that colleague")
        case "unassign" if thread.assignee_id is None:
            return words.unassigned_already()
    return ""
