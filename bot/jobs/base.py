"""What every job is, who asked for it, and what somebody is told."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from bot.models import Record


def reference(of: str | None = None) -> str:
    """Six hex digits that name one piece of work in the log and in what the person reads.

    `of` is the id of what asks for it, for work that may be asked for twice and is to have the same name.
    """
    return hashlib.sha256(of.encode()).hexdigest()[:6] if of else secrets.token_hex(3)


def now() -> datetime:
    return datetime.now(UTC)


class Asker(Record):
    """Who asked, as Slack's signed payload says it, and where to answer them privately.

    `team` and `enterprise` are the person's own, not the channel's. `response_url` takes 5 posts within 30 minutes
    (https://docs.slack.dev/interactivity/handling-user-interaction#message_responses).
    """

    user: str
    team: str | None = None
    enterprise: str | None = None
    channel: str | None = None
    thread_ts: str | None = None
    response_url: str | None = None
    trigger: str | None = None


class Base(Record):
    """What all jobs have: a reference, the time of acceptance, and how often an attempt has failed.

    A `patient` job is tried again when something fails; somebody waits for the others, and is told instead. People's
    actions go before those of the `background`, for which nobody is waiting. A job that may `merge` is not accepted
    when one of its kind is the last in its lane, named by `waits_in`, and has not begun yet: it does the same work.
    """

    patient: ClassVar[bool] = True
    background: ClassVar[bool] = False
    merge: ClassVar[bool] = False
    waits_in: ClassVar[str]
    ref: str = Field(default_factory=reference)
    at: datetime = Field(default_factory=now)
    tries: int = 0

    @property
    def lane(self) -> str:
        return self.waits_in.format_map(vars(self))

    @property
    def once(self) -> str | None:
        """A key under which this work is accepted only once in seven days."""
        return None

    @property
    def age(self) -> float:
        """Seconds since it was accepted."""
        return (now() - self.at).total_seconds()


class Tell(Base):
    """Say something to one person, privately; `lasting` in a direct message, which is there when they come back.

    `replace` puts it in the place of the message whose button they pressed.
    """

    waits_in: ClassVar[str] = "tell:{asker.user}"
    kind: Literal["tell"] = "tell"
    asker: Asker
    text: str
    blocks: list[dict[str, Any]] = Field(default_factory=list)
    lasting: bool = False
    replace: bool = False
