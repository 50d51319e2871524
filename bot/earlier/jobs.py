"""What was earlier with a person."""

from __future__ import annotations

from typing import ClassVar

from bot.queue.job import Filled


class OpenEarlier(Filled, tag="open_earlier"):
    """Fill a view with everything that was with the person of a thread, or with the messages of one conversation.

    `page` counts from 0: of the conversations, or of the messages of the thread `of`, the newest first.
    """

    recorded: ClassVar[tuple[str, str]] = ("earlier", "{thread_id}")
    thread_id: str
    of: str = ""
    page: int = 0
