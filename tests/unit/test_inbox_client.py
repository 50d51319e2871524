"""The real Inbox client against a recorded transport: what it asks, and what it makes of the answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal

import httpx
import pytest

from bot import errors
from bot.address import Address
from bot.facts import ContactChange
from bot.inbox.client import Inbox, choose_version, open_inbox
from bot.inbox.failure import failure
from bot.inbox.transport import http_client
from bot.models import AccountLink
from bot.network import DIRECT
from bot.recipient import Recipient

ROOT = "https://inbox.test/api"
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LINKS = [AccountLink(id="link1", platform="twitter"), AccountLink(id="link2", platform="twitter")]
TO = Address(account_link_id="link1", platform="twitter", platform_id="20", profile_id="ext20")
CHANGE = ContactChange(
    facts={"status": "s2", "valuation": 99.0, "notes": None, "assignee": "mem1"}, add=("g2",), remove=("g1",)
)
Reply = httpx.Response | httpx.HTTPError | Any
Version = Literal["v1", "v2"]


class Vendor:
    """Answers each `METHOD /path` with its queue of replies, the last one again and again, and logs what was asked."""

    def __init__(self, replies: Mapping[str, list[Reply]]) -> None:
        self._replies = {route: list(queue) for route, queue in replies.items()}
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        queue = self._replies.get(f"{request.method} {request.url.path.removeprefix('/api')}")
        reply = httpx.Response(404, json={}) if not queue else queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(reply, httpx.HTTPError):
            raise reply
        return reply if isinstance(reply, httpx.Response) else httpx.Response(200, json=reply)

    @property
    def log(self) -> list[str]:
        paths = [f"{r.method} {r.url.path.removeprefix('/api')}?{r.url.query.decode()}" for r in self.asked]
        return [path.rstrip("?") for path in paths]

    def sent(self, index: int = -1) -> Any:
        return json.loads(self.asked[index].content)

    @property
    def http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self))


def vendor(version: Version, replies: Mapping[str, list[Reply]], **hooks: Any) -> tuple[Inbox, Vendor]:
    server = Vendor({f"{route.replace(' ', f' /{version}', 1)}": queue for route, queue in replies.items()})
    return open_inbox(server.http, ROOT, "ibt_x", version, **hooks), server


def message1(id: str = "m1", author: str | None = "20", at: datetime = NOW, **more: Any) -> dict[str, Any]:
    return {"id": id, "threadId": "t1", "authorId": author, "content": "hello", "createdAt": at.isoformat()} | more


def thread1(**more: Any) -> dict[str, Any]:
    prospect = {"platformId": "20", "externalId": "ext20", "username": "bob", "displayName": "Bob", "followerCount": 5}
    return {"id": "t1", "accountLinkId": "link1", "platformId": "10:20", "done": False, "prospect": prospect} | more


def message2(id: str = "m1", direction: str = "inbound", at: datetime = NOW, **more: Any) -> dict[str, Any]:
    known = {"id": id, "threadId": "t1", "direction": direction, "content": "hello", "createdAt": at.isoformat()}
    return known | more


def profile(id: str = "p1", platform_id: str = "20", username: str = "bob") -> dict[str, Any]:
    return {"id": id, "platform": "twitter", "platformId": platform_id, "username": username, "displayName": "Bob"}


def thread2(id: str = "t1", **more: Any) -> dict[str, Any]:
    return {"id": id, "accountLinkId": "link1", "profileId": "p1", "contactId": "c1", "platformId": "10:20"} | more


CONTACT = {"id": "c1", "profiles": [profile("p0", "19", "bobs_work"), profile()], "assigneeId": "mem1"}


def page1(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"messages": list(messages), "nextCursor": None, "isSyncing": False} | more


def page2(*items: Any, cursor: str | None = None) -> dict[str, Any]:
    return {"data": list(items), "nextCursor": cursor}


async def test_v1_thread_maps_every_field_and_sends_the_token() -> None:
    inbox, server = vendor("v1", {"GET /threads/t1": [thread1(status="idle", isRequest=True, assigneeId="mem1")]})
    thread = await inbox.thread("t1")
    assert thread.person is not None
    assert (thread.idle, thread.is_request, thread.assignee_id, thread.platform) == (True, True, "mem1", "twitter")
    assert (thread.person.label, thread.person.profile_id, thread.person.followers) == ("Bob", "ext20", 5)
    assert thread.url == "https://x.com/i/chat/10:20"
    assert server.asked[0].headers["Authorization"] == "Bearer ibt_x"


@pytest.mark.parametrize(("version", "word"), [("v1", "done"), ("v2", "archived")])
async def test_update_thread_sends_only_what_changes(version: Version, word: str) -> None:
    reply = thread1(done=True) if version == "v1" else thread2(archived=True)
    inbox, server = vendor(version, {"PATCH /threads/t1": [reply]})
    assert (await inbox.update_thread("t1", archived=True)).archived
    await inbox.update_thread("t1", assignee_id=None)
    await inbox.update_thread("t1", archived=False, assignee_id="mem1")
    assert [server.sent(i) for i in range(3)] == [
        {word: True},
        {"assigneeId": None},
        {word: False, "assigneeId": "mem1"},
    ]
    assert server.asked[0].headers["Content-Type"] == "application/json"


async def test_v1_changes_a_contact_in_one_request_and_says_nothing_of_its_assignee() -> None:
    context = {"tags": ["g1"], "statusId": "s1", "valuation": 2500, "notes": ""}
    prospect = thread1()["prospect"] | {"context": context}
    unnamed = prospect | {"externalId": None}
    replies: list[Reply] = [thread1(prospect=prospect), thread1(prospect=unnamed)]
    inbox, server = vendor("v1", {"GET /threads/t1": replies, "PATCH /prospects/ext20/context": [{}]})
    contact = await inbox.contact("t1")
    assert (contact.id, contact.tag_ids) == ("ext20", ("g1",))
    assert contact.facts == {"status": "s1", "valuation": 2500.0, "notes": None}
    assert inbox.steps(CHANGE) == [CHANGE]
    await inbox.change_contact(contact, CHANGE)
    assert server.sent() == {
        "statusId": "s2",
        "valuation": 99,
        "notes": None,
        "assigneeId": "mem1",
        "addTags": ["g2"],
        "removeTags": ["g1"],
    }
    with pytest.raises(errors.NoContact):
        await inbox.contact("t1")


async def test_v2_changes_the_facts_of_a_contact_in_one_request_and_each_tag_in_another() -> None:
    noted = CONTACT | {"tagIds": ["g1"], "statusId": None, "valuation": "NaN", "notes": "Tea"}
    replies: dict[str, list[Reply]] = {"GET /threads/t1": [thread2(contact=noted), thread2()]}
    writes: dict[str, list[Reply]] = {"GET /contacts/c1": [noted]}
    writes |= {"PATCH /contacts/c1": [{}], "PUT /contacts/c1/tags/g2": [{}], "DELETE /contacts/c1/tags/g1": [{}]}
    inbox, server = vendor("v2", {**replies, **writes})
    contact = await inbox.contact("t1")
    assert contact.facts == {"status": None, "valuation": None, "notes": "Tea", "assignee": "mem1"}
    assert (contact.id, contact.label, contact.tag_ids) == ("c1", "Bob", ("g1",))
    assert await inbox.contact("t1") == contact  # not expanded: read by its id
    server.asked.clear()
    for step in inbox.steps(CHANGE):
        await inbox.change_contact(contact, step)
    assert server.log == ["PATCH /v2/contacts/c1", "PUT /v2/contacts/c1/tags/g2", "DELETE /v2/contacts/c1/tags/g1"]
    assert server.sent(0) == {"status": "s2", "valuation": 99, "notes": None, "assigneeId": "mem1"}
    assert server.asked[1].content == b""


async def test_v1_quick_send_prefers_the_platform_id_and_accepts_the_short_thread() -> None:
    short = {"message": message1(author=None), "thread": {"id": "t1", "platformId": None}}
    inbox, server = vendor("v1", {"POST /threads/messages": [short, {"message": message1(), "thread": thread1()}]})
    sent = await inbox.send(TO, "hello", "key")
    assert (sent.thread_id, sent.thread, sent.message.direction, sent.message.author) == ("t1", None, "outbound", "api")
    full = await inbox.send(TO.having(platform_id=""), "hello", "key")
    assert full.thread is not None
    assert server.sent(0) == {"accountLinkId": "link1", "content": "hello", "externalPlatformId": "20"}
    assert server.sent(1) == {"accountLinkId": "link1", "content": "hello", "externalId": "ext20"}


async def test_v2_send_targets_the_thread_or_the_profile_under_one_key() -> None:
    result = {"message": message2(direction="outbound", sentBy={"type": "api"}), "thread": thread2()}
    inbox, server = vendor("v2", {"POST /messages": [httpx.Response(201, json=result), result]})
    sent = await inbox.send(TO.having(thread_id="t1"), "hello", "key-1")
    await inbox.send(TO, "hello", "key-1")
    assert sent.thread is not None
    assert (sent.message.author, sent.message.inbound) == ("api", False)
    assert server.sent(0) == {"target": {"type": "thread", "threadId": "t1"}, "content": "hello"}
    target = {"type": "profile", "accountLinkId": "link1", "platform": "twitter", "platformId": "20"}
    assert server.sent(1) == {"target": target, "content": "hello"}
    assert [request.headers["Idempotency-Key"] for request in server.asked] == ["key-1", "key-1"]


@pytest.mark.parametrize(
    ("fault", "v1_kind", "v2_kind"),
    [
        (httpx.Response(500, text="<html>"), errors.Unconfirmed, errors.Unavailable),
        (httpx.Response(200, text="<html>"), errors.Unconfirmed, errors.Unavailable),
        (httpx.ReadTimeout("x"), errors.Unconfirmed, errors.Unavailable),
        (httpx.WriteError("x"), errors.Unconfirmed, errors.Unavailable),
        (httpx.RemoteProtocolError("x"), errors.Unconfirmed, errors.Unavailable),
        (httpx.ConnectError("x"), errors.Unavailable, errors.Unavailable),
        (httpx.ConnectTimeout("x"), errors.Unavailable, errors.Unavailable),
        (httpx.PoolTimeout("x"), errors.Unavailable, errors.Unavailable),
    ],
)
async def test_a_send_is_made_once_and_v1_admits_that_it_does_not_know(
    fault: Reply, v1_kind: type[Exception], v2_kind: type[Exception]
) -> None:
    v1, first = vendor("v1", {"POST /threads/messages": [fault], "GET /team": [TEAM]})
    v2, second = vendor("v2", {"POST /messages": [fault]})
    with pytest.raises(v1_kind):
        await v1.send(TO, "hello", "key")
    with pytest.raises(v2_kind):
        await v2.send(TO, "hello", "key")
    assert [request.method for request in first.asked + second.asked].count("POST") == 2


def answer(status: int, body: Any, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, content=content, headers=named, request=httpx.Request("GET", ROOT))


@pytest.mark.parametrize(
    ("response", "kind", "code"),
    [
        (
            answer(401, {"error": {"code": "UNAUTHORIZED", "message": "no", "status": 401}}),
            "Unauthorized",
            "UNAUTHORIZED",
        ),
        (answer(401, {"error": "Unauthorized", "message": "no"}), "Unauthorized", "Unauthorized"),
        (answer(404, {"code": "NOT_FOUND", "status": 404, "message": "no"}), "Gone", "NOT_FOUND"),
        (answer(404, {"code": "threadNotFound", "message": "no", "details": None}), "Gone", "threadNotFound"),
        (
            answer(403, {"code": "planRequired", "message": "no", "details": {"feature": "x"}}),
            "PlanRequired",
            "planRequired",
        ),
        (answer(403, {"code": "workspaceLocked", "message": "no"}), "Forbidden", "workspaceLocked"),
        (
            answer(409, {"code": "accountLinkDisconnected", "message": "no"}),
            "AccountOffline",
            "accountLinkDisconnected",
        ),
        (
            answer(409, {"code": "integrationSetupRequired", "message": "no"}),
            "AccountOffline",
            "integrationSetupRequired",
        ),
        (answer(409, {"code": "sendInProgress", "message": "no"}), "SendInProgress", "sendInProgress"),
        (answer(409, {"code": "somethingNew", "message": "no"}), "Conflict", "somethingNew"),
        (answer(422, {"code": "contentRejected", "message": "no"}), "Rejected", "contentRejected"),
        (answer(400, {"message": "no"}), "Rejected", ""),
        (answer(400, b"nonsense"), "Unavailable", ""),
        (answer(403, b"<html>"), "Unavailable", ""),
        (answer(405, b"<html>"), "Unavailable", ""),
        (answer(409, b""), "Unavailable", ""),
        (answer(409, b"", x_request_id="r1"), "Conflict", ""),
        (answer(403, b"<html>", x_request_id="r1"), "Unavailable", ""),
        (answer(422, {"errors": []}), "Rejected", ""),
        (answer(401, b"<html>"), "Unauthorized", ""),
        (answer(413, b"<html>"), "Rejected", ""),
        (answer(301, b""), "Unavailable", ""),
        (answer(418, b""), "Unavailable", ""),
        (answer(422, {"code": "idempotencyKeyReused", "message": "no"}), "KeyReused", "idempotencyKeyReused"),
        (answer(502, {"code": "platformError", "message": "no"}), "Unavailable", "platformError"),
        (answer(503, b"<html>", retry_after="20"), "Unavailable", ""),
        (answer(500, [1, 2]), "Unavailable", ""),
        (answer(500, b"[" * 100_000), "Unavailable", ""),
        (
            answer(502, {"code": "sendUnconfirmed", "message": "no", "details": {"messageId": "m1"}}),
            "Unconfirmed",
            "sendUnconfirmed",
        ),
    ],
)
def test_every_envelope_becomes_its_error(response: httpx.Response, kind: str, code: str) -> None:
    error = failure(response)
    assert (type(error).__name__, error.code, error.status) == (kind, code, response.status_code)
    assert error.detail == ("no" if b"no" in response.content[:99] and b"nonsense" not in response.content else "")
    if isinstance(error, errors.Unconfirmed):
        assert error.message_id == "m1"


def test_the_request_id_is_kept_from_header_or_body() -> None:
    body = {"code": "internal", "message": "", "requestId": "body"}
    assert failure(answer(500, body)).request_id == "body"
    assert failure(answer(500, body, x_request_id="header")).request_id == "header"


@pytest.mark.parametrize(
    ("headers", "details", "code", "low", "high"),
    [
        ({"retry_after": "40"}, {"retryAfterSeconds": 9}, "rateLimited", 40, 40),
        ({"retry_after": "DATE"}, None, "x", 3000, 3600),
        ({"retry_after": "soon"}, {"retryAfterSeconds": 900}, "platformRateLimited", 900, 900),
        ({}, {"resetAt": "ISO"}, "rateLimited", 3000, 3600),
        ({}, {"resetAt": "2020-01-01T00:00:00Z"}, "rateLimited", 1, 1),
        ({"x_ratelimit_reset": "UNIX"}, None, "RATE_LIMITED", 3000, 3600),
        ({}, {"retryAfterSeconds": None}, "platformRateLimited", 30, 30),
        ({}, None, "RATE_LIMITED", 60, 60),
        ({"retry_after": "999999999"}, None, "rateLimited", 86_400, 86_400),
    ],
)
def test_retry_after(headers: dict[str, str], details: Any, code: str, low: float, high: float) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)  # from now, not from when the tests were collected
    times = {"DATE": format_datetime(later, usegmt=True), "ISO": later.isoformat(), "UNIX": str(int(later.timestamp()))}
    headers, details = (
        given and {name: times.get(value, value) for name, value in given.items()} for given in (headers, details)
    )
    error = failure(answer(429, {"code": code, "message": "", "details": details}, **headers))
    assert isinstance(error, errors.RateLimited)
    assert low <= error.retry_after <= high


TEAM = {"id": "team", "name": "Acme", "slug": "acme"}


@pytest.mark.parametrize(
    ("first", "tries"),
    [
        (httpx.Response(500), 2),
        (httpx.ConnectError("x"), 2),
        (httpx.Response(429, headers={"Retry-After": "0"}), 2),
        (httpx.Response(429, headers={"Retry-After": "40"}), 1),
        (httpx.Response(503, headers={"Retry-After": "40"}), 1),
        (httpx.ReadTimeout("x"), 1),
        (httpx.Response(200, text="<html>"), 1),
    ],
)
async def test_a_read_is_tried_once_more_only_when_that_is_quick(first: Reply, tries: int) -> None:
    inbox, server = vendor("v2", {"GET /team": [first, TEAM]})
    if tries == 2:
        assert (await inbox.team()).name == "Acme"
    else:
        with pytest.raises((errors.Unavailable, errors.RateLimited)):
            await inbox.team()
    assert len(server.asked) == tries


PAGE = "<!doctype html><title>Inbox</title>"
ENDED = [
    httpx.Response(410, json={"error": {"code": "GONE"}}),
    httpx.Response(404, json={"error": {"code": "NOT_FOUND"}}),
    httpx.Response(404, text=PAGE),
    httpx.Response(301, headers={"Location": "https://inbox.test/"}),
    httpx.Response(200, text=PAGE),
]


@pytest.mark.parametrize("end", ENDED, ids=lambda end: f"{end.status_code}{'-page' if b'<' in end.content else ''}")
@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_an_ended_version_is_no_missing_thread_and_nobody_found(version: Version, end: httpx.Response) -> None:
    routes = ["GET /threads/t1", "PATCH /threads/t1", "GET /threads/lookup-by-username", "GET /contacts", "GET /team"]
    sends = ["POST /threads/messages", "POST /messages"]
    inbox, _ = vendor(version, {route: [end] for route in routes + sends})
    for call in (inbox.thread("t1"), inbox.update_thread("t1", archived=True), inbox.find(Recipient.of("bob"), LINKS)):
        with pytest.raises(errors.VersionEnded):
            await call
    with pytest.raises(errors.VersionEnded) as raised:
        await inbox.send(TO, "hello", "key")
    assert raised.value.code == ("unreadable" if end.status_code == 200 else "unsent")


@pytest.mark.parametrize(("code", "asked"), [("THREAD_NOT_FOUND", 1), ("NOT_FOUND", 2), ("", 2)])
async def test_a_404_is_believed_where_it_is_documented_or_the_version_is_alive(code: str, asked: int) -> None:
    missing = httpx.Response(404, json={"error": {"code": code}})
    inbox, server = vendor("v1", {"GET /threads/t1": [missing], "GET /team": [TEAM]})
    with pytest.raises(errors.Gone):
        await inbox.thread("t1")
    assert len(server.asked) == asked


async def test_where_nobody_can_tell_whether_the_version_is_alive_nothing_is_missing() -> None:
    missing = httpx.Response(404, json={"error": {"code": "NOT_FOUND"}})
    inbox, _ = vendor("v1", {"GET /threads/t1": [missing], "GET /team": [httpx.Response(503)]})
    with pytest.raises(errors.Unavailable) as raised:
        await inbox.thread("t1")
    assert not isinstance(raised.value, errors.VersionEnded)


async def test_a_change_is_never_tried_again() -> None:
    inbox, server = vendor("v2", {"PATCH /threads/t1": [httpx.Response(500)]})
    with pytest.raises(errors.Unavailable):
        await inbox.update_thread("t1", archived=True)
    assert len(server.asked) == 1


async def test_hooks_see_every_request_and_every_response_and_the_sunset_is_kept() -> None:
    seen: list[Any] = []

    async def spend() -> None:
        seen.append("spend")

    async def learn(headers: Mapping[str, str], status: int) -> None:
        seen.append((status, headers.get("X-RateLimit-Remaining")))
        raise errors.StoreUnavailable

    end = "Thu, 03 Dec 2026 00:00:00 GMT"
    ok = httpx.Response(200, json=TEAM, headers={"Sunset": end})
    inbox, _ = vendor(
        "v1", {"GET /team": [httpx.Response(500, headers={"X-RateLimit-Remaining": "7"}), ok]}, spend=spend, learn=learn
    )
    before = inbox.sunset
    await inbox.team()
    assert seen == ["spend", (500, "7"), "spend", (200, None)]
    assert (before, inbox.sunset, inbox.version) == (None, end, "v1")


async def test_a_spent_budget_sends_nothing() -> None:
    async def spend() -> None:
        raise errors.RateLimited(retry_after=30)

    inbox, server = vendor("v2", {}, spend=spend)
    with pytest.raises(errors.RateLimited):
        await inbox.send(TO, "hello", "key")
    assert server.asked == []


async def test_members_and_account_links_of_both_versions() -> None:
    member = {"id": "mem1", "name": None, "email": "ana@acme.com", "role": "wizard"}
    link = {"id": "link1", "platform": "linkedin", "platformId": 5, "username": "acme", "status": "resting"}
    v1, _ = vendor("v1", {"GET /members": [[member]], "GET /account-links": [[link | {"name": "Acme"}]]})
    second = member | {"id": "mem2"}
    v2, server = vendor(
        "v2",
        {
            "GET /members": [page2(member, cursor="next"), page2(second)],
            "GET /account-links": [page2(link | {"displayName": "Acme", "capabilities": ["message:send"]})],
        },
    )
    assert [m.label for m in await v1.members()] == ["ana"]
    assert [m.id for m in await v2.members()] == ["mem1", "mem2"]
    assert server.log == ["GET /v2/members?limit=100", "GET /v2/members?limit=100&cursor=next"]
    old, new = (await v1.account_links())[0], (await v2.account_links())[0]
    assert (old.label, old.status, old.platform_id) == ("acme", "resting", "5")
    assert new == old.having(capabilities=("message:send",))


async def test_v1_find_by_username() -> None:
    inbox, server = vendor("v1", {"GET /threads/lookup-by-username": [[thread1(status="idle"), {"id": "short"}], []]})
    found = await inbox.find(Recipient.of("bob"), LINKS)
    assert [(c.thread_id, c.account_link_id, c.person.platform_id) for c in found] == [("t1", "link1", "20")]
    assert await inbox.find(Recipient.of("nobody"), LINKS) == []
    assert server.log[0] == "GET /v1/threads/lookup-by-username?username=bob"


async def test_v1_find_by_platform_id_asks_every_link_then_the_directory_then_trusts_the_id() -> None:
    prospect = {"platform": "twitter", "platformId": "20", "username": "bob"}
    inbox, server = vendor(
        "v1",
        {
            "GET /threads/lookup": [httpx.Response(200, text="null")],
            "GET /prospects/lookup": [prospect, httpx.Response(200, text="null")],
        },
    )
    assert [(c.person.username, c.thread_id) for c in await inbox.find(Recipient.of("20"), LINKS)] == [("bob", None)]
    assert [(c.person.username, c.person.platform_id) for c in await inbox.find(Recipient.of("21"), LINKS)] == [
        ("", "21")
    ]
    assert server.log[:3] == [
        "GET /v1/threads/lookup?accountLinkId=link1&externalPlatformId=20",
        "GET /v1/threads/lookup?accountLinkId=link2&externalPlatformId=20",
        "GET /v1/prospects/lookup?platformId=20",
    ]


async def test_v2_find_gives_one_candidate_per_thread_of_the_matching_profile() -> None:
    threads: list[Reply] = [
        page2(thread2(), thread2("t0", profileId="p0"), cursor="n"),
        page2(thread2("t2", accountLinkId="link2")),
    ]
    inbox, server = vendor("v2", {"GET /contacts": [page2(CONTACT)], "GET /threads": threads})
    found = await inbox.find(Recipient.of("bob"), LINKS)
    assert [(c.thread_id, c.account_link_id) for c in found] == [("t1", "link1"), ("t2", "link2")]
    person = found[0].person
    assert (person.platform_id, person.profile_id, person.contact_id, person.assignee_id) == ("20", "p1", "c1", "mem1")
    assert server.log == [
        "GET /v2/contacts?platform=twitter&username=bob&limit=100",
        "GET /v2/threads?contactId=c1&folder=all&limit=100",
        "GET /v2/threads?contactId=c1&folder=all&limit=100&cursor=n",
    ]


async def test_v2_find_without_threads_or_without_contact() -> None:
    inbox, server = vendor("v2", {"GET /contacts": [page2(CONTACT), page2()], "GET /threads": [page2()]})
    assert [(c.person.contact_id, c.thread_id) for c in await inbox.find(Recipient.of("20"), [])] == [("c1", None)]
    assert [(c.person.platform_id, c.person.contact_id) for c in await inbox.find(Recipient.of("21"), [])] == [
        ("21", None)
    ]
    assert await inbox.find(Recipient.of("nobody"), []) == []
    assert server.log[0] == "GET /v2/contacts?platform=twitter&platformId=20&limit=100"


async def test_v2_find_passes_over_a_platform_the_team_cannot_use() -> None:
    denied = httpx.Response(403, json={"code": "platformNotAvailable", "message": "", "details": None})
    inbox, _ = vendor("v2", {"GET /contacts": [denied, page2(CONTACT)], "GET /threads": [page2()]})
    links = [AccountLink(id="l", platform="linkedin"), *LINKS]
    assert len(await inbox.find(Recipient.of("bob"), links)) == 1


async def test_v2_thread_is_expanded_or_completed_from_the_contact() -> None:
    whole = thread2(
        profile=profile(),
        contact=CONTACT,
        activity={"preview": "hello", "at": NOW.isoformat()},
        lastMessage={"id": "m1", "direction": "inbound", "createdAt": NOW.isoformat()},
    )
    inbox, server = vendor("v2", {"GET /threads/t1": [whole, thread2()], "GET /contacts/c1": [CONTACT]})
    first, second = await inbox.thread("t1"), await inbox.thread("t1")
    assert first.person == second.person
    assert first.person is not None
    assert (first.person.platform_id, first.person.assignee_id) == ("20", "mem1")
    assert first.last_message is not None
    assert (first.last_message.text, first.last_message.author) == ("hello", "person")
    one = "GET /v2/threads/t1?expand=profile&expand=contact"
    assert server.log == [one, one, "GET /v2/contacts/c1"]


async def test_messages_are_newest_first_and_know_their_authors() -> None:
    old, late = NOW - timedelta(minutes=1), {"at": NOW}
    media = {"kind": "image", "url": None, "filename": "cat.png"}
    v1, log1 = vendor(
        "v1",
        {
            "GET /threads/t1": [thread1()],
            "GET /threads/t1/messages": [page1(message1("a", at=old), message1("b", "link1", **late, origin="api"))],
        },
    )
    v2, log2 = vendor(
        "v2",
        {
            "GET /threads/t1/messages": [
                page2(
                    message2("b", "outbound", **late, sentBy={"type": "robot"}),
                    message2("a", at=old, attachments=[media]),
                )
            ]
        },
    )
    first, second = await v1.messages("t1"), await v2.messages("t1", 2)
    await v1.messages("t1", 1)
    assert [(m.id, m.direction, m.author) for m in first] == [("b", "outbound", "api"), ("a", "inbound", "person")]
    assert [(m.id, m.direction, m.author) for m in second] == [
        ("b", "outbound", "platform"),
        ("a", "inbound", "person"),
    ]
    assert second[1].attachments[0].title == "cat.png"
    assert log1.log == [
        "GET /v1/threads/t1",
        "GET /v1/threads/t1/messages?limit=50",
        "GET /v1/threads/t1/messages?limit=1",
    ]
    assert log2.log == ["GET /v2/threads/t1/messages?limit=2"]


async def test_messages_since_are_all_listed_and_no_page_more_is_asked_for() -> None:
    """Of these pages of two; at least as many as were wanted."""
    at = [NOW - timedelta(minutes=n) for n in range(6)]
    cursors: list[Any] = [{"id": f"c{n}", "timestamp": "1"} for n in range(3)]
    v1, log1 = vendor(
        "v1",
        {
            "GET /threads/t1": [thread1()],
            "GET /threads/t1/messages": [
                page1(*(message1(f"m{n}", at=at[n]) for n in (2 * k, 2 * k + 1)), nextCursor=cursors[k])
                for k in range(3)
            ],
        },
    )
    v2, log2 = vendor(
        "v2",
        {
            "GET /threads/t1/messages": [
                page2(*(message2(f"m{n}", at=at[n]) for n in (2 * k, 2 * k + 1)), cursor=f"c{k}") for k in range(3)
            ]
        },
    )
    for inbox, server, reads in ((v1, log1, 3), (v2, log2, 2)):
        assert [one.id for one in await inbox.messages("t1", 1, at[2])] == ["m0", "m1", "m2"]
        assert len(server.log) == reads
        assert "limit=100" in server.log[-1]


async def test_one_message() -> None:
    v1, server = vendor(
        "v1",
        {
            "GET /threads/t1": [thread1()],
            "GET /threads/t1/messages": [
                page1(message1("a"), nextCursor={"id": "a", "timestamp": "2026-01-01T00:00:00Z"}),
                page1(message1("b")),
            ],
        },
    )
    found, thread = await v1.message("b", "t1")
    assert (found.id, thread and thread.id) == ("b", "t1")
    assert server.log[-1].endswith("?limit=100&cursorId=a&cursorTimestamp=2026-01-01T00%3A00%3A00Z")
    with pytest.raises(errors.Gone):
        await v1.message("c", "t1")
    v2, server = vendor("v2", {"GET /messages/b": [message2("b", thread=thread2())]})
    found, thread = await v2.message("b", "t1")
    assert (found.id, thread and thread.id) == ("b", "t1")
    assert server.log == ["GET /v2/messages/b?expand=thread"]


async def test_v1_find_sent_tells_our_send_from_every_other_message() -> None:
    def looking(*messages: Any, **page: Any) -> Inbox:
        return vendor(
            "v1", {"GET /threads/lookup": [thread1()], "GET /threads/t1/messages": [page1(*messages, **page)]}
        )[0]

    ours = message1("x", "link1", origin="api")
    found = await looking(message1(), ours).find_sent(TO, "hello", NOW, set())
    assert found is not None
    assert (found.message.id, found.message.direction, found.thread_id) == ("x", "outbound", "t1")
    others = [
        ours | {"content": "bye"},
        ours | {"createdAt": (NOW - timedelta(minutes=1)).isoformat()},
        ours | {"campaignId": "c1"},
        message1(),
    ]
    assert await looking(*others).find_sent(TO, "hello", NOW, set()) is None
    assert await looking(ours).find_sent(TO, "hello", NOW, {"x"}) is None
    with pytest.raises(errors.Unavailable):
        await looking(isSyncing=True).find_sent(TO, "hello", NOW, set())
    with pytest.raises(errors.Unconfirmed):
        await looking(ours | {"failed": True}).find_sent(TO, "hello", NOW, set())
    nowhere, _ = vendor("v1", {"GET /threads/lookup": [httpx.Response(200, text="null")]})
    assert await nowhere.find_sent(TO, "hello", NOW, set()) is None
    down, _ = vendor("v1", {"GET /threads/lookup": [httpx.Response(500)]})
    with pytest.raises(errors.Unavailable):
        await down.find_sent(TO, "hello", NOW, set())


async def test_v2_find_sent_looks_in_the_thread_of_the_pair() -> None:
    ours = message2("x", "outbound", sentBy={"type": "api", "tokenId": None})
    inbox, server = vendor(
        "v2",
        {
            "GET /contacts": [page2(CONTACT)],
            "GET /threads": [page2(thread2())],
            "GET /threads/t1/messages": [page2(message2(), ours)],
        },
    )
    found = await inbox.find_sent(TO, "hello", NOW, set())
    assert found is not None
    assert found.message.id == "x"
    assert server.log[1] == "GET /v2/threads?contactId=c1&folder=all&accountLinkId=link1&limit=100"
    assert await inbox.find_sent(TO, "hello", NOW, {"x"}) is None
    assert await inbox.find_sent(TO, "hello", NOW + timedelta(minutes=1), set()) is None


@pytest.mark.parametrize(("version", "word"), [("v1", "events"), ("v2", "data")])
async def test_one_malformed_event_does_not_lose_the_page(version: Version, word: str) -> None:
    good = {"id": "e2", "seq": 12, "type": "thread.archived", "timestamp": NOW.isoformat(), "data": {}}
    page = {word: [{"id": "e1", "seq": 11}, 5, good], "hasMore": True, "lastSeq": 14}
    inbox, server = vendor(version, {"GET /events": [page, {word: [good]}, {word: [], "lastSeq": None}]})
    first, second, third = await inbox.events(10), await inbox.events(None, 5), await inbox.events(0)
    assert ([e.seq for e in first.events], first.last_seq, first.has_more) == ([12], 14, True)
    assert (second.last_seq, second.has_more, third.last_seq) == (12, False, None)
    assert server.log == [
        f"GET /{version}/events?limit=1000&afterSeq=10",
        f"GET /{version}/events?limit=5",
        f"GET /{version}/events?limit=1000&afterSeq=0",
    ]


@pytest.mark.parametrize(
    ("base", "asked", "replies", "chosen", "log"),
    [
        (ROOT, "auto", {"GET /v2/team": [TEAM]}, "v2", ["GET /v2/team"]),
        (ROOT, "auto", {"GET /v1/team": [TEAM]}, "v1", ["GET /v2/team", "GET /v1/team"]),
        (
            ROOT,
            "auto",
            {"GET /v2/team": [httpx.Response(401)], "GET /v1/team": [TEAM]},
            "v1",
            ["GET /v2/team", "GET /v1/team"],
        ),
        (
            ROOT,
            "auto",
            {"GET /v2/team": [httpx.Response(403, json={"code": "workspaceLocked"})], "GET /v1/team": [TEAM]},
            "v1",
            ["GET /v2/team", "GET /v1/team"],
        ),
        (ROOT, "v1", {}, "v1", []),
        (ROOT + "/v1/", "auto", {}, "v1", []),
        (ROOT + "/v2", "v1", {}, "v2", []),
    ],
)
async def test_v2_is_chosen_unless_it_refuses_the_team_and_v1_does_not(
    base: str, asked: Any, replies: Any, chosen: str, log: list[str]
) -> None:
    server = Vendor(replies)
    assert await choose_version(server.http, base, "ibt_x", asked) == chosen
    assert server.log == log


@pytest.mark.parametrize(
    ("v2", "v1", "kind"),
    [
        (httpx.Response(401), httpx.Response(401), errors.Unauthorized),
        (httpx.Response(404), httpx.Response(401), errors.Unauthorized),
        (httpx.ConnectError("x"), httpx.ConnectError("x"), errors.Unavailable),
        (httpx.Response(429, headers={"Retry-After": "9"}), TEAM, errors.RateLimited),
        (httpx.Response(403, text="<html>"), TEAM, errors.Unavailable),  # a firewall's
        (httpx.Response(503), TEAM, errors.Unavailable),  # no reason for v1, which ends
        (httpx.ReadTimeout("x"), TEAM, errors.Unavailable),
        (httpx.Response(200, text="<html>"), TEAM, errors.VersionEnded),
        (httpx.Response(301), TEAM, errors.VersionEnded),
        (httpx.Response(200, json={"ok": True}), TEAM, errors.Unavailable),
        (httpx.Response(404), httpx.Response(503), errors.Unavailable),
        (httpx.Response(404), httpx.Response(410), errors.VersionEnded),
        (httpx.Response(401), httpx.Response(410), errors.Unauthorized),
    ],
)
async def test_no_version_answers(v2: Reply, v1: Reply, kind: type[Exception]) -> None:
    server = Vendor({"GET /v2/team": [v2], "GET /v1/team": [v1]})
    with pytest.raises(kind):
        await choose_version(server.http, ROOT, "ibt_x", "auto")


@pytest.mark.parametrize("end", ["/v1/", "/V1"])
async def test_a_pinned_base_url_is_not_doubled_and_ids_cannot_leave_their_place(end: str) -> None:
    server = Vendor({"GET /v1/team": [TEAM]})
    inbox = open_inbox(server.http, ROOT + end, "ibt_x", await choose_version(server.http, ROOT + end, "ibt_x", "auto"))
    with pytest.raises(errors.Gone):
        await inbox.thread("../team?x=1")
    assert server.asked[0].url.raw_path == b"/api/v1/threads/..%2Fteam%3Fx%3D1"


async def test_the_shared_client_leaves_room_to_answer_in_time() -> None:
    async with http_client("https://inboxapp.com/api", DIRECT) as http:
        assert http.timeout == httpx.Timeout(connect=3, read=7, write=5, pool=5)
        assert (http.follow_redirects, http.trust_env) == (False, False)


def test_errors_do_not_quote_what_they_could_not_read() -> None:
    error = failure(answer(500, {"message": "m" * 9000}))
    assert len(error.detail) == 500
    assert "mmm" not in str(error)
