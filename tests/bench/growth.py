"""What changes as the work grows: the same acts beside few conversations and links, and beside many.

A conversation is copied as the bot wrote it: one in fifty with all its keys, the others as they are at rest.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import redis
from redis.asyncio import Redis

from bot.dm.views import KNOWN
from bot.models import Person
from bot.people.known import Known
from bot.people.links import Links
from bot.sandbox.slack.records import BOT_USER
from bot.store import embedded, keys
from bot.upkeep.store import Lifetimes
from tests.bench.acks import AT_ONCE, events
from tests.bench.load import load, suggestions, webhooks
from tests.bench.servers import POST, QUICK, WEB, Bench, Server, end
from tests.bench.table import Row
from tests.bench.work import card_latency

FEW: Final = 100
LINKS: Final = 10_000
PEOPLE: Final = 20_000  # as many as the bot remembers
FRESH: Final = 50  # one conversation in so many was active in the last days
WAIT: Final = 100  # in one of so many somebody waits
AT_A_TIME: Final = 5_000
REST: Final = 300 * keys.DAY  # seconds that a card has left of which nothing was heard for two months
MARK: Final = "0000000"  # seven digits, where a copy's number stands

# ARGV: the keys of a conversation as JSON, the first and the last number of the copies.
_COPY: Final = """
for i = tonumber(ARGV[2]), tonumber(ARGV[3]) do
  local number = string.format('%07d', i)
  for _, one in ipairs(cjson.decode(ARGV[1])) do
    local name = string.gsub(one.name, '0000000', number)
    local parts = {}
    for at, part in ipairs(one.parts) do parts[at] = string.gsub(part, '0000000', number) end
    redis.call(one.write, name, unpack(parts))
    if one.lives > 0 then redis.call('EXPIRE', name, one.lives) end
  end
end
"""
Act = Callable[[], Awaitable[None]]


class Cost(NamedTuple):
    """Microseconds that an act takes: of Redis' commands, by its own count, and of the bot's and Redis' processors."""

    commands: float
    cpu: float


@dataclass
class World:
    """A Valkey with so many conversations, and the bench on it."""

    size: int
    on: Bench
    valkey: Server

    @asynccontextmanager
    async def bot(self, command: tuple[str, ...]) -> AsyncIterator[Server]:
        """A bot to which all that the world tells is new."""
        with self.on.store() as store:
            store.set(keys.CURSOR, 10**12)
        async with self.on.server(command) as bot:
            self.on.slack.events_url = f"http://127.0.0.1:{bot.port}/slack/events"
            yield bot

    async def cost(self, bot: Server, act: Act, times: int) -> Cost:
        await act()
        before = self._spent(bot)
        for _ in range(times):
            await act()
        return self._since(bot, before, times)

    async def rate(self, bot: Server, requests: Iterator[bytes], seconds: float) -> Cost:
        """The same of a request, with 16 connections."""
        before = self._spent(bot)
        took = (await load(bot.port, requests, AT_ONCE, seconds)).took
        return self._since(bot, before, len(took))

    def _spent(self, bot: Server) -> Cost:
        with self.on.store() as store:
            commands: Any = store.info("commandstats")
        return Cost(sum(one["usec"] for one in commands.values()), (bot.cpu() + self.valkey.cpu()) * 1e6)

    def _since(self, bot: Server, before: Cost, times: int) -> Cost:
        now = self._spent(bot)
        return Cost((now.commands - before.commands) / times, (now.cpu - before.cpu) / times)


async def growth(bench: Bench, *, many: int, rounds: int, times: int, seconds: float = 0.5) -> list[Row]:
    """The same acts, in turns."""
    found: dict[str, list[tuple[Cost, Cost]]] = {}
    async with AsyncExitStack() as stack:
        worlds = [await stack.enter_async_context(_world(bench, size)) for size in (FEW, many)]
        tidied = [await _tidied(one) for one in worlds]
        for number in range(rounds + 1):
            few, more = [await _acts(one, times, seconds) for one in worlds]
            if number:  # the first round fills caches
                for what, took in few.items():
                    found.setdefault(what, []).append((took, more[what]))
    return [*(_grown(what, pairs, many) for what, pairs in found.items()), *_upkeep(tidied, many)]


async def at_rest(bench: Bench) -> list[Row]:
    """What a conversation takes that nobody has heard of for a week, by Valkey's own count."""
    async with _world(bench, 2) as world:  # the first one is active
        with world.on.store() as store:
            (card,) = store.scan_iter(match=keys.card(f"*{MARK[:-1]}2"), count=10_000)
            thread = str(card.decode()).removeprefix(keys.card(""))
            assert store.hexists(card, "rested")
            channel, ts = (one.decode() for one in store.hmget(card, "channel", "ts"))
            known = json.loads(store.hget(card, "thread") or "{}")
            people = {known.get("contact_id"), known["person"]["platform_id"]} - {None}
            names = [keys.card(thread), keys.card_at(channel, ts), *map(keys.threads_of, sorted(people))]
            sizes = [int(store.memory_usage(name, samples=0) or 0) for name in names]
    raw: dict[str, float | str] = {"card": sizes[0], "its place": sizes[1], "whose it is": sum(sizes[2:])}
    return [Row("Redis for a conversation at rest", "<=", 1024, sum(sizes), "bytes", raw, reach=1200)]


