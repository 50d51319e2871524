"""What is behind the sandbox's page: the stream, the acts, the record of requests, and who may ask."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from bot.sandbox.page.app import STATIC, Page, opened
from bot.sandbox.page.traffic import readable
from tests.clients import plain_http
from tests.conftest import QUICK
from tests.e2e.steps import idle

Json = dict[str, Any]


class Visitor:
    """A page without a browser: what it was told, and what it does."""

    def __init__(self, page: Page, client: httpx.AsyncClient) -> None:
        self.page, self.client, self.told = page, client, dict[str, Any]()
        self.acme = page.theatre.scene.acme

    async def act(self, name: str, **given: object) -> Json:
        answer: Json = (await self.client.post(f"/act/{name}", json=given)).json()
        return answer

    def cards(self) -> list[Json]:
        found: list[Json] = self.told.get("messages", {}).get(self.page.theatre.channel, [])
        return found

    async def until(self, predicate: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not predicate():  # noqa: ASYNC110  # reads best so
                await asyncio.sleep(0.01)

    async def follow(self) -> None:
        """Keep up, as the page does."""
        async with connect(f"{self.page.url.replace('http', 'ws')}/live", proxy=None) as stream:
            async for news in stream:
                self.told |= json.loads(news)


@asynccontextmanager
async def visiting(**wanted: Any) -> AsyncIterator[Visitor]:
    async with opened(**wanted) as page, plain_http(base_url=page.url) as client:
        visitor = Visitor(page, client)
        following = asyncio.create_task(visitor.follow())
        await visitor.until(visitor.cards)
        assert page.theatre.stage is not None
        await idle(page.theatre.stage)  # else the bot may not know yet that it showed what they wrote
        yield visitor
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


@pytest.fixture
async def visitor(redis_url: str) -> AsyncIterator[Visitor]:
    async with visiting(redis_url=redis_url, timing=QUICK) as one:
        yield one


async def test_news_come_without_being_asked_for_and_only_what_is_new(visitor: Visitor) -> None:
    (card,) = visitor.cards()
    visitor.told.clear()
    at = {"channel": visitor.acme.channel, "ts": card["ts"]}
    assert (await visitor.act("press", user=visitor.acme.ana, action="thread_actions/assign_to_me", **at))["ok"]
    await visitor.until(lambda: "Assigned to Ana" in json.dumps(visitor.cards()))
    assert visitor.told["inbox"]["people"][0]["thread"]["assignee"] == visitor.acme.ana_member
    assert "slack" not in visitor.told  # people and channels are as they were


async def test_each_request_is_on_record_with_who_asked_whom_and_how_it_went(visitor: Visitor) -> None:
    ana, channel = visitor.acme.ana, visitor.acme.channel
    await visitor.act("fault", party="inbox", fault="dropping")
    await visitor.act("press", user=ana, channel=channel, ts=visitor.cards()[0]["ts"], action="archive")
    await visitor.until(lambda: "Archived" in json.dumps(visitor.cards()))
    kept = {
        f"{one.source} {one.target} {one.method} {one.about()}".strip(): one
        for one in visitor.page.theatre.traffic.kept
    }
    assert kept["inbox bot POST message.received"].status == 200
    assert kept["slack bot POST block_actions archive"].status == 200
    patch = kept["bot inbox PATCH"]
    assert (patch.status, patch.path.partition("/threads/")[0]) == (0, "/api/v2")  # it hung up
    whole = (await visitor.client.get(f"/traffic/{patch.number}")).json()
    assert whole["body"] == {"archived": True}
    assert whole["headers"]["authorization"] == "Bearer ibt_sandbox"
    assert (await visitor.client.get("/traffic/999999")).status_code == 404


async def test_the_bots_data_outlives_it() -> None:
    """With the embedded Valkey, which ends with the bot and begins with it."""
    async with visiting(timing=QUICK) as visitor:
        await visitor.act("kill")
        await visitor.until(lambda: not visitor.told["bot"]["up"])
        at = {"user": visitor.acme.ana, "channel": visitor.acme.channel, "ts": visitor.cards()[0]["ts"]}
        refused = await visitor.act("press", action="assign_to_me", **at)
        assert refused["says"] == 'That failed with the error "dispatch_failed"'
        sarah = visitor.told["inbox"]["people"][0]["id"]
        await visitor.act("write", person=sarah, text="Hello?")
        await visitor.act("start")
        await visitor.until(lambda: "Hello?" in json.dumps(visitor.cards()))
        assert len(visitor.cards()) == 1  # it knew its card


async def test_the_bot_can_be_cut_off_at_any_moment(visitor: Visitor) -> None:
    sarah = visitor.told["inbox"]["people"][0]["id"]
    async with asyncio.timeout(60):
        for version in ("v1", "v2") * 3:
            await visitor.act("write", person=sarah, text=f"Are you there, {version}?")
            assert (await visitor.act("play", version=version))["ok"]
    await visitor.until(lambda: "Are you there, v2?" in json.dumps(visitor.cards()))


async def test_what_only_one_sees_is_shown_from_the_opening_of_the_page_on(visitor: Visitor) -> None:
    await visitor.act("command", user=visitor.acme.ana, channel=visitor.acme.channel, command="/inbox", text="whoami")
    await visitor.until(lambda: visitor.told["ephemerals"])
    again = Visitor(visitor.page, visitor.client)
    following = asyncio.create_task(again.follow())
    await again.until(again.cards)
    assert again.told["ephemerals"] == []
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_each_fault_is_what_it_says_and_is_mended(visitor: Visitor) -> None:
    scene, inbox, slack = visitor.page.theatre.scene, {"Authorization": "Bearer ibt_sandbox"}, {"token": "xoxb-sandbox"}
    thread = visitor.told["inbox"]["people"][0]["thread"]["id"]

    async def asked() -> tuple[int, str]:
        answer = await visitor.client.get(f"{scene.inbox_url}/api/v2/team", headers=inbox)
        return answer.status_code, answer.headers.get("retry-after", "")

    async def changed() -> int:
        url, body = f"{scene.inbox_url}/api/v2/threads/{thread}", {"archived": True}
        return (await visitor.client.patch(url, headers=inbox, json=body)).status_code

    await visitor.act("fault", party="inbox", fault="down")
    assert await asked() == (503, "")
    await visitor.act("fault", party="inbox", fault="limited")
    assert await asked() == (429, "5")
    await visitor.act("fault", party="inbox", fault="dropping")
    assert (await asked())[0] == 200
    with pytest.raises(httpx.RemoteProtocolError):
        await changed()
    assert scene.inbox.thread(thread).archived
    await visitor.act("fault", party="inbox", fault="none")
    assert (await asked(), await changed()) == ((200, ""), 200)

    await visitor.act("fault", party="slack", fault="limited")
    answer = await visitor.client.post(f"{scene.slack.base_url}/api/auth.test", data=slack)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert visitor.page.theatre.faults == {"inbox": "none", "slack": "limited", "bot": "none"}
    await visitor.act("fault", party="slack", fault="none")
    assert (await visitor.client.post(f"{scene.slack.base_url}/api/auth.test", data=slack)).json()["ok"]


async def test_api_v1_ends_at_the_page_and_the_bot_goes_on_with_v2(visitor: Visitor) -> None:
    theatre, inbox = visitor.page.theatre, visitor.page.theatre.scene.inbox
    thread = next(one.id for one in inbox.world.threads.values() if one.person is visitor.acme.sarah)
    await visitor.act("play", version="v1")
    await visitor.until(lambda: visitor.told["bot"]["version"] == "v1")
    await visitor.act("fault", party="inbox", fault="v1 404 page")
    at = {"user": visitor.acme.ana, "channel": visitor.acme.channel, "ts": visitor.cards()[0]["ts"]}
    assert (await visitor.act("press", action="archive", **at))["ok"]
    async with asyncio.timeout(60):
        while visitor.told["bot"]["version"] != "v2" or not inbox.thread(thread).archived:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await visitor.act("fault", party="inbox", fault="none")
    assert theatre.faults["inbox"] == "none"


async def test_commands_are_for_members_of_the_workspace(visitor: Visitor) -> None:
    at = {"channel": visitor.acme.shared, "text": "@sarah Hi"}
    assert (await visitor.act("command", user=visitor.acme.ana, command="/dm", **at))["ok"]
    for user, command in ((visitor.acme.outsider, "/dm"), (visitor.acme.ana, "/nothing")):
        assert (await visitor.act("command", user=user, command=command, **at))[
            "says"
        ] == f"{command} is not a valid command."


async def test_there_is_something_to_choose_between_to_route_and_to_look_for(visitor: Visitor) -> None:
    shown = visitor.told["inbox"]
    assert [one["platform"] for one in shown["accounts"]] == ["twitter", "twitter", "linkedin"]
    people = {one["name"]: one for one in shown["people"]}
    assert (people["Lin Wei"]["platform"], people["Lin Wei"]["thread"]) == ("linkedin", None)
    assert (people["Ivy Park"]["thread"]["request"], people["Raj Patel"]["thread"]["archived"]) == (True, True)
    assert people["Raj Patel"]["thread"]["messages"][0]["by"] == "campaign"
    assert (people["Omar Khan"]["tags"], people["Omar Khan"]["value"]) == (["VIP"], 2500)
    assert len(visitor.cards()) == 1  # what is days old is not announced


async def test_what_colleagues_note_of_somebody_stands_on_the_card(visitor: Visitor) -> None:
    shown = visitor.told["inbox"]
    sarah = shown["people"][0]
    won = next(one["id"] for one in shown["statuses"] if one["name"] == "Won")
    assert (await visitor.act("tags", person=sarah["id"], names="vip, Big fish ,"))["ok"]
    assert (await visitor.act("status", person=sarah["id"], status=won))["ok"]
    assert (await visitor.act("value", person=sarah["id"], value="12.5"))["ok"]
    await visitor.until(lambda: all(word in json.dumps(visitor.cards()) for word in ("VIP", "Big fish", "Won")))
    known = visitor.told["inbox"]["people"][0]
    assert (known["tags"], known["value"]) == (["VIP", "Big fish"], 12.5)
    assert (await visitor.act("campaign", thread=sarah["thread"]["id"], text="Our spring offer"))["ok"]
    await visitor.until(lambda: visitor.told["inbox"]["people"][0]["thread"]["archived"])
    for refused in ({"name": "status", "status": "nobody"}, {"name": "value", "value": "much"}):
        assert not (await visitor.act(person=sarah["id"], **refused))["ok"]


async def test_other_websites_cannot_drive_the_page(visitor: Visitor) -> None:
    client, url, act = visitor.client, visitor.page.url, {"party": "inbox", "fault": "down"}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}):
        assert (await client.post("/act/fault", json=act, headers=headers)).status_code == 403
        assert (await client.get("/traffic/1", headers=headers)).status_code == 403
    assert visitor.page.theatre.faults["inbox"] == "none"
    with pytest.raises(InvalidStatus):
        await connect(f"{url.replace('http', 'ws')}/live", origin="https://evil.example", proxy=None)  # type: ignore[arg-type]  # a NewType
    policy = (await client.get("/")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert (await client.post("/act/fault", json=act, headers={"Origin": url})).status_code == 200


async def test_what_cannot_be_done_is_said(visitor: Visitor) -> None:
    nowhere = {"user": visitor.acme.ana, "channel": "C0", "ts": "1", "action": "archive"}
    impossible: list[tuple[str, object]] = [
        ("fault", {"party": "moon", "fault": "down"}),
        ("fault", []),
        ("press", {}),
        ("press", nowhere),
        ("play", {"version": "v3"}),
        ("no_such_act", {}),
        ("_person", {"id": "1"}),
    ]
    for name, given in impossible:
        answer = await visitor.client.post(f"/act/{name}", json=given)
        assert (answer.status_code, answer.json()["ok"]) == (422, False), name
    assert (await visitor.client.post("/act/say", content=b"{")).status_code == 422


def test_bodies_are_shown_as_what_they_are() -> None:
    assert readable(b'{"a": [1]}') == {"a": [1]}
    assert readable(b"payload=%7B%22type%22%3A%20%22x%22%7D&b=") == {"payload": {"type": "x"}, "b": ""}
    assert readable(b"not [JSON") == "not [JSON"
    assert readable(b"") == ""
    assert readable(b"\x89PNG") == "(4 bytes)"


def _sources(*kinds: str) -> list[Path]:
    return [path for kind in kinds for path in STATIC.glob(f"*.{kind}")]


def test_no_words_can_become_html_and_nothing_is_asked_of_the_internet() -> None:
    assert len(_sources("js")) > 5
    for path in _sources("js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", path.read_text()
        ), path
    for path in _sources("js", "css", "html", "svg"):
        loaded = re.findall(r"(?:src=|href=|url\(|from |import\()[\"']?(https?:)?//", path.read_text())
        assert loaded == [], path
