"""What the last start found out, for a start while Slack or Inbox is down."""

from __future__ import annotations

from typing import Any, Final

from redis.asyncio import Redis

from bot.errors import SettingsError
from bot.slack.workspace import Installation
from bot.store import keys
from bot.store.layout import readable, whole
from bot.store.scripts import script

REFUSED_LIVES: Final = 300  # seconds


class InstallState:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self._speak = script(redis, "store/speak.lua")

    async def trouble(self) -> str:
        """Why no bot starts on what lies there, in a sentence; "" where one does."""
        try:
            await whole(self._redis)
            await readable(self._redis)
        except SettingsError as error:
            return str(error)
        return ""

    async def workspace(self) -> Installation | None:
        """The Slack workspace whose data this is."""
        raw = await self._redis.get(keys.INSTALLATION)
        return Installation.read(raw) if raw else None

    async def save_workspace(self, found: Installation) -> None:
        await self._redis.set(keys.INSTALLATION, found.json())

    async def revoke(self) -> None:
        """Slack took the bot's token away: no work is done until a start with a good one."""
        await self._redis.set(keys.REVOKED, "1")

    async def restore(self) -> None:
        """Slack knows the token."""
        await self._redis.delete(keys.REVOKED)

    async def revoked(self) -> bool:
        return bool(await self._redis.exists(keys.REVOKED))

    async def refuse(self, code: str) -> None:
        """Slack does not take the token now; noted again as long as that lasts."""
        await self._redis.set(keys.REFUSED, code, ex=REFUSED_LIVES)

    async def accepted(self) -> None:
        """Slack takes the token."""
        await self._redis.delete(keys.REFUSED)

    async def refused(self) -> bool:
        return bool(await self._redis.exists(keys.REFUSED))

    async def inbox_version(self) -> str | None:
        """The Inbox API version that answered last."""
        raw = await self._redis.get(keys.INBOX_VERSION)
        return raw.decode() if raw else None

    async def speak(self, version: str) -> bool:
        """All processes speak this version from now on; whether they spoke another one before."""
        belong = [keys.CURSOR, keys.WEBHOOK_AT]
        return bool(
            await self._speak(keys=[keys.INBOX_VERSION, keys.READ_AT, keys.READ_BEFORE], args=[version, *belong])
        )

    async def buried_looked_at(self) -> bool:
        """Whether cards that were taken for deleted have been looked at since this bot tells an ended API apart."""
        return bool(await self._redis.exists(keys.BURIED_LOOKED_AT))

    async def looked_at_buried(self) -> None:
        await self._redis.set(keys.BURIED_LOOKED_AT, "1")