async def _acts(world: World, times: int, seconds: float) -> dict[str, Cost]:
    on, ana = world.on, world.on.acme.ana
    took: dict[str, Cost] = {}
    async with world.bot((*QUICK, "both")) as bot:
        took["webhook → card drawn"] = await world.cost(bot, lambda: _drawn(on, bot), times)
        took["a list's first page"] = await world.cost(bot, lambda: _list(on), times)
        took["Home of an admin"] = await world.cost(bot, lambda: _home(on), times)
    async with world.bot(WEB) as bot:
        took["/dm accepted"] = await world.rate(bot, on.commands(), seconds)
        took["webhook accepted"] = await world.rate(bot, webhooks(events(on), on.inbox.sign), seconds)
        took["people suggested"] = await world.rate(bot, suggestions(on.secret, ana, KNOWN, "sarah chen0"), seconds)
    _drop_work(on)
    return took


async def _drawn(on: Bench, bot: Server) -> None:
    await card_latency(on, bot)


async def _list(on: Bench) -> None:
    known = len(on.slack.ephemerals(on.acme.ana))
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "unassigned")
    await on.until(lambda: len(on.slack.ephemerals(on.acme.ana)) > known)
    await on.rest()


async def _home(on: Bench) -> None:
    on.called.arrived.clear()
    await on.slack.open_home(on.acme.ana)
    await on.until(lambda: on.called.times("views.publish"))
    await on.rest()


def _drop_work(on: Bench) -> None:
    """What was accepted is not to be done."""
    with on.store() as store:
        lanes = [fields[b"lane"].decode() for name in (keys.PEOPLE, keys.BACKGROUND) for _, fields in _all(store, name)]
        lanes += [one.decode() for one in _range(store, keys.DELAYED)]
        for begin in range(0, len(lanes), 1000):
            store.delete(*map(keys.lane, lanes[begin : begin + 1000]))
        store.delete(keys.PEOPLE, keys.BACKGROUND, keys.DELAYED, keys.DELAYED_SINCE)


def _all(store: Any, stream: str) -> list[tuple[bytes, dict[bytes, bytes]]]:
    return list(store.xrange(stream))


def _range(store: Any, name: str) -> list[bytes]:
    return list(store.zrange(name, 0, -1))


# --- a world ----------------------------------------------------------------------------------------------------------
@asynccontextmanager
async def _world(bench: Bench, size: int) -> AsyncIterator[World]:
    with TemporaryDirectory(prefix="bridge-world-") as folder:
        valkey = embedded.start(Path(folder), "everysec")
        process: Any = valkey.process
        try:
            world = World(size, replace(bench, folder=Path(folder), valkey=valkey), Server(process, 0))
            # A bot ends the Valkey that nobody else uses.
            with redis.Redis.from_url(valkey.url, client_name="bench") as store:
                store.config_set("appendonly", "no")  # filling it would take the disk's time
                await _fill(world)
                yield world
        finally:
            end(valkey)


