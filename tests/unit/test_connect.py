"""Ways to reach Redis: with a password, over TLS, and through Sentinel, each to a real server."""

from __future__ import annotations

import asyncio
import re
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from structlog.testing import capture_logs

from bot.errors import NotWritable, SettingsError, StoreUnavailable
from bot.events.jobs import Sync
from bot.features import KINDS
from bot.queue.lanes import Lanes
from bot.store import keys
from bot.store.connect import check, connect
from bot.store.embedded import binary
from bot.store.health import health, write
from tests.servers import Start, ask, free_port, handbooks_user, starting, wait_for

SECRET = "p@ss:w/rd?"  # every character that a URL must escape
LOGIN = f":{quote(SECRET, safe='')}@"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with starting(tmp_path) as begin:
        yield begin


async def works(url: str) -> None:
    """Write and read through `url`."""
    redis: Any = connect(url, name="bot")
    try:
        assert (await check(redis))[0].isdigit()
        await redis.set("x", "1")
        assert await redis.get("x") == b"1"
        assert await redis.client_getname() in ("bot", b"bot")
    finally:
        await close(redis)


async def close(redis: Any) -> None:
    """`redis` and the Sentinels it asked, whom redis-py leaves open until the process ends."""
    await redis.aclose()
    manager = getattr(redis.connection_pool, "sentinel_manager", None)
    for sentinel in manager.sentinels if manager else ():
        await sentinel.aclose()


@pytest.mark.parametrize("asked", ["", "?protocol=2", "?protocol=3", "?decode_responses=true", "?socket_timeout=0.01"])
async def test_answers_have_one_shape_whatever_the_url_asks_for(redis_url: str, asked: str) -> None:
    """Both protocols, and options that would change what everything else reads."""
    redis = connect(redis_url + asked)
    client: Any = redis
    try:
        lanes = Lanes(redis, "one", KINDS)
        await lanes.open()
        await lanes.accept(Sync(), once="once")
        (ticket,) = await lanes.take(keys.BACKGROUND, 5, block=1.5)
        assert await Lanes(redis, "two", KINDS, claim_idle=0.0).reclaim(keys.BACKGROUND, 5) == [
            replace(ticket, again=True)
        ]
        assert await client.pipeline().get(keys.once("once")).hgetall("none").execute() == [b"1", {}]
        assert await client.zrange(keys.DELAYED, 0, -1, withscores=True) == []
    finally:
        await redis.aclose()


@pytest.mark.parametrize(
    "asked",
    [
        "nonsense=1",
        "protocol=4",
        "protocol=x",
        "db=x",
        "maint_notifications_config=x",
        "redis_connect_func=x",
        "retry_on_error=x",
        "event_dispatcher=x",
        "driver_info=x",
        "socket_keepalive_options=x",
        "himport_registry=x",
        "parser_class=x",
        "host=elsewhere",
        "max_connections=-1",
        "ssl_ca_data=x",
        "ssl_ca_data=-----BEGIN x",
        "ssl_exclude_verify_flags=x",
        "ssl_include_verify_flags=VERIFY_NOTHING",
        "socket_connect_timeout=0",
        "socket_timeout=nan",
        "socket_read_size=0",
        "ssl_cert_reqs=maybe",
        "ssl_ca_certs=/nowhere",
        "ssl_ciphers=none-such",
        "ssl_min_version=7",
    ],
)
def test_an_option_that_redis_py_does_not_know_is_refused_in_one_sentence(asked: str) -> None:
    scheme = "rediss" if asked.startswith("ssl") else "redis"
    for url in (f"{scheme}://127.0.0.1:1/0?{asked}", f"{scheme}+sentinel://127.0.0.1:1/name?{asked}"):
        with pytest.raises(SettingsError, match=r"^REDIS_URL is wrong: [^\n]*\.$"):
            connect(url)


@pytest.mark.parametrize(
    "asked",
    ["?client_name=x", "?lib_name=x", "?lib_version=1", "?max_connections=3", "?max_connections=0", " \n"],
)
async def test_what_a_url_may_say_besides_starts_and_each_process_keeps_its_own_name(
    redis_url: str, asked: str
) -> None:
    await works(redis_url + asked)
    connect(f"redis+sentinel://127.0.0.1:1/name{asked}")


def test_fewer_connections_than_the_bot_needs_are_raised_and_logged() -> None:
    with capture_logs() as logged:
        for asked in (1, 4, 5, 20):
            redis: Any = connect(f"redis://127.0.0.1:1?max_connections={asked}")
            assert redis.connection_pool.max_connections == max(asked, 5)
    assert logged == [
        {"event": "redis_connections_raised", "log_level": "warning", "asked": asked, "used": 5} for asked in (1, 4)
    ]


