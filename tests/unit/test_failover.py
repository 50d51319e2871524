"""Another Redis server takes over under the same name, and the bot goes on there without a restart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import RedisError, ResponseError

from bot.cards.jobs import Render
from bot.errors import NotWritable, StoreMoved, StoreUnavailable
from bot.events.store import Feed
from bot.features import KINDS
from bot.queue.job import Job, Keep
from bot.queue.lanes import Lanes, Ticket
from bot.queue.worker import Worker
from bot.sandbox.slack.clock import PATIENCE
from bot.sandbox.slack.records import Message
from bot.store import embedded, keys
from bot.store.client import moves, same_server
from bot.store.connect import connect
from tests.clients import plain_http
from tests.conftest import Open
from tests.servers import Relay, Start, ask, relay, starting
from tests.unit.conftest import Outside
from tests.unit.test_cli import process

GENEROUS = PATIENCE  # what is meant is five seconds


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with starting(tmp_path) as begin:
        yield begin


async def until(so: Callable[[], Awaitable[bool]], within: float = GENEROUS) -> None:
    end = time.monotonic() + within
    while not await so():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


@dataclass
class Pair:
    """A server, its replica, and an address that leads to the server for now."""

    old: int
    new: int
    address: Relay

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.address.port}"

    async def replicated(self) -> None:
        async def linked() -> bool:
            try:
                return bool((await ask(self.new, "INFO", "replication"))["master_link_status"] == "up")
            except RedisError:
                return False

        await until(linked)

    async def promote(self) -> None:
        """The replica takes over; the old server lives on, read-only, with all who are connected to it."""
        await ask(self.new, "REPLICAOF", "NO", "ONE")
        await ask(self.old, "REPLICAOF", "127.0.0.1", str(self.new))

    async def fail_over(self) -> None:
        await self.promote()
        self.address.target = self.new


@pytest.fixture
async def pair(start: Start) -> AsyncIterator[Pair]:
    at_once = ["--repl-diskless-sync-delay", "0", "--hz", "100"]
    old = start(*at_once)
    new = start(*at_once, "--replicaof", "127.0.0.1", str(old))
    async with relay(old) as address:
        made = Pair(old, new, address)
        await made.replicated()
        yield made


@pytest.fixture
async def client(pair: Pair) -> AsyncIterator[Any]:
    opened = connect(pair.url)
    await opened.set("where", "everywhere")
    yield opened
    await opened.aclose()


@pytest.fixture
async def alone(redis_url: str) -> AsyncIterator[Any]:
    """A client of a server that stays where it is."""
    opened = connect(redis_url)
    yield opened
    await opened.aclose()


async def test_the_first_command_after_a_failover_is_done_by_the_new_server(pair: Pair, client: Any) -> None:
    await asyncio.gather(*(client.pipeline().get("where").execute() for _ in range(8)))  # some idle connections
    await pair.fail_over()
    assert await client.set("where", "new")
    assert await asyncio.gather(*(client.incr("count") for _ in range(8))) == list(range(1, 9))
    assert await asyncio.gather(*(client.pipeline().get("where").execute() for _ in range(8))) == [[b"new"]] * 8
    assert await ask(pair.new, "GET", "where") == b"new"


async def test_a_script_and_a_pipeline_that_meet_a_replica_lead_to_the_new_server(pair: Pair, client: Any) -> None:
    script = client.register_script("return redis.call('SET', KEYS[1], ARGV[1])")
    await script(keys=["where"], args=["old"])
    await pair.fail_over()
    with pytest.raises(NotWritable):
        await client.pipeline().set("where", "pipeline").execute()
    await client.pipeline().set("where", "pipeline").execute()
    await ask(pair.old, "REPLICAOF", "NO", "ONE")
    await ask(pair.new, "REPLICAOF", "127.0.0.1", str(pair.old))
    pair.address.target = pair.old  # and back, through the script
    await script(keys=["where"], args=["script"])
    assert await ask(pair.old, "GET", "where") == b"script"


async def test_a_read_that_blocks_is_let_go_and_its_connection_with_it(pair: Pair, client: Any) -> None:
    await client.xgroup_create("stream", "group", mkstream=True)
    blocked = asyncio.create_task(client.xreadgroup("group", "one", {"stream": ">"}, block=60_000))

    async def waits() -> bool:
        return bool((await ask(pair.old, "INFO", "clients"))["blocked_clients"])

    await until(waits)
    await pair.fail_over()
    with pytest.raises(StoreUnavailable):
        await blocked
    await client.xadd("stream", {"lane": "x"})
    ((_, (entry,)),) = await client.xreadgroup("group", "one", {"stream": ">"}, block=1000)
    assert entry[1] == {b"lane": b"x"}


async def test_while_nobody_takes_writes_that_is_said(pair: Pair, client: Any) -> None:
    await pair.promote()
    for _ in range(3):
        with pytest.raises(NotWritable):
            await client.set("where", "nowhere")
    assert await client.get("where") is not None
    pair.address.target = pair.new
    assert await client.set("where", "new")


@pytest.mark.failover
async def test_a_server_that_falls_silent_is_left(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.connect.TIMEOUT", 3.0)
    client: Any
    async with connect(pair.url) as client:
        await asyncio.gather(*(client.pipeline().get("where").execute() for _ in range(8)))
        await ask(pair.new, "REPLICAOF", "NO", "ONE")
        pair.address.target = pair.new
        pair.address.silence()
        with pytest.raises(StoreUnavailable):
            await client.set("where", "nowhere")
        each = [client.pipeline().set("where", "new").execute() for _ in range(8)]
        assert await asyncio.gather(*each) == [[True]] * 8


@pytest.mark.parametrize("word", ["LOADING", "MASTERDOWN", "CLUSTERDOWN", "NOREPLICAS", "READONLY"])
async def test_whoever_is_not_the_one_to_write_to_is_left_however_it_says_so(alone: Any, word: str) -> None:
    """Older servers wrap the word into a script's error."""
    for said in (f"{word} not here", f"ERR Error running script (call to f_1): @user_script:3: -{word} not here"):
        before = await alone.client_id()
        with pytest.raises(NotWritable):
            await alone.eval(f"return redis.error_reply('{said}')", 0)
        assert await alone.client_id() != before


