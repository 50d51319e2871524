"""The Redis user that `docs/operating.md` describes to the letter may do all that the bot does, and no more."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from bot.operate import backup
from bot.settings import Settings
from bot.store import keys
from bot.store.connect import connect
from bot.upkeep.jobs import Tidy
from tests.conftest import QUICK, Open
from tests.e2e.steps import calls, card_of, form, hears, idle, shows
from tests.servers import handbooks_user
from tests.stored import restore, stored_redis

BOT = Path(__file__).parents[2] / "bot"
SOURCES = [one for kind in ("py", "lua") for one in BOT.rglob(f"*.{kind}") if "sandbox" not in one.parts]


@pytest.fixture
async def narrow(redis_url: str) -> AsyncIterator[str]:
    """The URL for that user, and a database with a number."""
    redis: Any = connect(redis_url)
    await redis.execute_command("ACL", "SETUSER", "bridge", "reset", *handbooks_user())
    await redis.acl_log_reset()
    yield redis_url.replace("unix://", "unix://bridge:secret@") + "?db=1"
    assert [one for one in await redis.acl_log() if one["username"] == "bridge"] == []
    await redis.acl_deluser("bridge")
    await redis.aclose()


async def test_the_user_of_the_handbook_may_do_all_that_the_bot_does(opened: Open, narrow: str) -> None:
    on = await opened(redis_url=narrow)
    card = await card_of(on)
    await on.inbox.customer_writes(on.acme.sarah, "And another thing")
    await idle(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Assign to me")
    await on.slack.until(lambda: "Ana" in shows(on, card))
    await on.slack.command(on.acme.ana, card.channel, text="@sarah Hello")
    await hears(on, on.acme.ana, "Sent to")
    await on.slack.command(on.acme.ana, card.channel, text="")
    assert await form(on, on.acme.ana)
    await on.slack.suggest(on.acme.ana, "known", "sarah chen")
    assert on.slack.suggested("known")
    for words in ("route add all", "why @sarah", "stats", "log", "mine", "doctor", "whoami", "link <@U1> a@b.example"):
        before = len(on.slack.ephemerals(on.acme.ana))
        await on.slack.command(on.acme.ana, card.channel, command="/inbox", text=words)
        await on.slack.until(lambda before=before: len(on.slack.ephemerals(on.acme.ana)) > before)  # type: ignore[misc]
    await idle(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    await idle(on)
    assert await on.bridge.lanes.accept(Tidy())
    await idle(on)
    assert calls(on, "PATCH")
    assert (await on.bridge.lanes.depth())["dead"] == 0


async def test_so_it_may_while_admins_are_told_that_an_api_version_ends(opened: Open, narrow: str) -> None:
    timing = replace(QUICK, version_every=0.2)
    on = await opened(redis_url=narrow, versions=["v1"], inbox_api_version="v1", timing=timing)
    await hears(on, on.acme.ana, "stops answering")
    await idle(on)


async def test_the_user_of_the_handbook_may_export_and_import(
    redis_url: str, narrow: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted: dict[str, Any] = {"slack_bot_token": "xoxb-1", "slack_signing_secret": "s", "inbox_api_token": "i"}
    settings = Settings(_env_file=None, **wanted, redis_url=SecretStr(narrow))  # type: ignore[call-arg]
    redis: Any = connect(f"{redis_url}?db=1")
    await restore(redis, stored_redis()[1])
    await redis.xgroup_destroy(keys.PEOPLE, keys.GROUP)
    count = await redis.dbsize()
    assert await backup.export(settings, str(tmp_path / "copy")) == 0
    assert "No bot was running" in capsys.readouterr().out
    assert await backup.take(settings, str(tmp_path / "copy"), replace=True) == 0
    assert count / 2 < await redis.dbsize() <= count
    await redis.acl_log_reset()  # that it may not list clients, it finds out by asking
    await redis.aclose()


# --- what is sent, by the sources -------------------------------------------------------------------------------------

# What redis-py sends where a method is not called like its command.
SENDS = {
    "aclose": set[str](),
    "cluster": {"cluster|info"},
    "delete": {"del"},
    "execute_command": {"evalsha"},  # `bot.store.scripts`
    "from_pool": set[str](),
    "incr": {"incrby"},
    "lock": {"set", "get", "evalsha", "script|load"},
    "pipeline": {"multi", "exec"},
    "register_script": {"evalsha", "script|load"},
    "scan_iter": {"scan"},
    "transaction": {"watch", "unwatch", "multi", "exec"},
}
# `tests/unit/test_connect.py` hears that this is all, over each kind of URL.
ON_CONNECTING = {"hello", "select", "ping", "client|setname", "info"}
MAY_BE_REFUSED = {"client|list"}  # `bot.store.running` asks for the workers instead
# Of redis-py's methods those that other things have too: they count where they are called on what is named a client.
COMMON = {
    *("append", "close", "command", "delete", "digest", "exists", "get", "info", "json", "keys", "move", "ping"),
    *("reset", "restore", "save", "set", "shutdown", "sort", "time", "unlink", "wait"),
}
CLIENT = re.compile(r"(?:^|[._])(?:redis|client|pipe)$")
OWNER = BOT / "store" / "embedded.py"  # stops the Valkey that it started


def test_the_handbook_lists_each_command_that_the_bot_sends_and_no_other() -> None:
    granted = {one.removeprefix("+") for one in handbooks_user() if one.startswith("+")}
    by_python = {one for name in methods() for one in SENDS.get(name, {name.replace("_", "|")})}
    assert by_python > {"expireat", "zmscore", "xreadgroup"}
    assert by_python | set(of_scripts()) | ON_CONNECTING == granted | MAY_BE_REFUSED


def of_scripts() -> Iterator[str]:
    for source in SOURCES:
        for name, first in re.findall(r"redis\.call\(\s*'([A-Z]+)'(?:, '([A-Z]+)')?", source.read_text()):
            yield f"{name}|{first}".lower() if name == "XGROUP" else name.lower()


def methods() -> Iterator[str]:
    """Each of redis-py that is called."""
    for source in SOURCES:
        if source.suffix != ".py" or source == OWNER:
            continue
        for one in ast.walk(ast.parse(source.read_text())):
            match one:
                case ast.Call(ast.Attribute(called_on, name)) if hasattr(Redis, name) and not name.startswith("_"):
                    if name not in COMMON or CLIENT.search(beginning(called_on)):
                        yield name


def beginning(chain: ast.expr) -> str:
    """What stands before the first call: `pipe` in `pipe.get(one).get`."""
    while isinstance(chain, ast.Call) and isinstance(chain.func, ast.Attribute):
        chain = chain.func.value
    return ast.unparse(chain)