@pytest.mark.parametrize("asked", ["?max_connections=x", "?nonsense=1", "?db=x"])
def test_what_is_wrong_with_an_option_has_nothing_to_do_with_a_password(asked: str) -> None:
    with pytest.raises(SettingsError) as refused:
        connect(f"redis://localhost{asked}")
    assert "percent-encoded" not in str(refused.value)
    with pytest.raises(SettingsError, match="percent-encoded"):
        connect("redis://:12#3@localhost")


async def test_the_connections_that_a_plan_allows_are_enough_for_whatever_is_asked_at_once(redis_url: str) -> None:
    """Whoever finds none free waits; nothing makes the bot believe that the server is another one."""
    redis: Any = connect(f"{redis_url}?max_connections=5")
    asked = [redis.pipeline().incr("x").client_id().execute() for _ in range(320)]
    waiting = redis.xreadgroup("g", "me", {"s": ">"}, block=200)
    await redis.xgroup_create("s", "g", mkstream=True)
    moves = redis.connection_pool.moves
    answers = await asyncio.gather(waiting, *asked)
    assert sorted(one[0] for one in answers[1:]) == list(range(1, 321))
    assert len({one[1] for one in answers[1:]}) <= 5
    assert redis.connection_pool.moves == moves
    await redis.aclose()


async def test_who_gives_up_or_fails_while_all_connections_are_in_use_takes_none_away(redis_url: str) -> None:
    redis: Any = connect(f"{redis_url}?max_connections=5")
    await redis.xgroup_create("s", "g", mkstream=True)
    for _ in range(3):
        reading = [asyncio.ensure_future(redis.xreadgroup("g", "me", {"s": ">"}, block=100)) for _ in range(5)]
        given_up = [asyncio.ensure_future(redis.pipeline().incr("x").execute()) for _ in range(5)]
        await asyncio.sleep(0.05)
        for one in (*given_up, *reading[:2]):
            one.cancel()
        await asyncio.gather(*given_up, *reading, return_exceptions=True)
    assert await asyncio.gather(*(redis.pipeline().ping().execute() for _ in range(20))) == [[True]] * 20
    await redis.aclose()


