"""The Slack app's manifest: what `bot manifest` prints, what `manifests/` hold, and the scopes that `bot doctor` wants.

https://docs.slack.dev/reference/app-manifest
"""

from __future__ import annotations

import json
from typing import Any, Final

Json = dict[str, Any]

SCOPES: Final = ("commands", "chat:write", "users:read", "users:read.email", "channels:read", "groups:read")
# Only for what an admin switches on in a channel (`/inbox replies`), and for rules that name a user group.
# Whoever installs the app may leave them out:
# https://docs.slack.dev/changelog/2026/03/16/optional-scopes
FOR_REPLIES: Final = frozenset({"channels:history", "groups:history", "reactions:write"})
FOR_GROUPS: Final = "usergroups:read"
OPTIONAL: Final = (*sorted(FOR_REPLIES), FOR_GROUPS)
MESSAGES: Final = ("message.channels", "message.groups")
SHARING: Final = ("channel_shared", "channel_unshared")
EVENTS: Final = ("app_home_opened", "app_uninstalled", "tokens_revoked", *SHARING, *MESSAGES)
SHORTCUTS: Final = (  # older manifests have others besides, which are answered as well
    ("Reply in Inbox", "reply", "Answer the Inbox conversation of this card"),
    ("Archive or reopen", "archive_thread", "Archive the Inbox conversation of this card, or open it again"),
    ("Take or give back", "assign_to_me", "Take the Inbox conversation of this card, or give it back"),
    ("This message…", "this_message", "What you can do with this message of a conversation, and why it is here"),
    ("Send as DM", "send_as_dm", "Send this message to someone as a direct message"),
    ("Find in Inbox", "find_in_inbox", "List the conversations with whom this message links to"),
)
PLACEHOLDER: Final = "https://YOUR-HOST"
_ABOUT: Final = (
    "New direct messages in Inbox arrive as cards in a shared channel. Anyone on the team claims a conversation, "
    "answers it, gives it to a colleague or archives it there, and /dm starts a new one from the team's own account. "
    "A card always shows the present state, whoever changed it and wherever. What you write in a card's Slack thread "
    "stays in Slack, but for what begins with a prefix where an admin chose one: sending is always explicit, and you "
    "get a receipt. Only members of your workspace with a seat in Inbox can act."
)


def manifest(url: str | None) -> Json:
    """For HTTP below `url` (`https://host`), or for Socket Mode when it is None."""
    request: Json = {} if url is None else {"request_url": f"{url.rstrip('/')}/slack/events"}
    options = {"message_menu_options_url": request["request_url"]} if request else {}  # of the /dm form's menu
    return {
        "_metadata": {"major_version": 2},
        "display_information": {
            "name": "Inbox bridge",
            "description": "Your team's X and LinkedIn direct messages, where your team already talks.",
            "long_description": _ABOUT,
            "background_color": "#1d2a44",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "Inbox", "always_online": True},
            "shortcuts": [_shortcut(*one) for one in SHORTCUTS],
            "slash_commands": [
                # What is typed after /dm goes to a customer as it is; in /inbox, Slack should name people by id.
                _command(request, "/dm", "Send a direct message from your team's account", "@handle text", False),
                _command(request, "/inbox", "Find and manage Inbox conversations", "help", True),
            ],
        },
        "oauth_config": {"scopes": {"bot": [*SCOPES, *OPTIONAL], "bot_optional": list(OPTIONAL)}},
        "settings": {
            "event_subscriptions": {**request, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **request, **options},
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }


def as_json(url: str | None) -> str:
    """The manifest as text, ready to paste."""
    return json.dumps(manifest(url), indent=2, ensure_ascii=False) + "\n"


def _shortcut(name: str, callback_id: str, description: str) -> Json:
    return {"name": name, "type": "message", "callback_id": callback_id, "description": description}


def _command(request: Json, name: str, description: str, hint: str, escape: bool) -> Json:
    address = {"url": request["request_url"]} if request else {}
    return {"command": name, **address, "description": description, "usage_hint": hint, "should_escape": escape}
