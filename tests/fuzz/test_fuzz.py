"""Anything at all, signed or not, on both routes: never a 5xx, never a hang, no memory that stays, and work goes on.

A few hundred inputs by default; `FUZZ=100000 python -m pytest -m fuzz` for many.
"""

from __future__ import annotations

import asyncio
import copy
import json
import math
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.sandbox.stage import Stage, stage
from tests.conftest import QUICK
from tests.e2e.steps import cards

COUNT = int(os.environ.get("FUZZ", "300"))
WITHIN = 60.0  # seconds; a machine may be busy
GROWTH = 100  # MiB that the second half of it may cost, the test's own included
ANSWERS = {200, 400, 401, 404, 413}

Json = Any

# --- strange values --------------------------------------------------------------------------------------------------

DEEP: Json = "deep"
for _ in range(200):
    DEEP = [DEEP]

HUGE = [10**400, -(10**30), 2**63, 2**53 + 1, -1, 0, 1e308, math.inf, math.nan, 0.1]
ODD_TEXT = [
    "",
    "\x00",
    "\ud800",
    "a\udfffb",
    "\u202e",
    "x" * 5000,
    "<!channel>",
    "|||",
    "../..",
    "1\r\nX: y",
    "9" * 400,
]
leaves = st.one_of(st.none(), st.booleans(), st.sampled_from(HUGE), st.sampled_from(ODD_TEXT), st.text(max_size=20))
names = st.sampled_from(
    ["id", "type", "user", "team", "channel", "value", "data", "thread", "message", "seq", "", "\x00"]
)
values = st.one_of(
    leaves,
    st.just(DEEP),
    st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=6
    ),
)

# --- what Slack and Inbox send, to be changed ------------------------------------------------------------------------

PERSON = {"id": "U1", "team_id": "T0ACME", "name": "ana"}
COMMON = {"user": PERSON, "team": {"id": "T0ACME"}, "trigger_id": "1.2.3", "api_app_id": "A0SANDBOX"}
MESSAGE = {"ts": "1.2", "thread_ts": "1.1", "text": "Hello", "blocks": []}
CLICK = {"type": "button", "action_id": "archive", "block_id": "b", "value": "t1", "action_ts": "1"}
STATE = {"recipient": {"recipient": {"value": "sarah"}}, "text": {"text": {"value": "Hello"}}}
STATE |= {"choice": {"choice": {"selected_option": {"value": "0"}}}}  # type: ignore[dict-item]  # another shape
VIEW = {"id": "V1", "type": "modal", "callback_id": "dm", "private_metadata": "c|C1|1.1", "state": {"values": STATE}}
INTERACTIONS: list[Json] = [
    COMMON | {"type": "block_actions", "actions": [CLICK], "message": MESSAGE, "channel": {"id": "C1"}},
    *(
        COMMON | {"type": "block_actions", "actions": [CLICK | {"action_id": name}], "container": {"channel_id": "C1"}}
        for name in (
            "send_again",
            "dm_choose_open",
            "open",
            "unassign",
            "page_on",
            "send_anyway",
            "my_choices",
            "my_mentions",
            "more",
        )
    ),
    *(
        COMMON | {"type": "message_action", "callback_id": name, "message": MESSAGE, "channel": {"id": "C1"}}
        for name in ("archive_thread", "this_message", "send_as_dm", "find_in_inbox")
    ),
    COMMON | {"type": "view_submission", "view": VIEW},
    COMMON | {"type": "view_submission", "view": VIEW | {"callback_id": "dm_choose"}},
]
EVENTS: list[Json] = [
    {
        "type": "event_callback",
        "team_id": "T0ACME",
        "event_id": "Ev1",
        "event": {"type": kind, "user": "U1", "tab": "home"},
    }
    for kind in ("app_home_opened", "tokens_revoked")
] + [{"type": "url_verification", "challenge": "x"}]
FORM: dict[str, Json] = {
    "command": "/dm",
    "text": "@sarah Hello",
    "team_id": "T0ACME",
    "user_id": "U1",
    "channel_id": "C1",
}
FORM |= {"trigger_id": "1.2.3", "response_url": "http://127.0.0.1:9/x", "api_app_id": "A0SANDBOX"}
THREAD = {
    "id": "t1",
    "accountLinkId": "a1",
    "done": False,
    "assigneeId": None,
    "prospect": {"id": "p1", "username": "s"},
}
SAID = {"id": "m1", "threadId": "t1", "content": "Hello", "createdAt": "2026-11-22T09:00:00Z", "authorId": "p1"}
WEBHOOKS: list[Json] = [
    {
        "version": "1.0",
        "teamId": "x",
        "id": "e1",
        "seq": 5,
        "type": kind,
        "timestamp": "2026-11-22T09:00:00Z",
        "data": data,
    }
    for kind, data in (
        ("message.created", {"thread": THREAD, "message": SAID}),
        ("thread.archived", {"thread": THREAD}),
    )
] + [
    {
        "apiVersion": "2",
        "id": "e2",
        "seq": 6,
        "type": kind,
        "createdAt": "2026-11-22T09:00:00Z",
        "object": {"type": "message", "id": "m1"},
        "data": {"threadId": "t1", "message": SAID, "direction": "inbound"},
    }
    for kind in ("message.received", "thread.assigned", "contact.assigneeChanged")
]


