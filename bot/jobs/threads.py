"""What people do with a conversation: change it, reply to it, give it away, move it."""

from __future__ import annotations

from typing import ClassVar, Literal

from bot.jobs.base import SENDS_WAIT, Asker, Base
from bot.jobs.sends import Send
from bot.models import Message

Verb = Literal["archive", "reopen", "assign_to_me", "assign_to", "claim", "unassign"]


class Change(Base):
    """A click on a card or in a list, or a message shortcut: change a thread in Inbox.

    `assign_to` gives it to the member `assignee`; `claim` takes it for who replied, where nobody has it. `begun` is
    set before Inbox is asked: whoever takes over then asks again, rather than find that it is done already. `seen_in`
    names the list it was pressed in, if any.
    """

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "thread:{thread_id}"
    kind: Literal["change"] = "change"
    verb: Verb
    thread_id: str
    asker: Asker
    assignee: str = ""
    begun: bool = False
    told: bool = False
    seen_in: str = ""


class OpenReply(Base):
    """Fill the loading view of the reply form."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "view:{view_id}"
    kind: Literal["open_reply"] = "open_reply"
    view_id: str
    thread_id: str
    asker: Asker


class Reply(Base):
    """The reply form was submitted: send `text` (Slack's markup) to whom the thread is with."""

    waits_in: ClassVar[str] = "reply:{thread_id}"
    patience: ClassVar[float] = SENDS_WAIT
    kind: Literal["reply"] = "reply"
    thread_id: str
    text: str
    asker: Asker
    told: bool = False


class StopReplying(Base):
    """Somebody closed the reply form without sending."""

    waits_in: ClassVar[str] = "replying:{thread_id}"
    kind: Literal["stop_replying"] = "stop_replying"
    thread_id: str
    asker: Asker


class Fade(Base):
    """Draw a card without "Ana is replying…" once that is no longer believed."""

    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "fade:{thread_id}"
    kind: Literal["fade"] = "fade"
    thread_id: str
    waited: bool = False


class Receipt(Base):
    """What has become of a reply, for all to see below its card; its writer hears of an unhappy end besides.

    `message` is what was sent, as it is now: somebody may edit it in Inbox, or react to it. `told`: its writer was
    told, as the channel did not take it yet.
    """

    waits_in: ClassVar[str] = "receipt:{send.receipt}"
    kind: Literal["receipt"] = "receipt"
    send: Send
    state: Literal["sending", "sent", "unconfirmed", "failed"]
    reason: str = ""
    message: Message | None = None
    told: bool = False

    @property
    def once(self) -> str | None:
        """An attempt begins once, however often a button is pressed that would begin it."""
        return f"sending:{self.send.intent}" if self.state == "sending" else None


class OpenAssign(Base):
    """Fill the loading view in which a colleague is chosen."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "view:{view_id}"
    kind: Literal["open_assign"] = "open_assign"
    view_id: str
    thread_id: str
    asker: Asker


class TellAssignee(Base):
    """A colleague, `by` name, gave the thread to `member_id`: tell them, unless they do not want to know."""

    waits_in: ClassVar[str] = "assigned:{member_id}"
    kind: Literal["tell_assignee"] = "tell_assignee"
    thread_id: str
    member_id: str
    by: str


class MoveTo(Base):
    """Somebody wants a thread's card in another channel, or where the rules want it (`to` is None)."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "thread:{thread_id}"
    kind: Literal["move_to"] = "move_to"
    thread_id: str
    to: str | None
    asker: Asker


class Why(Base):
    """Tell somebody why a thread's card is where it is."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "console:{asker.user}"
    kind: Literal["why"] = "why"
    thread_id: str
    asker: Asker
