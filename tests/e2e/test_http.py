"""The wire: who may call, what may come, how fast it is answered, and that a repeat is recognised."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx
import pytest

from bot.sandbox.inbox.records import Logged
from bot.sandbox.slack.records import Ack
from bot.sandbox.stage import Stage
from tests.clients import plain_http
from tests.conftest import Open
from tests.e2e.steps import (
    AT_ONCE,
    Picture,
    calls,
    card_of,
    cards,
    form,
    hears,
    idle,
    recorder,
    shows,
    thread,
    told,
    until,
    version,
)

HANGS = 2.5  # seconds; Bolt lets who fails at once wait for three


async def post(on: Stage, path: str, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    """Whatever anybody sends to the bot."""
    async with plain_http() as anybody:
        return await anybody.post(on.url + path, content=body, headers=headers or {})


async def get(on: Stage, path: str) -> httpx.Response:
    async with plain_http() as anybody:
        return await anybody.get(on.url + path)


async def webhook(on: Stage, content: Any) -> httpx.Response:
    """A delivery that Inbox signed; `content` is JSON unless it is bytes."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return await post(on, "/inbox/webhook", body, on.inbox.sign(body))


async def undelivered(on: Stage, said: str) -> Logged:
    """The event of a message whose webhook nobody has delivered yet."""
    await idle(on)
    on.inbox.auto_deliver = False
    await on.inbox.customer_writes(on.acme.sarah, said)
    return on.inbox.events[-1]


def seen(on: Stage) -> tuple[int, int, int]:
    """How much has happened so far."""
    return len(on.slack.calls), len(on.inbox.calls), len(on.slack.ephemerals())


# --- signatures ------------------------------------------------------------------------------------------------------


