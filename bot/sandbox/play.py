"""`bot sandbox`: a tour, or a place to play, with nothing but this machine."""

from __future__ import annotations

import asyncio
import io
import signal
import sys
import textwrap
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TypeVar

from bot.errors import SettingsError
from bot.sandbox.page.app import Page, opened
from bot.sandbox.stage import stage
from bot.sandbox.tour import guided

T = TypeVar("T")


async def play(*, tour: bool, port: int, api: str) -> int:
    """Run the tour (0 when all of it happened, 1 when not), or stay up until Ctrl-C."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # a pipe should show each step when it happens
    async with AsyncExitStack() as stack:
        if tour:
            return await guided(await _begun(stack, stage(versions=[api], port=port), port))
        stopping = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        _explain(await _begun(stack, opened(port=port, version=api), port))
        await stopping.wait()
    return 0


async def _begun(stack: AsyncExitStack, what: AbstractAsyncContextManager[T], port: int) -> T:
    """What begins on that port. Raises `SettingsError` where the port cannot be had."""
    try:
        return await stack.enter_async_context(what)
    except OSError as error:
        raise SettingsError(f"--port {port} cannot be used ({error}): choose another.") from error


def _explain(page: Page) -> None:
    on, inbox = page.theatre.scene, page.theatre.scene.inbox
    slack, api = f"{on.slack.base_url}/api", f"{on.inbox_url}/api/{page.theatre.version}"
    print(
        textwrap.dedent(f"""\
        Open {page.url} in your browser: Slack, Inbox and the real bot between them, on this machine alone.

        For developers, with the tokens that the bot has:
          curl -s -H 'Authorization: Bearer {on.slack.bot_token}' '{slack}/users.list'
          curl -s -H 'Authorization: Bearer {inbox.token}' '{api}/threads'
        Ctrl-C ends everything.""")
    )
