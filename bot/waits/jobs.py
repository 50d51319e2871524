"""Who hears that somebody waits."""

from __future__ import annotations

from typing import ClassVar, Literal

from bot.models import Heard
from bot.queue.job import Asked


class SetHeard(Asked):
    """Somebody chose in their Home how they hear of those who wait in their conversations."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "home:{asker.user}"
    kind: Literal["set_heard"] = "set_heard"
    heard: Heard
