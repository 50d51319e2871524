"""A real Chromium, and the sandbox's page in it. Nothing may be said on the browser's console."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from bot.sandbox.page.app import opened
from bot.sandbox.page.theatre import Theatre
from tests.conftest import QUICK

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",  # refused to root, which CI often is; the page is our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 20_000  # milliseconds: the machine may be busy
expect.set_options(timeout=PATIENCE)
# `PICTURES=docs/pictures python -m pytest -m browser` takes the README's pictures anew.
PICTURES = os.environ.get("PICTURES")


@dataclass
class Visit:
    """Somebody at the page, and what is behind it."""

    page: Page
    theatre: Theatre
    url: str

    def button(self, name: str, **more: Any) -> Locator:
        return self.page.get_by_role("button", name=name, **{"exact": True} | more)

    def text(self, words: str) -> Locator:
        return self.page.get_by_text(words)

    def card(self, words: str) -> Locator:
        """The newest message in the open channel or thread with these words."""
        return self.page.locator(".channel .message", has_text=words).last

    async def become(self, name: str) -> None:
        await self.page.get_by_role("radio", name=re.compile(f"^{name}")).click()

    async def say(self, words: str, box: str = "Message #support or type /") -> None:
        await self.page.get_by_label(box).fill(words)
        await self.page.get_by_label(box).press("Enter")

    async def write_as(self, name: str, words: str) -> None:
        """A customer's message."""
        await self.page.get_by_role("region", name="Inbox").get_by_role("button", name=name).click()
        await self.page.get_by_label(f"Write as {name.split()[0]}").fill(words)
        await self.page.get_by_label(f"Write as {name.split()[0]}").press("Enter")

    async def break_(self, group: str, choice: str) -> None:
        """Choose in the panel with everything that can be broken."""
        await self.page.locator(".trouble-button").click()
        await self.page.get_by_role("group", name=group).get_by_role("radio", name=choice).click()
        await self.page.keyboard.press("Escape")

    async def picture(self, name: str, region: str = "") -> None:
        """Of the page or of one region, for the README, when it is asked for."""
        if PICTURES:
            of = self.page.get_by_role("region", name=region) if region else self.page.locator("body")
            await self.page.mouse.move(0, 0)
            await self.page.wait_for_timeout(300)  # what moves has come to rest
            taken = await of.screenshot(animations="disabled", caret="hide")
            assert len(taken) < 200_000
            (Path(PICTURES) / f"{name}.png").write_bytes(taken)


Arrive = Callable[..., Awaitable[Visit]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here: apt-get install chromium, or set CHROMIUM to its path")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def arrive(chromium: Browser, redis_url: str) -> AsyncIterator[Arrive]:
    """`await arrive(version="v1", width=390, …)`: a sandbox of its own, and somebody who has just opened its page."""
    said: list[str] = []
    async with AsyncExitStack() as stack:

        async def open_page(version: str = "v2", width: int = 1280, height: int = 800, **context: Any) -> Visit:
            sandbox = await stack.enter_async_context(opened(version=version, redis_url=redis_url, timing=QUICK))
            wanted: Any = {"viewport": {"width": width, "height": height}, "device_scale_factor": 1} | context
            browsing = await stack.enter_async_context(await chromium.new_context(**wanted))
            browsing.set_default_timeout(PATIENCE)
            page = await browsing.new_page()
            page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
            page.on("pageerror", lambda error: said.append(f"error: {error}"))
            page.on("requestfailed", lambda request: said.append(f"failed: {request.url}"))
            await page.goto(sandbox.url)
            await page.get_by_role("button", name="Archive").first.wait_for()
            return Visit(page, sandbox.theatre, sandbox.url)

        yield open_page
    assert said == []
