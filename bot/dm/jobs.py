"""Direct messages: whom they are for, and what is asked before."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from bot.address import Candidate
from bot.queue.job import Filled
from bot.recipient import Recipient
from bot.records import Record
from bot.send.jobs import Sending, Written
from bot.text import decode, platform_name


class Dm(Written, tag="dm"):
    """`/dm`: find the recipient, then send or ask which one. `recipient` is a `Recipient.key`.

    `send_at`: not before that time.
    """

    resumed: ClassVar[bool] = True
    waits_in: ClassVar[str] = "dm:{recipient}"
    recipient: str
    account_link_id: str | None = None
    send_at: datetime | None = None

    @property
    def whom(self) -> str:
        to = Recipient.of(self.recipient)
        return f"{to.name} on {platform_name(to.platform)}" if to.platform else to.name


class OpenDm(Filled, tag="open_dm"):
    """Fill the loading view of the `/dm` modal. `text` is Slack's markup, not decoded yet."""

    recorded: ClassVar[tuple[str, str]] = ("send", "")
    recipient: str = ""
    text: str = ""

    @property
    def typed(self) -> str:
        """What is handed back where there is no form."""
        return f"{self.recipient} {decode(self.text)}".strip()


class OpenChoice(Filled, tag="open_choice"):
    """Fill the loading view in which somebody chooses between several matches."""

    recorded: ClassVar[tuple[str, str]] = ("send", "")
    choice_id: str


class Choose(Sending, tag="choose"):
    """The person chose: send the kept text to candidate number `index` of choice `choice_id`."""

    patient: ClassVar[bool] = False
    resumed: ClassVar[bool] = True
    waits_in: ClassVar[str] = "choice:{choice_id}"
    choice_id: str
    index: int


class Answer(Sending, tag="answer"):
    """The answer to what was asked before a first message: send what was kept as `intent`, or do not."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "again:{intent}"
    intent: str
    send: bool


class Choice(Record):
    """What is kept while `user`, and nobody else, decides whom a text is for."""

    recipient: str
    text: str
    candidates: tuple[Candidate, ...]
    user: str
    send_at: datetime | None = None
