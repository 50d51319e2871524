"""What is due."""

from __future__ import annotations

from typing import ClassVar

from bot.queue.job import Job


class Due(Job, tag="due"):
    """Look at the threads in which somebody may have waited long enough, and at the channels' mornings."""

    merge: ClassVar[bool] = True
    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "due"


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


class Nudge(Said, tag="nudge"):
    """Remind a channel, or a person in a direct message (`channel` is their id), of threads that wait.

    `threads` maps each to the time of the first message that nobody answered and nobody was reminded of.
    """

    threads: dict[str, float]


class Morning(Said, tag="morning"):
    """A channel's digest that was due on the `day` and at the time which that says (ISO), by its own clock.

    An admin may choose another time after it has come: then it comes once more.
    """

    insists: ClassVar[bool] = True
    day: str

    @property
    def once(self) -> str | None:
        return f"morning:{self.channel}:{self.day}"