async def _fill(world: World) -> None:
    on, size = world.on, world.size
    whole, at_rest = await _conversation(world)
    with on.store() as store:
        for begin in range(1, size + 1, AT_A_TIME):
            last = min(begin + AT_A_TIME - 1, size)
            store.eval(_COPY, 0, json.dumps(at_rest), str(begin), str(last))
            store.eval(_COPY, 0, json.dumps(whole), str(begin), str(begin + (last - begin) // FRESH))
            _wait(store, range(begin, last + 1, WAIT))
    client = Redis.from_url(on.valkey.url)
    people, links = Known(client), Links(client)
    for begin in range(0, min(size, PEOPLE), 500):
        await people.met(*map(_person, range(begin, min(begin + 500, size))))
    for number in range(min(size, LINKS)):
        await links.match(f"U0MANY{number}", f"member{number}", f"{number}@acme.example", before=None)
    await client.aclose()


def _wait(store: redis.Redis, numbers: range) -> None:
    since = {f"waits{one}": time.time() - one % 10_000 for one in numbers}
    store.zadd(keys.WAITING, since)
    store.zadd(keys.DUE, {one: at + 10 * keys.DAY for one, at in since.items()})
    for one, at in since.items():
        store.hset(keys.UNANSWERED, one, at)


def _person(number: int) -> Person:
    firsts, lasts = ("Sarah", "Omar", "Ana", "Bo", "Kim"), ("Chen", "Khan", "Smith", "Jones")
    name = f"{firsts[number % 50 % 5]} {lasts[number % 4]}{number}" if number % 50 < 5 else f"P{number} Q{number}"
    return Person(platform="twitter", platform_id=f"18765432{number}", name=name, username=f"user_{number}")


async def _conversation(world: World) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """The keys of one in which three people did something, and those that are left of it at rest."""
    on, acme = world.on, world.on.acme
    async with world.bot((*QUICK, "both")) as bot:
        await card_latency(on, bot)
        await on.rest()
        card = [one for one in on.slack.messages(acme.channel) if one.user == BOT_USER and not one.thread_ts][-1]
        for act in ("Assign to me", "Archive", "Reopen", "Unassign"):
            on.called.arrived.clear()
            await on.slack.press(acme.ana, card.channel, card.ts, act)
            await on.until(lambda: on.called.times("chat.update"))
            await on.rest()
    thread = on.inbox.world.thread_between(acme.account, acme.sarah)
    assert thread is not None
    with on.store() as store:
        ids = (thread.id, card.ts, acme.sarah.platform_id, acme.sarah.contact.id)
        whole = [_written(store, name, ids) for name in _names(store) if any(one in name for one in ids)]
        store.expire(keys.card(thread.id), REST)
        client = Redis.from_url(on.valkey.url)
        await Lifetimes(client).rest(thread.id)
        await client.aclose()
        rest = [keys.card(thread.id), keys.card_at(card.channel, card.ts)]
        rest += [keys.threads_of(one) for one in ids[2:]]
        return whole, [_written(store, name, ids) for name in rest if store.exists(name)]


def _names(store: Any) -> list[str]:
    return sorted(one.decode() for one in store.scan_iter(match=f"{keys.PREFIX}*", count=1000))


def _written(store: Any, name: str, ids: tuple[str, ...]) -> Mapping[str, Any]:
    """A key as `_COPY` wants it."""
    read: dict[bytes, tuple[str, Callable[[], Any]]] = {
        b"string": ("SET", lambda: [store.get(name)]),
        b"hash": ("HSET", lambda: [part for pair in store.hgetall(name).items() for part in pair]),
        b"set": ("SADD", lambda: list(store.smembers(name))),
        b"list": ("RPUSH", lambda: store.lrange(name, 0, -1)),
    }
    write, parts = read[store.type(name)]

    def numbered(text: str) -> str:
        for one in ids:
            text = text.replace(one, one[: -len(MARK)] + MARK)
        return text

    return {
        "name": numbered(name),
        "write": write,
        "parts": [numbered(one.decode()) for one in parts()],
        "lives": max(0, store.ttl(name)),
    }


# --- what is done without anybody asking ------------------------------------------------------------------------------
async def _tidied(world: World) -> tuple[float, float, float]:
    """The hour's upkeep: seconds, of processor time, and how long a card takes meanwhile."""
    with world.on.store() as store:
        store.delete(keys.quota("turn:tidy"))
        store.set(keys.TIDIED, "1")  # everything is looked at once a day
    async with world.bot((*QUICK, "both")) as bot:
        await _begun(world)
        began, before, cards = time.perf_counter(), bot.cpu() + world.valkey.cpu(), list[float]()
        with world.on.store() as store:
            while store.exists(keys.lane("tidy")):
                await asyncio.sleep(0.05)
                if len(cards) < 30:
                    cards.append(await _while_busy(world.on, bot))
        cpu = bot.cpu() + world.valkey.cpu() - before
        seconds = time.perf_counter() - began
        cards += [await card_latency(world.on, bot) for _ in range(30 - len(cards))]
    return seconds, cpu, median(cards)


async def _begun(world: World) -> None:
    with world.on.store() as store:
        await world.on.until(lambda: store.exists(keys.quota("turn:tidy")))


async def _while_busy(on: Bench, bot: Server) -> float:
    """Seconds from a webhook to its card, though something else is under way."""
    on.called.arrived.clear()
    await on.inbox.customer_writes(on.acme.sarah, "And one more thing")
    body = on.inbox.webhook.body(on.inbox.world.log[-1])
    began = time.perf_counter()
    await load(bot.port, webhooks(iter([body]), on.inbox.sign), 1, 1.0, most=1)
    await on.until(lambda: on.called.times(POST))
    return on.called.times(POST)[0] - began


def _upkeep(tidied: list[tuple[float, float, float]], many: int) -> list[Row]:
    (_, _, few), (seconds, cpu, more) = tidied
    what = f"card while the hour's upkeep is under way, {many:,} conversations beside {FEW}, p50"
    raw: dict[str, float | str] = {f"{FEW}, ms": few * 1000, f"{many:,}, ms": more * 1000}
    spent: dict[str, float | str] = {"processor time, s": cpu, "it takes, s": seconds}
    return [
        Row(what, "<=", 1.5, more / few, raw=raw),
        Row(f"the hour's upkeep of {many:,} conversations, part of a core", "<=", 5, cpu / 36, "%", spent),
    ]


def _grown(what: str, pairs: list[tuple[Cost, Cost]], many: int) -> Row:
    value = median(more.commands / few.commands for few, more in pairs)
    raw: dict[str, float | str] = {f"{FEW}, µs": median(few.commands for few, _ in pairs)}
    raw |= {f"{many:,}, µs": median(more.commands for _, more in pairs)}
    raw |= {"processor time beside it": median(more.cpu / few.cpu for few, more in pairs)}
    return Row(f"{what}: Redis' time, {many:,} conversations beside {FEW}", "<=", 1.15, value, raw=raw, reach=1.4)
