"""A small team at a local Inbox of one API version, and a plain HTTP client that asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.sandbox.inbox.contract import requests
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.inbox.server import SandboxInbox
from bot.sandbox.serve import serving
from tests.clients import plain_http

Json = dict[str, Any]
PICTURE = {"kind": "image", "url": "https://media.example/1.jpg"}
COMING: Json = {"kind": "video", "poster": {"url": "https://media.example/2.jpg"}}
LINK = {"kind": "card", "url": "https://example.com", "title": "Example"}


@dataclass
class Team:
    """A small team at the local Inbox, and who asks it; `tried` are the operations with the statuses they gave."""

    inbox: SandboxInbox
    http: httpx.AsyncClient
    version: str
    url: str
    ana: str
    account: str
    sarah: PersonRecord
    tag: str
    won: str
    thread: str = ""
    tried: set[tuple[str, int]] = field(default_factory=set)

    async def ask(self, line: str, body: object = None, *, key: str | None = None, **query: Any) -> Any:
        """The JSON of a success, None where it has no body."""
        method, path = line.split(" ", 1)
        headers = {"Idempotency-Key": key} if key else {}
        response = await self.http.request(method, path, json=body, params=query, headers=headers)
        assert response.is_success, (line, response.text)
        operation = requests.match(self.version, method, path)
        assert operation is not None, line
        self.tried.add((operation.name, response.status_code))
        return response.json() if response.content else None

    async def refused(self, line: str, body: object = None, **query: Any) -> tuple[int, str, Any]:
        """Status, code and details of a failure."""
        method, path = line.split(" ", 1)
        response = await self.http.request(method, path, json=body, params=query)
        told = response.json() if self.version == "v2" else response.json()["error"]
        return response.status_code, told["code"], told.get("details")

    @property
    def kinds(self) -> list[str]:
        """What happened, in the words of v2."""
        return [logged.type("2") for logged in self.inbox.events]


@asynccontextmanager
async def opened(version: str) -> AsyncIterator[Team]:
    inbox = SandboxInbox(versions=frozenset({version}), seed=1)
    async with serving(inbox.app) as url:
        headers = {"Authorization": "Bearer ibt_sandbox"}
        base = f"{url}/api/{version}"
        async with plain_http(base_url=base, headers=headers) as http:
            ana = inbox.add_member("Ana", "ana@acme.example")
            account, sarah = inbox.add_account("acme"), inbox.add_person("sarah", "Sarah Chen", followers=12)
            labels = inbox.add_tag("VIP"), inbox.add_status("Won", "#22c55e")
            team = Team(inbox, http, version, f"{url}/api", ana, account, sarah, *labels)
            await inbox.customer_writes(sarah, "Is the trial still open?", attachments=[PICTURE, COMING, LINK])
            team.thread = next(iter(inbox.world.threads))
            yield team
    assert inbox.drift == []
