"""Methods that tell of people, user groups and channels: `users.*`, `usergroups.*`, `conversations.*`."""

from __future__ import annotations

from bot.sandbox.slack.records import Channel, Json, SlackError
from bot.sandbox.slack.web_api.arguments import given, page, true
from bot.sandbox.slack.world import World


def users_info(world: World, args: Json) -> Json:
    world.need("users:read")
    user = given(args, "user")
    if user not in world.users:
        raise SlackError("user_not_found")
    return {"user": _shown(world, user)}


def users_lookup_by_email(world: World, args: Json) -> Json:
    world.need("users:read.email")
    wanted = given(args, "email").lower()
    for user in world.users.values():
        visible = not (user.deleted or user.email_hidden or user.bot or world.stranger(user.id))
        if visible and user.email.lower() == wanted:
            return {"user": _shown(world, user.id)}
    raise SlackError("users_not_found")


def users_list(world: World, args: Json) -> Json:
    world.need("users:read")
    ours = [_shown(world, id) for id in world.users if not world.stranger(id)]
    return page(args, "members", ours)


def usergroups_list(world: World, args: Json) -> Json:
    world.need("usergroups:read")
    groups = [one.payload(world.team_id) for one in world.usergroups.values()]
    if not true(args.get("include_users")):
        groups = [{name: value for name, value in one.items() if name != "users"} for one in groups]
    return {"usergroups": groups}


def usergroups_users_list(world: World, args: Json) -> Json:
    world.need("usergroups:read")
    group = world.usergroups.get(given(args, "usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}


def conversations_info(world: World, args: Json) -> Json:
    channel = world.channel(given(args, "channel"))
    world.need_in(channel, "read")
    may_see(channel)
    return {"channel": channel.payload(world.team_id)}


def conversations_list(world: World, args: Json) -> Json:
    kinds = (args.get("types") or "public_channel").split(",")
    for kind, scope in (("public_channel", "channels"), ("private_channel", "groups"), ("im", "im")):
        if kind in kinds:
            world.need(f"{scope}:read")
    shown = [
        c.payload(world.team_id) for c in world.channels.values() if _kind(c) in kinds and (c.bot_in or not c.private)
    ]
    return page(args, "channels", shown)


def conversations_members(world: World, args: Json) -> Json:
    channel = world.channel(given(args, "channel"))
    world.need_in(channel, "read")
    may_see(channel)
    return page(args, "members", sorted(channel.members))


def conversations_open(world: World, args: Json) -> Json:
    world.need("im:write")
    user = given(args, "users")
    if user not in world.users:
        raise SlackError("user_not_found")
    return {"channel": {"id": world.dm(user).id}}


def may_see(channel: Channel) -> None:
    if channel.private and not channel.bot_in:
        raise SlackError("channel_not_found")


def _shown(world: World, user: str) -> Json:
    with_email = "users:read.email" in world.scopes
    shown = world.users[user].payload(with_email=with_email, stranger=world.stranger(user))
    if "email" in shown["profile"]:
        world.scopes_used.add("users:read.email")
    return shown


def _kind(channel: Channel) -> str:
    return "im" if channel.user else "private_channel" if channel.private else "public_channel"
