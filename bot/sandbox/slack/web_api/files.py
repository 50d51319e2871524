"""Files in the sandbox's Slack: where their bytes go, and where they are shown.

https://docs.slack.dev/messaging/working-with-files
"""

from __future__ import annotations

import json

from bot.sandbox.slack.records import BOT_USER, FileRecord, Json, SlackError
from bot.sandbox.slack.world import World

LONGEST_ALT = 1_000  # code points


def get_upload_url(world: World, args: Json) -> Json:
    """files.getUploadURLExternal: an id, and where exactly `length` bytes are to be posted."""
    world.need("files:write")
    length = str(args.get("length") or "")
    if not args.get("filename") or not length.isdecimal() or int(length) == 0:
        raise SlackError("invalid_arguments", "filename and length are required")
    if len(args.get("alt_txt") or "") > LONGEST_ALT:
        raise SlackError("alt_txt_too_large")
    file = FileRecord(world.next_id("F"), str(args["filename"]), int(length), str(args.get("alt_txt") or ""))
    world.files[file.id] = file
    return {"upload_url": f"{world.base_url}/upload/{file.id}", "file_id": file.id}


def upload(world: World, file_id: str, content: bytes) -> int:
    """The HTTP status of a POST of the bytes."""
    file = world.files.get(file_id)
    if file is None or len(content) != file.length:
        return 400
    file.content = content
    return 200


def complete_upload(world: World, args: Json) -> Json:
    """files.completeUploadExternal: the file becomes one, and is shown in a channel that the bot is in, if at all."""
    world.need("files:write")
    try:
        wanted = json.loads(args.get("files") or "[]")
        files = [world.files[one["id"]] for one in wanted]
    except (ValueError, TypeError, KeyError):
        raise SlackError("file_not_found") from None
    if not files or any(file.content is None for file in files):
        raise SlackError("file_not_found")
    for file, one in zip(files, wanted, strict=True):
        file.title = one.get("title") or file.name
    if channel := args.get("channel_id"):
        _share(world, channel, files, args)
    return {"files": [file.payload() for file in files]}


def _share(world: World, channel: str, files: list[FileRecord], args: Json) -> None:
    place = world.channels.get(channel)  # an id, and no user's
    if place is None:
        raise SlackError("channel_not_found")
    if not place.bot_in:
        raise SlackError("not_in_channel")
    for file in files:
        file.channel = place.id
    raw = {"files": [file.payload() for file in files]}
    said = str(args.get("initial_comment") or "")
    thread_ts = world.thread_there(place.id, args.get("thread_ts"))
    world.post(place.id, BOT_USER, text=said, thread_ts=thread_ts, raw=raw)
