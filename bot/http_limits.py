"""What a stranger who sends slowly, much or in part may cost the web server: a few seconds and a bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.requests import Request
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

WITHIN: Final = (
    5.0  # seconds from a request's first byte, or the connection, to its end; Slack and Inbox send it at once
)
LONGEST_HEAD: Final = 65_536  # bytes; the parser itself takes any number
MOST_WAITING: Final = 400  # connections without a whole request; most systems allow a process 1,024 files
BIGGEST: Final = 1_048_576  # bytes of a body; Slack's and Inbox's stay far below
SMALL: Final = 32_768  # bytes that every body may have, however many others there are: a click is smaller
MOST_HELD: Final = 33_554_432  # bytes of all bodies together beyond that


class RefusedBody(Exception):
    """`status` and the exception's text are the answer."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Bodies:
    """The bodies of the requests under way: each has a size, and all together have one."""

    def __init__(self, most: int = MOST_HELD) -> None:
        self._most, self.held = most, 0

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """The raw body, which counts as held until the block ends. Raises `RefusedBody`, and `ClientDisconnect`."""
        parts, mine = list[bytes](), 0
        try:
            async for part in request.stream():
                parts.append(part)
                mine += len(part)
                self.held += len(part)
                self._admit(mine)
            yield b"".join(parts)
        finally:
            self.held -= mine

    def _admit(self, size: int) -> None:
        if size > BIGGEST:
            raise RefusedBody(413, "too large")
        if size > SMALL and self.held > self._most:
            raise RefusedBody(503, "too much at once: try again later")


class Protocol(HttpToolsProtocol):
    """uvicorn's own, which for a request has neither a time nor, for its headers, a size.

    Of connections that wait for a whole request, the oldest gives way: a stranger's 1,000 do not keep Slack out.
    """

    within = WITHIN
    waiting: dict[Protocol, None]  # those of one server, the oldest first

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._size = 0  # bytes of a head that is not complete
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            self._wait()
            self._size += len(data)
            if self._size > LONGEST_HEAD:
                self._give_up()
        elif self.cycle.more_body:
            self._wait()

    def on_headers_complete(self) -> None:
        self._size = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_whole()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_whole()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(self.within, self._give_up)
            self.waiting[self] = None
            if len(self.waiting) > MOST_WAITING:
                next(iter(self.waiting))._give_up()

    def _is_whole(self) -> None:
        self._size = 0
        if self._late is not None:
            self._late.cancel()
            self._late = None
            del self.waiting[self]

    def _give_up(self) -> None:
        self._is_whole()
        self.transport.abort()


def limited(within: float = WITHIN) -> type[Protocol]:
    """The protocol of one server."""
    return type("LimitedProtocol", (Protocol,), {"waiting": {}, "within": within})
