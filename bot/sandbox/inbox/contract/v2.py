"""API v2 as the vendor specifies it: OpenAPI 3.1, "Inboxapp API 2.0.0". Paths are below `/api/v2`.

`{id}` in a path is an id of Inbox's, `{ref}` an id or a name, `{index}` a number. INFERRED marks what the
specification leaves open.
"""

from __future__ import annotations

from typing import Final

from bot.sandbox.inbox.contract.notation import Contract, Row

CAPABILITY: Final = (
    "message:send|message:edit|message:delete:self|message:unsend|message:react|message:reply|message:forward|"
    "media:image|media:video|media:gif|media:file|media:audio|thread:typing:send|thread:typing:receive|"
    "thread:message-requests|thread:delete:remote|directory:typeahead|thread:archive:observe|thread:archive:mutate|"
    "thread:read:observe|thread:read:mutate|profile:follow|profile:unfollow"
)
_MESSAGES_EXPAND = "expand:sentBy|reactions.author|thread|accountLink|replyTo.message[4]"
_THREADS_EXPAND = "expand:profile|contact|accountLink|assignee[4]"
_CONTACT_EXPAND = "expand:status|tags|assignee[4]"
_PAGE = "limit:int1-100 cursor:text"

# What each event's `data` carries, by what it is about
_ASSIGNED, _SAID = "assigneeId:id?", "threadId:id"
_REACTED = f"{_SAID} emoji:text authorPlatformId:text"
_TARGET = "threadId:id messageId:id contactId:id? stepNumber:number?"
EVENTS: Final = {
    "thread.created": "",
    "thread.deleted": "accountLinkId:id platform:text",
    "thread.assigned": _ASSIGNED,
    "thread.unassigned": _ASSIGNED,
    "thread.archived": "",
    "thread.unarchived": "",
    "thread.typing": "",
    "message.sent": _SAID,
    "message.received": _SAID,
    "message.edited": _SAID,
    "message.deleted": f"{_SAID} scope:self|all",
    "message.reactionAdded": _REACTED,
    "message.reactionRemoved": _REACTED,
    "contact.statusChanged": "statusId:id?",
    "contact.tagsChanged": "tagIds:id[]",
    "contact.notesChanged": "notes:string?",
    "contact.valuationChanged": "valuation:number?",
    "contact.assigneeChanged": _ASSIGNED,
    **{f"{label}.{what}": "" for label in ("tag", "status") for what in ("created", "updated", "deleted")},
    **{f"campaign.{what}": "" for what in ("created", "started", "paused", "resumed", "completed")},
    **{f"target.{what}": _TARGET for what in ("contacted", "followUpSent", "replied")},
}
_SUBJECT = {"target": "campaign"}  # an event of a target is about its campaign

_SEND = (
    "platformNotAvailable planRequired workspaceLocked threadNotFound contactNotFound accountLinkNotFound "
    "sendInProgress accountLinkDisconnected integrationSetupRequired idempotencyKeyReused threadRestricted "
    "contentRejected recipientUnavailable platformNotSupported profileAmbiguous capabilityNotSupported "
    "platformRateLimited sendUnconfirmed platformError platformUnavailable"
)
_CHANGE = (
    "platformNotAvailable workspaceLocked messageNotFound accountLinkDisconnected integrationSetupRequired "
    "threadRestricted mutationWindowClosed messageNotModifiable contentRejected capabilityNotSupported "
    "platformRateLimited platformError platformUnavailable"
)
_LIST = "invalidCursor platformNotAvailable"
_CONTACT = "platformNotAvailable workspaceLocked contactNotFound"
_THREAD = "platformNotAvailable workspaceLocked threadNotFound"

