"""What people read of a change that was not to be made, as Slack mrkdwn."""

from __future__ import annotations

from bot.text import plain


def archived_already(by: str | None = None) -> str:
    return f"That conversation is already archived{_by(by)}."


def open_already(by: str | None = None) -> str:
    return f"That conversation is already open{_by(by)}."


def assigned_already(assignee: str | None = None) -> str:
    return f"That conversation is already assigned to {plain(assignee, 100) if assignee else 'you'}."


def unassigned_already() -> str:
    return "That conversation is already unassigned."


def still_assigned(assignee: str) -> str:
    """Unassign did not take the assignee away, as the contact has one."""
    return (
        f"The conversation is assigned to {plain(assignee, 100)} through the contact, so Unassign can't take it away. "
        "Give it to somebody else with *Assign to…*, or change the contact's assignee in Inbox."
    )


def _by(who: str | None) -> str:
    return f" (by {plain(who, 100)})" if who else ""
