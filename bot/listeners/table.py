"""Every listener and what calls it. The manifests name the same commands and shortcuts; a test compares them."""

from __future__ import annotations

from bot.listeners.boundary import bounded
from bot.listeners.dispatch import Dispatch
from bot.listeners.front import Front
from bot.slack import Slack


def register(app: Dispatch, front: Front, slack: Slack) -> None:
    """All of them, by what calls them."""
    for action in ("archive", "assign_to_me", "reopen", "unassign"):
        app.action(action)(bounded(slack, front.button(action)))
    app.command("/dm")(bounded(slack, front.dm_command))
    app.view("dm")(bounded(slack, front.dm_submitted))
    app.view("dm_choose")(bounded(slack, front.chosen))
    app.action("dm_choose_open")(bounded(slack, front.choose_button))
    app.action("send_again")(bounded(slack, front.send_again))
    app.action("open")(bounded(slack, front.nothing))
    app.shortcut("archive_thread")(bounded(slack, front.shortcut("archive")))
    app.shortcut("assign_to_me")(bounded(slack, front.shortcut("assign_to_me")))
    app.shortcut("send_as_dm")(bounded(slack, front.send_as_dm))
    app.command("/inbox")(bounded(slack, front.inbox_command))
    app.event("app_home_opened")(bounded(slack, front.opened_home))
    app.event("app_uninstalled")(bounded(slack, front.uninstalled))
    app.event("tokens_revoked")(bounded(slack, front.tokens_revoked))
