"""The form behind `/dm` completes people whom the bot has seen, and takes whatever else somebody types."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from bot.sandbox.stage import Stage
from bot.store import keys
from tests.e2e.steps import AT_ONCE, calls, card_of, form, initial, told


async def offered(on: Stage, user: str, typed: str) -> list[str]:
    """What the menu shows for what was typed."""
    ack = await on.slack.suggest(user, "known", typed)
    assert (ack.ok, ack.trouble) == (True, "")
    assert ack.seconds < AT_ONCE
    return [one["text"]["text"] for one in on.slack.suggested("known")]


async def opened_form(on: Stage, user: str, text: str = "") -> dict[str, Any]:
    assert (await on.slack.command(user, on.acme.channel, text=text)).ok
    return await form(on, user)


async def test_who_has_written_is_completed_and_the_message_goes_to_them(on: Stage) -> None:
    await card_of(on)
    await card_of(on, "Hi", on.acme.omar)
    await opened_form(on, on.acme.ana)
    on.inbox.calls.clear()
    assert await offered(on, on.acme.ana, "sar") == ["Sarah Chen (@sarah) on X"]
    assert await offered(on, on.acme.ana, "chen sa") == ["Sarah Chen (@sarah) on X"]
    assert await offered(on, on.acme.ana, "@omar_k") == ["Omar Khan (@omar_k) on X"]
    assert await offered(on, on.acme.ana, "https://x.com/sarah") == ["Sarah Chen (@sarah) on X"]
    assert await offered(on, on.acme.ana, "zz") == []
    assert calls(on, "GET") == []
    assert await offered(on, on.acme.ana, "sarah") != []
    ack = await on.slack.submit(on.acme.ana, values={"known": "Sarah Chen (@sarah) on X", "text": "Hello"})
    assert (ack.ok, ack.trouble) == (True, "")
    (sent,) = await on.slack.until(lambda: on.inbox.sent())
    assert sent.text == "Hello"
    await on.slack.until(lambda: any("Sent to Sarah Chen" in one for one in told(on, on.acme.ana)))


async def test_who_was_looked_up_is_completed_too(on: Stage) -> None:
    await on.slack.command(on.acme.ana, on.acme.channel, text=f"{on.acme.omar.platform_id} Hello")
    await on.slack.until(lambda: on.inbox.sent())
    await opened_form(on, on.acme.bo)
    assert await offered(on, on.acme.bo, "kha") == ["Omar Khan (@omar_k) on X"]


async def test_a_name_from_the_command_shows_and_gives_way_to_who_is_chosen(on: Stage) -> None:
    await card_of(on)
    view = await opened_form(on, on.acme.ana, "Sarah Chen hi")
    assert initial(view, "recipient") == "Sarah Chen"
    await offered(on, on.acme.ana, "sarah")
    assert (await on.slack.submit(on.acme.ana, values={"known": "Sarah Chen (@sarah) on X"})).ok
    (sent,) = await on.slack.until(lambda: on.inbox.sent())
    assert sent.text == "hi"


@pytest.mark.parametrize(("command", "typed"), [("", "@omar_k"), ("@omar_k", None), ("Omar hi", "@omar_k")])
async def test_two_who_are_named_get_nothing(on: Stage, command: str, typed: str | None) -> None:
    await card_of(on)
    await opened_form(on, on.acme.ana, command)
    await offered(on, on.acme.ana, "sarah")
    values = {"known": "Sarah Chen (@sarah) on X", "text": "Hello"} | ({"recipient": typed} if typed else {})
    ack = await on.slack.submit(on.acme.ana, values=values)
    assert isinstance(ack.body, dict)
    assert "Somebody is named in To as well" in ack.body["errors"]["known"]
    assert on.inbox.sent() == []


async def test_nobody_at_all_is_said_beside_the_field(on: Stage) -> None:
    await opened_form(on, on.acme.ana)
    ack = await on.slack.submit(on.acme.ana, values={"text": "Hello"})
    assert isinstance(ack.body, dict)
    assert list(ack.body["errors"]) == ["recipient"]


@pytest.mark.parametrize("who", ["kim", "guest", "outsider"])
async def test_who_may_not_act_is_offered_nobody(on: Stage, who: str) -> None:
    await card_of(on)
    user = getattr(on.acme, who)
    asked = {"type": "block_suggestion", "action_id": "known", "block_id": "known", "value": "sarah"}
    ack = await on.slack.interaction(user, asked)
    assert (ack.status, ack.body) == (200, {"options": []})
    assert told(on, user) == []


async def test_what_is_kept_ends_by_itself(on: Stage, redis_url: str) -> None:
    await card_of(on)
    with Redis.from_url(redis_url) as redis:
        for name in (keys.KNOWN, keys.KNOWN_WORDS, keys.KNOWN_SEEN):
            assert redis.ttl(name) > 80 * 86_400
