"""`/inbox`, lists, Home and settings."""

from __future__ import annotations

from typing import ClassVar, Literal

from bot.hours import Reminders
from bot.jobs.base import Asker, Base
from bot.models import Privacy


class Console(Base):
    """`/inbox` with words that need an answer from the store, Slack or Inbox."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "console:{asker.user}"
    kind: Literal["console"] = "console"
    words: str
    asker: Asker


class OpenHome(Base):
    """Somebody opened the bot's Home tab: show it to those who may act, and the others why they may not."""

    patient: ClassVar[bool] = False
    merge: ClassVar[bool] = True
    waits_in: ClassVar[str] = "home:{asker.user}"
    kind: Literal["open_home"] = "open_home"
    asker: Asker


class TellAdmins(Base):
    """Tell every admin but `but` in a direct message; what has a `name`, once a week until it is well again."""

    waits_in: ClassVar[str] = "admins"
    kind: Literal["tell_admins"] = "tell_admins"
    text: str
    but: str = ""
    name: str = ""

    @property
    def once(self) -> str | None:
        return f"admins:{self.name}" if self.name else None


class LookUp(Base):
    """*Find in Inbox* on a message: list the conversations with those whose profiles it links to.

    `recipients` are `Recipient.key`s.
    """

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "console:{asker.user}"
    kind: Literal["look_up"] = "look_up"
    recipients: tuple[str, ...]
    asker: Asker


class ShowAgain(Base):
    """Draw a private list anew, perhaps on another page: `seen_in` is `list|`, its id, `|` and the page.

    `changed` is the thread that was acted on; the others are shown as they were read.
    """

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "shown:{asker.user}"
    kind: Literal["show_again"] = "show_again"
    seen_in: str
    asker: Asker
    changed: str = ""


class DrawHome(Base):
    """Draw somebody's Home anew after they acted on the thread `changed` in it."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "shown:{asker.user}"
    kind: Literal["draw_home"] = "draw_home"
    changed: str
    asker: Asker


class SetChoices(Base):
    """Somebody ticked in their Home what they want: `chosen` are the names of all settings that are on now."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "home:{asker.user}"
    kind: Literal["set_choices"] = "set_choices"
    chosen: tuple[str, ...]
    asker: Asker


class OpenSettings(Base):
    """Fill the loading view of a channel's settings."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "view:{view_id}"
    kind: Literal["open_settings"] = "open_settings"
    view_id: str
    asker: Asker


class SaveSettings(Base):
    """An admin submitted the settings of the channel that `asker` began in."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "console:{asker.user}"
    kind: Literal["save_settings"] = "save_settings"
    privacy: Privacy
    reminders: Reminders
    asker: Asker


class Chart(Base):
    """Show somebody the figures as a picture, in their direct messages with the bot: in `channel`, once it is known."""

    waits_in: ClassVar[str] = "chart:{asker.user}"
    kind: Literal["chart"] = "chart"
    asker: Asker
    channel: str = ""
