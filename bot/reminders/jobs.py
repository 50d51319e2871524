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


class Said(Job):
    """Something is said to a channel, or to a person in a direct message: `channel` is their id.

    Where the channel takes no posts now, it `insists`, or is left to whoever looks again.
    """

    insists: ClassVar[bool] = False
    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "channel:{channel}"
    channel: str

    @property
    def mark(self) -> str:
        """What its post carries, to be found by."""
        return f"{self.kind}-{self.ref}-{self.channel}"


class Nudge(Said):
    """Remind a channel, or a person in a direct message (`channel` is their id), of threads that wait.

    `threads` maps each to the time of the first message that nobody answered and nobody was reminded of.
    """

    kind: Literal["nudge"] = "nudge"
    threads: dict[str, float]


class Morning(Said):
    """A channel's digest of the day `day` (ISO), by its own clock."""

    insists: ClassVar[bool] = True
    kind: Literal["morning"] = "morning"
    day: str

    @property
    def once(self) -> str | None:
        return f"morning:{self.channel}:{self.day}"
