"""What people read of giving conversations to colleagues, as Slack mrkdwn."""

from __future__ import annotations

from bot.text import plain

WHO_IS_LISTED = (
    "Everybody with a seat in Inbox. Who gets it is told in a direct message, unless they switched that off."
)
REPLY_ASSIGNS_USAGE = "Use `/inbox reply-assigns on` or `/inbox reply-assigns off` in the channel that it is for."


def assigned_you(by: str, name: str, handle: str) -> str:
    """What the new assignee reads."""
    whom = f"*{plain(name, 100)}*" + (f" ({plain(handle, 100)})" if handle and handle != name else "")
    return f"{plain(by, 100)} assigned you the conversation with {whom}."


def reply_assigns(channel: str, *, on: bool) -> str:
    """`channel` is Slack's id."""
    if on:
        return f"In <#{channel}>, who replies to a conversation that nobody has takes it from now on."
    return f"In <#{channel}>, a reply no longer assigns the conversation."


def told_of_assignment(*, on: bool) -> str:
    if on:
        return "I tell you in a direct message when a colleague assigns you a conversation."
    return "I no longer tell you when a colleague assigns you a conversation. `/inbox assignments on` brings it back."
