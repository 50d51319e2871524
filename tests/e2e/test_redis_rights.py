"""The Redis user that `docs/operating.md` describes to the letter may do all that the bot does, and no more."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.operate import backup
from bot.settings import Settings
from bot.store import keys
from bot.store.connect import connect
from bot.upkeep.jobs import Tidy
from tests.conftest import Open
from tests.e2e.steps import calls, card_of, form, hears, idle, shows
from tests.stored import restore, stored_redis

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"
BOT = OPERATING.parents[1] / "bot"


@pytest.fixture
async def narrow(redis_url: str) -> AsyncIterator[str]:
    """The URL for that user."""
    (rules,) = re.findall(r"^ACL SETUSER bridge (on [^`]+)^```$", OPERATING.read_text(), re.MULTILINE)
    redis: Any = connect(redis_url)
    await redis.execute_command("ACL", "SETUSER", "bridge", "reset", *rules.split())
    await redis.acl_log_reset()
    yield redis_url.replace("unix://", "unix://bridge:secret@")
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


async def test_the_user_of_the_handbook_may_export_and_import(
    redis_url: str, narrow: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted: dict[str, Any] = {"slack_bot_token": "xoxb-1", "slack_signing_secret": "s", "inbox_api_token": "i"}
    settings = Settings(_env_file=None, **wanted, redis_url=SecretStr(narrow))  # type: ignore[call-arg]
    redis: Any = connect(redis_url)
    await restore(redis, stored_redis()[1])
    await redis.xgroup_destroy(keys.PEOPLE, keys.GROUP)
    count = await redis.dbsize()
    assert await backup.export(settings, str(tmp_path / "copy")) == 0
    assert "No bot was running" in capsys.readouterr().out
    assert await backup.take(settings, str(tmp_path / "copy"), replace=True) == 0
    assert count / 2 < await redis.dbsize() <= count
    await redis.acl_log_reset()  # that it may not list clients, it finds out by asking
    await redis.aclose()


def test_the_handbook_lists_each_command_of_a_script() -> None:
    (rules,) = re.findall(r"^ACL SETUSER bridge (on [^`]+)^```$", OPERATING.read_text(), re.MULTILINE)
    sources = [
        one.read_text() for kind in ("py", "lua") for one in BOT.rglob(f"*.{kind}") if "sandbox" not in one.parts
    ]
    called = {name.lower() for one in sources for name in re.findall(r"redis\.call\(\s*'([A-Z]+)'", one)}
    assert len(called) > 20
    assert {name for name in called if f"+{name}" not in rules and f"+{name}|" not in rules} == set()
