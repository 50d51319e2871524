"""The figures."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Final, Literal

from bot.queue.job import Asked, Background, Job
from bot.reminders.jobs import Said

OLD: Final = timedelta(days=1)  # a message that is told of so late is history that Inbox imports


class Chart(Asked, tag="chart"):
    """Show somebody the figures as a picture, in their direct messages with the bot: in `channel`, once it is known."""

    noted: ClassVar[bool] = False
    says: ClassVar[str] = ""
    waits_in: ClassVar[str] = "chart:{asker.user}"
    channel: str = ""


class LookAtReports(Background, tag="look_at_reports"):
    """Look for channels whose report is due."""

    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "reports"


class Report(Said, tag="report"):
    """A channel's report on the week before the Monday `day` (ISO), by its own clock."""

    insists: ClassVar[bool] = True
    day: str

    @property
    def once(self) -> str | None:
        return f"report:{self.channel}:{self.day}"


class Count(Job, tag="count"):
    """For the figures: a message came or went out, or a thread was closed, at `when`, in the order of the events.

    `member` is who wrote it, where that is certain.
    """

    logged: ClassVar[bool] = False
    background: ClassVar[bool] = True
    waits_in: ClassVar[str] = "count:{thread_id}"
    what: Literal["received", "sent", "closed"]
    thread_id: str
    when: datetime
    message_id: str = ""
    member: str = ""
