"""The bot on the sandbox's stage, which can be killed, started again, and told other settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final

from bot.manifest import OPTIONAL, SCOPES
from bot.sandbox.inbox.end_of_v1 import HOWS, How
from bot.sandbox.page.traffic import Tapped, Traffic
from bot.sandbox.stage import Scene, Stage, bot_on

SLOW: Final = 2.0  # seconds
HANGS: Final = 5.0  # seconds: longer than Slack waits
WAIT: Final = 5  # seconds in Retry-After
WEBHOOKS: Final = {"v1": "1.0", "v2": "2"}


class Theatre:
    """One scene and its bot; `folder` keeps the bot's data while it is down, `settings` are the bot's."""

    def __init__(self, scene: Scene, traffic: Traffic, folder: Path, **settings: Any) -> None:
        self.scene, self.traffic = scene, traffic
        self.stage: Stage | None = None
        self.version = "v2" if "v2" in scene.inbox.versions else "v1"
        self.channel = scene.acme.channel
        self.faults: dict[str, str] = {"inbox": "none", "slack": "none", "bot": "none"}
        self._folder, self._settings = folder, settings
        self._running = AsyncExitStack()
        self._one_at_a_time = asyncio.Lock()
        self._wires = Tapped(traffic, "slack"), Tapped(traffic, "inbox")
        scene.slack.transport, scene.inbox.webhook.transport = self._wires
        scene.slack.scopes = {*SCOPES, *OPTIONAL}
        scene.slack.rate_limit = scene.inbox.enforce = True

    async def start(self) -> None:
        """The bot begins, with the data it had; nothing when it is up."""
        async with self._one_at_a_time:
            if self.stage is None:
                await self._start()

    async def kill(self) -> None:
        """The bot ends in the middle of whatever it is doing; nothing when it is down."""
        async with self._one_at_a_time:
            await self._kill()

    async def close(self) -> None:
        """The bot finishes what it has in hand, for as long as that takes a moment, and ends."""
        async with self._one_at_a_time:
            self.stage = None
            await self._running.aclose()

    async def play(self, *, version: str | None = None, channel: str | None = None) -> None:
        """The bot begins anew with another API version of Inbox, or with its cards in another channel."""
        async with self._one_at_a_time:
            await self._kill()
            self.version, self.channel = version or self.version, channel or self.channel
            self.scene.inbox.versions = frozenset({self.version})
            self.scene.inbox.webhook_version = WEBHOOKS[self.version]
            await self._start()

    def fault(self, party: str, fault: str) -> None:
        """What goes wrong with every request to `party` from now on; "none" mends it. Raises LookupError."""
        inbox, slack = self.scene.inbox, self.scene.slack
        faults: dict[tuple[str, str], Callable[[], None]] = {
            ("inbox", "none"): lambda: None,
            ("inbox", "slow"): lambda: inbox.fail("*", delay=SLOW, times=None),
            ("inbox", "down"): lambda: inbox.fail("*", 503, times=None),
            ("inbox", "limited"): lambda: inbox.fail("*", 429, times=None, retry_after=WAIT),
            ("inbox", "unsure"): lambda: inbox.fail("POST *messages", code="sendUnconfirmed", acted=True, times=None),
            ("inbox", "dropping"): lambda: inbox.fail("P* *", drop="after", times=None),  # POST, PUT, PATCH
            **{("inbox", f"v1 {how}"): partial(self._end_v1, how) for how in HOWS},
            ("slack", "none"): lambda: None,
            ("slack", "slow"): lambda: slack.fail(delay=SLOW, times=None),
            ("slack", "limited"): lambda: slack.fail(retry_after=WAIT, times=None),
            ("bot", "none"): lambda: self._delay(0.0),
            ("bot", "hangs"): lambda: self._delay(HANGS),
        }
        begin = faults[party, fault]
        if party == "inbox":
            inbox.end_v1(None)
        if party != "bot":
            (inbox if party == "inbox" else slack).heal()
        begin()
        self.faults[party] = fault
        self.traffic.changed()

    def _end_v1(self, how: How) -> None:
        """API v1 ends, and v2 is there, as it is for the vendor's customers."""
        self.version = "v2"
        self.scene.inbox.versions = frozenset({"v1", "v2"})
        self.scene.inbox.end_v1(how)

    def _delay(self, seconds: float) -> None:
        for wire in self._wires:
            wire.delay = seconds

    async def _start(self) -> None:
        wanted: dict[str, Any] = {"notify_channel": self.channel, "bot_data_dir": self._folder}
        running = bot_on(self.scene, **(wanted | self._settings))
        self.stage = await self._running.enter_async_context(running)
        self.traffic.changed()

    async def _kill(self) -> None:
        if self.stage is not None:
            await self.stage.bridge.worker.stop(within=0.0)  # what it has in hand is cut off
            self.stage = None
            await self._running.aclose()
            self.traffic.changed()
