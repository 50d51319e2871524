"""Which types of event ask for which work.

An event passes three lanes of its conversation: one finds out what the event says, in the order of the feed; one posts
it; one draws the card.
"""

from __future__ import annotations

from typing import Final

from bot.cards.jobs import Amend
from bot.events.jobs import Campaign, Notify, Ours, Outbound, Refresh, RefreshPerson, Relabel
from bot.inbox.event import Event
from bot.queue.job import Job, reference
from bot.stats.count import counted

MESSAGES: Final = {"message.created", "message.received"}
SENT: Final = {"message.sent"}
TARGETS: Final = {"target.contacted", "target.followUpSent", "target.replied"}
AMENDS: Final = {"message.edited", "message.deleted", "message.reactionAdded", "message.reactionRemoved"}
THREADS: Final = {"thread.archived", "thread.unarchived", "thread.assigned", "thread.unassigned", "thread.deleted"}
NOTED: Final = ("assignee", "tags", "status", "valuation", "notes")
LABELS: Final = {f"{label}.{what}" for label in ("tag", "status") for what in ("created", "updated", "deleted")}
PERSONS: Final = {f"{who}.{what}Changed" for who in ("prospect", "contact") for what in NOTED}


def wanted(event: Event) -> list[Job]:
    """The work an event asks for: what it changes of the cards, and of the figures.

    An event may wait for its turn and be read again meanwhile: its work has one reference all the same.
    """
    ref = reference(event.id)
    return [*_shown(event, ref), *counted(event, ref)]


def _shown(event: Event, ref: str) -> list[Job]:
    """None for types that change nothing here."""
    if event.type in TARGETS and event.thread_id:
        return [Campaign(ref=ref, thread_id=event.thread_id)]
    if event.type in MESSAGES | SENT and event.direction == "outbound" and event.thread_id:
        campaign = event.message is not None and event.message.author == "campaign"
        at = event.message.created_at if event.message else event.created_at
        message_id = event.message_id or ""
        told = Outbound(ref=ref, thread_id=event.thread_id, written=at, campaign=campaign, message_id=message_id)
        if not message_id:
            return [told]
        ours = Ours(ref=ref, thread_id=event.thread_id, event=event)
        return [told, ours] if event.message else [ours]  # else must be read first whether it was a campaign
    if event.type in MESSAGES and event.direction != "outbound":
        readable = event.message is not None or (event.message_id and event.thread_id)
        return [Notify(ref=ref, event=event)] if readable else []
    if event.type in AMENDS and event.message_id and event.thread_id:
        deleted = event.type == "message.deleted"
        return [Amend(ref=ref, thread_id=event.thread_id, message_id=event.message_id, deleted=deleted)]
    if event.type in THREADS and event.thread_id:
        return [Refresh(ref=ref, thread_id=event.thread_id, event=event)]
    if event.type in PERSONS and (event.contact_id or event.person_platform_id):
        return [RefreshPerson(ref=ref, event=event)]
    if event.type in LABELS and event.label_id:
        left = () if event.type.endswith(".created") else None  # which no card can have yet
        return [Relabel(ref=ref, label_id=event.label_id, deleted=event.type.endswith(".deleted"), left=left)]
    return []
