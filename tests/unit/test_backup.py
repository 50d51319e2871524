"""All that lies in Redis goes into a file and comes back as it was; what is not whole, or in use, is refused."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr

from bot.errors import SettingsError
from bot.events.jobs import Sync
from bot.feature import Console
from bot.features import KINDS
from bot.later.jobs import Scheduled
from bot.operate import backup
from bot.people.links import Links
from bot.queue.job import Asker
from bot.queue.lanes import Lanes
from bot.settings import Settings
from bot.start import process_name
from bot.store import keys
from bot.store.connect import connect
from bot.store.embedded import binary
from bot.store.layout import migrate
from bot.store.running import others
from bot.store.snapshot import Item
from tests.servers import handbooks_user, starting
from tests.stored import restore, stored_jobs, stored_redis
from tests.unit.conftest import Outside
from tests.unit.forks import Run
from tests.unit.test_cli import process, terminated, until

pytestmark = pytest.mark.exhaustive

DOC = Path(__file__).parents[2] / "docs" / "operating.md"


def settings(redis_url: str, db: int = 0) -> Settings:
    wanted: dict[str, Any] = {"slack_bot_token": "xoxb-1", "slack_signing_secret": "s", "inbox_api_token": "i"}
    return Settings(_env_file=None, **wanted, redis_url=SecretStr(f"{redis_url}?db={db}"))  # type: ignore[call-arg]


@pytest.fixture
async def stored(redis_url: str) -> AsyncIterator[Any]:
    """What version 1 of the layout left, with what it left out of that: bytes that are no text."""
    client: Any = connect(redis_url)
    _, kept = stored_redis()
    await restore(client, kept)
    await client.zadd(f"{keys.PREFIX}known:words", {b"sarah\0twitter:1": 0})
    await client.hset(f"{keys.PREFIX}odd", mapping={"a": b"\xff\xfe", "b": '{"z": 1}', "c": "", "d": "\u2028☂"})
    yield client
    await client.aclose()


@pytest.fixture
async def other(redis_url: str) -> AsyncIterator[Any]:
    """Another database, empty."""
    client: Any = connect(f"{redis_url}?db=1")
    yield client
    await client.aclose()


async def whole(client: Any) -> dict[str, Any]:
    """Every key, its value and about when it is gone."""
    found: dict[str, Any] = {}
    for name in await client.keys("*"):
        value = await {
            b"string": client.get,
            b"hash": client.hgetall,
            b"list": lambda one: client.lrange(one, 0, -1),
            b"set": client.smembers,
            b"zset": lambda one: client.zrange(one, 0, -1, withscores=True),
            b"stream": client.xrange,
        }[await client.type(name)](name)
        left = await client.ttl(name)
        found[name.decode()] = (value, -1 if left < 0 else round(left, -2))
    return found


async def test_everything_comes_back_as_it_was(redis_url: str, stored: Any, other: Any, tmp_path: Path) -> None:
    file = tmp_path / "copy.jsonl"
    assert await backup.export(settings(redis_url), str(file)) == 0
    assert await backup.take(settings(redis_url, 1), str(file), replace=False) == 0
    before, after = await whole(stored), await whole(other)
    asked_again = {name for name in before if re.search(r":(cache|hurried):", name)}
    assert asked_again
    assert after.pop("{inbox-bridge}:layout")[0] == b"1"
    gone = {name for name in before if not before[name][0] and before[name][0] != b""}  # streams without entries
    assert after == {name: kept for name, kept in before.items() if name not in asked_again | gone}
    assert file.stat().st_mode & 0o077 == 0
    assert os.listdir(tmp_path) == ["copy.jsonl"]


async def test_the_file_is_readable_and_what_people_set_comes_first(
    redis_url: str, stored: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await backup.export(settings(redis_url), "-") == 0
    said = capsys.readouterr()
    head, *items, end = map(json.loads, said.out.split("\n")[:-1])
    assert (head["inbox-bridge"], head["layout"], head["workspace"]) == (1, 1, "Acme")
    assert [one["key"] for one in items[:2]] == ["installation", "routes"]
    assert items[1]["value"][0]["conditions"][0]["field"] == "tag"
    assert end == {"end": len(items), "running": False}
    assert "No bot was running" in said.err


async def test_work_is_worked_once_where_it_was_moved_to(
    redis_url: str, stored: Any, other: Any, tmp_path: Path
) -> None:
    before = Lanes(stored, "before", KINDS)
    depth = await before.depth()
    await backup.export(settings(redis_url), str(tmp_path / "copy"))
    await backup.take(settings(redis_url, 1), str(tmp_path / "copy"), replace=False)
    lanes = Lanes(other, "heir", KINDS)
    await lanes.open()
    assert await lanes.depth() == depth
    (ticket,) = await lanes.take(keys.PEOPLE, 10, 0.001)  # which a dead worker held before
    first = await lanes.head(ticket)
    assert first is not None
    assert (first.kind, first.ref) == ("tell", "aaaaa1")
    assert not await lanes.accept(first, once="trigger:kept")


async def test_a_copy_of_a_running_bot_leaves_out_what_it_goes_on_to_do(
    redis_url: str, stored: Any, other: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lanes = Lanes(stored, "runs", KINDS)
    await lanes.accept(Console(words="whoami", asker=Asker(user="U1")))
    worker: Any = connect(redis_url, name=process_name())
    await worker.ping()
    await backup.export(settings(redis_url), str(tmp_path / "copy"))
    await worker.aclose()
    assert "A bot was running" in capsys.readouterr().out
    await backup.take(settings(redis_url, 1), str(tmp_path / "copy"), replace=False)
    assert "that people had asked for" in capsys.readouterr().out
    lanes = Lanes(other, "heir", KINDS)
    await lanes.open()
    for ticket in await lanes.take(keys.PEOPLE, 10, 0.001):
        assert await lanes.head(ticket) is None
        await lanes.finish(ticket)
    assert (await lanes.depth())["people"] == 0
    assert {one.lane for one in await lanes.take(keys.BACKGROUND, 10, 0.001)} == {"sync", f"thread:{FACTS['omar']}"}


FACTS, _ = stored_redis()


async def test_a_redis_that_is_in_use_or_not_empty_is_refused(
    redis_url: str, stored: Any, other: Any, tmp_path: Path
) -> None:
    await backup.export(settings(redis_url), str(tmp_path / "copy"))
    await Links(other).save_link("U0NEW", "m9")
    with pytest.raises(SettingsError, match="--replace"):
        await backup.take(settings(redis_url, 1), str(tmp_path / "copy"), replace=False)
    worker: Any = connect(f"{redis_url}?db=1", name=process_name())
    await worker.ping()
    with pytest.raises(SettingsError, match="stop all of its processes"):
        await backup.take(settings(redis_url, 1), str(tmp_path / "copy"), replace=True)
    await worker.aclose()
    assert await Links(other).link("U0NEW") == "m9"
    await backup.take(settings(redis_url, 1), str(tmp_path / "copy"), replace=True)
    assert await Links(other).link("U0NEW") is None
    assert await Links(other).links() == await Links(stored).links()


async def test_whether_a_bot_runs_is_known_without_the_right_to_list_clients(
    redis_url: str, stored: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = ["+@all", "-client|list", "-client|kill"]
    await stored.xgroup_destroy(keys.PEOPLE, keys.GROUP)  # the worker that died was there a moment ago
    await stored.acl_setuser("narrow", enabled=True, passwords=["+x"], keys=["*"], commands=rules)
    try:
        url = redis_url.replace("unix://", "unix://narrow:x@")
        await backup.export(settings(url), str(tmp_path / "copy"))
        assert "No bot was running" in capsys.readouterr().out
        lanes = Lanes(stored, "works", KINDS)
        await lanes.open()
        await lanes.take(keys.PEOPLE, 1, 0.001)
        await backup.export(settings(url), str(tmp_path / "copy"))
        assert "A bot was running" in capsys.readouterr().out
    finally:
        await stored.acl_deluser("narrow")


@pytest.mark.parametrize("server", ["redis-server", str(binary())], ids=["redis", "valkey"])
async def test_a_worker_that_got_nothing_for_a_while_runs_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    """Also where the server is older than 7.2, such as Debian 12's, and tells no more than when it got something."""
    if not (program := shutil.which(server)):
        pytest.skip("no Redis is installed")
    monkeypatch.setattr("bot.store.running.ALIVE", 200)
    with starting(tmp_path, program) as start:
        url = f"redis://127.0.0.1:{start('--user', 'bridge', *handbooks_user())}/1"
        worker = connect(url)
        lanes = Lanes(worker, "works", KINDS)
        await lanes.open()
        await lanes.accept(Sync())
        (ticket,) = await lanes.take(keys.BACKGROUND, 1, 0.1)
        await lanes.finish(ticket)
        for _ in range(10):
            assert await lanes.take(keys.BACKGROUND, 1, 0.05) == []
        asked = connect(url.replace("//", "//bridge:secret@"))
        assert await others(asked)
        await lanes.leave()
        assert not await others(asked)
        await worker.aclose()
        await asked.aclose()