async def test_a_full_server_and_a_mistake_keep_their_connections(alone: Any) -> None:
    await alone.set("where", "here")
    before = await alone.client_id()
    with pytest.raises(NotWritable):
        await alone.eval("return redis.error_reply('OOM command not allowed')", 0)
    with pytest.raises(ResponseError):
        await alone.incr("where")
    assert await alone.client_id() == before


async def test_an_error_in_a_pipeline_does_not_repeat_what_somebody_wrote(alone: Any) -> None:
    """Whatever is logged of it holds no text, and a text holds no outage."""
    for transaction in (True, False):
        with pytest.raises(ResponseError) as error:
            await alone.pipeline(transaction).set("a", "1").rpush("a", "a very private READONLY matter").execute()
        assert "private" not in str(error.value)


# --- whole processes ----------------------------------------------------------------------------------------------


@pytest.fixture
async def processes(pair: Pair, outside: Outside, tmp_path: Path) -> AsyncIterator[Outside]:
    """The bot as `web` and `worker`, on the pair."""
    outside.env |= {"REDIS_URL": pair.url}
    async with process(tmp_path, outside.env, "serve", "--no-worker"), process(tmp_path, outside.env, "worker"):
        await until(outside.up)
        yield outside


async def shown(pair: Pair, on: Outside) -> Message:
    """The card of a first message, once the replica knows all that came of it."""
    await on.inbox.customer_writes(on.acme.sarah, "Before")
    await on.slack.until(lambda: "Before" in posts(on), GENEROUS)
    replica = connect(f"redis://127.0.0.1:{pair.new}")

    async def idle() -> bool:
        return not sum((await Lanes(replica, "test", KINDS).depth()).values())

    await until(idle)
    await replica.aclose()
    (card,) = on.slack.messages(on.acme.channel)
    return card


async def ready(on: Outside) -> tuple[int, str]:
    answer = await on.http.get(f"{on.url}/readyz")
    return answer.status_code, answer.text.partition("\n")[0]


def posts(on: Outside) -> str:
    return "\n".join(on.slack.show(one) for one in on.slack.messages(on.acme.channel))


