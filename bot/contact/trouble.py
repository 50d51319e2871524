"""What could not be saved of a contact: why, and back in the form, where nothing of it is lost."""

from __future__ import annotations

from bot.contact import views, words
from bot.contact.form import TITLE
from bot.contact.jobs import ChangeContact, OpenContact
from bot.contact.store import Draft
from bot.context import Bot
from bot.errors import InboxError
from bot.facts import Contact, ContactChange
from bot.people import answers, forms
from bot.people.answers import given_back, tell
from bot.queue.job import Job


async def offer(bot: Bot, job: ChangeContact, why: str, wanted: ContactChange, theirs: str | None = None) -> list[Job]:
    """The form again, with what was not saved; a message with a button that opens it, where that is too late.

    `why` is mrkdwn; `theirs` are the notes that somebody else wrote meanwhile.
    """
    draft = _draft(job, why, wanted, theirs)
    draft_id = job.key.removeprefix("slack-")
    await bot.contacts.drafts.put(draft_id, draft)
    if view_id := job.view_id or await forms.opened(bot, job, TITLE):
        return [OpenContact(view_id=view_id, thread_id=job.thread_id, draft=draft_id, asker=job.asker)]
    return [tell(job.asker, views.again_message(why, draft.written, draft_id))]


async def hand_back(bot: Bot, job: ChangeContact, why: str) -> list[Job]:
    """The reason, and the notes that were typed: there is no form for them."""
    if job.view_id:
        return await forms.told(bot, job, job.view_id, TITLE, why)
    return given_back(job.asker, why, _draft(job, why, job.change).written)


def _draft(job: ChangeContact, why: str, wanted: ContactChange, theirs: str | None = None) -> Draft:
    if job.append:  # it goes below whatever the notes are then
        wanted = wanted.without(ContactChange(facts={"notes": None}))
    return Draft(user=job.asker.user, thread_id=job.thread_id, why=why, wanted=wanted, append=job.append, theirs=theirs)


async def clash_said(bot: Bot, job: ChangeContact, contact: Contact, held: ContactChange) -> list[str]:
    """A sentence for each fact of `held`, which somebody else has changed meanwhile."""
    if held.is_empty:
        return []
    status, _ = await bot.directory.labels(contact.thread.person)
    member = contact.facts.get("assignee")
    assignee = await bot.directory.assignee(member) if isinstance(member, str) else None
    theirs = {contact.facts.get("status"): status, member: assignee}
    named = job.named | {str(about): name for about, name in theirs.items() if about and name}
    currency = await bot.directory.currency()
    return [words.clash(one, contact.facts.get(one), value, named, currency) for one, value in held.facts.items()]


async def gone_ids(bot: Bot, wanted: ContactChange) -> set[str]:
    """Ids of the tags and the status in `wanted` that are no longer there; none where Inbox does not tell."""
    try:
        there = {one.id for one in (*await bot.directory.tags(fresh=True), *await bot.directory.statuses(fresh=True))}
    except InboxError:
        return set()
    status = wanted.facts.get("status")
    return {*wanted.add, *([status] if isinstance(status, str) else [])} - there


def why_refused(bot: Bot, job: ChangeContact, part: ContactChange, error: InboxError, gone: set[str]) -> str:
    """A tag or a status that is `gone` is named; else Inbox's own reason, with what it is about."""
    tags = [words.no_longer("tag", job.named.get(one, one)) for one in part.add if one in gone]
    status = part.facts.get("status")
    found = [*tags, *([words.no_longer("status", job.named.get(str(status), ""))] if status in gone else [])]
    if found:
        return " ".join([*found, words.FRESH_LIST])
    return words.refused(words.named_parts(part, job.named), answers.explain(bot, error, job.ref))
