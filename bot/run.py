"""Runs a bridge until it is told to stop, and then drains it."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final

import structlog
import uvicorn
from starlette.types import ASGIApp

from bot.app import Bridge
from bot.errors import SettingsError
from bot.http_limits import WITHIN, limited

log = structlog.get_logger(__name__)

DRAIN: Final = 6.0  # seconds for what is under way; with the servers' own, below the 10 s that a platform waits


class Server(uvicorn.Server):
    """A uvicorn that leaves the signals to us: the worker must drain after it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run(bridge: Bridge, *, web: bool, worker: bool) -> None:
    """Serve, work, or both, until SIGTERM or SIGINT. Raises what ended one of them before that."""
    server, taken = _server(bridge, web=web)
    parts: dict[str, Coroutine[Any, Any, Any]] = {"stop": _told_to_stop().wait()}
    if server and taken:
        parts["http"] = server.serve(sockets=[taken])
    if web and bridge.socket_mode:
        parts["socket_mode"] = bridge.socket_mode.run()
    if worker:
        parts |= {"worker": bridge.worker.run(), "timer": bridge.timer.run()}
    tasks = {name: asyncio.create_task(part) for name, part in parts.items()}
    log.info("running", web=web, worker=worker, socket_mode="socket_mode" in tasks)
    done, _ = await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
    log.info("draining")
    await _drain(bridge, server, tasks)
    for task in done:
        if task.done() and not task.cancelled() and (error := task.exception()):
            raise error


def _told_to_stop() -> asyncio.Event:
    """What is set by SIGTERM and SIGINT."""
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Not loop.add_signal_handler, which Windows does not have.
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopping.set))
    return stopping


def _server(bridge: Bridge, *, web: bool) -> tuple[Server | None, socket.socket | None]:
    """The HTTP server and its port; a worker alone has one only where METRICS_PORT is set."""
    settings = bridge.settings
    port = settings.port if web else settings.metrics_port
    if port is None:
        return None, None
    taken = listener(settings.host, port, "PORT" if web else "METRICS_PORT")
    return http_server(bridge.web if web else bridge.watch), taken


async def _drain(bridge: Bridge, server: Server | None, tasks: dict[str, asyncio.Task[Any]]) -> None:
    """Take nothing new, then finish what is under way, then end the rest."""
    closing: list[Coroutine[Any, Any, Any]] = []
    if server:
        server.should_exit = True
        closing.append(asyncio.wait([tasks["http"]], timeout=3.0))
    if "socket_mode" in tasks and bridge.socket_mode:
        bridge.socket_mode.stop()
        tasks["socket_mode"].cancel()
        closing.append(bridge.socket_mode.close())
    await asyncio.gather(*closing)
    if "worker" in tasks:
        bridge.timer.stop()
        await bridge.worker.stop(within=DRAIN - 1)
    for task in tasks.values():
        task.cancel()
    await asyncio.wait(tasks.values(), timeout=1.0)


def listener(host: str, port: int, name: str = "PORT") -> socket.socket:
    """The port of the setting `name`, taken before anything starts. Raises `SettingsError` when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    both = host == "::" and socket.has_dualstack_ipv6()  # every address of the machine, IPv4's too
    try:
        taken = socket.create_server((host, port), family=family, backlog=2048, dualstack_ipv6=both)
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"{name} {port} on HOST {host} cannot be used ({error}): choose another.") from error
    # asyncio leaves it unset on a socket made so, and an answer's body then waits 40 ms for the caller's ACK.
    taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return taken


def http_server(app: ASGIApp, within: float = WITHIN) -> Server:
    """The web app's server, without a version banner; a request may take `within` seconds to come."""
    return Server(
        uvicorn.Config(
            app,
            http=limited(within),
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=2,
        )
    )
