"""Access taken away: the work rests instead of failing, and who can mend it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from redis import Redis

from bot.sandbox.slack.records import BOT_USER
from bot.sandbox.stage import Stage
from bot.store import keys
from tests.clients import plain_http
from tests.conftest import Open
from tests.e2e.steps import card_of, cards, hears, idle, told, until


async def ready(on: Stage) -> httpx.Response:
    async with plain_http() as anybody:
        return await anybody.get(f"{on.url}/readyz")


@pytest.mark.parametrize(
    ("event", "fields"),
    [("app_uninstalled", {}), ("tokens_revoked", {"tokens": {"oauth": [], "bot": [BOT_USER]}})],
)
async def test_when_slack_takes_the_token_away_the_work_rests_until_a_start_with_a_good_one(
    opened: Open, api: str, logged: Callable[[], str], event: str, fields: dict[str, Any]
) -> None:
    on = await opened(versions=[api])
    await card_of(on)
    assert (await ready(on)).status_code == 200
    assert (await on.slack.event(event, **fields)).ok
    answer = await ready(on)
    assert answer.status_code == 503
    assert "install the app again" in answer.text
    await until(lambda: on.bridge.worker._is_halted)
    before = len(on.slack.calls)
    await on.inbox.customer_writes(on.acme.omar, "While nobody may post")
    await on.inbox.settle()
    assert len(on.slack.calls) == before
    assert "install the app again and restart" in logged()
    again = await opened(versions=[api])  # auth.test answers: the token is good
    assert (await ready(again)).status_code == 200


async def test_what_was_accepted_meanwhile_is_done_afterwards(on: Stage, redis_url: str) -> None:
    await card_of(on)
    await on.slack.event("app_uninstalled")
    await until(lambda: on.bridge.worker._is_halted)
    await on.inbox.customer_writes(on.acme.omar, "While nobody may post")
    await on.inbox.settle()
    with Redis.from_url(redis_url) as redis:
        redis.delete(keys.REVOKED)  # as a start with a good token does
    await on.slack.until(lambda: len(cards(on)) == 2)


async def test_somebody_elses_token_is_no_reason_to_stop(on: Stage, redis_url: str) -> None:
    await on.slack.event("tokens_revoked", tokens={"oauth": [on.acme.ana]})
    await on.slack.event("tokens_revoked", tokens={"bot": ["U0OTHER"]})
    with Redis.from_url(redis_url) as redis:
        assert not redis.exists(keys.REVOKED)
    await card_of(on)


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive"])
async def test_a_post_refused_for_its_token_waits_rather_than_being_given_up(on: Stage, code: str) -> None:
    on.slack.fail("chat.postMessage", code, times=2)
    await on.inbox.customer_writes(on.acme.sarah, "Hello")
    await on.slack.until(lambda: cards(on))
    await idle(on)
    assert (await on.bridge.lanes.depth())["dead"] == 0


async def test_when_inbox_refuses_the_token_the_admins_hear_it_once_with_the_remedy(on: Stage) -> None:
    card = await card_of(on)
    for round_number in (1, 2):
        on.inbox.fail("*", status=401, times=None)
        for label in ("Archive", "Assign to me"):
            await on.slack.press(on.acme.bo, card.channel, card.ts, label)
        await hears(on, on.acme.bo, "Inbox no longer accepts my API token")
        await on.slack.until(lambda: len(_about_the_token(on)) == round_number)  # noqa: B023  # asked within the round
        await idle(on)
        assert len(_about_the_token(on)) == round_number
        assert "set INBOX_API_TOKEN" in _about_the_token(on)[0]
        on.inbox.heal()
        await on.bridge.inbox.members()  # it is well again
        on.slack.private_words.clear()


def _about_the_token(on: Stage) -> list[str]:
    return [one for one in told(on, on.acme.ana) if "Inbox no longer accepts my API token" in one]
