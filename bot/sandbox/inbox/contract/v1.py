"""API v1 as the vendor specifies it: OpenAPI 3.1, "Inbox API 1.0.0". Paths are below `/api/v1`.

The specification declares no error. Five codes stand in the vendor's pages; the others are INFERRED, as is that
what it does not name is refused. It types every platform as `twitter`; whether LinkedIn shows up on v1 is unknown.
"""

from __future__ import annotations

from typing import Final

from bot.sandbox.inbox.contract.notation import Contract, Row

_CURSOR = "cursorId:id cursorTimestamp:date cursor[id]:id cursor[timestamp]:date limit:int1-100"
_FILTERS = " ".join(
    f"filters[{what}][selectedIds]:text[] filters[{what}][{without}]:bool"
    for what, without in (
        ("tags", "noTags"),
        ("statuses", "noStatus"),
        ("assignees", "noAssignee"),
        ("campaigns", "noCampaign"),
    )
)
_FILTERS += " filters[sortOrder]:asc|desc"
_WHOM = "externalPlatformId:string externalId:string"
_THREAD, _PERSON = "THREAD_NOT_FOUND", "PROSPECT_NOT_FOUND"
_SEND = "ACCOUNT_LINK_NOT_FOUND CONFLICT FORBIDDEN"
_CHANGE = f"{_THREAD} MESSAGE_NOT_FOUND"
_LABEL = "name*:name color:string?"
_CHANGED_LABEL = "name:name color:string?"


def _labels(path: str, shape: str) -> dict[str, Row]:
    """Tags and statuses alike."""
    code = f"{shape.upper()}_NOT_FOUND"
    return {
        f"GET {path}": Row(f"200:{shape}[]"),
        f"POST {path}": Row(f"200:{shape}", body=_LABEL, errors="CONFLICT"),
        f"GET {path}/{{id}}": Row(f"200:{shape}", errors=code),
        f"PATCH {path}/{{id}}": Row(f"200:{shape}", body=_CHANGED_LABEL, errors=f"{code} CONFLICT", bare=True),
        f"DELETE {path}/{{id}}": Row("200:nothing", body="", errors=code, bare=True),
        f"GET {path}/colors": Row("200:Color[]"),
    }


_ROWS = {
    "GET /team": Row("200:Team"),
    "GET /members": Row("200:Member[]"),
    "GET /members/{id}": Row("200:Member", errors="MEMBER_NOT_FOUND"),
    "GET /account-links": Row("200:AccountLink[]"),
    "GET /threads": Row(
        "200:ThreadPage",
        f"inbox:default|no-reply|requests|archived accountLinkIds:id[] {_FILTERS} {_CURSOR}",
    ),
    "POST /threads": Row("200:Thread", body=f"accountLinkId*:id {_WHOM}", errors=f"ACCOUNT_LINK_NOT_FOUND {_PERSON}"),
    "GET /threads/lookup": Row("200:Thread?", "accountLinkId*:id externalPlatformId:string externalId:id"),
    "GET /threads/lookup-by-username": Row("200:Thread[]", "username*:text accountLinkIds:id[]"),
    "GET /threads/{id}": Row("200:Thread", errors=_THREAD),
    "PATCH /threads/{id}": Row("200:Thread", body="done:bool assigneeId:id?", errors=_THREAD, bare=True),
    "DELETE /threads/{id}": Row("200:nothing", body="", errors=_THREAD, bare=True),
    "POST /threads/{id}/typing": Row("200:Typing", body="", errors=_THREAD, bare=True),
    "PATCH /threads/{id}/settings": Row(
        "200:ThreadSettings", body="typingIndicatorsEnabled:bool?", errors=_THREAD, bare=True
    ),
    "POST /threads/messages": Row(
        "200:QuickSent", body=f"accountLinkId*:id content*:text {_WHOM}", errors=f"{_SEND} {_PERSON}"
    ),
    "GET /threads/{id}/messages": Row("200:MessagePage", _CURSOR, errors=_THREAD),
    "POST /threads/{id}/messages": Row(
        "200:Message", body="content*:text replyToMessageId:id", errors=f"{_THREAD} {_SEND}"
    ),
    "PATCH /threads/{id}/messages/{id}": Row("200:Edited", body="content*:text", errors=_CHANGE),
    "DELETE /threads/{id}/messages/{id}": Row("200:Deleted", body="deleteForAll:bool", errors=_CHANGE, bare=True),
    "GET /threads/{id}/messages/{id}/history": Row("200:History", errors=_CHANGE),
    "POST /threads/{id}/messages/{id}/reactions/reactions": Row("200:Reacted", body="emoji*:string", errors=_CHANGE),
    "DELETE /threads/{id}/messages/{id}/reactions/reactions": Row("200:Reacted", body="emoji*:string", errors=_CHANGE),
    "GET /prospects/lookup": Row("200:Prospect?", "platformId*:string"),
    "GET /prospects/{id}": Row("200:Prospect", errors=_PERSON),
    "PATCH /prospects/{id}/context": Row(
        "200:Prospect",
        body="notes:string? valuation:number? statusId:id? addTags:ids removeTags:ids assigneeId:id? done:bool",
        errors=_PERSON,
        bare=True,
    ),
    **_labels("/tags", "Tag"),
    **_labels("/statuses", "Status"),
    "GET /colors": Row("200:Color[]"),
    "GET /events": Row("200:EventPage", "afterSeq:int0-9007199254740991 limit:int1-1000"),
}

