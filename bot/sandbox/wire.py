"""How the local Slack and Inbox reach the bot: one plain HTTP request over a connection of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import httptools  # uvicorn's parser
import httpx

MUCH = 65_536  # bytes to read at once


class Wire(httpx.AsyncBaseTransport):
    """A tenth of the time of httpx's own, which knows proxies, TLS and kept connections.

    A bot that was killed and started again at the same address is met anew each time. Raises httpx's errors.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            reader, writer = await asyncio.open_connection(request.url.host, request.url.port or 80)
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        try:
            writer.write(_head(request) + await request.aread())
            return await _answer(reader)
        except (OSError, httptools.HttpParserError) as error:
            raise httpx.ReadError(str(error), request=request) from error
        finally:
            writer.close()


WIRE: Final = Wire()


async def post(
    url: str, body: bytes | str, headers: Mapping[str, str], transport: httpx.AsyncBaseTransport | None = None
) -> httpx.Response:
    """The answer to a POST, through `transport` where there is one. Raises `httpx.TransportError`; waits for ever."""
    request = httpx.Request("POST", url, content=body, headers=headers)
    response = await (transport or WIRE).handle_async_request(request)
    await response.aread()
    return response


def _head(request: httpx.Request) -> bytes:
    fields = [*request.headers.raw, (b"Connection", b"close")]
    lines = [request.method.encode() + b" " + request.url.raw_path + b" HTTP/1.1", *map(b": ".join, fields)]
    return b"\r\n".join([*lines, b"", b""])


class _Answer:
    """What the parser tells of one answer."""

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.body, self.is_whole = bytearray(), False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_body(self, part: bytes) -> None:
        self.body += part

    def on_message_complete(self) -> None:
        self.is_whole = True


async def _answer(reader: asyncio.StreamReader) -> httpx.Response:
    answer = _Answer()
    parser = httptools.HttpResponseParser(answer)
    while not answer.is_whole:
        read = await reader.read(MUCH)
        if not read:
            raise ConnectionResetError("the connection was closed before the answer was whole")
        parser.feed_data(read)
    return httpx.Response(parser.get_status_code(), headers=answer.headers, content=bytes(answer.body))
