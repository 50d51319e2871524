"""Messages to people outside: whom they are for, what is asked before, and the one attempt to send."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from bot.jobs.base import SENDS_WAIT, Asker, Base, Tell
from bot.models import Address, Candidate, Person, Record


class Dm(Base):
    """`/dm`: find the recipient, then send or ask which one. `recipient` is a `Recipient.key`."""

    waits_in: ClassVar[str] = "dm:{recipient}"
    patience: ClassVar[float] = SENDS_WAIT
    kind: Literal["dm"] = "dm"
    recipient: str
    text: str
    asker: Asker
    account_link_id: str | None = None
    told: bool = False


class Send(Base):
    """One message to one person. `intent` is the idempotency key, fixed before the first attempt.

    `attempted` is when the last attempt began; `doubt` is set while its outcome is unknown, and `looks` counts how
    often the thread was read to find out; `answered` tells that Inbox itself said it failed, so that a message that
    is not there will not arrive later. `api` is the version that was tried. `only` makes it the only answer to one
    press of a button. `account` is the sender's label, `url` the conversation where it is known, `member` the Inbox
    member on whose behalf it is sent, and `writer` their name. A reply names the thread of its `card`, below which the
    `receipt` of that id stands; other sends have a private one. `echo` is the `ts` of the Slack message whose words
    these are, where it is one: then a reaction to it is the receipt. `first`: nobody of the team has exchanged a
    message with them yet.
    """

    waits_in: ClassVar[str] = "to:{address.account_link_id}:{address.platform_id}"
    patience: ClassVar[float] = SENDS_WAIT
    kind: Literal["send"] = "send"
    intent: str
    address: Address
    person: Person
    account: str
    text: str
    asker: Asker
    member: str = ""
    writer: str = ""
    card: str = ""
    receipt: str = ""
    url: str | None = None
    attempted: datetime | None = None
    doubt: bool = False
    answered: bool = False
    looks: int = 0
    told: bool = False
    api: str | None = None
    only: str | None = None
    echo: str | None = None
    first: bool = False

    @property
    def once(self) -> str | None:
        return self.only


class OpenDm(Base):
    """Fill the loading view of the `/dm` modal. `text` is Slack's markup, not decoded yet."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "view:{view_id}"
    kind: Literal["open_dm"] = "open_dm"
    view_id: str
    asker: Asker
    recipient: str = ""
    text: str = ""


class OpenChoice(Base):
    """Fill the loading view in which somebody chooses between several matches."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "view:{view_id}"
    kind: Literal["open_choice"] = "open_choice"
    view_id: str
    choice_id: str
    asker: Asker


class Choose(Base):
    """The person chose: send the kept text to candidate number `index` of choice `choice_id`."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "choice:{choice_id}"
    kind: Literal["choose"] = "choose"
    choice_id: str
    index: int
    asker: Asker
    told: bool = False


class SendAgain(Base):
    """Somebody looked, and wants an unconfirmed or failed message sent once more."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "again:{intent}"
    kind: Literal["send_again"] = "send_again"
    intent: str
    asker: Asker
    told: bool = False


class Answer(Base):
    """The answer to what was asked before a first message: send what was kept as `intent`, or do not."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "again:{intent}"
    kind: Literal["answer"] = "answer"
    intent: str
    send: bool
    asker: Asker
    told: bool = False


class Echo(Base):
    """A reply in a card's Slack thread that begins with the channel's prefix: what follows it goes out as a message.

    `ts` is the Slack message, `text` its markup, not decoded yet.
    """

    waits_in: ClassVar[str] = "echo:{asker.channel}:{asker.thread_ts}"
    patience: ClassVar[float] = SENDS_WAIT
    kind: Literal["echo"] = "echo"
    thread_id: str
    ts: str
    text: str
    files: bool = False
    asker: Asker
    told: bool = False


class Revise(Base):
    """A reply in a card's Slack thread was edited, to `text`, or deleted: so is the message that it became, if any.

    First it waits for what was written before it, then, with the `address`, until that was sent.
    """

    patience: ClassVar[float] = SENDS_WAIT
    kind: Literal["revise"] = "revise"
    thread_id: str
    ts: str
    text: str | None
    asker: Asker
    address: Address | None = None

    @property
    def lane(self) -> str:
        if self.address is None:
            return f"echo:{self.asker.channel}:{self.asker.thread_ts}"
        return f"to:{self.address.account_link_id}:{self.address.platform_id}"


class Mark(Base):
    """Show on the Slack message `ts`, by a reaction, what became of it; `told` are the words for its writer.

    `again` when an earlier attempt has left its own mark.
    """

    waits_in: ClassVar[str] = "mark:{asker.channel}:{ts}"
    kind: Literal["mark"] = "mark"
    ts: str
    state: str
    asker: Asker
    told: Tell | None = None
    again: bool = False


class Choice(Record):
    """What is kept while `user`, and nobody else, decides whom a text is for."""

    recipient: str
    text: str
    candidates: tuple[Candidate, ...]
    user: str
