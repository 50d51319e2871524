"""What every job is, who asked for it, and how a stored one is read again."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import ClassVar, Final, Union

import msgspec
from msgspec import field

from bot.records import Record
from bot.words import LINE, Doing


def reference(of: str | None = None) -> str:
    """Six hex digits that name one piece of work in the log and in what the person reads.

    `of` is the id of what asks for it, for work that may be asked for twice and is to have the same name.
    """
    return hashlib.sha256(of.encode()).hexdigest()[:6] if of else secrets.token_hex(3)


class Asker(Record):
    """Who asked, as Slack's signed payload says it, and where to answer them privately.

    `team` and `enterprise` are the person's own, not the channel's. `response_url` takes 5 posts within 30 minutes
    (https://docs.slack.dev/interactivity/handling-user-interaction#message_responses). A `command`'s belongs to no
    message yet: what replaces there, replaces what was said by it before. A click's would replace what was clicked.
    """

    user: str
    team: str | None = None
    enterprise: str | None = None
    channel: str | None = None
    thread_ts: str | None = None
    response_url: str | None = None
    trigger: str | None = None
    command: bool = False


DAY: Final = 86_400.0
SENDS_WAIT: Final = 600.0  # seconds that what somebody wrote is tried for before they have it back; see `bot.words`


def utc_now() -> datetime:
    return datetime.now(UTC)


class Fields:
    """A record's fields, by name, for the patterns of lanes and of the record of who did what."""

    def __init__(self, of: Record) -> None:
        self._of = of

    def __getitem__(self, name: str) -> object:
        return getattr(self._of, name)


class Job(Record, tag_field="kind", omit_defaults=False):
    """What all jobs have: a reference and the time of acceptance.

    `tries` counts the attempts whose outcome was no success, for whatever reason: the next one looks what was done.
    `failures` counts those that failed though everything else worked, `deaths` the workers that died of it, one after
    the other.

    A `patient` job is tried again when something fails, and waits for `patience` seconds for what is away; somebody
    waits for the others, and is told instead. People's actions go before those of the `background`, for which nobody
    is waiting. A job that may `merge` is not accepted when one of its kind is the last in its lane, named by
    `waits_in`, and has not begun yet: it does the same work. What is not `logged` is bookkeeping, of which the log
    tells only at DEBUG, unless it fails. What is `vital` is tried for ten minutes where Inbox answers all but it:
    nothing else shows what somebody wrote, and nobody's click waits in its lane. One that is `final` decides what is
    sent to whom and when, or what was sent: who was told that it failed may have decided anew; it is not tried again.
    """

    patient: ClassVar[bool] = True
    patience: ClassVar[float] = DAY
    background: ClassVar[bool] = False
    merge: ClassVar[bool] = False
    logged: ClassVar[bool] = True
    vital: ClassVar[bool] = False
    final: ClassVar[bool] = False
    waits_in: ClassVar[str]
    ref: str = field(default_factory=reference)
    at: datetime = field(default_factory=utc_now)
    tries: int = 0
    failures: int = 0
    deaths: int = 0

    @property
    def kind(self) -> str:
        """What its class is called in Redis."""
        return str(self.__struct_config__.tag)

    @property
    def lane(self) -> str:
        return self.waits_in.format_map(Fields(self))

    @property
    def once(self) -> str | None:
        """A key under which this work is accepted only once in seven days."""
        return None

    @property
    def key(self) -> str:
        """The key of the message that this work sends: the same whenever it is worked, as Redis may go back.

        The reference alone would not do: it is short, and two of them may be equal within a week.
        """
        asker = getattr(self, "asker", None)
        accepted = f"{self.ref} {self.at.timestamp()} {asker and (asker.user, asker.trigger)}"
        return f"slack-{self.ref}-{hashlib.sha256(accepted.encode()).hexdigest()[:16]}"

    @property
    def age(self) -> float:
        """Seconds since it was accepted."""
        return (utc_now() - self.at).total_seconds()


def dump(job: Job) -> bytes:
    return msgspec.json.encode(job)


class Kinds:
    """All classes of jobs, told apart by their `tag`, their kind, which lies in Redis: none is ever renamed."""

    def __init__(self, kinds: Iterable[type[Job]]) -> None:
        self._kinds = tuple(kinds)

    @cached_property
    def _any(self) -> msgspec.json.Decoder[Job]:
        """Made when it is first needed: 12 ms less until ready."""
        return msgspec.json.Decoder(Union[self._kinds])  # noqa: UP007  # made at run time

    def load(self, raw: bytes) -> Job:
        """The job that `dump` wrote. Raises `ValueError` when it is no job of this version."""
        return self._any.decode(raw)


class Background(Job):
    """A job for which nobody is waiting."""

    background: ClassVar[bool] = True


class Asked(Job):
    """A job that somebody asked for and waits for.

    `doing` is what it does, for the words about a failure, which goes on record where it is `noted`. `recorded` is
    what it does, and to which thread or person, in the words of the record. Where it is `resumed`, what was refused to
    somebody who is not linked is done once they are.

    Where it takes longer than a second, its asker reads a `line`: what it `says`, or "" where something else shows that
    it is under way. It gives way to what they are told in the end, or to `done` where they are told nothing. What does
    not `end` it leaves the line there.
    """

    doing: ClassVar[Doing] = "change"
    recorded: ClassVar[tuple[str, str]] = ("{kind}", "")
    noted: ClassVar[bool] = True
    resumed: ClassVar[bool] = False
    says: ClassVar[str] = LINE
    asker: Asker

    @property
    def described(self) -> tuple[str, str]:
        """`recorded`, of this job."""
        what, about = self.recorded
        return what.format_map(Fields(self)), about.format_map(Fields(self))

    @property
    def line(self) -> str:
        return self.says

    @property
    def done(self) -> str:
        return ""

    @property
    def ends(self) -> bool:
        return True


class Line(Asked, tag="line"):
    """Say privately that what somebody asked for is under way, unless it is done by then; `of` is its job's kind.

    `over`: it is done, and nothing else was said about it: `text` takes the place of the line, if there is one.
    """

    noted: ClassVar[bool] = False
    logged: ClassVar[bool] = False
    patient: ClassVar[bool] = False
    says: ClassVar[str] = ""
    text: str
    of: str = ""
    over: bool = False

    @property
    def name(self) -> str:
        """The line that it is about: what follows from what somebody asked for has the same reference."""
        return f"line:{self.asker.user}:{self.ref}"

    @property
    def lane(self) -> str:
        return f"{self.name}:over" if self.over else f"{self.name}:{self.of}"

    @property
    def ends(self) -> bool:
        return False

    @staticmethod
    def of_job(job: Job) -> Line | None:
        """The line that a job may need."""
        if not isinstance(job, Asked) or not (text := job.line):
            return None
        return Line(ref=job.ref, at=job.at, asker=job.asker, text=text, of=job.kind)

    @staticmethod
    def after(job: Job, then: Sequence[Job]) -> Line | None:
        """What ends the line of a job, where nothing else that follows from it does."""
        if not (isinstance(job, Asked) and job.ends) or any(isinstance(one, Asked) for one in then):
            return None
        return Line(ref=job.ref, asker=job.asker, text=job.done, over=True)


class Filled(Asked):
    """Fill the loading view that was opened when somebody asked for a form."""

    patient: ClassVar[bool] = False
    says: ClassVar[str] = ""  # the view does
    waits_in: ClassVar[str] = "view:{view_id}"
    view_id: str


Keep = Callable[[Job], Awaitable[None]]
"""How a handler writes down how far its job has come, before it goes on."""


class Later(Exception):
    """A handler's word that its job is not done yet: work it again in `seconds`, as `job`, and do `then` now."""

    def __init__(self, seconds: float, job: Job, *then: Job) -> None:
        super().__init__(f"in {seconds:g} s")
        self.seconds, self.job, self.then = seconds, job, then
