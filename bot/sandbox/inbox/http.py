"""The HTTP side of the local Inbox: request log, contract, faults and rate limit, in front of the handlers."""

from __future__ import annotations

import asyncio
import json
import math
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, Literal
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.sandbox.delays import Delays
from bot.sandbox.inbox import end_of_v1, v1, v1_show, v2, v2_show
from bot.sandbox.inbox.contract import answers, requests
from bot.sandbox.inbox.contract.answers import NOTHING
from bot.sandbox.inbox.faults import CODES, STATUSES, Fault
from bot.sandbox.inbox.records import Failure, Incoming, Json, iso
from bot.sandbox.inbox.world import World

_HANDLERS = {"v1": v1.HANDLERS, "v2": v2.HANDLERS}
_ENVELOPES = {"v1": v1_show.error, "v2": v2_show.error}


@dataclass
class Call:
    """A request in the log, in order of arrival; `path` is without `/api`; `status` 0 means no answer (yet)."""

    method: str
    path: str
    query: list[tuple[str, str]]
    body: Any
    headers: dict[str, str]
    at: datetime
    status: int = 0

    def __str__(self) -> str:
        return f"{self.method} {self.path} → {self.status or 'no answer'}"


class InboxServer:
    """Answers `/api/v1` and `/api/v2` from one world. A version that is not in `versions` answers 404."""

    def __init__(self, world: World, versions: frozenset[str], token: str, clock: Callable[[], datetime]) -> None:
        self.world, self.versions, self.token, self.clock = world, versions, token, clock
        self.calls: list[Call] = []
        self.violations: list[str] = []  # what the vendor would not take, of what was asked
        self.drift: list[str] = []  # what the vendor would not have said, of what was answered
        self.checking = True  # whether answers and events are looked at: 0.2 ms for each object
        self.faults: list[Fault] = []
        self.delays = Delays()
        self.rate_per_minute, self.enforce = 300, False
        self.sunset = {"v1": "Thu, 03 Dec 2026 00:00:00 GMT"}  # what a version says of its end
        self._ended: end_of_v1.How | None = None
        self._arrivals: deque[datetime] = deque()
        self.app = Starlette(routes=[Route("/api/{version}/{path:path}", _Endpoint(self._respond))])

    def fail(
        self,
        match: str,
        status: int | None = None,
        code: str | None = None,
        times: int | None = 1,
        retry_after: float | None = None,
        delay: float = 0.0,
        drop: Literal["before", "after"] | None = None,
        details: Json | None = None,
        *,
        acted: bool = False,
        page: bool = False,
    ) -> None:
        """Lets the next `times` requests (None: all) like `match` fail; `match` is `METHOD /v2/path`, with `*`.

        `status` follows from `code`, else it is 500. `delay` (seconds, before acting) alone only slows the request.
        `drop` closes the connection without an answer, before or after acting. `acted` performs the request and
        then answers with the error, as in `code="sendUnconfirmed", acted=True`. `page`: not Inbox answers, but
        something in front of it, with a web page of that `status`.
        """
        if status is None and (code or not (delay or drop)):
            status = STATUSES.get(code or "", 500)
        self.faults.append(Fault(match, status, code, times, retry_after, delay, drop, details, acted, page))

    def end_v1(self, how: end_of_v1.How | None) -> None:
        """API v1 ends in this way; with None it is there again. What is asked of it from now on is not done."""
        self._ended = how

    def heal(self) -> None:
        """Ends all faults."""
        self.faults.clear()

    # Answering

    async def _respond(self, request: Request) -> Response | None:
        """The response, or None to close the connection without one."""
        version, path = request.path_params["version"], "/" + request.path_params["path"]
        asked = request.scope["raw_path"].decode().removeprefix(f"/api/{version}")  # a name may have a slash in it
        raw, query = await request.body(), parse_qsl(request.url.query, keep_blank_values=True)
        call = Call(request.method, f"/{version}{path}", query, _parsed(raw), dict(request.headers), self.clock())
        self.calls.append(call)
        if version == "v1" and self._ended:
            over = end_of_v1.answer(self._ended)
            call.status = over.status_code
            return over
        remaining = self._count()
        try:
            status, body = await self._through_faults(version, asked, call, raw, remaining)
        except _Dropped:
            return None
        except _Page as page:
            call.status = page.status
            return HTMLResponse("<!doctype html><html><body><h1>Access denied</h1></body></html>", page.status)
        except Failure as failure:
            return self._failed(version, call, failure, remaining)
        response = Response(status_code=status) if body is NOTHING else JSONResponse(body, status)
        return self._finish(version, call, response, remaining)

    async def _through_faults(self, version: str, path: str, call: Call, raw: bytes, remaining: int) -> tuple[int, Any]:
        if version not in self.versions:
            raise Failure(404, "NOT_FOUND" if version == "v1" else "notFound", "There is nothing here.")
        findings = requests.check(version, call.method, path, call.query, call.headers, raw)
        self.violations += [f"{call.method} {call.path}: {finding}" for finding in findings]
        fault = self._next_fault(call)
        if fault is None:
            return await self._act(version, path, call, findings, remaining)
        await self.delays.last(fault.delay)
        if fault.drop == "before":
            raise _Dropped
        if fault.page:
            raise _Page(fault.status or 403)
        if fault.status is None or fault.drop or fault.acted:
            try:
                status, body = await self._act(version, path, call, findings, remaining)
            except Failure as failure:
                if fault.drop:
                    raise _Dropped from failure
                raise
            if fault.drop:
                raise _Dropped
            if fault.status is None:
                return status, body
            acted_on = body["message"]["id"] if isinstance(body, dict) and "message" in body else self.world.new_id()
            raise fault.failure(version, acted_on)
        raise fault.failure(version, self.world.new_id())

    def _next_fault(self, call: Call) -> Fault | None:
        fault = next((f for f in self.faults if fnmatchcase(f"{call.method} {call.path}", f.match)), None)
        if fault is not None and fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self.faults.remove(fault)
        return fault

    async def _act(self, version: str, path: str, call: Call, findings: list[str], remaining: int) -> tuple[int, Any]:
        if call.headers.get("authorization") != f"Bearer {self.token}":
            raise Failure(401, CODES[version][401], "Invalid or missing authentication token")
        if self.enforce and remaining < 0:
            details = {"window": "minute", "limit": self.rate_per_minute, "resetAt": iso(self._reset())}
            raise Failure(429, CODES[version][429], "Too many requests", details)
        operation = requests.match(version, call.method, path)
        if findings or operation is None:
            issues = {"issues": [{"path": [], "message": finding} for finding in findings]}
            # That v1 answers so, and refuses what its specification does not name, is INFERRED.
            code = "BAD_REQUEST" if version == "v1" else "invalidRequest"
            raise Failure(400, code, "; ".join(findings), issues)
        query: dict[str, list[str]] = {}
        for name, value in call.query:
            query.setdefault(requests.base_name(version, name), []).append(value)
        incoming = Incoming(operation.params, query, call.body or {}, call.headers)
        try:
            status, body = await _HANDLERS[version][operation.name](self.world, incoming)
        except Failure as failure:
            facts = failure.status, failure.code, failure.details
            self.drift += answers.check_failure(operation, version, *facts)
            raise
        if self.checking:
            self.drift += answers.check(operation, status, body, incoming.many("expand"))
        return status, body

    def _failed(self, version: str, call: Call, failure: Failure, remaining: int) -> Response:
        request_id = f"req_{secrets.token_hex(8)}"
        body = _ENVELOPES.get(version, v2_show.error)(failure, request_id)
        response = JSONResponse(body, failure.status, {"X-Request-Id": request_id})
        wait = failure.retry_after
        if wait is None and failure.status == 429:
            wait = max(1.0, (self._reset() - self.clock()).total_seconds())
        if wait is not None:
            response.headers["Retry-After"] = str(math.ceil(wait))
        return self._finish(version, call, response, remaining)

    def _finish(self, version: str, call: Call, response: Response, remaining: int) -> Response:
        call.status = response.status_code
        response.headers["X-RateLimit-Limit"] = str(self.rate_per_minute)
        response.headers["X-RateLimit-Remaining"] = str(max(0, remaining))
        response.headers["X-RateLimit-Reset"] = str(math.ceil(self._reset().timestamp()))
        response.headers.setdefault("X-Request-Id", f"req_{secrets.token_hex(8)}")
        if version in self.sunset:
            response.headers["Sunset"] = self.sunset[version]
        return response

    def _count(self) -> int:
        """Counts a request; how many are left in the sliding minute, below 0 when there were none."""
        now = self.clock()
        while self._arrivals and self._arrivals[0] <= now - timedelta(minutes=1):
            self._arrivals.popleft()
        remaining = self.rate_per_minute - len(self._arrivals) - 1
        if remaining >= 0 or not self.enforce:
            self._arrivals.append(now)
        return remaining

    def _reset(self) -> datetime:
        return (self._arrivals[0] if self._arrivals else self.clock()) + timedelta(minutes=1)


class _Dropped(Exception):
    """The connection is to be closed without an answer."""


class _Page(Exception):
    """Something in front of Inbox answers in its place."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Endpoint:
    """Runs `respond`; closes the connection where it returns None. A class, so that Starlette hands over plain ASGI."""

    def __init__(self, respond: Callable[[Request], Awaitable[Response | None]]) -> None:
        self._respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(Request(scope, receive))
        if response is not None:
            await response(scope, receive, send)
            return
        # ASGI has no word for it. Under uvicorn `receive` belongs to the object that holds the connection.
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        if transport is None:
            raise ConnectionResetError("the sandbox dropped this request")
        transport.abort()
        await asyncio.sleep(0)


def _parsed(raw: bytes) -> Any:
    """The JSON body, None where there is none, the text where it is not JSON."""
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")
