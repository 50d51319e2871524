"""What changed in Inbox: a thread is read again rather than believed of an event that may be late."""

from __future__ import annotations

from typing import Final

from bot.card import Card, Note
from bot.cards.jobs import Render
from bot.cards.known import is_restricted_anew, shown_of
from bot.context import Bot
from bot.errors import Gone, NotNow
from bot.events.jobs import Recheck, Refresh, RefreshPerson
from bot.feature import Feature
from bot.inbox.event import Event
from bot.models import Thread
from bot.queue.job import Job, Keep, Later, utc_now
from bot.snooze import wake

RECHECK: Final = 5.0  # seconds until a thread that Inbox did not show is asked for again
feature = Feature()


@feature.handles(Refresh)
async def refresh(job: Refresh, _: Keep, bot: Bot) -> list[Job]:
    """Learn what is true of a thread that has a card, unless the card shows it already."""
    card = await bot.cards.get(job.thread_id)
    if card is None:
        await bot.cards.pass_over(job.thread_id)  # its first message may be on its way, with what was true before
        card = await bot.cards.get(job.thread_id)
    if card is None:
        return []
    if job.event and job.event.type == "thread.deleted":
        return await _bury(bot, card)
    if not card.gone and _agrees(card, job):
        return await _closed_again(bot, card, job)
    try:
        thread = _told(await bot.background.thread(job.thread_id), job.event).with_person(card.thread.person)
        thread = await wake.seen(bot, card, thread, job.event)
    except Gone as error:
        return await _bury(bot, card) if error.code else []
    except NotNow:
        return [Recheck(thread_id=job.thread_id)]  # people's clicks wait in this lane
    await bot.directory.saw(thread)
    notes = _notes(card.thread, thread, job)
    if "archived" in notes and thread.archived:
        await bot.waiting.closed(thread.id, notes["archived"].at.timestamp(), inboxs=job.event is not None)
    elif "archived" in notes:
        await bot.waiting.reopened(thread.id, woken=card.snoozed is not None)
    await bot.cards.write(thread, notes=notes)
    return [Render(thread_id=job.thread_id)]


async def _closed_again(bot: Bot, card: Card, job: Refresh) -> list[Job]:
    """The card shows it as archived, maybe since before somebody wrote: what was written until now waits no longer.

    What is snoozed is archived as well, and waits on.
    """
    if job.event is None or job.event.type != "thread.archived" or card.snoozed is not None:
        return []
    ended = await bot.waiting.closed(job.thread_id, job.event.created_at.timestamp(), inboxs=True)
    return [Render(thread_id=job.thread_id)] if ended else []


@feature.handles(Recheck)
async def recheck(job: Recheck, _: Keep, bot: Bot) -> list[Job]:
    """Wait, then refresh."""
    if not job.waited:
        raise Later(RECHECK, job.having(waited=True))
    return [Refresh(thread_id=job.thread_id)]


@feature.handles(RefreshPerson)
async def refresh_person(job: RefreshPerson, _: Keep, bot: Bot) -> list[Job]:
    """Refresh every thread with the person whose default assignee, tags, status, value or notes changed."""
    person = job.event.contact_id or job.event.person_platform_id or ""
    return [Refresh(thread_id=one, event=job.event) for one in sorted(await bot.cards.threads_of(person))]


async def _bury(bot: Bot, card: Card) -> list[Job]:
    await bot.cards.bury(card.thread.id)
    await bot.waiting.closed(card.thread.id, utc_now().timestamp())
    await bot.snoozes.end(card.thread.id)
    if card.thread.person is not None:
        await bot.directory.forget(card.thread.person)
    return [Render(thread_id=card.thread.id)]


def _told(thread: Thread, event: Event | None) -> Thread:
    """v1 tells the contact's assignee in its event alone."""
    if event is not None and event.type == "prospect.assigneeChanged":
        return thread.with_default(event.assignee_id)
    return thread


def _agrees(card: Card, job: Refresh) -> bool:
    """Whether the card shows already what the event or the answer tells."""
    if job.shown is not None:
        return shown_of(job.shown) == shown_of(card.thread) and not is_restricted_anew(card.thread, job.shown)
    match job.event:
        case Event(thread=Thread() as thread):
            return shown_of(thread) == shown_of(card.thread)
        case Event(type="thread.archived"):
            return card.thread.archived
        case Event(type="thread.unarchived"):
            return not card.thread.archived
        case Event(type="thread.assigned" | "thread.unassigned" as kind, assignee_id=assignee):
            return assignee == card.thread.assignee_id and (assignee is None) == (kind == "thread.unassigned")
    return False


def _notes(before: Thread, after: Thread, job: Refresh) -> dict[str, Note]:
    """Who did what the card does not show yet: somebody in Inbox, which names no actor."""
    note = Note(who=None, at=job.event.created_at if job.event else utc_now())
    changed = {"archived": before.archived != after.archived, "assigned": before.assignee_id != after.assignee_id}
    if before.person and after.person:
        was, now = before.person, after.person
        changed |= {"status": was.status_id != now.status_id, "valued": was.valuation != now.valuation}
        changed |= {"tagged": set(was.tag_ids) != set(now.tag_ids)}
    return {name: note for name, differs in changed.items() if differs}
