"""Replies from a card, from the form to the receipt."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from bot.models import Message, SendState
from bot.queue.job import Asked, Background, Filled, Job
from bot.send.jobs import Reminder, Send, Written


class OpenReply(Filled, tag="open_reply"):
    """Fill the loading view of the reply form; `anyway`: who asks knows that this member has the conversation.

    `reply_to` is the message that it answers in particular.
    """

    recorded: ClassVar[tuple[str, str]] = ("reply", "{thread_id}")
    thread_id: str
    anyway: str = ""
    reply_to: str = ""


class Reply(Written, tag="reply"):
    """The reply form was submitted: send `text` to whom the thread is with.

    `archives`: and archive the conversation, unless they wrote after that time, the last of what the form showed.
    `reminder`: and snooze it for as long as they don't answer. `send_at`: not before that time; `seen` is when the last
    message was written that the form showed.
    """

    recorded: ClassVar[tuple[str, str]] = ("reply", "{thread_id}")
    waits_in: ClassVar[str] = "reply:{thread_id}"
    thread_id: str
    archives: datetime | None = None
    reminder: Reminder | None = None
    reply_to: str = ""
    send_at: datetime | None = None
    seen: datetime | None = None


class StopReplying(Asked, tag="stop_replying"):
    """Somebody closed the reply form without sending."""

    says: ClassVar[str] = ""
    waits_in: ClassVar[str] = "replying:{thread_id}"
    thread_id: str


class Fade(Job, tag="fade"):
    """Draw a card without "Ana is replying…" once that is no longer believed."""

    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "fade:{thread_id}"
    thread_id: str
    waited: bool = False


class Receipt(Job, tag="receipt"):
    """What has become of a reply, for all to see below its card; its writer hears of an unhappy end besides.

    `message` is what was sent, as it is now: somebody may edit it in Inbox, or react to it. `told`: its writer was
    told, as the channel did not take it yet. `opened`: what came before it is being put below the card. `undo`: its
    writer may still undo the message of that name.
    """

    waits_in: ClassVar[str] = "receipt:{send.receipt}"
    send: Send
    state: SendState
    reason: str = ""
    message: Message | None = None
    told: bool = False
    opened: bool = False
    undo: str = ""

    @property
    def once(self) -> str | None:
        """An attempt begins once, however often a button is pressed that would begin it."""
        return f"sending:{self.send.intent}" if self.state == "sending" else None


class ReceiptAgain(Background, tag="receipt_again"):
    """Draw a reply's receipt anew where it stands, as it is by then; `message_id` is what was sent, where it was."""

    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "receipt:{receipt}"
    receipt: str
    message_id: str = ""
