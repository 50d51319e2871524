"""Lists of conversations, and the Home tab."""

from __future__ import annotations

from typing import ClassVar, Literal

from bot.models import Thread
from bot.queue.job import Asked


class OpenHome(Asked, tag="open_home"):
    """Somebody opened the bot's Home tab: show it to those who may act, and the others why they may not."""

    patient: ClassVar[bool] = False
    merge: ClassVar[bool] = True
    says: ClassVar[str] = ""
    waits_in: ClassVar[str] = "home:{asker.user}"


class LookUp(Asked, tag="look_up"):
    """*Find in Inbox* on a message: list the conversations with those whose profiles it links to.

    `recipients` are `Recipient.key`s.
    """

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "console:{asker.user}"
    recipients: tuple[str, ...]


class ShowAgain(Asked, tag="show_again"):
    """Draw a private list anew, perhaps on another page: `seen_in` is `list|`, its id, `|` and the page.

    `changed` is the thread that was acted on, `shown` how Inbox has just shown it, where its card may not say so yet;
    the others are shown as they were read. `ticks`: rows to be ticked first. `goes_on`: what was asked for in the list
    is not done with that.
    """

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "shown:{asker.user}"
    seen_in: str
    changed: str = ""
    shown: Thread | None = None
    ticks: Literal["", "all", "none"] = ""
    goes_on: bool = False


class DrawHome(Asked, tag="draw_home"):
    """Draw somebody's Home anew after they acted on the thread `changed` in it, which Inbox has just `shown` so."""

    patient: ClassVar[bool] = False
    says: ClassVar[str] = ""
    waits_in: ClassVar[str] = "home:{asker.user}"
    changed: str
    shown: Thread | None = None


class SetChoices(Asked, tag="set_choices"):
    """Somebody ticked in their Home what they want: `chosen` are the names of all settings that are on now."""

    patient: ClassVar[bool] = False
    says: ClassVar[str] = ""
    waits_in: ClassVar[str] = "home:{asker.user}"
    chosen: tuple[str, ...]
