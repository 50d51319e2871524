"""What is due."""

from __future__ import annotations

from typing import ClassVar, Literal

from bot.queue.job import Job


class Due(Job):
    """Look at the threads in which somebody may have waited long enough, and at the channels' mornings."""

    merge: ClassVar[bool] = True
    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "due"
    kind: Literal["due"] = "due"


class Nudge(Job):
    """Remind a channel, or a person in a direct message (`channel` is their id), of threads that wait.

    `threads` maps each to the time of the first message that nobody answered and nobody was reminded of.
    """

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "channel:{channel}"
    kind: Literal["nudge"] = "nudge"
    channel: str
    threads: dict[str, float]


class Morning(Job):
    """A channel's digest of the day `day` (ISO), by its own clock."""

    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "channel:{channel}"
    kind: Literal["morning"] = "morning"
    channel: str
    day: str

    @property
    def once(self) -> str | None:
        return f"morning:{self.channel}:{self.day}"
