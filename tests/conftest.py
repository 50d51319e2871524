"""What all tests share: one embedded Valkey for each test process, emptied between tests, and the stage."""

from __future__ import annotations

import asyncio
import gc
import io
import os
import sys
import tempfile
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from redis import Redis

from bot import log
from bot.context import Timing
from bot.sandbox.stage import Stage, stage
from bot.store import embedded

# What the log of a whole test session must never hold: tokens and secrets of the two local services, and addresses.
NEVER_LOGGED = (
    "xoxb-sandbox",
    "xapp-sandbox",
    "sandbox-signing-secret",
    "ibt_sandbox",
    "ibt_wh_sandbox",
    "@acme.example",
    "@elsewhere.example",
)
# `BRIDGE_TRANSPORT=socket python -m pytest tests/e2e` plays the whole suite over Socket Mode.
SOCKET_MODE = os.environ.get("BRIDGE_TRANSPORT") == "socket"
QUICK = Timing(
    breath=0.05,
    channel_interval=0.01,
    poll=60.0,
    look_again=0.3,
    pauses=(0.2, 0.5, 2.0, 5.0, 10.0),
    sends_pause=(0.3, 1.0, 4.0, 8.0, 10.0),
    version_every=60.0,
    soon=60.0,
    ack_within=60.0,
    event_within=60.0,
    known_within=60.0,
    typing_within=60.0,
    ready_within=10.0,
)

# How long an example takes, and how long it takes to think of one, says nothing on a machine that is busy.
hypothesis.settings.register_profile("busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("busy")

# What pytest makes of the tests' modules is kept from run to run, as it usually is: 4 s for each process that collects.
sys.dont_write_bytecode = False

WHOLE = ("bench", "browser", "chaos")
Open = Callable[..., Awaitable[Stage]]


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The event loop that `python -m bot` runs in, and the faster one."""
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return {"asyncio": asyncio.new_event_loop}

    class Loop(uvloop.Loop):
        def close(self) -> None:
            """Where a test failed and left something open, uvloop warns of that, closes it, and waits for its end.

            A warning that is an error would keep it from closing it: it would wait for ever.
            """
            with warnings.catch_warnings():
                warnings.simplefilter("default", ResourceWarning)
                super().close()

    return {"uvloop": Loop}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What a marker leaves out as a whole is not even imported: a third of the time that collecting takes."""
    whole = collection_path.name in WHOLE
    return True if whole and f"not {collection_path.name}" in config.option.markexpr else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays: the garbage collector need not go through it over and over."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


class Logged(io.StringIO):
    """Keeps all that was logged, and shows it where pytest expects it."""

    def write(self, text: str) -> int:
        sys.stderr.write(text)
        return super().write(text)


@pytest.fixture(scope="session")
def session_log() -> Iterator[Logged]:
    """Everything that is logged at any level; in the end no secret and no address may be in it."""
    kept = Logged()
    log.configure("DEBUG", "json", kept)
    yield kept
    assert [secret for secret in NEVER_LOGGED if secret in kept.getvalue()] == []


@pytest.fixture
def logged(session_log: Logged) -> Callable[[], str]:
    """What was logged since the test began."""
    begin = session_log.tell()

    def since() -> str:
        session_log.seek(begin)  # all that the session has logged is tens of MiB
        return session_log.read()

    return since


@pytest.fixture(autouse=True)
def patient(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack waits for acks, and the bot for Redis, for a minute: a machine may stand still. Who tests that says so.

    What is left out of the default suite as a whole has the limits of a release.
    """
    if request.path.parent.name in WHOLE:
        return
    monkeypatch.setattr("bot.sandbox.slack.world.PATIENCE", 60.0)
    monkeypatch.setattr("bot.store.connect.TIMEOUT", 60.0)
    monkeypatch.setattr("bot.store.connect.CONNECTED_WITHIN", 60.0)


@pytest.fixture(scope="session")
def valkey(session_log: Logged) -> Iterator[str]:
    """The URL of a Valkey that is this test process's own."""
    with tempfile.TemporaryDirectory(prefix="bridge-tests-") as folder:
        server = embedded.start(Path(folder), "everysec")
        yield server.url
        assert server.process is not None
        server.process.terminate()
        server.process.wait()


@pytest.fixture(scope="session")
def valkey_client(valkey: str) -> Iterator[Redis]:
    """A client of it that stays connected. Nothing is written to the disk, which would take half of its time."""
    with Redis.from_url(valkey) as redis:
        # hz: how often it sees that a read has waited long enough; at 10, up to 100 ms late.
        redis.config_set("hz", 100, "appendonly", "no")
        yield redis


@pytest.fixture
def redis_url(valkey: str, valkey_client: Redis) -> str:
    """Its URL; it is empty."""
    valkey_client.flushall()
    return valkey


@pytest.fixture(params=["v2", "v1"])
def api(request: pytest.FixtureRequest) -> str:
    """Each Inbox API version in turn, on a server that has no other."""
    return str(request.param)


@pytest.fixture
async def opened(redis_url: str, valkey_client: Redis) -> AsyncIterator[Open]:
    """`await opened(versions=[...], **settings)`: the real bot between the two local services, until the test ends.

    Whatever the local Inbox answered must have been what the vendor's contract says.
    """
    stages: list[Stage] = []
    stack = AsyncExitStack()

    async def start(**wanted: Any) -> Stage:
        polls = wanted.get("inbox_webhook_secret", "") is None  # else webhooks bring everything, and nothing else
        timing = replace(QUICK, poll=0.2) if polls else QUICK
        everything: dict[str, Any] = {
            "redis_url": redis_url,
            "timing": timing,
            "socket_mode": SOCKET_MODE,
        } | wanted
        stages.append(await stack.enter_async_context(stage(**everything)))
        return stages[-1]

    try:
        yield start
    finally:
        closing = asyncio.create_task(stack.aclose())
        await asyncio.sleep(0)  # its worker takes no more work now, but waits for some a moment longer: 30 ms
        for reader in valkey_client.client_list(_type="normal"):
            if reader["cmd"] == "xreadgroup":
                valkey_client.client_unblock(int(reader["id"]))
        await closing
    assert [finding for one in stages for finding in one.inbox.drift] == []


@pytest.fixture
async def on(opened: Open, api: str) -> AsyncIterator[Stage]:
    """The stage with one API version only; whatever the bot asked of Inbox must have kept to the vendor's contract."""
    running = await opened(versions=[api])
    yield running
    assert running.inbox.violations == []
