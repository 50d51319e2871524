"""What happened in Inbox, as a webhook or the event feed tells. Which job an event asks for: `bot.events.types`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from bot.models import Direction, Message, Thread
from bot.records import Record


class Event(Record):
    """Something that happened in Inbox, from a webhook or the event feed; both payload versions end here.

    `seq` counts per team over all types, so gaps in what one webhook sees are normal. `api` is the version that wrote
    it; whether both count with one `seq` is unknown. `thread` and `message` are
    present where the payload carried them (v1); otherwise their ids are, and the object must be read.
    `assignee_id` and `person_platform_id`/`contact_id` belong to `prospect.*` and `contact.*` events, `assignee_id`
    also to v2's `thread.assigned`. `label_id` is the tag or status that a `tag.*` or `status.*` event is about.
    """

    id: str
    seq: int
    type: str
    created_at: datetime
    api: Literal["v1", "v2"]
    thread_id: str | None = None
    message_id: str | None = None
    contact_id: str | None = None
    person_platform_id: str | None = None
    assignee_id: str | None = None
    label_id: str | None = None
    thread: Thread | None = None
    message: Message | None = None
    direction: Direction | None = None


class EventPage(Record):
    """One page of the feed. `last_seq` is None when nothing was read; `has_more` asks for the next page after it."""

    events: tuple[Event, ...]
    last_seq: int | None
    has_more: bool
