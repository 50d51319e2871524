"""What the Inbox client makes of files, reactions, limits and the contact's assignee, in both versions' shapes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.models import Attachment, Limits, Reaction
from tests.unit.test_inbox_client import NOW, message1, message2, profile, thread1, thread2, vendor

VIDEO: dict[str, Any] = {
    "kind": "video",
    "url": "https://media.example/3.mp4",
    "durationSeconds": 42,
    "expiresAt": "2026-11-01T12:05:00.000Z",
    "poster": {"url": "https://media.example/3.jpg", "expiresAt": None},
}


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_files_and_reactions(version: str) -> None:
    reactions = [{"emoji": "🔥", "author": {"type": "profile"}}, {"emoji": 3}, "❤️", None]
    if version == "v1":
        found = {"messages": [message1(attachment=VIDEO, reactions=reactions)], "nextCursor": None}
        inbox, _ = vendor("v1", {"GET /threads/t1": [thread1()], "GET /threads/t1/messages": [found]})
    else:
        shown = {"data": [message2(attachments=[VIDEO], reactions=reactions)], "nextCursor": None}
        inbox, _ = vendor("v2", {"GET /threads/t1/messages": [shown]})
    (message,) = await inbox.messages("t1")
    ends = NOW + timedelta(minutes=5)
    assert message.attachments == (
        Attachment(kind="video", url=VIDEO["url"], seconds=42, expires_at=ends, poster="https://media.example/3.jpg"),
    )
    assert message.reactions == (Reaction(emoji="🔥", ours=False), Reaction(emoji="❤️"))
    assert message.at(ends - timedelta(seconds=1)) == message
    assert [(one.url, one.poster) for one in message.at(ends).attachments] == [(None, None)]
    taken = message.taken_back()
    assert (taken.deleted, taken.text, taken.attachments, taken.reactions) == (True, "", (), ())


@pytest.mark.parametrize("strange", ["a string", 3, [], [None], {"poster": 3}, {"durationSeconds": "x", "url": 3}])
async def test_files_of_a_strange_shape_do_not_hide_the_message(strange: object) -> None:
    found = {"messages": [message1(attachment=strange, reactions=strange)], "nextCursor": None}
    inbox, _ = vendor("v1", {"GET /threads/t1": [thread1()], "GET /threads/t1/messages": [found]})
    (message,) = await inbox.messages("t1")
    assert message.text == "hello"
    assert message.reactions in ((), (Reaction(emoji="a string"),))


async def test_what_a_platform_takes_is_known_on_v2_alone() -> None:
    listed: Any = [{"platform": "twitter", "limits": {"characters": 10_000}}, {"platform": "linkedin", "limits": None}]
    inbox, _ = vendor("v2", {"GET /platforms": [listed]})
    assert await inbox.platforms() == [Limits(platform="twitter", characters=10_000), Limits(platform="linkedin")]
    inbox, server = vendor("v1", {})
    assert await inbox.platforms() == []
    assert server.asked == []


async def test_an_assignee_is_inherited_when_the_contact_has_the_same() -> None:
    contact = {"id": "c1", "profiles": [profile()], "assigneeId": "mem1"}
    answers: list[Any] = [thread2(assigneeId=who, profile=profile(), contact=contact) for who in ("mem1", "mem2", None)]
    inbox, _ = vendor("v2", {"GET /threads/t1": answers})
    assert [(await inbox.thread("t1")).inherited for _ in answers] == [True, False, False]


async def test_v1_does_not_show_the_contacts_assignee_so_what_was_told_before_stays() -> None:
    inbox, _ = vendor("v1", {"GET /threads/t1": [thread1(assigneeId="mem1")]})
    thread = await inbox.thread("t1")
    assert not thread.inherited
    told = thread.with_default("mem1")
    assert told.inherited
    again = (await inbox.thread("t1")).with_person(told.person)
    assert again.inherited
    assert not again.with_default(None).inherited