_ROWS = {
    "GET /platforms": Row("200:Platform[]"),
    "GET /team": Row("200:Team"),
    "GET /members": Row("200:MemberPage", _PAGE, errors="invalidCursor"),
    "GET /members/{id}": Row("200:Member", errors="memberNotFound"),
    "GET /account-links": Row(
        "200:AccountLinkPage", f"platform:text[] status:active|offline|paused[] {_PAGE}", errors=_LIST
    ),
    "GET /account-links/{id}": Row("200:AccountLink", errors="platformNotAvailable accountLinkNotFound"),
    "GET /contacts": Row(
        "200:ContactPage",
        f"platform*:text platformId:text[100] username:text[100] {_CONTACT_EXPAND} {_PAGE}",
        errors=_LIST,
    ),
    "GET /contacts/{id}": Row("200:Contact", _CONTACT_EXPAND, errors="platformNotAvailable contactNotFound"),
    "PATCH /contacts/{id}": Row(
        "200:Contact", body="status:text? notes:string? valuation:number? assigneeId:id?", errors=_CONTACT
    ),
    "PUT /contacts/{id}/tags/{ref}": Row("204:nothing", errors=f"{_CONTACT} tagNotFound"),
    "DELETE /contacts/{id}/tags/{ref}": Row("204:nothing", errors=f"{_CONTACT} tagNotFound"),
    "GET /threads": Row(
        "200:ThreadPage",
        "accountLinkId:id[] platform:text[] contactId:id[] folder:inbox|noReply|requests|archived|all tag:text[] "
        "status:text[] assigneeId:id[] unassigned:bool campaignId:id[] q:text order:desc|asc "
        f"{_THREADS_EXPAND} {_PAGE}",
        errors=_LIST,
    ),
    "GET /threads/{id}": Row("200:Thread", _THREADS_EXPAND, errors="platformNotAvailable threadNotFound"),
    "PATCH /threads/{id}": Row(
        "200:Thread",
        body="archived:bool unread:bool assigneeId:id? typingIndicators:enabled|disabled|teamDefault",
        errors=_THREAD,
    ),
    "DELETE /threads/{id}": Row(
        "200:Deletion",
        errors=f"{_THREAD} accountLinkDisconnected integrationSetupRequired capabilityNotSupported "
        "platformRateLimited platformError platformUnavailable",
    ),
    "POST /threads/{id}/typing": Row("202:Typing", errors=f"{_THREAD} capabilityNotSupported"),
    "GET /threads/{id}/messages": Row(
        "200:MessagePage", f"order:desc|asc {_MESSAGES_EXPAND} {_PAGE}", errors=f"{_LIST} threadNotFound"
    ),
    "GET /messages/{id}": Row("200:Message", _MESSAGES_EXPAND, errors="platformNotAvailable messageNotFound"),
    "GET /messages/{id}/history": Row("200:History", errors="platformNotAvailable messageNotFound"),
    "GET /messages/{id}/attachments/{index}": Row(
        "200:Attachment 202:Attachment", errors="platformNotAvailable messageNotFound"
    ),
    "POST /messages": Row(
        "201:SendResult 200:SendResult", body="target*:Target content*:text replyToMessageId:id", errors=_SEND
    ),
    "PATCH /messages/{id}": Row("200:Message", body="content*:text", errors=_CHANGE),
    "DELETE /messages/{id}": Row("200:Unsent", "scope*:self|all", errors=_CHANGE),
    "POST /messages/{id}/reactions": Row("200:Reactions", body="emoji*:emoji", errors=_CHANGE),
    "DELETE /messages/{id}/reactions": Row("200:Reactions", "emoji*:emoji", errors=_CHANGE),
    "GET /tags": Row("200:TagPage"),
    "POST /tags": Row("201:Tag", body="name*:text color:text", errors="workspaceLocked nameTaken tagLimitReached"),
    "GET /tags/{ref}": Row("200:Tag", errors="tagNotFound"),
    "PATCH /tags/{ref}": Row("200:Tag", body="name:text color:text", errors="workspaceLocked tagNotFound nameTaken"),
    "DELETE /tags/{ref}": Row("204:nothing", errors="workspaceLocked tagNotFound"),
    "GET /statuses": Row("200:StatusPage"),
    "POST /statuses": Row("201:Status", body="name*:text color:text?", errors="workspaceLocked nameTaken"),
    "GET /statuses/{ref}": Row("200:Status", errors="statusNotFound"),
    "PATCH /statuses/{ref}": Row(
        "200:Status", body="name:text color:text?", errors="workspaceLocked statusNotFound nameTaken"
    ),
    "DELETE /statuses/{ref}": Row("204:nothing", errors="workspaceLocked statusNotFound"),
    "GET /colors": Row("200:Color[]"),
    "GET /events": Row("200:EventPage", f"afterSeq:int0- type:{'|'.join(EVENTS)}[] limit:int1-1000"),
}

