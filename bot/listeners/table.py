"""Every listener and what calls it. The manifests name the same commands and shortcuts; a test compares them."""

from __future__ import annotations

from bot.jobs import OpenAssign, OpenReply
from bot.listeners.boundary import bounded
from bot.listeners.dispatch import Dispatch
from bot.listeners.front import Front
from bot.listeners.talk import Talk
from bot.slack import Slack


def register(app: Dispatch, front: Front, talk: Talk, slack: Slack) -> None:
    """All of them, by what calls them."""
    for action in ("archive", "assign_to_me", "reopen", "unassign"):
        app.action(action)(bounded(slack, front.button(action)))
    app.action("reply")(bounded(slack, front.form("Reply", OpenReply)))
    app.action("assign_to")(bounded(slack, front.form("Assign to…", OpenAssign)))
    app.view("reply")(bounded(slack, front.replied))
    app.view_closed("reply")(bounded(slack, front.reply_closed))
    app.view("assign_to")(bounded(slack, front.assigned))
    app.command("/dm")(bounded(slack, front.dm_command))
    app.view("dm")(bounded(slack, front.dm_submitted))
    app.view("dm_choose")(bounded(slack, front.chosen))
    app.action("dm_choose_open")(bounded(slack, front.choose_button))
    app.action("send_again")(bounded(slack, front.send_again))
    app.action("move_thread")(bounded(slack, front.move_thread))
    app.view("move_thread")(bounded(slack, front.move_submitted))
    app.view("channel_settings")(bounded(slack, front.settings_submitted))
    app.action("assignments_off")(bounded(slack, front.assignments_off))
    app.action("open")(bounded(slack, front.nothing))
    app.shortcut("archive_thread")(bounded(slack, front.shortcut("archive")))
    app.shortcut("assign_to_me")(bounded(slack, front.shortcut("assign_to_me")))
    app.shortcut("reopen_thread")(bounded(slack, front.shortcut("reopen")))
    app.shortcut("unassign")(bounded(slack, front.shortcut("unassign")))
    app.shortcut("assign_to")(bounded(slack, front.form("Assign to…", OpenAssign)))
    app.shortcut("reply")(bounded(slack, front.form("Reply", OpenReply)))
    app.shortcut("send_as_dm")(bounded(slack, front.send_as_dm))
    app.shortcut("find_in_inbox")(bounded(slack, front.find_in_inbox))
    app.shortcut("why_here")(bounded(slack, front.why_here))
    app.command("/inbox")(bounded(slack, front.inbox_command))
    for page in ("page_on", "page_back"):
        app.action(page)(bounded(slack, front.turn_page))
    app.action("send_anyway")(bounded(slack, front.answer(send=True)))
    app.action("send_not")(bounded(slack, front.answer(send=False)))
    app.action("my_choices")(bounded(slack, front.my_choices))
    app.event("app_home_opened")(bounded(slack, front.opened_home))
    app.event("app_uninstalled")(bounded(slack, front.uninstalled))
    app.event("tokens_revoked")(bounded(slack, front.tokens_revoked))
    app.event("message")(bounded(slack, talk.message))
