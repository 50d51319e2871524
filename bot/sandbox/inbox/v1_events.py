"""The events of API v1 of the local Inbox, as a webhook and the feed show them."""

from __future__ import annotations

from datetime import datetime

from bot.sandbox.inbox.records import Json, Occurrence, PersonRecord, iso
from bot.sandbox.inbox.show import status_json, tag_json
from bot.sandbox.inbox.v1_show import campaign_of, message_json, prospect_json, thread_json
from bot.sandbox.inbox.world import World


def event(world: World, happened: Occurrence, event_id: str, seq: int, at: datetime) -> Json:
    """The payload of a webhook and of the feed, `version: "1.0"`."""
    kind = happened.kind
    if kind in ("message.received", "message.sent"):
        kind = "message.created"
    return {
        "id": event_id,
        "seq": seq,
        "teamId": world.team_id,
        "type": kind.replace("contact.", "prospect."),
        "timestamp": iso(at),
        "version": "1.0",
        "data": _event_data(world, happened),
    }


def _event_data(world: World, happened: Occurrence) -> Json:
    thread, message, person = happened.thread, happened.message, happened.person
    if happened.kind.startswith("target."):
        assert thread is not None
        assert message is not None
        campaign_id = happened.facts.get("campaignId") or world.campaign_id
        return {
            "campaign": _campaign_json(world, campaign_id),
            "thread": thread_json(world, thread, slim=True),
            "message": message_json(world, thread, message),
            "prospect": _told(thread.person),
        }
    if happened.label is not None:
        family = happened.kind.partition(".")[0]
        return {family: (tag_json if family == "tag" else status_json)(happened.label)}
    if person is not None:
        shown = _told(person)
        if happened.kind == "contact.assigneeChanged":  # the one event whose sample has it
            shown["context"]["assigneeId"] = person.assignee_id
        return {"prospect": shown}
    assert thread is not None
    if message is None:
        shown = {"thread": thread_json(world, thread, slim=True)}
        return shown | {"prospect": _told(thread.person)} if happened.kind == "thread.created" else shown
    if happened.kind == "message.deleted":
        return {"messageId": message.id, "threadId": thread.id}
    if happened.kind.startswith("message.reaction"):
        reaction = {
            "emoji": happened.facts["emoji"],
            "senderPlatformId": happened.facts["authorPlatformId"],
            "createdAt": iso(world.clock()),
        }
        return {"messageId": message.id, "threadId": thread.id, "reaction": reaction}
    # The vendor's sample of this event shows the person's platform id as author, other places the profile id.
    shown = message_json(world, thread, message, inbound_author=thread.person.platform_id)
    if happened.kind == "message.edited":
        return {"message": shown, "threadId": thread.id}
    return {"message": shown, "thread": thread_json(world, thread, slim=True)}


def _told(person: PersonRecord) -> Json:
    """A prospect as the vendor's samples of events show it."""
    return {name: fact for name, fact in prospect_json(person).items() if name not in ("documentId", "platformData")}


def _campaign_json(world: World, campaign_id: str) -> Json:
    threads = world.threads.values()
    reached = [t for t in threads if any(campaign_of(world, message) == campaign_id for message in t.messages)]
    answered = [t for t in reached if any(message.direction == "inbound" for message in t.messages)]
    started = iso(world.created_at)
    return {
        "id": campaign_id,
        "name": world.campaigns[campaign_id],
        "description": None,
        "status": "active",
        "dryRun": False,
        "targetsCount": len(reached),
        "contactedCount": len(reached),
        "repliesCount": len(answered),
        "completionRate": 1,
        "replyRate": len(answered) / max(1, len(reached)),
        "createdAt": started,
        "updatedAt": None,
        "pausedAt": None,
        "completedAt": None,
        "lastStartedAt": started,
    }
