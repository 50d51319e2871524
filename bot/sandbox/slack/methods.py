"""The Web API methods and the response_url of the sandbox's Slack, as functions of its world.

Error codes are those of https://docs.slack.dev/reference/methods; refusals are raised as SlackError.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from bot.sandbox.slack import files
from bot.sandbox.slack.blockkit import problems, view_problems
from bot.sandbox.slack.records import APP_ID, BOT_ID, BOT_USER, Channel, Hook, Json, Message, SlackError
from bot.sandbox.slack.world import HOOK_SECONDS, HOOK_USES, TRIGGER_SECONDS, World

ENCODED = ("blocks", "attachments", "metadata", "view", "message")
METADATA = {"event_type": str, "event_payload": dict}


def answer(world: World, method: str, args: Json) -> Json:
    """What `method` answers to decoded arguments, refusals included."""
    known = METHODS.get(method)
    try:
        return {"ok": True, **known(world, args)} if known else {"ok": False, "error": "unknown_method"}
    except SlackError as error:
        return error.answer


def decoded(args: Json) -> Json:
    """Arguments with the JSON that Slack's clients put in strings parsed; raises SlackError."""
    try:
        return {k: json.loads(v) if k in ENCODED and isinstance(v, str) and v else v for k, v in args.items()}
    except ValueError:
        raise SlackError("invalid_arguments", "blocks, attachments, metadata, message and view must be JSON") from None


def response(world: World, token: str, body: Any) -> tuple[int, Json]:
    """HTTP status and answer of a POST to a response_url."""
    hook = world.hooks.get(token)
    if hook is None or world.now() - hook.at > HOOK_SECONDS:
        return 404, {"ok": False, "error": "expired_url"}
    if hook.uses >= HOOK_USES:
        return 404, {"ok": False, "error": "used_url"}
    if not isinstance(body, dict):
        return 400, {"ok": False, "error": "invalid_payload"}
    try:
        _respond(world, hook, body)
    except SlackError as error:
        return 400, error.answer
    hook.uses += 1
    return 200, {"ok": True}


def _respond(world: World, hook: Hook, body: Json) -> None:
    if _true(body.get("delete_original")):
        if hook.ephemeral:
            hook.ephemeral.deleted = True
        elif hook.message:
            world.remove(hook.message)
        world.changed()
        return
    content = _content(world, body)
    in_channel = body.get("response_type") == "in_channel"
    if _true(body.get("replace_original")) and hook.ephemeral:
        hook.ephemeral.text, hook.ephemeral.blocks = content["text"], content["blocks"]
        world.changed()
    elif _true(body.get("replace_original")) and hook.message:
        _edit(world, hook.message, content)
    elif in_channel:
        thread_ts = world.thread_there(hook.channel, body.get("thread_ts"))
        world.post(hook.channel, BOT_USER, **content, thread_ts=thread_ts, raw=body)
    else:
        said = world.whisper(hook.user, hook.channel, "response_url", content, body.get("thread_ts"))
        if hook.message is None and hook.ephemeral is None:  # else what was acted on stays the original
            hook.ephemeral = said


def auth_test(world: World, args: Json) -> Json:
    return {
        "url": world.url,
        "team": world.team_name,
        "user": "inbox",
        "team_id": world.team_id,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "enterprise_id": world.enterprise_id,
        "is_enterprise_install": False,
    }


def team_info(world: World, args: Json) -> Json:
    world.need("team:read")
    domain = world.team_name.lower().replace(" ", "-")
    return {"team": {"id": world.team_id, "name": world.team_name, "domain": domain, "email_domain": ""}}


def bots_info(world: World, args: Json) -> Json:
    world.need("users:read")
    if args.get("bot", BOT_ID) != BOT_ID:
        raise SlackError("bot_not_found")
    return {"bot": {"id": BOT_ID, "deleted": False, "name": "Inbox", "app_id": APP_ID, "user_id": BOT_USER}}


def apps_connections_open(world: World, args: Json) -> Json:
    if not world.socket_mode:
        raise SlackError("socket_mode_not_enabled")
    return {"url": f"{world.base_url.replace('http', 'ws', 1)}/link?ticket={world.sockets.ticket()}"}


# -- messages


def chat_post_message(world: World, args: Json) -> Json:
    world.need("chat:write")
    channel = world.channel(_given(args, "channel"))
    _may_post(world, channel)
    content, thread_ts = _content(world, args), world.thread_there(channel.id, args.get("thread_ts"))
    raw = args | {"reply_broadcast": _true(args.get("reply_broadcast"))}
    posted = world.post(channel.id, BOT_USER, **content, thread_ts=thread_ts, metadata=_metadata(args), raw=raw)
    return {"channel": channel.id, "ts": posted.ts, "message": posted.payload(with_metadata=True)}


