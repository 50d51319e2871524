"""The web server answers at once, on connections that are kept alive too."""

from __future__ import annotations

import asyncio
import socket
import time

import httpx
import pytest
from starlette.responses import PlainTextResponse

from bot.run import http_server, listener
from bot.sandbox.serve import PLAIN


async def test_an_answers_body_does_not_wait_for_the_callers_ack() -> None:
    with listener("127.0.0.1", 0) as taken:
        server = http_server(PlainTextResponse("ok"))
        serving = asyncio.create_task(server.serve(sockets=[taken]))
        async with httpx.AsyncClient(trust_env=False, verify=PLAIN) as http:
            took = [await _seconds(http, f"http://127.0.0.1:{taken.getsockname()[1]}/") for _ in range(30)]
        server.should_exit = True
        await serving
    assert min(took[-10:]) < 0.03  # the kernel holds an ACK back for 40 ms


async def _seconds(http: httpx.AsyncClient, url: str) -> float:
    began = time.perf_counter()
    assert (await http.post(url, content=b"x" * 1500)).text == "ok"
    return time.perf_counter() - began


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_two_colons_are_every_address_of_both_kinds() -> None:
    with listener("::", 0) as taken:
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, taken.getsockname()[1]), timeout=5).close()
