"""What the page shows, as JSON: Slack as each person sees it, Inbox as customers and the team see it, and the bot."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from bot.manifest import manifest
from bot.sandbox.inbox.records import MessageRecord, PersonRecord, ThreadRecord, iso
from bot.sandbox.inbox.server import SandboxInbox
from bot.sandbox.page.theatre import Theatre
from bot.sandbox.slack.records import BOT_USER, Channel, Message, User
from bot.sandbox.slack.server import SandboxSlack

Json = dict[str, Any]
FEATURES: Final = manifest(None)["features"]


def everything(theatre: Theatre, since: str) -> Json:
    """The whole state by part; `since` is the Slack time from which ephemeral messages are still on screen."""
    slack, inbox = theatre.scene.slack, theatre.scene.inbox
    return {
        "slack": {
            "team": slack.team_name,
            "bot": BOT_USER,
            "people": [_person(slack, inbox, user) for user in slack.users.values() if not user.bot],
            "channels": [_channel(slack, one) for one in slack.channels.values()],
            "groups": [{"id": one.id, "handle": one.handle} for one in slack.usergroups.values()],
            "commands": FEATURES["slash_commands"],
            "shortcuts": FEATURES["shortcuts"],
        },
        "messages": {id: _messages(slack, id) for id in slack.channels},
        "ephemerals": [vars(one) for one in slack.ephemerals() if one.ts > since],
        "modals": {user: slack.modal(user) for user in slack.open_views},
        "homes": {user: slack.home(user) for user in slack.homes},
        "inbox": _inbox(inbox),
        "bot": _bot(theatre),
    }


def _bot(theatre: Theatre) -> Json:
    return {
        "up": theatre.stage is not None,
        "version": theatre.stage.bridge.inbox.version if theatre.stage else theatre.version,
        "channel": theatre.channel,
        "faults": theatre.faults,
    }


def _person(slack: SandboxSlack, inbox: SandboxInbox, user: User) -> Json:
    return {"id": user.id, "name": user.name, "role": _role(slack, inbox, user), "stranger": slack.stranger(user.id)}


def _role(slack: SandboxSlack, inbox: SandboxInbox, user: User) -> str:
    if slack.stranger(user.id):
        return "of another organisation"
    if user.guest or user.ultra:
        return "guest"
    if user.email.lower() not in {member.email.lower() for member in inbox.world.members.values()}:
        return "has no seat in Inbox"
    return "admin" if user.admin else "member"


def _channel(slack: SandboxSlack, channel: Channel) -> Json:
    shown = {"id": channel.id, "name": channel.name, "private": channel.private, "shared": channel.shared}
    return shown | {"user": channel.user, "members": sorted(channel.members)}


def _messages(slack: SandboxSlack, channel: str) -> list[Json]:
    return [_message(slack, one) | {"replies": _replies(slack, one.replies)} for one in slack.messages(channel)]


def _replies(slack: SandboxSlack, replies: Iterable[Message]) -> list[Json]:
    return [_message(slack, one) for one in replies if not one.deleted]


def _message(slack: SandboxSlack, message: Message) -> Json:
    shown = message.payload()
    files = [{**one, "url": f"/file/{one['id']}"} for one in shown.get("files", [])]
    return shown | {"channel": message.channel, "files": files, "notified": sorted(slack.notified(message))}


def _inbox(inbox: SandboxInbox) -> Json:
    world = inbox.world
    threads = {thread.person.profile_id: thread for thread in world.threads.values()}
    return {
        "accounts": [
            {"id": one.id, "username": one.username, "platform": one.platform, "status": one.status}
            for one in world.accounts.values()
        ],
        "members": [{"id": one.id, "name": one.name or one.email} for one in world.members.values()],
        "statuses": [{"id": one.id, "name": one.name} for one in world.labels["status"].values()],
        "people": [
            {"id": one.profile_id, "name": one.name, "username": one.username, "platform": one.platform}
            | _known(inbox, one)
            | {"thread": _thread(inbox, threads[one.profile_id]) if one.profile_id in threads else None}
            for one in world.people.values()
        ],
    }


def _known(inbox: SandboxInbox, person: PersonRecord) -> Json:
    """What the team has noted of somebody."""
    tags = inbox.world.labels["tag"]
    return {
        "status": person.status_id,
        "tags": [tags[one].name for one in person.tag_ids],
        "value": person.valuation,
        "notes": person.notes,
    }


def _thread(inbox: SandboxInbox, thread: ThreadRecord) -> Json:
    return {
        "id": thread.id,
        "url": f"https://x.com/i/chat/{thread.platform_id}" if thread.platform == "twitter" else None,
        "account": inbox.world.accounts[thread.account_id].username,
        "assignee": thread.effective_assignee,
        "archived": thread.archived,
        "request": thread.is_request,
        "messages": [_said(inbox, message) for message in thread.messages],
    }


def _said(inbox: SandboxInbox, message: MessageRecord) -> Json:
    member = inbox.world.members.get(message.member_id or "")
    return {
        "id": message.id,
        "by": message.by,
        "who": member.name if member else None,
        "text": message.text,
        "at": iso(message.created_at),
        "attachments": message.attachments,
        "edited": message.edited_at is not None,
        "deleted": message.deleted_at is not None,
    }
