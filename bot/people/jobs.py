"""What somebody is told."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import field

from bot.queue.job import Asked, Job


class TellAdmins(Job, tag="tell_admins"):
    """Tell every admin but `but` in a direct message; what has a `name`, once a week until it is well again."""

    waits_in: ClassVar[str] = "admins"
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    but: str = ""
    name: str = ""

    @property
    def once(self) -> str | None:
        return f"admins:{self.name}" if self.name else None


class Tell(Asked, tag="tell"):
    """Say something to one person, privately; `lasting` in a direct message, which is there when they come back.

    `replace` puts it in the place of the message whose button they pressed. `meanwhile` it is not done yet. `goes_on`:
    nor is it then, but it says nothing about that.
    """

    noted: ClassVar[bool] = False
    says: ClassVar[str] = ""
    waits_in: ClassVar[str] = "tell:{asker.user}"
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    lasting: bool = False
    replace: bool = False
    meanwhile: bool = False
    goes_on: bool = False

    @property
    def ends(self) -> bool:
        return not (self.meanwhile or self.goes_on)
