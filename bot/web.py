"""The HTTP side: two signed routes, and three for whoever operates the bot."""

from __future__ import annotations

import asyncio
import hmac
import math
import re
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import cache, partial
from itertools import starmap
from typing import Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import SecretStr
from slack_sdk.signature import SignatureVerifier
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from bot.context import Bot
from bot.errors import BotError, NotWritable, StoreUnavailable
from bot.events.types import wanted
from bot.http_limits import Bodies, RefusedBody
from bot.inbox.webhook import Signature, parse_event
from bot.metrics import (
    ACK_SECONDS,
    API_ENDS,
    API_VERSION,
    BUILD,
    CIRCUIT,
    CURSOR_LAG,
    DEPTH,
    HELD,
    OLDEST,
    OLDEST_WAIT,
    QUOTA,
    REQUESTS,
    STANDS,
    WAITING,
    place_of,
    route,
)
from bot.slack import payloads
from bot.slack.dispatch import Dispatch
from bot.version import version

log = structlog.get_logger(__name__)
_Answer = Callable[[Request], Awaitable[Response]]

STORE_WITHIN: Final = 2.5  # seconds
FRESH: Final = 300  # seconds that a signature of Slack's is good for
_CLOSE: Final = {"Connection": "close"}  # the rest of the body is not waited for
_TAKEN: Final = PlainTextResponse("ok")
_ACKED: Final = PlainTextResponse("")
_STAMP: Final = re.compile("[0-9]{1,15}")
_SIGNATURE: Final = re.compile("v0=[0-9a-f]{64}")


