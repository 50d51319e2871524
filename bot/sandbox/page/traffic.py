"""Every request between Slack, the bot and Inbox, kept for the panel that shows what happens under the hood."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.sandbox.wire import WIRE

Party = Literal["slack", "bot", "inbox"]
KEPT = 400  # exchanges
LONGEST = 20_000  # bytes of a body
TOLD = ("authorization", "content-type", "idempotency-key", "retry-after", "x-inbox-signature", "x-slack-signature")


@dataclass
class Exchange:
    """One request and its answer; `status` is None while it is under way and 0 when nobody answered."""

    number: int
    source: Party
    target: Party
    method: str
    path: str
    at: float
    headers: dict[str, str]
    body: bytes = b""
    status: int | None = None
    ms: float = 0.0
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""
    revision: int = 0

    def line(self) -> dict[str, Any]:
        """What the list shows."""
        return {
            "number": self.number,
            "source": self.source,
            "target": self.target,
            "method": self.method,
            "path": self.path,
            "about": self.about(),
            "at": self.at,
            "status": self.status,
            "ms": round(self.ms, 1),
            "refusal": self.refusal(),
        }

    def whole(self) -> dict[str, Any]:
        """The same with headers and bodies."""
        bodies = {"body": readable(self.body), "answer": readable(self.answer)}
        return self.line() | bodies | {"headers": self.headers, "answer_headers": self.answer_headers}

    def about(self) -> str:
        """What a request to the bot is about, in its sender's own terms: `/dm`, `block_actions archive`."""
        if self.target != "bot":
            return ""
        content = readable(self.body)
        if isinstance(content, dict):
            content = content.get("payload", content)
        if not isinstance(content, dict):
            return ""
        if "command" in content:
            return str(content["command"])
        actions = [action.get("action_id", "") for action in content.get("actions", [])]
        kind = content.get("event", content).get("type", "")
        callback = content.get("callback_id") or content.get("view", {}).get("callback_id", "")
        return " ".join([str(kind), *(actions or [str(callback)])]).strip()

    def refusal(self) -> str:
        """Slack answers 200 and says no in the body."""
        if self.target != "slack" or self.status != 200:
            return ""
        content = readable(self.answer)
        return str(content.get("error", "")) if isinstance(content, dict) and not content.get("ok", True) else ""


class Traffic:
    """The last exchanges, and who wants to know when there is something new."""

    def __init__(self) -> None:
        self.kept: deque[Exchange] = deque(maxlen=KEPT)
        self.revision = 0
        self._number = 0
        self._watchers: set[asyncio.Event] = set()

    def began(
        self, source: Party, target: Party, method: str, path: str, headers: Iterable[tuple[str, str]]
    ) -> Exchange:
        self._number += 1
        exchange = Exchange(self._number, source, target, method, path, time.time(), _told(headers))
        self.kept.append(exchange)
        self._touch(exchange)
        return exchange

    def ended(
        self, exchange: Exchange, status: int, headers: Iterable[tuple[str, str]] = (), answer: bytes = b""
    ) -> None:
        exchange.status, exchange.answer, exchange.answer_headers = status, answer[:LONGEST], _told(headers)
        exchange.ms = (time.time() - exchange.at) * 1000
        self._touch(exchange)

    def after(self, revision: int) -> list[Exchange]:
        """What is new or has changed since `revision`."""
        return [exchange for exchange in self.kept if exchange.revision > revision]

    def find(self, number: int) -> Exchange | None:
        return next((exchange for exchange in self.kept if exchange.number == number), None)

    def changed(self) -> None:
        """Tell everybody who watches to look again."""
        for watcher in self._watchers:
            watcher.set()

    @contextmanager
    def watching(self) -> Iterator[asyncio.Event]:
        """An event that is set whenever something has changed."""
        watcher = asyncio.Event()
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    def _touch(self, exchange: Exchange) -> None:
        self.revision += 1
        exchange.revision = self.revision
        self.changed()


class Tap:
    """An ASGI app with everything that passes through it on record; `party` is who it is, the bot who calls it."""

    def __init__(self, app: ASGIApp, traffic: Traffic, party: Party) -> None:
        self._app, self._traffic, self._party = app, traffic, party

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        query = scope["query_string"].decode("latin-1")
        path = scope["path"] + (f"?{query}" if query else "")
        wire = _Wire(receive, send, self._traffic.began("bot", self._party, scope["method"], path, headers))
        try:
            await self._app(scope, wire.receive, wire.send)
        finally:
            status = 0 if wire.dropped else wire.status
            self._traffic.ended(wire.exchange, status, wire.headers, bytes(wire.answer))


class _Wire:
    """Listens in. The local Slack and Inbox cut a connection through what `send` and `receive` belong to: this."""

    def __init__(self, receive: Receive, send: Send, exchange: Exchange) -> None:
        self._receive, self._send, self.exchange = receive, send, exchange
        self.status, self.dropped, self.answer = 0, False, bytearray()
        self.headers: list[tuple[str, str]] = []

    @property
    def transport(self) -> _Wire:
        return self

    def abort(self) -> None:
        self.dropped = True
        self._send.__self__.transport.abort()  # type: ignore[attr-defined]  # uvicorn's side of the connection

    async def receive(self) -> Message:
        message = await self._receive()
        if len(self.exchange.body) < LONGEST:
            self.exchange.body += message.get("body", b"")
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in message.get("headers", [])]
        elif len(self.answer) < LONGEST:
            self.answer += message.get("body", b"")
        await self._send(message)


class Tapped(httpx.AsyncBaseTransport):
    """The wire from `source` to the bot, with everything that passes on record; it takes `delay` seconds to pass."""

    def __init__(self, traffic: Traffic, source: Party) -> None:
        self._traffic, self._source, self.delay = traffic, source, 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        exchange = self._traffic.began(self._source, "bot", request.method, path, request.headers.multi_items())
        exchange.body = (await request.aread())[:LONGEST]
        try:
            await asyncio.sleep(self.delay)
            response = await WIRE.handle_async_request(request)
        except BaseException:  # a refused connection, and the end of the sender's patience
            self._traffic.ended(exchange, 0)
            raise
        self._traffic.ended(exchange, response.status_code, response.headers.multi_items(), response.content)
        return response


def readable(body: bytes) -> Any:
    """A body as data: JSON, a form with JSON in its fields, or text; of anything else, how much there is of it."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return f"({len(body)} bytes)"
    try:
        return json.loads(text)
    except ValueError:
        pass
    if "=" not in text or "\n" in text:
        return text
    fields = {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}
    return {name: _unpacked(value) for name, value in fields.items()} or text


def _unpacked(value: str) -> Any:
    if value[:1] not in "[{":
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _told(headers: Iterable[tuple[str, str]] | Mapping[str, str]) -> dict[str, str]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return {name.lower(): value for name, value in pairs if name.lower() in TOLD}
