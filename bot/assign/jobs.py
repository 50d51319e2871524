"""Giving a conversation to a colleague."""

from __future__ import annotations

from typing import ClassVar, Literal

from bot.queue.job import Filled, Job


class OpenAssign(Filled):
    """Fill the loading view in which a colleague is chosen."""

    kind: Literal["open_assign"] = "open_assign"
    thread_id: str

    @property
    def described(self) -> tuple[str, str]:
        return "assign_to", self.thread_id


class TellAssignee(Job):
    """A colleague, `by` name, gave the thread to `member_id`: tell them, unless they do not want to know."""

    waits_in: ClassVar[str] = "assigned:{member_id}"
    kind: Literal["tell_assignee"] = "tell_assignee"
    thread_id: str
    member_id: str
    by: str
