"""What is done with one of many conversations: what became of it, and the jobs that follow.

`bot.inbox` is the background's client here. Inbox is read before it is asked to change anything, so what was done
before a worker died is found to be done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bot.assign.jobs import TellAssignee
from bot.bulk.jobs import Bulk, How, Ticked, Wanted
from bot.cards.known import written
from bot.cards.newer import is_newer, wrote_since
from bot.contact.show import drawn
from bot.contact.trouble import gone_ids
from bot.context import Bot
from bot.errors import Gone, RateLimited, Rejected
from bot.events.jobs import Refresh
from bot.facts import ContactChange
from bot.models import Thread
from bot.people import answers
from bot.people.access import Actor
from bot.people.jobs import Tell
from bot.queue.job import Job, utc_now
from bot.threads.change import CLOSING, ask, confirmed
from bot.threads.jobs import PUTS_AWAY, Change, Verb

Begin = Callable[[bool], Awaitable[None]]
"""Writes down whether Inbox may have been asked to change the first that is left."""
Outcome = tuple[How, Sequence[Job]]


class TagGone(Exception):
    """A tag is gone, so nobody can have it."""


async def done(bot: Bot, job: Bulk, begin: Begin, actor: Actor) -> Outcome:
    """Do it with the first that is left. Raises `InboxError` and `TagGone`."""
    item = job.left[0]
    if job.wanted.act == "tag":
        return await _tagged(bot, job, begin, actor)
    change = _change(job, item, job.wanted)
    thread = await bot.inbox.thread(item.thread_id)
    card = await bot.cards.get(thread.id) or await written(bot, thread)
    if not _is_so(change, thread):
        if change.verb in CLOSING and await wrote_since(bot, thread, item.seen):
            return "fresh", [Refresh(thread_id=thread.id, shown=thread)]
        if _is_taken(job, change, thread, actor):
            return "taken", [Refresh(thread_id=thread.id, shown=thread)]
        await begin(True)
        try:
            thread = await ask(bot, change, actor)
        except RateLimited:  # it took nothing
            await begin(job.begun)
            raise
    elif not job.begun:
        return "already", [Refresh(thread_id=thread.id, shown=thread)]
    if change.verb in CLOSING and is_newer(thread, item.seen):  # they wrote at that very moment
        thread = await bot.inbox.update_thread(thread.id, archived=False)
        return "fresh", [Refresh(thread_id=thread.id, shown=thread.with_person(card.thread.person))]
    follow = await confirmed(bot, change, card, actor, thread)
    how: How = "kept" if change.verb == "unassign" and thread.assignee_id else "done"
    return how, [one for one in follow if not isinstance(one, (Tell, TellAssignee))]  # they are told once, of all


def undo(job: Bulk) -> list[Job]:
    """What opens the first that is left where it was put away as they wrote, which may have been asked for."""
    if job.wanted.act not in PUTS_AWAY:
        return []
    return [_change(job, job.left[0], job.wanted).having(at=utc_now(), begun=True, undo=True, untold=True)]


def _change(job: Bulk, item: Ticked, wanted: Wanted) -> Change:
    """The same as somebody would press for that conversation alone."""
    verb: Verb = "archive" if wanted.act == "archive" else "snooze"
    if wanted.act == "assign":
        verb = "assign_to" if wanted.assignee else "unassign"
    return Change(
        ref=job.ref,
        at=job.at,
        verb=verb,
        thread_id=item.thread_id,
        assignee=wanted.assignee,
        snooze=wanted.snooze,
        asker=job.asker,
        seen=item.seen,
    )


def _is_so(change: Change, thread: Thread) -> bool:
    if change.verb in CLOSING:
        return thread.archived
    return thread.assignee_id == (change.assignee or None)


def _is_taken(job: Bulk, change: Change, thread: Thread, actor: Actor) -> bool:
    """Whether a colleague took it since the list was drawn.

    Where its own assignee may have been taken away already, who has it now may be the contact's.
    """
    shown, has = job.left[0].has, thread.assignee_id
    if change.verb in CLOSING or shown is None or (job.begun and change.verb == "unassign"):
        return False
    return has not in (None, shown, actor.member.id)


async def _tagged(bot: Bot, job: Bulk, begin: Begin, actor: Actor) -> Outcome:
    thread_id, wanted = job.left[0].thread_id, ContactChange(add=tuple(job.wanted.tags))
    contact = await bot.inbox.contact(thread_id)
    left = contact.lacks(wanted)
    if left.is_empty and not job.begun:
        return "already", []
    begun = job.begun
    for part in bot.inbox.steps(left):
        await begin(True)
        try:
            await bot.inbox.change_contact(contact, part)
        except RateLimited:
            await begin(begun)
            raise
        except (Gone, Rejected) as error:  # v2 and v1
            if await gone_ids(bot, part):
                raise TagGone from error
            raise
        begun = True
    await bot.record.note(job.asker, "contact", thread_id, "done: tags", job.ref, actor.member.id)
    return "done", await drawn(bot, contact, wanted, actor, quiet=True)


def gone(bot: Bot, job: Bulk, error: Gone) -> tuple[How, str]:
    """What became of one that Inbox does not find; without a code nothing tells whether it is gone."""
    return ("gone", "") if error.code else ("failed", answers.explain(bot, error, job.ref))