def chat_update(world: World, args: Json) -> Json:
    world.need("chat:write")
    message = _own(world, args, "cant_update_message")
    if len(args.get("text") or "") > 4000:
        raise SlackError("msg_too_long")
    kept = {"blocks": message.blocks, "attachments": message.attachments}
    content = _content(world, kept | {name: value for name, value in args.items() if value is not None})
    message.metadata = _metadata(args) or message.metadata
    _edit(world, message, content)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": message.payload()}


def chat_delete(world: World, args: Json) -> Json:
    world.need("chat:write")
    message = _own(world, args, "cant_delete_message")
    world.remove(message)
    return {"channel": message.channel, "ts": message.ts}


def chat_post_ephemeral(world: World, args: Json) -> Json:
    world.need("chat:write")
    channel, user = world.channels.get(_given(args, "channel")), _given(args, "user")
    if channel is None:
        raise SlackError("channel_not_found")
    _may_see(channel)
    if channel.archived:
        raise SlackError("is_archived")
    if not channel.bot_in:
        raise SlackError("not_in_channel")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    said = world.whisper(user, channel.id, "chat.postEphemeral", _content(world, args), args.get("thread_ts"))
    return {"message_ts": said.ts}


def chat_get_permalink(world: World, args: Json) -> Json:
    message = world.message(_given(args, "channel"), _given(args, "message_ts"))
    return {"channel": message.channel, "permalink": world.permalink(message)}


def reactions_add(world: World, args: Json) -> Json:
    world.need("reactions:write")
    message = world.message(_given(args, "channel"), _given(args, "timestamp"))
    reaction = (_given(args, "name"), BOT_USER)
    if reaction in message.reactions:
        raise SlackError("already_reacted")
    message.reactions.append(reaction)
    world.changed()
    return {}


def reactions_remove(world: World, args: Json) -> Json:
    world.need("reactions:write")
    message = world.message(_given(args, "channel"), _given(args, "timestamp"))
    reaction = (_given(args, "name"), BOT_USER)
    if reaction not in message.reactions:
        raise SlackError("no_reaction")
    message.reactions.remove(reaction)
    world.changed()
    return {}


def blocks_validate(world: World, args: Json) -> Json:
    """Says of blocks, a message or a view what posting or opening it would; it needs no scope."""
    given = [name for name in ("blocks", "message", "view") if args.get(name)]
    if len(given) != 1:
        raise SlackError("invalid_arguments", "provide exactly one of blocks, message or view")
    about = args[given[0]]
    if given == ["view"]:
        found = view_problems(about)
    else:
        found = problems(about if given == ["blocks"] else (about or {}).get("blocks"), "message")
    if found:
        raise SlackError("invalid_blocks", *found, errors=[_located(one) for one in found])
    return {}


def _located(problem: str) -> Json:
    message, _, pointer = problem.removesuffix("]").partition(" [")
    return {"pointer": f"/{pointer.removeprefix('blocks/')}", "code": "failed_constraint", "message": message}


# -- views


def views_open(world: World, args: Json) -> Json:
    user, spec = _exchanged(world, args), _view(world, args, "modal")
    world.close_views(user, all=True)
    view = world.put_view(spec, user)
    world.open_views[user] = [view["id"]]
    return {"view": view}


def views_push(world: World, args: Json) -> Json:
    user, spec = _exchanged(world, args), _view(world, args, "modal")
    stack = world.open_views.get(user) or []
    if not stack:
        raise SlackError("not_found")
    if len(stack) == 3:
        raise SlackError("push_limit_reached")
    view = world.put_view(spec, user, below=world.views[stack[-1]])
    stack.append(view["id"])
    return {"view": view}


def views_update(world: World, args: Json) -> Json:
    by_name = (v for v in world.views.values() if v["external_id"] and v["external_id"] == args.get("external_id"))
    old = world.views.get(args.get("view_id") or "") or next(by_name, None)
    if old is None:
        raise SlackError("not_found")
    _unchanged(old, args)
    user = next((u for u, stack in world.open_views.items() if old["id"] in stack), None)
    owner = user or next(u for u, id in world.homes.items() if id == old["id"])
    return {"view": world.put_view(_view(world, args, old["type"], old), owner, old=old)}


