"""Redis servers of a test's own, and what may stand between them and the bot."""

from __future__ import annotations

import asyncio
import random
import re
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from redis.asyncio import Redis

from bot.store.embedded import binary

_CHANCE = random.SystemRandom()
OPERATING = Path(__file__).parents[1] / "docs" / "operating.md"


def handbooks_user() -> list[str]:
    """What `ACL SETUSER bridge` is told in the handbook, where the rights stand to the letter."""
    (rules,) = re.findall(r"^ACL SETUSER bridge (on [^`]+)^```$", OPERATING.read_text(), re.MULTILINE)
    return str(rules).split()


class Start(Protocol):
    """`start(*options)`: a Valkey on loopback, its port."""

    def __call__(self, *options: str, within: float = 45.0) -> int: ...


def free_port() -> int:
    """A port on which nobody listens, of those that no connection is given meanwhile: other tests make many."""
    while True:
        port = _CHANCE.randrange(10_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def wait_for(port: int, within: float = 45.0) -> None:
    """Until somebody listens there."""
    end = time.monotonic() + within
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.02)


async def ask(port: int, *command: str, password: str | None = None) -> Any:
    """What the server at `port` answers."""
    async with Redis(host="127.0.0.1", port=port, password=password) as direct:
        return await direct.execute_command(*command)  # type: ignore[no-untyped-call]


@contextmanager
def starting(folder: Path, program: str = "") -> Iterator[Start]:
    """Each server keeps its data in a folder of its own below `folder`; all are gone in the end.

    `program` is what is started instead of the Valkey that comes with the bot.
    """
    running: list[subprocess.Popen[bytes]] = []

    def start(*options: str, within: float = 45.0) -> int:
        port = free_port()
        place = folder / str(port)
        place.mkdir()
        arguments = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(place), "--save", "", *options]
        running.append(subprocess.Popen([program or str(binary()), *arguments], stdout=subprocess.DEVNULL))
        wait_for(port, within)
        return port

    try:
        yield start
    finally:
        for one in running:
            one.kill()
            one.wait()


class Relay:
    """An address whose server may change: connections that are open stay with the server they were made to."""

    def __init__(self, target: int) -> None:
        self.target, self.port = target, 0
        self._silent: set[asyncio.Event] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def silence(self) -> None:
        """What is connected now hears nothing any more, as when a machine loses its power."""
        for one in self._silent:
            one.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passes = asyncio.Event()
        passes.set()
        self._silent.add(passes)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.target)
            await asyncio.gather(_pump(reader, inner_writer, passes), _pump(inner_reader, writer, passes))
        except (OSError, asyncio.CancelledError):
            pass  # the server is gone, or the test is over
        finally:
            writer.close()
            self._silent.discard(passes)
            self._tasks.discard(task)

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=2)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, passes: asyncio.Event) -> None:
    try:
        while some := await source.read(65_536):
            await passes.wait()
            sink.write(some)
            await sink.drain()
    except OSError:
        pass  # the other side has gone
    finally:
        sink.close()


@asynccontextmanager
async def relay(target: int) -> AsyncIterator[Relay]:
    """An address that leads to `target` for now."""
    between = Relay(target)
    server = await asyncio.start_server(between.serve, "127.0.0.1", 0)
    between.port = int(server.sockets[0].getsockname()[1])
    try:
        yield between
    finally:
        server.close()
        await between.stop()
        await asyncio.sleep(0)
