"""What a channel and a person have set for themselves, from Slack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import field
from redis.asyncio import Redis

from bot.hours import Quiet, Reminders
from bot.models import Broadcast, Heard, Privacy
from bot.records import Record
from bot.store import keys
from bot.store.channels import channels
from bot.store.kept import Kept


class ChannelChoices(Record):
    """How a channel wants its cards. `privacy`: the whole text, its beginning, or only that something came.

    `reply_assigns`: who replies from a card has the thread from then on, if nobody had it. `replies`: what replies in a
    card's Slack thread begin with that go out as direct messages; "" when none do. `broadcast`: which messages below a
    card the channel sees too: the first of each wait for which nobody is mentioned, none, or every one.
    `escalate_to` (the id of a channel, user or user group, "" for nobody) is told of whoever waits `escalate_after`
    minutes longer than the target.
    """

    privacy: Privacy = "full"
    reminders: Reminders = Reminders()
    reply_assigns: bool = True
    replies: str = ""
    broadcast: Broadcast = "once"
    escalate_to: str = ""
    escalate_after: float | None = None


class Away(Record):
    """Somebody is away, `until` then; None: until they say that they are back."""

    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return self.until is None or at < self.until


class PersonChoices(Record):
    """What a person wants to hear. `told_of_assignment`: a direct message when a colleague assigns them a thread.

    `quiet`: the hours in which that and reminders wait. `heard`: how they hear that somebody begins to wait in a
    conversation that they have. `archive_when_sent`: how the box in the form to reply was left. `hold`: for how many
    seconds what they send waits, so that they may undo it. `away`: rules assign them nothing.
    """

    told_of_assignment: bool = True
    quiet: Quiet | None = None
    heard: Heard = "mention"
    archive_when_sent: bool = False
    away: Away | None = None
    hold: int = 0
    hinted: dict[str, str] = field(default_factory=dict)


class Preferences:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._channels = Kept(redis, ChannelChoices, keys.channel_choices, noted=keys.CHANNELS)
        self._people = Kept(redis, PersonChoices, keys.person_choices)

    async def channel(self, channel: str) -> ChannelChoices:
        """What was set for the channel, and the defaults for the rest."""
        return await self._channels.get(channel) or ChannelChoices()

    async def set_channel(self, channel: str, **chosen: object) -> None:
        """Set these fields of `ChannelChoices`; two admins who set different ones at once lose neither."""
        await self._channels.change(channel, lambda known: (known or ChannelChoices()).having(**chosen))

    async def change_channel(self, channel: str, change: Callable[[ChannelChoices], ChannelChoices]) -> ChannelChoices:
        """What `change` makes of what is set in the moment."""
        return await self._channels.change(channel, lambda known: change(known or ChannelChoices()))

    async def person(self, user: str) -> PersonChoices:
        """What the Slack user set, and the defaults for the rest."""
        return await self._people.get(user) or PersonChoices()

    async def set_person(self, user: str, **chosen: object) -> None:
        """Set these fields of `PersonChoices`."""
        await self._people.change(user, lambda known: (known or PersonChoices()).having(**chosen))

    async def people(self) -> dict[str, PersonChoices]:
        """Every Slack user who has set anything. All of Redis is looked through."""
        return await self._people.all()

    async def of(self, users: Sequence[str]) -> dict[str, PersonChoices]:
        """Those of these Slack users who have set anything."""
        return await self._people.of(users)

    async def channels(self) -> dict[str, ChannelChoices]:
        """Every channel for which anything was set."""
        return await self._channels.of(await channels(self._redis))
