"""The Web API methods of the sandbox's Slack by name, each a function of its world and of decoded arguments.

Error codes are those of https://docs.slack.dev/reference/methods; refusals are raised as SlackError.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.sandbox.slack.records import APP_ID, BOT_ID, BOT_USER, Json, SlackError
from bot.sandbox.slack.web_api import files, messages, people, views
from bot.sandbox.slack.world import World


def answer(world: World, method: str, args: Json) -> Json:
    """What `method` answers to decoded arguments, refusals included."""
    known = METHODS.get(method)
    try:
        return {"ok": True, **known(world, args)} if known else {"ok": False, "error": "unknown_method"}
    except SlackError as error:
        return error.answer


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


METHODS: dict[str, Callable[[World, Json], Json]] = {
    "auth.test": auth_test,
    "team.info": team_info,
    "bots.info": bots_info,
    "apps.connections.open": apps_connections_open,
    "chat.postMessage": messages.chat_post_message,
    "chat.update": messages.chat_update,
    "chat.delete": messages.chat_delete,
    "chat.postEphemeral": messages.chat_post_ephemeral,
    "chat.getPermalink": messages.chat_get_permalink,
    "reactions.add": messages.reactions_add,
    "reactions.remove": messages.reactions_remove,
    "files.getUploadURLExternal": files.get_upload_url,
    "files.completeUploadExternal": files.complete_upload,
    "blocks.validate": messages.blocks_validate,
    "usergroups.list": people.usergroups_list,
    "usergroups.users.list": people.usergroups_users_list,
    "views.open": views.views_open,
    "views.push": views.views_push,
    "views.update": views.views_update,
    "views.publish": views.views_publish,
    "users.info": people.users_info,
    "users.lookupByEmail": people.users_lookup_by_email,
    "users.list": people.users_list,
    "conversations.info": people.conversations_info,
    "conversations.list": people.conversations_list,
    "conversations.members": people.conversations_members,
    "conversations.open": people.conversations_open,
    "conversations.history": messages.conversations_history,
    "conversations.replies": messages.conversations_replies,
}
