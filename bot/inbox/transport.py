"""One HTTP call to Inbox: the token, the quota hooks, and every failure turned into a class of `bot.errors`.

Knows both versions' error envelopes, and nothing of threads or messages.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any, Final, TypeVar

import httpx
import structlog
from pydantic import TypeAdapter

from bot import errors, models
from bot.inbox.failure import come_back_later, envelope, failure, is_in_between
from bot.inbox.wire import Team, parse
from bot.network import Network

T = TypeVar("T")
TEAM = TypeAdapter(Team)
Spend = Callable[[], Awaitable[None]]
"""Called before each request; may raise `errors.RateLimited` when our own budget is spent."""
Learn = Callable[[Mapping[str, str], int], Awaitable[None]]
"""Called after each call with the headers and status of Inbox's answer; without one, with no headers and 0."""
Params = Mapping[str, str | int | list[str]]

TOTAL = 8.0  # seconds for one call, whatever its phases took
QUICK = 2.0  # seconds a first try may have taken so that a second still fits within a caller's 10 s
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
# From the errors in Inbox's reference: what a 404 says where the API itself says it. v1's list is known in part only.
MISSING: Final = frozenset(
    f"{what}notfound" for what in ("thread", "message", "contact", "prospect", "accountlink", "member", "tag", "status")
)
log = structlog.get_logger(__name__)


class Keep(Enum):
    """The type of `KEEP`, "leave it as it is", where None already means "nobody"."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


def http_client(base: str, network: Network) -> httpx.AsyncClient:
    """The shared client for what is below `base`; its timeouts leave room to answer whoever waits within 10 s."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(connect=3, read=7, write=5, pool=5),
        limits=httpx.Limits(max_connections=50, max_keepalive_connections=20),
        follow_redirects=False,
        trust_env=False,
        verify=network.tls(),
        proxy=network.proxy(base),
    )


class Transport:
    """Calls below one base URL (with its version) with one token. Remembers the `Sunset` header it last saw."""

    def __init__(
        self, http: httpx.AsyncClient, base: str, token: str, spend: Spend | None = None, learn: Learn | None = None
    ) -> None:
        self._http, self._base, self._spend, self._learn = http, base, spend, learn
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self.sunset: str | None = None
        self.answers = 0

    async def get(self, path: str, params: Params | None = None) -> bytes:
        """The body of a 2xx answer. One quick second try where that may help and the caller still has the time."""
        started = time.monotonic()
        try:
            return await self.call("GET", path, params=params)
        except (errors.Unavailable, errors.RateLimited) as error:
            wait = _pause(error)
            if wait is None or time.monotonic() - started > QUICK:
                raise
        await asyncio.sleep(wait)
        return await self.call("GET", path, params=params)

    async def read(self, shape: TypeAdapter[T], path: str, params: Params | None = None) -> T:
        """GET as `shape`; an answer of another shape is `Unavailable`."""
        return understand(shape, await self.get(path, params))

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: object = None,
        key: str | None = None,
        once: bool = False,
    ) -> bytes:
        """One request, never repeated; the body of a 2xx answer. Any other outcome raises an `InboxError`.

        `once` says that repeating would do it twice: then what may have been done raises `Unconfirmed`.
        """
        if self._spend:
            await self._spend()
        headers = self._headers | ({"Idempotency-Key": key} if key else {})
        try:
            async with asyncio.timeout(TOTAL):
                response = await self._http.request(
                    method, self._base + path, params=params, json=json, headers=headers
                )
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            kind = errors.Unconfirmed if once and not isinstance(error, UNSENT) else errors.Unavailable
            code = "unsent" if isinstance(error, UNSENT) else ""
            await self._heard({}, 0)
            raise kind(f"Inbox did not answer: {type(error).__name__}", code=code) from error
        await self._note(response)
        if _foreign(response) and (ended := await self._ended(path, response, once)):
            raise ended
        if not response.is_success:
            raise failure(response, once) from come_back_later(response)
        self.answers += 1
        return response.content

    async def _ended(self, path: str, response: httpx.Response, once: bool) -> errors.InboxError | None:
        """The error of an answer that the API itself may not have given; None when the version is alive.

        `GET /team` tells: it is there as long as the version is. It is asked afterwards each time, as the version may
        have ended since it answered last.
        """
        status, taken = response.status_code, response.is_success
        facts: dict[str, Any] = {"status": status, "code": "unreadable" if taken else "unsent"}
        if path == "/team" or status == 410 or 300 <= status < 400:
            return _gone_away(facts)
        try:
            understand(TEAM, await self.call("GET", "/team"))
        except errors.VersionEnded:
            return _gone_away(facts)
        except errors.InboxError as error:
            log.warning("version_unknown", status=error.status, code=error.code)
            kind = errors.Unconfirmed if once and taken else errors.Unavailable
            return kind("whether this API version still answers is unknown", **facts)
        return None

    async def _note(self, response: httpx.Response) -> None:
        self.sunset = response.headers.get("Sunset", self.sunset)
        if is_in_between(response):
            await self._heard({}, 0)
        else:
            await self._heard(response.headers, response.status_code)

    async def _heard(self, headers: Mapping[str, str], status: int) -> None:
        if self._learn:
            try:
                await self._learn(headers, status)
            except Exception as error:
                # The answer may confirm a send; it must not be lost because the quota could not be stored.
                log.warning("quota_not_learned", error=type(error).__name__)


class Client:
    """What the clients of both versions tell of their calls, and ask in the same way."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def sunset(self) -> str | None:
        return self._transport.sunset

    @property
    def answers(self) -> int:
        return self._transport.answers

    async def team(self) -> models.Team:
        return (await self._transport.read(TEAM, "/team")).team()


def understand(shape: TypeAdapter[T], body: bytes, unless: type[errors.InboxError] = errors.Unavailable) -> T:
    """The body of a 2xx answer as `shape`; raises `unless` when it is something else."""
    try:
        return parse(shape, body)
    except ValueError:
        # Not chained: a validation error quotes what it was given, and that may be someone's message.
        raise unless("Inbox sent an answer that cannot be read", status=200, code="unreadable") from None


def _foreign(response: httpx.Response) -> bool:
    """Whether something else than the API may have answered: a redirect, a page, or a 404 that is not the API's."""
    status = response.status_code
    if response.is_success:
        return response.content.lstrip()[:1] == b"<"
    if status == 404:
        return envelope(response)[0].replace("_", "").lower() not in MISSING
    return status == 410 or 300 <= status < 400


def _gone_away(facts: dict[str, Any]) -> errors.VersionEnded:
    return errors.VersionEnded(f"no API of Inbox's answers at that address (any more): {facts['status']}", **facts)


def _pause(error: errors.InboxError) -> float | None:
    """Seconds before a GET may be tried once more; None when it should not be."""
    if isinstance(error, errors.RateLimited):
        return error.retry_after if error.retry_after <= 1 else None
    if isinstance(error, errors.VersionEnded) or isinstance(
        error.__cause__, (httpx.TimeoutException, httpx.HTTPStatusError)
    ):
        return None
    return random.uniform(0.1, 0.3)  # noqa: S311  # spreads retries, guards nothing
