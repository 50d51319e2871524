"""The bot on the sandbox's stage, which can be killed, started again, and told other settings."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, Literal

from bot.sandbox.page.traffic import Tapped, Traffic
from bot.sandbox.stage import Scene, Stage, bot_on
from bot.worker import cancelled

InboxFault = Literal["none", "slow", "down", "limited", "dropping"]
SlackFault = Literal["none", "limited", "slow"]
SLOW: Final = 2.0  # seconds
WAIT: Final = 5  # seconds in Retry-After
WEBHOOKS: Final = {"v1": "1.0", "v2": "2"}


class Theatre:
    """One scene and its bot. `folder` keeps the bot's data while it is down; `port` is the bot's, 0 for any."""

    def __init__(self, scene: Scene, traffic: Traffic, folder: Path, *, port: int = 0, **settings: Any) -> None:
        self.scene, self.traffic = scene, traffic
        self.stage: Stage | None = None
        self.version = "v2" if "v2" in scene.inbox.versions else "v1"
        self.channel = scene.acme.channel
        self.faults: dict[str, str] = {"inbox": "none", "slack": "none"}
        self._folder, self._port, self._settings = folder, port, settings
        self._running = AsyncExitStack()
        self._one_at_a_time = asyncio.Lock()
        scene.slack.transport = Tapped(traffic, "slack")
        scene.inbox.webhook.transport = Tapped(traffic, "inbox")

    async def start(self) -> None:
        """The bot begins, with the data it had; nothing when it is up."""
        async with self._one_at_a_time:
            if self.stage is None:
                await self._start()

    async def kill(self) -> None:
        """The bot ends in the middle of whatever it is doing; nothing when it is down."""
        async with self._one_at_a_time:
            await self._kill()

    async def play(self, *, version: str | None = None, channel: str | None = None) -> None:
        """The bot begins anew with another API version of Inbox, or with its cards in another channel."""
        async with self._one_at_a_time:
            await self._kill()
            self.version, self.channel = version or self.version, channel or self.channel
            self.scene.inbox.versions = frozenset({self.version})
            self.scene.inbox.webhook_version = WEBHOOKS[self.version]
            await self._start()

    def fault(self, party: str, fault: str) -> None:
        """What goes wrong with every request to `party` from now on; "none" heals it."""
        inbox, slack = self.scene.inbox, self.scene.slack
        (inbox if party == "inbox" else slack).heal()
        match party, fault:
            case "inbox", "slow":
                inbox.fail("*", delay=SLOW, times=None)
            case "inbox", "down":
                inbox.fail("*", 503, times=None)
            case "inbox", "limited":
                inbox.fail("*", 429, times=None, retry_after=WAIT)
            case "inbox", "dropping":
                inbox.fail("P* *", drop="after", times=None)  # POST, PUT, PATCH: what changes something
            case "slack", "limited":
                slack.fail(retry_after=WAIT, times=None)
            case "slack", "slow":
                slack.fail(delay=SLOW, times=None)
            case (("inbox" | "slack"), "none"):
                pass
            case _:
                raise ValueError(f"no such fault: {party} {fault}")
        self.faults[party] = fault
        self.traffic.changed()

    async def _start(self) -> None:
        wanted: dict[str, Any] = {"notify_channel": self.channel, "bot_data_dir": self._folder}
        running = bot_on(self.scene, port=self._port, **(wanted | self._settings))
        self.stage = await self._running.enter_async_context(running)
        self.traffic.changed()

    async def _kill(self) -> None:
        if self.stage is not None:
            await cancelled(self.stage.tasks)
            self.stage = None
            await self._running.aclose()
            self.traffic.changed()
