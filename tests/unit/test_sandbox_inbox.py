"""The local Inbox behaves as the vendor's contract says, in both versions, and fails as it is told to."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.inbox.contract import requests
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.inbox.server import SandboxInbox
from bot.sandbox.serve import serving
from bot.sandbox.slack.clock import PATIENCE
from tests.clients import plain_http


@dataclass
class Team:
    inbox: SandboxInbox
    http: httpx.AsyncClient
    member: str
    account: str
    sarah: PersonRecord


@pytest_asyncio.fixture
async def team() -> AsyncIterator[Team]:
    inbox = SandboxInbox(seed=1, retry_delays=(0.01, 0.01))
    member = inbox.add_member("Ada", "ada@example.com")
    account = inbox.add_account("acme", "Acme")
    sarah = inbox.add_person("sarahchen", "Sarah Chen", followers=12840)
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(serving(inbox.app))
        headers = {"Authorization": "Bearer ibt_sandbox"}
        client = plain_http(base_url=f"{base}/api", headers=headers)
        yield Team(inbox, await stack.enter_async_context(client), member, account, sarah)
        await inbox.aclose()
    assert inbox.drift == []


async def test_one_thread_is_seen_and_changed_through_both_versions(team: Team) -> None:
    await team.inbox.customer_writes(team.sarah, "Is the trial still open?")
    (old,) = (await team.http.get("/v1/threads")).json()["threads"]
    new = (await team.http.get(f"/v2/threads/{old['id']}", params={"expand": ["profile", "contact"]})).json()
    assert (old["lastMessage"]["authorId"], new["lastMessage"]["direction"]) == (team.sarah.profile_id, "inbound")
    assert new["profile"]["handle"] == old["prospect"]["handle"] == "@sarahchen"
    answer = await team.http.patch(f"/v1/threads/{old['id']}", json={"done": True, "assigneeId": team.member})
    assert answer.json()["done"] is True
    assert answer.headers["sunset"] == "Thu, 03 Dec 2026 00:00:00 GMT"
    assert (await team.http.get("/v2/threads", params={"folder": "archived"})).json()["data"][0]["archived"] is True
    assert str(team.inbox.calls[2]) == f"PATCH /v1/threads/{old['id']} → 200"
    assert [e.type("2") for e in team.inbox.events] == [
        "thread.created",
        "message.received",
        "thread.assigned",
        "thread.archived",
    ]
    assert [e.type("1.0") for e in team.inbox.events][1] == "message.created"
    assert team.inbox.violations == []


async def test_the_contacts_assignee_is_the_effective_one_where_the_thread_has_none(team: Team) -> None:
    thread = team.inbox.add_thread(team.account, team.sarah)
    await team.inbox.app_assigns_contact(team.sarah, team.member)
    assert (await team.http.get(f"/v2/threads/{thread}")).json()["assigneeId"] == team.member
    assert json.loads(team.inbox.event_body(team.inbox.events[-1].id))["type"] == "contact.assigneeChanged"
    team.inbox.webhook_version = "1.0"
    body = json.loads(team.inbox.event_body(team.inbox.events[-1].id))
    assert (body["type"], body["data"]["prospect"]["context"]["assigneeId"]) == (
        "prospect.assigneeChanged",
        team.member,
    )


async def test_v1_lookups_sends_and_reads(team: Team) -> None:
    query = {"accountLinkId": team.account, "externalPlatformId": team.sarah.platform_id}
    assert (await team.http.get("/v1/threads/lookup", params=query)).json() is None
    sent = (await team.http.post("/v1/threads/messages", json={**query, "content": "Hi"})).json()
    assert set(sent["thread"]) == {"id", "platformId"}
    assert (await team.http.get("/v1/threads/lookup", params=query)).json()["id"] == sent["thread"]["id"]
    (found,) = (await team.http.get("/v1/threads/lookup-by-username", params={"username": "SarahChen"})).json()
    assert found["lastMessage"]["authorId"] == team.account
    listed = (await team.http.get(f"/v1/threads/{found['id']}/messages")).json()
    assert [m["origin"] for m in listed["messages"]] == ["api"]
    gone = await team.http.get("/v1/threads/nosuchthread")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "THREAD_NOT_FOUND")
    assert team.inbox.violations == []


def to_sarah(team: Team, text: str = "Hi") -> dict[str, Any]:
    target = {"type": "contact", "accountLinkId": team.account, "contactId": team.sarah.contact_id}
    return {"target": target, "content": text}


async def test_an_idempotency_key_never_sends_twice(team: Team) -> None:
    key = {"Idempotency-Key": "intent-1"}
    team.inbox.world.send_time = 2.0
    began = asyncio.ensure_future(team.http.post("/v2/messages", json=to_sarah(team), headers=key))
    async with asyncio.timeout(60):
        while not team.inbox.world.keys:  # noqa: ASYNC110  # it is in the server's hands
            await asyncio.sleep(0.01)
    second = await team.http.post("/v2/messages", json=to_sarah(team), headers=key)
    first = await began
    assert sorted((first.status_code, second.status_code)) == [201, 409]
    running = next(r for r in (first, second) if r.status_code == 409).json()
    assert running["code"] == "sendInProgress"
    replay = await team.http.post("/v2/messages", json=to_sarah(team), headers=key)
    assert (replay.status_code, replay.json()["message"]["id"]) == (200, running["details"]["messageId"])
    other = await team.http.post("/v2/messages", json=to_sarah(team, "Else"), headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotencyKeyReused")
    assert [(s.text, s.key) for s in team.inbox.sent()] == [("Hi", "intent-1")]


async def test_dropping_after_acting_sends_but_does_not_answer(team: Team) -> None:
    team.inbox.fail("POST /v2/messages", drop="after")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await team.http.post("/v2/messages", json=to_sarah(team), headers={"Idempotency-Key": "k"})
    again = await team.http.post("/v2/messages", json=to_sarah(team), headers={"Idempotency-Key": "k"})
    assert (again.status_code, len(team.inbox.sent())) == (200, 1)
    team.inbox.fail("* *", drop="before")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await team.http.post("/v2/messages", json=to_sarah(team))
    assert len(team.inbox.sent()) == 1
    assert str(team.inbox.calls[-1]) == "POST /v2/messages → no answer"


async def test_faults_answer_in_the_versions_envelope_until_they_are_used_up(team: Team) -> None:
    team.inbox.fail("POST /v2/messages", code="sendUnconfirmed", acted=True)
    unconfirmed = (await team.http.post("/v2/messages", json=to_sarah(team))).json()
    read = await team.http.get(f"/v2/messages/{unconfirmed['details']['messageId']}")
    assert (read.status_code, len(team.inbox.sent())) == (200, 1)
    team.inbox.fail("GET /v1/*", 503, times=None, retry_after=7)
    for _ in range(2):
        down = await team.http.get("/v1/team")
        assert (down.status_code, down.headers["retry-after"], down.json()["error"]["status"]) == (503, "7", 503)
    team.inbox.heal()
    team.inbox.fail("GET /v1/team", delay=0.05)
    started = time.monotonic()
    assert (await team.http.get("/v1/team")).status_code == 200
    assert time.monotonic() - started >= 0.05


async def test_the_plan_refuses_v2_only_who_is_no_contact_yet(team: Team) -> None:
    team.inbox.plan_required = True
    profile = {"type": "profile", "accountLinkId": team.account, "platform": "twitter"}
    stranger, sarah = (
        {"target": profile | {"platformId": one}, "content": "Hi"} for one in ("9", team.sarah.platform_id)
    )
    assert (await team.http.post("/v2/messages", json=stranger)).json()["code"] == "planRequired"
    for known in (sarah, to_sarah(team)):
        assert (await team.http.post("/v2/messages", json=known)).status_code == 201
    team.inbox.plan_required = False
    assert (await team.http.post("/v2/messages", json=stranger)).status_code == 201


async def test_an_emoji_counts_as_one_character(team: Team) -> None:
    team.inbox.world.characters = 3
    sent = await team.http.post("/v2/messages", json=to_sarah(team, "👨‍👩‍👧‍👦" * 3))
    assert sent.status_code == 201
    path = f"/v2/messages/{sent.json()['message']['id']}"
    assert (await team.http.patch(path, json={"content": "👍🏽" * 3})).status_code == 200
    assert (await team.http.patch(path, json={"content": "👍🏽" * 4})).json()["code"] == "contentRejected"


async def test_offline_account_and_unserved_version_refuse(team: Team) -> None:
    team.inbox.set_account_status(team.account, "offline")
    assert (await team.http.post("/v2/messages", json=to_sarah(team))).json()["code"] == "accountLinkDisconnected"
    team.inbox.versions = frozenset({"v1"})
    assert (await team.http.get("/v2/team")).status_code == 404


async def test_the_rate_limit_is_shown_and_enforced_when_asked(team: Team) -> None:
    team.inbox.rate_per_minute, team.inbox.enforce = 2, True
    left = [(await team.http.get("/v2/team")).headers["x-ratelimit-remaining"] for _ in range(2)]
    refused = await team.http.get("/v2/team")
    assert (left, refused.status_code, refused.json()["details"]["window"]) == (["1", "0"], 429, "minute")
    assert 0 < int(refused.headers["retry-after"]) <= 60


async def test_what_the_vendor_would_not_take_is_answered_400_and_listed(team: Team) -> None:
    assert (await team.http.get("/v2/threads", params={"folder": "everything"})).status_code == 400
    assert (await team.http.patch("/v2/threads/abc", json={"done": True})).json()["code"] == "invalidRequest"
    assert (await team.http.get("/v1/members", headers={"Authorization": ""})).status_code == 401
    assert team.inbox.violations == [
        "GET /v2/threads: query parameter 'folder' is not inbox|noReply|requests|archived|all: 'everything'",
        "PATCH /v2/threads/abc: unknown body key 'done'",
        "GET /v1/members: no bearer token",
    ]


@pytest.mark.parametrize(
    ("version", "request_line", "query", "body", "finding"),
    [
        ("v1", "GET /threads/T1", "", "", "path id 'T1' is not an Inbox id"),
        ("v1", "GET /threads", "cursorId=a", "", "cursorId and cursorTimestamp go together"),
        ("v1", "POST /threads/a/messages", "", '{"content":""}', "body key 'content' is not text: ''"),
        ("v1", "PATCH /threads/a", "", '{"done":1}', "body key 'done' is not bool: 1"),
        ("v2", "GET /contacts", "platform=twitter", "", "exactly one of platformId and username is needed"),
        ("v2", "GET /threads", "limit=101", "", "query parameter 'limit' is not int1-100: '101'"),
        ("v2", "GET /threads", "limit=1&limit=2", "", "query parameter 'limit' is repeated"),
        ("v2", "DELETE /messages/a", "", "", "query parameter 'scope' is missing"),
        ("v2", "POST /messages", "", '{"content":"a","target":{"type":"thread"}}', "target key 'threadId' is missing"),
        ("v2", "POST /threads", "", "{}", "no such operation"),
    ],
)
def test_the_contract_names_what_is_wrong(version: str, request_line: str, query: str, body: str, finding: str) -> None:
    method, path = request_line.split()
    items = list(httpx.QueryParams(query).multi_items())
    headers = {"authorization": "Bearer x", "content-type": "application/json"}
    assert requests.check(version, method, path, items, headers, body.encode()) == [finding]


async def test_the_feed_pages_past_what_the_filter_leaves_out(team: Team) -> None:
    await team.inbox.customer_writes(team.sarah, "1")
    await team.inbox.customer_writes(team.sarah, "2")
    params: dict[str, str | int] = {"limit": 1, "type": "message.received"}
    page = (await team.http.get("/v2/events", params=params)).json()
    assert page == {"data": [], "lastSeq": 1, "hasMore": True}
    page = (await team.http.get("/v2/events", params={**params, "afterSeq": 1, "limit": 2})).json()
    assert ([e["seq"] for e in page["data"]], page["lastSeq"], page["hasMore"]) == ([2, 3], 3, False)
    assert (await team.http.get("/v2/events", params={"afterSeq": 3})).json()["lastSeq"] is None
    old = (await team.http.get("/v1/events", params={"afterSeq": 2})).json()
    assert old["events"][0]["data"]["message"]["content"] == "2"


async def test_lists_page_and_a_cursor_belongs_to_its_filters(team: Team) -> None:
    for number in range(3):
        await team.inbox.customer_writes(team.inbox.add_person(f"person{number}"), "Hi")
    first = (await team.http.get("/v2/threads", params={"limit": 2})).json()
    rest = (await team.http.get("/v2/threads", params={"limit": 2, "cursor": first["nextCursor"]})).json()
    assert (len(first["data"]), len(rest["data"]), rest["nextCursor"]) == (2, 1, None)
    other = await team.http.get("/v2/threads", params={"folder": "all", "cursor": first["nextCursor"]})
    assert other.json()["code"] == "invalidCursor"
    old = (await team.http.get("/v1/threads", params={"limit": 2})).json()
    cursor = {"cursorId": old["nextCursor"]["id"], "cursorTimestamp": old["nextCursor"]["timestamp"]}
    assert len((await team.http.get("/v1/threads", params={"limit": 2, **cursor})).json()["threads"]) == 1


async def test_webhooks_are_signed_ordered_and_repeated_until_acknowledged(team: Team) -> None:
    received: list[tuple[bytes, str]] = []

    async def receive(request: Request) -> Response:
        received.append((await request.body(), request.headers["x-inbox-signature"]))
        return Response(status_code=500 if len(received) == 1 else 200)

    async with serving(Starlette(routes=[Route("/inbox/webhook", receive, methods=["POST"])])) as base:
        team.inbox.webhook_url = f"{base}/inbox/webhook"
        await team.inbox.customer_writes(team.sarah, "Grüße")
        await team.inbox.settle()
        assert sorted(json.loads(body)["seq"] for body, _ in received) == [1, 1, 2]
        body, signature = received[-1]
        moment = signature.split(",")[0].removeprefix("t=")
        digest = hmac.new(b"ibt_wh_sandbox", f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        assert signature == f"t={moment},v1={digest}"
        team.inbox.webhook_version, team.inbox.webhook_types = "1.0", {"thread.archived"}
        thread_id = next(iter(team.inbox.world.threads))
        await team.inbox.app_assigns(thread_id, team.member)
        await team.inbox.app_archives(thread_id)
        await team.inbox.settle()
        assert json.loads(received[-1][0])["version"] == "1.0"
        assert len(received) == 4
        await team.inbox.redeliver(team.inbox.events[-1].id, times=2)
        assert [status for _, status in team.inbox.deliveries][-3:] == [200, 200, 200]


async def test_a_message_from_outside_reopens_an_archived_thread(team: Team) -> None:
    thread = team.inbox.add_thread(team.account, team.sarah, archived=True)
    await team.inbox.customer_writes(thread, "Still there?")
    assert [e.type("2") for e in team.inbox.events] == ["thread.unarchived", "message.received"]
    await team.inbox.teammate_writes(thread, "Yes")
    listed = (await team.http.get(f"/v2/threads/{thread}/messages")).json()["data"]
    assert [(m["direction"], m["sentBy"]) for m in listed] == [("outbound", None), ("inbound", None)]
    await team.inbox.app_deletes(thread)
    assert (await team.http.get(f"/v2/threads/{thread}")).json()["code"] == "threadNotFound"


async def test_serving_leaves_signals_alone_and_stops_whatever_is_under_way() -> None:
    before = signal.getsignal(signal.SIGTERM)
    inbox = SandboxInbox()
    async with plain_http() as client:
        async with asyncio.timeout(PATIENCE), serving(inbox.app) as base, serving(inbox.app) as other:
            assert signal.getsignal(signal.SIGTERM) is before
            assert base != other
            await client.get(f"{base}/api/v2/team")
            inbox.fail("* *", delay=600)
            hanging = asyncio.create_task(client.get(f"{other}/api/v2/team"))
            while len(inbox.calls) < 2:  # noqa: ASYNC110  # it tells no event
                await asyncio.sleep(0.01)
        with pytest.raises(httpx.TransportError):
            await hanging
