"""Runs an ASGI app on loopback inside the caller's event loop, for as long as a block lasts."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send


@asynccontextmanager
async def serving(app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serves `app` and yields its base URL, `http://HOST:PORT`; port 0 takes a free one.

    Any number may run in one loop. Leaving the block closes every connection, in use or kept alive, and cancels the
    requests under way. Raises OSError when the port is taken.
    """
    listener = socket.create_server((host, port))
    # asyncio leaves it unset on a socket made so, and an answer's body then waits 40 ms for the caller's ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def quiet(scope: Scope, receive: Receive, send: Send) -> None:
        # uvicorn logs a cancelled request as a crash; here only _stop cancels, after closing the connection.
        with suppress(asyncio.CancelledError):
            await app(scope, receive, send)

    config = uvicorn.Config(
        quiet, log_config=None, access_log=False, lifespan="off", ws="websockets-sansio", proxy_headers=False
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    # startup() alone rather than serve(): that one takes over SIGINT and SIGTERM, and it and shutdown() end on timers.
    await server.startup(sockets=[listener])
    try:
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        await _stop(server)
        listener.close()


async def _stop(server: uvicorn.Server) -> None:
    for accepting in server.servers:
        accepting.close()
    for connection in list(server.server_state.connections):
        transport = getattr(connection, "transport", None)
        if transport is not None:
            transport.abort()
    await asyncio.sleep(0)  # lets uvicorn see the closed connections, so that it has nobody to answer
    tasks = list(server.server_state.tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
