"""What people read of what they do with one message, as Slack mrkdwn."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.text import literal, plain, when_long

TALK: Final = "Your own team wrote this: it stays in Slack, and is no part of the conversation in Inbox."
UNKNOWN: Final = (
    "I can no longer tell which message of the conversation this is: I remember that for a week. Use *Reply* on the "
    "card, or *Open conversation*."
)
DELETED: Final = "It was deleted."
TOO_LONG: Final = "That message is longer than a form in Slack takes. Edit it in Inbox."
NO_EMOJI: Final = "Choose one emoji, or write one: 👍 or :thumbsup:"  # beside a field
NOT_CONFIRMED: Final = (
    "Inbox didn't answer for 10 minutes, so I can't say whether that was done. Look at the conversation before you try "
    "it again."
)


def too_late(closed: datetime | None) -> str:
    """The platform's window is over, since `closed` where that is known."""
    since = f" since {when_long(closed)}" if closed else ""
    return f"The platform allows that only for a while after sending, and that time is over{since}."


def cannot(account: str, platform: str) -> str:
    return f"{plain(account, 100)} can't do that on {plain(platform, 40)}."


def forbidden(platform: str) -> str:
    return f"{plain(platform, 40)} doesn't allow that in this conversation."


def edited(name: str) -> str:
    return f"{plain(name, 100)} reads the edited message now."


def edited_meanwhile(says: str) -> str:
    """Nothing was changed; `says` is what somebody else made of the message."""
    return (
        f"Somebody has edited that message meanwhile, so I left it as it is. It says: “{plain(says, 500)}”. Edit it "
        "again if it is to say this:"
    )


def unsent(name: str) -> str:
    return f"The message to {plain(name, 100)} was taken back."


def reacted(name: str, emoji: str) -> str:
    return f"You reacted with {plain(emoji, 20)} in the conversation with {plain(name, 100)}."


def warning(name: str) -> str:
    """Literal, in the question before a message is taken back."""
    return f"{literal(name, 100)} no longer sees it. That can't be undone."
