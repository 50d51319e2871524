"""What version 2 of the local Inbox shows: its objects, errors and events as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.sandbox.inbox.records import (
    AccountRecord,
    Failure,
    Json,
    MemberRecord,
    MessageRecord,
    Occurrence,
    PersonRecord,
    ThreadRecord,
    Version,
    iso,
)
from bot.sandbox.inbox.show import status_json, tag_json
from bot.sandbox.inbox.world import World

CAPABILITIES = [
    *("message:send", "message:edit", "message:unsend", "message:react", "message:reply"),
    "thread:typing:send",
]
_MEDIA_FIELDS = (
    *("filename", "contentType", "sizeBytes", "width", "height"),
    *("aspectRatio", "durationSeconds", "url", "expiresAt", "poster"),
)
PLATFORMS = {"twitter": ("X", "@"), "linkedin": ("LinkedIn", "")}


def error(failure: Failure, request_id: str) -> Json:
    return {"code": failure.code, "message": str(failure), "details": failure.details, "requestId": request_id}


def event(world: World, happened: Occurrence, event_id: str, seq: int, at: datetime) -> Json:
    """The payload of a webhook and of the feed, `apiVersion: "2"`: an address and the values of the change."""
    family = happened.kind.split(".")[0]
    facts = dict(happened.facts)
    if family == "target":
        assert happened.message is not None
        assert happened.thread is not None
        campaign_id = facts.pop("campaignId", None) or world.campaign_id
        family, object_id, path = "campaign", campaign_id, f"/campaigns/{campaign_id}"
        facts |= {"threadId": happened.thread.id, "messageId": happened.message.id, "stepNumber": None}
        facts |= {"contactId": happened.thread.person.contact_id}
    elif happened.message is not None:
        object_id, path = happened.message.id, f"/messages/{happened.message.id}"
        facts = {"threadId": happened.message.thread_id} | facts
    elif happened.thread is not None:
        object_id, path = happened.thread.id, f"/threads/{happened.thread.id}"
    elif happened.label is not None:
        object_id = happened.label.id
        path = f"/{'tags' if family == 'tag' else 'statuses'}/{object_id}"
    else:
        assert happened.person is not None
        object_id, path = happened.person.contact_id, f"/contacts/{happened.person.contact_id}"
    return {
        "id": event_id,
        "seq": seq,
        "type": happened.kind,
        "apiVersion": "2",
        "createdAt": iso(at),
        "object": {"type": family, "id": object_id, "url": path},
        "data": facts,
    }


def member_json(member: MemberRecord) -> Json:
    return {
        "id": member.id,
        "name": member.name,
        "email": member.email,
        "imageUrl": None,
        "role": member.role,
        "createdAt": iso(member.created_at),
    }


def capabilities(account: AccountRecord) -> list[str]:
    return CAPABILITIES if account.capabilities is None else account.capabilities


def account_json(account: AccountRecord) -> Json:
    return {
        "id": account.id,
        "platform": account.platform,
        "platformId": account.platform_id,
        "username": account.username,
        "displayName": account.name,
        "avatarUrl": None,
        "status": account.status,
        "pauseReasons": [],
        "capabilities": capabilities(account),
        "syncedAt": iso(account.created_at),
        "createdAt": iso(account.created_at),
    }


def profile_json(person: PersonRecord) -> Json:
    return {
        "id": person.profile_id,
        "platform": person.platform,
        "platformId": person.platform_id,
        "username": person.username,
        "handle": PLATFORMS.get(person.platform, ("", ""))[1] + person.username,
        "displayName": person.name,
        "avatarUrl": person.image,
        "bio": person.bio,
        "location": None,
        "websiteUrl": None,
        "websiteDomain": None,
        "verified": person.verified,
        "isOrganization": False,
        "isProtected": False,
        "followerCount": person.followers,
        "followingCount": None,
        "postCount": None,
        "engagementCount": None,
        "listedCount": None,
        "accountStatus": "active",
        "platformCreatedAt": None,
        "profileUrl": person.url,
        "updatedAt": iso(person.created_at),
        "platformData": {
            "_tag": "twitter",
            "badge": "blue" if person.verified else None,
            "profileType": "personal",
            "professionalCategory": None,
            "urlEntities": [],
            "bannerUrl": None,
            "rawData": None,
        }
        if person.platform == "twitter"
        else {"_tag": person.platform},
    }


def contact_json(world: World, person: PersonRecord, expand: Sequence[str] = ()) -> Json:
    shown: Json = {
        "id": person.contact_id,
        "profiles": [profile_json(one) for one in world.profiles(person.contact_id)],
        "statusId": person.status_id,
        "tagIds": list(person.tag_ids),
        "notes": person.notes,
        "valuation": person.valuation,
        "assigneeId": person.assignee_id,
        "createdAt": iso(person.contact.created_at),
        "updatedAt": iso(person.contact.updated_at),
    }
    if "assignee" in expand and person.assignee_id:
        shown["assignee"] = member_json(world.members[person.assignee_id])
    if "status" in expand and person.status_id:
        shown["status"] = status_json(world.labels["status"][person.status_id])
    if "tags" in expand:
        shown["tags"] = [tag_json(world.labels["tag"][one]) for one in person.tag_ids]
    return shown


def thread_json(world: World, thread: ThreadRecord, expand: Sequence[str] = ()) -> Json:
    last, assignee = thread.last, thread.effective_assignee
    shown: Json = {
        "id": thread.id,
        "platform": thread.platform,
        "platformId": thread.platform_id if last else None,
        "accountLinkId": thread.account_id,
        "profileId": thread.person.profile_id,
        "contactId": thread.person.contact_id,
        "assigneeId": assignee,
        "isRequest": thread.is_request,
        "acceptanceState": "notRequired",
        "archived": thread.archived,
        "unread": thread.unread,
        "restrictions": list(thread.restrictions),
        "syncing": thread.syncing,
        "typingIndicators": thread.typing,
        "lastMessage": {"id": last.id, "direction": last.direction, "createdAt": iso(last.created_at)}
        if last
        else None,
        "activity": {"preview": last.text, "direction": last.direction, "at": iso(last.created_at)} if last else None,
        "createdAt": iso(thread.created_at),
    }
    if "accountLink" in expand:
        shown["accountLink"] = account_json(world.accounts[thread.account_id])
    if "profile" in expand:
        shown["profile"] = profile_json(thread.person)
    if "contact" in expand:
        shown["contact"] = contact_json(world, thread.person)
    if "assignee" in expand and assignee:
        shown["assignee"] = member_json(world.members[assignee])
    return shown


def _sent_by(world: World, message: MessageRecord, expand: Sequence[str]) -> Json | None:
    if message.by == "api":
        token = {"token": {"id": world.token_id, "name": "Slack"}} if "sentBy" in expand else {}
        return {"type": "api", "tokenId": world.token_id} | token
    if message.by == "campaign":
        return {"type": "campaign", "campaignId": message.campaign_id or world.campaign_id, "stepId": None}
    if message.by not in ("member", "agent"):
        return None
    shown: Json = {"type": message.by, "memberId": message.member_id}
    if message.by == "agent":
        shown["agentId"] = world.token_id
    if "sentBy" in expand and message.member_id in world.members:
        shown["member"] = member_json(world.members[message.member_id])
    return shown


def attachment_json(index: int, given: Json) -> Json:
    """What a test gave of an attachment, with all fields that the vendor shows."""
    if given.get("kind") == "card":
        empty = dict.fromkeys(("title", "description", "domain", "thumbnail"))
        return {"index": index, "kind": "card", "url": ""} | empty | given
    status = "ready" if given.get("url") else "pending"
    shown: Json = {"index": index, "kind": "image", "status": status}
    shown = shown | dict.fromkeys(_MEDIA_FIELDS) | given
    if shown["poster"]:
        shown["poster"] = dict.fromkeys(("url", "expiresAt", "width", "height")) | shown["poster"]
    return shown


def _reactions(world: World, thread: ThreadRecord, message: MessageRecord, expand: Sequence[str]) -> list[Json]:
    """What stands beside an author's ids where it was asked for is INFERRED."""
    shown = [{**one, "author": dict(one["author"])} for one in message.reactions]
    for author in [one["author"] for one in shown if "reactions.author" in expand]:
        if author["type"] == "profile":
            author["profile"] = profile_json(thread.person)
        else:
            author["accountLink"] = account_json(world.accounts[thread.account_id])
    return shown


