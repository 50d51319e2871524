"""The processes that are measured, each on one core, away from the load, Slack, Inbox and Valkey."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.sandbox.inbox.server import SandboxInbox
from bot.sandbox.serve import serving
from bot.sandbox.slack.server import SandboxSlack
from bot.sandbox.stage import Acme, acme, settings_for
from bot.settings import Settings
from bot.store import embedded, keys
from tests.bench.environments import locked
from tests.bench.load import commands, load
from tests.servers import free_port

ROOT = Path(__file__).parents[2]
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
PYTHON = "python"  # that of `environments.locked`
BASELINES = {
    "bare ASGI": (PYTHON, "-m", "tests.bench.baselines", "bare"),
    "Bolt": (PYTHON, "-m", "tests.bench.baselines", "bolt"),
    "Bolt, process_before_response": (PYTHON, "-m", "tests.bench.baselines", "bolt-process-before-response"),
}
NODE = "@slack/bolt on node"
POST = "chat.postMessage"
WEB = (PYTHON, "-m", "bot", "serve", "--no-worker")
SERVE = (PYTHON, "-m", "bot", "serve")
QUICK = (PYTHON, "-m", "tests.bench.quick")  # followed by `both` or `worker`


@dataclass
class Server:
    """A process under measurement. `ready` is how many seconds passed until its first 200."""

    process: asyncio.subprocess.Process
    port: int
    ready: float = 0.0

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(one.read_text().split()[0]) for one in threads) / 1e9

    def memory(self) -> float:
        """MiB resident."""
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.process.pid}/status").read_text())
        assert found is not None
        return int(found[1]) / 1024


class Watched:
    """An app that notes when each request arrived, by the last part of its path, and how long all of them `took`.

    While `posts_at_once` is set, it takes posts and what changes them at once instead: so as not to measure the local
    Slack, which checks and keeps every message.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app, self.arrived, self.posts_at_once = app, list[tuple[str, float]](), False
        self.took = 0.0  # seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name, began = scope["path"].rpartition("/")[2], time.perf_counter()
        self.arrived.append((name, began))
        if name in (POST, "chat.update") and self.posts_at_once:
            app: ASGIApp = JSONResponse({"ok": True, "ts": f"{len(self.arrived)}.000100"})
            await _read(receive)
        else:
            app = self._app
        await app(scope, receive, send)
        self.took += time.perf_counter() - began

    def times(self, name: str) -> list[float]:
        """When the requests called `name` came."""
        return [at for one, at in self.arrived if one == name]


async def _read(receive: Receive) -> None:
    while (await receive()).get("more_body"):
        pass


