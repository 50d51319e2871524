"""The doctor: everything is well, and each of the ways in which it may not be, with its remedy."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from bot.channels.store import Preferences
from bot.doctor.checkup import clock
from bot.doctor.finding import Finding
from bot.events.store import Feed
from bot.feature import Console
from bot.features import KINDS
from bot.manifest import OPTIONAL, SCOPES
from bot.operate import doctor
from bot.people.links import Links
from bot.queue.job import Asker, utc_now
from bot.queue.lanes import Lanes
from bot.routing.store import Routes, Rule, Turns
from bot.sandbox.stage import Stage
from bot.slack.workspace import Installation
from bot.store import keys
from bot.store.connect import connect
from bot.store.installation import InstallState
from tests.conftest import Open
from tests.e2e.steps import hears
from tests.unit.conftest import Outside

Findings = list[dict[str, str]]
Ask = Callable[..., Awaitable[tuple[int, Findings]]]


@pytest.fixture
async def redis(outside: Outside) -> AsyncIterator[Any]:
    """The bot's Redis, as it is a while after a start: the feed was read and a webhook came."""
    client = connect(outside.env["REDIS_URL"])
    await Lanes(client, "test", KINDS).open()
    await Feed(client).was_read(utc_now())
    await Feed(client).advance(0)
    await client.set(keys.WEBHOOK_AT, int(time.time()))
    await Links(client).save_link(outside.acme.ana, outside.acme.ana_member)
    policy = await client.config_get("maxmemory-policy")
    await client.config_set("appendonly", "yes")
    yield client
    await client.config_set("maxmemory-policy", str(policy["maxmemory-policy"]))
    await client.config_set("appendonly", "no")
    await client.aclose()


