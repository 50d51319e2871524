"""Gives a contact the tags and the status that a rule says, once for a conversation: what people change then stays."""

from __future__ import annotations

import structlog

from bot.contact.show import drawn
from bot.context import Bot
from bot.errors import Gone, InboxError, NoContact, NotNow, RateLimited
from bot.facts import Contact, ContactChange
from bot.feature import Feature
from bot.people import answers
from bot.people.jobs import TellAdmins
from bot.queue.job import DAY, Job, Keep
from bot.routing.store import Rule
from bot.rules import words
from bot.rules.found import Found, as_called, found, remember
from bot.rules.jobs import NoteByRule

log = structlog.get_logger(__name__)
feature = Feature()


@feature.handles(NoteByRule)
async def note_by_rule(job: NoteByRule, keep: Keep, bot: Bot) -> list[Job]:
    """Ask Inbox for what is not so yet; people who change the contact do not wait for an Inbox that is away."""
    if job.waits:
        return [job.back()]
    by, is_done = await found(bot, job.rule), await _is_done(bot, job)
    if by is None or (is_done and not job.begun):
        return []
    try:
        contact = await bot.background.contact(job.thread_id)
        if is_done:  # whoever did it died before the cards were drawn
            done = _change(by.rule, status=job.status)
            return await drawn(bot, contact, done, rule=words.rule(by.number), quiet=True)
        job = job.having(begun=True)
        await keep(job)
        return await _noted(bot, job, by, contact)
    except (NoContact, Gone) as error:
        log.info("no_contact_to_note", ref=job.ref, thread=job.thread_id, code=error.code)
        return []
    except NotNow as error:
        if job.age > DAY:
            raise
        return [job.tried(bot.timing.pauses, error.retry_after if isinstance(error, RateLimited) else None)]


async def _is_done(bot: Bot, job: NoteByRule) -> bool:
    did = (await bot.routes.memory(job.thread_id)).did
    return any(one.kind == "noted" and one.rule == job.rule for one in did)


def _change(rule: Rule, *, status: bool) -> ContactChange:
    facts = {"status": rule.status.id} if rule.status and status else {}
    return ContactChange(facts=facts, add=tuple(one.id for one in rule.tags))  # type: ignore[arg-type]  # a fact's name


async def _noted(bot: Bot, job: NoteByRule, by: Found, contact: Contact) -> list[Job]:
    """Raises `NotNow`."""
    wanted, refused = _change(by.rule, status=job.status), ContactChange()
    for part in bot.background.steps(contact.lacks(wanted)):
        try:
            await bot.background.change_contact(contact, part)
        except NotNow:
            raise
        except InboxError as error:
            log.warning("not_noted", ref=job.ref, thread=job.thread_id, status=error.status, code=error.code)
            refused = refused.and_also(part)
    done, by = wanted.without(refused), await as_called(bot, by)
    said = words.noted_it(_tags(by.rule, done), _status(by.rule, done))
    if not done.is_empty:
        await answers.note_of_ours(bot, job, "note_by_rule", job.thread_id, f"done: {', '.join(done.names)}")
    await remember(bot, by, job.thread_id, "noted", said or words.NOTED_NOTHING)
    then = await drawn(bot, contact, done, rule=words.rule(by.number), quiet=True)
    if refused.is_empty:
        return then
    text = words.not_noted(by.number, [*_tags(by.rule, refused), *filter(None, [_status(by.rule, refused)])])
    return [*then, TellAdmins(name=f"not-noted:{by.rule.id}", text=text)]


def _tags(rule: Rule, change: ContactChange) -> list[str]:
    return [one.name for one in rule.tags if one.id in change.add]


def _status(rule: Rule, change: ContactChange) -> str:
    return rule.status.name if rule.status and "status" in change.facts else ""