@dataclass
class Bench:
    """A local Slack and Inbox, and a Valkey, on the core of the load; `server` starts processes on the other.

    `called` and `asked` note what comes to Slack and to Inbox.
    """

    slack: SandboxSlack
    inbox: SandboxInbox
    acme: Acme
    inbox_url: str
    called: Watched
    asked: Watched
    folder: Path
    valkey: embedded.Valkey

    @property
    def secret(self) -> str:
        return self.slack.signing_secret

    def empty(self) -> None:
        """Forget what was accepted, and all that was learnt."""
        with redis.Redis.from_url(self.valkey.url) as store:
            store.flushall()

    def store(self) -> redis.Redis:
        return redis.Redis.from_url(self.valkey.url)

    def commands(self, command: str = "/dm", words: str = "") -> Iterator[bytes]:
        """Requests of Ana's, who may act."""
        return commands(self.secret, self.acme.ana, self.acme.channel, command, words)

    async def until(self, so: Callable[[], object], within: float = 20.0) -> None:
        """Until `so` holds."""
        end = time.perf_counter() + within
        while not so():
            assert time.perf_counter() < end, f"not within {within} s"
            await asyncio.sleep(0.002)

    async def rest(self) -> None:
        """Until the feed has been read and no lane has work."""
        with self.store() as store:
            await self.until(lambda: store.exists(keys.READ_AT))
            await self.until(
                lambda: not (store.xlen(keys.PEOPLE) or store.xlen(keys.BACKGROUND) or store.zcard(keys.DELAYED))
            )

    @asynccontextmanager
    async def server(self, command: Sequence[str], *, folder: Path | None = None) -> AsyncIterator[Server]:
        """`command`, from its start until the block ends. `folder` is where a bot finds or starts its Valkey."""
        program, *arguments = command
        port, began = free_port(), time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            locked() if program == PYTHON else program,
            *arguments,
            cwd=ROOT,
            env=self._environment(folder or self.folder) | {"PORT": str(port)},
            stdin=subprocess.DEVNULL,
            preexec_fn=lambda: _pin(CORES[0]),
        )
        server = Server(process, port)
        try:
            if command[-1] != "worker":
                await self._answers(server)
                server.ready = time.perf_counter() - began
            yield server
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()

    async def _answers(self, server: Server) -> None:
        for _ in range(4000):
            try:
                await load(server.port, self.commands(), 1, 5.0, most=1)
                return
            except OSError:
                assert server.process.returncode is None, "the server ended"
                await asyncio.sleep(0.005)
        raise AssertionError("the server did not start")

    def _environment(self, folder: Path) -> dict[str, str]:
        where = {"notify_channel": self.acme.channel, "bot_data_dir": folder}
        settings = settings_for(self.slack, self.inbox, self.inbox_url, **where)
        more = {"PATH": os.environ["PATH"], "NODE_PATH": str(_node_modules())}
        return _environment(settings) | more | {"PEERS_REDIS": self.valkey.url.removeprefix("unix://")}


def _environment(settings: Settings) -> dict[str, str]:
    given = settings.model_dump(exclude_none=True, exclude_defaults=True)
    plain = {name.upper(): getattr(value, "get_secret_value", lambda v=value: v)() for name, value in given.items()}
    return {name: str(value) for name, value in plain.items()} | {"LOG_LEVEL": "WARNING"}


@asynccontextmanager
async def bench(version: str = "v2") -> AsyncIterator[Bench]:
    """Everything but the servers, on the last core. Sarah has written once."""
    await asyncio.to_thread(locked)
    before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    _pin(CORES[-1])
    slack, inbox = SandboxSlack(), SandboxInbox(versions=frozenset({version}))
    inbox.checking = False  # the bot is measured
    called, asked = Watched(slack.app), Watched(inbox.app)
    try:
        async with AsyncExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bridge-bench-")))
            slack.base_url = await stack.enter_async_context(serving(called))
            inbox_url = await stack.enter_async_context(serving(asked))
            stack.push_async_callback(inbox.aclose)
            inbox.rate_per_minute, inbox.auto_deliver = 10**9, False
            world = acme(slack, inbox)
            await inbox.customer_writes(world.sarah, "Hello, is the trial of last week still open?")
            valkey = embedded.start(folder, "everysec")
            stack.callback(end, valkey)
            yield Bench(slack, inbox, world, inbox_url, called, asked, folder, valkey)
    finally:
        if before:
            os.sched_setaffinity(0, before)


def end(valkey: embedded.Valkey) -> None:
    assert valkey.process is not None
    valkey.process.terminate()
    valkey.process.wait()


def _pin(core: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})


def _node_modules() -> Path:
    """Where `npm install @slack/bolt bullmq ioredis` was run: BENCH_NODE_MODULES, else here."""
    return Path(os.environ.get("BENCH_NODE_MODULES", ROOT / "node_modules"))


def node(script: str = "hello.cjs", package: str = "@slack/bolt") -> tuple[str, ...] | None:
    """How to start a baseline on node; None where node or the package is missing."""
    program = shutil.which("node")
    if program is None or not (_node_modules() / package).is_dir():
        return None
    return (program, str(Path(__file__).with_name(script)))