_OBJECTS: dict[str, str | dict[str, dict[str, str]]] = {
    **{
        f"{name}Page": f"data:{name}[] nextCursor:text?"
        for name in ("Member", "AccountLink", "Contact", "Thread", "Message", "Tag", "Status")
    },
    "Platform": f"platform:text name:text usernamePrefix:string capabilities:{CAPABILITY}[] limits:Limits "
    "mutationWindows:map threadState:ThreadState",
    "Limits": "characters:number? mediaCount:number? mediaBytes:number? mediaTypes:map?",
    "ThreadState": "archive:Sides? read:Sides?",
    "Sides": "observe:bool mutate:bool",
    "Team": "id:id name:string slug:string imageUrl:string? currency:text allowSupportAccess:bool createdAt:date",
    "Member": "id:id name:string? email:text imageUrl:string? role:owner|admin|user createdAt:date",
    "AccountLink": "id:id platform:text platformId:text username:string? displayName:string? avatarUrl:string? "
    f"status:active|offline|paused pauseReasons:string[] capabilities:{CAPABILITY}[] syncedAt:date? createdAt:date",
    "Profile": "id:id platform:text platformId:text username:string handle:string displayName:string "
    "avatarUrl:string? bio:string? location:string? websiteUrl:string? websiteDomain:string? verified:bool "
    "isOrganization:bool isProtected:bool followerCount:number? followingCount:number? postCount:number? "
    "engagementCount:number? listedCount:number? accountStatus:active|suspended|notFound platformCreatedAt:date? "
    "profileUrl:string? updatedAt:date platformData:ProfileData",
    # Of other platforms than X the specification says no more than that there may be some
    "ProfileData": {
        "_tag": {
            "twitter": "badge:blue|gold|gray? profileType:personal|business|government professionalCategory:string? "
            "urlEntities:any[] bannerUrl:string? rawData:map?",
            "*": "",
        }
    },
    "Contact": "id:id profiles:Profile[] statusId:id? tagIds:id[] notes:string? valuation:number? assigneeId:id? "
    "createdAt:date updatedAt:date status+:Status tags+:Tag[] assignee+:Member",
    "Thread": "id:id platform:text accountLinkId:id profileId:id contactId:id platformId:string? assigneeId:id? "
    "isRequest:bool acceptanceState:required|notRequired|unknown archived:bool unread:bool "
    f"restrictions:{CAPABILITY}[] syncing:bool typingIndicators:enabled|disabled|teamDefault lastMessage:LastMessage? "
    "activity:Activity? createdAt:date accountLink+:AccountLink profile+:Profile contact+:Contact assignee+:Member",
    "LastMessage": "id:id direction:inbound|outbound createdAt:date",
    "Activity": "preview:string? direction:inbound|outbound at:date",
    "Message": "id:id threadId:id accountLinkId:id platform:text platformId:string? direction:inbound|outbound "
    "sentBy:Sender? content:string entities:Entities attachments:Attachment[] forwarded:Forwarded? "
    "reactions:Reaction[] replyTo:RepliedTo? editedAt:date? deletedAt:date? createdAt:date platformData:MessageData "
    "thread+:Thread accountLink+:AccountLink",
    "MessageData": {"_tag": {"twitter": "encrypted:bool", "*": ""}},
    "Sender": {
        "type": {
            "member": "memberId:id member~:Member",
            "agent": "agentId:id memberId:id agent~:map member~:Member",
            "campaign": "campaignId:id stepId:id?",
            "api": "tokenId:id? token~:Token",
        }
    },
    "Token": "id:id name:string",
    "Entities": "urls:any[] postShares:any[] mentions:any[] hashtags:any[] cashtags:any[] format:any[]",
    "Attachment": {
        "kind": {
            "card": "index:number url:string title:string? description:string? domain:string? thumbnail:Thumbnail?",
            **dict.fromkeys(
                ("image", "gif", "video", "audio", "file"),
                "index:number filename:string? contentType:string? sizeBytes:number? width:number? height:number? "
                "aspectRatio:number? durationSeconds:number? status:ready|pending|processing|failed url:text? "
                "expiresAt:date? poster:Poster?",
            ),
        }
    },
    "Poster": "url:text expiresAt:date? width:number? height:number?",
    "Thumbnail": "url:text width:number height:number alt:string?",
    "Forwarded": "content:string?",
    "Reaction": "emoji:text author:Author createdAt:date?",
    # What `expand=reactions.author` and `expand=replyTo.message` put there is INFERRED
    "Author": {
        "type": {
            "accountLink": "accountLinkId:id accountLink~:AccountLink",
            "profile": "profileId:id contactId:id profile~:Profile",
            "unknown": "platformId:text",
        }
    },
    "RepliedTo": "messageId:id? platformId:string? content:string authorName:string? message~:Message",
    "History": "versions:Version[] deletion:Withdrawal? times:platform|observed",
    "Version": "content:string createdAt:date origin:inbox|platform|api?",
    "Withdrawal": "deletedAt:date scope:self|all origin:inbox|platform|api?",
    "SendResult": "message:Message thread:Thread",
    "Unsent": "messageId:id scope:self|all deletedAt:date",
    "Reactions": "reactions:Reaction[] version:number",
    "Deletion": "scope:remoteAndLocal|local",
    "Typing": "status:sent|skipped reason:rateLimited|disabled?",
    "Tag": "id:id name:text color:text",
    "Status": "id:id name:text color:text? createdAt:date",
    "Color": "name:text hex:text",
    "EventPage": "data:Event[] lastSeq:number? hasMore:bool",
    "Event": {
        "type": {
            kind: f"id:text seq:number apiVersion:2 createdAt:date object:Subject-{kind} data:Data-{kind}"
            for kind in EVENTS
        }
    },
    **{f"Data-{kind}": data for kind, data in EVENTS.items()},
    **{
        f"Subject-{kind}": f"type:{_SUBJECT.get(kind.split('.')[0], kind.split('.')[0])} id:id url:text"
        for kind in EVENTS
    },
    "Target": {
        "type": {
            "thread": "threadId*:id",
            "contact": "accountLinkId*:id contactId*:id",
            "profile": "accountLinkId*:id platform*:text platformId*:text",
        }
    },
    "Issue": "path:any[] message:string",
}

