"""How the sandbox's Slack reaches the bot: a signed request, or an envelope on a WebSocket in Socket Mode.

Payloads follow https://docs.slack.dev/reference/interaction-payloads and /apis/events-api.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import httpx

from bot.sandbox.slack.records import APP_ID, BOT_USER, Ack, Json
from bot.sandbox.slack.world import World
from bot.sandbox.wire import post

NONE: Mapping[str, str] = MappingProxyType({})


class Delivery(World):
    """A World that tells the bot what happens in it; every answer of the bot is kept in `acks`.

    `transport` replaces the network, for an ASGI app in the same process, and Socket Mode with it.
    """

    def __init__(self, **world: Any) -> None:
        super().__init__(**world)
        self.acks: list[Ack] = []
        self.transport: httpx.AsyncBaseTransport | None = None

    def sign(self, body: bytes | str, at: float | None = None) -> dict[str, str]:
        """The headers of a request with this body, signed at `at` (Unix seconds; by default now)."""
        raw, stamp = body.encode() if isinstance(body, str) else body, str(int(time.time() if at is None else at))
        digest = hmac.new(self.signing_secret.encode(), f"v0:{stamp}:".encode() + raw, hashlib.sha256).hexdigest()
        kind = "application/json" if raw.startswith(b"{") else "application/x-www-form-urlencoded"
        return {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={digest}",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }

    async def raw(self, body: bytes | str, headers: Mapping[str, str]) -> Ack:
        """Post anything at all to the bot's request URL, and hang up after three seconds as Slack does."""
        start = time.monotonic()
        status, answered = 0, None
        try:
            async with asyncio.timeout(self.patience + 0.01):
                response = await post(self.events_url, body, headers, self.transport)
            status, answered = response.status_code, _body(response)
        except (TimeoutError, httpx.TransportError):
            pass  # status 0 says so
        ack = Ack(status, answered, time.monotonic() - start, within=self.patience)
        self.acks.append(ack)
        self.changed()
        return ack

    async def deliver(self, kind: str, payload: Json, body: str, headers: Mapping[str, str] = NONE) -> Ack:
        """`payload` to a WebSocket, or the same as the `body` of a request."""
        if not self.socket_mode or self.transport:
            return await self.raw(body, self.sign(body) | dict(headers))
        ack = await self.sockets.deliver(kind, payload)
        self.acks.append(ack)
        self.changed()
        return ack

    async def interaction(self, user: str, payload: Json) -> Ack:
        common: Json = {"user": self._who(user), "api_app_id": APP_ID, "token": "sandbox-verification"}
        common |= {"trigger_id": self.trigger(user), "team": self.team(self.team_id)}
        common |= {"enterprise": self._grid(), "is_enterprise_install": False}
        whole = common | payload
        return await self.deliver("interactive", whole, urlencode({"payload": json.dumps(whole)}))

    def _who(self, user: str) -> Json:
        someone = self.users[user]
        return {"id": user, "username": someone.username, "name": someone.username, "team_id": someone.team_id}

    def _grid(self) -> Json | None:
        return {"id": self.enterprise_id, "name": "Acme Group"} if self.enterprise_id else None

    def team(self, id: str) -> Json:
        return {"id": id, "domain": self.team_name.lower().replace(" ", "-") if id == self.team_id else id.lower()}

    async def event(
        self, type: str, *, event_id: str | None = None, retry: int = 0, shared: bool | None = False, **fields: Any
    ) -> Ack:
        """An Events API delivery; give the same `event_id` and a `retry` number to deliver it again.

        `shared` says whether the channel is; None leaves that out.
        """
        envelope: Json = {"token": "sandbox-verification", "team_id": self.team_id, "api_app_id": APP_ID}
        envelope |= {"enterprise_id": self.enterprise_id} if self.enterprise_id else {}
        envelope |= {"type": "event_callback", "event_id": event_id or self.next_id("Ev")}
        envelope |= {"event_time": int(self.now()), "event": {"type": type, "event_ts": self.next_ts(), **fields}}
        us = {"enterprise_id": None, "team_id": self.team_id, "user_id": BOT_USER, "is_bot": True}
        envelope |= {"authorizations": [us | {"is_enterprise_install": False}]}
        envelope |= {} if shared is None else {"is_ext_shared_channel": shared}
        again = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"} if retry else {}
        return await self.deliver("events_api", envelope, json.dumps(envelope), again)


def _body(response: httpx.Response) -> Json | str | None:
    if "json" in response.headers.get("content-type", ""):
        try:
            body: Json = response.json()
        except ValueError:
            return response.text
        return body
    return response.text or None