@pytest.fixture
def ask(
    outside: Outside, redis: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Ask:
    """`await ask(NAME="value", OTHER=None)`: the exit code and the findings with that environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.doctor.storage.SLOW", 60.0)  # how fast Redis answers here is not the matter
    outside.slack.scopes = set(SCOPES)

    async def asked(**changed: str | None) -> tuple[int, Findings]:
        for name, value in (outside.env | changed).items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        code = await doctor.examine(as_json=True)
        findings: Findings = json.loads(capsys.readouterr().out)
        return code, findings

    return asked


async def test_everything_is_well(ask: Ask, outside: Outside) -> None:
    code, findings = await ask()
    assert code == 0
    assert {one["level"] for one in findings} == {"ok"}, findings
    assert {one["what"] for one in findings} >= {
        "settings", "Redis", "queue", "dead letters", "Slack", "scopes", "transport", "channel", "Inbox", "accounts",
        "members", "webhook", "events",
    }  # fmt: skip
    assert "workspace Acme" in str(findings)
    assert "append-only file, noeviction" in str(findings)
    assert not [one for one in (outside.slack.bot_token, outside.inbox.token) if one in str(findings)]
    assert outside.slack.messages(outside.acme.channel) == []  # nobody saw it look


async def test_a_redis_user_who_may_not_use_info_is_no_fault(ask: Ask, redis: Any, outside: Outside) -> None:
    await redis.acl_setuser("narrow", enabled=True, passwords=["+x"], keys=["*"], commands=["+@all", "-@dangerous"])
    try:
        code, findings = await ask(REDIS_URL=outside.env["REDIS_URL"].replace("unix://", "unix://narrow:x@"))
    finally:
        await redis.acl_deluser("narrow")
    assert code == 0
    (warned,) = [one for one in findings if one["level"] != "ok"]
    assert "may not use INFO" in warned["seen"]
    assert "version unknown" in str(findings)


async def test_a_redis_that_takes_no_writes_is_a_fault(ask: Ask, redis: Any) -> None:
    await redis.config_set("maxmemory", "1")
    try:
        code, findings = await ask()
    finally:
        await redis.config_set("maxmemory", "0")
    assert code == 1
    assert "takes no writes" in str([one for one in findings if one["level"] == "failed"])


async def other_workspace(outside: Outside, redis: Any) -> None:
    other = Installation(team="T0OTHER", name="Other", bot_user="U1", url="https://other.example")
    await InstallState(redis).save_workspace(other)


async def old_work(_: Outside, redis: Any) -> None:
    await redis.xadd(keys.PEOPLE, {"lane": "tell:U1"}, id=f"{int((time.time() - 300) * 1000)}-0")


async def dead_letter(_: Outside, redis: Any) -> None:
    lanes = Lanes(redis, "test", KINDS)
    await lanes.accept(Console(words="whoami", asker=Asker(user="U1")))
    (ticket,) = await lanes.take(keys.PEOPLE, 1, block=0.01)
    await lanes.bury(ticket, "RuntimeError")


async def nobody_reads(_: Outside, redis: Any) -> None:
    await Feed(redis).was_read(utc_now() - timedelta(minutes=20))


async def evicts(_: Outside, redis: Any) -> None:
    await redis.config_set("maxmemory-policy", "allkeys-lru")


async def forgets(_: Outside, redis: Any) -> None:
    await redis.config_set("appendonly", "no")


async def no_webhook_yet(_: Outside, redis: Any) -> None:
    await redis.delete(keys.WEBHOOK_AT)


async def bot_not_in(outside: Outside, _: Any) -> None:
    outside.slack.channels[outside.acme.channel].members.discard("U0SANDBOXBOT")


async def archived(outside: Outside, _: Any) -> None:
    outside.slack.channels[outside.acme.channel].archived = True


async def routed_elsewhere(outside: Outside, redis: Any) -> None:
    closed = outside.slack.add_channel("closed", bot_in=False)
    await Routes(redis).edit("r1", "U1", lambda _: [Rule(id="r1", channel=closed)])


async def fewer_scopes(outside: Outside, _: Any) -> None:
    outside.slack.scopes -= {"users:read.email"}


async def replies_on(_: Outside, redis: Any) -> None:
    await Preferences(redis).set_channel("C0SALES", replies=">>")


async def signed_out(outside: Outside, _: Any) -> None:
    outside.inbox.set_account_status(outside.acme.account, "offline")


async def stranger_member(outside: Outside, _: Any) -> None:
    outside.inbox.add_member("Zoe", "zoe@elsewhere.example")


async def rule_for_a_group_unread(outside: Outside, redis: Any) -> None:
    outside.slack.scopes -= {"usergroups:read"}
    await assigns(redis, outside.slack.add_usergroup("support", [outside.acme.ana]))


async def rule_for_kim(outside: Outside, redis: Any) -> None:
    await assigns(redis, outside.acme.ana, outside.acme.kim)  # who has no seat


async def assigns(redis: Any, *to: str) -> None:
    await Routes(redis).edit("r1", "U1", lambda _: [Rule(id="r1", turns=Turns(to=to))])


async def nothing(_: Outside, __: Any) -> None: ...


async def quota_spent(outside: Outside, _: Any) -> None:
    outside.inbox.fail("*", status=429, times=None)


async def inbox_ill(outside: Outside, _: Any) -> None:
    outside.inbox.fail("*", status=503, times=None)


async def slack_ill(outside: Outside, _: Any) -> None:
    outside.slack.fail("auth.test", status=503, times=None)


async def only_v1(outside: Outside, _: Any) -> None:
    outside.inbox.versions = frozenset({"v1"})


async def v1_will_end(outside: Outside, _: Any) -> None:
    outside.inbox.sunset["v1"] = "Mon, 01 Jan 2091 00:00:00 GMT"


async def v1_alone_will_end(outside: Outside, redis: Any) -> None:
    await only_v1(outside, redis)
    await v1_will_end(outside, redis)


async def v2_will_end(outside: Outside, _: Any) -> None:
    outside.inbox.sunset["v2"] = "Mon, 01 Jan 2091 00:00:00 GMT"


async def v2_should_have_ended(outside: Outside, _: Any) -> None:
    outside.inbox.sunset["v2"] = "Thu, 01 Jan 2026 00:00:00 GMT"


async def v1_ended(outside: Outside, _: Any) -> None:
    outside.inbox.end_v1("200 with a page")


async def half_imported(_: Outside, redis: Any) -> None:
    await redis.set(keys.IMPORTING, "1")


async def newer(_: Outside, redis: Any) -> None:
    await redis.set(keys.LAYOUT_IS, keys.LAYOUT + 1)


async def revoked(_: Outside, redis: Any) -> None:
    await InstallState(redis).revoke()


async def nobody_yet(_: Outside, redis: Any) -> None:
    await redis.delete(keys.LINKED)


async def second_bot(outside: Outside, _: Any) -> None:
    """A card that another one posted, with the same token."""
    outside.slack.scopes |= set(OPTIONAL)
    mark = {"event_type": "inbox_message", "event_payload": {"message_id": "m0foreign"}}
    body = {"channel": outside.acme.channel, "text": "A card", "metadata": json.dumps(mark)}
    headers = {"Authorization": f"Bearer {outside.slack.bot_token}"}
    posted = await outside.http.post(f"{outside.slack.base_url}/api/chat.postMessage", data=body, headers=headers)
    assert posted.json()["ok"]


async def blocks_refused(outside: Outside, _: Any) -> None:
    outside.slack.fail("blocks.validate", error="invalid_blocks", times=None)


async def no_accounts(outside: Outside, _: Any) -> None:
    outside.inbox.world.accounts.clear()


async def plan_locked(outside: Outside, _: Any) -> None:
    outside.inbox.fail("*", status=403, times=None)


async def no_email_scope(outside: Outside, _: Any) -> None:
    outside.slack.scopes -= {"channels:read", "groups:read"}


SEEDED: list[Any] = [
    # what was done to it, the settings that were changed, the line, its level, and the words of the remedy
    (nothing, {"SLACK_BOT_TOKEN": None}, "settings", "failed", "OAuth & Permissions"),
    (nothing, {"SLACK_SIGNING_SECRET": None}, "settings", "failed", "Basic Information"),
    (nothing, {"INBOX_API_TOKEN": None}, "settings", "failed", "Settings → API"),
    (nothing, {"INBOX_API_VERSION": "v3"}, "settings", "failed", ".env.example"),
    (nothing, {"REDIS_URL": "unix:///nonexistent/valkey.sock"}, "Redis", "failed", "REDIS_URL"),
    (evicts, {}, "eviction", "failed", "maxmemory-policy noeviction"),
    (forgets, {}, "persistence", "warning", "appendonly yes"),
    (other_workspace, {}, "Slack", "failed", "a Redis of its own"),
    (old_work, {}, "queue", "failed", "bot worker"),
    (dead_letter, {}, "dead letters", "failed", "bot retry"),
    (nothing, {"SLACK_BOT_TOKEN": "xoxb-other"}, "Slack", "failed", "SLACK_BOT_TOKEN"),
    (fewer_scopes, {}, "scopes", "failed", "Reinstall to Workspace"),
    (replies_on, {}, "replies", "warning", "/inbox replies off"),
    (nothing, {"SLACK_APP_TOKEN": "xapp-other"}, "transport", "failed", "SLACK_APP_TOKEN"),
    (nothing, {"NOTIFY_CHANNEL": None}, "channel", "warning", "NOTIFY_CHANNEL"),
    (nothing, {"NOTIFY_CHANNEL": "C0NOWHERE"}, "channel", "failed", "the channel's id"),
    (bot_not_in, {}, "channel", "failed", "/invite @Inbox"),
    (archived, {}, "channel", "failed", "Unarchive"),
    (routed_elsewhere, {}, "route", "failed", "/inbox route list"),
    (rule_for_a_group_unread, {}, "rules", "warning", "usergroups:read"),
    (rule_for_kim, {}, "rules", "warning", "/inbox link"),
    (nothing, {"BOT_ADMINS": "U0NOBODY"}, "admins", "warning", "BOT_ADMINS"),
    (nothing, {"INBOX_API_TOKEN": "ibt_other"}, "Inbox", "failed", "INBOX_API_TOKEN"),
    (nothing, {"INBOX_API_BASE_URL": "http://127.0.0.1:9/api"}, "Inbox", "failed", "INBOX_API_BASE_URL"),
    (quota_spent, {}, "Inbox", "failed", "quota is used up"),
    (inbox_ill, {}, "Inbox", "failed", "on Inbox's side"),
    (slack_ill, {}, "Slack", "failed", "slack-status.com"),
    (only_v1, {"INBOX_API_VERSION": "v2"}, "Inbox", "failed", "INBOX_API_VERSION"),
    (v1_will_end, {"INBOX_API_VERSION": "v1"}, "API version", "warning", "INBOX_API_VERSION=auto"),
    (v1_alone_will_end, {}, "API version", "warning", "Settings → Webhooks"),
    (v2_will_end, {}, "API version", "warning", "Update the bot"),
    (v2_should_have_ended, {"INBOX_API_VERSION": "v2"}, "API version", "failed", "Update the bot"),
    (v1_ended, {"INBOX_API_VERSION": "v1"}, "Inbox", "failed", "INBOX_API_VERSION=auto"),
    (signed_out, {}, "accounts", "failed", "reconnect @acme"),
    (nothing, {"INBOX_ACCOUNT_LINK_ID": "nobodys"}, "default account", "failed", "INBOX_ACCOUNT_LINK_ID"),
    (stranger_member, {}, "members", "warning", "/inbox link"),
    (half_imported, {}, "data", "failed", "bot import"),
    (newer, {}, "data", "failed", "install that version again"[1:]),
    (revoked, {}, "work", "failed", "restart"),
    (nobody_yet, {}, "first use", "warning", "/inbox whoami"),
    (second_bot, {}, "second bot", "warning", "same REDIS_URL"),
    (blocks_refused, {}, "cards", "failed", "Update the bot"),
    (no_accounts, {}, "accounts", "failed", "Connect one"),
    (plan_locked, {}, "Inbox", "failed", "Billing"),
    (no_email_scope, {}, "scopes", "failed", "Reinstall to Workspace"),
    (nothing, {"SLACK_BOT_TOKEN": "xapp-1-swapped"}, "settings", "failed", ".env.example"),
    (nothing, {"NOTIFY_CHANNEL": "#support"}, "settings", "failed", ".env.example"),
    (no_webhook_yet, {}, "webhook", "warning", "INBOX_WEBHOOK_SECRET"),
    (nobody_reads, {}, "events", "failed", "Start a worker"),
]


@pytest.mark.parametrize(("seed", "changed", "what", "level", "remedy"), SEEDED)
async def test_what_is_wrong_is_found_and_its_remedy_named(
    ask: Ask,
    outside: Outside,
    redis: Any,
    seed: Callable[[Outside, Any], Awaitable[None]],
    changed: dict[str, str | None],
    what: str,
    level: str,
    remedy: str,
) -> None:
    await seed(outside, redis)
    code, findings = await ask(**changed)
    assert code == (2 if what == "settings" else 1 if level == "failed" else 0)
    (found,) = [one for one in findings if one["level"] != "ok"]  # and nothing else is taken for wrong
    assert (found["what"], found["level"]) == (what, level)
    assert findings[0] == found  # what matters comes first
    assert remedy in found["remedy"]
    path, _, anchor = found["where"].partition("#")
    assert anchor in anchors(ROOT / path)


ROOT = Path(__file__).resolve().parents[2]


def anchors(path: Path) -> set[str]:
    """As a page's headings are linked to."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


def test_each_line_that_may_be_wrong_has_its_section() -> None:
    sources = [one.read_text() for one in (ROOT / "bot/doctor").glob("*.py")]
    wrong = {what for one in sources for what in re.findall(r'Finding\(\s*"([^"]+)",(?!\s*"ok")', one)}
    assert len(wrong) > 25
    there = anchors(ROOT / "docs/doctor.md")
    assert [one for one in wrong if Finding(one, "failed", "").where.partition("#")[2] not in there] == []


def test_there_are_forty_kinds_of_trouble_that_it_was_shown() -> None:
    assert len(SEEDED) >= 40


@pytest.mark.parametrize("page", sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")]), ids=lambda one: one.name)
def test_every_link_to_a_section_leads_to_one(page: Path) -> None:
    found = re.findall(r"\]\((?!https?:)([^)#\s]*)#([^)]+)\)", page.read_text())
    assert [one for one in found if one[1] not in anchors(page.parent / one[0] if one[0] else page)] == []


@pytest.mark.parametrize("answer", [b"[]", b"null", b'{"ok": true}', b"<html>Sign in</html>", b""])
async def test_an_address_where_somebody_else_answers_is_found(ask: Ask, answer: bytes) -> None:
    async def anything(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(anything, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api"
        code, findings = await ask(SLACK_API_BASE_URL=url, INBOX_API_BASE_URL=url)
    assert code == 1
    failed = {one["what"]: one["remedy"] for one in findings if one["level"] == "failed"}
    assert "SLACK_API_BASE_URL" in failed["Slack"]
    assert "INBOX_API_BASE_URL" in failed["Inbox"]


@pytest.mark.parametrize(
    ("ahead", "level", "seen"),
    [(60, "ok", "within 60 s"), (61, "warning", "61 s ahead of"), (-400, "warning", "400 s behind")],
)
def test_a_clock_that_differs_is_found(ahead: int, level: str, seen: str) -> None:
    found = clock(utc_now() - timedelta(seconds=ahead), utc_now())
    assert (found.what, found.level) == ("clock", level)
    assert seen in found.seen
    assert ("clock" in found.remedy) == (level == "warning")


async def test_the_clock_is_compared_with_what_slack_says(ask: Ask) -> None:
    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"ok": true, "team_id": "T0ACME", "user_id": "U0BOT", "user": {"id": "U0BO"}}'
        date = format_datetime(utc_now() - timedelta(hours=1), usegmt=True)
        head = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nDate: {date}\r\nConnection: close"
        writer.write(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(late, "127.0.0.1", 0) as server:
        _, findings = await ask(SLACK_API_BASE_URL=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api")
    (found,) = [one for one in findings if one["what"] == "clock"]
    assert found["level"] == "warning"
    assert re.fullmatch(r"360\d s ahead of Slack's", found["seen"])


async def test_a_redis_that_says_nothing_is_found_in_time(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.connect.ANSWERS_WITHIN", 0.3)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        code, findings = await ask(REDIS_URL=f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
    assert code == 1
    assert "REDIS_URL" in next(one["remedy"] for one in findings if one["what"] == "Redis")


async def test_admins_read_the_same_in_slack_and_others_do_not(opened: Open) -> None:
    on: Stage = await opened(versions=["v2"])
    on.inbox.set_account_status(on.acme.account, "offline")
    await on.slack.command(on.acme.bo, on.acme.channel, "/inbox", "doctor")
    await hears(on, on.acme.bo, "Only workspace admins")
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "doctor")
    told = await hears(on, on.acme.ana, "reconnect @acme")
    assert told.index("docs/doctor.md#accounts") < told.index("workspace Acme")
    for words in ("*Redis*", "workspace Acme", "*members*", "*dead letters* none", "#support (C"):
        assert words.replace("*", "") in told.replace("*", ""), told
