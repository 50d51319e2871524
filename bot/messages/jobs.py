"""What people do with one message of a conversation."""

from __future__ import annotations

from typing import ClassVar, Literal

from bot.queue.job import Filled


class OpenMessage(Filled):
    """Fill the loading view of *This message…*, about the Slack message `ts` on or below the card of the thread."""

    recorded: ClassVar[tuple[str, str]] = ("this message", "{thread_id}")
    kind: Literal["open_message"] = "open_message"
    thread_id: str
    ts: str
