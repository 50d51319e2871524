"""One line for each accepted request and each finished job, and the same reference in all that belong together."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis

from bot.sandbox.stage import Stage
from bot.store import keys
from tests.e2e.steps import card_of, idle


def lines(logged: Callable[[], str], name: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in logged().splitlines() if line.startswith("{")]
    return [line for line in found if line["event"] == name]


@pytest.mark.parametrize("waits", [False, True])
async def test_an_event_and_its_work_have_one_reference_even_when_it_waits_for_its_turn(
    on: Stage, logged: Callable[[], str], redis_url: str, waits: bool
) -> None:
    await card_of(on)
    before = len(lines(logged, "event"))
    if waits:
        with Redis.from_url(redis_url) as redis:
            redis.delete(keys.CURSOR)  # so that nobody knows whether it is the next one
    await card_of(on, person=on.acme.omar)
    (told,) = [line for line in lines(logged, "event")[before:] if line["ref"]]
    work = [line["kind"] for line in lines(logged, "job") if line["ref"] == told["ref"]]
    assert [kind for kind in work if kind in ("notify", "post")] == ["notify", "post"]


async def test_a_home_that_is_opened_is_accepted_in_one_line(on: Stage, logged: Callable[[], str]) -> None:
    assert (await on.slack.open_home(on.acme.ana)).ok
    await on.slack.until(lambda: on.slack.home(on.acme.ana))
    await idle(on)
    (accepted,) = [line for line in lines(logged, "accepted") if line["kind"] == "open_home"]
    (job,) = [line for line in lines(logged, "job") if line["ref"] == accepted["ref"]]
    assert job["outcome"] == "done"
