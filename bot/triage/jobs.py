"""Working through conversations one by one."""

from __future__ import annotations

from typing import ClassVar, Literal

from bot.queue.job import Filled

Verb = Literal["archive", "snooze", "take", "skip", "reply", "anyway"]


class OpenTriage(Filled, tag="open_triage"):
    """Look for the conversations that fit what was `typed`, and show the first in the loading view."""

    recorded: ClassVar[tuple[str, str]] = ("triage", "")
    typed: str = ""


class StepTriage(Filled, tag="step_triage"):
    """Do with the conversation before somebody what they pressed, and show the next; `reply` is being sent already.

    `choice` is until when it is snoozed. `typed` is what stood in the field and was not sent. `anyway` shows the field
    though a colleague has the conversation. `waited`: Slack has taken the answer to the form by now, which changes it.
    """

    triage: str
    thread_id: str
    verb: Verb
    choice: str = ""
    typed: str = ""
    waited: bool = False

    @property
    def described(self) -> tuple[str, str]:
        return f"triage {self.verb}", self.thread_id


class NextTriage(Filled, tag="next_triage"):
    """Show the next one that is still to be done, or go on looking for it where many were not."""

    noted: ClassVar[bool] = False
    triage: str


class CloseTriage(Filled, tag="close_triage"):
    """Somebody closed the form: colleagues may have the conversation."""

    noted: ClassVar[bool] = False
    triage: str
