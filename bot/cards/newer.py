"""What they wrote since somebody was shown a conversation: who closes it closes what they have seen, and no more."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.card import Card
from bot.context import Bot
from bot.models import Thread

LATELY: Final = 20  # messages among which one may be that came meanwhile


def on_card(card: Card | None) -> datetime | None:
    """When the newest message was written that whoever looks at the card can know; None for unknown."""
    shown = [card.latest, card.thread.last_message] if card else []
    return max((one.created_at for one in shown if one), default=None)


def is_newer(thread: Thread, seen: datetime | None) -> bool:
    """Whether they wrote last, after what was `seen`."""
    last = thread.last_message
    return last is not None and last.inbound and (seen is None or last.created_at > seen)


async def wrote_since(bot: Bot, thread: Thread, seen: datetime | None) -> bool:
    """Whether they wrote after what was `seen`, though somebody may have answered since. Raises `InboxError`."""
    last = thread.last_message
    if last is None or (seen is not None and last.created_at <= seen):
        return False
    if last.inbound:
        return True
    newest = await bot.inbox.messages(thread.id, LATELY)
    return any(one.inbound and not one.deleted and (seen is None or one.created_at > seen) for one in newest)