async def test_a_slack_request_that_is_not_signed_now_by_slack_is_refused_and_does_nothing(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    kept = recorder(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    await on.slack.command(on.acme.ana, card.channel, text="@omar_k Hello")
    await hears(on, on.acme.ana, "Sent to")
    await idle(on)
    before, happened = Picture(card), seen(on)
    for number, request in enumerate(kept.requests):
        body = re.sub(rb"(trigger_id(?:=|%22%3A\+%22))", rb"\g<1>9", request.content)
        assert body != request.content, number
        now = on.slack.sign(body)
        stamp = now["X-Slack-Request-Timestamp"]
        v0 = hmac.new(on.slack.signing_secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        assert now["X-Slack-Signature"] == f"v0={v0}"
        wrong = {
            "unsigned": {"Content-Type": now["Content-Type"]},
            "without a time": {k: v for k, v in now.items() if k != "X-Slack-Request-Timestamp"},
            "without a signature": {k: v for k, v in now.items() if k != "X-Slack-Signature"},
            "of another secret": now
            | {"X-Slack-Signature": "v0=" + hmac.new(b"guess", body, hashlib.sha256).hexdigest()},
            "of another body": now | {"X-Slack-Signature": request.headers["X-Slack-Signature"]},
            "of another time": now | {"X-Slack-Request-Timestamp": str(int(stamp) - 1)},
            "stale": on.slack.sign(body, time.time() - 360),
            "from the future": on.slack.sign(body, time.time() + 360),
            "no number": now | {"X-Slack-Request-Timestamp": "now"},
            "empty": now | {"X-Slack-Signature": ""},
            "bare": now | {"X-Slack-Signature": v0},
        }
        for name, headers in wrong.items():
            response = await post(on, "/slack/events", body, headers)
            assert response.status_code == 401, name
    await idle(on)
    assert seen(on) == happened
    assert before.is_unchanged()
    assert [sent.text for sent in on.inbox.sent()] == ["Hello"]


async def test_an_inbox_request_that_is_not_signed_now_by_inbox_is_refused_and_does_nothing(on: Stage) -> None:
    event = await undelivered(on, "Forged?")
    body, happened = on.inbox.event_body(event.id), seen(on)
    now = on.inbox.sign(body)["X-Inbox-Signature"]
    stamp = now.partition(",")[0]
    wrong = {
        "unsigned": None,
        "empty": "",
        "no fields": "hello",
        "without a time": now.partition(",")[2],
        "without a signature": stamp,
        "of another secret": f"{stamp},v1={hmac.new(b'guess', body, hashlib.sha256).hexdigest()}",
        "of another body": on.inbox.sign(body + b" ")["X-Inbox-Signature"],
        "of another time": now.replace(stamp, f"t={int(stamp[2:]) - 1}"),
        "stale": on.inbox.sign(body, time.time() - 360)["X-Inbox-Signature"],
        "from the future": on.inbox.sign(body, time.time() + 360)["X-Inbox-Signature"],
        "of an unknown scheme": now.replace("v1=", "v2="),
        "cut": now[:-2],
    }
    for name, header in wrong.items():
        response = await post(on, "/inbox/webhook", body, {} if header is None else {"X-Inbox-Signature": header})
        assert response.status_code == 401, name
    await idle(on)
    assert seen(on) == happened
    assert cards(on) == []
    assert (await post(on, "/inbox/webhook", body, on.inbox.sign(body))).status_code == 200
    await on.slack.until(lambda: cards(on))


async def test_a_clock_that_differs_is_told_from_a_wrong_secret(on: Stage, logged: Callable[[], str]) -> None:
    body, late = b"{}", time.time() - 400
    for path, headers in (("/slack/events", on.slack.sign(body, late)), ("/inbox/webhook", on.inbox.sign(body, late))):
        response = await post(on, path, body, headers)
        assert response.status_code == 401
        assert re.fullmatch(r"clock differs by 40\d s", response.text)
    assert logged().count('"clock_differs"') == 2
    assert "not_signed" not in logged()


async def test_one_good_signature_among_several_is_enough(on: Stage) -> None:
    event = await undelivered(on, "While the secret changes")
    body = on.inbox.event_body(event.id)
    stamp, _, good = on.inbox.sign(body)["X-Inbox-Signature"].partition(",")
    header = f"{stamp},v1={'0' * 64},{good},v1={'f' * 64}"
    assert (await post(on, "/inbox/webhook", body, {"X-Inbox-Signature": header})).status_code == 200
    await on.slack.until(lambda: cards(on))


async def test_a_signature_five_minutes_old_is_still_good(on: Stage) -> None:
    event = await undelivered(on, "On a slow wire")
    body = on.inbox.event_body(event.id)
    headers = on.inbox.sign(body, time.time() - 290)
    assert (await post(on, "/inbox/webhook", body, headers)).status_code == 200
    await on.slack.until(lambda: cards(on))


async def test_without_a_webhook_secret_the_route_is_not_there_and_events_are_polled(opened: Open, api: str) -> None:
    on = await opened(versions=[api], inbox_webhook_secret=None)
    await on.inbox.customer_writes(on.acme.sarah, "Polled")
    await on.slack.until(lambda: cards(on))
    assert {status for _, status in on.inbox.deliveries} == {404}
    assert "Polled" in shows(on, cards(on)[0])
    assert on.inbox.violations == []


# --- hostile and unexpected bodies -----------------------------------------------------------------------------------

DEEP = b"[" * 100_000
NOT_JSON = [b"", b"{", b"\xff\xfe\x00", b"null", b"[]", b'"text"', b"7", b"{}garbage", DEEP, b'{"id":"\xff"}']


async def test_broken_json_from_inbox_breaks_nothing(on: Stage) -> None:
    await idle(on)
    for body in NOT_JSON:
        assert (await webhook(on, body)).status_code in (200, 400), body[:20]
    await idle(on)
    await card_of(on, "Still here")


async def test_events_that_are_none_or_of_unknown_types_break_nothing_and_hide_nothing(on: Stage) -> None:
    await card_of(on)
    version = {"version": "1.0"} if on.inbox.webhook_version == "1.0" else {"apiVersion": "2"}
    seq = on.inbox.world.seq
    strange: list[dict[str, Any]] = [
        {},
        {"id": "e1"},
        {"id": None, "seq": None, "type": None},
        {"id": "e2", "seq": "many", "type": "message.created"},
        {"id": ["e3"], "seq": {}, "type": 7},
        {"id": "e4", "seq": seq, "type": "thread.exploded", "data": {"thread": {"id": thread(on).id}}},
        {"id": "e6", "seq": seq, "type": "thread.archived", "data": []},
        {"id": "e7", "seq": seq, "type": "thread.assigned", "data": {"thread": "everything"}},
        {"id": "e8", "seq": seq, "type": "contact.assigneeChanged", "object": {"type": "contact", "id": 7}},
        {"id": "e9", "seq": -1, "type": "x" * 10_000, "timestamp": "the day after"},
    ]
    for one in strange:
        assert (await webhook(on, version | one)).status_code < 500, one
    await on.inbox.customer_writes(on.acme.omar, "Still here")
    await on.slack.until(lambda: len(cards(on)) == 2)
    assert "Still here" in shows(on, cards(on)[1])


async def test_a_message_event_that_names_no_message_holds_up_nothing(on: Stage) -> None:
    await idle(on)
    version = {"version": "1.0"} if on.inbox.webhook_version == "1.0" else {"apiVersion": "2"}
    type = "message.created" if on.inbox.webhook_version == "1.0" else "message.received"
    assert (await webhook(on, version | {"id": "e1", "seq": 0, "type": type, "data": None})).status_code == 200
    await on.inbox.customer_writes(on.acme.sarah, "Still here")
    await on.slack.until(lambda: cards(on))


async def test_a_message_that_inbox_will_not_show_holds_up_no_other(opened: Open) -> None:
    on = await opened(versions=["v2"])
    await idle(on)
    on.inbox.auto_deliver = False
    withheld = await on.inbox.customer_writes(on.acme.sarah, "Withheld")
    on.inbox.fail(f"GET /v2/messages/{withheld}", 400, times=None)
    on.inbox.auto_deliver = True
    await on.inbox.redeliver(on.inbox.events[-1].id)
    await on.inbox.customer_writes(on.acme.omar, "Still here")
    await on.slack.until(lambda: cards(on))
    assert "Still here" in shows(on, cards(on)[0])


def _with_strangers(value: Any) -> Any:
    """`value` with a field nobody knows in every object."""
    if isinstance(value, dict):
        return {name: _with_strangers(one) for name, one in value.items()} | {"newInOctober": {"really": [1, None]}}
    return [_with_strangers(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("payload", ["1.0", "2"])
async def test_fields_that_nobody_knows_are_ignored(on: Stage, payload: str) -> None:
    on.inbox.webhook_version = payload
    event = await undelivered(on, "With more fields")
    assert (await webhook(on, _with_strangers(json.loads(on.inbox.event_body(event.id))))).status_code == 200
    await on.slack.until(lambda: cards(on))
    assert "With more fields" in shows(on, cards(on)[0])


@pytest.mark.parametrize("payload", ["1.0", "2"])
async def test_an_event_with_nothing_but_ids_still_becomes_a_card(on: Stage, payload: str) -> None:
    """What is missing is read from Inbox."""
    on.inbox.webhook_version = payload
    event = await undelivered(on, "Hardly anything")
    whole = json.loads(on.inbox.event_body(event.id))
    bare = {name: whole[name] for name in ("id", "seq", "type", "version", "apiVersion", "object") if name in whole}
    if payload == "1.0":
        bare["data"] = {"messageId": thread(on).messages[-1].id, "threadId": thread(on).id}
    assert (await webhook(on, bare)).status_code == 200
    await on.slack.until(lambda: cards(on))
    assert "Sarah Chen (@sarah) via @acme" in shows(on, cards(on)[0])
    assert "Hardly anything" in shows(on, cards(on)[0])


@pytest.mark.parametrize("name", ["attachment", "entities", "reactions", "replyData", "origin", "userId", "platform"])
async def test_an_optional_field_of_a_message_may_be_missing(opened: Open, name: str) -> None:
    on = await opened(versions=["v1"])
    event = await undelivered(on, "Slim")
    content = json.loads(on.inbox.event_body(event.id))
    del content["data"]["message"][name]
    content["data"]["thread"].pop("lastMessage")
    content["data"]["thread"]["prospect"].pop("context")
    assert (await webhook(on, content)).status_code == 200
    await on.slack.until(lambda: cards(on))
    assert "Slim" in shows(on, cards(on)[0])


def _payload(value: Any) -> bytes:
    return urlencode({"payload": value if isinstance(value, str) else json.dumps(value)}).encode()


async def test_broken_bodies_from_slack_break_nothing(on: Stage) -> None:
    """None of them is answered with a 5xx, and none holds the answer back until Slack hangs up."""
    card = await card_of(on)
    user, team = {"id": on.acme.ana, "team_id": on.slack.team_id}, {"id": on.slack.team_id}
    click: dict[str, Any] = {"type": "block_actions", "user": user, "team": team, "trigger_id": "t"}
    submission: dict[str, Any] = {"type": "view_submission", "user": user, "team": team, "trigger_id": "t"}
    shortcut: dict[str, Any] = {"type": "message_action", "user": user, "team": team, "trigger_id": "t"}
    bodies = [
        b"",
        b"payload=",
        b"payload=null",
        b"payload=[]",
        b"payload={",
        b"payload=7",
        b"payload=%ff%fe",
        b"\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b"payload=" + DEEP,
        DEEP,
        b'{"a":' * 100_000,
        _payload({}),
        _payload({"type": None}),
        _payload({"type": "from_the_future", "user": user}),
        _payload({"type": "block_actions"}),
        _payload(click),
        _payload(click | {"actions": []}),
        _payload(click | {"actions": [{}]}),
        _payload(click | {"actions": [{"action_id": "archive", "block_id": "b"}]}),
        _payload(click | {"actions": [{"action_id": "archive", "block_id": "b", "value": None}]}),
        _payload(click | {"actions": [{"action_id": "archive", "block_id": "b", "value": "no such thread"}]}),
        _payload(click | {"user": None, "actions": [{"action_id": "archive", "block_id": "b", "value": "x"}]}),
        _payload(click | {"user": {}, "actions": [{"action_id": "archive", "block_id": "b", "value": "x"}]}),
        _payload(click | {"user": "ana", "actions": [{"action_id": "archive", "block_id": "b", "value": "x"}]}),
        _payload(submission),
        _payload(submission | {"view": None}),
        _payload(submission | {"view": {"callback_id": "dm"}}),
        _payload(submission | {"view": {"callback_id": "dm", "id": "V1", "state": {"values": []}}}),
        _payload(submission | {"view": {"callback_id": "dm", "id": "V1", "state": {"values": {"text": 7}}}}),
        _payload(submission | {"view": {"callback_id": "dm_choose", "id": "V2", "private_metadata": "?"}}),
        _payload(
            submission
            | {
                "view": {
                    "callback_id": "dm_choose",
                    "id": "V3",
                    "private_metadata": "x||",
                    "state": {"values": {"choice": {"choice": {"selected_option": {"value": "first"}}}}},
                }
            }
        ),
        _payload(shortcut | {"callback_id": "archive_thread"}),
        _payload(shortcut | {"callback_id": "archive_thread", "message": {}, "channel": {}}),
        _payload(shortcut | {"callback_id": "send_as_dm", "message": None}),
        b"command=%2Fdm",
        b"command=%2Fdm&text=%40sarah+Hello",
        b"command=%2Finbox&text=whoami",
        b"command=%2Fnothing&user_id=U1&team_id=T1",
        b'{"type":"event_callback"}',
        b'{"type":"event_callback","event":null}',
        b'{"type":"event_callback","event":{"type":"app_home_opened","tab":"home"}}',
        b'{"type":"event_callback","event":{"type":"from_the_future"}}',
    ]
    slow: list[bytes] = []
    refused: list[tuple[bytes, int]] = []
    for body in bodies:
        for kind in ("application/json", "application/x-www-form-urlencoded"):
            ack = await on.slack.raw(body, on.slack.sign(body) | {"Content-Type": kind})
            if ack.status == 0 or ack.status >= 500:
                refused.append((body[:120], ack.status))
            tries = 1
            while ack.seconds > HANGS and (tries := tries + 1) < 4:  # what hangs does so each time, a busy machine not
                ack = await on.slack.raw(body, on.slack.sign(body) | {"Content-Type": kind})
            if ack.seconds > HANGS:
                slow.append(body[:120])
    assert not refused, "\n".join(map(str, refused))
    assert slow == []
    await idle(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    assert len(calls(on, "PATCH")) == 1


async def test_a_body_larger_than_anything_real_is_refused(on: Stage) -> None:
    large = b"x" * 1_100_000
    assert (await post(on, "/slack/events", large, on.slack.sign(large))).status_code == 413
    assert (await webhook(on, large)).status_code == 413


async def test_slack_may_check_that_the_url_is_ours(on: Stage) -> None:
    ack = await on.slack.raw(
        body := json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB10F"}), on.slack.sign(body)
    )
    assert ack.status == 200
    assert "3eZbrw1aB10F" in str(ack.body)


# --- answered at once ------------------------------------------------------------------------------------------------


async def test_everything_is_answered_at_once_while_inbox_takes_ten_seconds(on: Stage) -> None:
    card = await card_of(on)
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    talk = on.slack.say(on.acme.bo, card.channel, "Mine", thread_ts=card.ts)
    slack, ana = on.slack, on.acme.ana
    event = await undelivered(on, "While Inbox sleeps")
    body = on.inbox.event_body(event.id)
    on.inbox.fail("* *", delay=10, times=None)
    acts: dict[str, Callable[[], Awaitable[Ack]]] = {
        "button": lambda: slack.press(ana, card.channel, card.ts, "Archive"),
        "shortcut": lambda: slack.shortcut(ana, card.channel, talk.ts, "assign_to_me"),
        "command": lambda: slack.command(ana, card.channel, text="@omar_k Hello"),
        "form": lambda: slack.command(ana, card.channel, text="@omar_k"),
        "help": lambda: slack.command(ana, card.channel, text="help"),
        "send_as_dm": lambda: slack.shortcut(ana, card.channel, talk.ts, "send_as_dm"),
        "whoami": lambda: slack.command(ana, card.channel, command="/inbox", text="whoami"),
    }
    took: dict[str, float] = {}
    for name, act in acts.items():
        acks = [await act() for _ in range(3)]
        assert all(ack.ok for ack in acks), name
        took[name] = statistics.median(ack.seconds for ack in acks)
    began = time.monotonic()
    assert (await post(on, "/inbox/webhook", body, on.inbox.sign(body))).status_code == 200
    took["webhook"] = time.monotonic() - began
    assert {name: seconds for name, seconds in took.items() if seconds >= AT_ONCE} == {}
    assert "Archived" not in shows(on, card)
    assert [call.status for call in calls(on, "PATCH")] in ([0], [])
    on.inbox.heal()


# --- once only -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "shown"), [("Archive", "Archived by Ana"), ("Assign to me", "Assigned to Ana")], ids=["archive", "assign"]
)
async def test_a_double_click_acts_once(on: Stage, label: str, shown: str) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, label, double=True)
    await on.slack.until(lambda: shown in shows(on, card))
    await idle(on)
    assert len(calls(on, "PATCH")) == 1
    assert len([e for e in on.inbox.events if e.type("2") in ("thread.archived", "thread.assigned")]) == 1
    assert shown in shows(on, card)


async def test_the_same_click_ten_times_at_once_acts_once(on: Stage) -> None:
    card = await card_of(on)
    kept = recorder(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    (request,) = kept.requests
    again = await asyncio.gather(*(on.slack.raw(request.content, request.headers) for _ in range(10)))
    assert {ack.status for ack in again} == {200}
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    await idle(on)
    assert len(calls(on, "PATCH")) == 1
    assert told(on, on.acme.ana) == []


@pytest.mark.parametrize("payload", ["1.0", "2"])
async def test_the_same_webhook_ten_times_at_once_makes_one_card(on: Stage, payload: str) -> None:
    on.inbox.webhook_version = payload
    event = await undelivered(on, "Ten times")
    await asyncio.gather(*(on.inbox.redeliver(event.id) for _ in range(10)))
    assert [status for id, status in on.inbox.deliveries if id == event.id] == [200] * 10
    await idle(on)
    assert len(cards(on)) == 1
    assert on.slack.replies(cards(on)[0].channel, cards(on)[0].ts) == []
    await on.inbox.redeliver(event.id)
    await idle(on)
    assert [call.method for call in on.slack.calls].count("chat.postMessage") == 1


async def test_the_same_follow_up_ten_times_at_once_is_posted_once(on: Stage) -> None:
    card = await card_of(on)
    event = await undelivered(on, "Again?")
    await asyncio.gather(*(on.inbox.redeliver(event.id) for _ in range(10)))
    await idle(on)
    assert len(on.slack.replies(card.channel, card.ts)) == 1


async def test_one_message_told_in_both_webhook_shapes_is_posted_once(on: Stage) -> None:
    event = await undelivered(on, "Twice told")
    for payload in ("1.0", "2"):
        on.inbox.webhook_version = payload
        await on.inbox.redeliver(event.id)
    await idle(on)
    assert len(cards(on)) == 1
    assert on.slack.replies(cards(on)[0].channel, cards(on)[0].ts) == []


async def test_a_changed_trigger_is_another_click(on: Stage) -> None:
    """The counterpart: it is the trigger that tells a repeat from a second click, not the words."""
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    kept = recorder(on)
    await on.slack.command(on.acme.ana, on.acme.channel, text="@sarah Hello")
    fields = {name: values[0] for name, values in parse_qs(kept.requests[0].content.decode()).items()}
    body = urlencode(fields | {"trigger_id": "another"})
    assert (await on.slack.raw(body, on.slack.sign(body))).status == 200
    await until(lambda: len(on.inbox.sent()) == 2)


# --- for whoever operates it -----------------------------------------------------------------------------------------


async def test_the_process_says_that_it_lives_and_is_ready(on: Stage) -> None:
    alive = await get(on, "/healthz")
    assert (alive.status_code, alive.text.splitlines()[0]) == (200, "ok")
    ready = await get(on, "/readyz")
    ends = ", which ends on 3 December 2026" if version(on) == "v1" else ""
    assert (ready.status_code, ready.text) == (200, f"ok\nInbox API {version(on)}{ends}")


async def test_metrics_count_requests_and_jobs_without_anybodys_words(on: Stage) -> None:
    card = await card_of(on, "A very private matter")
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    response = await get(on, "/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    assert 'bot_requests_total{route="/slack/events",status="200"}' in response.text
    assert 'bot_requests_total{route="/inbox/webhook",status="200"}' in response.text
    assert 'bot_jobs_total{kind="change",outcome="done"}' in response.text
    assert 'bot_queue_lanes{state="dead"} 0.0' in response.text
    assert "private" not in response.text
    assert "sarah" not in response.text.lower()


@pytest.mark.parametrize("path", ["/slack/events", "/inbox/webhook"])
async def test_the_signed_routes_take_posts_only(on: Stage, path: str) -> None:
    assert (await get(on, path)).status_code == 405


async def test_there_is_nothing_else(on: Stage) -> None:
    for path in ("/", "/admin", "/slack/install", "/slack/oauth_redirect", "/docs"):
        assert (await get(on, path)).status_code == 404


async def test_the_form_of_a_command_opens_before_inbox_is_asked_anything(on: Stage) -> None:
    await idle(on)
    asked = len(on.inbox.calls)
    on.inbox.fail("* *", delay=0.5, times=None)
    await on.slack.command(on.acme.ana, on.acme.channel, text="")
    view = on.slack.modal(on.acme.ana)
    assert view is not None
    assert "One moment" in on.slack.show(view)
    on.inbox.heal()
    await form(on, on.acme.ana)
    assert len(on.inbox.calls) > asked