@st.composite
def changed(draw: st.DrawFn, originals: list[Json]) -> Json:
    """One of `originals` with a few parts replaced, left out or added, at any depth."""
    whole: Json = copy.deepcopy(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(0, 3))):
        part = whole
        while True:
            keys = list(part) if isinstance(part, dict) else list(range(len(part)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(part[key], (dict, list)) and part[key] and draw(st.booleans()):
                part = part[key]
                continue
            if draw(st.integers(0, 3)) == 0:
                del part[key]
            else:
                part[key] = copy.deepcopy(draw(values))  # what is drawn may be changed by the next round
            break
    return whole


@st.composite
def encoded(draw: st.DrawFn, content: Json) -> str:
    """JSON, sometimes with a key that comes twice."""
    text = json.dumps(content)
    if text.startswith('{"') and draw(st.integers(0, 4)) == 0:
        text = "{" + json.dumps(draw(names)) + ":" + json.dumps(draw(values)) + "," + text[1:]
    return text


class Input(NamedTuple):
    path: str
    body: bytes
    signed: bool
    headers: dict[str, str]


def _quoted(fields: dict[str, Json]) -> str:
    return urlencode({k: v if isinstance(v, str) else json.dumps(v) for k, v in fields.items()}, errors="surrogatepass")


slack_bodies = st.one_of(
    changed(INTERACTIONS).flatmap(encoded).map(lambda text: "payload=" + quote(text)),
    changed(EVENTS).flatmap(encoded),
    changed([FORM]).map(_quoted),
    values.flatmap(encoded),
    values.flatmap(encoded).map(lambda text: "payload=" + quote(text)),
).map(str.encode)
inbox_bodies = st.one_of(changed(WEBHOOKS).flatmap(encoded), values.flatmap(encoded)).map(str.encode)
raw = st.one_of(st.binary(max_size=200), st.just(b"[" * 50_000), st.just(b'{"a":' * 20_000), st.just(b"x" * 1_100_000))
garbage = st.dictionaries(
    st.sampled_from(
        [
            "Content-Type",
            "X-Slack-Retry-Num",
            "X-Slack-Request-Timestamp",
            "X-Slack-Signature",
            "X-Inbox-Signature",
            "Content-Encoding",
            "Cookie",
            "Accept",
            "X-Forwarded-For",
        ]
    ),
    st.one_of(
        st.sampled_from(["application/json", "t=1,v1=,v1=a", "t=99999999999999999999,v1=0", "v0=", "١٢", "é" * 99]),
        st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"), max_size=40),
    ),
    max_size=2,
)
inputs = st.one_of(
    st.builds(Input, st.just("/slack/events"), slack_bodies | raw, st.integers(0, 9).map(bool), garbage | st.just({})),
    st.builds(Input, st.just("/inbox/webhook"), inbox_bodies | raw, st.integers(0, 9).map(bool), garbage | st.just({})),
)


class Room:
    """The real bot in this process, reached without a network so that it is fast; what it calls is real."""

    def __init__(self, runner: asyncio.Runner, on: Stage) -> None:
        self.runner, self.on, self.slowest = runner, on, 0.0
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(on.bridge.web, raise_app_exceptions=True), base_url="http://bot.example"
        )

    async def send(self, one: Input) -> int:
        sign = self.on.slack.sign if one.path == "/slack/events" else self.on.inbox.sign
        told = (sign(one.body) if one.signed else {}) | one.headers
        headers = [(name.encode(), value.encode("utf-8", "replace")) for name, value in told.items()]
        began = time.monotonic()
        async with asyncio.timeout(WITHIN):
            response = await self.client.post(one.path, content=one.body, headers=headers)
        self.slowest = max(self.slowest, time.monotonic() - began)
        del self.on.slack.calls[:-100], self.on.slack.acks[:-100]
        return response.status_code


@pytest.fixture
def room(redis_url: str) -> Iterator[Room]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        on = runner.run(stack.enter_async_context(stage(redis_url=redis_url, timing=QUICK)))
        try:
            yield Room(runner, on)
        finally:
            runner.run(stack.aclose())


@pytest.mark.fuzz
@pytest.mark.timeout(0 if COUNT > 1000 else 900)
def test_whatever_comes_is_answered_and_nothing_breaks(room: Room) -> None:
    seen: Counter[int] = Counter()
    halfway = 0.0

    @settings(
        max_examples=COUNT,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs)
    def anything(one: Input) -> None:
        status = room.runner.run(room.send(one))
        seen[status] += 1
        nonlocal halfway
        if seen.total() == COUNT // 2:
            halfway = memory()
        assert status in ANSWERS

    anything()
    grown = memory() - halfway
    print(f"\n{COUNT} inputs: {dict(sorted(seen.items()))}, slowest {room.slowest:.3f} s, memory +{grown:.0f} MiB")  # noqa: T201
    assert grown < GROWTH
    assert seen[200] > COUNT / 30  # most are signed, so they reach what is behind the signature
    room.on.slack.heal()
    room.runner.run(still_works(room.on))


def memory() -> float:
    """MiB that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


async def still_works(on: Stage) -> None:
    """A message becomes a card as ever, however much of the strange input is still being tried."""
    await on.inbox.customer_writes(on.acme.omar, "Still here")
    await on.slack.until(lambda: any("Still here" in one.text for one in cards(on)), 30.0)
