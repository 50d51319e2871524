"""The real bot between a local Slack and a local Inbox, over real HTTP: for the tour, for playing, for the tests."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel
from starlette.types import ASGIApp

from bot.app import Bridge, bridge
from bot.context import Timing
from bot.queue.worker import cancelled
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.inbox.server import SandboxInbox
from bot.sandbox.serve import serving
from bot.sandbox.slack.server import SandboxSlack
from bot.settings import Settings
from bot.slack.socket_mode import CONNECTIONS

Listen = Callable[[ASGIApp, Literal["slack", "inbox"]], ASGIApp]  # an app and who it is, to the app to be served


@dataclass
class Acme:
    """The world on stage: ids of colleagues, of their Inbox members, and of the people who write to them."""

    channel: str
    ana: str
    bo: str
    kim: str  # has no seat in Inbox
    guest: str
    outsider: str  # of another workspace, in the shared channel
    shared: str
    ana_member: str
    bo_member: str
    account: str
    sarah: PersonRecord
    omar: PersonRecord


@dataclass
class Stage:
    """A running bot with what surrounds it."""

    slack: SandboxSlack
    inbox: SandboxInbox
    acme: Acme
    bridge: Bridge
    url: str
    settings: Settings
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)


def acme(slack: SandboxSlack, inbox: SandboxInbox) -> Acme:
    """A small team, a guest, an outsider, and two people who may write."""
    support = slack.add_channel("support")
    shared = slack.add_channel("acme-and-partners", shared=True)
    people = {
        "ana": slack.add_user(None, "Ana", "ana@acme.example", admin=True),
        "bo": slack.add_user(None, "Bo", "bo@acme.example"),
        "kim": slack.add_user(None, "Kim", "kim@acme.example"),
        "guest": slack.add_user(None, "Gus", "gus@elsewhere.example", guest=True),
        "outsider": slack.add_user(None, "Olga", "ana@acme.example", team_id="T0OTHER"),
    }
    return Acme(
        channel=support,
        shared=shared,
        ana_member=inbox.add_member("Ana", "Ana@acme.example", role="admin"),
        bo_member=inbox.add_member("Bo", "bo@acme.example"),
        account=inbox.add_account("acme", "Acme"),
        sarah=inbox.add_person("sarah", "Sarah Chen", "1876543210987654321"),
        omar=inbox.add_person("omar_k", "Omar Khan", "1876543210987654399"),
        **people,
    )


class _Given(Settings):
    """Reads neither the environment nor a file, and does not look where it might: 3 ms."""

    def __init__(self, **given: Any) -> None:
        BaseModel.__init__(self, **given)


def settings_for(slack: SandboxSlack, inbox: SandboxInbox, inbox_url: str, **more: Any) -> Settings:
    """What an operator would set to reach the two, regardless of the environment and of any `.env`."""
    wanted: dict[str, Any] = {
        "slack_bot_token": slack.bot_token,
        "slack_signing_secret": slack.signing_secret,
        "slack_api_base_url": f"{slack.base_url}/api/",
        "inbox_api_token": inbox.token,
        "inbox_api_base_url": f"{inbox_url}/api",
        "inbox_webhook_secret": "ibt_wh_sandbox",
        "host": "127.0.0.1",
    }
    return _Given(**(wanted | more))


@dataclass
class Scene:
    """The two services and their world, without a bot."""

    slack: SandboxSlack
    inbox: SandboxInbox
    acme: Acme
    inbox_url: str


@asynccontextmanager
async def scene(
    *, versions: Collection[str] = ("v1", "v2"), enterprise: str | None = None, port: int = 0, tap: Listen | None = None
) -> AsyncIterator[Scene]:
    """A local Slack and a local Inbox, with the world of `acme`; `tap` listens in on what they are asked.

    `enterprise` is the Enterprise Grid organisation that the workspace belongs to. Slack is at `port`, the rest at free
    ones. Raises OSError when that port is taken.
    """
    listen: Listen = tap or (lambda app, _: app)
    slack, inbox = SandboxSlack(), SandboxInbox(versions=frozenset(versions))
    slack.enterprise_id = enterprise
    async with AsyncExitStack() as stack:
        stack.push_async_callback(inbox.aclose)
        slack.base_url = await stack.enter_async_context(serving(listen(slack.app, "slack"), port=port))
        inbox_url = await stack.enter_async_context(serving(listen(inbox.app, "inbox")))
        yield Scene(slack, inbox, acme(slack, inbox), inbox_url)


@asynccontextmanager
async def bot_on(on: Scene, *, timing: Timing | None = None, **more: Any) -> AsyncIterator[Stage]:
    """The bot on a scene, for as long as the block lasts; another may play there later. `more` are settings."""
    async with AsyncExitStack() as stack:
        wanted = {"notify_channel": on.acme.channel} | more
        if wanted.get("redis_url") is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bridge-"))
            wanted = {"bot_data_dir": Path(folder)} | wanted
        settings = settings_for(on.slack, on.inbox, on.inbox_url, **wanted)
        built = await stack.enter_async_context(bridge(settings, timing or Timing()))
        url = await stack.enter_async_context(serving(built.web))
        on.slack.events_url, on.inbox.webhook_url = f"{url}/slack/events", f"{url}/inbox/webhook"
        running = Stage(on.slack, on.inbox, on.acme, built, url, settings)
        running.tasks = [asyncio.create_task(built.worker.run()), asyncio.create_task(built.timer.run())]
        await built.timer.looked.wait()
        if built.socket_mode:
            running.tasks.append(asyncio.create_task(built.socket_mode.run()))
            await on.slack.until(lambda: len(on.slack.sockets.connections) == CONNECTIONS)
        try:
            yield running
        finally:
            built.timer.stop()
            if built.socket_mode:
                built.socket_mode.stop()
                running.tasks[-1].cancel()
                await built.socket_mode.close(within=0.5)
            await built.worker.stop(within=2.0)
            await cancelled(running.tasks)


@asynccontextmanager
async def stage(
    *,
    versions: Collection[str] = ("v1", "v2"),
    redis_url: str | None = None,
    enterprise: str | None = None,
    socket_mode: bool = False,
    timing: Timing | None = None,
    port: int = 0,
    **more: Any,
) -> AsyncIterator[Stage]:
    """Everything running: a scene and the bot on it; `more` are settings. Nothing is left behind.

    With `socket_mode`, Slack reaches the bot over WebSockets alone.
    """
    async with scene(versions=versions, enterprise=enterprise, port=port) as on:
        if socket_mode:
            on.slack.socket_mode, more = True, {"slack_app_token": on.slack.app_token} | more
        async with bot_on(on, timing=timing, redis_url=redis_url, **more) as running:
            yield running
