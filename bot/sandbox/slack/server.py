"""A Slack on loopback for the sandbox and the tests: the Web API over HTTP, people who act, and faults on demand."""

from __future__ import annotations

import asyncio
import hmac
import json
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import HTTP
from typing import Any, Literal
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from bot.sandbox.delays import Delays
from bot.sandbox.slack import picture
from bot.sandbox.slack.records import Call, Ephemeral, Json, Message, SlackError
from bot.sandbox.slack.web_api import files, methods
from bot.sandbox.slack.web_api.arguments import decoded
from bot.sandbox.slack.web_api.response_url import response
from bot.sandbox.slack.writing import Writing

BURST, PER_SECOND = 4.0, 1.0


@dataclass
class Fault:
    """What goes wrong with the next `times` calls of `method` (None: all of them)."""

    method: str
    error: str | None
    status: int
    retry_after: int | None
    times: int | None
    delay: float
    drop: Literal["before", "after"] | None


class SandboxSlack(Writing):
    """All of it. `app` is to be served at `base_url`; the bot's request URL is `events_url`."""

    def __init__(
        self,
        *,
        signing_secret: str = "sandbox-signing-secret",
        bot_token: str = "xoxb-sandbox",
        team_id: str = "T0ACME",
        team_name: str = "Acme",
        seed: int = 1,
    ) -> None:
        super().__init__(
            signing_secret=signing_secret, bot_token=bot_token, team_id=team_id, team_name=team_name, seed=seed
        )
        self.app_token = "xapp-sandbox"
        self.rate_limit = False
        self._faults: list[Fault] = []
        self.delays = Delays()
        self._buckets: dict[str, tuple[float, float]] = {}
        self.app: Starlette = _App(
            routes=[
                Route("/api/{method}", self._api, methods=["GET", "POST"]),
                Route("/response/{token}", self._response_url, methods=["POST"]),
                Route("/upload/{file}", self._upload, methods=["POST"]),
                WebSocketRoute("/link", self.sockets.serve),
            ]
        )

    def show(self, thing: Message | Ephemeral | Json | list[Json]) -> str:
        """A plain-text picture of a message, ephemeral, view or blocks, with people's and channels' names."""
        people = {user.id: user.name for user in self.users.values()}
        return picture.show(thing, people | {channel.id: channel.name for channel in self.channels.values()})

    # -- faults

    def fail(
        self,
        method: str = "*",
        error: str | None = None,
        *,
        status: int = 200,
        retry_after: int | None = None,
        times: int | None = 1,
        delay: float = 0.0,
        drop: Literal["before", "after"] | None = None,
    ) -> None:
        """Let the next `times` calls of `method` ("*": any; "response_url") go wrong; None lasts until `heal`.

        `error` answers ok:false, `status` alone an empty page of that status, `retry_after` a 429, `drop` closes the
        connection before or after the call took effect. A `delay` (seconds) alone only makes the call slow.
        """
        if not (error or retry_after is not None or drop or delay) and status == 200:
            error = "internal_error"
        self._faults.append(Fault(method, error, status, retry_after, times, delay, drop))

    def heal(self) -> None:
        """Nothing goes wrong any more."""
        self._faults.clear()

    def _fault(self, method: str) -> Fault | None:
        for fault in self._faults:
            if fault.method in (method, "*"):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times == 0:
                        self._faults.remove(fault)
                return fault
        return None

    # -- HTTP

    async def _api(self, request: Request) -> Response:
        method = request.path_params["method"]
        try:
            args = decoded(await _arguments(request))
        except (SlackError, ValueError):
            return self._logged(method, {}, {"ok": False, "error": "invalid_arguments"})
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or args.get("token", "")
        args.pop("token", None)
        refusal = self._refusal(method, str(token), args)
        return await self._answered(request, method, args, refusal)

    def _refusal(self, method: str, token: str, args: Json) -> Json | None:
        if not token:
            return {"ok": False, "error": "not_authed"}
        known = [one for one in (self.bot_token, self.app_token) if hmac.compare_digest(token.encode(), one.encode())]
        if not known:
            return {"ok": False, "error": "invalid_auth"}
        if known != [self.app_token if method == "apps.connections.open" else self.bot_token]:
            return {"ok": False, "error": "not_allowed_token_type"}
        if self.rate_limit and method == "chat.postMessage" and not self._within_rate(str(args.get("channel"))):
            return {"ok": False, "error": "ratelimited"}
        return None

    async def _answered(self, request: Request, method: str, args: Json, refusal: Json | None) -> Response:
        fault = self._fault(method)
        if fault and fault.delay:
            await self.delays.last(fault.delay)
        if fault and (broken := self._broken(fault)):
            self._log(method, args, {"ok": False, "error": fault.drop or fault.error or str(broken.status_code)})
            return broken if not fault.drop else await _hang_up(request)
        if refusal:
            return self._logged(method, args, refusal)
        response = self._logged(method, args, methods.answer(self, method, args))
        response.headers["X-OAuth-Scopes"] = ",".join(sorted(self.scopes))
        return await _hang_up(request) if fault and fault.drop else response

    def _broken(self, fault: Fault) -> Response | None:
        """The answer instead of doing anything; None when the call is to take effect."""
        if fault.drop == "after":
            return None
        if fault.retry_after is not None:
            fault.error = "ratelimited"
            return _limited(fault.retry_after)
        if fault.error:
            return JSONResponse({"ok": False, "error": fault.error}, fault.status)
        return Response(status_code=fault.status) if fault.drop or fault.status != 200 else None

    async def _response_url(self, request: Request) -> Response:
        try:
            body = await request.json()
        except ValueError:
            body = None
        args = body if isinstance(body, dict) else {"body": body}
        fault = self._fault("response_url")
        if fault and fault.delay:
            await self.delays.last(fault.delay)
        if fault and (broken := self._broken(fault)):
            self._log("response_url", args, {"ok": False, "error": fault.drop or fault.error or "down"})
            return broken if not fault.drop else await _hang_up(request)
        status, answer = response(self, request.path_params["token"], body)
        self._log("response_url", args, answer)
        return await _hang_up(request) if fault and fault.drop else JSONResponse(answer, status)

    async def _upload(self, request: Request) -> Response:
        content, fault = await request.body(), self._fault("upload")
        if parts := _parts(request, content):
            content = parts[0][1]
        if fault and (broken := self._broken(fault)):
            return broken if not fault.drop else await _hang_up(request)
        status = files.upload(self, request.path_params["file"], content)
        self._log("upload", {"bytes": len(content)}, {"ok": status == 200})
        return Response(f"OK - {len(content)}" if status == 200 else "no", status)

    def _logged(self, method: str, args: Json, answer: Json) -> Response:
        self._log(method, args, answer)
        return _limited(1) if answer.get("error") == "ratelimited" else JSONResponse(answer)

    def _log(self, method: str, args: Json, answer: Json) -> None:
        self.calls.append(Call(method, args, answer, self.now()))
        self.changed()

    def _within_rate(self, channel: str) -> bool:
        """About one post a second per channel, and a few at once: a bucket of four that fills at one a second."""
        left, at = self._buckets.get(channel, (BURST, self.now()))
        left = min(BURST, left + (self.now() - at) * PER_SECOND)
        self._buckets[channel] = (left - 1 if left >= 1 else left, self.now())
        return left >= 1


