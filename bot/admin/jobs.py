"""That somebody who may not act asks the admins, and what an admin decides."""

from __future__ import annotations

from typing import ClassVar, Literal

from bot.queue.job import Asked

Want = Literal["allow", "link"]


class AskAdmins(Asked, tag="ask_admins"):
    """Tell the admins that the asker wants to act; `view_id` is the modal whose button they pressed."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "access:{asker.user}"
    view_id: str = ""


class GrantAccess(Asked, tag="grant_access"):
    """An admin lets the guest `user` in, says that `user` acts as `member`, or does neither (`granted` is False)."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "access:{user}"
    user: str
    want: Want
    member: str = ""
    granted: bool = True
