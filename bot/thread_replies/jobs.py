"""Replies in a card's Slack thread that go out, and what becomes of them."""

from __future__ import annotations

from typing import ClassVar

from bot.address import Address
from bot.people.jobs import Tell
from bot.queue.job import SENDS_WAIT, Asked
from bot.send.jobs import Sending


class Echo(Sending, tag="echo"):
    """A reply in a card's Slack thread that begins with the channel's prefix: what follows it goes out as a message.

    `ts` is the Slack message, `text` its markup, not decoded yet. `whole`: it has no prefix; its writer pressed
    *Send this*.
    """

    recorded: ClassVar[tuple[str, str]] = ("send", "{thread_id}")
    waits_in: ClassVar[str] = "echo:{thread_id}"
    patience: ClassVar[float] = SENDS_WAIT
    thread_id: str
    ts: str
    text: str
    files: bool = False
    whole: bool = False


class Hint(Asked, tag="hint"):
    """Somebody wrote in a card's Slack thread what may have been meant as an answer: tell them once that it stayed.

    `ts` is the Slack message, `text` its markup, not decoded yet.
    """

    noted: ClassVar[bool] = False
    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "hint:{asker.user}"
    thread_id: str
    ts: str
    text: str

    @property
    def line(self) -> str:
        return ""


class Revise(Asked, tag="revise"):
    """A reply in a card's Slack thread was edited, to `text`, or deleted: so is the message that it became, if any.

    First it waits for what was written before it, then, with the `address`, until that was sent. `changed` is Slack's
    time of the change, as a `ts`, by which those of one message have their order, however late Slack tells of one; ""
    from an older version.
    """

    patience: ClassVar[float] = SENDS_WAIT
    final: ClassVar[bool] = True
    thread_id: str
    ts: str
    text: str | None
    address: Address | None = None
    changed: str = ""

    @property
    def described(self) -> tuple[str, str]:
        return "unsend" if self.text is None else "edit", self.thread_id

    @property
    def lane(self) -> str:
        if self.address is None:
            return f"echo:{self.thread_id}"
        return f"to:{self.address.account_link_id}:{self.address.platform_id}"


class Early(Asked, tag="early"):
    """Find out which conversation's card it is below which somebody wrote, edited or deleted what has the prefix.

    The `wish` has its turn then, and so has all that is written below that card meanwhile.
    """

    noted: ClassVar[bool] = False
    patience: ClassVar[float] = SENDS_WAIT
    final: ClassVar[bool] = True
    waits_in: ClassVar[str] = "early:{asker.channel}:{asker.thread_ts}"
    wish: Echo | Revise

    @property
    def line(self) -> str:
        return ""  # it may be below no card at all


class Mark(Asked, tag="mark"):
    """Show on the Slack message `ts`, by a reaction, what became of it; `told` are the words for its writer.

    `again` when an earlier attempt has left its own mark. What is `held`, its writer may undo in another message, which
    gives way to the outcome.
    """

    noted: ClassVar[bool] = False
    waits_in: ClassVar[str] = "mark:{asker.channel}:{ts}"
    ts: str
    state: str
    told: Tell | None = None
    again: bool = False

    @property
    def line(self) -> str:
        return ""

    @property
    def ends(self) -> bool:
        return self.state != "held"
