"""Giving a conversation to a colleague."""

from __future__ import annotations

from typing import ClassVar

from bot.queue.job import Asker, Filled, Job


class OpenAssign(Filled, tag="open_assign"):
    """Fill the loading view in which a colleague is chosen; `seen_in` names the list it was asked for in."""

    recorded: ClassVar[tuple[str, str]] = ("assign_to", "{thread_id}")
    thread_id: str
    seen_in: str = ""


class TellAssignee(Job, tag="tell_assignee"):
    """A colleague, `by` name, gave the thread to `member_id`: tell them, unless they do not want to know.

    A `note` they read whatever they want to know; where it reaches nobody, `asker` has it back.
    """

    waits_in: ClassVar[str] = "assigned:{member_id}"
    thread_id: str
    member_id: str
    by: str
    note: str = ""
    asker: Asker | None = None
