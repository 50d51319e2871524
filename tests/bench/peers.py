"""Bolt with a well-kept queue, doing what the bot does for a `/dm`: verify, enqueue durably in Redis, acknowledge.

`python -m tests.bench.peers arq|rq|celery`, by the Python of `with_queue()`. SLACK_SIGNING_SECRET, SLACK_BOT_TOKEN,
SLACK_API_BASE_URL, PORT and the Valkey's socket, PEERS_REDIS, are read from the environment. `queued.cjs` is the same
with BullMQ on node.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from tests.bench.environments import environment

# What `pip` gave on 2026-11-26; celery and arq want different versions of redis-py.
BOLT = (
    "slack-bolt==1.30.0",
    "aiohttp==3.14.5",
    "starlette==1.10.0",
    "uvicorn==0.54.0",
    "uvloop==0.23.0",
    "httptools==0.9.0",
)
QUEUES = {
    "arq": ("arq==0.28.0", "redis[hiredis]==5.3.1"),
    "rq": ("rq==3.0.0", "redis[hiredis]==5.3.1"),
    "celery": ("celery==5.7.0", "packaging==26.4", "redis[hiredis]==6.4.0"),
}
Enqueue = Callable[[str], Awaitable[object]]


def with_queue(queue: str) -> str:
    """The Python of an environment with Bolt and that queue."""
    return environment(queue, *BOLT, *QUEUES[queue])


async def arq(path: str) -> Enqueue:
    found: Any = importlib.import_module("arq")
    pool = await found.create_pool(found.connections.RedisSettings(unix_socket_path=path))

    async def enqueue(text: str) -> object:
        return await pool.enqueue_job("send", text)

    return enqueue


async def rq(path: str) -> Enqueue:
    """Its own `enqueue` waits for Redis; in a thread it would only cost more."""
    queue = importlib.import_module("rq").Queue(
        connection=importlib.import_module("redis").Redis(unix_socket_path=path)
    )

    async def enqueue(text: str) -> object:
        return queue.enqueue("work.send", text)

    return enqueue


async def celery(path: str) -> Enqueue:
    """As for rq. Results are kept nowhere."""
    app = importlib.import_module("celery").Celery("work", broker=f"redis+socket://{path}")

    async def enqueue(text: str) -> object:
        return app.send_task("work.send", [text], ignore_result=True)

    return enqueue


def main(name: str) -> None:
    import uvicorn
    from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
    from slack_bolt.async_app import AsyncAck, AsyncApp
    from slack_sdk.web.async_client import AsyncWebClient
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    client = AsyncWebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_BASE_URL"])
    bolt = AsyncApp(client=client, process_before_response=True)
    queues: list[Enqueue] = []

    @bolt.command("/dm")
    async def dm(ack: AsyncAck, body: dict[str, Any]) -> None:
        if not queues:
            queues.append(await {"arq": arq, "rq": rq, "celery": celery}[name](os.environ["PEERS_REDIS"]))
        await queues[0](body["text"])
        await ack()

    handler = AsyncSlackRequestHandler(bolt)

    async def endpoint(request: Request) -> Response:
        return await handler.handle(request)

    app = Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])])
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=False, log_level="warning")


if __name__ == "__main__":
    main(sys.argv[1])
