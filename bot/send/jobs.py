"""The one attempt to send a message to a person, and what leads to it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final

import msgspec

from bot.address import Address
from bot.models import Person
from bot.queue.job import SENDS_WAIT, Asked
from bot.records import Record
from bot.text import decode
from bot.words import SENDING, Doing, sending

_TRIED: Final = ("tries", "failures", "deaths", "told", "attempted", "doubt", "answered", "looks", "api", "not_before")


class Sending(Asked):
    """Something on the way from what somebody wrote to whom it is for; `told`: they know that it has to wait."""

    recorded: ClassVar[tuple[str, str]] = ("send", "")
    doing: ClassVar[Doing] = "send"
    final: ClassVar[bool] = True
    told: bool = False

    @property
    def line(self) -> str:
        return SENDING


class Written(Sending):
    """What somebody wrote, in Slack's markup; they have it back where it is not sent. `whom` they read it was for."""

    noted: ClassVar[bool] = False
    patience: ClassVar[float] = SENDS_WAIT
    text: str

    @property
    def whom(self) -> str:
        return "this conversation"

    @property
    def line(self) -> str:
        return sending(self.whom, decode(self.text))


class Reminder(Record):
    """Its writer wants to know `at` that time that there is no answer, unless they wrote after what was `seen`."""

    at: datetime
    seen: datetime


class Send(Sending, tag="send"):
    """One message to one person. `intent` is the idempotency key, fixed before the first attempt.

    `attempted` is when the last attempt began; `doubt` is set while its outcome is unknown, and `looks` counts how
    often the thread was read to find out; `answered` tells that Inbox itself said it failed, so that a message that
    is not there will not arrive later. `api` is the version that was tried. `only` makes it the only answer to one
    press of a button. `account` is the sender's label, `url` the conversation where it is known, `member` the Inbox
    member on whose behalf it is sent, and `writer` their name. A reply names the thread of its `card`, below which the
    `receipt` of that id stands; other sends have a private one. `echo` is the `ts` of the Slack message whose words
    these are, where it is one: then a reaction to it is the receipt; `changed` is the `ts` of its last change that was
    heard of, and `may_say` are the digests of what the message says since, where Slack changed it. `first`: nobody of
    the team has exchanged a message with them yet. `archives`: once it is sent, the conversation is archived, unless
    they wrote after that time. `reminder`: it is snoozed then. `reply_to` is the message of the thread that it answers
    in particular. `not_before` that time it is not begun.
    """

    noted: ClassVar[bool] = False
    waits_in: ClassVar[str] = "to:{address.account_link_id}:{address.platform_id}"
    patience: ClassVar[float] = SENDS_WAIT
    intent: str
    address: Address
    person: Person
    account: str
    text: str
    member: str = ""
    writer: str = ""
    card: str = ""
    receipt: str = ""
    url: str | None = None
    attempted: datetime | None = None
    doubt: bool = False
    answered: bool = False
    looks: int = 0
    api: str | None = None
    only: str | None = None
    echo: str | None = None
    changed: str = ""
    may_say: frozenset[str] = frozenset()
    first: bool = False
    archives: datetime | None = None
    reminder: Reminder | None = None
    reply_to: str = ""
    not_before: datetime | None = None

    @property
    def once(self) -> str | None:
        return self.only

    @property
    def line(self) -> str:
        shown = self.card or self.echo  # a receipt in the card's Slack thread, or a reaction, says so
        return "" if shown else sending(self.person.label, self.text)

    @property
    def described(self) -> tuple[str, str]:
        return "send", self.address.thread_id or self.address.platform_id

    @property
    def anew(self) -> Send:
        """The same message, of which nothing was tried yet: another attempt begins with it, under another name."""
        return self.having(**{one.name: one.default for one in msgspec.structs.fields(self) if one.name in _TRIED})


class SendAgain(Sending, tag="send_again"):
    """Somebody looked, and wants an unconfirmed or failed message sent once more."""

    recorded: ClassVar[tuple[str, str]] = ("{kind}", "")
    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "again:{intent}"
    intent: str
