"""Load: as many signed requests as a server answers, over connections that are kept alive, and how long each took.

The client is a bare protocol on raw bytes, so that it is cheap beside any server.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_number = itertools.count()


@dataclass(frozen=True)
class Load:
    """What came of it: `took` are the seconds of each request, in order of size."""

    seconds: float
    took: list[float]

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.took) / self.seconds

    def percentile(self, part: float) -> float:
        """Seconds."""
        return self.took[min(len(self.took) - 1, int(len(self.took) * part / 100))]


async def load(port: int, requests: Iterator[bytes], connections: int, seconds: float, most: int = 10**9) -> Load:
    """Send `requests` for `seconds`, `most` of them at most. Raises `AssertionError` on any answer but 200."""
    loop = asyncio.get_running_loop()
    run = _Run(itertools.islice(requests, most), time.perf_counter() + seconds)
    began = time.perf_counter()
    lines = [(await loop.create_connection(lambda: _Line(run), "127.0.0.1", port))[1] for _ in range(connections)]
    async with asyncio.timeout(seconds + 30):
        await asyncio.gather(*(line.done for line in lines))
    return Load(time.perf_counter() - began, sorted(run.took))


class _Run:
    def __init__(self, requests: Iterator[bytes], until: float) -> None:
        self.requests, self.until, self.took = requests, until, list[float]()

    def next(self) -> bytes | None:
        return next(self.requests, None) if time.perf_counter() < self.until else None


class _Line(asyncio.Protocol):
    """One connection: the next request as soon as the last one is answered."""

    def __init__(self, run: _Run) -> None:
        self._run, self._answer, self._sent = run, b"", 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # TCP gives that kind
        self._go_on()

    def _go_on(self) -> None:
        request = self._run.next()
        if request is None:
            self._transport.close()
            self.done.set_result(None)
            return
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end:
            return
        length = LENGTH.search(head)
        if len(body) < int(length[1]) if length else not body.endswith(b"0\r\n\r\n"):
            return
        self._answer = b""
        if b" 200 " in head.split(b"\r\n", 1)[0]:
            self._run.took.append(time.perf_counter() - self._sent)
            self._go_on()
        else:
            self._transport.abort()
            self.done.set_exception(AssertionError(f"not 200: {head[:60]!r} {body[:100]!r}"))

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(AssertionError("the server hung up"))


def commands(secret: str, user: str, channel: str, command: str = "/dm", words: str = "") -> Iterator[bytes]:
    """Slash commands as Slack sends them, each with a trigger of its own and, but for `words`, to somebody else."""
    fields = {
        "token": "t",
        "team_id": "T0ACME",
        "team_domain": "acme",
        "channel_id": channel,
        "channel_name": "support",
    }
    fields |= {"user_id": user, "user_name": "ana", "command": command, "api_app_id": "A0INBOX"}
    fields |= {"is_enterprise_install": "false", "response_url": "http://127.0.0.1:9/response/none"}
    fixed = urlencode(fields)
    for number in _number:
        text = words or f"@person{number} Hello, is the trial of last week still open?"
        yield slack(secret, f"{fixed}&{urlencode({'text': text})}&trigger_id={number}.{time.time_ns()}".encode())


def suggestions(secret: str, user: str, action: str, typed: str) -> Iterator[bytes]:
    """What Slack asks while somebody types into a menu of a form. https://docs.slack.dev/reference/interaction-payloads"""
    payload = {"type": "block_suggestion", "action_id": action, "block_id": action, "value": typed, "api_app_id": "A0"}
    who: dict[str, object] = {"user": {"id": user, "team_id": "T0ACME"}, "team": {"id": "T0ACME"}}
    view = {"id": "V1", "type": "modal", "callback_id": "dm", "private_metadata": "", "state": {"values": {}}}
    whole = json.dumps(payload | who | {"view": view, "container": {"type": "view", "view_id": "V1"}})
    while True:
        yield slack(secret, urlencode({"payload": whole}).encode())


def slack(secret: str, body: bytes) -> bytes:
    """A request signed by Slack. https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    stamp = str(int(time.time())).encode()
    signed = hmac.digest(secret.encode(), b"v0:" + stamp + b":" + body, hashlib.sha256).hex()
    headers = f"X-Slack-Request-Timestamp: {stamp.decode()}\r\nX-Slack-Signature: v0={signed}\r\n"
    return _post("/slack/events", "application/x-www-form-urlencoded", headers, body)


def webhooks(bodies: Iterator[bytes], sign: Callable[[bytes], dict[str, str]]) -> Iterator[bytes]:
    """Requests signed by Inbox."""
    for body in bodies:
        signature = sign(body)["X-Inbox-Signature"]
        yield _post("/inbox/webhook", "application/json", f"X-Inbox-Signature: {signature}\r\n", body)


def _post(path: str, kind: str, headers: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n{headers}Content-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body
