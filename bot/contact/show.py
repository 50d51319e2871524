"""What was changed of a contact, on the cards of all conversations with it."""

from __future__ import annotations

from bot.assign.jobs import TellAssignee
from bot.card import Note
from bot.cards.jobs import Render
from bot.contact.jobs import ShowContact
from bot.context import Bot
from bot.errors import Gone
from bot.events.jobs import Refresh
from bot.facts import Contact, ContactChange
from bot.feature import Feature
from bot.models import Person
from bot.people.access import Actor
from bot.queue.job import Job, Keep

feature = Feature()


async def drawn(
    bot: Bot,
    contact: Contact,
    done: ContactChange | None = None,
    actor: Actor | None = None,
    *,
    rule: str = "",
    quiet: bool = False,
) -> list[Job]:
    """The jobs that draw the cards; `done` was changed by `actor` or a `rule`. The text of notes stands on no card.

    Of what is `quiet`, Inbox is asked behind what people ask.
    """
    done = (done or ContactChange()).without(ContactChange(facts={"notes": None}))
    person = contact.thread.person
    ids = {contact.thread.id}
    for about in filter(None, {contact.thread.contact_id, person.platform_id if person else None}):
        ids |= await bot.cards.threads_of(about)
    before = {one: thread.assignee_id for one, thread in (await bot.cards.threads(sorted(ids))).items()}
    before[contact.thread.id] = contact.thread.assignee_id
    by, member = (actor.name, actor.member.id) if actor else (rule, "")
    shown = ShowContact(thread_id="", by=by, member_id=member, done=done, quiet=quiet)
    return [shown.having(thread_id=one, assigned_before=before.get(one)) for one in sorted(ids)]


@feature.handles(ShowContact)
async def show(job: ShowContact, _: Keep, bot: Bot) -> list[Job]:
    """Read the thread in the turn of its changes, and draw its card; who was given it so is told."""
    card = await bot.cards.get(job.thread_id)
    if card is None:
        return []
    try:
        found = await (bot.background if job.quiet else bot.inbox).thread(job.thread_id)
    except Gone:
        return [Refresh(thread_id=job.thread_id)]
    thread = found.with_person(card.thread.person)
    if "assignee" in job.done.facts and not (found.person and found.person.assignee_known):  # v1 does not say
        thread = thread.with_default(job.assignee)
    note = Note(who=job.by, member=job.member_id, at=job.at)
    notes = dict.fromkeys(_true(job.done, thread.person), note)
    follow: list[Job] = [Render(thread_id=job.thread_id)]
    if job.gives(thread.assignee_id):
        notes["assigned"] = note
        if thread.assignee_id and thread.assignee_id != job.member_id:
            follow.append(TellAssignee(thread_id=thread.id, member_id=thread.assignee_id, by=job.by))
    await bot.cards.write(thread, notes=notes)
    await bot.directory.saw(thread)
    return follow


def _true(done: ContactChange, person: Person | None) -> list[str]:
    """The card's fields for what is as it was made, and not another way again."""
    if person is None:
        return []
    tags = set(person.tag_ids)
    true = {
        "status": "status" in done.facts and done.facts["status"] == person.status_id,
        "valued": "valuation" in done.facts and done.facts["valuation"] == person.valuation,
        "tagged": bool(done.add or done.remove) and tags >= set(done.add) and not tags & set(done.remove),
    }
    return [name for name, is_true in true.items() if is_true]