def _replied(world: World, thread: ThreadRecord, message: MessageRecord, expand: Sequence[str]) -> Json | None:
    replied = next((one for one in thread.messages if one.id == message.reply_to), None)
    if replied is None:
        return None
    facts = {"messageId": replied.id, "platformId": replied.platform_id, "content": replied.text, "authorName": None}
    return facts | ({"message": message_json(world, thread, replied)} if "replyTo.message" in expand else {})


def history_json(message: MessageRecord) -> Json:
    versions = message.versions or [Version(message.text, message.created_at, message.origin)]
    deletion = None
    if message.deleted_at:
        deletion = {"deletedAt": iso(message.deleted_at), "scope": message.deleted_for, "origin": None}
    return {
        "versions": [{"content": one.text, "createdAt": iso(one.at), "origin": one.origin} for one in versions],
        "deletion": deletion,
        "times": "platform",
    }


def message_json(world: World, thread: ThreadRecord, message: MessageRecord, expand: Sequence[str] = ()) -> Json:
    empty: Json = {name: [] for name in ("urls", "postShares", "mentions", "hashtags", "cashtags", "format")}
    shown: Json = {
        "id": message.id,
        "threadId": thread.id,
        "accountLinkId": thread.account_id,
        "platform": thread.platform,
        "platformId": message.platform_id,
        "direction": message.direction,
        "sentBy": _sent_by(world, message, expand),
        "content": message.text,
        "entities": empty,
        "attachments": [attachment_json(index, given) for index, given in enumerate(message.attachments)],
        "forwarded": None,
        "reactions": _reactions(world, thread, message, expand),
        "replyTo": _replied(world, thread, message, expand),
        "editedAt": iso(message.edited_at) if message.edited_at else None,
        "deletedAt": iso(message.deleted_at) if message.deleted_at else None,
        "createdAt": iso(message.created_at),
        "platformData": {"_tag": thread.platform} | ({"encrypted": True} if thread.platform == "twitter" else {}),
    }
    if "thread" in expand:
        shown["thread"] = thread_json(world, thread)
    if "accountLink" in expand:
        shown["accountLink"] = account_json(world.accounts[thread.account_id])
    return shown
