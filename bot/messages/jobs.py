"""What people do with one message of a conversation."""

from __future__ import annotations

import hashlib
from typing import ClassVar, Literal

from bot.queue.job import SENDS_WAIT, Asked, Filled

Doing = Literal["", "edit_message", "react"]


class OpenMessage(Filled, tag="open_message"):
    """Fill the loading view of *This message…*, or of the form in which that message is edited or reacted to.

    It is about the Slack message `ts` on or below the card of the thread, posted `by_bot` or by a person, who `said`
    that, and of the messages that it shows about `message_id`, or the last one.
    """

    recorded: ClassVar[tuple[str, str]] = ("this message", "{thread_id}")
    thread_id: str
    ts: str = ""
    by_bot: bool = False
    said: str = ""
    message_id: str = ""
    form: Doing = ""


class ChangeMessage(Asked, tag="change_message"):
    """Edit a message of ours to `text`, take it back, or react to one with the emoji `text`.

    `begun` is set before Inbox is asked: then the message is read before it is asked again, and `text` says what is
    read, without Slack's markup. `view_id` is the modal in which the outcome is told, if any. `told`: who asked knows
    that it has to wait. `shown` is the `digest` of what the message said in the form; "" from one of an older version.
    """

    recorded: ClassVar[tuple[str, str]] = ("{verb}", "{thread_id}")
    resumed: ClassVar[bool] = True
    waits_in: ClassVar[str] = "message:{message_id}"
    patience: ClassVar[float] = SENDS_WAIT
    final: ClassVar[bool] = True
    verb: Literal["edit", "unsend", "react"]
    thread_id: str
    message_id: str
    text: str = ""
    begun: bool = False
    told: bool = False
    view_id: str = ""
    shown: str = ""


def digest(said: str) -> str:
    """By which a form remembers what a message said, which is too long for it: 16 hexadecimal digits."""
    return hashlib.sha256(said.strip().encode()).hexdigest()[:16]
