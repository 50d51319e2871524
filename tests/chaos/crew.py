"""Real processes of the bot between the two local services, and somebody who kills them."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bot.context import Timing
from bot.sandbox.inbox.server import SandboxInbox
from bot.sandbox.serve import serving
from bot.sandbox.slack.records import Ack
from bot.sandbox.slack.server import SandboxSlack
from bot.sandbox.stage import Acme, acme, settings_for
from bot.settings import Settings
from tests.servers import free_port

PACES = Timing(claim_idle=5.0, channel_interval=0.005, inbox_per_minute=100_000, poll=0.1)
ROOT = Path(__file__).parents[2]


@dataclass
class Hand:
    """One process that is started again whenever it dies."""

    role: str
    port: int
    environment: dict[str, str]
    process: asyncio.subprocess.Process | None = None
    deaths: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.chaos.process",
            self.role,
            cwd=ROOT,
            env=self.environment | {"PORT": str(self.port)},
            stdin=asyncio.subprocess.DEVNULL,
        )
        if self.role == "web":
            await self.answers()

    async def answers(self) -> None:
        async with httpx.AsyncClient(trust_env=False) as http:
            for _ in range(400):
                try:
                    if (await http.get(f"{self.url}/healthz")).status_code == 200:
                        return
                except httpx.HTTPError:
                    await asyncio.sleep(0.05)
        raise AssertionError("the bot did not start")

    async def kill(self, number: int = signal.SIGKILL) -> int:
        """End it with a signal, and its exit code."""
        assert self.process is not None
        self.deaths += 1
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.process.wait()


class InsistentSlack(SandboxSlack):
    """Tells of an event again until it is taken, as Slack does, though sooner; of a click or a command it does not."""

    async def event(
        self, type: str, *, event_id: str | None = None, retry: int = 0, shared: bool | None = False, **fields: Any
    ) -> Ack:
        once = event_id or self.next_id("Ev")
        while True:
            ack = await super().event(type, event_id=once, retry=retry, shared=shared, **fields)
            if ack.ok:
                return ack
            retry += 1
            await asyncio.sleep(0.2)


@dataclass
class Crew:
    """The processes and their world. `hands` are web processes first."""

    slack: SandboxSlack
    inbox: SandboxInbox
    acme: Acme
    settings: Settings
    environment: dict[str, str]
    hands: list[Hand] = field(default_factory=list)
    diary: list[tuple[float, str]] = field(default_factory=list)  # Unix seconds, and what happened to all

    def notes(self, what: str) -> None:
        self.diary.append((time.time(), what))

    @property
    def deaths(self) -> int:
        return sum(hand.deaths for hand in self.hands)

    @property
    def webs(self) -> list[Hand]:
        return [hand for hand in self.hands if hand.role == "web"]

    def call(self, web: Hand) -> None:
        """Slack and Inbox call this process from now on."""
        self.slack.events_url, self.inbox.webhook_url = f"{web.url}/slack/events", f"{web.url}/inbox/webhook"

    async def add(self, role: str) -> Hand:
        hand = Hand(role, free_port(), self.environment)
        self.hands.append(hand)
        await hand.start()
        return hand

    def posted(self) -> list[str]:
        """The customers' texts, `in …`, in the order in which they were posted to the channel."""
        posts = [call for call in self.slack.calls if call.method == "chat.postMessage" and call.ok]
        shown = [self.slack.show(call.args["blocks"]) for call in posts if call.args.get("blocks")]
        return [line for one in shown for line in one.splitlines() if line.startswith("in ")]

    def sent(self) -> list[str]:
        """The texts that were sent to customers, in order."""
        return [message.text for message in self.inbox.sent()]

    def told(self, user: str) -> list[str]:
        """What only `user` was shown."""
        told = [one.blocks for one in self.slack.ephemerals(user)] + [one.blocks for one in self.slack.dms(user)]
        return [self.slack.show(blocks) for blocks in told]

    async def until(self, so: Callable[[], object], within: float) -> float:
        """Until `so` holds; how many seconds that took."""
        began = time.monotonic()
        while not so():
            assert time.monotonic() < began + within, f"not within {within} s"
            await asyncio.sleep(0.02)
        return time.monotonic() - began

    async def settled(self, left: Callable[[], int]) -> None:
        """Until nothing is left, or nothing has changed for 75 seconds."""
        last, since = -1, 0
        while since < 150 and (count := left()):
            last, since = count, since + 1 if count == last else 0
            await asyncio.sleep(0.5)

    async def harass(self, dice: random.Random, until: asyncio.Event, pause: tuple[float, float]) -> None:
        """Kill -9 one process after the other, at random times, and start each again."""
        while not until.is_set():
            await asyncio.sleep(dice.uniform(*pause))
            hand = dice.choice(self.hands)
            self.notes(f"a {hand.role} is killed")
            await hand.kill()
            await hand.start()
            if hand.role == "web":
                self.call(dice.choice(self.webs))


@asynccontextmanager
async def crew(
    redis_url: str, api: str, *, webs: int = 2, workers: int = 3, timing: Timing = PACES
) -> AsyncIterator[Crew]:
    """`webs` and `workers` processes on one Redis; all are gone in the end."""
    slack, inbox = InsistentSlack(), SandboxInbox(versions=frozenset({api}), retry_delays=(0.5, 1.0, 2.0))
    inbox.rate_per_minute = timing.inbox_per_minute
    async with serving(slack.app) as slack_url, serving(inbox.app) as inbox_url:
        slack.base_url = slack_url
        world = acme(slack, inbox)
        settings = settings_for(slack, inbox, inbox_url, notify_channel=world.channel, redis_url=redis_url)
        made = Crew(slack, inbox, world, settings, _environment(settings, timing))
        try:
            await asyncio.gather(*(made.add("web") for _ in range(webs)), *(made.add("worker") for _ in range(workers)))
            made.call(made.webs[0])
            yield made
        finally:
            await asyncio.gather(*(hand.kill() for hand in made.hands))
            await inbox.aclose()


def number(text: str) -> int:
    """Which one of its way it is: the texts of a way end in a number."""
    return int(text.rsplit(" ", 1)[1])


def inversions(texts: Sequence[str]) -> list[str]:
    """Those that come right after one with a higher number."""
    return [text for before, text in itertools.pairwise(texts) if number(text) < number(before)]


def _environment(settings: Settings, timing: Timing) -> dict[str, str]:
    secret = {
        "SLACK_BOT_TOKEN": settings.slack_bot_token,
        "SLACK_SIGNING_SECRET": settings.slack_signing_secret,
        "INBOX_API_TOKEN": settings.inbox_api_token,
        "INBOX_WEBHOOK_SECRET": settings.inbox_webhook_secret,
        "REDIS_URL": settings.redis_url,
    }
    plain = {
        "SLACK_API_BASE_URL": settings.slack_api_base_url,
        "INBOX_API_BASE_URL": settings.inbox_api_base_url,
        "NOTIFY_CHANNEL": settings.notify_channel or "",
        "HOST": "127.0.0.1",
        "LOG_LEVEL": "ERROR",
        "CHAOS_PACES": json.dumps(asdict(timing)),
        "PATH": os.environ["PATH"],
    }
    return plain | {name: value.get_secret_value() for name, value in secret.items() if value}
