"""Direct messages: whom they are for, and what is asked before."""

from __future__ import annotations

from typing import ClassVar, Literal

from bot.models import Candidate, Record
from bot.queue.job import SENDS_WAIT, Asked, Filled


class Dm(Asked):
    """`/dm`: find the recipient, then send or ask which one. `recipient` is a `Recipient.key`."""

    waits_in: ClassVar[str] = "dm:{recipient}"
    patience: ClassVar[float] = SENDS_WAIT
    kind: Literal["dm"] = "dm"
    recipient: str
    text: str
    account_link_id: str | None = None
    told: bool = False


class OpenDm(Filled):
    """Fill the loading view of the `/dm` modal. `text` is Slack's markup, not decoded yet."""

    kind: Literal["open_dm"] = "open_dm"
    recipient: str = ""
    text: str = ""


class OpenChoice(Filled):
    """Fill the loading view in which somebody chooses between several matches."""

    kind: Literal["open_choice"] = "open_choice"
    choice_id: str


class Choose(Asked):
    """The person chose: send the kept text to candidate number `index` of choice `choice_id`."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "choice:{choice_id}"
    kind: Literal["choose"] = "choose"
    choice_id: str
    index: int
    told: bool = False


class Answer(Asked):
    """The answer to what was asked before a first message: send what was kept as `intent`, or do not."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "again:{intent}"
    kind: Literal["answer"] = "answer"
    intent: str
    send: bool
    told: bool = False


class Choice(Record):
    """What is kept while `user`, and nobody else, decides whom a text is for."""

    recipient: str
    text: str
    candidates: tuple[Candidate, ...]
    user: str
