"""What the tests of snoozing do: snooze from the form, and let the time come."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from redis import Redis

from bot.card import Snoozed
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.snooze.jobs import Ring
from bot.store import keys
from tests.e2e.steps import Json, form, idle, shows


async def snooze_form(on: Stage, user: str, card: Message) -> Json:
    """The form of `user`, opened from the card and filled in."""
    assert (await on.slack.press(user, card.channel, card.ts, "Snooze…")).ok
    return await form(on, user, "Until")


async def snooze(on: Stage, user: str, card: Message, **values: Any) -> None:
    """Snooze the conversation until tomorrow, or as `values` say."""
    await snooze_form(on, user, card)
    assert (await on.slack.submit(user, values=values)).ok
    await on.slack.until(lambda: "Snoozed until" in shows(on, card))
    await idle(on)


class Clock:
    """Lets the time of every snooze come, though it was chosen for tomorrow."""

    def __init__(self, url: str) -> None:
        self._redis: Any = Redis.from_url(url)

    def comes(self, ago: float = 0.0) -> None:
        """Each is due since `ago` seconds."""
        for one in self._redis.zrange(keys.SNOOZED, 0, -1):
            due = datetime.fromtimestamp(time.time() - ago, UTC)
            self.amend(one.decode(), lambda known: known.having(until=due))  # noqa: B023  # done at once
            self._redis.zadd(keys.SNOOZED, {one: due.timestamp()})

    def snoozed(self) -> list[str]:
        return [one.decode() for one in self._redis.zrange(keys.SNOOZED, 0, -1)]

    def snooze(self, thread_id: str) -> Snoozed:
        return Snoozed.read(self._redis.hget(keys.card(thread_id), "snoozed"))

    def until(self, thread_id: str) -> datetime:
        return self.snooze(thread_id).until

    def forget(self, key: str) -> None:
        """What is cached there is asked for anew."""
        self._redis.delete(key)

    def amend(self, thread_id: str, change: Callable[[Snoozed], Snoozed]) -> None:
        self._redis.hset(keys.card(thread_id), "snoozed", change(self.snooze(thread_id)).json())

    def close(self) -> None:
        self._redis.close()


async def rings(on: Stage) -> None:
    """The timer of one of the processes rings."""
    await on.bridge.lanes.accept(Ring())
    await idle(on)


def below(on: Stage, card: Message) -> list[Message]:
    """What the bot says of snoozes below the card."""
    return [one for one in on.slack.replies(card.channel, card.ts) if one.text.startswith("⏰")]
