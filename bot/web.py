"""The HTTP side: two signed routes, and three for whoever operates the bot."""

from __future__ import annotations

import asyncio
import hmac
import math
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router

from bot.errors import BotError, StoreUnavailable
from bot.inbox import Inbox, parse_event, verify
from bot.jobs import reference
from bot.metrics import ACK_SECONDS, CIRCUIT, CURSOR_LAG, DEPTH, HELD, OLDEST, QUOTA, REQUESTS
from bot.news import wanted
from bot.settings import Settings
from bot.slack import Slack
from bot.store.feed import Feed
from bot.store.install import Install
from bot.store.lanes import Lanes
from bot.store.pace import Pace

log = structlog.get_logger(__name__)
_Answer = Callable[[Request], Awaitable[Response]]

BIGGEST: Final = 1_048_576  # bytes of a body; Slack's and Inbox's stay far below
STORE_WITHIN: Final = 2.5  # seconds


class TooLargeError(Exception):
    """The body is larger than anything Slack or Inbox sends."""


class Web:
    """Verifies first and over the raw bytes; nothing unsigned is parsed."""

    def __init__(
        self,
        settings: Settings,
        bolt: AsyncApp,
        feed: Feed,
        lanes: Lanes,
        slack: Slack,
        inbox: Inbox,
        install: Install,
        pace: Pace,
    ) -> None:
        self._bolt, self._feed, self._lanes, self._inbox, self._install = bolt, feed, lanes, inbox, install
        self._pace = pace
        self._unseen: dict[str, Callable[[], Awaitable[object]]] = {"slack": slack.installation, "inbox": inbox.team}
        secret = settings.slack_signing_secret
        secrets = secret.get_secret_value().split(",") if secret else []
        self._signing = [SignatureVerifier(one) for one in secrets if one]
        token = settings.metrics_token
        self._metrics_token = f"Bearer {token.get_secret_value()}".encode() if token else None
        webhook = settings.inbox_webhook_secret
        self._webhook_secret = webhook.get_secret_value() if webhook else None
        watched = [
            Route("/healthz", self.healthz),
            Route("/readyz", self.readyz),
            Route("/metrics", self.metrics),
        ]
        signed = [
            self._timed("/slack/events", self.slack_events),
            self._timed("/inbox/webhook", self.inbox_webhook),
        ]
        self.app, self.watch = Router(signed + watched), Router(watched)

    async def slack_events(self, request: Request) -> Response:
        """Commands, interactions and events. 401 unless Slack signed it in the last five minutes."""
        body = await _body(request)
        if not any(_signed(one, body, request) for one in self._signing):
            log.warning("not_signed", route="/slack/events")
            return PlainTextResponse("invalid signature", 401)
        try:
            # No other header than this one means anything to Bolt that concerns us.
            kind: dict[str, str | Sequence[str]] = {"content-type": request.headers.get("Content-Type", "")}
            bolt_request = AsyncBoltRequest(body=body.decode(), headers=kind)
        except (ValueError, TypeError, AttributeError, RecursionError):
            return PlainTextResponse("this is not what Slack sends", 400)
        response = await self._bolt.async_dispatch(bolt_request)
        if response.status == 500:  # Bolt could not read it; our listeners never raise
            return PlainTextResponse("this is not what Slack sends", 400)
        return to_starlette_response(response)

    async def inbox_webhook(self, request: Request) -> Response:
        """One event. Any 2xx acknowledges it (V2SPEC, webhooks); 503 asks Inbox to send it again."""
        if self._webhook_secret is None:
            return PlainTextResponse("INBOX_WEBHOOK_SECRET is not set", 404)
        body = await _body(request)
        if not verify(self._webhook_secret, request.headers.get("X-Inbox-Signature"), body, time.time()):
            log.warning("not_signed", route="/inbox/webhook")
            return PlainTextResponse("invalid signature", 401)
        try:
            event = parse_event(body)
        except ValueError:
            return PlainTextResponse("this is not JSON", 400)
        if event is None:
            log.warning("not_an_event")
            return PlainTextResponse("ignored")
        try:
            async with asyncio.timeout(STORE_WITHIN):
                asked = wanted(event)
                new = await self._feed.arrive(event, asked, same_count=event.api == self._inbox.version)
        except (StoreUnavailable, TimeoutError) as error:
            log.error("not_accepted", event_id=event.id, error=str(error) or type(error).__name__)
            return PlainTextResponse("try again later", 503)
        ref = reference(event.id) if asked else None
        log.info("event", id=event.id, seq=event.seq, type=event.type, new=new, ref=ref)
        return PlainTextResponse("ok")

    async def healthz(self, _: Request) -> Response:
        """The process runs."""
        return PlainTextResponse("ok")

    async def readyz(self, _: Request) -> Response:
        """Redis answers now, Slack and Inbox have answered since the start, and Slack did not take the token away."""
        for name, ask in list(self._unseen.items()):
            try:
                async with asyncio.timeout(STORE_WITHIN):
                    await ask()
                self._unseen.pop(name, None)
            except (BotError, TimeoutError) as error:
                log.warning("not_ready", waits_for=name, error=str(error) or type(error).__name__)
        missing = list(self._unseen)
        try:
            async with asyncio.timeout(STORE_WITHIN):
                if await self._install.revoked():
                    return PlainTextResponse("Slack took the token away: install the app again and restart", 503)
                if await self._install.refused():
                    return PlainTextResponse("Slack refuses SLACK_BOT_TOKEN: python -m bot doctor says more", 503)
        except (StoreUnavailable, TimeoutError):
            missing.append("redis")
        return PlainTextResponse(f"waiting for {', '.join(missing)}" if missing else "ok", 503 if missing else 200)

    async def metrics(self, request: Request) -> Response:
        """Prometheus text; without what Redis knows while that is down. 401 without METRICS_TOKEN where it is set."""
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if self._metrics_token is not None and not hmac.compare_digest(given, self._metrics_token):
            return PlainTextResponse("wants METRICS_TOKEN", 401, {"WWW-Authenticate": "Bearer"})
        try:
            async with asyncio.timeout(STORE_WITHIN):
                await self._measure()
        except (StoreUnavailable, TimeoutError):
            for figure in (DEPTH, QUOTA, HELD, CIRCUIT):
                figure.clear()
            for unknown in (OLDEST, CURSOR_LAG):  # rather than what was true last
                unknown.set(math.nan)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    async def _measure(self) -> None:
        """The same in every process: it is what they share."""
        for state, count in (await self._lanes.depth()).items():
            DEPTH.labels(state).set(count)
        OLDEST.set(await self._lanes.oldest())
        read_at = await self._feed.read_at()
        CURSOR_LAG.set((datetime.now(UTC) - read_at).total_seconds() if read_at else 0)
        for window, left in (await self._pace.left()).items():
            QUOTA.labels(str(window)).set(left)
        held = await self._pace.held()
        for who, seconds in held.items():
            HELD.labels(who).set(seconds)
        CIRCUIT.labels("inbox").set(held["all"] > 0)
        CIRCUIT.labels("slack").set(await self._install.revoked() or await self._install.refused())

    def _timed(self, path: str, answer: _Answer) -> Route:
        seconds = ACK_SECONDS.labels(path)

        async def endpoint(request: Request) -> Response:
            began = time.perf_counter()
            try:
                response = await answer(request)
            except TooLargeError:
                response = PlainTextResponse("too large", 413)
            except ClientDisconnect:
                response = PlainTextResponse("", 400)
            REQUESTS.labels(path, response.status_code).inc()
            seconds.observe(time.perf_counter() - began)
            return response

        return Route(path, endpoint, methods=["POST"])


def _signed(verifier: SignatureVerifier, body: bytes, request: Request) -> bool:
    """https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
    signature = request.headers.get("X-Slack-Signature", "")
    if not (re.fullmatch("[0-9]{1,15}", timestamp) and signature.isascii()):
        return False
    try:
        return verifier.is_valid(body.decode(), timestamp, signature)
    except UnicodeDecodeError:
        return False


async def _body(request: Request) -> bytes:
    """The raw body. Raises `TooLargeError` before more than `BIGGEST` bytes are kept."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > BIGGEST:
            raise TooLargeError
        parts.append(part)
    return b"".join(parts)