_ERRORS = {
    "invalidRequest": "400 issues:Issue[]",
    "invalidCursor": "400 -",
    "unauthorized": "401 -",
    "platformNotAvailable": "403 platform:text",
    "planRequired": "403 feature:text",
    "workspaceLocked": "403 -",
    **{
        f"{what}NotFound": "404 -"
        for what in ("thread", "message", "contact", "accountLink", "member", "tag", "status")
    },
    "sendInProgress": "409 messageId:id",
    "accountLinkDisconnected": "409 accountLinkId:id status:active|offline|paused",
    "integrationSetupRequired": "409 accountLinkId:id",
    "nameTaken": "409 name:text",
    "idempotencyKeyReused": "422 -",
    "threadRestricted": f"422 capability:{CAPABILITY}",
    "capabilityNotSupported": f"422 capability:{CAPABILITY}",
    "contentRejected": "422 detail:string",
    "recipientUnavailable": "422 reason:string",
    "platformNotSupported": "422 platform:text supported:text[]",
    "profileAmbiguous": "422 contactId:id platform:text",
    "mutationWindowClosed": f"422 capability:{CAPABILITY} closedAt:date?",
    "messageNotModifiable": "422 reason:string",
    "tagLimitReached": "422 max:number",
    "rateLimited": "429 window:minute|hour|day limit:number resetAt:date",
    "platformRateLimited": "429 retryAfterSeconds:number?",
    "internal": "500 -",
    "sendUnconfirmed": "502 messageId:id",
    "platformError": "502 -",
    "platformUnavailable": "503 retryAfterSeconds:number?",
}

CONTRACT: Final = Contract(
    rows=_ROWS,
    objects=_OBJECTS,
    one_of={"GET /contacts": ("platformId", "username")},
    errors=_ERRORS,
    everywhere="invalidRequest unauthorized rateLimited internal",
)
