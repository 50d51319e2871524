"""What a checkup reads of Redis, and how Redis and the work in it are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, NamedTuple, TypeVar

from bot.channels.store import Preferences
from bot.doctor.finding import Finding
from bot.errors import NotWritable, StoreUnavailable
from bot.events.store import Feed
from bot.people.audit_store import AuditLog
from bot.people.links import Links
from bot.queue.lanes import DeadLetter, Lanes
from bot.routing.store import Routes
from bot.store.health import UNKNOWN, Health
from bot.store.installation import InstallState

T = TypeVar("T")
OLDEST_REDIS: Final = (6, 2)
SLOW: Final = 0.05  # seconds for one answer of Redis
WAITING: Final = 60.0  # seconds that work which can be done lies there
LETTERS: Final = 5  # dead letters in full
_NO_WRITES: Final = "Let REDIS_URL name the primary, and see to its memory, its disk and its replicas."
NO_REDIS: Final = "Start it, or correct REDIS_URL."


class Store(NamedTuple):
    """What a checkup reads of Redis."""

    health: Callable[[], Awaitable[Health]]
    lanes: Lanes
    feed: Feed
    links: Links
    install: InstallState
    preferences: Preferences
    routes: Routes
    record: AuditLog


async def known(store: Store | None, read: Callable[[Store], Awaitable[T]]) -> T | None:
    """What Redis knows; None when it does not answer, which a line of its own says."""
    try:
        return await read(store) if store else None
    except StoreUnavailable:
        return None


async def of_redis(store: Store) -> AsyncIterator[Finding]:
    """The server, its settings, and the work that lies in it."""
    try:
        found = await store.health()
        yield _server(found)
        if found.eviction not in ("noeviction", UNKNOWN):
            how = "Set `maxmemory-policy noeviction`: Redis may throw away accepted work when it is full."
            yield Finding("eviction", "failed", f"maxmemory-policy is {found.eviction}", how)
        if found.appendonly is False:
            how = "Set `appendonly yes`: when Redis stops, what was accepted since its last save is lost."
            yield Finding("persistence", "warning", "no append-only file", how)
        if UNKNOWN in (found.version, found.eviction):
            how = "See there yourself that the version is 6.2 or newer, with `appendonly yes` and `noeviction`."
            yield Finding("settings of Redis", "warning", "its user may not use INFO, so they are unknown", how)
        if trouble := await store.install.trouble():
            seen, _, how = trouble.partition(": ")
            yield Finding("data", "failed", seen, f"{how[:1].upper()}{how[1:]}")
            return
        if await store.install.revoked():
            how = "Install the app in Slack again, and restart every process of the bot."
            yield Finding("work", "failed", "rests, as Slack took the token away", how)
        yield await _queue(store)
        yield await _letters(store)
    except NotWritable as error:
        yield Finding("Redis", "failed", f"it takes no writes ({error})", _NO_WRITES)
    except StoreUnavailable as error:
        yield Finding("Redis", "failed", str(error), NO_REDIS)


async def _queue(store: Store) -> Finding:
    depth, oldest = await store.lanes.depth(), await store.lanes.oldest()
    seen = f"{depth['people']} of people, {depth['background']} in the background, {depth['delayed']} waiting"
    if oldest > WAITING:
        how = "Start a worker: `python -m bot worker`, or `python -m bot serve` without `--no-worker`."
        return Finding("queue", "failed", f"{seen}; the oldest for {oldest:.0f} s", how)
    return Finding("queue", "ok", seen)


async def _letters(store: Store) -> Finding:
    letters = await store.lanes.dead_letters()
    if not letters:
        return Finding("dead letters", "ok", "none")
    seen = "\n    ".join([str(len(letters)), *map(_letter, letters[:LETTERS])])
    if all(map(is_final, letters)):
        how = "Nothing is to be done: who asked for these was told. They go after seven days."
        return Finding("dead letters", "warning", seen, how)
    how = "Remove the cause, then `python -m bot retry ID` tries one again, but nothing that people wrote or decided."
    return Finding("dead letters", "failed", seen, how)


def is_final(letter: DeadLetter) -> bool:
    """Whether somebody was told what became of what they wrote or decided: they may have done it anew since."""
    return letter.was_told and letter.job is not None and letter.job.final


def _server(found: Health) -> Finding:
    kept = {True: "append-only file, ", False: "no append-only file, ", None: ""}[found.appendonly]
    eviction = "" if found.eviction == UNKNOWN else f"{found.eviction}, "
    seen = f"version {found.version}, {kept}{eviction}{found.latency * 1000:.1f} ms"
    numbers = tuple(int(part) for part in found.version.split(".")[:2] if part.isdigit())
    if numbers and numbers < OLDEST_REDIS:
        return Finding("Redis", "failed", seen, "Use Redis 6.2 or newer, or Valkey.")
    if found.latency > SLOW:
        return Finding("Redis", "warning", seen, "Put Redis nearer to the bot: every click waits for it.")
    return Finding("Redis", "ok", seen)


def _letter(letter: DeadLetter) -> str:
    kind = f"{letter.job.kind} {letter.job.ref}" if letter.job else "unreadable"
    return f"{letter.id}  {kind}  {letter.reason}"
