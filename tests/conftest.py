"""What all tests share: one embedded Valkey for each test process, emptied between tests, and the stage."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bot import log
from bot.app import Paces
from bot.sandbox.stage import Stage, stage
from bot.store import embedded

# `BRIDGE_TRANSPORT=socket python -m pytest tests/e2e` plays the whole suite over Socket Mode.
SOCKET_MODE = os.environ.get("BRIDGE_TRANSPORT") == "socket"
QUICK = Paces(channel_interval=0.01, poll=60.0)

Open = Callable[..., Awaitable[Stage]]


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """The URL of a Valkey that is this test process's own."""
    log.configure("DEBUG", "json")
    with tempfile.TemporaryDirectory(prefix="bridge-tests-") as folder:
        server = embedded.start(Path(folder))
        yield server.url
        assert server.process is not None
        server.process.terminate()
        server.process.wait()


@pytest.fixture
def redis_url(valkey: str) -> str:
    """The same, empty."""
    with Redis.from_url(valkey) as redis:
        redis.flushall()
    return valkey


@pytest.fixture(params=["v1", "v2"])
def api(request: pytest.FixtureRequest) -> str:
    """Each Inbox API version in turn, on a server that has no other."""
    return str(request.param)


@pytest.fixture
async def opened(redis_url: str) -> AsyncIterator[Open]:
    """`await opened(versions=[...], **settings)`: the real bot between the two local services, until the test ends."""
    async with AsyncExitStack() as stack:

        async def start(**wanted: Any) -> Stage:
            polls = wanted.get("inbox_webhook_secret", "") is None  # else webhooks bring everything, and nothing else
            paces = replace(QUICK, poll=0.2) if polls else QUICK
            everything: dict[str, Any] = {"redis_url": redis_url, "paces": paces, "socket_mode": SOCKET_MODE} | wanted
            return await stack.enter_async_context(stage(**everything))

        yield start


@pytest.fixture
async def on(opened: Open, api: str) -> AsyncIterator[Stage]:
    """The stage with one API version only; whatever the bot asked of Inbox must have kept to the vendor's contract."""
    running = await opened(versions=[api])
    yield running
    assert running.inbox.violations == []
