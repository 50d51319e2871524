"""Durable lanes: what was accepted is worked in order, once, whoever dies.

A lane is a Redis list of jobs. As long as it is not empty, exactly one *ticket* for it exists: an entry of a Redis
stream, or a member of the delayed set. Whoever holds the ticket works the head of the lane, so a lane is never worked
by two, keeps its order across retries, waits and processes, and needs no lease besides the stream's own pending list.
Jobs are removed, their follow-ups added and the ticket renewed in one script.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot.errors import StoreUnavailable
from bot.queue.job import Job, Kinds, Line, dump, utc_now
from bot.store import keys
from bot.store.client import moves, same_server
from bot.store.scripts import script

DEAD_LETTERS_LIVE: Final = keys.WEEK  # seconds
LOOKED_AT: Final = 500  # lanes that wait, for a figure
SOON: Final = 0.8  # seconds: what is said then is read within the second
REPEATED: Final = 600  # seconds in which Slack may deliver the same click again


@dataclass(frozen=True)
class Ticket:
    """The right to work one lane. `again` is set when another worker held it before and did not finish.

    `moves` says which server gave it: another one may have forgotten what its holder has written since.
    """

    stream: str
    id: str
    lane: str
    again: bool = False
    moves: int = field(default=0, compare=False)


UNREADABLE: Final = "unreadable"  # how the reason begins of what a version could not read
UNTOLD: Final = "untold"  # the same of what nobody could be told of


@dataclass(frozen=True)
class DeadLetter:
    """A job that failed for good, kept for seven days. `job` is None when this version cannot read it any more."""

    id: str
    lane: str
    reason: str
    job: Job | None

    @property
    def was_told(self) -> bool:
        """Whether who waited for it was told, and nothing kept the bot from that."""
        return not self.reason.startswith((UNREADABLE, UNTOLD))


class Lanes:
    """The one way into and out of the queue. Every method raises `StoreUnavailable` when Redis does not answer.

    So do those that take a ticket when another Redis may have taken the place of the one that gave it.

    `claim_idle` (seconds) is how long a ticket must lie untouched before it is taken from a worker that is presumed
    dead; it must be longer than any job may take. After `soon` seconds somebody is told that it takes longer;
    None: nobody is.
    """

    def __init__(
        self, redis: Redis, consumer: str, kinds: Kinds, claim_idle: float = 15.0, soon: float | None = None
    ) -> None:
        self._redis: Any = redis  # redis-py types its commands as sync and async at once
        self.consumer, self.claim_idle, self._kinds, self._soon = consumer, claim_idle, kinds, soon
        self._ahead = 0.0  # seconds that Redis's clock is ahead of ours
        self._accept = script(redis, "queue/accept.lua")
        self._finish = script(redis, "queue/finish.lua")
        self._checkpoint = script(redis, "queue/checkpoint.lua")
        self._defer = script(redis, "queue/defer.lua")
        self._bury = script(redis, "queue/bury.lua")
        self._give_back = script(redis, "queue/give_back.lua")
        self._release = script(redis, "queue/release.lua")
        self._revive = script(redis, "queue/revive.lua")
        self._leave = script(redis, "queue/leave.lua")
        self._hurry = script(redis, "queue/hurry.lua")

    async def open(self) -> None:
        """Make the consumer groups, if they do not exist."""
        seconds, micros = await self._redis.time()
        self._ahead = int(seconds) + int(micros) / 1e6 - time.time()
        for stream in (keys.PEOPLE, keys.BACKGROUND):
            try:
                await self._redis.xgroup_create(stream, keys.GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def accept(self, *accepted: Job, once: str = "", within: float | None = None) -> bool:
        """Write the jobs, unless `once` was accepted in the last seven days. False when nothing was new.

        `within` seconds, or not at all: a Redis that was asleep must not do later what somebody was told is not done.
        Raises `ValueError` for what could not be read again, as the payload that it was made of had other types.
        """
        self.check(*accepted)
        for _ in range(2):
            began = time.time()
            deadline = "" if within is None else repr(began + self._ahead + within)
            new, at = await self._accept(keys=[keys.PEOPLE], args=[once, deadline, *self._with_lines(accepted)])
            self._ahead = float(at) - time.time()
            if int(new) >= 0:
                return bool(new)
            if time.time() - began > (within or 0):
                break  # it was really late; otherwise only the clocks have moved apart
        raise StoreUnavailable("Redis answered too late")

    def check(self, *wanted: Job) -> None:
        """Raises `ValueError` or `TypeError` for what could not be written, or not be read again."""
        for job in wanted:
            self._kinds.load(dump(job))

    async def is_first(self, name: str) -> bool:
        """Whether nobody else asked for `name` in the last ten minutes, in which Slack delivers a click again."""
        return bool(await self._redis.set(keys.once(name), "1", nx=True, ex=REPEATED))

    async def has_work(self, lane: str) -> bool:
        """Whether anything that was accepted for a lane is not done yet."""
        return bool(await self._redis.exists(keys.lane(lane)))

    async def take(self, stream: str, count: int, block: float) -> list[Ticket]:
        """Up to `count` tickets, waiting up to `block` seconds for the first."""
        known = moves(self._redis)  # before: the answer may have come from a server that is left by now
        try:
            answer = await self._redis.xreadgroup(
                keys.GROUP, self.consumer, {stream: ">"}, count=count, block=max(1, int(block * 1000))
            )
        except ResponseError as error:
            if not _no_group(error):
                raise
            await self.open()
            return []
        found = [entry for _, entries in _pairs(answer) for entry in entries]
        return [Ticket(stream, i.decode(), f[b"lane"].decode(), moves=known) for i, f in found]

    async def reclaim(self, stream: str, count: int) -> list[Ticket]:
        """Tickets of workers that died: untouched for `claim_idle` seconds."""
        known = moves(self._redis)
        _, entries, *_ = await self._redis.xautoclaim(
            stream, keys.GROUP, self.consumer, min_idle_time=int(self.claim_idle * 1000), start_id="0-0", count=count
        )
        return [Ticket(stream, i.decode(), f[b"lane"].decode(), again=True, moves=known) for i, f in entries if f]

    def steady(self, ticket: Ticket) -> AbstractContextManager[None]:
        """What is asked of Redis within goes to the server that gave the ticket. Raises `StoreUnavailable`."""
        return same_server(self._redis, ticket.moves)

    def renewed(self, ticket: Ticket) -> Ticket:
        """The same, for whoever begins anew with whatever server there is."""
        return replace(ticket, moves=moves(self._redis))

    async def head(self, ticket: Ticket) -> Job | None:
        """The job to do; None when the lane is empty. Raises `ValueError` when it cannot be read."""
        item = await self._redis.lindex(keys.lane(ticket.lane), 0)
        return None if item is None else self._kinds.load(item[1:])

    async def finish(self, ticket: Ticket, then: Sequence[Job] = (), job: Job | None = None) -> bool:
        """Take the `job` out and add what follows from it. False when the ticket is no longer ours."""
        return await self._held(self._finish, ticket, *self._after(job, then))

    async def checkpoint(self, ticket: Ticket, job: Job) -> bool:
        """Write down how far the job has come, so that whoever goes on knows."""
        return await self._held(self._checkpoint, ticket, _item(job))

    async def defer(self, ticket: Ticket, job: Job, seconds: float, then: Iterable[Job] = ()) -> bool:
        """Leave the job at the head of its lane, as `job`, and work the lane again in `seconds`."""
        return await self._held(self._defer, ticket, _item(job), str(seconds), *self._with_lines(then))

    async def bury(self, ticket: Ticket, reason: str, then: Sequence[Job] = (), job: Job | None = None) -> bool:
        """Move the `job` to the dead letters and go on with the lane."""
        return await self._held(self._bury, ticket, reason, str(DEAD_LETTERS_LIVE), *self._after(job, then))

    def _after(self, job: Job | None, then: Sequence[Job]) -> Sequence[str | bytes]:
        """What follows from `job`, for the scripts: its line is not shown any more, and one that is shown is ended."""
        line, ended = (self._line(job), Line.after(job, then)) if job and self._soon is not None else (None, None)
        end: list[str | bytes] = [ended.lane, _item(ended), "", f"?{ended.name}"] if ended else []
        return [line.lane if line else "", *self._with_lines(then), *end]

    def _with_lines(self, wanted: Iterable[Job]) -> Sequence[str | bytes]:
        """Jobs as the scripts' arguments, each with the line that its asker reads where it takes longer."""
        parts: list[str | bytes] = []
        for job in wanted:
            parts += flat([job])
            if line := self._line(job):
                parts += [line.lane, _item(line), "", f"+{max(0.0, (self._soon or 0.0) - line.age):.3f}"]
        return parts

    def _line(self, job: Job) -> Line | None:
        return None if self._soon is None else Line.of_job(job)

    async def give_back(self, ticket: Ticket) -> bool:
        """Let another worker have the lane at once: this one is shutting down."""
        return await self._held(self._give_back, ticket)

    async def release_due(self) -> None:
        """Issue tickets for the lanes whose wait is over."""
        await self._release(keys=[keys.DELAYED])

    async def hurry(self, job: Job) -> None:
        """What waits in the lane of `job` waits no longer; what is being worked there will not wait after it."""
        await self._hurry(keys=[keys.DELAYED], args=[job.lane])

    async def dead_letters(self, count: int = 100) -> list[DeadLetter]:
        """The newest dead letters first."""
        return self._letters(await self._redis.xrevrange(keys.DEAD, count=count))

    async def trim(self) -> None:
        """Dead letters are gone after seven days, to the letter."""
        seconds, _ = await self._redis.time()
        await self._redis.xtrim(keys.DEAD, minid=(int(seconds) - DEAD_LETTERS_LIVE) * 1000, approximate=False)

    async def dead_letter(self, letter_id: str) -> DeadLetter | None:
        return next(iter(self._letters(await self._redis.xrange(keys.DEAD, letter_id, letter_id))), None)

    def _letters(self, entries: Any) -> list[DeadLetter]:
        texts = [(i.decode(), f[b"lane"].decode(), f[b"reason"].decode(), f[b"item"]) for i, f in entries]
        return [DeadLetter(one, lane, reason, self._readable(item)) for one, lane, reason, item in texts]

    async def revive(self, letter_id: str) -> bool:
        """Try a dead letter again, as if it had just been accepted. False when there is none with that id."""
        entries: Any = await self._redis.xrange(keys.DEAD, letter_id, letter_id)
        if not entries:
            return False
        fields = entries[0][1]
        item, job = fields[b"item"], self._readable(fields[b"item"])
        if job is not None:
            item = _item(job.having(tries=0, failures=0, deaths=0, at=utc_now()))
        return bool(await self._revive(keys=[keys.DEAD], args=[letter_id, fields[b"lane"], item]))

    async def depth(self) -> dict[str, int]:
        """How many lanes have work, wait and failed: `people`, `background`, `delayed`, `dead`."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.xlen(keys.PEOPLE).xlen(keys.BACKGROUND).zcard(keys.DELAYED).xlen(keys.DEAD)
        counts = await pipe.execute()
        return dict(zip(("people", "background", "delayed", "dead"), counts, strict=True))

    async def oldest(self) -> float:
        """Seconds that the oldest work which may be done now has waited; 0 when there is none."""
        pipe = self._redis.pipeline(transaction=False)
        for stream in (keys.PEOPLE, keys.BACKGROUND):
            pipe.xrange(stream, count=1)
        pipe.time()
        *first, (seconds, micros) = await pipe.execute()
        began = [int(entries[0][0].split(b"-")[0]) / 1000 for entries in first if entries]
        return max(0.0, seconds + micros / 1e6 - min(began)) if began else 0.0

    async def stands(self) -> float:
        """Seconds since the oldest work was accepted that was tried, and waits to be tried again; of many, some."""
        names = await self._redis.zrange(keys.DELAYED, 0, LOOKED_AT - 1)
        pipe = self._redis.pipeline(transaction=False)
        for name in names:
            pipe.lindex(keys.lane(name.decode()), 0)
        jobs = [self._readable(item) for item in (await pipe.execute() if names else []) if item]
        return max((one.age for one in jobs if one and (one.tries or one.failures or one.deaths)), default=0.0)

    async def leave(self) -> None:
        """Forget this consumer, unless it holds a ticket: that would be forgotten with it."""
        await self._leave(keys=[keys.PEOPLE], args=[self.consumer])

    def _readable(self, item: bytes) -> Job | None:
        try:
            return self._kinds.load(item[1:])
        except ValueError:
            return None

    async def _held(self, script: Any, ticket: Ticket, *args: str | bytes) -> bool:
        with self.steady(ticket):
            held = [self.consumer, ticket.stream, ticket.id, ticket.lane]
            return bool(await script(keys=[ticket.stream], args=[*held, *args]))


def flat(wanted: Iterable[Job]) -> Sequence[str | bytes]:
    """Jobs as the scripts' arguments: lane, item, once and how for each."""
    return [part for job in wanted for part in (job.lane, _item(job), job.once or "", "1" if job.merge else "")]


def _no_group(error: ResponseError) -> bool:
    """Redis lost what it kept, the consumer groups too."""
    return "NOGROUP" in str(error)


def _item(job: Job) -> bytes:
    return (b"b" if job.background else b"p") + dump(job)


def _pairs(answer: Any) -> Any:
    """Streams and their entries, from either protocol version's shape of the answer."""
    return answer.items() if isinstance(answer, dict) else answer or ()