class Web:
    """Verifies first and over the raw bytes; nothing unsigned is parsed."""

    def __init__(self, bot: Bot, dispatch: Dispatch, write: Callable[[], Awaitable[None]]) -> None:
        """`write` writes to Redis, or raises `StoreUnavailable`."""
        self._bot, self._dispatch, self._write, self._bodies = bot, dispatch, write, Bodies()
        self._unseen: dict[str, Callable[[], Awaitable[object]]] = {
            "slack": bot.slack.installation,
            "inbox": bot.background.team,
        }
        settings = bot.settings
        for channel in (None, settings.notify_channel):
            place_of(channel)
        self._signing = [SignatureVerifier(one) for one in _secret(settings.slack_signing_secret).split(",") if one]
        self._metrics_token = _secret(settings.metrics_token)
        self._webhook_secret = _secret(settings.inbox_webhook_secret)
        watched = [Route("/healthz", self.healthz), Route("/readyz", self.readyz), Route("/metrics", self.metrics)]
        signed = {"/slack/events": self.slack_events, "/inbox/webhook": self.inbox_webhook}
        self._signed = {path: _Endpoint(path, answer) for path, answer in signed.items()}
        posted = [Route(path, one, methods=["POST"]) for path, one in self._signed.items()]
        self._router, self.watch = Router([*posted, *watched]), Router(watched)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI app. What Slack and Inbox post is not looked for path by path."""
        endpoint = self._signed.get(scope["path"]) if scope.get("method") == "POST" else None
        await (endpoint or self._router)(scope, receive, send)

    async def slack_events(self, request: Request) -> Response:
        """Commands, interactions and events. 401 unless Slack signed it in the last five minutes."""
        stamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if refused := _not_now("/slack/events", _signed_at(stamp, signature)):
            return refused
        async with self._bodies.read(request) as raw:
            body = _text(raw)
            # https://docs.slack.dev/authentication/verifying-requests-from-slack
            if body is None or not any(one.is_valid(body, stamp, signature) for one in self._signing):
                return _not_signed("/slack/events")
            return await self._dispatched(body, request.headers.get("Content-Type", ""))

    async def _dispatched(self, body: str, content_type: str) -> Response:
        try:
            said = payloads.read(body, content_type)
            response = await self._dispatch(said)
        except (*payloads.MALFORMED, RecursionError):
            return PlainTextResponse("this is not what Slack sends", 400)
        if response.status == 500:  # Bolt could not read it; our listeners never raise
            return PlainTextResponse("this is not what Slack sends", 400)
        if response.status == 200 and not response.body:
            return _ACKED
        return Response(response.body, response.status, response.first_headers())

    async def inbox_webhook(self, request: Request) -> Response:
        """One event. Any 2xx acknowledges it, say Inbox's docs; 503 asks Inbox to send it again."""
        if not self._webhook_secret:
            return PlainTextResponse("INBOX_WEBHOOK_SECRET is not set", 404)
        signature = Signature.of(request.headers.get("X-Inbox-Signature"))
        if signature is None:
            return _not_signed("/inbox/webhook")
        if refused := _not_now("/inbox/webhook", signature.at):
            return refused
        async with self._bodies.read(request) as body:
            if not signature.signs(self._webhook_secret, body):
                return _not_signed("/inbox/webhook")
            return await self._arrived(body)

    async def _arrived(self, body: bytes) -> Response:
        try:
            event = parse_event(body)
        except ValueError:
            return PlainTextResponse("this is not JSON", 400)
        if event is None:
            log.warning("not_an_event")
            return PlainTextResponse("ignored")
        try:
            async with asyncio.timeout(self._bot.timing.event_within):
                asked = wanted(event)
                new = await self._bot.feed.arrive(event, asked, same_count=event.api == self._bot.background.version)
        except (StoreUnavailable, TimeoutError) as error:
            log.error("not_accepted", event_id=event.id, error=str(error) or type(error).__name__)
            return PlainTextResponse("try again later", 503)
        ref = asked[0].ref if asked else None
        log.info("event", id=event.id, seq=event.seq, type=event.type, new=new, ref=ref)
        return _TAKEN

    async def healthz(self, _: Request) -> Response:
        """The process runs, and which version it is."""
        return PlainTextResponse(f"ok\nversion {version()}")

    async def readyz(self, _: Request) -> Response:
        """Redis takes writes now, Slack and Inbox have answered since the start, and the token was not taken away."""
        trouble, *__ = await asyncio.gather(self._redis(), *starmap(self._see, list(self._unseen.items())))
        missing = [*self._unseen, *([trouble] if trouble else [])]
        state = f"waiting for {', '.join(missing)}" if missing else "ok"
        return PlainTextResponse(f"{state}\n{self._bot.spoken.said()}", 503 if missing else 200)

    async def _see(self, name: str, asks: Callable[[], Awaitable[object]]) -> None:
        """Ask Slack or Inbox, unless they have answered before."""
        try:
            async with asyncio.timeout(STORE_WITHIN):
                await asks()
            self._unseen.pop(name, None)
        except (BotError, TimeoutError) as error:
            log.warning("not_ready", waits_for=name, error=str(error) or type(error).__name__)

    async def _redis(self) -> str:
        """What is wrong with Redis, or with what it knows; "" when nothing is."""
        try:
            async with asyncio.timeout(self._bot.timing.ready_within):
                await self._write()
                if await self._bot.install.revoked():
                    return "Slack, which took the token away: install the app again and restart"
                if await self._bot.install.refused():
                    return "Slack, which refuses SLACK_BOT_TOKEN: python -m bot doctor says more"
        except (StoreUnavailable, TimeoutError) as error:
            log.warning("not_ready", waits_for="redis", error=str(error) or type(error).__name__)
            return "redis (it takes no writes)" if isinstance(error, NotWritable) else "redis (it does not answer)"
        return ""

    async def metrics(self, request: Request) -> Response:
        """Prometheus text; without what Redis knows while that is down. 401 without METRICS_TOKEN where it is set."""
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        wanted = f"Bearer {self._metrics_token}".encode()
        if self._metrics_token and not hmac.compare_digest(given, wanted):
            return PlainTextResponse("wants METRICS_TOKEN", 401, {"WWW-Authenticate": "Bearer"})
        BUILD.labels(version()).set(1)
        try:
            async with asyncio.timeout(STORE_WITHIN):
                await self._measure()
        except (StoreUnavailable, TimeoutError):
            for figure in (DEPTH, QUOTA, HELD, CIRCUIT, WAITING, OLDEST_WAIT):
                figure.clear()
            for unknown in (OLDEST, STANDS, CURSOR_LAG):  # rather than what was true last
                unknown.set(math.nan)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    async def _measure(self) -> None:
        """The same in every process: it is what they share. Each speaks its API version for itself."""
        for spoken in ("v1", "v2"):
            API_VERSION.labels(spoken).set(spoken == self._bot.spoken.version)
        ends = self._bot.spoken.ends
        API_ENDS.set((ends - datetime.now(UTC)).total_seconds() if ends else math.inf)
        for state, count in (await self._bot.lanes.depth()).items():
            DEPTH.labels(state).set(count)
        OLDEST.set(await self._bot.lanes.oldest())
        STANDS.set(await self._bot.lanes.stands())
        await self._measure_waits()
        read_at = await self._bot.feed.read_at()
        CURSOR_LAG.set((datetime.now(UTC) - read_at).total_seconds() if read_at else 0)
        for window, left in (await self._bot.quota.left()).items():
            QUOTA.labels(str(window)).set(left)
        held = await self._bot.quota.held()
        for who, seconds in held.items():
            HELD.labels(who).set(seconds)
        CIRCUIT.labels("inbox").set(held["all"] > 0)
        CIRCUIT.labels("slack").set(await self._bot.install.revoked() or await self._bot.install.refused())

    async def _measure_waits(self) -> None:
        """Of those of whom people are reminded: a fortnight back."""
        waits, now = defaultdict[str, list[tuple[int, float]]](list), time.time()
        for channel, wait in (await self._bot.waiting.by_channel()).items():
            waits[place_of(channel)].append(wait)
        for figure in (WAITING, OLDEST_WAIT):
            figure.clear()  # a channel in which nobody waits any more is not said to be as it was
        for place, some in waits.items():
            WAITING.labels(place).set(sum(count for count, _ in some))
            OLDEST_WAIT.labels(place).set(now - min(since for _, since in some))


