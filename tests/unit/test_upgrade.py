"""The handbook's way to a newer version and back, on what each released layout left."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.people.links import Links
from bot.store import keys
from bot.store.connect import connect
from tests.stored import renew, restore, stored_redis
from tests.unit.conftest import Outside
from tests.unit.forks import Run
from tests.unit.test_cli import process, terminated, until

pytestmark = pytest.mark.exhaustive

DOC = Path(__file__).parents[2] / "docs" / "operating.md"


@pytest.fixture
async def redis(outside: Outside) -> AsyncIterator[Any]:
    """What version 0.1 left, of the workspace that is there."""
    client: Any = connect(outside.env["REDIS_URL"])
    await restore(client, stored_redis()[1])
    await renew(client, keys.AUDIT, keys.DEAD)
    workspace = {"team": "T0ACME", "name": "Acme", "bot_user": "U0SANDBOXBOT", "url": "https://acme.slack.com/"}
    await client.set(keys.INSTALLATION, json.dumps(workspace))
    yield client
    await client.aclose()


def told() -> tuple[str, str]:
    """What the section on upgrades tells to type, before and on the way back."""
    section = DOC.read_text().partition("## Upgrade")[2].partition("\n## ")[0]
    copy, back = re.findall(r"^ *python -m bot (.+)$", section, re.MULTILINE)
    return copy, back


async def test_a_newer_layout_is_left_alone_and_the_copy_leads_back(
    bot: Run, outside: Outside, redis: Any, tmp_path: Path
) -> None:
    copy, back = told()
    links = await Links(redis).links()
    ended = await bot(tmp_path, outside.env, *copy.split())
    assert ended.code == 0, ended.err
    for name in await redis.keys("*"):  # a version with the next layout has been at it
        await redis.rename(name, name.replace(b":1:", b":2:"))
    await redis.set(keys.LAYOUT_IS, 2)
    ended = await bot(tmp_path, outside.env, "serve")
    assert (ended.code, "newer version of the bot" in ended.err) == (2, True)
    ended = await bot(tmp_path, outside.env, *back.split())
    assert ended.code == 0, ended.err
    assert await Links(redis).links() == links
    async with process(tmp_path, outside.env, "serve") as running:
        await until(outside.up)
        assert (await terminated(running)).code == 0


async def test_within_a_layout_an_older_version_goes_on_with_what_a_newer_one_wrote(
    bot: Run, outside: Outside, redis: Any, tmp_path: Path
) -> None:
    """Fields it does not know are ignored; work it does not know waits in the dead letters, and is tried again."""
    raw = await redis.lindex(keys.lane("card:twettj9xmfidu2tgi63gboh5"), 0)
    await redis.lset(keys.lane("card:twettj9xmfidu2tgi63gboh5"), 0, raw[:-1] + b',"added_later":{"x":1}}')
    await redis.rpush(keys.lane("new:1"), b'b{"kind":"kind_of_a_newer_version","ref":"ffffff"}')
    await redis.xadd(keys.BACKGROUND, {"lane": "new:1"})
    async with process(tmp_path, outside.env, "serve") as running:

        async def buried() -> list[Any]:
            return [one for one in await redis.xrange(keys.DEAD) if one[1][b"lane"] == b"new:1"]

        await until(buried)
        (letter,) = await buried()
        assert (await bot(tmp_path, outside.env, "retry", letter[0].decode())).code == 0
        ended = await terminated(running)
    assert (ended.code, "Traceback" in ended.err) == (0, False)
    assert await Links(redis).links()
