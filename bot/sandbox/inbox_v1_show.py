"""What version 1 of the local Inbox shows: its objects, errors and events as JSON."""

from __future__ import annotations

from datetime import datetime

from bot.sandbox.inbox_records import (
    Failure,
    Json,
    LabelRecord,
    MemberRecord,
    MessageRecord,
    Occurrence,
    PersonRecord,
    ThreadRecord,
    Version,
    iso,
)
from bot.sandbox.inbox_world import World


def error(failure: Failure, request_id: str) -> Json:
    return {"error": {"code": failure.code, "message": str(failure), "status": failure.status}}


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
            "campaign": {"id": campaign_id, "name": world.campaigns[campaign_id]},
            "thread": thread_json(world, thread, slim=True),
            "message": message_json(world, thread, message),
            "prospect": prospect_json(thread.person),
        }
    if happened.label is not None:
        family = happened.kind.partition(".")[0]
        return {family: (tag_json if family == "tag" else status_json)(happened.label)}
    if person is not None:
        shown = prospect_json(person)
        if happened.kind == "contact.assigneeChanged":  # the one event whose sample has it
            shown["context"]["assigneeId"] = person.assignee_id
        return {"prospect": shown}
    assert thread is not None
    if message is None:
        shown = {"thread": thread_json(world, thread, slim=True)}
        return shown | {"prospect": prospect_json(thread.person)} if happened.kind == "thread.created" else shown
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


def tag_json(tag: LabelRecord) -> Json:
    return {"id": tag.id, "name": tag.name, "color": tag.color}


def status_json(status: LabelRecord) -> Json:
    return tag_json(status) | {"createdAt": iso(status.created_at)}


def member_json(member: MemberRecord) -> Json:
    return {
        "id": member.id,
        "userId": member.user_id,
        "name": member.name,
        "email": member.email,
        "image": None,
        "role": member.role,
        "createdAt": iso(member.created_at),
        "updatedAt": None,
    }


def prospect_json(person: PersonRecord, slim: bool = False) -> Json:
    brief = {
        "platform": person.platform,
        "platformId": person.platform_id,
        "externalId": person.profile_id,
        "displayName": person.name,
        "username": person.username,
        "handle": f"@{person.username}",
        "image": person.image,
        "context": {
            "tags": list(person.tag_ids),
            "statusId": person.status_id,
            "valuation": person.valuation,
            "notes": person.notes,
        },
    }
    if slim:
        return brief
    seen = iso(person.created_at)
    return brief | {
        "documentId": None,
        "imageNormalized": person.image,
        "bio": person.bio,
        "location": None,
        "profileUrl": person.url,
        "websiteUrl": None,
        "websiteDomain": None,
        "verified": "none",
        "profileType": "personal",
        "isProtected": False,
        "followerCount": person.followers,
        "followingCount": 0,
        "postCount": 0,
        "engagementCount": None,
        "listedCount": None,
        "platformCreatedAt": None,
        "firstSeenAt": seen,
        "lastUpdatedAt": seen,
        "lastEnrichedAt": None,
        "lastActiveAt": None,
        "source": "cached",
        "isFresh": True,
        "isStale": False,
        "confidence": 0.9,
        "platformData": {
            "isVerifiedBlue": False,
            "isVerifiedGold": False,
            "isVerifiedGray": False,
            "professionalCategory": None,
            "urlEntities": [],
            "bannerUrl": None,
            "tweetsCount": 0,
            "favoritesCount": 0,
            "rawData": None,
        },
    }


