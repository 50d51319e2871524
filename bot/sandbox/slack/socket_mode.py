"""Socket Mode of the sandbox's Slack: open connections, envelopes and their acks, and what may happen to a connection.

Frames are those of https://docs.slack.dev/apis/events-api/using-socket-mode.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from bot.sandbox.slack.records import APP_ID, Ack, Json

MOST = 10  # connections of one app
EVENT_TRIES = 4  # the first delivery and three more


@dataclass(eq=False)
class Connection:
    """One WebSocket; `number` counts them from 1. `silent` ones seem open, but nothing passes in either direction."""

    number: int
    ws: WebSocket
    silent: bool = False
    leaving: bool = False  # told to go: nothing new is sent there

    async def send(self, frame: Json) -> None:
        if not self.silent and self.ws.application_state is WebSocketState.CONNECTED:
            await self.ws.send_text(json.dumps(frame))

    @property
    def protocol(self) -> Any:
        """uvicorn's side of the connection, whose `transport` is the TCP connection."""
        return self.ws.scope["sandbox.send"].__self__


class Mute:
    """A TCP connection that takes what is written to it, and loses it."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    def write(self, _: bytes) -> None: ...

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Sockets:
    """The app's connections. Each payload goes to one of them, in turn, as no app may count on which."""

    def __init__(self, next_id: Callable[[str], str], patience: Callable[[], float]) -> None:
        """`patience` is how many seconds an ack is waited for."""
        self._next_id, self._patience = next_id, patience
        self.connections: list[Connection] = []
        self.opened = 0
        self._turn = 0
        self._acks: dict[str, asyncio.Future[Json | None]] = {}
        self._tickets: set[str] = set()

    @property
    def taking(self) -> list[Connection]:
        """Where the next payload may go; Slack does not know which are silent."""
        return [one for one in self.connections if not one.leaving]

    def ticket(self) -> str:
        """What a WebSocket URL carries: good for one connection."""
        ticket = self._next_id("ticket-")
        self._tickets.add(ticket)
        return ticket

    async def serve(self, ws: WebSocket) -> None:
        """One connection, from its handshake to its end."""
        ticket = ws.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await ws.close()
            return
        self._tickets.discard(ticket)
        await ws.accept()
        self.opened += 1
        mine = Connection(self.opened, ws)
        if len(self.connections) >= MOST:
            await mine.send(_goodbye("too_many_websockets"))
            await ws.close()
            return
        self.connections.append(mine)
        try:
            await mine.send(self.hello())
            while True:
                text = await ws.receive_text()
                if not mine.silent:
                    self._acked(text)
        except (WebSocketDisconnect, RuntimeError):  # Starlette raises the latter after a close of our own
            pass
        finally:
            if mine in self.connections:
                self.connections.remove(mine)

    def hello(self) -> Json:
        about = {"host": "sandbox", "build_number": 1, "approximate_connection_time": 3600}
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": about,
            "connection_info": {"app_id": APP_ID},
        }

    def _acked(self, text: str) -> None:
        frame = json.loads(text)
        waiting = self._acks.get(frame.get("envelope_id", ""))
        if waiting is not None and not waiting.done():
            waiting.set_result(frame.get("payload"))

    # -- payloads

    async def deliver(self, kind: str, payload: Json) -> Ack:
        """Send `payload` and wait for its ack. Un-acked events come again elsewhere, everything else does not."""
        start, again = time.monotonic(), kind == "events_api"
        for attempt in range(EVENT_TRIES if again else 1):
            connection = await self._next(self._patience() if again else 0.0)
            if connection is None:
                continue
            acked, body = await self._offer(connection, kind, payload, attempt)
            if acked:
                return Ack(200, body, time.monotonic() - start, within=self._patience())
        return Ack(0, None, time.monotonic() - start)

    async def _next(self, patience: float) -> Connection | None:
        """The connection whose turn it is; events wait `patience` seconds for one."""
        end = time.monotonic() + patience
        while not self.taking and time.monotonic() < end:  # noqa: ASYNC110  # a sandbox may look every 10 ms
            await asyncio.sleep(0.01)
        self._turn += 1
        return self.taking[self._turn % len(self.taking)] if self.taking else None

    async def _offer(self, connection: Connection, kind: str, payload: Json, attempt: int) -> tuple[bool, Json | None]:
        """Whether it was acked in time, on whichever connection, and with what."""
        envelope_id = self._next_id("envelope-")
        envelope: Json = {"envelope_id": envelope_id, "type": kind, "payload": payload}
        envelope["accepts_response_payload"] = kind != "events_api"
        if kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
        self._acks[envelope_id] = waiting = asyncio.get_running_loop().create_future()
        try:
            await connection.send(envelope)
            return True, await asyncio.wait_for(waiting, self._patience())
        except (TimeoutError, RuntimeError):
            return False, None
        finally:
            del self._acks[envelope_id]

    # -- what happens to connections

    async def refresh(self, *, warn: float = 0.0, grace: float = 0.0) -> None:
        """Slack renews all of its connections: it says so, and closes each `grace` seconds later.

        `warn` seconds before that, it announces it, as it does in good times.
        """
        leaving = list(self.taking)
        if warn:
            await asyncio.gather(*(one.send(_goodbye("warning")) for one in leaving))
            await asyncio.sleep(warn)
        for one in leaving:
            one.leaving = True
        await asyncio.gather(*(one.send(_goodbye("refresh_requested")) for one in leaving))
        await asyncio.sleep(grace)
        for one in leaving:
            if one in self.connections:
                await one.ws.close()

    def reset(self) -> None:
        """Every connection breaks, without a word."""
        for one in list(self.connections):
            self.connections.remove(one)
            one.protocol.transport.abort()

    def silence(self) -> None:
        """Every connection stays open, and nothing passes any more: no payload, no ack, no answer to a ping."""
        for one in self.connections:
            one.silent = True
            one.protocol.transport = Mute(one.protocol.transport)


def _goodbye(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
