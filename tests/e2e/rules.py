"""What the tests of rules do: `/inbox` words, people who write, and the time that a rule waits for."""

from __future__ import annotations

import json
import time
from typing import Any

from redis import Redis

from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.stage import Stage
from bot.store import keys
from tests.e2e.steps import calls, hears, idle, thread


async def inbox(on: Stage, words: str, *, by: str | None = None, channel: str | None = None) -> None:
    """`/inbox words`, typed by Ana in the support channel, and done."""
    where = channel or on.acme.channel
    assert (await on.slack.command(by or on.acme.ana, where, command="/inbox", text=words)).ok
    await idle(on)


async def says(on: Stage, words: str, answer: str, *, by: str | None = None) -> str:
    """What somebody (Ana) reads who says `/inbox words`, which holds `answer`."""
    await inbox(on, words, by=by)
    return await hears(on, by or on.acme.ana, answer)


async def write(on: Stage, said: str, person: PersonRecord | None = None, *, held: int = 0, **more: Any) -> None:
    """`person` (Sarah) writes, and everything that follows now is done; `held` lanes wait."""
    await on.inbox.customer_writes(person or on.acme.sarah, said, **more)
    await idle(on, held=held)


def somebody(on: Stage, number: int) -> PersonRecord:
    """Somebody new."""
    return on.inbox.add_person(f"person{number}", f"Person {number}")


def has_it(on: Stage, person: PersonRecord | None = None) -> str | None:
    """The member to whom the conversation is assigned."""
    return thread(on, person).effective_assignee


def assignments(on: Stage) -> list[str]:
    """Members whom the bot assigned something, in order."""
    return [call.body["assigneeId"] for call in calls(on, "PATCH", "/threads/") if "assigneeId" in call.body]


def colleague(on: Stage, name: str) -> tuple[str, str]:
    """Another colleague with a seat: their Slack user and their member."""
    address = f"{name.lower()}@acme.example"
    return on.slack.add_user(None, name, address), on.inbox.add_member(name, address)


def days_pass(redis_url: str, days: int) -> None:
    """What lives no longer than that is gone from Redis."""
    with Redis.from_url(redis_url) as redis:
        found: Any = redis.keys("*")
        for name in found:
            if (left := int(redis.ttl(name))) > 0:
                redis.expire(name, left - days * keys.DAY)


class Time:
    """Lets what waits be due now."""

    def __init__(self, url: str) -> None:
        self._redis: Any = Redis.from_url(url)

    def waits(self) -> dict[str, float]:
        """Seconds for which each lane waits still."""
        now = time.time()
        return {lane.decode(): at - now for lane, at in self._redis.zrange(keys.DELAYED, 0, -1, withscores=True)}

    def comes(self, thread_id: str, lane: str = "assigning:") -> None:
        """The volunteers of a conversation have had their time, or whatever else waits in lanes that begin so."""
        for name in self.waits():
            if name.startswith(lane + (f"{thread_id}:" if thread_id else "")):
                item = self._redis.lindex(keys.lane(name), 0)
                begin, until, rest = item.partition(b'"until":"')
                if until:
                    item = begin + b'"until":"2026-01-01T00:00:00Z"' + rest.partition(b'"')[2]
                self._redis.lset(keys.lane(name), 0, item)
                self._redis.zadd(keys.DELAYED, {name: time.time()})

    def waits_since(self, thread_id: str) -> float:
        """Since when somebody waits there and nobody was reminded, in Unix seconds."""
        return float(self._redis.hget(keys.waiting(thread_id), "since"))

    def rules(self) -> list[str]:
        """The ids of all rules."""
        return [one["id"] for one in json.loads(self._redis.get(keys.RULES))["rules"]]

    def quotas(self) -> list[bytes]:
        """The names of what was counted of calls to Inbox."""
        return list(self._redis.keys(keys.quota("inbox*")))

    def forget(self, *names: str | bytes) -> None:
        """What is cached there is asked for anew."""
        if names:
            self._redis.delete(*names)

    def close(self) -> None:
        self._redis.close()