def views_publish(world: World, args: Json) -> Json:
    user = _given(args, "user_id")
    if user not in world.users:
        raise SlackError("user_not_found")
    old = world.home(user)
    if old:
        _unchanged(old, args)
    view = world.put_view(_view(world, args, "home", old), user, old=old)
    world.homes[user] = view["id"]
    return {"view": view}


# -- people and places


def users_info(world: World, args: Json) -> Json:
    world.need("users:read")
    user = _given(args, "user")
    if user not in world.users:
        raise SlackError("user_not_found")
    return {"user": _shown(world, user)}


def users_lookup_by_email(world: World, args: Json) -> Json:
    world.need("users:read.email")
    wanted = _given(args, "email").lower()
    for user in world.users.values():
        visible = not (user.deleted or user.email_hidden or user.bot or world.stranger(user.id))
        if visible and user.email.lower() == wanted:
            return {"user": _shown(world, user.id)}
    raise SlackError("users_not_found")


def users_list(world: World, args: Json) -> Json:
    world.need("users:read")
    ours = [_shown(world, id) for id in world.users if not world.stranger(id)]
    return _page(args, "members", ours)


def conversations_info(world: World, args: Json) -> Json:
    channel = world.channel(_given(args, "channel"))
    world.need_in(channel, "read")
    _may_see(channel)
    return {"channel": channel.payload()}


def conversations_list(world: World, args: Json) -> Json:
    kinds = (args.get("types") or "public_channel").split(",")
    for kind, scope in (("public_channel", "channels"), ("private_channel", "groups"), ("im", "im")):
        if kind in kinds:
            world.need(f"{scope}:read")
    shown = [c.payload() for c in world.channels.values() if _kind(c) in kinds and (c.bot_in or not c.private)]
    return _page(args, "channels", shown)


def conversations_members(world: World, args: Json) -> Json:
    channel = world.channel(_given(args, "channel"))
    world.need_in(channel, "read")
    _may_see(channel)
    return _page(args, "members", sorted(channel.members))


def usergroups_list(world: World, args: Json) -> Json:
    world.need("usergroups:read")
    groups = [one.payload(world.team_id) for one in world.usergroups.values()]
    if not _true(args.get("include_users")):
        groups = [{name: value for name, value in one.items() if name != "users"} for one in groups]
    return {"usergroups": groups}


