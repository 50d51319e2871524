"""What the tests of rules do: `/inbox` words, people who write, and the time that a rule waits for."""

from __future__ import annotations

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


class Time:
    """Lets what waits be due now."""

    def __init__(self, url: str) -> None:
        self._redis: Any = Redis.from_url(url)

    def waits(self) -> dict[str, float]:
        """Seconds for which each lane waits still."""
        now = time.time()
        return {lane.decode(): at - now for lane, at in self._redis.zrange(keys.DELAYED, 0, -1, withscores=True)}

    def comes(self, thread_id: str) -> None:
        """The volunteers of a conversation have had their time."""
        for lane in self.waits():
            if lane.startswith(f"assigning:{thread_id}:"):
                (item,) = self._redis.lrange(keys.lane(lane), 0, -1)
                begin, _, rest = item.partition(b'"until":"')
                _, _, end = rest.partition(b'"')
                self._redis.lset(keys.lane(lane), 0, begin + b'"until":"2026-01-01T00:00:00Z"' + end)
                self._redis.zadd(keys.DELAYED, {lane: time.time()})

    def forget(self, *names: str) -> None:
        """What is cached there is asked for anew."""
        self._redis.delete(*names)

    def close(self) -> None:
        self._redis.close()
