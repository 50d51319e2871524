"""Why a card is where it is, and moving it by hand."""

from __future__ import annotations

from typing import ClassVar

from bot.queue.job import Asked


class MoveTo(Asked, tag="move_to"):
    """Somebody wants a thread's card in another channel, or where the rules want it (`to` is None)."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "thread:{thread_id}"
    thread_id: str
    to: str | None


class Why(Asked, tag="why"):
    """Tell somebody why a thread's card is where it is, in the modal `view_id` where they asked in one."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "console:{asker.user}"
    thread_id: str
    view_id: str = ""
