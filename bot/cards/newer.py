"""What whoever puts a conversation away was shown of it, and whether they wrote after that: then it is left open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from bot.card import Card
from bot.context import Bot
from bot.models import Message, Thread
from bot.queue.job import utc_now

LATELY: Final = 20  # messages among which one may be that came since
NOTHING: Final = datetime.min.replace(tzinfo=UTC)  # where no message was shown
WEEK: Final = timedelta(days=7)  # that a card at rest has not changed, for the most part
JUST_BEFORE: Final = timedelta(microseconds=1)


async def shown(bot: Bot, place: str, user: str, thread_id: str, row: str | None = None) -> datetime | None:
    """When the last message was written that `user` sees of a thread, now.

    `place` is the list (`list|id|page`), `home`, or "" for its card. What a `row` says of itself is what Slack shows;
    the list may be further. None where a list is no longer kept, or there is no card.
    """
    if not place:
        card = await bot.cards.get(thread_id)
        return await shown_on(bot, card) if card else None
    listing = await bot.listings.shown_to(user, place)
    if listing is None:
        return None
    if row is not None:
        return datetime.fromisoformat(row) if row else NOTHING
    return listing.newest_in(thread_id) or NOTHING


async def shown_on(bot: Bot, card: Card) -> datetime | None:
    """When the last message was written that the channel shows; what is still to be posted, nobody has seen."""
    newest, waiting = _newest(card), await _unposted(bot, card.thread.id)
    shown = [newest.created_at] if newest else []
    if card.rested:
        shown = [card.said or utc_now() - WEEK]
    return min([*shown, *(one.created_at - JUST_BEFORE for one in waiting)], default=None)


async def is_told_more(bot: Bot, card: Card, seen: datetime) -> bool:
    """Whether the bot knows by now that they wrote after what was `seen`."""
    if shows_newer(card, seen):
        return True
    return any(one.created_at > seen for one in await _unposted(bot, card.thread.id))


def shows_newer(card: Card, seen: datetime) -> bool:
    """Whether the card shows what they wrote after what was `seen`."""
    last = _newest(card)
    return last is not None and last.inbound and last.created_at > seen


async def wrote_since(bot: Bot, thread: Thread, seen: datetime | None) -> bool:
    """Whether they wrote after what was `seen`, though somebody may have answered since. Raises `InboxError`."""
    last = thread.last_message
    if last is None or (seen is not None and last.created_at <= seen):
        return False
    return last.inbound or await came(bot, thread.id, seen)


async def came(bot: Bot, thread_id: str, seen: datetime | None) -> bool:
    """The same by the messages themselves. Raises `InboxError`."""
    newest = await bot.inbox.messages(thread_id, LATELY)
    return any(one.inbound and not one.deleted and (seen is None or one.created_at > seen) for one in newest)


def is_newer(thread: Thread, seen: datetime | None) -> bool:
    """Whether they wrote last, after what was `seen`."""
    last = thread.last_message
    return last is not None and last.inbound and (seen is None or last.created_at > seen)


def _newest(card: Card) -> Message | None:
    """The last message that it shows, as far as that is kept: what Inbox said of it at rest, nobody has seen."""
    return None if card.rested else card.latest or card.thread.last_message


async def _unposted(bot: Bot, thread_id: str) -> list[Message]:
    """What they wrote that no channel shows yet; what the card alone shows waits to stand below it."""
    waiting = await bot.posts.waiting(thread_id)
    return [one.message for one in waiting if one.message.inbound and one.entry.seq >= 0]
