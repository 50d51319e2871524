"""A colleague who left is erased: by their id, nothing is in Redis but what is said to stay, nor on the disk."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from bot.bulk.store import Stops
from bot.channels.store import Preferences
from bot.errors import SettingsError
from bot.features import KINDS
from bot.models import Person, Place
from bot.operate.forget import forget, forget_colleague
from bot.people.audit_store import AuditLog
from bot.people.colleague_erasure import STAYS
from bot.people.jobs import Tell
from bot.people.known import Known
from bot.people.links import Links
from bot.people.rights import Request, Rights
from bot.queue.job import Asker, utc_now
from bot.queue.lanes import Lanes
from bot.reply.store import Replies
from bot.routing.store import Routes, Rule, Turns
from bot.rules.turn_store import Turn, TurnStore
from bot.sandbox.stage import Stage
from bot.settings import Settings
from bot.snippets.store import Snippet, Snippets
from bot.store import embedded, keys
from bot.store.connect import connect
from bot.waits.store import Noticed
from tests.data_dir import dumps, holds
from tests.e2e.steps import idle
from tests.e2e.test_forgetting import alone, everything, lives_with_her, settings_of, telling

KIM = "U0KIMKIM"


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    async with aclosing(connect(redis_url)) as client:
        yield client


async def leaves_much(redis: Any, user: str) -> None:
    """All that is kept of a colleague, and of another whose id begins so."""
    links, rights, noticed, turns = Links(redis), Rights(redis, KINDS), Noticed(redis), TurnStore(redis)
    for one in (user, f"{user}2"):
        await links.match(one, "m1", f"{one}@acme.example", None)
        await links.save_link(one, "m2")
        await links.match(one, "m1", f"{one}@acme.example", "m2")
        await rights.allow_guest(one)
        await rights.keep_click(one, Tell(asker=Asker(user=one), text="What they wanted"))
        await rights.requests.put(f"{one}:link", Request(at=utc_now(), ref="aaaaaa"))
        await Preferences(redis).set_person(one, hold=30)
        await noticed.mentions(Place("C1", f"1.{len(one)}"), one)
        await noticed.saw_in("C1", one)
        await noticed.tell(one, f"t-{one}", utc_now())
        await Replies(redis, 60.0).begin("t-1", one, "Kim")
        await Replies(redis, 60.0).agree("t-1", one, "m3")
        await Stops(redis).stop("bulk", one)
        turn = await turns.take("r1", "t-1", f"message-{one}", [Turn(one, "m1")], None)
        assert turn is not None
        await turns.give_back("r1", "t-1", f"message-{one}", turn)
        await turns.take("r2", "t-1", f"other-{one}", [Turn(one, "m1")], None)
        await Routes(redis).saw(one)
        for owner in (one, "team"):
            reply = Snippet(id=f"of-{one}", owner=owner, name=f"Of {one}", text="Dear", by=one, at=utc_now())
            await Snippets(redis).save(reply, "")
        await AuditLog(redis).note(Asker(user=one), "archive", f"t-{one}", "done", "bbbbbb", "m1")
        await rights.save_consent(f"C-{one}", one)
        lanes = Lanes(redis, "x", KINDS)
        await lanes.accept(Tell(asker=Asker(user=one), text="Told later"))
    await rights.requests.put("U0OTHER:link", Request(at=utc_now(), ref="cccccc", outcome=f"<@{user}> did it."))
    rule = Rule(id="r1", by=user, turns=Turns(to=(user,)), mention=(user,))
    await Routes(redis).edit("dddddd", user, lambda rules: [*rules, rule])


def unexplained(found: dict[str, str], user: str) -> list[str]:
    """Keys that have their id, and of which nobody is told that they stay."""
    word = re.compile(rf"(?<![A-Z0-9]){user}(?![A-Z0-9])")
    names = [name.removeprefix(keys.PREFIX) for name, text in found.items() if word.search(text)]
    told = [begin for begins, *_ in STAYS for begin in begins]
    return [one for one in names if not any(one == begin or one.startswith(f"{begin.rstrip(':')}:") for begin in told)]


async def test_of_a_colleague_who_left_nothing_is_found_but_what_is_said_to_stay(
    redis: Any, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await leaves_much(redis, KIM)
    others = [text for text in (await everything(redis)).values() if f"{KIM}2" in text]
    await redis.xgroup_destroy(keys.PEOPLE, keys.GROUP)
    assert await forget_colleague(alone(redis_url), KIM) == 0
    found = await everything(redis)
    assert unexplained(found, KIM) == []
    own = [name for name in found if KIM in name.split(":") and not name.startswith(keys.once(""))]
    assert own == []
    assert found[keys.RULES_KNOWN].count(KIM) == 1
    assert await Links(redis).links() == {f"{KIM}2": "m1"}
    assert [one for one in others if one.split(" ")[0] not in found] == []
    said = capsys.readouterr().out
    assert "entries of U0KIMKIM are gone" in said
    for what in (
        "rules that they made",
        "the record of who",
        "saved replies of the team",
        "consented",
        "of others that",
    ):
        assert what in said
    assert "step 4 of docs/data.md" in said
    await forget_colleague(alone(redis_url), KIM)
    assert "Nothing of U0KIMKIM's own is kept." in capsys.readouterr().out


async def test_of_a_colleague_whose_bot_runs_nothing_is_found_but_what_is_said_to_stay(
    on: Stage, redis: Any, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await lives_with_her(on)
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "rules")
    await idle(on, held=1)
    assert len(unexplained(await everything(redis), on.acme.ana)) > 3
    assert await forget_colleague(settings_of(on, redis_url), on.acme.ana) == 0
    assert unexplained(await everything(redis), on.acme.ana) == []
    assert telling(await everything(redis), ("Omar stays", on.acme.bo))
    assert "messages that they sent" in capsys.readouterr().out


async def test_what_is_no_member_id_erases_nothing(redis: Any, redis_url: str) -> None:
    await Links(redis).save_link(KIM, "m1")
    for typed in ("", "kim", "@kim", "C0CHANNEL*", "U", "installation"):
        with pytest.raises(SettingsError, match="is no Slack user"):
            await forget_colleague(alone(redis_url), typed)
    assert await Links(redis).link(KIM) == "m1"


@pytest.mark.parametrize("whom", ["@sarah", KIM])
async def test_no_file_of_the_bot_holds_who_was_erased(
    tmp_path: Path, whom: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The default: no REDIS_URL. A bot uses the same Valkey, and a former version left its dump."""
    settings = alone("redis://unused").model_copy(update={"redis_url": None, "bot_data_dir": tmp_path})
    server = embedded.start(tmp_path)
    async with aclosing(connect(server.url, name="somebody")) as client:
        person = Person(platform="twitter", platform_id="1234567890", username="sarah", name="Sarah Chen")
        await Known(client).met(person)
        await Links(client).save_link(KIM, "m1")
        await Preferences(client).set_person(KIM, hold=30)
        assert holds(tmp_path, "Sarah Chen")
        assert holds(tmp_path, KIM)
        assert await (forget_colleague if whom == KIM else forget)(settings, whom) == 0
        assert not holds(tmp_path, "Sarah Chen" if whom == "@sarah" else KIM)
        assert holds(tmp_path, KIM if whom == "@sarah" else "sarah")
        assert "BOT_DATA_DIR has nothing of that any more" in capsys.readouterr().out
        await server.stop(client)
    assert not dumps(tmp_path)


async def test_what_is_not_written_anew_in_time_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.embedded.REWRITTEN_WITHIN", 0.0)
    settings: Settings = alone("redis://unused").model_copy(update={"redis_url": None, "bot_data_dir": tmp_path})
    assert await forget_colleague(settings, KIM) == 1
    assert "run this again later" in capsys.readouterr().out