class _Endpoint:
    """A signed route, which counts and times its answers; an ASGI app, as Starlette wraps functions thrice."""

    def __init__(self, path: str, answer: _Answer) -> None:
        route(path, 200, 401, 503)
        self._answer, self._seconds = answer, ACK_SECONDS.labels(path)
        self._count = cache(partial(REQUESTS.labels, path))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        try:
            response = await self._answer(Request(scope, receive))
        except RefusedBody as error:
            response = PlainTextResponse(str(error), error.status, _CLOSE)
        except ClientDisconnect:
            response = PlainTextResponse("", 400)
        await response(scope, receive, send)
        self._count(response.status_code).inc()
        self._seconds.observe(time.perf_counter() - began)


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


def _not_signed(route: str) -> Response:
    log.warning("not_signed", route=route)
    return PlainTextResponse("invalid signature", 401, _CLOSE)


def _not_now(route: str, at: int | None) -> Response | None:
    """The refusal of what cannot be signed now, by its headers alone; a body is read for nobody else."""
    if at is None:
        return _not_signed(route)
    seconds = round(time.time() - at)
    if abs(seconds) <= FRESH:
        return None
    log.warning("clock_differs", route=route, seconds=seconds, remedy="set this machine's clock; bot doctor compares")
    return PlainTextResponse(f"clock differs by {abs(seconds)} s", 401, _CLOSE)


def _signed_at(timestamp: str, signature: str) -> int | None:
    """When Slack signed it, as the headers say; None when they have no such time, or no signature."""
    has_form = _STAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature)
    return int(timestamp) if has_form else None


def _text(body: bytes) -> str | None:
    """What Slack signs is text."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
