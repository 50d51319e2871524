"""All that people do, while processes die, Slack and Inbox fail and are away, and Redis fails over or goes back.

`CHAOS_ALL` is how often each conversation has a turn at least (40 unless set), `CHAOS_AWAY` how many seconds an outage
takes (10 to 20 unless set), `CHAOS_SEED` repeats a run. What a Redis that went back may cost is what
`docs/operating.md` says, and counted in the spans that it lost alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import RedisError

from bot.errors import StoreUnavailable
from bot.features import KINDS
from bot.queue.lanes import Lanes
from bot.reminders.store import Waiting
from bot.sandbox.inbox.records import utc_now
from bot.store import keys
from bot.store.connect import connect
from tests.chaos.crew import PACES, Crew, crew
from tests.chaos.judge import Judge
from tests.chaos.team import (
    NOT_THERE,
    Stranger,
    Talk,
    begins,
    by_command,
    by_form,
    by_prefix,
    moves,
    stranger,
    talk,
    writes,
)
from tests.chaos.twins import Twins, twins

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1500)]
TURNS = int(os.environ.get("CHAOS_ALL", "40"))
AWAY = float(os.environ.get("CHAOS_AWAY", "20"))  # seconds at most, and half of it at least
PEOPLE, STRANGERS = 8, 6
SCOPES = {"channels:history", "groups:history", "reactions:write"}
SOON = {"unassigned_after": 0.0005, "assigned_after": 0.0005}  # hours
WOES = ("slack is away", "inbox is away", "redis fails over", "redis goes back")


PACES_HERE = replace(PACES, replying=5.0)  # so long it is said who is replying: what waits for that is not stuck


@pytest.mark.parametrize("api", ["v1", "v2"])
async def test_nothing_is_lost_or_done_twice_whatever_dies_or_is_away(tmp_path: Path, api: str) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(10**6))
    dice = random.Random(f"{seed} {api}")
    async with twins(tmp_path) as redis, crew(redis.url, api, timing=PACES_HERE) as on:
        on.slack.scopes |= SCOPES
        channels = [on.acme.channel, on.slack.add_channel("vip")]
        await _chosen(redis, channels)
        talks, strangers = [talk(on, n) for n in range(PEOPLE)], [stranger(on, n) for n in range(STRANGERS)]
        for one in talks:
            await writes(on, one, dice)
        await on.until(lambda: all(one.cards(on) for one in talks), 60)
        woe, done = asyncio.Event(), asyncio.Event()
        trouble = [
            asyncio.create_task(_woes(on, redis, dice, woe, done)),
            asyncio.create_task(on.harass(dice, done, (0.3, 2.0))),
            asyncio.create_task(_faults(on, dice, done)),
            asyncio.create_task(_hours_pass(redis)),
        ]
        firsts = [asyncio.create_task(_begins(on, one, redis, dice, done)) for one in strangers]
        await asyncio.gather(*(_day(on, one, channels, dice, woe) for one in talks), _routes(on, channels, dice, woe))
        done.set()
        await asyncio.gather(*trouble[:3])
        judge = Judge(on, redis, talks, strangers)
        await on.settled(judge.left)
        await asyncio.gather(*firsts)
        await _queue(redis)
        ends = await _last_words(on, talks, channels, dice)
        await on.settled(lambda: judge.left() + judge.unheard())
        stuck, dead = await _queue(redis)
        trouble[3].cancel()
        judge.says(f"API {api}, seed {seed}", ends, stuck, dead)


async def _chosen(redis: Twins, channels: list[str]) -> None:
    client = connect(redis.url)
    for channel in channels:
        await client.set(keys.channel_choices(channel), json.dumps({"replies": ">>", "reminders": SOON}))
    await client.aclose()


async def _day(on: Crew, one: Talk, channels: list[str], dice: random.Random, woe: asyncio.Event) -> None:
    """Turn by turn, until there were enough and every woe has come."""
    k = 0
    while k < TURNS or not woe.is_set():
        k += 1
        with contextlib.suppress(*NOT_THERE):
            match dice.randrange(8):
                case 0 | 1:
                    await by_command(on, one, k)
                case 2:
                    await by_form(on, one, k)
                case 3 | 4:
                    await by_prefix(on, one, k, dice)
                case 5:
                    await moves(on, one, dice.choice(channels))
                case 6:
                    await on.slack.open_home(one.user)
                case 7:
                    await writes(on, one, dice)
        await writes(on, one, dice)
        await asyncio.sleep(dice.uniform(0.0, 1.0))


async def _routes(on: Crew, channels: list[str], dice: random.Random, woe: asyncio.Event) -> None:
    """An admin changes her mind about where conversations belong."""
    while not woe.is_set():
        where = dice.choice(channels)
        for words in (f"route add platform:x to:<#{where}|there>", "route remove 1"):
            await on.slack.command(on.acme.ana, where, "/inbox", words)
            await asyncio.sleep(dice.uniform(1.0, 4.0))


async def _begins(on: Crew, one: Stranger, redis: Twins, dice: random.Random, done: asyncio.Event) -> None:
    thread_id = on.inbox.add_thread(on.acme.account, one.person)
    await on.inbox.teammate_writes(thread_id, "Hi", "member", on.acme.bo_member, utc_now() - timedelta(hours=2))
    await asyncio.sleep(dice.uniform(0.0, AWAY))
    await begins(on, one, done, lambda asked: redis.loses(asked.began, asked.ended))


async def _woes(on: Crew, redis: Twins, dice: random.Random, woe: asyncio.Event, done: asyncio.Event) -> None:
    """One after the other, each once in each round of them."""
    while not done.is_set():
        for one in dice.sample(WOES, len(WOES)):
            await asyncio.sleep(dice.uniform(AWAY / 10, AWAY / 3))
            if done.is_set():
                break
            await _woe(on, redis, dice, one)
        woe.set()
    on.slack.heal()
    on.inbox.heal()


async def _woe(on: Crew, redis: Twins, dice: random.Random, one: str) -> None:
    on.notes(one)
    match one:
        case "slack is away":
            on.slack.fail("*", status=503, times=None)
        case "inbox is away":
            on.inbox.fail("*", 503, times=None)
        case "redis fails over":
            return await redis.fail_over()
        case _:
            return await redis.go_back(dice.uniform(0.1, 1.0))
    await asyncio.sleep(dice.uniform(AWAY / 2, AWAY))
    (on.slack if "slack" in one else on.inbox).heal()
    on.notes(f"no more: {one}")
    return None


async def _faults(on: Crew, dice: random.Random, until: asyncio.Event) -> None:
    while not until.is_set():
        await asyncio.sleep(dice.uniform(0.2, 1.0))
        match dice.randrange(9):
            case 0:
                on.inbox.fail("POST *", dice.choice([500, 503]))
            case 1:
                on.inbox.fail(dice.choice(["POST *", "PATCH *"]), drop=dice.choice(["before", "after"]))
            case 2:
                on.inbox.fail("* *", 429, retry_after=1)
            case 3:
                on.inbox.fail("POST *", delay=dice.uniform(0.5, 6.0))
            case 4:
                on.slack.fail("chat.postMessage", retry_after=1)
            case 5:
                on.slack.fail("chat.postMessage", status=500)
            case 6:
                on.slack.fail("chat.postMessage", drop=dice.choice(["before", "after"]))
            case 7:
                on.slack.fail(dice.choice(["reactions.add", "chat.update", "views.publish"]), drop="after")
            case 8:
                on.slack.fail("views.open", status=500)


async def _hours_pass(redis: Twins) -> None:
    """Whoever waits is looked at each second, rather than after a quarter of an hour."""
    client = connect(redis.url)
    waiting = Waiting(client)
    try:
        while True:
            await asyncio.sleep(1.0)
            with contextlib.suppress(RedisError, StoreUnavailable):
                await waiting.look_at_all()
    finally:
        await client.aclose()


async def _last_words(on: Crew, talks: list[Talk], channels: list[str], dice: random.Random) -> list[str]:
    """Nothing fails any more: each is moved somewhere, each customer writes, each Home is opened. Where they are."""
    on.slack.heal()
    on.inbox.heal()
    ends = [dice.choice(channels) for _ in talks]
    for one, channel in zip(talks, ends, strict=True):
        for _ in range(5):
            try:
                await moves(on, one, channel)
                break
            except NOT_THERE:
                await asyncio.sleep(2)
        await on.inbox.customer_writes(one.person, f"in {one.number} {len(one.written)}")
        one.written.append(f"in {one.number} {len(one.written)}")
        await on.slack.open_home(one.user)
    return ends


async def _queue(redis: Twins) -> tuple[list[str], list[str]]:
    """The lanes that are not empty after two minutes, and the dead letters."""
    client: Any = connect(redis.url)
    try:
        lanes = Lanes(client, "chaos", KINDS)
        for _ in range(480):
            depth = await lanes.depth()
            if not (depth["people"] or depth["background"] or depth["delayed"]):
                break
            await asyncio.sleep(0.25)
        begin = keys.lane("")
        left = [name.decode().removeprefix(begin) for name in await client.keys(begin.replace("{", "\\{") + "*")]
        return left, [f"{one.job.kind if one.job else '?'}: {one.reason}" for one in await lanes.dead_letters()]
    finally:
        await client.aclose()
