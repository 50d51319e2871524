"""Every listener and what calls it. The manifests name the same commands and shortcuts; a test compares them."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.listeners.boundary import bounded
from bot.listeners.front import Front
from bot.slack import Slack


def register(app: AsyncApp, front: Front, slack: Slack) -> None:
    """Tell Bolt about all of them; the most frequent come first, as Bolt tries them in order."""
    for action in ("archive", "assign_to_me", "reopen", "unassign"):
        app.action(action)(bounded(slack, front.button(action)))
    app.command("/dm")(bounded(slack, front.dm_command))
    app.view("dm")(bounded(slack, front.dm_submitted))
    app.view("dm_choose")(bounded(slack, front.chosen))
    app.action("dm_choose_open")(bounded(slack, front.choose_button))
    app.action("send_again")(bounded(slack, front.send_again))
    app.action("move_thread")(bounded(slack, front.move_thread))
    app.view("move_thread")(bounded(slack, front.move_submitted))
    app.view("channel_settings")(bounded(slack, front.settings_submitted))
    app.action("open")(bounded(slack, front.nothing))
    app.shortcut("archive_thread")(bounded(slack, front.shortcut("archive")))
    app.shortcut("assign_to_me")(bounded(slack, front.shortcut("assign_to_me")))
    app.shortcut("send_as_dm")(bounded(slack, front.send_as_dm))
    app.shortcut("why_here")(bounded(slack, front.why_here))
    app.command("/inbox")(bounded(slack, front.inbox_command))
    app.event("app_home_opened")(bounded(slack, front.opened_home))
    app.event("app_uninstalled")(bounded(slack, front.uninstalled))
    app.event("tokens_revoked")(bounded(slack, front.tokens_revoked))
