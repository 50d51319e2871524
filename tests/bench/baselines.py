"""What a user would otherwise pick, tiny: `python -m tests.bench.baselines bare|bolt|bolt-process-before-response`.

SLACK_SIGNING_SECRET, SLACK_BOT_TOKEN, SLACK_API_BASE_URL and PORT are read from the environment, as the bot does.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sys
import time

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

SECRET = os.environ.get("SLACK_SIGNING_SECRET", "").encode()


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """Checks Slack's signature and answers 200: the least that any receiver does."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    headers = dict(scope["headers"])
    stamp = headers[b"x-slack-request-timestamp"]
    signed = "v0=" + hmac.new(SECRET, b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest()
    ok = abs(time.time() - int(stamp)) < 300 and hmac.compare_digest(signed.encode(), headers[b"x-slack-signature"])
    await send({"type": "http.response.start", "status": 200 if ok else 401, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def bolt(process_before_response: bool) -> ASGIApp:
    """Hello, world, as https://docs.slack.dev/tools/bolt-python/concepts/async shows it."""
    # Here, so that the bare one does not pay for the imports.
    from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
    from slack_bolt.async_app import AsyncAck, AsyncApp
    from slack_sdk.web.async_client import AsyncWebClient
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    client = AsyncWebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_BASE_URL"])
    app = AsyncApp(client=client, process_before_response=process_before_response)

    @app.command("/dm")
    async def hello(ack: AsyncAck) -> None:
        await ack()

    handler = AsyncSlackRequestHandler(app)

    async def endpoint(request: Request) -> Response:
        return await handler.handle(request)

    return Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])])


def main(name: str) -> None:
    app: ASGIApp = bare if name == "bare" else bolt(name == "bolt-process-before-response")
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=False, log_level="warning")


if __name__ == "__main__":
    main(sys.argv[1])
