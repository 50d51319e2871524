"""How to reach Redis: a URL of any kind redis-py knows, Sentinel, or the embedded Valkey."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import structlog
from hiredis import pack_command
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection, parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import RedisError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig

from bot.errors import SettingsError, StoreMoved, StoreUnavailable
from bot.redis_url import LEAST, SET_BY_US, check_url
from bot.store.client import BatchingRedis, bound_to
from bot.store.health import UNKNOWN

log = structlog.get_logger(__name__)

TIMEOUT: Final = 3.0  # seconds; longer than any blocking read, and short enough to notice soon that a server is gone
CONNECTED_WITHIN: Final = 2.0  # seconds
ANSWERS_WITHIN: Final = 8.0  # seconds that a server has at the start
# Where a server moves to is seen by `_Pool`, for any server; redis-py would ask each connection's to announce it.
NO_NOTICES: Final = MaintNotificationsConfig(enabled=False)


def connect(url: str, name: str | None = None) -> Redis:
    """A client for `redis://`, `rediss://`, `unix://` or `redis+sentinel://[user:password@]host:port,…/name[/db]`.

    `name` is what `CLIENT LIST` shows. Nothing is sent yet. Raises `SettingsError` when the URL makes no sense.
    """
    url = url.strip()
    check_url(url)
    try:
        client = _sentinel(url, name) if urlsplit(url).scheme.endswith("+sentinel") else _direct(url, name)
        pool: Any = client.connection_pool
        connection: Any = pool.make_connection()  # not connected: only now redis-py looks at the options
        if tls := getattr(connection, "ssl_context", None):
            tls.get()
    except (ValueError, TypeError, OSError, RedisError) as error:  # `ssl.SSLError` is an OSError
        raise SettingsError(
            "REDIS_URL is wrong: what its ssl_… options say cannot be used, or they name files that are not there."
        ) from error
    return client


def _direct(url: str, name: str | None) -> Redis:
    options: dict[str, Any] = dict(parse_url(url))
    return BatchingRedis.from_pool(_Pool(**{"client_name": name} | _fitting(options, 2)))


def _fitting(asked: dict[str, Any], retries: int) -> dict[str, Any]:
    """The options of a connection: what the URL asks for, as far as the bot can work with it.

    What timed out is not repeated by redis-py: the server may be gone, and every connection to it.
    """
    asked = {name: value for name, value in asked.items() if name not in SET_BY_US}
    options: dict[str, Any] = {"socket_connect_timeout": CONNECTED_WITHIN, "health_check_interval": 30} | asked
    if options.get("protocol") == 3:
        del options["protocol"]  # RESP3 is spoken anyway; redis-py gives answers another shape where it is asked for
    if 0 < (connections := options.get("max_connections", 0)) < LEAST:
        log.warning("redis_connections_raised", asked=connections, used=LEAST)
        options["max_connections"] = LEAST
    return options | {
        "driver_info": None,  # else redis-py reads its own version from disk for each connection
        "maint_notifications_config": NO_NOTICES,
        "socket_timeout": max(1.0, options.get("socket_timeout", TIMEOUT)),
        "decode_responses": False,
        "legacy_responses": True,
        "retry": Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.2), retries, supported_errors=(Disconnected,)),
    }


def _sentinel(url: str, name: str | None) -> Redis:
    parts = urlsplit(url)
    hosts = [_host(part) for part in parts.netloc.rpartition("@")[2].split(",")]
    service, _, db = parts.path.strip("/").partition("/")
    options: dict[str, Any] = dict(parse_url(f"redis://?{parts.query}"))
    asked: dict[str, Any] = {
        "socket_timeout": TIMEOUT,
        "socket_connect_timeout": CONNECTED_WITHIN,
        "retry": Retry(NoBackoff(), 0),
        "maint_notifications_config": NO_NOTICES,
        "password": options.pop("sentinel_password", None),
        "username": options.pop("sentinel_username", None),
    }
    sentinel = Sentinel(hosts, sentinel_kwargs=asked)  # type: ignore[no-untyped-call]  # redis-py left it without types
    password = parts.netloc.rpartition("@")[0].partition(":")[2]
    master: Redis = sentinel.master_for(
        service,
        redis_class=BatchingRedis,
        connection_pool_class=_SentinelPool,
        client_name=name,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(password) if password else None,
        ssl=parts.scheme.startswith("rediss"),
        **{"db": int(db or 0)} | _fitting(options, 3),
    )
    return master


class _Pool(ConnectionPool):
    """Commands are written by hiredis: 3 µs instead of 20.

    `moves` counts how often its server has become another one, or may have; each connection knows to which it leads.
    What is bound to one server is sent to that one, also where redis-py connects anew in order to repeat it.
    """

    moves: int = 0
    server: bytes = b""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._room, self._lent = asyncio.Semaphore(self.max_connections), set[Any]()

    def make_connection(self) -> AbstractConnection:
        connection: Any = super().make_connection()  # type: ignore[no-untyped-call]  # redis-py has none
        connection.pack_command = _packed
        connection.register_connect_callback(self._connected)
        return connection  # type: ignore[no-any-return]  # it is

    async def get_connection(self, *args: Any, **options: Any) -> Any:
        """One that is free, by and by where as many as may be are in use.

        Raises `StoreUnavailable` where none is for a while, which says nothing of the server, and `StoreMoved` where it
        leads to another server than what is asked is bound to.
        """
        try:
            async with asyncio.timeout(TIMEOUT if self._room.locked() else None):
                await self._room.acquire()
        except TimeoutError:
            raise StoreUnavailable(f"none of {self.max_connections} connections was free in {TIMEOUT:g} s") from None
        try:
            connection: Any = await super().get_connection(*args, **options)  # type: ignore[no-untyped-call]
        except BaseException:
            self._room.release()
            raise
        self._lent.add(connection)
        try:
            if bound_to(self) not in (None, connection.moves):
                raise StoreMoved("this connection leads to another server")
        except StoreMoved:
            await self.release(connection)
            raise
        return connection

    async def release(self, connection: Any) -> None:
        """Also of one whose `get_connection` failed, which was not lent."""
        try:
            await super().release(connection)
        finally:
            if connection in self._lent:
                self._lent.remove(connection)
                self._room.release()

    async def _connected(self, connection: Any) -> None:
        """Note to which server. One that does not say which one it is may be another each time it is connected to."""
        server = await _run_id(connection)
        again = getattr(connection, "moves", None) == self.moves
        is_other = server != self.server if server and self.server else again
        self.server = server or self.server
        self.moves += is_other
        connection.moves = self.moves
        if is_other:
            await self._leave_all_but(connection)
        bound_to(self)

    async def leave(self) -> None:
        """Close every connection; those in use, as soon as they have their answer."""
        if any(getattr(one, "moves", None) == self.moves for one in self._all()):  # else that is known already
            self.moves += 1
        await self._leave_all_but(None)

    async def _leave_all_but(self, one: Any) -> None:
        await self.update_active_connections_for_reconnect()  # type: ignore[no-untyped-call]
        if one is not None:
            one.reset_should_reconnect()
        # Taken out first: one that is closed while a command is on its way would have that command sent twice.
        idle, self._available_connections = self._available_connections, []
        for connection in idle:
            await connection.disconnect(nowait=True)

    def _all(self) -> list[Any]:
        return [*self._available_connections, *self._in_use_connections]


def _packed(command: str, *words: Any) -> list[bytes]:
    """As redis-py's client without asyncio does; a command may be two words."""
    return [pack_command((*command.split(), *words))]


