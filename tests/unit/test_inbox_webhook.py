"""Signatures and events of both webhook versions."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inbox.event import Event
from bot.inbox.webhook import Signature, parse_event

AT = 1705312200
BODY = (
    b'{"id":"evt_1","seq":42,"type":"message.received","apiVersion":"2","createdAt":"2026-09-14T10:32:00.000Z",'
    b'"object":{"type":"message","id":"m1","url":"/messages/m1"},"data":{"threadId":"t1"}}'
)
DIGEST = "64b79270744964f00ce95ab53f9320363485141bbf16b8338ffb25588fc8272a"
THREAD = {
    "id": "th1",
    "platform": "twitter",
    "platformId": "10:20",
    "done": True,
    "assigneeId": "mem1",
    "status": "active",
    "accountLinkId": "link1",
    "isRequest": False,
    "lastMessage": {"id": "m1", "content": "hi", "authorId": "link1", "createdAt": "2026-01-02T03:04:05.000Z"},
    "prospect": {"platform": "twitter", "platformId": "20", "externalId": "ext20", "username": "bob"},
}
MESSAGE = {
    "id": "m1",
    "threadId": "th1",
    "authorId": "20",
    "userId": None,
    "content": "hello",
    "origin": "external",
    "createdAt": "2026-01-02T03:04:05.000Z",
}


def v1(type: str, **content: Any) -> bytes:
    envelope = {"id": "e1", "seq": 7, "teamId": "team", "type": type, "timestamp": "2026-01-02T03:04:06.000Z"}
    return json.dumps(envelope | {"version": "1.0", "data": content}).encode()


def v2(type: str, subject: str, **content: Any) -> bytes:
    about = {"type": subject, "id": "x1", "url": f"/{subject}s/x1"}
    envelope = {"id": "e1", "seq": 7, "type": type, "apiVersion": "2", "createdAt": "2026-01-02T03:04:06.000Z"}
    return json.dumps(envelope | {"object": about, "data": content}).encode()


def event(body: bytes, **options: Any) -> Event:
    found = parse_event(body, **options)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("secret", "header", "good"),
    [
        ("ibt_wh_test", f"t={AT},v1={DIGEST}", True),
        ("ibt_wh_test", f" t={AT} , v1={'0' * 64}, v1={DIGEST}", True),
        ("old, ibt_wh_test", f"t={AT},v1={DIGEST}", True),
        ("ibt_wh_test", f"t={AT + 1},v1={DIGEST}", False),
        ("ibt_wh_test", f"t={AT},v1={DIGEST.upper()}", False),
        ("ibt_wh_other", f"t={AT},v1={DIGEST}", False),
        ("", f"t={AT},v1={hmac.new(b'', str(AT).encode() + b'.' + BODY, hashlib.sha256).hexdigest()}", False),
        ("ibt_wh_test", None, False),
        ("ibt_wh_test", f"v1={DIGEST}", False),
        ("ibt_wh_test", f"t={AT}", False),
        ("ibt_wh_test", f"t=١٢٣,v1={DIGEST}é", False),
        ("ibt_wh_test", f"t={'9' * 5000},v1={DIGEST}", False),
    ],
)
def test_only_a_signature_of_this_body_passes(secret: str, header: str | None, good: bool) -> None:
    assert passes(secret, header, BODY) is good


def passes(secret: str, header: str | None, body: bytes) -> bool:
    signature = Signature.of(header)
    return signature is not None and signature.signs(secret, body)


def test_v1_message_from_the_person_is_inbound_and_carries_its_thread() -> None:
    found = event(v1("message.created", message=MESSAGE, thread=THREAD))
    assert (found.type, found.seq, found.direction) == ("message.created", 7, "inbound")
    assert found.message is not None
    assert (found.message.author, found.message.text) == ("person", "hello")
    assert found.thread is not None
    assert found.thread.person is not None
    assert (found.thread.archived, found.thread.person.handle, found.person_platform_id) == (True, "@bob", "20")
    assert found.thread.last_message is not None
    assert found.thread.last_message.direction == "outbound"


@pytest.mark.parametrize(
    ("change", "author"),
    [
        ({"origin": "api", "userId": "u1"}, "api"),
        ({"campaignId": "c1", "origin": "internal"}, "campaign"),
        ({"userId": "u1", "origin": "internal"}, "member"),
        ({}, "platform"),
    ],
)
def test_v1_outbound_author(change: dict[str, Any], author: str) -> None:
    found = event(v1("message.created", message=MESSAGE | {"authorId": "link1"} | change, thread=THREAD))
    assert found.direction == "outbound"
    assert found.message is not None
    assert found.message.author == author


def test_v1_observed_shape_with_nested_account_link_and_prospect_id() -> None:
    thread = {"id": "th1", "done": False}
    body = v1(
        "message.created",
        message={k: v for k, v in MESSAGE.items() if k != "authorId"},
        authorId="link1",
        thread=thread,
        accountLink={"id": "link1"},
        prospect={"id": "20", "username": "@bob"},
    )
    found = event(body)
    assert (found.direction, found.person_platform_id) == ("outbound", "20")
    assert found.thread is not None
    assert found.thread.account_link_id == "link1"
    assert found.thread.person is not None
    assert (found.thread.person.platform_id, found.thread.person.username) == ("20", "bob")


def test_v1_edited_message_has_a_direction_only_where_it_can_be_known() -> None:
    body = v1("message.edited", message=MESSAGE | {"isEdited": True}, threadId="th1")
    unknown = event(body)
    assert (unknown.message, unknown.direction) == (None, None)
    assert (unknown.message_id, unknown.thread_id) == ("m1", "th1")
    assert event(body, links={"link1"}).direction == "inbound"
    assert event(body, links={"20"}).direction == "outbound"
    ours = event(v1("message.edited", message=MESSAGE | {"userId": "u1"}, threadId="th1"))
    assert ours.direction == "outbound"


def test_v1_ids_of_thin_events_and_the_assignee_of_a_prospect() -> None:
    deleted = event(v1("message.deleted", messageId="m1", threadId="th1"))
    assert (deleted.message_id, deleted.thread_id, deleted.message) == ("m1", "th1", None)
    moved = event(v1("prospect.assigneeChanged", prospect={"platformId": "20", "context": {"assigneeId": "mem1"}}))
    assert (moved.person_platform_id, moved.assignee_id) == ("20", "mem1")


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        (v2("message.received", "message", threadId="t1"), ("t1", "x1", None, None, "inbound")),
        (v2("message.sent", "message", threadId="t1"), ("t1", "x1", None, None, "outbound")),
        (v2("message.edited", "message", threadId="t1"), ("t1", "x1", None, None, None)),
        (v2("thread.archived", "thread"), ("x1", None, None, None, None)),
        (v2("thread.assigned", "thread", assigneeId="mem1"), ("x1", None, None, "mem1", None)),
        (v2("contact.assigneeChanged", "contact", assigneeId="mem1"), (None, None, "x1", "mem1", None)),
        (v2("contact.assigneeChanged", "contact", assigneeId=None), (None, None, "x1", None, None)),
        (v2("target.replied", "campaign", threadId="t1", messageId="m1"), ("t1", "m1", None, None, None)),
        (v2("thread.snoozed", "thread"), ("x1", None, None, None, None)),
    ],
)
def test_v2_event_ids(body: bytes, ids: tuple[str | None, ...]) -> None:
    found = event(body)
    assert (found.thread_id, found.message_id, found.contact_id, found.assignee_id, found.direction) == ids


def test_a_strange_part_is_left_out_and_the_event_is_kept() -> None:
    found = event(v1("message.created", message=MESSAGE | {"createdAt": "soon"}, thread=THREAD))
    assert found.message is None
    assert found.thread is not None
    assert event(v1("thread.archived", thread=THREAD | {"lastMessage": 5, "prospect": []})).thread is not None
    assert event(v1("tag.created")).type == "tag.created"


def test_half_an_emoji_does_not_lose_the_event() -> None:
    body = v1("message.created", message=MESSAGE | {"content": "cut \ud83d"}, thread=THREAD)
    found = event(body)
    assert found.message is not None
    assert found.message.text == "cut ?"


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000, b'"text"'])
def test_what_is_no_json_object_raises_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_event(body)


@pytest.mark.parametrize(
    "body", [b"{}", b'{"id":"e","seq":1}', b'{"id":"e","type":"x"}', b'{"id":"","seq":1,"type":"x"}']
)
def test_json_that_is_no_event_is_none(body: bytes) -> None:
    assert parse_event(body) is None


KEYS = st.sampled_from(
    [
        "id",
        "seq",
        "type",
        "version",
        "apiVersion",
        "createdAt",
        "timestamp",
        "object",
        "data",
        "message",
        "thread",
        "prospect",
        "accountLink",
        "accountLinkId",
        "threadId",
        "messageId",
        "authorId",
        "lastMessage",
        "context",
        "followerCount",
        "attachment",
        "content",
    ]
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-09:00", "Infinity", "\ud83d"])
)  # fmt: skip
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=8), max_leaves=30
)
BASE = st.fixed_dictionaries({"id": st.just("e"), "seq": st.integers(), "type": st.text(min_size=1)})


@given(st.one_of(JSON, st.tuples(BASE, st.dictionaries(KEYS, JSON)).map(lambda pair: pair[1] | pair[0])))
def test_parse_event_raises_nothing_but_value_error(content: Any) -> None:
    try:
        parse_event(json.dumps(content).encode())
    except ValueError:
        assert not isinstance(content, dict)
    if isinstance(content, dict):
        parse_event(content)


@given(st.binary())
def test_parse_event_of_any_bytes_raises_nothing_but_value_error(body: bytes) -> None:
    try:
        parse_event(body)
    except ValueError:
        return


@given(st.text(), st.text() | st.from_regex(r"t=\d+,v1=.*"), st.binary())
def test_a_signature_never_raises_and_garbage_never_passes(secret: str, header: str, body: bytes) -> None:
    assert passes(secret, header, body) is False