class _App(Starlette):
    """Starlette that keeps the server's own `send`, through which a connection can be cut."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["sandbox.send"] = send
        await super().__call__(scope, receive, send)


async def _hang_up(request: Request) -> Response:
    """Cut the connection without a byte of an answer."""
    cycle = getattr(request.scope["sandbox.send"], "__self__", None)
    if cycle is None or not hasattr(cycle, "transport"):  # not uvicorn: an in-process ASGI transport
        raise ConnectionResetError("the sandbox dropped this connection")
    cycle.transport.abort()
    await asyncio.sleep(0.01)  # uvicorn must notice before it is handed a response
    return Response()


def _limited(seconds: int) -> Response:
    return JSONResponse({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(seconds)})


async def _arguments(request: Request) -> dict[str, Any]:
    """Arguments from the query and a JSON, form or multipart body, which may be empty; raises ValueError for others."""
    args: dict[str, Any] = dict(request.query_params)
    raw = await request.body()
    if "json" in request.headers.get("content-type", "") and raw.strip():
        body = json.loads(raw)
        if not isinstance(body, dict):
            raise ValueError("the body must be an object")
        return args | body
    if parts := _parts(request, raw):
        return args | {name: content.decode() for name, content in parts}
    return args | dict(parse_qsl(raw.decode(), keep_blank_values=True))


def _parts(request: Request, body: bytes) -> list[tuple[str, bytes]]:
    """The names and contents of a multipart body; none of any other."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/"):
        return []
    whole = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body, policy=HTTP)
    return [
        (str(part.get_param("name", header="content-disposition") or ""), bytes(part.get_payload(decode=True)))
        for part in whole.walk()
        if not part.is_multipart()
    ]
