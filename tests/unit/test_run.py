"""The web server answers at once, on connections that are kept alive too."""

from __future__ import annotations

import asyncio
import time

import httpx
from starlette.responses import PlainTextResponse

from bot.run import http_server, listener


async def test_an_answers_body_does_not_wait_for_the_callers_ack() -> None:
    with listener("127.0.0.1", 0) as socket:
        server = http_server(PlainTextResponse("ok"))
        serving = asyncio.create_task(server.serve(sockets=[socket]))
        async with httpx.AsyncClient(trust_env=False) as http:
            took = [await _seconds(http, f"http://127.0.0.1:{socket.getsockname()[1]}/") for _ in range(30)]
        server.should_exit = True
        await serving
    assert min(took[-10:]) < 0.03  # the kernel holds an ACK back for 40 ms


async def _seconds(http: httpx.AsyncClient, url: str) -> float:
    began = time.perf_counter()
    assert (await http.post(url, content=b"x" * 1500)).text == "ok"
    return time.perf_counter() - began
