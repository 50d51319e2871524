"""Whoever sends slowly, much or in part costs a few seconds and a bounded memory, and keeps nobody else out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.http_limits import BIGGEST, LONGEST_HEAD, SMALL, Bodies, RefusedBody
from bot.run import http_server, listener
from bot.sandbox.slack.clock import PATIENCE
from tests.conftest import Open

AT_ALL = PATIENCE
# Whoever still sends when we hang up may find the connection reset before having read the answer.
REFUSED, TOO_LARGE = (b"HTTP/1.1 503", b""), (b"HTTP/1.1 413", b"")
SLOW_BODY = b"POST %s HTTP/1.1\r\nHost: bot\r\nContent-Length: 900000\r\n%s\r\n"


@asynccontextmanager
async def served(app: ASGIApp, within: float = 0.3) -> AsyncIterator[int]:
    """The port of the bot's own web server in front of `app`."""
    with listener("127.0.0.1", 0) as socket:
        server = http_server(app, within)
        serving = asyncio.create_task(server.serve(sockets=[socket]))
        try:
            yield socket.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


@asynccontextmanager
async def sent(port: int, some: bytes) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection on which somebody sent this and no more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(some)
        yield reader, writer
    finally:
        writer.close()
        try:
            await writer.wait_closed()
        except OSError:
            pass  # the server was quicker


async def answer(reader: asyncio.StreamReader) -> bytes:
    """What comes until the server closes the connection."""
    try:
        async with asyncio.timeout(AT_ALL):
            return await reader.read()
    except ConnectionError:
        return b""


def reading(bodies: Bodies) -> ASGIApp:
    """Answers the size of a body."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with bodies.read(Request(scope, receive)) as body:
                response: Response = PlainTextResponse(str(len(body)), headers={"Connection": "close"})
        except ClientDisconnect:
            return
        except RefusedBody as error:
            response = PlainTextResponse(str(error), error.status, {"Connection": "close"})
        await response(scope, receive, send)

    return app


def request(size: int, sent: int | None = None) -> bytes:
    head = f"POST / HTTP/1.1\r\nHost: bot\r\nContent-Length: {size}\r\n\r\n".encode()
    return head + b"x" * (size if sent is None else sent)


@pytest.mark.parametrize("half", [b"", b"POST / HT", b"POST / HTTP/1.1\r\nHost: bot\r\nX-Sl"])
async def test_a_request_that_does_not_get_to_its_end_is_hung_up_on(half: bytes) -> None:
    async with served(reading(Bodies())) as port, sent(port, half) as (reader, _):
        assert await answer(reader) == b""


async def test_headers_without_end_are_not_kept() -> None:
    endless = b"GET / HTTP/1.1\r\nX: " + b"x" * (LONGEST_HEAD + 1)
    async with served(reading(Bodies()), within=AT_ALL) as port, sent(port, endless) as (reader, _):
        assert await answer(reader) == b""


async def test_a_connection_may_be_used_again_and_a_half_request_there_is_hung_up_on() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("ok")(scope, receive, send)

    whole = b"GET / HTTP/1.1\r\nHost: bot\r\n\r\n"
    async with served(app) as port, sent(port, whole) as (reader, writer):
        for _ in range(2):
            assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200")
            writer.write(whole)
        await reader.readuntil(b"\r\n\r\nok")
        writer.write(whole[:20])
        assert await answer(reader) == b""


async def test_many_who_do_not_finish_their_headers_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.http_limits.MOST_WAITING", 20)
    async with served(reading(Bodies()), within=AT_ALL) as port, AsyncExitStack() as stack:
        many = [await stack.enter_async_context(sent(port, b"GET / HT")) for _ in range(50)]
        async with sent(port, request(5)) as (reader, _):
            assert (await answer(reader)).endswith(b"\r\n5")
        assert await answer(many[0][0]) == b""  # the oldest gave way
        assert not many[-1][0].at_eof()


async def test_a_body_that_stops_is_given_up_and_nothing_of_it_is_kept() -> None:
    bodies = Bodies()
    async with served(reading(bodies)) as port, sent(port, request(900_000, sent=100_000)) as (reader, _):
        assert await answer(reader) == b""
        await until(lambda: bodies.held == 0)


async def test_a_body_that_stops_is_given_up_on_a_connection_that_was_used_before() -> None:
    bodies = Bodies()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async with bodies.read(Request(scope, receive)) as body:
            await PlainTextResponse(str(len(body)))(scope, receive, send)

    async with served(app) as port, sent(port, request(5)) as (reader, writer):
        await reader.readuntil(b"\r\n\r\n5")
        writer.write(request(900_000, sent=100_000))
        assert await answer(reader) == b""
        await until(lambda: bodies.held == 0)


async def test_a_body_that_is_too_large_is_refused_before_it_has_come() -> None:
    large = request(BIGGEST * 50, sent=BIGGEST + 100_000)
    async with served(reading(Bodies())) as port, sent(port, large) as (reader, _):
        assert (await answer(reader))[:12] in TOO_LARGE


async def test_all_bodies_together_are_bounded_and_a_small_one_always_fits() -> None:
    bodies = Bodies(most=300_000)
    async with served(reading(bodies), within=AT_ALL) as port, AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(sent(port, request(900_000, sent=100_000)))
        await until(lambda: bodies.held == 300_000)
        for _ in range(50):
            await stack.enter_async_context(sent(port, request(900_000, sent=100_000)))
        async with sent(port, request(SMALL)) as (reader, _):
            assert (await answer(reader)).endswith(f"\r\n{SMALL}".encode())
        async with sent(port, request(400_000)) as (reader, _):
            assert (await answer(reader))[:12] in REFUSED
        assert bodies.held <= 300_000 + 50 * SMALL
    await until(lambda: bodies.held == 0)


async def until(so: Callable[[], bool]) -> None:
    end = time.monotonic() + AT_ALL
    while not so():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


STALE = str(int(time.time()) - 3600).encode()
UNSIGNED = {
    "nothing": (b"/slack/events", b""),
    "no signature": (b"/slack/events", b"X-Slack-Request-Timestamp: %d\r\n" % time.time()),
    "stale": (b"/slack/events", b"X-Slack-Request-Timestamp: %s\r\nX-Slack-Signature: v0=%s\r\n" % (STALE, b"0" * 64)),
    "webhook": (b"/inbox/webhook", b""),
    "stale webhook": (b"/inbox/webhook", b"X-Inbox-Signature: t=%s,v1=%s\r\n" % (STALE, b"0" * 64)),
}


@pytest.mark.parametrize(("path", "headers"), UNSIGNED.values(), ids=list(UNSIGNED))
async def test_who_cannot_have_signed_is_refused_before_the_body_has_come(
    opened: Open, path: bytes, headers: bytes
) -> None:
    on = await opened()
    async with served(on.bridge.web, within=AT_ALL) as port, AsyncExitStack() as stack:
        many = [await stack.enter_async_context(sent(port, SLOW_BODY % (path, headers))) for _ in range(50)]
        for reader, _ in many:
            assert (await answer(reader)).startswith(b"HTTP/1.1 401")