def thread_json(world: World, thread: ThreadRecord, slim: bool = False) -> Json:
    last = thread.last
    return {
        "id": thread.id,
        "platform": thread.platform,
        "platformId": thread.platform_id,
        "done": thread.archived,
        "assigneeId": thread.effective_assignee,
        "lastMessageTimestamp": iso(last.created_at) if last else None,
        "computedSortTimestamp": iso(thread.sorted_at),
        "createdAt": iso(thread.created_at),
        "status": thread.status,
        "variant": variant(thread),
        "accountLinkId": thread.account_id,
        "isSyncing": thread.syncing,
        "isRequest": thread.is_request,
        "typingIndicatorsEnabled": typing_of(thread),
        "lastMessage": {
            "id": last.id,
            "content": last.text,
            "authorId": _author(thread, last),
            "createdAt": iso(last.created_at),
            "userId": _user(world, last),
            "campaignId": _campaign(world, last),
        }
        if last
        else None,
        "prospect": prospect_json(thread.person, slim),
    }


def typing_of(thread: ThreadRecord) -> bool | None:
    """None for the team's default."""
    return {"enabled": True, "disabled": False}.get(thread.typing)


def variant(thread: ThreadRecord) -> str:
    """A thread becomes X Chat once each side has written."""
    return "xChat" if len({m.direction for m in thread.messages}) == 2 else "unencrypted"


def _author(thread: ThreadRecord, message: MessageRecord) -> str:
    return thread.person.profile_id if message.direction == "inbound" else thread.account_id


def _user(world: World, message: MessageRecord) -> str | None:
    member = world.members.get(message.member_id or "")
    if message.by == "api":  # the vendor's sample names the token's creator
        member = next(iter(world.members.values()), None)
    return member.user_id if member else None


def _campaign(world: World, message: MessageRecord) -> str | None:
    return (message.campaign_id or world.campaign_id) if message.by == "campaign" else None


def _origin(origin: str) -> str:
    """In v1's words: `internal` is Inbox, `external` the platform."""
    return {"platform": "external", "inbox": "internal"}.get(origin, origin)


def history_json(world: World, thread: ThreadRecord, message: MessageRecord) -> Json:
    """Every version of a message, the original first, and how it was taken back."""
    same: Json = {
        "id": message.id,
        "platformId": message.platform_id,
        "platform": thread.platform,
        "authorId": _author(thread, message),
        "userId": _user(world, message),
        "teamId": world.team_id,
        "threadId": thread.id,
        "campaignId": _campaign(world, message),
        "origin": _origin(message.origin),
        "isEncrypted": False,
        "reactions": [dict(reaction) for reaction in message.reactions],
    }
    empty = ("campaignStepId", "replyData", "forwardData", "expandedData", "entities", "attachment")
    versions = message.versions or [Version(message.text, message.created_at, message.origin)]
    deletion: Json | None = None
    if message.deleted_at:
        deletion = {"deletedAt": iso(message.deleted_at), "deletionType": message.deleted_for}
        deletion |= {"deletionAuthorPlatformId": None, "origin": None}
    return {
        "versions": [
            same
            | dict.fromkeys(empty)
            | {"content": one.text, "createdAt": iso(one.at), "editOrigin": _origin(one.origin) if number else None}
            for number, one in enumerate(versions)
        ],
        "deletion": deletion,
    }


def message_json(world: World, thread: ThreadRecord, message: MessageRecord, inbound_author: str | None = None) -> Json:
    author = inbound_author if inbound_author and message.direction == "inbound" else _author(thread, message)
    return {
        "id": message.id,
        "platform": thread.platform,
        "platformId": message.platform_id,
        "threadId": thread.id,
        "teamId": world.team_id,
        "authorId": author,
        "userId": _user(world, message),
        "campaignId": _campaign(world, message),
        "content": message.text,
        "origin": _origin(message.origin),
        "createdAt": iso(message.created_at),
        "updatedAt": iso(message.edited_at) if message.edited_at else None,
        "isEdited": message.edited_at is not None,
        "isEncrypted": False,
        "entities": None,
        "attachment": message.attachments[0] if message.attachments else None,
        "reactions": [dict(reaction) for reaction in message.reactions],
        "replyData": {"messageId": message.reply_to} if message.reply_to else None,
        "forwardData": None,
        "deletedAt": iso(message.deleted_at) if message.deleted_at else None,
        "platformDeletedAt": None,
    }
