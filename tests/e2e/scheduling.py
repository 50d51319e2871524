"""What the tests of messages that are sent later do: write one from the form, and let its time come."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from redis import Redis

from bot.later.jobs import Release, RingLater, Scheduled
from bot.queue.job import utc_now
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.send.jobs import Send
from bot.store import keys
from tests.e2e.steps import form, idle, reply_form


class Later:
    """Lets the time of what waits come, though it was chosen for tomorrow."""

    def __init__(self, url: str) -> None:
        self._redis: Any = Redis.from_url(url)

    def waiting(self) -> list[Scheduled]:
        """What is kept, the soonest first."""
        found = [self._redis.get(keys.scheduled(one.decode())) for one in self._redis.zrange(keys.SCHEDULED, 0, -1)]
        there = [Scheduled.read(raw) for raw in found if raw]
        return sorted(there, key=lambda one: one.order)

    def comes(self, ago: float = 0.0) -> None:
        """Each is due since `ago` seconds; those of one time keep their order."""
        for number, one in enumerate(self.waiting()):
            at = datetime.fromtimestamp(time.time() - ago + number / 1e6, UTC)
            self.amend(one, lambda known: known.having(at=at))  # noqa: B023  # done at once
            self._redis.zadd(keys.SCHEDULED, {one.id: at.timestamp()})

    def a_week_passes(self) -> None:
        """Since each was asked about."""
        for one in self.waiting():
            asked = utc_now() - timedelta(days=8)
            self.amend(one, lambda known: known.having(at=asked, asked=asked))  # noqa: B023
            self._redis.zadd(keys.SCHEDULED, {one.id: time.time()})

    def amend(self, message: Scheduled, change: Callable[[Scheduled], Scheduled]) -> None:
        self._redis.set(keys.scheduled(message.id), change(message).json(), keepttl=True)

    def chosen_for(self, at: datetime) -> None:
        """The time of what is asked about before it is sent."""
        for name in self._redis.keys(keys.intent("*").replace("{", "\\{")):
            send = Send.read(self._redis.get(name))
            self._redis.set(name, send.having(not_before=at).json(), keepttl=True)

    def lives(self) -> list[int]:
        """For how many seconds each text is kept."""
        return [int(self._redis.ttl(keys.scheduled(one.id))) for one in self.waiting()]

    def kept(self) -> list[str]:
        """The keys that are about messages which are sent later."""
        return sorted(one.decode() for one in self._redis.keys(f"{keys.PREFIX}scheduled*"))

    def holding(self, words: str) -> list[str]:
        """The keys in which these words are."""
        found = []
        for name in self._redis.keys("*"):
            match self._redis.type(name):
                case b"string":
                    value = self._redis.get(name)
                case b"hash":
                    value = self._redis.hgetall(name)
                case b"list":
                    value = self._redis.lrange(name, 0, -1)
                case b"stream":
                    value = self._redis.xrange(name)
                case _:  # names and times
                    value = name
            found += [name.decode()] if words in repr(value) else []
        return sorted(found)

    def wakes(self) -> list[float]:
        """When what is snoozed is to wake (Unix seconds)."""
        return [at for _, at in self._redis.zrange(keys.SNOOZED, 0, -1, withscores=True)]

    def forget(self, key: str) -> None:
        """What is cached there is asked for anew."""
        self._redis.delete(key)

    def close(self) -> None:
        self._redis.close()


async def later(on: Stage, user: str, card: Message, said: str, **values: Any) -> None:
    """`user` replies from the card, tomorrow or when `values` say."""
    await reply_form(on, user, card)
    ack = await on.slack.submit(user, values={"text": said, "send_when": "tomorrow"} | values)
    assert (ack.ok, ack.trouble) == (True, "")
    await idle(on)


async def dm_later(on: Stage, user: str, to: str, said: str, **values: Any) -> None:
    """The same from the form behind `/dm`."""
    await on.slack.command(user, on.acme.channel, "/dm", to)
    await form(on, user, "To")
    ack = await on.slack.submit(user, values={"text": said, "send_when": "tomorrow"} | values)
    assert ack.ok
    await idle(on)


async def rings(on: Stage, held: int = 0) -> None:
    """The timer of one of the processes rings."""
    await on.bridge.lanes.accept(RingLater())
    await idle(on, held=held)


def below(on: Stage, card: Message) -> list[Message]:
    """What stands below the card of messages that are sent later."""
    return [one for one in on.slack.replies(card.channel, card.ts) if one.text.startswith(("🕓", "✋"))]


def sent(on: Stage) -> list[str]:
    """What went out, in order."""
    return [one.text for one in on.inbox.sent()]


async def holds(on: Stage, user: str, choice: str = "For 30 seconds") -> None:
    """`user` wants that, in Home."""
    await on.slack.open_home(user)
    await on.slack.until(lambda: "Hold what I send" in on.slack.show(on.slack.home(user) or {"blocks": []}))
    assert (await on.slack.press_home(user, "my_hold", value=choice)).ok
    await idle(on)


async def passes(on: Stage, clock: Later) -> None:
    """The seconds are over."""
    (waits,) = clock.waiting()
    clock.comes()
    await on.bridge.lanes.hurry(Release(about=waits.id, to=waits.to, asker=waits.send.asker))
    await idle(on)
