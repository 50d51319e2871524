"""How Slack is called: one session, no hidden retries, and errors named for what to do next.

slack_sdk would post again when a connection drops; what happens after an unknown outcome is decided by the caller.

Who waits after a 429: the job (`bot.queue.retries`), and all posts of that channel (`bot.people.refused_channels`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackDown, SlackError
from bot.network import DIRECT, Network
from bot.slack.codes import failure
from bot.slack.session import TIMEOUT

T = TypeVar("T")
Heard = Callable[[SlackError | None], Awaitable[None]]
"""Called after each call with the bot's token: with None when Slack took it. Raises nothing."""


async def nobody(_: SlackError | None) -> None:
    """Nobody wants to hear."""


@asynccontextmanager
async def answers() -> AsyncIterator[None]:
    """Turns what slack_sdk and aiohttp raise into `SlackError`s."""
    try:
        yield
    except SlackApiError as error:
        raise _named(error) from error
    except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise SlackDown(f"Slack did not answer: {type(error).__name__}") from error


class Calls:
    """What makes the calls with the bot's token, and lets somebody hear of each one's outcome."""

    def __init__(
        self,
        token: str,
        base_url: str,
        session: aiohttp.ClientSession,
        network: Network = DIRECT,
        heard: Heard = nobody,
    ) -> None:
        self._session, self.network, self.heard = session, network, heard
        self._base_url = base_url
        self.client = AsyncWebClient(
            token=token,
            base_url=base_url,
            timeout=TIMEOUT,
            session=session,
            retry_handlers=[],
            trust_env_in_session=False,
        )
        self.client.proxy = network.proxy(base_url)  # not as an argument: for None it reads the environment

    @asynccontextmanager
    async def _answers(self) -> AsyncIterator[None]:
        """`answers()` for these."""
        try:
            async with answers():
                yield
        except SlackError as error:
            await self.heard(error)
            raise
        await self.heard(None)

    async def _call(self, call: Awaitable[T]) -> T:
        """One of `client`'s, which begins when it is awaited."""
        async with self._answers():
            return await call


def _named(error: SlackApiError) -> SlackError:
    response: Any = error.response
    status = getattr(response, "status_code", 0) or getattr(response, "status", 0)
    told = getattr(response, "data", response)
    code = str(told.get("error") or "") if isinstance(told, Mapping) else ""  # a proxy may answer anything
    return failure(status, code, _retry_after(getattr(response, "headers", {})))


def _retry_after(headers: Mapping[str, str]) -> float:
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "1")
    try:
        return min(max(float(value), 0.1), 600.0)
    except ValueError:
        return 1.0