async def test_no_free_connection_is_no_other_server(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.connect.TIMEOUT", 0.05)
    redis: Any = connect(f"{redis_url}?max_connections=5&socket_timeout=60")
    await redis.xgroup_create("s", "g", mkstream=True)
    reading = [asyncio.ensure_future(redis.xreadgroup("g", "me", {"s": ">"}, count=1, block=30_000)) for _ in range(5)]
    await asyncio.sleep(0.1)
    for asked in (redis.get("x"), redis.pipeline().get("x").execute()):
        with pytest.raises(StoreUnavailable, match="none of 5 connections was free"):
            await asked
    assert redis.connection_pool.moves == 0
    other: Any = connect(redis_url)
    for _ in reading:
        await other.xadd("s", {"go": "on"})
    assert len(await asyncio.gather(*reading)) == 5
    await redis.aclose()
    await other.aclose()


async def works_narrowly(url: str) -> None:
    """Connect, write and read as the user of the handbook."""
    redis: Any = connect(url, name="bot")
    try:
        assert (await check(redis))[0].isdigit()
        assert (await health(redis)).appendonly is False
    finally:
        await close(redis)


async def refused(url: str) -> str:
    """What an operator reads when nothing goes through `url`."""
    redis = connect(url)
    try:
        with pytest.raises(StoreUnavailable) as error:
            await check(redis)
    finally:
        await close(redis)
    return str(error.value)


# --- password ---------------------------------------------------------------------------------------------------------


async def test_a_password_and_a_database_number_in_the_url_work(start: Start) -> None:
    port = start("--requirepass", SECRET)
    await works(f"redis://:{quote(SECRET, safe='')}@127.0.0.1:{port}/3")
    redis: Any = connect(f"redis://:{quote(SECRET, safe='')}@127.0.0.1:{port}/3")
    assert set(await redis.info("keyspace")) == {"db3"}
    await redis.aclose()


async def test_a_user_and_a_password_work(start: Start) -> None:
    port = start("--user", *["bridge", "on", ">secret", "~*", "&*", "+@all"], "--user", "default", "off")
    await works(f"redis://bridge:secret@127.0.0.1:{port}")


@pytest.mark.parametrize("given", ["", ":wrong@"])
async def test_without_the_right_password_it_says_so_and_names_no_password(start: Start, given: str) -> None:
    port = start("--requirepass", SECRET)
    said = await refused(f"redis://{given}127.0.0.1:{port}")
    assert "Authentication" in said or "password" in said
    assert "wrong@" not in said
    assert SECRET not in said


async def test_a_user_who_may_nothing_dangerous_works_and_the_version_is_unknown(start: Start) -> None:
    port = start("--user", *["bridge", "on", ">secret", "~{inbox-bridge}:*", "+@all", "-@dangerous"])
    redis = connect(f"redis://bridge:secret@127.0.0.1:{port}")
    assert await check(redis) == "unknown"
    assert (await health(redis))[:3] == ("unknown", None, "unknown")
    await redis.aclose()


# --- a cluster --------------------------------------------------------------------------------------------------------


async def test_a_cluster_of_several_nodes_is_refused_in_one_sentence_and_one_of_one_node_works(start: Start) -> None:
    buses = [str(free_port()) for _ in range(2)]  # which else are 10,000 above: a connection may have been given those
    one, two = (start("--cluster-enabled", "yes", "--cluster-port", bus) for bus in buses)
    first: Any = connect(f"redis://127.0.0.1:{one}")
    await first.execute_command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
    await works_once_formed(first)
    await first.execute_command("CLUSTER", "DELSLOTSRANGE", "0", "8191")
    second: Any = connect(f"redis://127.0.0.1:{two}")
    await second.execute_command("CLUSTER", "ADDSLOTSRANGE", "0", "8191")
    await first.execute_command("CLUSTER", "MEET", "127.0.0.1", str(two), buses[1])
    for client in (first, second):
        while (await client.cluster("INFO"))["cluster_size"] != "2":  # noqa: ASYNC110  # they tell each other in time
            await asyncio.sleep(0.02)
        with pytest.raises(SettingsError, match=r"^REDIS_URL names a Redis Cluster of several nodes[^\n]*\.$"):
            await check(client)
        await client.aclose()


async def works_once_formed(client: Any) -> None:
    assert await check(client)
    while True:
        try:
            await write(client)
            return
        except NotWritable:  # CLUSTERDOWN, for the first moments
            await asyncio.sleep(0.02)


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for `localhost` that its own authority signed, with its key in the same file."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("openssl, which makes the certificate, is not installed")
    folder = tmp_path_factory.mktemp("tls")
    both = folder / "both.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = ["-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", str(both), "-out", str(folder / "cert.pem")]
    subprocess.run([openssl, "req", "-x509", *subject, *made], check=True, capture_output=True)
    both.write_bytes(both.read_bytes() + (folder / "cert.pem").read_bytes())
    return both


@asynccontextmanager
async def tls_to(port: int, certificate: Path, heard: bytearray | None = None) -> AsyncIterator[int]:
    """A port that speaks TLS and passes everything on to `port`: the embedded Valkey itself was built without.

    `heard` gets what clients say.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, heard: bytearray) -> None:
        try:
            while some := await source.read(65_536):
                heard.extend(some)
                sink.write(some)
                await sink.drain()
        except OSError:
            pass  # the other side has gone
        finally:
            sink.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        said = bytearray() if heard is None else heard
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        await asyncio.gather(pump(reader, inner_writer, said), pump(inner_reader, writer, bytearray()))

    serving: set[asyncio.Task[Any]] = set()
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        if serving:
            await asyncio.wait(serving, timeout=60)  # connections that were just closed say goodbye


async def test_tls_works_and_checks_the_certificate(start: Start, certificate: Path) -> None:
    port = start("--requirepass", SECRET)
    async with tls_to(port, certificate) as secure:
        login = f":{quote(SECRET, safe='')}@"
        await works(f"rediss://{login}localhost:{secure}/0?ssl_ca_certs={quote(str(certificate))}")
        alone = certificate.with_name("cert.pem").read_text()
        await works(f"rediss://{login}localhost:{secure}/0?ssl_ca_data={quote(alone)}")
        strict = "ssl_exclude_verify_flags=VERIFY_X509_STRICT"
        await works(f"rediss://{login}localhost:{secure}/0?ssl_ca_certs={quote(str(certificate))}&{strict}")
        said = await refused(f"rediss://{login}localhost:{secure}/0")  # nobody vouches for it
        assert "certificate" in said.lower()
        assert await refused(f"redis://{login}localhost:{secure}/0")  # and it is really TLS


# --- the user of the handbook -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["0", "1", "1?protocol=2", "1?protocol=3"])
async def test_nothing_is_sent_on_connecting_that_the_handbooks_user_may_not(
    start: Start, certificate: Path, asked: str
) -> None:
    """Nor what a server of today does not know, and one of tomorrow would refuse."""
    port, heard = start("--user", "bridge", *handbooks_user()), bytearray()
    async with tls_to(port, certificate, heard) as secure:
        more = "&" if "?" in asked else "?"
        trusted = f"{more}ssl_ca_certs={quote(str(certificate))}"
        await works_narrowly(f"rediss://bridge:secret@localhost:{secure}/{asked}{trusted}")
    await works_narrowly(f"redis://bridge:secret@127.0.0.1:{port}/{asked}")
    assert await ask(port, "ACL", "LOG") == []
    said = re.findall(rb"\*\d+\r\n\$\d+\r\n([A-Z]+)\r\n(?:\$\d+\r\n([A-Z_]+)\r\n)?", heard)
    names = {(name.decode().lower(), f"{name.decode()}|{first.decode()}".lower()) for name, first in said}
    assert {one for one, _ in names} >= {"client", "info", "ping", "set"}
    assert [one for one in names if not {f"+{name}" for name in one} & {"+auth", *handbooks_user()}] == []


async def test_nor_by_way_of_sentinel(watched: Watched) -> None:
    await works_narrowly(watched.url(login="bridge:secret@"))
    assert await ask(watched.master, "ACL", "LOG", password=SECRET) == []


# --- Sentinel ---------------------------------------------------------------------------------------------------------


@dataclass
class Watched:
    """A Valkey with a password, and a Sentinel with one of its own that watches it as `inbox`."""

    master: int
    sentinel: int

    def url(self, service: str = "inbox", sentinel_password: str = "sentinels-own", login: str = LOGIN) -> str:
        return f"redis+sentinel://{login}127.0.0.1:{self.sentinel}/{service}/2?sentinel_password={sentinel_password}"


@pytest.fixture
def watched(start: Start, tmp_path: Path) -> Iterator[Watched]:
    made = Watched(start("--requirepass", SECRET, "--user", "bridge", *handbooks_user()), free_port())
    config = tmp_path / "sentinel.conf"
    config.write_text(
        f"port {made.sentinel}\nbind 127.0.0.1\ndir {tmp_path}\nrequirepass sentinels-own\n"
        f'sentinel monitor inbox 127.0.0.1 {made.master} 1\nsentinel auth-pass inbox "{SECRET}"\n'
    )
    sentinel = subprocess.Popen([str(binary()), str(config), "--sentinel"], stdout=subprocess.DEVNULL)
    try:
        wait_for(made.sentinel)
        yield made
    finally:
        sentinel.kill()
        sentinel.wait()


async def test_sentinel_names_the_server_and_each_has_its_own_password(watched: Watched) -> None:
    await works(watched.url())
    direct: Any = connect(f"redis://:{quote(SECRET, safe='')}@127.0.0.1:{watched.master}/0")
    assert set(await direct.info("keyspace")) == {"db2"}
    await direct.aclose()


async def test_of_several_sentinels_one_that_answers_is_enough(watched: Watched) -> None:
    await works(watched.url().replace("127.0.0.1:", f"127.0.0.1:{free_port()},127.0.0.1:", 1))


async def test_a_name_that_sentinel_does_not_know_and_a_wrong_password_are_said(watched: Watched) -> None:
    assert "other" in await refused(watched.url(service="other"))
    assert await refused(watched.url(sentinel_password="wrong"))


async def test_another_server_after_a_failover_is_found(watched: Watched, start: Start) -> None:
    """The old server lives on as a replica, with all who are connected to it."""
    heir = start("--requirepass", SECRET, "--masterauth", SECRET, "--replicaof", "127.0.0.1", str(watched.master))
    redis: Any = connect(watched.url())
    await redis.set("where", "old")
    direct: Any = connect(f"redis://:{quote(SECRET, safe='')}@127.0.0.1:{heir}")
    while (await direct.info("replication"))["master_link_status"] != "up":  # noqa: ASYNC110  # it tells no event
        await asyncio.sleep(0.02)
    await direct.execute_command("REPLICAOF", "NO", "ONE")
    old: Any = connect(f"redis://:{quote(SECRET, safe='')}@127.0.0.1:{watched.master}")
    sentinel: Any = connect(f"redis://:sentinels-own@127.0.0.1:{watched.sentinel}")
    await sentinel.execute_command("SENTINEL REMOVE", "inbox")
    await sentinel.execute_command("SENTINEL MONITOR", "inbox", "127.0.0.1", str(heir), "1")
    await sentinel.execute_command("SENTINEL SET", "inbox", "auth-pass", SECRET)
    await old.execute_command("CONFIG", "SET", "masterauth", SECRET)
    await old.execute_command("REPLICAOF", "127.0.0.1", str(heir))
    assert await redis.set("where", "new")
    direct_db: Any = connect(f"redis://:{quote(SECRET, safe='')}@127.0.0.1:{heir}/2")
    assert await direct_db.get("where") == b"new"
    for one in (redis, direct, old, sentinel, direct_db):
        await close(one)
