"""Who was to have an answer by now."""

from __future__ import annotations

from typing import ClassVar, Literal

from bot.queue.job import Background
from bot.reminders.jobs import Said

Stage = Literal["late", "escalated"]


class LookAtTargets(Background, tag="look_at_targets"):
    """Look at the conversations whose target may have passed."""

    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "targets"


class TellLate(Said, tag="tell_late"):
    """Tell a channel, or a person in a direct message (`channel` is their id), of conversations past their target.

    `threads` maps each to the time since which an answer is owed (Unix seconds). `mention` is a user group's or user's
    id that the post mentions, "" for none.
    """

    stage: Stage
    threads: dict[str, float]
    mention: str = ""

    @property
    def mark(self) -> str:
        """One look may have several for a channel, which differ in whom they mention."""
        return "-".join(filter(None, (super().mark, self.stage, self.mention)))
