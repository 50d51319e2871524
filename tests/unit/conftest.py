"""What unit tests share: a client of Redis, and for tests of whole processes a local Slack, Inbox and environment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.sandbox.inbox.server import SandboxInbox
from bot.sandbox.serve import serving
from bot.sandbox.slack.server import SandboxSlack
from bot.sandbox.stage import Acme, acme
from bot.store.connect import connect
from tests.clients import plain_http
from tests.servers import free_port
from tests.unit.forks import BARE, Ended, Forked, Forks, Run, Start, forking


@dataclass
class Outside:
    """A local Slack and Inbox, and the environment of a bot between them."""

    slack: SandboxSlack
    inbox: SandboxInbox
    acme: Acme
    env: dict[str, str]
    url: str
    http: httpx.AsyncClient

    async def answers(self, path: str) -> int:
        try:
            return (await self.http.get(self.url + path)).status_code
        except httpx.TransportError:
            return 0

    async def up(self) -> bool:
        return await self.answers("/healthz") == 200


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    """The bot's own client of an empty Redis."""
    client = connect(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
async def outside(redis_url: str) -> AsyncIterator[Outside]:
    async with AsyncExitStack() as stack:
        slack, inbox = SandboxSlack(), SandboxInbox()
        stack.push_async_callback(inbox.aclose)
        slack.base_url = await stack.enter_async_context(serving(slack.app))
        inbox_url = await stack.enter_async_context(serving(inbox.app))
        world, port = acme(slack, inbox), free_port()
        url = f"http://127.0.0.1:{port}"
        slack.events_url, inbox.webhook_url = f"{url}/slack/events", f"{url}/inbox/webhook"
        env = {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_SIGNING_SECRET": slack.signing_secret,
            "SLACK_API_BASE_URL": f"{slack.base_url}/api/",
            "INBOX_API_TOKEN": inbox.token,
            "INBOX_API_BASE_URL": f"{inbox_url}/api",
            "INBOX_WEBHOOK_SECRET": "ibt_wh_sandbox",
            "NOTIFY_CHANNEL": world.channel,
            "REDIS_URL": redis_url,
            "HOST": "127.0.0.1",
            "PORT": str(port),
        }
        http = await stack.enter_async_context(plain_http())
        yield Outside(slack, inbox, world, env, url, http)


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    with forking() as running:
        yield running


@pytest.fixture
def bot(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`await bot(cwd, env, *arguments)` runs a command to its end, in a process that need not start."""

    async def run(cwd: Path, env: dict[str, str], *arguments: str, within: float = 60.0) -> Ended:
        to = tmp_path_factory.mktemp("ended")
        everything = BARE | {"TMPDIR": str(cwd)} | env
        code = await asyncio.to_thread(forks.run, cwd, everything, arguments, within, to)
        return Ended(code, (to / "out").read_text(), (to / "err").read_text())

    return run


@pytest.fixture
def start(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Start:
    """`async with start(cwd, env, *arguments) as running`: a command while it runs; killed if it outlives the block."""

    @asynccontextmanager
    async def started(cwd: Path, env: dict[str, str], *arguments: str) -> AsyncIterator[Forked]:
        to = tmp_path_factory.mktemp("started")
        running = forks.start(cwd, BARE | {"TMPDIR": str(cwd)} | env, arguments, to)
        try:
            yield running
        except BaseException as error:
            if running.returncode is not None:
                error.add_note(f"{' '.join(arguments)} had ended with {running.returncode}: {(to / 'err').read_text()}")
            raise
        finally:
            if running.returncode is None:
                running.kill()
                await running.communicate()

    return started
