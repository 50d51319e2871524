"""Who hears that somebody waits."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from bot.models import Heard
from bot.queue.job import Asked, Job
from bot.records import Record


class Notice(Record):
    """Who notices by a post that somebody begins to wait: the Slack user whom it mentions, or the whole channel.

    `until` is when the last message was written of the wait that is noticed with it; None where none begins.
    """

    mention: str = ""
    broadcast: bool = False
    until: datetime | None = None


class TellWhoWaits(Job, tag="tell_who_waits"):
    """Tell `user` in one direct message, after their quiet hours, of all in whose conversations a wait has begun."""

    background: ClassVar[bool] = True
    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "waits:{user}"
    user: str


class SetHeard(Asked, tag="set_heard"):
    """Somebody chose in their Home how they hear of those who wait in their conversations."""

    patient: ClassVar[bool] = False
    says: ClassVar[str] = ""  # Home itself shows it
    waits_in: ClassVar[str] = "home:{asker.user}"
    heard: Heard
