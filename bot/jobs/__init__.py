"""The work that is written to Redis before Slack or Inbox is answered, and the lane each piece of it waits in.

A lane is a queue that is worked strictly in order, by one worker at a time. Jobs whose order a person could notice
share one: the changes to a thread, the posts of a channel, the messages to a person.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter

from bot.jobs.asked import (
    Chart,
    Console,
    DrawHome,
    LookUp,
    OpenHome,
    OpenSettings,
    SaveSettings,
    SetChoices,
    ShowAgain,
    TellAdmins,
)
from bot.jobs.base import DAY, SENDS_WAIT, Asker, Base, Tell, now, reference
from bot.jobs.events import (
    Amend,
    Announce,
    Attempt,
    Campaign,
    Count,
    Digest,
    Due,
    Leave,
    LookAtBuried,
    Missed,
    Morning,
    Move,
    Notify,
    Nudge,
    Outbound,
    Post,
    Recheck,
    Refresh,
    RefreshPerson,
    Render,
    Sync,
)
from bot.jobs.sends import Answer, Choice, Choose, Dm, Echo, Mark, OpenChoice, OpenDm, Revise, Send, SendAgain
from bot.jobs.threads import (
    Change,
    Fade,
    MoveTo,
    OpenAssign,
    OpenReply,
    Receipt,
    Reply,
    StopReplying,
    TellAssignee,
    Verb,
    Why,
)

__all__ = [
    "DAY",
    "SENDS_WAIT",
    "Amend",
    "Announce",
    "Answer",
    "Asker",
    "Attempt",
    "Base",
    "Campaign",
    "Change",
    "Chart",
    "Choice",
    "Choose",
    "Console",
    "Count",
    "Digest",
    "Dm",
    "DrawHome",
    "Due",
    "Echo",
    "Fade",
    "Job",
    "Keep",
    "Later",
    "Leave",
    "LookAtBuried",
    "LookUp",
    "Mark",
    "Missed",
    "Morning",
    "Move",
    "MoveTo",
    "Notify",
    "Nudge",
    "OpenAssign",
    "OpenChoice",
    "OpenDm",
    "OpenHome",
    "OpenReply",
    "OpenSettings",
    "Outbound",
    "Post",
    "Receipt",
    "Recheck",
    "Refresh",
    "RefreshPerson",
    "Render",
    "Reply",
    "Revise",
    "SaveSettings",
    "Send",
    "SendAgain",
    "SetChoices",
    "ShowAgain",
    "StopReplying",
    "Sync",
    "Tell",
    "TellAdmins",
    "TellAssignee",
    "Verb",
    "Why",
    "dump",
    "load",
    "now",
    "reference",
]

Job = Annotated[
    Change
    | Dm
    | Send
    | OpenDm
    | OpenChoice
    | Choose
    | SendAgain
    | OpenReply
    | Reply
    | StopReplying
    | Fade
    | Receipt
    | OpenAssign
    | TellAssignee
    | Amend
    | Console
    | OpenHome
    | TellAdmins
    | Notify
    | Refresh
    | Recheck
    | LookAtBuried
    | RefreshPerson
    | Post
    | Digest
    | Announce
    | Missed
    | Render
    | Tell
    | Echo
    | Revise
    | Mark
    | Count
    | Chart
    | LookUp
    | ShowAgain
    | DrawHome
    | Answer
    | SetChoices
    | Outbound
    | Campaign
    | Move
    | Leave
    | MoveTo
    | Why
    | OpenSettings
    | SaveSettings
    | Due
    | Nudge
    | Morning
    | Sync,
    Field(discriminator="kind"),
]
_JOB: TypeAdapter[Job] = TypeAdapter(Job, config=ConfigDict(defer_build=True))


Keep = Callable[[Job], Awaitable[None]]
"""How a handler writes down how far its job has come, before it goes on."""


class Later(Exception):
    """A handler's word that its job is not done yet: work it again in `seconds`, as `job`, and do `then` now."""

    def __init__(self, seconds: float, job: Job, *then: Job) -> None:
        super().__init__(f"in {seconds:g} s")
        self.seconds, self.job, self.then = seconds, job, then


def dump(job: Job) -> bytes:
    return job.model_dump_json(exclude_defaults=False).encode()


def load(raw: bytes) -> Job:
    """The job that `dump` wrote. Raises `ValueError` when it is no job of this version."""
    return _JOB.validate_json(raw)
