"""The form of a contact: opened from a card, filled with what Inbox says now, and read when it is submitted."""

from __future__ import annotations

import asyncio
import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from bot import accept
from bot import words as general
from bot.contact import views, words
from bot.contact.jobs import ChangeContact, OpenContact
from bot.contact.store import Draft, Opened
from bot.context import Bot
from bot.errors import Gone, InboxError, NoContact, NotNow, NotThere
from bot.events.jobs import Refresh
from bot.facts import Contact, ContactChange, Fact, Value
from bot.feature import Feature
from bot.models import Label
from bot.people import answers, forms
from bot.people.access import Actor
from bot.people.answers import say, tell
from bot.queue.job import Job, Keep
from bot.slack.payloads import Ack, Body, asker, button_value, from_modal, remembered, submitted
from bot.text import clean

TITLE: Final = "Contact"
feature = Feature()


class Read(NamedTuple):
    """What was submitted: what is to change, names by id of what was chosen, and words beside the fields in error."""

    change: ContactChange
    named: dict[str, str]
    append: str
    wrong: dict[str, str]


@feature.more("contact")
@feature.action("contact")
async def press(ack: Ack, body: Body, bot: Bot) -> None:
    """The option in the menu of a card or of a row in a list, and the button of *This message…*."""
    await accept.thread_form(bot, body, TITLE, OpenContact)
    await ack()


@feature.action("contact_again")
async def again(ack: Ack, body: Body, bot: Bot) -> None:
    """The button that brings back what could not be saved."""
    who, draft_id = asker(body), button_value(body)
    draft = await bot.contacts.drafts.get(draft_id)
    thread_id = draft.thread_id if draft and draft.user == who.user else ""
    make = OpenContact(view_id="", thread_id=thread_id, draft=draft_id, asker=who)
    await accept.form(bot, who, TITLE, lambda view: make.having(view_id=view))
    await ack()


@feature.suggests(views.TAGS)
async def suggest(ack: Ack, body: Body, bot: Bot) -> None:
    """Tags for what somebody types, from the store."""

    async def find(typed: str) -> list[Label]:
        return like(await bot.contacts.offered(), typed)

    await ack(options=views.offers(await accept.completing(bot, body, find)))


def like(tags: Sequence[Label], typed: str) -> list[Label]:
    """Those whose names have `typed` in them, without case and accents; names that begin so come first."""
    wanted = _bare(typed)
    fitting = [(name, one) for one in tags if wanted in (name := _bare(one.name))]
    return [one for _, one in sorted(fitting, key=lambda each: (not each[0].startswith(wanted), each[0]))]


def _bare(name: str) -> str:
    plain = unicodedata.normalize("NFKD", " ".join(name.split()))
    return "".join(one for one in plain if not unicodedata.combining(one)).casefold()


@feature.handles(OpenContact)
async def open_form(job: OpenContact, _: Keep, bot: Bot) -> list[Job]:
    """Fill the loading view with the contact, or with the reason why it cannot be shown."""
    draft = await _draft(bot, job)
    written = draft.written if draft else ""
    actor = await forms.actor(bot, job, TITLE, written)
    if actor is None:
        return []
    if job.draft and draft is None:
        return await forms.notice(bot, job, TITLE, words.TOO_OLD)
    try:
        contact, choices = await asyncio.gather(bot.inbox.contact(job.thread_id), _choices(bot, actor))
    except InboxError as error:
        await forms.notice(bot, job, TITLE, _why_not_shown(bot, error, job.ref), written)
        return [Refresh(thread_id=job.thread_id)] if isinstance(error, Gone) else []
    contact = await with_default(bot, contact)
    shown = await _remember(bot, job, contact, choices.tags)
    place = remembered(shown, job.asker)
    await forms.fill(bot, job.view_id, _view(contact, choices, draft, place), written)
    return []


@feature.gives_up(OpenContact)
async def not_opened(job: OpenContact, error: Exception, bot: Bot) -> list[Job]:
    """What somebody wrote is handed back."""
    draft = await _draft(bot, job)
    why = draft.why if draft and isinstance(error, NotThere) else answers.explain(bot, error, job.ref)
    return [tell(job.asker, views.again_message(why, draft.written, job.draft)) if draft else say(job.asker, why)]


async def _draft(bot: Bot, job: OpenContact) -> Draft | None:
    """What whoever asks, and nobody else, could not save."""
    draft = await bot.contacts.drafts.get(job.draft) if job.draft else None
    return draft if draft and draft.user == job.asker.user else None


async def _choices(bot: Bot, actor: Actor) -> views.Choices:
    """Tags and statuses are asked for anew: somebody may just have made one for this contact."""
    directory = bot.directory
    statuses, tags, members, currency = await asyncio.gather(
        directory.statuses(fresh=True), directory.tags(fresh=True), directory.members(), directory.currency()
    )
    return views.Choices(statuses, tags, members, actor.member.id, currency)


def _why_not_shown(bot: Bot, error: InboxError, ref: str) -> str:
    if isinstance(error, (Gone, NoContact)):
        return not_there(error, ref)
    return words.NOT_SHOWN if isinstance(error, NotNow) else answers.explain(bot, error, ref)


def not_there(error: Gone | NoContact, ref: str) -> str:
    """The conversation, its contact, or something at that address is gone."""
    code = error.code.replace("_", "").lower()
    if isinstance(error, NoContact):
        return words.NO_CONTACT
    if code in ("contactnotfound", "prospectnotfound"):
        return words.GONE
    return general.GONE if code == "threadnotfound" else general.not_found(ref)


