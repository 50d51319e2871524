"""Messages that are sent later: what is kept of one until its time comes, and what happens to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Final, Literal

from bot.address import Address
from bot.models import Message
from bot.queue.job import Asked, Asker, Background, Filled, Job
from bot.records import Record
from bot.send.jobs import Send, Sending
from bot.slack.payloads import Body, submitted

Why = Literal["wrote", "late", "order", "colleague"]
MILLISECONDS: Final = 1_000


class Scheduled(Record, omit_defaults=False):
    """The attempt to send a message that begins at a time of its own, and not before.

    `send` is that attempt; who wrote it is its asker, without the place where they asked, as it is told of elsewhere by
    then, unless it is marked there. `at` is when it begins. What was written in the conversation later than `seen`, the
    newest that its writer could know, holds it. It `waits` for its time, `asks` its writer first (`why`, since
    `asked`), `goes` out, or is `over`. `by` names the job that brought it there, when it was `decided`, and `rev`
    counts such changes. `brief`: it waits for some seconds only, so that its writer may undo it. `pressed`: its writer
    knows what speaks against it. `reason` (mrkdwn) is why it is over without being sent, "" where somebody cancelled
    it; `lost`: its writer may not send any more. `copied`: it is from a copy of a bot that ran on, which may have sent
    it, or its writer may have cancelled it there.
    """

    id: str
    send: Send
    at: datetime
    seen: datetime
    brief: bool = False
    state: Literal["waits", "asks", "goes", "over"] = "waits"
    why: Why | None = None
    asked: datetime | None = None
    pressed: bool = False
    reason: str = ""
    lost: bool = False
    copied: bool = False
    by: str = ""
    rev: int = 0
    decided: datetime | None = None

    @property
    def to(self) -> str:
        return line_to(self.send.address)

    @property
    def thread_id(self) -> str:
        """The conversation below whose card it is shown, if that has one."""
        return self.send.card or self.send.address.thread_id or ""

    @property
    def release(self) -> Release:
        """What sends it when its time has come."""
        return Release(about=self.id, to=self.to, asker=self.send.asker)

    @property
    def open(self) -> bool:
        """Whether its writer may still decide."""
        return self.state in ("waits", "asks")

    def moved_to(self, at: datetime) -> Scheduled:
        """The same at another time; a reminder comes so long after it as before."""
        reminder = self.send.reminder
        if reminder:
            reminder = reminder.having(at=reminder.at + (at - self.at))
        return self.having(at=at, send=self.send.having(reminder=reminder))

    @property
    def order(self) -> tuple[datetime, str]:
        return self.at, self.id


def line_to(address: Address) -> str:
    """Whose messages keep their order: those from one account to one person."""
    return f"{address.account_link_id}:{address.platform_id}"


def id_of(send: Send, written: datetime) -> str:
    """The name of a message that waits: those of the same time go in the order in which they were `written`."""
    return f"{int(written.timestamp() * MILLISECONDS):013d}-{send.intent}"


def intent_of(about: str) -> str:
    """The attempt that the message of that name becomes."""
    return about.partition("-")[2]


class RingLater(Job, tag="ring_later"):
    """Look which messages are to be sent now."""

    logged: ClassVar[bool] = False
    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "ring-later"


class Release(Sending, tag="release"):
    """The time of the message `about` has come: send it, ask its writer first, or give it back.

    `to` is the conversation, whose messages are released in order. `asker` is who wrote it.
    """

    noted: ClassVar[bool] = False
    waits_in: ClassVar[str] = "release:{to}"
    about: str
    to: str

    @property
    def line(self) -> str:
        return ""  # what it says is below the card, or in a direct message


class HoldBack(Background, tag="hold_back"):
    """They have written, at that time, in the conversation of a message that waits: ask its writer first."""

    waits_in: ClassVar[str] = "decide-later:{about}"
    about: str
    written: datetime


class ShowLater(Job, tag="show_later"):
    """Show below its card that the message waits or asks; where it cannot be shown there, tell its writer.

    Once that is over, nothing shows it, and nothing is kept of it: when the job that decided so (`over`) has done all
    that follows, of which this is the last.

    `asker`: they were not told yet, and asked there.
    """

    waits_in: ClassVar[str] = "show-later:{about}"
    about: str
    asker: Asker | None = None
    over: str = ""


class LostSeat(Background, tag="lost_seat"):
    """Tell the channel, or the admins, that nobody may send what somebody wrote who has lost their seat.

    `copied` as in `Scheduled`.
    """

    waits_in: ClassVar[str] = "lost-seat:{send.intent}"
    send: Send
    copied: bool = False


class Decide(Asked, tag="decide_later"):
    """A button of a message that waits: `cancel` it, send it `now`, or send it though something speaks against it.

    `private`: it was pressed in a message that its writer alone reads, which gives way to the outcome.
    """

    recorded: ClassVar[tuple[str, str]] = ("later {verb}", "")
    patient: ClassVar[bool] = False
    final: ClassVar[bool] = True
    waits_in: ClassVar[str] = "decide-later:{about}"
    about: str
    verb: Literal["cancel", "now", "anyway"]
    private: bool = False


class OpenLater(Filled, tag="open_later"):
    """Fill the loading view in which the text or the time of a message that waits is changed."""

    recorded: ClassVar[tuple[str, str]] = ("later change", "")
    about: str


class ChangeLater(Asked, tag="change_later"):
    """The message that waits says `text` from now on and goes at that time; `seen` is when its form was filled in.

    Without a `text` it says what it said.
    """

    recorded: ClassVar[tuple[str, str]] = ("later change", "")
    final: ClassVar[bool] = True
    waits_in: ClassVar[str] = "decide-later:{about}"
    about: str
    text: str | None = None
    until: datetime
    seen: datetime


class SetHold(Asked, tag="set_hold"):
    """Somebody chose for how many seconds what they send waits; `in_form`: in the form of `/inbox settings`."""

    patient: ClassVar[bool] = False
    says: ClassVar[str] = ""  # Home itself shows it
    waits_in: ClassVar[str] = "home:{asker.user}"
    seconds: int
    in_form: bool = False


def hold_chosen(body: Body, who: Asker) -> list[SetHold]:
    """What follows from the field of a form that says it; nothing from a form without that field."""
    chosen = submitted(body, "hold")
    return [SetHold(seconds=int(chosen), in_form=True, asker=who)] if chosen else []


def held_by(waiting: Iterable[str], message: Message) -> list[Job]:
    """What follows from a message of theirs for those that wait in its conversation."""
    return [HoldBack(about=one, written=message.created_at) for one in waiting if message.inbound]