HEAD = '{"inbox-bridge": 1, "version": "0.1.0", "layout": 1, "at": "2026-11-26T09:00:00+00:00"}\n'
ITEM = '{"key": "inbox-version", "type": "string", "value": "v2"}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not begin like one"),
        ("not JSON\n", "does not begin like one"),
        (HEAD, "does not begin like one"),
        (HEAD + ITEM, "line 2"),
        (HEAD + '{"key": "x", "type": "secret", "value": 1}\n{"end": 1, "running": false}\n', "line 2"),
        (HEAD + ITEM + '{"end": 2, "running": false}\n', "should have 2 keys, and has 1"),
        (HEAD.replace(": 1,", ": 2,", 1) + ITEM + '{"end": 1, "running": false}\n', "does not begin like one"),
        (HEAD.replace('"layout": 1', '"layout": 2') + ITEM + '{"end": 1, "running": false}\n', "newer version"),
    ],
)
async def test_what_is_no_whole_file_changes_nothing(
    redis_url: str, other: Any, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "copy").write_text(text)
    await Links(other).save_link("U0NEW", "m9")
    with pytest.raises(SettingsError, match=said):
        await backup.take(settings(redis_url, 1), str(tmp_path / "copy"), replace=True)
    assert await Links(other).link("U0NEW") == "m9"


