"""Snoozing a conversation, and waking it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from bot.card import Snoozed
from bot.models import Message
from bot.queue.job import Filled, Job


class OpenSnooze(Filled, tag="open_snooze"):
    """Fill the loading view in which somebody chooses until when; `seen_in` names the list it was asked for in.

    `seen`: when the last message was written that is shown there, or on the card.
    """

    recorded: ClassVar[tuple[str, str]] = ("snooze", "{thread_id}")
    thread_id: str
    seen_in: str = ""
    seen: datetime | None = None


class Ring(Job, tag="ring"):
    """Look which conversations are to be woken now."""

    logged: ClassVar[bool] = False
    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "ring"


class Rouse(Job, tag="rouse"):
    """Wake a conversation: reopen it in Inbox and end the snooze, unless another one has taken the place of `snoozed`.

    What is `quiet` tells nobody: they have written, which is shown by itself. While Inbox is away it `waits` beside the
    lane of the thread, in which people's clicks wait; `rests` seconds, where it was told to. `done`: Inbox has
    confirmed it.
    """

    thread_id: str
    snoozed: Snoozed
    quiet: bool = False
    waits: bool = False
    rests: float = 0.0
    slept: bool = False
    done: bool = False

    @property
    def lane(self) -> str:
        return f"{'waking' if self.waits else 'thread'}:{self.thread_id}"


class Woken(Job, tag="woken"):
    """Tell whoever has the conversation, else who snoozed it, that it is back; or that it could not be (`failed`).

    `waited`: they had quiet hours, and it may have been seen to since. `told`: they have read it in a direct message.
    """

    waits_in: ClassVar[str] = "woken:{thread_id}"
    thread_id: str
    snoozed: Snoozed
    failed: bool = False
    waited: bool = False
    told: bool = False


def ended_by(thread_id: str, snoozed: Snoozed | None, messages: Iterable[Message]) -> list[Job]:
    """What follows from messages that were not known when it was snoozed: theirs end it, unless it is to last even so.

    That they wrote is shown by itself.
    """
    if snoozed is None or snoozed.even or not any(one.inbound and one.created_at > snoozed.after for one in messages):
        return []
    return [Rouse(thread_id=thread_id, snoozed=snoozed, quiet=True)]