@pytest.mark.failover
async def test_web_and_worker_go_on_with_the_new_server_without_a_restart(pair: Pair, processes: Outside) -> None:
    on = processes
    card = await shown(pair, on)
    assert await ready(on) == (200, "ok")
    await pair.promote()
    assert await ready(on) == (503, "waiting for redis (it takes no writes)")
    pair.address.target = pair.new
    await until(lambda: is_ready(on))
    assert (await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")).ok
    await on.slack.until(lambda: "Archived by Ana" in posts(on), GENEROUS)
    await on.inbox.customer_writes(on.acme.omar, "Afterwards")
    await on.slack.until(lambda: "Afterwards" in posts(on), GENEROUS)


@pytest.mark.failover
async def test_a_click_is_the_first_that_meets_the_new_server_and_is_accepted(pair: Pair, processes: Outside) -> None:
    on = processes
    card = await shown(pair, on)
    await pair.fail_over()
    assert (await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")).ok
    await on.slack.until(lambda: "Archived by Ana" in posts(on), GENEROUS)
    assert not [one for one in on.slack.ephemerals(on.acme.ana) if "note" in one.text]


async def is_ready(on: Outside) -> bool:
    return (await ready(on))[0] == 200


@pytest.mark.parametrize(
    "settings",
    [{"maxmemory": "1"}, {"min-replicas-to-write": "1"}, {"replicaof": "127.0.0.1 1"}],
    ids=["full", "no replicas", "a replica"],
)
async def test_readyz_says_no_as_long_as_nothing_can_be_written(
    opened: Open, start: Start, settings: dict[str, str]
) -> None:
    port = start()
    on = await opened(redis_url=f"redis://127.0.0.1:{port}")
    async with plain_http() as anybody:
        assert (await anybody.get(f"{on.url}/readyz")).status_code == 200
        for name, value in settings.items():
            command = ["REPLICAOF", *value.split()] if name == "replicaof" else ["CONFIG", "SET", name, value]
            await ask(port, *command)
        answer = await anybody.get(f"{on.url}/readyz")
        assert (answer.status_code, answer.text.splitlines()[0]) == (503, "waiting for redis (it takes no writes)")
        for name in settings:
            await ask(port, *(["REPLICAOF", "NO", "ONE"] if name == "replicaof" else ["CONFIG", "SET", name, "0"]))
        assert (await anybody.get(f"{on.url}/readyz")).status_code == 200


# --- what was begun on a server that is no more -------------------------------------------------------------------


async def taken(client: Any, name: str) -> tuple[Lanes, Ticket, Render]:
    """A job in the hands of a worker."""
    lanes, job = Lanes(client, name, KINDS), Render(thread_id="t1")
    await lanes.open()
    await lanes.accept(job)
    (ticket,) = await lanes.take(keys.PEOPLE, 1, 1.0)
    return lanes, ticket, job


ENDS: dict[str, Callable[[Lanes, Ticket, Render], Awaitable[bool]]] = {
    "finish": lambda lanes, ticket, job: lanes.finish(ticket, [], job),
    "checkpoint": lambda lanes, ticket, job: lanes.checkpoint(ticket, job),
    "defer": lambda lanes, ticket, job: lanes.defer(ticket, job, 1.0),
    "bury": lambda lanes, ticket, job: lanes.bury(ticket, "why", [], job),
}


@pytest.mark.parametrize("end", list(ENDS))
@pytest.mark.parametrize("noticed", [False, True], ids=["first", "later"])
async def test_what_was_begun_with_one_server_is_not_ended_with_another(
    pair: Pair, client: Any, end: str, noticed: bool
) -> None:
    """The new one may lack what its worker has written since: it is begun anew there."""
    lanes, ticket, job = await taken(client, "one")
    await pair.replicated()
    await pair.fail_over()
    if noticed:
        await client.set("where", "new")
    with pytest.raises(StoreUnavailable):
        await ENDS[end](lanes, ticket, job)
    assert (await lanes.head(ticket)) == job
    assert await lanes.finish(lanes.renewed(ticket), [], job)
    assert sum((await lanes.depth()).values()) == 0


async def test_a_server_that_was_killed_and_came_back_is_another_one(tmp_path: Path) -> None:
    """Redis-py connects again by itself, without a word."""
    server = embedded.start(tmp_path)
    async with connect(server.url) as opened:
        lanes, ticket, job = await taken(opened, "one")
        ended(server)
        server = embedded.start(tmp_path)
        try:
            assert await opened.set("where", "here")
            with pytest.raises(StoreUnavailable):
                await lanes.finish(ticket, [], job)
            assert await lanes.finish(lanes.renewed(ticket), [], job)
        finally:
            ended(server)


def ended(server: embedded.Valkey) -> None:
    assert server.process is not None
    server.process.kill()
    server.process.wait()


async def test_the_feed_is_not_read_past_what_another_server_may_not_know(pair: Pair, client: Any) -> None:
    feed = Feed(client)
    known = feed.moves()
    await feed.advance(1, "", known)
    await pair.replicated()
    await pair.fail_over()
    with pytest.raises(StoreUnavailable):
        await feed.advance(50, "", known)
    assert await feed.cursor() == 1
    await feed.advance(50, "", feed.moves())
    assert await feed.cursor() == 50


async def test_what_is_repeated_after_a_break_is_not_repeated_on_another_server(pair: Pair, client: Any) -> None:
    """The server goes while a command is under way: redis-py would send it to whoever answers next."""
    await pair.replicated()
    known = moves(client)

    async def write() -> None:
        with same_server(client, known):
            await client.set("where", "new")

    await ask(pair.old, "CLIENT", "PAUSE", "20000", "ALL")
    bound, free = asyncio.create_task(write()), asyncio.create_task(client.get("where"))
    await asyncio.sleep(1.0)
    await ask(pair.new, "REPLICAOF", "NO", "ONE")
    pair.address.target = pair.new
    await pair.address.stop()  # all that is open breaks
    with pytest.raises(StoreMoved):
        await bound
    assert await free == b"everywhere"
    assert await ask(pair.new, "GET", "where") == b"everywhere"
    assert moves(client) > known


@pytest.mark.parametrize("known_by", ["a new connection", "an old connection"])
async def test_a_connection_that_leads_to_another_server_does_nothing_that_is_bound_to_the_first(
    pair: Pair, client: Any, known_by: str
) -> None:
    """Both servers live, and only what is opened anew comes to the new one."""
    feed = Feed(client)
    await feed.advance(1)
    await pair.replicated()
    known = feed.moves()
    await ask(pair.new, "REPLICAOF", "NO", "ONE")
    pair.address.target = pair.new
    held = await client.connection_pool.get_connection() if known_by == "a new connection" else None
    with same_server(client, known):
        if held:
            with pytest.raises(StoreMoved):
                await client.pipeline().set("where", "new").execute()
            with pytest.raises(StoreMoved):
                await client.set("where", "new")
        else:
            await client.set("where", "old")
    if held:
        await client.connection_pool.release(held)
    assert await ask(pair.old, "GET", "where") == (b"everywhere" if held else b"old")
    assert await ask(pair.new, "GET", "where") == b"everywhere"
    if held:  # nothing is asked of the server that was left
        await client.set("where", "there")
        assert await ask(pair.new, "GET", "where") == b"there"


async def test_a_break_after_which_the_same_server_answers_is_no_move(pair: Pair, client: Any) -> None:
    feed = Feed(client)
    await feed.advance(1)
    known = feed.moves()
    await pair.address.stop()
    await feed.advance(50, "", known)
    assert await feed.cursor() == 50


async def test_a_job_writes_to_no_other_server_than_the_one_it_began_with(pair: Pair, client: Any) -> None:
    """Half of what it writes would be there, perhaps, and the job done again after that half."""
    lanes, times = Lanes(client, "one", KINDS), list[int]()

    async def handle(_: Render, __: Keep) -> list[Job]:
        times.append(len(times) + 1)
        if times == [1]:
            await client.rpush("before", 1)
            await pair.fail_over()
        await client.rpush("after", len(times))
        return []

    async def nothing(*_: object) -> list[Job]:
        return []

    async def sound() -> bool:
        return True

    await lanes.open()
    worker = Worker(lanes, {Render: handle}, nothing, sound, pauses=(0.01,))
    running = asyncio.create_task(worker.run())
    await lanes.accept(Render(thread_id="t1"))

    async def done() -> bool:
        return times == [1, 2] and not sum((await lanes.depth()).values())

    await until(done)
    await worker.stop()
    await running
    assert await ask(pair.new, "LRANGE", "after", "0", "-1") == [b"2"]