# What each event's `data` carries. The specification leaves `data` untyped: these are the vendor's samples, and
# INFERRED for those that no sample shows (deleted and typing threads, notes, valuation, tags, statuses, campaigns).
_SLIM = "thread:SlimThread"
_REACTED = "messageId:id threadId:id reaction:Reaction"
_TARGET = f"campaign:Campaign {_SLIM} message:Message prospect:EventProspect"
EVENTS: Final = {
    "thread.created": f"{_SLIM} prospect:EventProspect",
    **{f"thread.{what}": _SLIM for what in ("deleted", "assigned", "unassigned", "archived", "unarchived", "typing")},
    "message.created": f"message:Message {_SLIM}",
    "message.edited": "message:Message threadId:id",
    "message.deleted": "messageId:id threadId:id",
    "message.reactionAdded": _REACTED,
    "message.reactionRemoved": _REACTED,
    **{
        f"prospect.{what}": "prospect:EventProspect"
        for what in ("created", "statusChanged", "tagsChanged", "notesChanged", "valuationChanged", "enriched")
    },
    "prospect.assigneeChanged": "prospect:AssignedProspect",
    **{f"tag.{what}": "tag:Tag" for what in ("created", "updated", "deleted")},
    **{f"status.{what}": "status:Status" for what in ("created", "updated", "deleted")},
    **{f"campaign.{what}": "campaign:Campaign" for what in ("created", "started", "paused", "resumed", "completed")},
    **{f"target.{what}": _TARGET for what in ("contacted", "followUpSent", "replied")},
}

_THREAD_FIELDS = (
    "id:id platform:text platformId:string done:bool assigneeId:id? lastMessageTimestamp:date? "
    "computedSortTimestamp:date? createdAt:date status:active|idle variant:unencrypted|xChat accountLinkId:id "
    "isSyncing:bool isRequest:bool typingIndicatorsEnabled:bool? lastMessage:LastMessage?"
)
_BRIEF = (
    "platform:text platformId:string externalId:string? displayName:string username:string handle:string image:string?"
)
_TOLD = (
    f"{_BRIEF} imageNormalized:string? bio:string? location:string? profileUrl:string "
    "websiteUrl:string? websiteDomain:string? verified:none|verified|business|government "
    "profileType:personal|business|government isProtected:bool followerCount:number followingCount:number "
    "postCount:number engagementCount:number? listedCount:number? platformCreatedAt:date? firstSeenAt:date? "
    "lastUpdatedAt:date lastEnrichedAt:date? lastActiveAt:date? source:cached|indexed|live|merged isFresh:bool "
    "isStale:bool confidence:number"
)
_PROSPECT = f"{_TOLD} documentId:number? platformData:ProspectData"  # events, as the samples show them, lack these two
_CONTEXT = "tags:id[] statusId:id? valuation:number? notes:string?"
_VERSION = (
    "id:id platformId:string? platform:text content:string authorId:string userId:id? teamId:id threadId:id "
    "campaignId:id? campaignStepId:id? origin:internal|external|api? editOrigin:internal|external|api? replyData:any? "
    "forwardData:any? createdAt:date isEncrypted:bool? expandedData:any? entities:any? attachment:any? reactions:any[]"
)

