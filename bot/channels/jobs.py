"""The settings of a channel."""

from __future__ import annotations

from typing import ClassVar

from bot.channels.store import ChannelChoices
from bot.hours import Reminders
from bot.models import Broadcast, Heard, Privacy
from bot.queue.job import Asked, Filled


class OpenSettings(Filled, tag="open_settings"):
    """Fill the loading view of a channel's settings."""


class SaveSettings(Asked, tag="save_settings"):
    """An admin submitted the settings of the channel that `asker` began in. What is None stays as it is.

    `shown` is what was set as their form was opened: only what they made different of that is set. `heard` is their own
    choice.
    """

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "settings:{asker.channel}"  # of two admins, the second sees what the first has set
    privacy: Privacy
    reminders: Reminders
    broadcast: Broadcast | None = None
    heard: Heard | None = None
    shown: ChannelChoices | None = None