async def test_no_bot_starts_on_half_of_a_copy_and_the_import_is_begun_again(
    redis_url: str, stored: Any, other: Any, tmp_path: Path
) -> None:
    await backup.export(settings(redis_url), str(tmp_path / "copy"))
    await other.set(keys.IMPORTING, "1")
    await Links(other).save_link("U0HALF", "m1")
    with pytest.raises(SettingsError, match="half of a copy"):
        await migrate(other)
    with pytest.raises(SettingsError, match="half of a copy"):
        await backup.export(settings(redis_url, 1), str(tmp_path / "half"))
    assert not (tmp_path / "half").exists()
    await backup.take(settings(redis_url, 1), str(tmp_path / "copy"), replace=False)
    await migrate(other)
    assert await Links(other).link("U0HALF") is None


async def test_the_handbooks_backup_of_a_running_bot_is_put_back_as_it_says(
    bot: Run, outside: Outside, tmp_path: Path
) -> None:
    """The commands as they stand there, in their order; between the two, the data are lost."""
    text = DOC.read_text()
    section = text[text.index("## Back up, move, restore") : text.index("## Proxies and certificates")]
    copy, put_back, start = re.findall(r"^python -m bot (.+)$", section, re.MULTILINE)
    channel, slack = outside.acme.channel, outside.slack
    redis: Any = connect(outside.env["REDIS_URL"])
    async with process(tmp_path, outside.env, *start.split()) as running:
        await until(outside.up)
        await outside.inbox.customer_writes(outside.acme.sarah, "Before the copy")
        (card,) = await slack.until(lambda: slack.messages(channel), 20.0)
        await slack.command(outside.acme.ana, channel, "/inbox", "route add text:refund")
        await slack.until(lambda: "Rule 1" in "".join(map(slack.show, slack.ephemerals(outside.acme.ana))), 20.0)
        ended = await bot(tmp_path, outside.env, *copy.split())
        assert (ended.code, "A bot was running" in ended.out) == (0, True), ended.err
        assert (await bot(tmp_path, outside.env, *put_back.split())).code == 2  # not while it runs
        await terminated(running)
    await redis.flushall()
    ended = await bot(tmp_path, outside.env, *put_back.split())
    assert (ended.code, "as they were" in ended.out) == (0, True), ended.err
    shown = await bot(tmp_path, outside.env, "show")
    assert f"1. text: refund → #support ({channel})" in shown.out, shown.out + shown.err
    assert f"Ana ({outside.acme.ana}) acts as Ana." in shown.out
    async with process(tmp_path, outside.env, *start.split()) as running:
        await until(outside.up)
        await outside.inbox.customer_writes(outside.acme.sarah, "After it")
        await slack.until(lambda: "After it" in "".join(map(slack.show, slack.replies(channel, card.ts))), 20.0)
        assert len(slack.messages(channel)) == 1  # the card goes on
        assert (await terminated(running)).code == 0
    await redis.aclose()


def test_what_waits_in_a_copy_is_asked_of_its_writer_first_and_what_they_were_asked_is_asked_again() -> None:
    now = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
    (line,) = [line["job"] for line in stored_jobs() if line["job"]["kind"] == "send" and line["job"]["ref"]][:1]
    send = KINDS.load(json.dumps(line).encode())
    times = {"past": now - timedelta(minutes=5), "future": now + timedelta(hours=1)}
    times |= {"asks": now + timedelta(days=3), "goes": now - timedelta(seconds=5)}  # they wrote before its time
    found = [
        msgspec.convert({"id": one, "send": send, "at": at, "seen": at, "state": state, "asked": asked}, Scheduled)
        for (one, at), state, asked in zip(
            times.items(), ("waits", "waits", "asks", "goes"), (None, None, now, None), strict=True
        )
    ]
    items = [Item(key=f"scheduled:{one.id}", type="string", value=json.loads(one.json())) for one in found]
    items.append(Item(key="scheduled", type="zset", value={one.id: one.at.timestamp() for one in found}))
    after = {item.key: item.value for item in backup.asking_first(items, now)}
    for one in found[:3]:
        assert msgspec.convert(after.pop(f"scheduled:{one.id}"), Scheduled) == one.having(copied=True, asked=None)
    assert after.pop("scheduled") == {
        "past": now.timestamp(), "future": times["future"].timestamp(),
        "asks": now.timestamp(), "goes": times["goes"].timestamp(),
    }  # fmt: skip
    assert after == {item.key: item.value for item in items if item.key == "scheduled:goes"}
