"""How to reach Redis: a URL of any kind redis-py knows, Sentinel, or the embedded Valkey."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.exceptions import RedisError

from bot.errors import SettingsError, StoreUnavailable
from bot.store.together import Together

TIMEOUT = 5.0  # seconds; longer than any blocking read
ANSWERS_WITHIN = 8.0  # seconds that a server has at the start


def connect(url: str, name: str | None = None) -> Redis:
    """A client for `redis://`, `rediss://`, `unix://` or `redis+sentinel://[user:password@]host:port,…/name[/db]`.

    `name` is what `CLIENT LIST` shows. Nothing is sent yet. Raises `SettingsError` when the URL makes no sense.
    """
    try:
        if url.startswith(("redis+sentinel://", "rediss+sentinel://")):
            return _sentinel(url, name)
        return Together.from_url(
            url,
            client_name=name,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=2.0,
            health_check_interval=30,
            retry=Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.2), 2),
            driver_info=None,  # else redis-py reads its own version from disk for each connection
        )
    except (ValueError, TypeError) as error:
        raise SettingsError("REDIS_URL is wrong: it must look like redis://host:6379/0; see .env.example.") from error


def _sentinel(url: str, name: str | None) -> Redis:
    parts = urlsplit(url)
    hosts = [_host(part) for part in parts.netloc.rpartition("@")[2].split(",")]
    service, _, db = parts.path.strip("/").partition("/")
    if not service:
        raise ValueError("no service name")
    options = dict(parse_qsl(parts.query))
    patience: Any = {"socket_timeout": TIMEOUT, "socket_connect_timeout": 2.0}  # seconds
    asked = patience | {"retry": Retry(NoBackoff(), 0), "password": options.get("sentinel_password")}
    sentinel = Sentinel(hosts, sentinel_kwargs=asked)  # type: ignore[no-untyped-call]  # redis-py left it without types
    password = parts.netloc.rpartition("@")[0].partition(":")[2]
    master: Redis = sentinel.master_for(
        service,
        redis_class=Together,
        client_name=name,
        db=int(db or 0),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(password) if password else None,
        ssl=url.startswith("rediss+"),
        **patience,
        retry=Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.2), 3),
    )
    return master


def _host(part: str) -> tuple[str, int]:
    host, _, port = part.rpartition(":")
    return (host, int(port)) if host else (part, 26379)


async def check(redis: Redis) -> str:
    """The server's version, once it has answered. Raises `StoreUnavailable` when it does not."""
    try:
        async with asyncio.timeout(ANSWERS_WITHIN):  # to a server that is silent, redis-py connects again and again
            await redis.ping()
            info = await redis.info("server")
    except (RedisError, OSError, TimeoutError) as error:
        raise StoreUnavailable(f"{type(error).__name__}: {error}") from error
    return str(info.get("valkey_version") or info.get("redis_version"))
