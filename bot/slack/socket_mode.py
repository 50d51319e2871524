"""Slack over WebSockets, for where nothing from outside can reach the bot.

slack_sdk's client closes a connection before it opens the next, and drops the acks under way when it closes; here the
next one comes first. https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import aiohttp
import structlog
from slack_bolt.response import BoltResponse

from bot.errors import SettingsError, SlackBusy, SlackDown, SlackError, SlackRefused, SlackRevoked, SlackUnknown
from bot.metrics import ACK_SECONDS, REQUESTS, SOCKETS, route
from bot.slack.client import Slack
from bot.slack.dispatch import Dispatch

log = structlog.get_logger(__name__)

REFUSALS: Final = (SlackRefused, SlackRevoked, SlackUnknown)
CONNECTIONS: Final = 2  # a payload goes to any of them; when one ends, the other is there
LOOK: Final = 0.1  # seconds between looks at how long ago Slack was heard
PING: Final = 0.4  # seconds between our pings
SILENT: Final = 1.1  # seconds without any frame after which a connection is dead, however open it looks
HELLO_WITHIN: Final = 3.0  # seconds from asking for a connection to Slack's first word on it; each further try has more
LONGEST_HELLO: Final = 15.0  # seconds
LINGER: Final = 15.0  # seconds that a connection Slack announced to renew is still listened to
QUIET: Final = 600.0  # seconds without a payload after which a connection is renewed, in case Slack forgot it
STABLE: Final = 5.0  # seconds after which an end is no sign that the next connection will end as well
# Seconds before a further try; the last one repeats. Several troubles in a row must not add up to a gap of two seconds,
# an outage of minutes must not spend what Slack allows: https://docs.slack.dev/apis/web-api/rate-limits
PAUSES: Final = (0.0, 0.2, *(0.5,) * 8, 1.0, 2.0, 5.0)
REFUSED: Final = 30.0  # seconds before a further try when Slack says no, which an operator must mend
REMEDY: Final = (
    "It must be an app-level token (xapp-…) with connections:write of an app with Socket Mode on; see your Slack app's "
    "Basic Information page."
)

Handle = Callable[["Connection", Mapping[str, Any]], None]


class Connection:
    """One WebSocket. `over` is set, with a reason, as soon as another should take its place."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, handle: Handle) -> None:
        self._socket, self._handle = socket, handle
        self.began = self._heard = self._used = time.monotonic()
        self.hello, self.over = asyncio.Event(), asyncio.Event()
        self.reason = ""
        self.gone = asyncio.Event()  # nothing will come here any more, or go
        self._tasks = [asyncio.create_task(part) for part in (self._read(), self._watch())]

    @property
    def usable(self) -> bool:
        """Whether an ack sent here would arrive."""
        return not self._socket.closed and not self.gone.is_set()

    async def send(self, frame: Mapping[str, Any]) -> None:
        await self._socket.send_str(json.dumps(frame))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._socket.close()

    def _end(self, reason: str) -> None:
        self.reason = self.reason or reason
        self.over.set()
        if reason in ("closed", "silent"):
            self.gone.set()

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                self._heard = time.monotonic()
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._frame(message.data)
                elif message.type is aiohttp.WSMsgType.PING:
                    await self._socket.pong(message.data)
        except (aiohttp.ClientError, ConnectionError) as error:
            log.info("socket_broke", error=type(error).__name__)
        self._end("closed")

    def _frame(self, text: str) -> None:
        try:
            frame = json.loads(text)
            kind = frame["type"]
        except (ValueError, KeyError, TypeError):
            log.warning("not_what_slack_sends", type="frame")
            return
        if kind == "hello":
            self.hello.set()
        elif kind == "disconnect":
            self._end(str(frame.get("reason")))
        elif "envelope_id" in frame:
            self._used = self._heard
            self._handle(self, frame)

    async def _watch(self) -> None:
        """A network that went away closes nothing; only an answer to a ping shows that somebody is there."""
        pinged, before = 0.0, time.monotonic()
        while not self.gone.is_set():
            await asyncio.sleep(LOOK)
            now = time.monotonic()
            if now - before > 2 * LOOK:  # we were busy: what Slack said meanwhile has not been read yet
                self._heard += now - before
            before = now
            if now - self._heard > SILENT:
                self._end("silent")
            elif now - self._used > QUIET:
                self._end("quiet")
            if now - pinged > PING:
                pinged = now
                try:
                    await self._socket.ping()
                except (aiohttp.ClientError, ConnectionError):
                    self._end("closed")