async def _run_id(connection: Any) -> bytes:
    """Another one after each start of a server, and of each replica; empty where the user may not ask."""
    await connection.send_command("INFO", "server", check_health=False)
    try:
        found = re.search(rb"run_id:(\w+)", await connection.read_response())
    except ResponseError:
        return b""
    return found[1] if found else b""


class _SentinelPool(_Pool, SentinelConnectionPool):
    pass


def _host(part: str) -> tuple[str, int]:
    host, _, port = part.rpartition(":")
    return (host, int(port)) if host else (part, 26379)


async def check(redis: Redis) -> str:
    """The server's version, once it has answered; "unknown" where the user may not ask.

    Raises `StoreUnavailable` when the server does not answer, and `SettingsError` for a cluster of several nodes.
    """
    try:
        async with asyncio.timeout(ANSWERS_WITHIN):  # to a server that is silent, redis-py connects again and again
            await redis.ping()
            await _refuse_a_cluster(redis)
            info = await _allowed(redis.info("server"))
    except (RedisError, OSError, TimeoutError) as error:
        raise StoreUnavailable(f"{type(error).__name__}: {error}") from error
    return str(info.get("valkey_version") or info.get("redis_version") or UNKNOWN)


async def _refuse_a_cluster(client: Any) -> None:
    """All our keys lie in one slot, yet which node has the slot changes, and we follow no node."""
    if int((await _allowed(client.cluster("INFO"))).get("cluster_size", 0)) > 1:
        raise SettingsError(
            "REDIS_URL names a Redis Cluster of several nodes, which the bot does not support: "
            "use one server with replicas (behind one address, or Sentinel)."
        )


async def _allowed(question: Any) -> dict[str, Any]:
    """The answer, or nothing where the server does not know the command or the user may not use it."""
    try:
        answer: dict[str, Any] = await question
    except ResponseError:
        return {}
    return answer
