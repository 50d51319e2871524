"""What a channel and a person have set for themselves, from Slack."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from bot.hours import Quiet, Reminders
from bot.models import Privacy, Record
from bot.store import keys


class ChannelChoices(Record):
    """How a channel wants its cards. `privacy`: the whole text, its beginning, or only that something came.

    `reply_assigns`: who replies from a card has the thread from then on, if nobody had it. `replies`: what replies in a
    card's Slack thread begin with that go out as direct messages; "" when none do.
    """

    privacy: Privacy = "full"
    reminders: Reminders = Reminders()
    reply_assigns: bool = True
    replies: str = ""


class PersonChoices(Record):
    """What a person wants to hear. `told_of_assignment`: a direct message when a colleague assigns them a thread.

    `quiet`: the hours in which reminders wait.
    """

    told_of_assignment: bool = True
    quiet: Quiet | None = None


class Preferences:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once

    async def channel(self, channel: str) -> ChannelChoices:
        """What was set for the channel, and the defaults for the rest."""
        raw = await self._redis.get(keys.channel_choices(channel))
        return ChannelChoices.model_validate_json(raw) if raw else ChannelChoices()

    async def save_channel(self, channel: str, choices: ChannelChoices) -> None:
        await self._redis.set(keys.channel_choices(channel), choices.model_dump_json(exclude_defaults=True))

    async def person(self, user: str) -> PersonChoices:
        """What the Slack user set, and the defaults for the rest."""
        raw = await self._redis.get(keys.person_choices(user))
        return PersonChoices.model_validate_json(raw) if raw else PersonChoices()

    async def save_person(self, user: str, choices: PersonChoices) -> None:
        await self._redis.set(keys.person_choices(user), choices.model_dump_json(exclude_defaults=True))

    async def channels(self) -> dict[str, ChannelChoices]:
        """Every channel for which anything was set."""
        found = sorted([one async for one in self._redis.scan_iter(match=keys.channel_choices("*"), count=500)])
        values = await self._redis.mget(found) if found else []
        pairs = zip(found, values, strict=True)
        return {k.decode().rpartition(":")[2]: ChannelChoices.model_validate_json(v) for k, v in pairs if v}