class SocketMode:
    """Keeps the connections and answers what comes on them with the same listeners as over HTTP."""

    def __init__(self, slack: Slack, session: aiohttp.ClientSession, dispatch: Dispatch, app_token: str) -> None:
        self._slack, self._session, self._dispatch, self._token = slack, session, dispatch, app_token
        self._open: list[Connection] = []
        self._stopping = False
        self._answering: set[asyncio.Task[None]] = set()
        self._parting: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled. Raises `SettingsError` when Slack refuses the token at the start."""
        route("socket", 200, 503)
        try:
            first = await self._connect()
        except REFUSALS as error:
            raise SettingsError(f"SLACK_APP_TOKEN is wrong: Slack answers {error.code}. {REMEDY}") from error
        except SlackError as error:
            log.warning("socket_not_opened", error=str(error))
            first = None
        async with asyncio.TaskGroup() as group:
            for number in range(CONNECTIONS):
                group.create_task(self._keep(first if number == 0 else None))

    def stop(self) -> None:
        """Open no more connections; then cancel `run`. A cancellation alone may get lost in a library (Python 3.11)."""
        self._stopping = True

    async def close(self, within: float = 2.5) -> None:
        """Answer what has come for up to `within` seconds, then hang up. `run` must have been stopped."""
        while within > 0 and (under_way := [one for one in self._answering if not one.done()]):
            began = time.monotonic()
            await asyncio.wait(under_way, timeout=within)
            within -= time.monotonic() - began
        for task in (*self._parting, *self._answering):
            task.cancel()
        await asyncio.gather(*self._parting, *self._answering, return_exceptions=True)
        await asyncio.gather(*(one.close() for one in self._open))
        self._open.clear()
        SOCKETS.set(0)

    async def _keep(self, connection: Connection | None) -> None:
        """One connection, always: the next is opened before the present one is given up."""
        tries = 0
        while not self._stopping:
            if connection is not None:
                await connection.over.wait()
                tries = 0 if time.monotonic() - connection.began > STABLE else tries + 1
                log.info("socket_over", reason=connection.reason)
                self._part(connection)
            await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            try:
                connection = await self._connect(tries)
            except REFUSALS as error:  # SLACK_APP_TOKEN was taken away, or Socket Mode switched off
                log.error("socket_refused", code=error.code, remedy=REMEDY)
                connection, tries = None, tries + 1
                await asyncio.sleep(REFUSED)
            except SlackError as error:
                log.warning("socket_not_opened", error=str(error))
                connection, tries = None, tries + 1
                if isinstance(error, SlackBusy):
                    await asyncio.sleep(error.retry_after)

    async def _connect(self, tries: int = 0) -> Connection:
        """A connection on which Slack said hello. Raises `SlackError`."""
        connection = None
        try:
            async with asyncio.timeout(min(HELLO_WITHIN * (1 + tries), LONGEST_HELLO)):
                url = await self._slack.open_socket(self._token)
                socket = await self._session.ws_connect(
                    url,
                    autoping=False,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                    proxy=self._slack.network.proxy(url),
                )
                connection = Connection(socket, self._arrived)
                await _first(connection.hello.wait(), connection.over.wait())
        except asyncio.CancelledError:
            if connection is not None:
                await connection.close()
            raise
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            if connection is not None:
                await connection.close()
            raise SlackDown(f"no Socket Mode connection: {type(error).__name__}") from error
        if not connection.hello.is_set():
            await connection.close()
            raise SlackDown(f"no Socket Mode connection: {connection.reason}")
        self._open.append(connection)
        SOCKETS.set(len(self._open))
        return connection

    def _part(self, connection: Connection) -> None:
        """Listen on a connection that Slack will close for as long as it is there, then hang up."""

        async def part() -> None:
            try:
                await asyncio.wait_for(connection.gone.wait(), LINGER)
            except TimeoutError:
                pass  # Slack left it open: it will not be missed
            self._open.remove(connection)
            SOCKETS.set(len(self._open))
            await connection.close()

        _spawn(part(), self._parting)

    def _arrived(self, connection: Connection, envelope: Mapping[str, Any]) -> None:
        _spawn(self._answer(connection, envelope), self._answering)

    async def _answer(self, connection: Connection, envelope: Mapping[str, Any]) -> None:
        began = time.monotonic()
        try:
            response = await self._dispatch(envelope["payload"])
        except Exception:  # our listeners never raise: Bolt could not read it
            log.warning("not_what_slack_sends", type=str(envelope.get("type"))[:40], exc_info=True)
            return
        unheard = response.status == 404 and envelope.get("type") == "events_api"  # or Slack would send it again
        if response.status == 200 or unheard:
            await self._ack(connection, {"envelope_id": envelope["envelope_id"], **_payload(response)})
        REQUESTS.labels("socket", response.status).inc()
        ACK_SECONDS.labels("socket").observe(time.monotonic() - began)

    async def _ack(self, connection: Connection, frame: Mapping[str, Any]) -> None:
        """Where it came from, or, when that is gone, on another connection."""
        others = [one for one in self._open if one is not connection]
        for one in (connection, *others):  # it may carry a payload right after its hello, before it counts as open
            if one.usable:
                try:
                    await one.send(frame)
                    return
                except (aiohttp.ClientError, ConnectionError):
                    pass  # it broke just now: the next one
        log.warning("not_acked")  # the person sees that it did not work; an event comes again


async def _first(*waits: Awaitable[object]) -> None:
    """Until one of them is over."""
    tasks = [asyncio.ensure_future(one) for one in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _spawn(part: Any, kept: set[asyncio.Task[None]]) -> None:
    task = asyncio.create_task(part)
    kept.add(task)
    task.add_done_callback(kept.discard)


def _payload(response: BoltResponse) -> dict[str, Any]:
    """What an ack carries: Bolt's answer as an object."""
    if not response.body:
        return {}
    kind = response.headers.get("content-type", [""])[0]
    return {"payload": json.loads(response.body) if kind.startswith("application/json") else {"text": response.body}}