_OBJECTS: dict[str, str | dict[str, dict[str, str]]] = {
    "Team": "id:id name:string slug:string image:string? createdAt:date updatedAt:date? currency:text "
    "allowSupportAccess:bool",
    "Member": "id:id userId:id name:string? email:text image:string? role:owner|admin|user createdAt:date "
    "updatedAt:date?",
    "AccountLink": "id:id platform:text platformId:string name:string username:string image:string createdAt:date "
    "status:active|offline|paused syncedAt:date?",
    "ThreadPage": "threads:Thread[] nextCursor:Cursor?",
    "MessagePage": "teamId:id threadId:id messages:Message[] nextCursor:Cursor? isSyncing:bool",
    "Cursor": "id:id timestamp:date",
    "Thread": f"{_THREAD_FIELDS} prospect:ListedProspect",
    "SlimThread": f"{_THREAD_FIELDS} prospect:SlimProspect",
    "LastMessage": "id:id content:string authorId:string createdAt:date userId:id? campaignId:id?",
    "Prospect": f"{_PROSPECT} context:Context",
    "ListedProspect": f"{_PROSPECT} context:ListedContext",
    "EventProspect": f"{_TOLD} context:ListedContext",
    "AssignedProspect": f"{_TOLD} context:AssignedContext",
    "SlimProspect": f"{_BRIEF} context:ListedContext",
    "ProspectData": "isVerifiedBlue:bool isVerifiedGold:bool isVerifiedGray:bool professionalCategory:string? "
    "urlEntities:any[] bannerUrl:string? tweetsCount:number favoritesCount:number rawData:map?",
    "Context": f"{_CONTEXT} threads~:ContextThread[]?",
    "ListedContext": _CONTEXT,
    "AssignedContext": f"{_CONTEXT} assigneeId:id?",
    "ContextThread": "id:id accountLinkId:id lastMessageTimestamp:date? createdAt:date",
    "Message": "id:id platform:text teamId:id threadId:id userId:id? createdAt:date updatedAt:date? "
    "platformId:string? content:string campaignId:id? authorId:string origin:internal|external|api? replyData:any? "
    "forwardData:any? entities:any? attachment:any? reactions:any[] isEncrypted:bool? isEdited:bool deletedAt:date? "
    "platformDeletedAt:date?",
    "QuickSent": "message:Message thread:BareThread",
    "BareThread": "id:id platformId:string?",
    "Edited": "success:bool messageId:id content:string editedAt:date",
    "Deleted": "success:bool messageId:id deletedAt:date",
    "Reacted": "success:bool messageId:id",
    "History": "versions:Version[] deletion:Withdrawal?",
    "Version": _VERSION,
    "Withdrawal": "deletedAt:date deletionType:self|all deletionAuthorPlatformId:string? origin:internal|external|api?",
    "Typing": "status:sent|skipped reason~:rateLimited|typingDisabled|unsupported|outboundDisabled",
    "ThreadSettings": "threadId:id typingIndicatorsEnabled:bool?",
    "Reaction": "emoji:text senderPlatformId:text createdAt:date",
    "Campaign": "id:id name:string description:string? status:string dryRun:bool targetsCount:number "
    "contactedCount:number repliesCount:number completionRate:number replyRate:number createdAt:date updatedAt:date? "
    "pausedAt:date? completedAt:date? lastStartedAt:date?",
    "Tag": "id:id name:string color:string",
    "Status": "id:id name:string color:string? createdAt:date",
    "Color": "name:string hex:string",
    "EventPage": "events:Event[] hasMore:bool lastSeq:number?",
    "Event": {
        "type": {kind: f"id:text seq:number teamId:id timestamp:date version:1.0 data:Data-{kind}" for kind in EVENTS}
    },
    **{f"Data-{kind}": data for kind, data in EVENTS.items()},
}

_ERRORS = {
    "UNAUTHORIZED": "401 -",
    "FORBIDDEN": "403 -",
    "THREAD_NOT_FOUND": "404 -",
    "PROSPECT_NOT_FOUND": "404 -",
    "RATE_LIMITED": "429 -",
    # INFERRED
    "BAD_REQUEST": "400 -",
    **{f"{what}_NOT_FOUND": "404 -" for what in ("MEMBER", "MESSAGE", "ACCOUNT_LINK", "TAG", "STATUS")},
    "CONFLICT": "409 -",
    "INTERNAL_SERVER_ERROR": "500 -",
}

CONTRACT: Final = Contract(
    rows=_ROWS,
    objects=_OBJECTS,
    one_of=dict.fromkeys(
        ("POST /threads", "GET /threads/lookup", "POST /threads/messages"), ("externalPlatformId", "externalId")
    ),
    errors=_ERRORS,
    everywhere="BAD_REQUEST UNAUTHORIZED RATE_LIMITED INTERNAL_SERVER_ERROR",
)