def usergroups_users_list(world: World, args: Json) -> Json:
    world.need("usergroups:read")
    group = world.usergroups.get(_given(args, "usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}


def conversations_open(world: World, args: Json) -> Json:
    world.need("im:write")
    user = _given(args, "users")
    if user not in world.users:
        raise SlackError("user_not_found")
    return {"channel": {"id": world.dm(user).id}}


def conversations_history(world: World, args: Json) -> Json:
    channel = _readable(world, args)
    return _page(args, "messages", _shown_messages(args, reversed(world.messages(channel.id))))


def conversations_replies(world: World, args: Json) -> Json:
    channel = _readable(world, args)
    try:
        parent = world.message(channel.id, _given(args, "ts"))
    except SlackError:
        raise SlackError("thread_not_found") from None
    return _page(args, "messages", _shown_messages(args, [parent, *parent.replies]))


METHODS: dict[str, Callable[[World, Json], Json]] = {
    "auth.test": auth_test,
    "team.info": team_info,
    "bots.info": bots_info,
    "apps.connections.open": apps_connections_open,
    "chat.postMessage": chat_post_message,
    "chat.update": chat_update,
    "chat.delete": chat_delete,
    "chat.postEphemeral": chat_post_ephemeral,
    "chat.getPermalink": chat_get_permalink,
    "reactions.add": reactions_add,
    "reactions.remove": reactions_remove,
    "files.getUploadURLExternal": files.get_upload_url,
    "files.completeUploadExternal": files.complete_upload,
    "blocks.validate": blocks_validate,
    "usergroups.list": usergroups_list,
    "usergroups.users.list": usergroups_users_list,
    "views.open": views_open,
    "views.push": views_push,
    "views.update": views_update,
    "views.publish": views_publish,
    "users.info": users_info,
    "users.lookupByEmail": users_lookup_by_email,
    "users.list": users_list,
    "conversations.info": conversations_info,
    "conversations.list": conversations_list,
    "conversations.members": conversations_members,
    "conversations.open": conversations_open,
    "conversations.history": conversations_history,
    "conversations.replies": conversations_replies,
}


# -- shared rules


def _given(args: Json, name: str) -> str:
    if not args.get(name):
        raise SlackError("invalid_arguments", f"missing required field: {name}")
    return str(args[name])


def _true(value: Any) -> bool:
    return value is True or str(value).lower() in ("true", "1")


def _content(world: World, args: Json) -> Json:
    """Checked text, blocks and attachments of something to be shown in a channel."""
    text, blocks, attachments = args.get("text") or "", args.get("blocks") or [], args.get("attachments") or []
    if not (text or blocks or attachments):
        raise SlackError("no_text")
    if len(text) > 40_000:
        raise SlackError("msg_too_long")
    if found := [*problems(blocks, "message"), *_not_fetched(world, blocks)]:
        raise SlackError("invalid_blocks", *found, errors=found)
    return {"text": text, "blocks": world.with_ids(blocks), "attachments": attachments}


def _not_fetched(world: World, blocks: list[Json]) -> list[str]:
    """Slack fetches every picture when a message is posted or changed, and refuses all of it where one fails."""
    return [
        f"downloading image failed [json-pointer:/blocks/{number}/image_url]"
        for number, block in enumerate(blocks)
        if block.get("type") == "image" and block.get("image_url") in world.unreachable
    ]


def _metadata(args: Json) -> Json | None:
    metadata: Json | None = args.get("metadata") or None
    if metadata and not all(isinstance(metadata.get(name), kind) for name, kind in METADATA.items()):
        raise SlackError("invalid_metadata_format")
    return metadata


def _edit(world: World, message: Message, content: Json) -> None:
    message.text, message.blocks, message.attachments = content["text"], content["blocks"], content["attachments"]
    message.edited = world.next_ts()
    world.changed()


def _own(world: World, args: Json, refusal: str) -> Message:
    message = world.message(_given(args, "channel"), _given(args, "ts"))
    if message.user != BOT_USER:
        raise SlackError(refusal)
    return message


def _may_see(channel: Channel) -> None:
    if channel.private and not channel.bot_in:
        raise SlackError("channel_not_found")


def _may_post(world: World, channel: Channel) -> None:
    _may_see(channel)
    if channel.archived:
        raise SlackError("is_archived")
    if not channel.bot_in:
        if "chat:write.public" not in world.scopes:
            raise SlackError("not_in_channel")
        world.need("chat:write.public")


def _readable(world: World, args: Json) -> Channel:
    channel = world.channel(_given(args, "channel"))
    world.need_in(channel, "history")
    _may_see(channel)
    if not channel.bot_in:
        raise SlackError("not_in_channel")
    return channel


def _shown(world: World, user: str) -> Json:
    with_email = "users:read.email" in world.scopes
    shown = world.users[user].payload(with_email=with_email, stranger=world.stranger(user))
    if "email" in shown["profile"]:
        world.scopes_used.add("users:read.email")
    return shown


def _kind(channel: Channel) -> str:
    return "im" if channel.user else "private_channel" if channel.private else "public_channel"


def _shown_messages(args: Json, messages: Any) -> list[Json]:
    oldest, latest = float(args.get("oldest") or 0), float(args.get("latest") or "inf")
    edges = _true(args.get("inclusive"))
    within = (m for m in messages if oldest < float(m.ts) < latest or (edges and float(m.ts) in (oldest, latest)))
    return [m.payload(with_metadata=_true(args.get("include_all_metadata"))) for m in within]


def _page(args: Json, name: str, items: Sequence[Json | str]) -> Json:
    start, size = int(args.get("cursor") or 0), int(args.get("limit") or 100)
    more = start + size < len(items)
    cursor = str(start + size) if more else ""
    return {name: items[start : start + size], "has_more": more, "response_metadata": {"next_cursor": cursor}}


def _exchanged(world: World, args: Json) -> str:
    """The user behind a trigger_id, which is good for one view within three seconds."""
    trigger = world.triggers.get(_given(args, "trigger_id"))
    if trigger is None:
        raise SlackError("invalid_trigger_id")
    if trigger.used:
        raise SlackError("exchanged_trigger_id")
    if world.now() - trigger.at > TRIGGER_SECONDS:
        raise SlackError("expired_trigger_id")
    if not view_problems(args.get("view")):
        trigger.used = True
    return trigger.user


def _view(world: World, args: Json, kind: str, old: Json | None = None) -> Json:
    spec: Json = args.get("view") or {}
    if found := view_problems(spec):
        raise SlackError("invalid_arguments", *found)
    if spec["type"] != kind:
        raise SlackError("invalid_arguments", f"view must be of type {kind}")
    name = spec.get("external_id")
    if name and any(v["external_id"] == name and v is not old for v in world.views.values()):
        raise SlackError("duplicate_external_id")
    return spec


def _unchanged(view: Json, args: Json) -> None:
    if args.get("hash") and args["hash"] != view["hash"]:
        raise SlackError("hash_conflict")