async def with_default(bot: Bot, contact: Contact) -> Contact:
    """The same, with the default assignee that an event told, where the answer does not (v1)."""
    if "assignee" in contact.facts:
        return contact
    card = await bot.cards.get(contact.thread.id)
    person = card.thread.person if card else None
    if person is None or not person.assignee_known:
        return contact
    return contact.having(facts={**contact.facts, "assignee": person.assignee_id})


async def _remember(bot: Bot, job: OpenContact, contact: Contact, tags: Sequence[Label]) -> str:
    """What the form shows is kept, to tell later what of it was changed; the id that the form remembers."""
    await bot.contacts.offer(tags)
    form_id = job.key.removeprefix("slack-")
    opened = Opened(
        user=job.asker.user,
        thread_id=job.thread_id,
        contact_id=contact.id,
        facts=contact.facts,
        tag_ids=tuple(one.id for one in views.known_tags(contact, tags)),
    )
    await bot.contacts.forms.put(form_id, opened)
    return form_id


def _view(contact: Contact, choices: views.Choices, draft: Draft | None, metadata: str) -> dict[str, Any]:
    if draft is None:
        return views.contact_modal(contact, choices, ContactChange(), "", [], metadata)
    told = views.not_saved(draft.why, draft.theirs)
    return views.contact_modal(contact, choices, draft.wanted, draft.append, told, metadata)


@feature.view("contact")
async def submit(ack: Ack, body: Body, bot: Bot) -> None:
    """The form was submitted: only what was changed in it is asked for."""
    form_id, who = from_modal(body)
    opened = await bot.contacts.forms.get(form_id)
    if opened is None or opened.user != who.user:
        await ack(response_action="errors", errors={views.VALUE: words.TOO_OLD})
        return
    read = read_form(body, opened)
    if read.wrong:
        await ack(response_action="errors", errors=read.wrong)
        return
    if not read.change.is_empty or read.append:
        job = ChangeContact(
            thread_id=opened.thread_id,
            contact_id=opened.contact_id,
            change=read.change,
            shown={name: value for name, value in opened.facts.items() if name in read.change.facts},
            named=read.named,
            append=read.append,
            asker=who,
        )
        await accept.submitted(bot, body, job)
    await ack()


def read_form(body: Body, opened: Opened) -> Read:
    """What of the fields is no longer as it was shown in `opened`."""
    fields = {str(one.get("block_id")) for one in body["view"]["blocks"]}
    facts: dict[Fact, Value] = {}
    wrong: dict[str, str] = {}
    if views.STATUS in fields:
        facts["status"] = _id(submitted(body, views.STATUS))
    if (assignee := submitted(body, views.ASSIGNEE)) != views.KEEP:
        facts["assignee"] = _id(assignee)
    try:
        facts["valuation"] = _number(submitted(body, views.VALUE))
    except ValueError:
        wrong[views.VALUE] = words.BAD_VALUE
    if views.NOTES in fields:
        facts["notes"] = _notes(submitted(body, views.NOTES), opened.facts.get("notes"))
    changed = {name: value for name, value in facts.items() if opened.facts.get(name, ...) != value}
    tags = chosen(body, views.TAGS) if views.TAGS in fields else dict.fromkeys(opened.tag_ids, "")
    add = tuple(one for one in tags if one not in opened.tag_ids)
    remove = tuple(one for one in opened.tag_ids if one not in tags)
    named = tags | _offered(body) | chosen(body, views.STATUS) | chosen(body, views.ASSIGNEE)
    append = submitted(body, views.MORE_NOTES).strip()
    return Read(
        ContactChange(facts=changed, add=add, remove=remove), _named(named, changed, add, remove), append, wrong
    )


def _id(chosen: str) -> str | None:
    return None if chosen in ("", views.NONE) else chosen


def _number(typed: str) -> float | None:
    """Raises `ValueError`."""
    if not typed.strip():
        return None
    number = float(typed.strip().replace(",", ""))
    if not math.isfinite(number):
        raise ValueError("no amount")
    return number


def _notes(typed: str, before: Value) -> str | None:
    """What was typed, but what was there where the field does no more than show it in its own way."""
    was = before if isinstance(before, str) else ""
    if clean(typed).strip() == clean(was).strip():
        return before if isinstance(before, str) else None
    return clean(typed).strip() or None


def chosen(body: Body, name: str) -> dict[str, str]:
    """Names by id of what is chosen in a menu."""
    state = body["view"]["state"]["values"].get(name, {}).get(name) or {}
    options = [*(state.get("selected_options") or ()), *filter(None, [state.get("selected_option")])]
    return {str(one["value"]): str(one["text"]["text"]) for one in options}


def _offered(body: Body) -> dict[str, str]:
    """Names by id of the tags that the form began with."""
    (element,) = [one["element"] for one in body["view"]["blocks"] if one.get("block_id") == views.TAGS] or [{}]
    return {str(one["value"]): str(one["text"]["text"]) for one in element.get("initial_options") or ()}


def _named(
    known: Mapping[str, str], facts: Mapping[Fact, Value], add: Sequence[str], remove: Sequence[str]
) -> dict[str, str]:
    """Of the names, those that a change is about."""
    about = {*facts.values(), *add, *remove}
    return {one: name for one, name in known.items() if one in about}
