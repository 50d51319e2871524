"""Everything that was with a person, and the messages of one conversation, as only who asks sees it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from bot.cards.message_views import history
from bot.earlier import words
from bot.facts import Acquaintance
from bot.models import Message, Person, Thread
from bot.slack.blocks import Block, View, actions, button, context, modal, open_button, quote, section
from bot.text import plain, platform_name

TITLE: Final = "Earlier…"
CONVERSATIONS: Final = 5  # on one page
MESSAGES: Final = 10  # on one page
_PROFILES = 10
_NOTES = 2_800
_SHOWN = 600  # code points of one message


class Past(NamedTuple):
    """One conversation; `account` and `assignee` are labels. None in place of a time: they, or we, wrote nothing.

    `is_read` tells whether Inbox showed the messages, `campaigns` when campaigns wrote.
    """

    thread: Thread
    account: str
    assignee: str | None
    is_read: bool
    theirs: datetime | None
    ours: datetime | None
    writer: str
    campaigns: Sequence[datetime]


class Labels(NamedTuple):
    """The names of the person's status, "" for none, and tags."""

    status: str
    tags: Sequence[str]


def earlier_modal(
    known: Acquaintance, past: Sequence[Past], labels: Labels, *, page: int, pages: int, note: str, metadata: str
) -> View:
    """Page `page` (from 0) of the conversations with somebody, below what is known of them."""
    person = next(iter(known.profiles), None)
    name = person.label if person else "Someone"
    about = [
        words.known(known.since, *labels),
        *(words.profile(one) for one in known.profiles[:_PROFILES]),
        words.campaigns([at for one in past for at in one.campaigns]),
        note,
    ]
    turn = [button("Previous", "earlier_page", str(page - 1))] if page else []
    turn += [button("Next", "earlier_page_on", str(page + 1))] if page + 1 < pages else []
    blocks = [
        section(f"*{plain(name, 150)}*"),
        *_small(about),
        *quote(known.notes, _NOTES),
        *(block for one in past for block in _past(one, name)),
        *_small([words.page(page, pages)]),
        *actions("earlier_pages", turn),
    ]
    return modal(TITLE, blocks, close="Close", private_metadata=metadata)


def messages_modal(
    messages: Sequence[Message], person: Person | None, thread_id: str, *, page: int, more: bool, metadata: str
) -> View:
    """Page `page` (0 has the newest) of a conversation's messages, oldest first; `more`: there are older ones."""
    turn = [button("Newer", "earlier_messages", f"{thread_id}|{page - 1}")] if page else []
    turn += [button("Older", "earlier_messages_on", f"{thread_id}|{page + 1}")] if more else []
    turn += [button("Reply", "reply", thread_id), button("Back", "earlier_page", "0")]
    shown = history(messages, person, _SHOWN) or [section(words.NOTHING)]
    return modal(TITLE, [*shown, *actions("earlier_messages", turn)], close="Close", private_metadata=metadata)


def _past(past: Past, name: str) -> list[Block]:
    thread = past.thread
    state = [
        "Archived" if thread.archived else "Open",
        f"Assigned to {plain(past.assignee, 80)}" if past.assignee else "",
    ]
    wrote = [words.theirs(name, past.theirs), words.ours(past.writer, past.ours)] if past.is_read else [words.NOT_READ]
    buttons = [
        button("Messages", "earlier_messages", f"{thread.id}|0"),
        button("Reply", "reply", thread.id),
        *open_button(thread.url),
    ]
    where = f"*{plain(past.account, 80)}* on {plain(platform_name(thread.platform), 40)}"
    return [
        {"type": "divider"},
        section(f"{where} · {' · '.join(one for one in state if one)}"),
        *_small(wrote),
        *actions(f"earlier|{thread.id}"[:255], buttons),
    ]


def _small(parts: Sequence[str]) -> list[Block]:
    """A line of small print of up to ten parts; none where all are empty."""
    said = [one for one in parts if one]
    return [context(*said[:10])] if said else []
