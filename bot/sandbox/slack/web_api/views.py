"""The methods `views.*`: modals and Home tabs."""

from __future__ import annotations

from bot.sandbox.slack.block_kit.blocks import view_problems
from bot.sandbox.slack.records import Json, SlackError
from bot.sandbox.slack.web_api.arguments import given
from bot.sandbox.slack.web_api.messages import refused
from bot.sandbox.slack.world import World


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
    user = given(args, "user_id")
    if user not in world.users:
        raise SlackError("user_not_found")
    old = world.home(user)
    if old:
        _unchanged(old, args)
    view = world.put_view(_view(world, args, "home", old), user, old=old)
    world.homes[user] = view["id"]
    return {"view": view}


def _exchanged(world: World, args: Json) -> str:
    """The user behind a trigger_id, which is good for one view within three seconds."""
    trigger = world.triggers.get(given(args, "trigger_id"))
    if trigger is None:
        raise SlackError("invalid_trigger_id")
    if trigger.used:
        raise SlackError("exchanged_trigger_id")
    if world.now() - trigger.at > world.patience:
        raise SlackError("expired_trigger_id")
    if not _problems(world, args.get("view")):
        trigger.used = True
    return trigger.user


def _view(world: World, args: Json, kind: str, old: Json | None = None) -> Json:
    spec: Json = args.get("view") or {}
    if found := _problems(world, spec):
        raise SlackError("invalid_arguments", *found)
    if spec["type"] != kind:
        raise SlackError("invalid_arguments", f"view must be of type {kind}")
    name = spec.get("external_id")
    if name and any(v["external_id"] == name and v is not old for v in world.views.values()):
        raise SlackError("duplicate_external_id")
    return spec


def _problems(world: World, view: object) -> list[str]:
    return [*view_problems(view), *refused(world, view)]


def _unchanged(view: Json, args: Json) -> None:
    if args.get("hash") and args["hash"] != view["hash"]:
        raise SlackError("hash_conflict")
