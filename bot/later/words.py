"""What people read of messages that are sent later, as Slack mrkdwn."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.text import when_long

CANCELLED: Final = "{who} the message to {whom}. {sent} This is what it says:"
OVER: Final = (
    "That message waits no longer: it was sent, cancelled or handed back. `/inbox scheduled` lists those that wait."
)
GOES_SO: Final = "That message is on its way already, as you wrote it."
NEWER: Final = "Read it in my direct message to you, and answer there: nothing is sent until then."
STILL_ASKS: Final = (
    f"Saved, but not answered: the question that I have about this message is newer than that form. {NEWER}"
)
ASKS_BY_NOW: Final = f"Not sent: the question that I have about this message is newer than that button. {NEWER}"
ANSWERS: Final = "To save this is your answer, so read the conversation first."
NONE: Final = "No message waits to be sent later. *Send at* in the form of *Reply* and `/dm` makes one."
NOW: Final = "I'm sending it now."
SINCE_COPY: Final = (
    "A copy of my data was put back, so this may have been sent, changed or cancelled since. Read the conversation "
    "first."
)
COPIED: Final = f"I hold this to *{{name}}* ({{when}}). {SINCE_COPY}"


def holds(seconds: int) -> str:
    if not seconds:
        return "What you send goes out at once."
    return f"What you send waits {seconds} s, and you have *Undo* as long."


def unanswered(*, copied: bool) -> str:
    """Why it is over; `copied`: what is said of that follows."""
    if copied:
        return "You haven't answered for a week, so I don't send it any more."
    return "You haven't answered for a week, so nothing was sent. Write again if it is still right."


def since_copy(said: str, *, copied: bool) -> str:
    """What is said of a message that was not sent here, and for a `copied` one that it may have been elsewhere."""
    return f"{said} {SINCE_COPY}" if copied else said


def nothing_sent(*, copied: bool) -> str:
    return SINCE_COPY if copied else "Nothing was sent."


def doing(*, own: bool) -> str:
    return "✋ It waits for your answer." if own else "✋ It waits for its writer's answer."


def asks(why: str, name: str, at: datetime, colleague: str = "", *, copied: bool = False) -> str:
    """Why its writer is asked before it is sent; `name` is mrkdwn, `colleague` the Slack user who wrote to them, and
    `copied` says that a copy of a bot that ran on was put back.
    """
    when = when_long(at)
    said = {
        "wrote": f"*{name}* has written since you wrote this, so I hold it ({when}). Read that first.",
        "late": f"This was to be sent to *{name}* {when}; I was away then, for more than an hour. Is it still right?",
        "order": f"An earlier message to *{name}* still waits for an answer, so I hold this one too ({when}).",
        "colleague": f"<@{colleague}> has written to *{name}* meanwhile, so I hold this ({when}).",
    }[why]
    if copied:
        said = COPIED.format(name=name, when=when) if why == "late" else f"{said} {SINCE_COPY}"
    return f"{said} Nothing is sent until you decide."


def changed(at: datetime) -> str:
    return f"Saved: it is sent {when_long(at)}."


def too_long(most: int) -> str:
    """In the form that changes a message, instead of the field with its text."""
    return (
        f"The text stays as it is: a field here takes {most:,} characters. To write another one, press *Cancel* on the "
        "message, and you have it back."
    )


def on_time(at: datetime) -> str:
    return f"It is sent {when_long(at)}, as you asked."


def only_the_writer(user: str) -> str:
    """`user` is a Slack user id."""
    return f"Only <@{user}> can do that: the message is theirs. You can cancel it, and they have it back."


def told_writer(user: str, *, copied: bool) -> str:
    """What somebody reads who cancelled a colleague's message."""
    return f"Cancelled. {nothing_sent(copied=copied)} <@{user}> has the text back."


def not_connected(account: str) -> str:
    """`account` is mrkdwn."""
    return f"{account} is no longer connected to Inbox, so nothing was sent. Choose another account."


def lost_seat_for_admins(user: str, *, copied: bool) -> str:
    """`user` is a Slack user id."""
    said = (
        f"<@{user}> may not act in Inbox any more, so a direct message of theirs that was to be sent now was not sent. "
        "They have the text."
    )
    return since_copy(said, copied=copied)
