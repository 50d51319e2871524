"""What becomes known of threads by the way, before they have a card or after."""

from __future__ import annotations

from typing import Final

from bot.card import Card
from bot.context import Bot
from bot.events.jobs import Refresh
from bot.models import Thread
from bot.queue.job import Job

MISSING: Final = (1.0, 2.0, 4.0)  # seconds between looks for a message that Inbox told of and does not show


async def learn(bot: Bot, thread: Thread) -> list[Job]:
    """Write down a thread that has no card yet.

    Of what is said beside a card or a change, nobody knows which is the later one: then Inbox is asked again.
    """
    card = await bot.cards.get(thread.id)
    if card is None:
        doubtful = not await bot.cards.begin(thread) or await bot.cards.was_passed_over(thread.id)
    else:
        changed = shown_of(card.thread) != shown_of(thread) or is_about_another(card.thread, thread)
        doubtful = card.gone or changed or is_restricted_anew(card.thread, thread)
    return [Refresh(thread_id=thread.id)] if doubtful else []


async def card_of(bot: Bot, thread_id: str) -> Card:
    """What is known of a thread; else what Inbox says, as lists name more threads than there are cards.

    Raises `InboxError`.
    """
    return await bot.cards.get(thread_id) or await written(bot, await bot.inbox.thread(thread_id))


async def written(bot: Bot, thread: Thread) -> Card:
    """The same, of what Inbox has just said; what another lane knows by now is later."""
    await bot.cards.begin(thread)
    await bot.directory.saw(thread)
    return await bot.cards.get(thread.id) or Card(thread=thread)


def shown_of(thread: Thread) -> tuple[bool, str | None, bool]:
    """What a card shows of a thread besides its messages."""
    return thread.archived, thread.assignee_id, thread.is_request


def is_about_another(before: Thread, after: Thread) -> bool:
    """Whether its person is another contact now: contacts are joined and parted in Inbox.

    What a change was answered with names the contact and shows nobody: what the card shows may be the one before.
    """
    shown = (before.person.contact_id if before.person else None) or before.contact_id
    return bool(shown and after.contact_id) and shown != after.contact_id


def is_restricted_anew(before: Thread, after: Thread) -> bool:
    """Whether the platform forbids more or less than before; only v2, which always names the contact, says so."""
    return bool(before.contact_id and after.contact_id) and before.restrictions != after.restrictions
