"""Methods that post, change, read and react to messages: `chat.*`, `reactions.*`, `conversations.history`."""

from __future__ import annotations

import json
from collections.abc import Iterable

from bot.sandbox.slack.block_kit.blocks import problems, view_problems
from bot.sandbox.slack.records import BOT_USER, Channel, Json, Message, SlackError
from bot.sandbox.slack.web_api.arguments import given, page, true
from bot.sandbox.slack.web_api.people import may_see
from bot.sandbox.slack.world import World

METADATA = {"event_type": str, "event_payload": dict}


def chat_post_message(world: World, args: Json) -> Json:
    world.need("chat:write")
    channel = world.place(given(args, "channel"))
    _may_post(world, channel)
    content, thread_ts = checked_content(world, args), world.thread_there(channel.id, args.get("thread_ts"))
    raw = args | {"reply_broadcast": true(args.get("reply_broadcast"))}
    posted = world.post(channel.id, BOT_USER, **content, thread_ts=thread_ts, metadata=_metadata(args), raw=raw)
    return {"channel": channel.id, "ts": posted.ts, "message": posted.payload(with_metadata=True)}


def chat_update(world: World, args: Json) -> Json:
    world.need("chat:write")
    message = _own(world, args, "cant_update_message")
    if world.channel(message.channel).archived:
        raise SlackError("is_inactive")
    if len(args.get("text") or "") > 4000:
        raise SlackError("msg_too_long")
    kept = {"blocks": message.blocks, "attachments": message.attachments}
    content = checked_content(world, kept | {name: value for name, value in args.items() if value is not None})
    message.metadata = _metadata(args) or message.metadata
    edit(world, message, content)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": message.payload()}


def chat_delete(world: World, args: Json) -> Json:
    world.need("chat:write")
    message = _own(world, args, "cant_delete_message")
    world.remove(message)
    return {"channel": message.channel, "ts": message.ts}


def chat_post_ephemeral(world: World, args: Json) -> Json:
    world.need("chat:write")
    channel, user = world.channels.get(given(args, "channel")), given(args, "user")
    if channel is None:
        raise SlackError("channel_not_found")
    may_see(channel)
    if channel.archived:
        raise SlackError("is_archived")
    if not channel.bot_in:
        raise SlackError("not_in_channel")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    said = world.whisper(user, channel.id, "chat.postEphemeral", checked_content(world, args), args.get("thread_ts"))
    return {"message_ts": said.ts}


def chat_get_permalink(world: World, args: Json) -> Json:
    message = world.message(given(args, "channel"), given(args, "message_ts"))
    return {"channel": message.channel, "permalink": world.permalink(message)}


def conversations_history(world: World, args: Json) -> Json:
    channel = _readable(world, args)
    return page(args, "messages", _shown_messages(args, reversed(world.messages(channel.id))))


def conversations_replies(world: World, args: Json) -> Json:
    channel = _readable(world, args)
    try:
        parent = world.message(channel.id, given(args, "ts"))
    except SlackError:
        raise SlackError("thread_not_found") from None
    return page(args, "messages", _shown_messages(args, [parent, *parent.replies]))


def reactions_add(world: World, args: Json) -> Json:
    world.need("reactions:write")
    message = world.message(given(args, "channel"), given(args, "timestamp"))
    reaction = (given(args, "name"), BOT_USER)
    if reaction in message.reactions:
        raise SlackError("already_reacted")
    message.reactions.append(reaction)
    world.changed()
    return {}


def reactions_remove(world: World, args: Json) -> Json:
    world.need("reactions:write")
    message = world.message(given(args, "channel"), given(args, "timestamp"))
    reaction = (given(args, "name"), BOT_USER)
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


def checked_content(world: World, args: Json) -> Json:
    """Checked text, blocks and attachments of something to be shown in a channel."""
    text, blocks, attachments = args.get("text") or "", args.get("blocks") or [], args.get("attachments") or []
    if not (text or blocks or attachments):
        raise SlackError("no_text")
    if len(text) > 40_000:
        raise SlackError("msg_too_long")
    if found := [*problems(blocks, "message"), *_not_fetched(world, blocks), *refused(world, [text, blocks])]:
        raise SlackError("invalid_blocks", *found, errors=found)
    return {"text": text, "blocks": world.with_ids(blocks), "attachments": attachments}


def refused(world: World, content: object) -> list[str]:
    """Whether one of the words is in it that Slack does not take."""
    found = json.dumps(content, ensure_ascii=False) if world.refused else ""
    return ["failed to match all allowed schemas" for one in world.refused if one in found]


def _not_fetched(world: World, blocks: list[Json]) -> list[str]:
    """Slack fetches every picture when a message is posted or changed, and refuses all of it where one fails."""
    return [
        f"downloading image failed [json-pointer:/blocks/{number}/image_url]"
        for number, block in enumerate(blocks)
        for one in [block, *block.get("elements", ())]
        if one.get("type") == "image" and one.get("image_url") in world.unreachable
    ]


def _metadata(args: Json) -> Json | None:
    metadata: Json | None = args.get("metadata") or None
    if metadata and not all(isinstance(metadata.get(name), kind) for name, kind in METADATA.items()):
        raise SlackError("invalid_metadata_format")
    return metadata


def edit(world: World, message: Message, content: Json) -> None:
    message.text, message.blocks, message.attachments = content["text"], content["blocks"], content["attachments"]
    message.edited = world.next_ts()
    world.changed()


def _own(world: World, args: Json, refusal: str) -> Message:
    message = world.message(given(args, "channel"), given(args, "ts"))
    if message.user != BOT_USER:
        raise SlackError(refusal)
    return message


def _may_post(world: World, channel: Channel) -> None:
    may_see(channel)
    if channel.archived:
        raise SlackError("is_archived")
    if not channel.bot_in:
        if "chat:write.public" not in world.scopes:
            raise SlackError("not_in_channel")
        world.need("chat:write.public")


def _readable(world: World, args: Json) -> Channel:
    channel = world.channel(given(args, "channel"))
    world.need_in(channel, "history")
    may_see(channel)
    if not channel.bot_in:
        raise SlackError("not_in_channel")
    return channel


def _shown_messages(args: Json, messages: Iterable[Message]) -> list[Json]:
    oldest, latest = float(args.get("oldest") or 0), float(args.get("latest") or "inf")
    edges = true(args.get("inclusive"))
    within = (m for m in messages if oldest < float(m.ts) < latest or (edges and float(m.ts) in (oldest, latest)))
    return [m.payload(with_metadata=true(args.get("include_all_metadata"))) for m in within]
