"""What both versions' clients share about reading back: a page of events, ids, and how far clocks may differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import structlog

from bot.inbox.event import Event, EventPage
from bot.inbox.webhook import parse_event

LISTED: Final = 1000  # messages: how far back those of one conversation are listed, however many are new
SKEW: Final = timedelta(seconds=5)  # Inbox stamps a message with its own clock, we remember the attempt with ours
log = structlog.get_logger(__name__)


def page_of(items: Sequence[Any], last_seq: int | None, has_more: bool) -> EventPage:
    """The events of one page; one that cannot be understood is left out and logged, without its contents."""
    events = [event for item in items if (event := _event(item))]
    if last_seq is None and events:
        last_seq = max(event.seq for event in events)
    return EventPage(events=tuple(events), last_seq=last_seq, has_more=has_more)


def _event(item: Any) -> Event | None:
    event = parse_event(item) if isinstance(item, Mapping) else None
    if event is None:
        seq = item.get("seq") if isinstance(item, Mapping) else None
        log.warning("event_unreadable", seq=seq if isinstance(seq, int) else None)
    return event
