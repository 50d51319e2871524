"""What others may try on the wire, and what must never leave this process: secrets, addresses and words."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from redis import Redis

from bot.sandbox.stage import Stage
from bot.slack.session import is_slacks
from tests.clients import plain_http
from tests.conftest import NEVER_LOGGED, Open
from tests.e2e.steps import Recorder, calls, card_of, cards, form, hears, idle, recorder, shows, told, whisper


async def get(on: Stage, path: str, **headers: str) -> httpx.Response:
    async with plain_http() as anybody:
        return await anybody.get(on.url + path, headers=headers)


async def replayed(on: Stage, kept: Recorder) -> None:
    """Everything that Slack sent, byte for byte and with the same signatures, three times more."""
    for request in list(kept.requests):
        for _ in range(3):
            headers = {k: v for k, v in request.headers.items() if k.startswith("x-slack") or k == "content-type"}
            assert (await on.slack.raw(request.content, headers)).status == 200
    await idle(on)


# --- replays ---------------------------------------------------------------------------------------------------------


async def test_a_signed_request_that_is_sent_again_does_nothing(on: Stage) -> None:
    card, kept = await card_of(on), recorder(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Reopen")
    await on.slack.until(lambda: "Archived" not in shows(on, card))
    await on.slack.shortcut(on.acme.bo, card.channel, card.ts, "assign_to_me")
    await on.slack.until(lambda: "Assigned to Bo" in shows(on, card))
    await on.slack.command(on.acme.ana, card.channel, text="@sarah By command")
    await whisper(on, on.acme.ana, "By command")
    await on.slack.command(on.acme.ana, card.channel, text="@sarah")
    view = await form(on, on.acme.ana)
    await on.slack.submit(on.acme.ana, view["id"], {"text": "By form"})
    await whisper(on, on.acme.ana, "By form")
    await on.slack.command(on.acme.ana, card.channel, command="/inbox", text=f"allow <@{on.acme.guest}>")
    await hears(on, on.acme.ana, "may act on Inbox conversations now")
    await idle(on)
    changes, posts = len(calls(on, "PATCH")), len(calls(on, "POST"))
    await replayed(on, kept)
    assert len(calls(on, "PATCH")) == changes == 3
    assert len(calls(on, "POST")) == posts
    assert [sent.text for sent in on.inbox.sent()] == ["By command", "By form"]
    assert "Archived" not in shows(on, card)
    assert len([one for one in told(on, on.acme.ana) if "may act on Inbox conversations now" in one]) == 1


async def test_an_event_that_is_sent_again_does_nothing(on: Stage) -> None:
    kept = recorder(on)
    await on.slack.open_home(on.acme.ana)
    await on.slack.until(lambda: on.slack.home(on.acme.ana))
    await replayed(on, kept)
    assert [call.method for call in on.slack.calls].count("views.publish") == 1


# --- headers, hosts, banners -----------------------------------------------------------------------------------------

GARBAGE: list[dict[str, bytes]] = [
    {"X-Slack-Request-Timestamp": b"9" * 4000},
    {"X-Slack-Request-Timestamp": "١٢٣".encode()},
    {"X-Slack-Signature": b"\xff\xfe"},
    {"X-Slack-Signature": b"v0=" + b"0" * 10_000},
    {"X-Inbox-Signature": b"t=" + b"9" * 4000 + b",v1=0"},
    {"X-Inbox-Signature": b",".join([b"v1=0"] * 2000)},
    {"X-Inbox-Signature": b"t=\xd9\xa1,v1=\xff"},
]


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("path", ["/slack/events", "/inbox/webhook"])
async def test_garbage_in_the_headers_is_not_signed(on: Stage, path: str, garbage: dict[str, bytes]) -> None:
    body = b'{"type":"x"}'
    headers = [(k.encode(), v) for k, v in garbage.items()]
    if path == "/slack/events" and "X-Slack-Signature" in garbage:
        headers.append((b"X-Slack-Request-Timestamp", str(int(time.time())).encode()))
    async with plain_http() as anybody:
        assert (await anybody.post(on.url + path, content=body, headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "url",
    [
        "http://slack.com/x",
        "https://slack.com.evil.example/x",
        "https://evilslack.com/x",
        "https://evil.example/slack.com",
        "https://hooks.slack.com@evil.example/x",
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:6379/",
        "file:///etc/passwd",
        "",
        "https://[::1",
    ],
)
def test_an_answer_goes_to_slacks_hosts_only(url: str) -> None:
    assert not is_slacks(url, "https://slack.com/api/")
    assert is_slacks("https://hooks.slack.com/commands/1/2/3", "https://slack.com/api/")


async def test_a_response_url_of_somebody_else_is_never_called(on: Stage) -> None:
    """Even signed, it is not believed: the answer takes another way."""
    card = await card_of(on)
    hits: list[str] = []

    async def evil(_: Any, __: Any) -> None:
        hits.append("called")

    server = await asyncio.start_server(evil, "127.0.0.2", 0)
    port = server.sockets[0].getsockname()[1]
    pressed = {"type": "button", "action_id": "archive", "block_id": "b", "value": "no-card", "action_ts": "1"}
    payload = {"type": "block_actions", "actions": [pressed], "channel": {"id": card.channel, "name": "x"}}
    payload |= {"response_url": f"http://127.0.0.2:{port}/x", "container": {"channel_id": card.channel}}
    assert (await on.slack.interaction(on.acme.ana, payload)).ok
    await hears(on, on.acme.ana, "I can't tell which Inbox conversation")
    server.close()
    assert hits == []


async def test_no_answer_says_what_runs_here(on: Stage) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/nothing"):
        answer = await get(on, path)
        assert "server" not in answer.headers
        assert "x-powered-by" not in answer.headers
        assert "uvicorn" not in str(answer.headers).lower()


async def test_metrics_can_want_a_token(opened: Open) -> None:
    on = await opened(metrics_token="only-for-prometheus")
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "only-for-prometheus"}):
        answer = await get(on, "/metrics", **headers)
        assert answer.status_code == 401
        assert "bot_" not in answer.text
    answer = await get(on, "/metrics", Authorization="Bearer only-for-prometheus")
    assert answer.status_code == 200
    assert "bot_queue_lanes" in answer.text
    assert (await get(on, "/healthz")).status_code == 200


# --- two secrets while one is changed --------------------------------------------------------------------------------


async def test_two_signing_secrets_are_good_while_one_is_changed(opened: Open) -> None:
    on = await opened(socket_mode=False, slack_signing_secret="the-old-one,sandbox-signing-secret")
    for secret, status in (("the-old-one", 200), ("sandbox-signing-secret", 200), ("a-guess", 401), ("", 401)):
        on.slack.signing_secret = secret
        ack = await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="help")
        assert ack.status == status, secret
    on.slack.signing_secret = "the-old-one,sandbox-signing-secret"
    assert (await on.slack.command(on.acme.ana, on.acme.channel, text="help")).status == 401


async def test_two_webhook_secrets_are_good_while_one_is_changed(opened: Open) -> None:
    on = await opened(inbox_webhook_secret="the-old-one,ibt_wh_sandbox")
    body = json.dumps({"id": "e1", "seq": 1, "type": "x", "version": "1.0"}).encode()
    for secret, status in (("the-old-one", 200), ("ibt_wh_sandbox", 200), ("a-guess", 401), ("", 401)):
        stamp = str(int(time.time()))
        digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        async with plain_http() as anybody:
            headers = {"X-Inbox-Signature": f"t={stamp},v1={digest}"}
            answer = await anybody.post(f"{on.url}/inbox/webhook", content=body, headers=headers)
        assert answer.status_code == status, secret


# --- what never leaves -----------------------------------------------------------------------------------------------

WORDS = ("Confidential-in", "Confidential-out", "Confidential-form", "Confidential-lost", "Confidential-broken")


async def test_no_secret_no_address_and_no_word_is_logged_or_counted(on: Stage, logged: Callable[[], str]) -> None:
    """A day in the life of the bot, with what goes wrong in it, and then a look at everything it logged."""
    card = await card_of(on, WORDS[0])
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Assigned to Ana" in shows(on, card))
    await on.slack.command(on.acme.ana, card.channel, text=f"@sarah {WORDS[1]}")
    await whisper(on, on.acme.ana, WORDS[1])
    await on.slack.command(on.acme.ana, card.channel, text="@sarah")
    view = await form(on, on.acme.ana)
    await on.slack.submit(on.acme.ana, view["id"], {"text": WORDS[2]})
    await whisper(on, on.acme.ana, WORDS[2])
    await on.slack.command(on.acme.kim, card.channel, text=f"@sarah {WORDS[3]}")
    await hears(on, on.acme.kim, "I can't match you")
    link = f"link <@{on.acme.kim}> bo@acme.example"
    await on.slack.command(on.acme.ana, card.channel, command="/inbox", text=link)
    await hears(on, on.acme.kim, "linked you to")
    for words in ("whoami", "links", "log", "link ana@acme.example"):
        await on.slack.command(on.acme.kim, card.channel, command="/inbox", text=words)
    await on.slack.open_home(on.acme.ana)
    for fault in (400, 403, 404, 500):
        on.inbox.fail("POST *", status=fault)
        await on.slack.command(on.acme.ana, card.channel, text=f"@sarah {WORDS[4]} {fault}")
        await idle(on, 30.0)
    on.slack.fail("chat.update", "invalid_blocks", times=1)
    on.slack.fail("chat.postMessage", status=500, times=1)
    await on.inbox.customer_writes(on.acme.sarah, WORDS[0])
    broken = json.dumps({"id": "e1", "seq": "many", "type": "message.created", "data": {"message": WORDS[4]}}).encode()
    async with plain_http() as anybody:
        await anybody.post(f"{on.url}/inbox/webhook", content=broken, headers=on.inbox.sign(broken))
        await anybody.post(f"{on.url}/inbox/webhook", content=broken)
    strange = {"type": "view_submission", "view": {"id": "V1", "callback_id": "dm_choose", "private_metadata": "c1"}}
    state = {"values": {"choice": {"choice": {"selected_option": {"value": WORDS[4]}}}}}
    await on.slack.interaction(on.acme.ana, strange | {"view": strange["view"] | {"state": state}})  # type: ignore[operator]
    await idle(on, 30.0)
    everything = logged() + (await get(on, "/metrics")).text
    assert '"event": "sent"' in everything  # it is the log, and at a level that says what happened
    assert [one for one in (*WORDS, *NEVER_LOGGED, "sarah", "Sarah") if one in everything] == []
    assert cards(on)


async def test_no_secret_is_in_redis(on: Stage, redis_url: str) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.command(on.acme.ana, card.channel, text="@sarah Hello")
    await whisper(on, on.acme.ana, "Sent to")
    await idle(on)
    with Redis.from_url(redis_url) as redis:
        kept = b"\n".join(_read(redis, key) for key in redis.keys("*"))
    assert on.acme.ana_member.encode() in kept
    tokens = [one for one in NEVER_LOGGED if "@" not in one]
    assert [one for one in tokens if one.encode() in kept] == []


def _read(redis: Any, key: bytes) -> bytes:
    """Whatever is under `key`, as bytes."""
    read: dict[bytes, Callable[[], object]] = {
        b"string": lambda: redis.get(key),
        b"hash": lambda: redis.hgetall(key),
        b"list": lambda: redis.lrange(key, 0, -1),
        b"set": lambda: redis.smembers(key),
        b"zset": lambda: redis.zrange(key, 0, -1),
        b"stream": lambda: redis.xrange(key),
        b"none": lambda: None,  # it has expired meanwhile
    }
    return repr(read[redis.type(key)]()).encode()
