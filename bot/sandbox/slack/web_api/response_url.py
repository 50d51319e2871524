"""What the bot posts to a response_url."""

from __future__ import annotations

from typing import Any

from bot.sandbox.slack.records import BOT_USER, Hook, Json, SlackError
from bot.sandbox.slack.web_api.arguments import true
from bot.sandbox.slack.web_api.messages import checked_content, edit
from bot.sandbox.slack.world import HOOK_SECONDS, HOOK_USES, World


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
    if true(body.get("delete_original")):
        if hook.ephemeral:
            hook.ephemeral.deleted = True
        elif hook.message:
            world.remove(hook.message)
        world.changed()
        return
    content = checked_content(world, body)
    in_channel = body.get("response_type") == "in_channel"
    if true(body.get("replace_original")) and hook.ephemeral:
        hook.ephemeral.text, hook.ephemeral.blocks = content["text"], content["blocks"]
        world.changed()
    elif true(body.get("replace_original")) and hook.message:
        edit(world, hook.message, content)
    elif in_channel:
        thread_ts = world.thread_there(hook.channel, body.get("thread_ts"))
        world.post(hook.channel, BOT_USER, **content, thread_ts=thread_ts, raw=body)
    else:
        said = world.whisper(hook.user, hook.channel, "response_url", content, body.get("thread_ts"))
        if hook.message is None and hook.ephemeral is None:  # else what was acted on stays the original
            hook.ephemeral = said
