"""What somebody changes of a contact: only that is asked of Inbox, and only where nobody else has changed it since.

Inbox is read before anything is written, and again before anything is said of a write whose outcome is not known: so a
change that was made before its worker died, or before Inbox went away, is found to be made.
"""

from __future__ import annotations

from typing import NamedTuple

import structlog

from bot import words as general
from bot.contact import words
from bot.contact.form import TITLE, not_there, with_default
from bot.contact.jobs import ChangeContact
from bot.contact.show import drawn
from bot.contact.trouble import clash_said, gone_ids, hand_back, offer, why_refused
from bot.context import Bot
from bot.errors import Forbidden, Gone, InboxError, NoContact, NotNow, RateLimited, Refused
from bot.events.jobs import Refresh
from bot.facts import Contact, ContactChange
from bot.feature import Feature
from bot.people import answers, forms
from bot.people.access import Actor
from bot.queue.job import SENDS_WAIT, Job, Keep, Later
from bot.queue.retries import tried
from bot.text import clean

log = structlog.get_logger(__name__)
feature = Feature()


class Refusal(NamedTuple):
    """A part of a change that Inbox did not take."""

    change: ContactChange
    error: InboxError


@feature.handles(ChangeContact)
async def change(job: ChangeContact, keep: Keep, bot: Bot) -> list[Job]:
    """Ask Inbox for what is not so yet. An outage is waited for."""
    try:
        actor = await bot.access.actor(job.asker, fresh=True)
        job = await _signed(bot, job, actor)
        if job.sign:
            await answers.note(bot, job, "nothing to do", actor.member.id)
            return await forms.told(bot, job, job.view_id, TITLE, words.EMPTY_NOTE)
        contact = await with_default(bot, await bot.inbox.contact(job.thread_id))
        job = _below_notes(job, contact)
        left = contact.lacks(job.change)
        held = left.only(contact.changed(job.shown, left.facts))
        if not job.begun:
            if not held.is_empty:
                return await _clashed(bot, job, contact, held, actor)
            if left.is_empty:
                await answers.note(bot, job, "nothing to do", actor.member.id)
                nothing = words.NOTED_ALREADY if job.append else words.NOTHING
                return [*await forms.told(bot, job, job.view_id, TITLE, nothing), *await drawn(bot, contact)]
            job = job.having(begun=True)
            await keep(job)
        refusals = await _write(bot, contact, left.without(held))
    except NotNow as error:
        raise await _later(bot, job, error) from error
    except (Gone, NoContact) as error:
        await answers.note(bot, job, "gone")
        return [*await hand_back(bot, job, not_there(error, job.ref)), Refresh(thread_id=job.thread_id)]
    return await _confirmed(bot, job, contact, actor, held, refusals)


async def _signed(bot: Bot, job: ChangeContact, actor: Actor) -> ChangeContact:
    """`Ana, 26 Nov: Wants an offer by Friday`, by the calendar of who saves it; where there are no words, as it was."""
    if not job.sign:
        return job
    said = clean(await _said(bot, job)).strip()
    if not said:
        return job
    day = job.at.astimezone(await bot.access.zone(job.asker))
    line = f"{actor.name}, {day.day} {day:%b}: {said}"
    return job.having(append=line, sign=False)


async def _said(bot: Bot, job: ChangeContact) -> str:
    return (await bot.inbox.message(job.message_id, job.thread_id))[0].text if job.message_id else job.append


def _below_notes(job: ChangeContact, contact: Contact) -> ChangeContact:
    """The job with what goes below the notes as they are now; where it is there already, with nothing to be done."""
    if not job.append:
        return job
    there = contact.facts.get("notes")
    notes = there if isinstance(there, str) else ""
    wanted = there if f"\n{job.append}\n" in f"\n{notes}\n" else f"{notes}\n{job.append}".lstrip("\n")
    facts = job.change.having(facts={**job.change.facts, "notes": wanted})
    return job.having(change=facts, shown={**job.shown, "notes": there})


async def _later(bot: Bot, job: ChangeContact, error: NotNow) -> Exception:
    """What to raise: that it is tried again, of which the person is told once; after ten minutes the error itself."""
    if isinstance(error, RateLimited):
        wait, said = error.retry_after, general.quota(error.retry_after, "change")
    elif job.age > SENDS_WAIT:
        return error
    else:
        pauses = bot.timing.pauses
        wait, said = pauses[min(job.tries, len(pauses) - 1)], general.patience(error, SENDS_WAIT - job.age)
    then = [] if job.told else await forms.told(bot, job, job.view_id, TITLE, said)
    return Later(wait, tried(job).having(told=True), *then)


async def _write(bot: Bot, contact: Contact, wanted: ContactChange) -> list[Refusal]:
    """Ask for each part. Raises `NotNow`, and `Gone` where the contact is."""
    refusals: list[Refusal] = []
    for part in bot.inbox.steps(wanted):
        try:
            await bot.inbox.change_contact(contact, part)
        except NotNow:
            raise
        except Gone as error:
            if not_there(error, "") == words.GONE or not error.code:
                raise
            if not part.remove:  # a tag that is gone is taken away
                refusals.append(Refusal(part, error))
        except InboxError as error:
            refusals.append(Refusal(part, error))
    return refusals


async def _confirmed(
    bot: Bot, job: ChangeContact, contact: Contact, actor: Actor, held: ContactChange, refusals: list[Refusal]
) -> list[Job]:
    """Say and show what was saved; what was not comes back in the form."""
    lost = held
    for one in refusals:
        lost = lost.and_also(one.change)
    done = job.change.without(lost)
    if not done.is_empty:
        await answers.note(bot, job, f"done: {', '.join(done.names)}", actor.member.id)
        log.info("contact_changed", ref=job.ref, thread=job.thread_id, what=done.names, member=actor.member.id)
    shown = await drawn(bot, contact, done, actor)
    if lost.is_empty:
        said = words.saved(contact.label, done, job.named, await bot.directory.currency())
        return [*await forms.told(bot, job, job.view_id, TITLE, said), *shown]
    await answers.note(bot, job, f"refused: {', '.join(lost.names)}", actor.member.id)
    gone = await gone_ids(bot, job.change) if refusals else set()
    reasons = [why_refused(bot, job, one.change, one.error, gone) for one in refusals]
    why = words.partly(done, await clash_said(bot, job, contact, held), reasons)
    return [*await offer(bot, job, why, lost, _theirs(contact, held)), *shown]


async def _clashed(bot: Bot, job: ChangeContact, contact: Contact, held: ContactChange, actor: Actor) -> list[Job]:
    """Nothing is saved: the person decides, knowing what somebody else has made of it."""
    await answers.note(bot, job, f"changed meanwhile: {', '.join(held.names)}", actor.member.id)
    why = words.nothing_saved(await clash_said(bot, job, contact, held))
    return [*await offer(bot, job, why, job.change, _theirs(contact, held)), *await drawn(bot, contact)]


def _theirs(contact: Contact, held: ContactChange) -> str | None:
    return str(contact.facts.get("notes") or "") if "notes" in held.facts else None


@feature.gives_up(ChangeContact)
async def not_saved(job: ChangeContact, error: Exception, bot: Bot) -> list[Job]:
    """What was typed is handed back: in the form, to whoever may have it."""
    if isinstance(error, (Refused, Forbidden)):
        return await hand_back(bot, job, answers.explain(bot, error, job.ref))
    why = words.gave_up(begun=job.begun) if isinstance(error, NotNow) else answers.explain(bot, error, job.ref)
    return await offer(bot, job, why, job.change)
