"""The form of a contact, and what brings it back with what could not be saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from bot.contact import words
from bot.facts import Contact, ContactChange
from bot.models import Label, Member
from bot.people.views import colleagues
from bot.slack.blocks import Block, Msg, View, actions, button, context, label, modal, option, quote, section
from bot.slack.inputs import INPUT, OPTIONS, field, select, text_input
from bot.text import clean, plain, platform_name

STATUS: Final = "contact_status"
TAGS: Final = "contact_tags"
VALUE: Final = "contact_value"
NOTES: Final = "contact_notes"
MORE_NOTES: Final = "contact_more_notes"
ASSIGNEE: Final = "contact_assignee"
NONE: Final = "-"  # no id is so written
KEEP: Final = "="
_END: Final = 1_000  # code points of notes that are too long for it


class Choices(NamedTuple):
    """What there is to choose from, as Inbox has it now; `me` is the asker's member id."""

    statuses: Sequence[Label]
    tags: Sequence[Label]
    members: Sequence[Member]
    me: str
    currency: str


def contact_modal(
    contact: Contact, choices: Choices, wanted: ContactChange, more: str, told: Sequence[Block], metadata: str
) -> View:
    """The contact as Inbox has it, with what is `wanted` of it chosen already; `more` is to go below the notes.

    `told` is why it is shown again.
    """
    facts, person = contact.facts | wanted.facts, contact.thread.person
    handle = f" ({plain(person.handle, 100)})" if person and person.handle != person.label else ""
    who = f"*{plain(contact.label, 100)}*{handle} on {plain(platform_name(contact.thread.platform), 40)}"
    return modal(
        "Contact",
        [
            *told,
            context(who),
            _status(choices, [facts.get("status"), contact.facts.get("status")]),
            _tags(contact, choices, wanted),
            _value(choices.currency, facts.get("valuation")),
            *_notes(contact.facts.get("notes"), facts.get("notes"), more),
            _assignee(choices, facts.get("assignee"), known="assignee" in facts),
        ],
        callback_id="contact",
        submit=label("Save"),
        private_metadata=metadata,
    )


def not_saved(why: str, theirs: str | None) -> list[Block]:
    """`why` (mrkdwn) the contact was not saved; `theirs` are the notes that somebody else wrote meanwhile."""
    told = [section(f"⚠️ {why}")]
    if theirs is not None:
        told += [context("The notes that Inbox has now:"), *(quote(theirs, INPUT) or [context("none")])]
        told += [context("What you wrote is in *Notes* below. Combine the two there, and save.")]
    return told


def again_message(why: str, written: str, draft: str) -> Msg:
    """`why` (mrkdwn) something was not saved, the notes that somebody wrote, and a way back to the form."""
    again = actions("contact_again", [button("Open Contact…", "contact_again", draft)])
    return {"text": why, "blocks": [section(why), *quote(written, INPUT), *again]}


def offers(tags: Sequence[Label]) -> list[Block]:
    """Of a menu that completes."""
    return [option(one.name, one.id) for one in tags[:OPTIONS]]


def known_tags(contact: Contact, tags: Sequence[Label]) -> list[Label]:
    """Those of the contact's tags that the form shows: tags that there are, a hundred at the most."""
    return [one for one in tags if one.id in contact.tag_ids][:OPTIONS]


def _status(choices: Choices, chosen: Sequence[object]) -> Block:
    """Of `chosen`, the first that there is."""
    if not choices.statuses:
        return context(words.NO_STATUSES)
    options = [option("No status", NONE), *(option(one.name, one.id) for one in choices.statuses)]
    there: dict[object, str] = {None: NONE} | {one.id: one.id for one in choices.statuses}
    known = next((there[one] for one in chosen if one in there), NONE)
    return field(STATUS, "Status", select("Choose a status", options, known))


def _tags(contact: Contact, choices: Choices, wanted: ContactChange) -> Block:
    if not choices.tags:
        return context(words.NO_TAGS)
    there = {one.id for one in known_tags(contact, choices.tags)} - set(wanted.remove) | set(wanted.add)
    initial = offers([one for one in choices.tags if one.id in there])
    menu: Block = {"type": "multi_external_select", "min_query_length": 0, "placeholder": label("Type a tag")}
    return field(TAGS, "Tags", menu | ({"initial_options": initial} if initial else {}), optional=True)


def _value(currency: str, amount: object) -> Block:
    entry: Block = {"type": "number_input", "is_decimal_allowed": True}
    initial = {"initial_value": shown_value(amount)} if isinstance(amount, float) else {}
    return field(VALUE, f"Value ({currency})" if currency else "Value", entry | initial, optional=True)


def shown_value(amount: float) -> str:
    """As the field has it."""
    return f"{amount:.0f}" if amount == int(amount) else f"{amount:.10f}".rstrip("0")


def _notes(there: Any, chosen: Any, more: str) -> list[Block]:
    text = "\n".join(filter(None, [clean(chosen or ""), clean(more)]))
    if len(clean(there or "")) > INPUT or len(text) > INPUT:
        below = text_input(lines=True) | ({"initial_value": clean(more)[:INPUT]} if more else {})
        end = "…" + clean(there)[-_END:]
        return [
            context(words.LONG_NOTES),
            *quote(end, _END + 1),
            field(MORE_NOTES, "Add to the notes", below, optional=True),
        ]
    return [field(NOTES, "Notes", text_input(text=text, lines=True), optional=True)]


def _assignee(choices: Choices, chosen: object, *, known: bool) -> Block:
    unknown = [] if known else [option(words.ASSIGNEE_UNKNOWN, KEEP)]
    options = [*unknown, option("Nobody", NONE), *colleagues(choices.members, choices.me)]
    menu = select("Choose a colleague", options, str(chosen or NONE) if known else KEEP)
    return field(ASSIGNEE, "Default assignee", menu, hint=words.ASSIGNEE_HINT)
