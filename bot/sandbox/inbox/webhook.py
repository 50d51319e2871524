"""The webhook sender of the local Inbox: signs events and delivers them in the background, in order."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import Coroutine

import httpx

from bot.sandbox.inbox.records import Logged
from bot.sandbox.wire import post

DEADLINE = 10.0  # seconds


class Webhook:
    """One webhook of the team. `version` is the payload version, `1.0` or `2`; `types` None means all.

    First attempts are made one after the other in the order of the events; repeats run beside them, so a receiver
    that refuses one event still gets the next.
    """

    def __init__(self, secret: str, version: str, retry_delays: tuple[float, ...]) -> None:
        self.url: str | None = None
        self.types: set[str] | None = None
        self.auto = True
        self.transport: httpx.AsyncBaseTransport | None = None  # in place of the network
        self.deliveries: list[tuple[str, int]] = []  # (event id, status); 0 where nobody answered
        self.secret, self.version, self.retry_delays = secret, version, retry_delays
        self._waiting: deque[Logged] = deque()
        self._tasks: set[asyncio.Task[object]] = set()
        self._draining = False

    def offer(self, logged: Logged) -> None:
        """Takes an event for delivery if someone is subscribed to it; needs a running event loop."""
        if (
            self.url is None
            or not self.auto
            or (self.types is not None and logged.type(self.version) not in self.types)
        ):
            return
        self._waiting.append(logged)
        if not self._draining:
            self._draining = True
            self._start(self._drain())

    def body(self, logged: Logged) -> bytes:
        return json.dumps(logged.bodies[self.version], ensure_ascii=False, separators=(",", ":")).encode()

    def sign(self, body: bytes, at: float | None = None) -> dict[str, str]:
        """The headers of a delivery of `body`, signed at `at` (Unix seconds, default now).

        Scheme: https://docs.inboxapp.com/webhooks/verifying-signatures
        """
        moment = int(time.time() if at is None else at)
        digest = hmac.new(self.secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        return {"Content-Type": "application/json", "X-Inbox-Signature": f"t={moment},v1={digest}"}

    async def deliver(self, logged: Logged) -> bool:
        """One attempt; whether it was acknowledged with a 2xx."""
        body, status = self.body(logged), 0
        assert self.url is not None
        try:
            async with asyncio.timeout(DEADLINE):
                status = (await post(self.url, body, self.sign(body), self.transport)).status_code
        except (TimeoutError, httpx.TransportError):
            pass  # status 0 says so
        self.deliveries.append((logged.id, status))
        return 200 <= status < 300

    async def settle(self) -> None:
        """Waits until nothing is under way, repeats included."""
        while under_way := [one for one in self._tasks if not one.done()]:  # what is done is taken out a turn later
            await asyncio.gather(*under_way)

    async def stop(self) -> None:
        """Gives up what is under way."""
        self._waiting.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _drain(self) -> None:
        try:
            while self._waiting:
                logged = self._waiting.popleft()
                if not await self.deliver(logged):
                    self._start(self._repeat(logged))
        finally:
            self._draining = False

    async def _repeat(self, logged: Logged) -> None:
        for delay in self.retry_delays:
            await asyncio.sleep(delay)
            if await self.deliver(logged):
                return

    def _start(self, work: Coroutine[object, object, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class WebhookSettings:
    """The webhook of a team as its dashboard sets it, and as a test watches it."""

    webhook: Webhook

    @property
    def webhook_url(self) -> str | None:
        return self.webhook.url

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        self.webhook.url = url

    @property
    def webhook_version(self) -> str:
        return self.webhook.version

    @webhook_version.setter
    def webhook_version(self, version: str) -> None:
        self.webhook.version = version

    @property
    def webhook_types(self) -> set[str] | None:
        return self.webhook.types

    @webhook_types.setter
    def webhook_types(self, types: set[str] | None) -> None:
        self.webhook.types = types

    @property
    def auto_deliver(self) -> bool:
        return self.webhook.auto

    @auto_deliver.setter
    def auto_deliver(self, on: bool) -> None:
        self.webhook.auto = on

    @property
    def deliveries(self) -> list[tuple[str, int]]:
        """(event id, status) of every attempt, 0 where nobody answered."""
        return self.webhook.deliveries

    def sign(self, body: bytes, at: float | None = None) -> dict[str, str]:
        """Headers of a delivery signed at `at`, Unix seconds."""
        return self.webhook.sign(body, at)

    async def settle(self) -> None:
        """Waits until the deliveries under way are done, repeats included."""
        await self.webhook.settle()

    async def aclose(self) -> None:
        """Gives up deliveries under way."""
        await self.webhook.stop()
