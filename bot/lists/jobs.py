"""Lists of conversations, and the Home tab."""

from __future__ import annotations

from typing import ClassVar, Literal

from bot.queue.job import Asked


class OpenHome(Asked):
    """Somebody opened the bot's Home tab: show it to those who may act, and the others why they may not."""

    patient: ClassVar[bool] = False
    merge: ClassVar[bool] = True
    says: ClassVar[str] = ""
    waits_in: ClassVar[str] = "home:{asker.user}"
    kind: Literal["open_home"] = "open_home"


class LookUp(Asked):
    """*Find in Inbox* on a message: list the conversations with those whose profiles it links to.

    `recipients` are `Recipient.key`s.
    """

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "console:{asker.user}"
    kind: Literal["look_up"] = "look_up"
    recipients: tuple[str, ...]


class ShowAgain(Asked):
    """Draw a private list anew, perhaps on another page: `seen_in` is `list|`, its id, `|` and the page.

    `changed` is the thread that was acted on; the others are shown as they were read. `ticks`: rows to be ticked first.
    `goes_on`: what was asked for in the list is not done with that.
    """

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "shown:{asker.user}"
    kind: Literal["show_again"] = "show_again"
    seen_in: str
    changed: str = ""
    ticks: Literal["", "all", "none"] = ""
    goes_on: bool = False


class DrawHome(Asked):
    """Draw somebody's Home anew after they acted on the thread `changed` in it."""

    patient: ClassVar[bool] = False
    says: ClassVar[str] = ""
    waits_in: ClassVar[str] = "home:{asker.user}"
    kind: Literal["draw_home"] = "draw_home"
    changed: str


class SetChoices(Asked):
    """Somebody ticked in their Home what they want: `chosen` are the names of all settings that are on now."""

    patient: ClassVar[bool] = False
    says: ClassVar[str] = ""
    waits_in: ClassVar[str] = "home:{asker.user}"
    kind: Literal["set_choices"] = "set_choices"
    chosen: tuple[str, ...]
