"""What API v1 of the local Inbox shows: its objects and errors as JSON."""

from __future__ import annotations

from typing import Final

from bot.sandbox.inbox.records import (
    Failure,
    Json,
    MemberRecord,
    MessageRecord,
    PersonRecord,
    ThreadRecord,
    Version,
    iso,
)
from bot.sandbox.inbox.world import World

UNKNOWN: Final[Json] = dict.fromkeys(
    (
        "documentId",
        "location",
        "websiteUrl",
        "websiteDomain",
        "engagementCount",
        "listedCount",
        "platformCreatedAt",
        "lastEnrichedAt",
        "lastActiveAt",
    )
)
PLATFORM_DATA: Final[Json] = {
    "isVerifiedBlue": False,
    "isVerifiedGold": False,
    "isVerifiedGray": False,
    "professionalCategory": None,
    "urlEntities": [],
    "bannerUrl": None,
    "tweetsCount": 0,
    "favoritesCount": 0,
    "rawData": None,
}


def error(failure: Failure, request_id: str) -> Json:
    return {"error": {"code": failure.code, "message": str(failure), "status": failure.status}}


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
        "externalId": None if person.is_unnamed else person.profile_id,
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
    return brief if slim else brief | _profile(person)


def _profile(person: PersonRecord) -> Json:
    """What a whole prospect has besides; of much of it this Inbox knows nothing."""
    seen = iso(person.created_at)
    return UNKNOWN | {
        "imageNormalized": person.image,
        "bio": person.bio,
        "profileUrl": person.url,
        "verified": "verified" if person.verified else "none",
        "profileType": "personal",
        "isProtected": False,
        "followerCount": person.followers,
        "followingCount": 0,
        "postCount": 0,
        "firstSeenAt": seen,
        "lastUpdatedAt": seen,
        "source": "cached",
        "isFresh": True,
        "isStale": False,
        "confidence": 0.9,
        "platformData": PLATFORM_DATA | {"isVerifiedBlue": person.verified},
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
            "campaignId": campaign_of(world, last),
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


def campaign_of(world: World, message: MessageRecord) -> str | None:
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
        "campaignId": campaign_of(world, message),
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
        "campaignId": campaign_of(world, message),
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
