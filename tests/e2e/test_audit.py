"""The record: who did what, from where, to which thread, and how it ended."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from redis import Redis

from bot.people.audit_store import AuditLog, Entry
from bot.queue.job import Asker
from bot.sandbox.stage import Stage
from bot.store import keys
from bot.store.connect import connect
from tests.e2e.steps import answered, card_of, hears, idle, shows, thread

TEXT = "What only Sarah may read"


async def record(url: str) -> list[Entry]:
    redis = connect(url)
    try:
        return [one async for one in AuditLog(redis).since(datetime.now(UTC) - timedelta(days=1))]
    finally:
        await redis.aclose()


async def test_what_people_do_is_on_record_without_what_they_wrote(on: Stage, redis_url: str) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    await on.slack.command(on.acme.bo, card.channel, text=f"@sarah {TEXT}")
    await hears(on, on.acme.bo, "Sent to")
    await on.slack.command(on.acme.bo, card.channel, text=f"@nobody_at_all {TEXT}")
    await hears(on, on.acme.bo, "I can't find")
    await on.slack.press(on.acme.kim, card.channel, card.ts, "Reopen")
    await hears(on, on.acme.kim, "I can't match you")
    await on.slack.command(on.acme.ana, card.channel, command="/inbox", text=f"link <@{on.acme.kim}> bo@acme.example")
    await hears(on, on.acme.ana, "now acts as")
    await on.slack.until(lambda: "Archived" not in shows(on, card))
    await idle(on)
    acme, about = on.acme, thread(on).id
    entries = await record(redis_url)
    assert [(one.user, one.member, one.what, one.about, one.outcome) for one in entries] == [
        (acme.ana, acme.ana_member, "archive", about, "done"),
        (acme.bo, acme.bo_member, "send", about, "sent"),
        (acme.bo, "", "send", "", "nobody found"),
        (acme.kim, "", "reopen", about, "refused: NotLinked"),
        (acme.ana, "", "link", acme.kim, f"done: {acme.bo_member}"),
        (acme.kim, acme.bo_member, "reopen", about, "done"),
    ]
    assert {one.channel for one in entries} == {acme.channel}
    assert all(len(one.ref) == 6 for one in entries)
    kept = json.dumps(msgspec.to_builtins(entries))
    assert TEXT not in kept
    assert "@acme.example" not in kept


async def test_what_inbox_refused_is_on_record_as_refused(on: Stage, redis_url: str) -> None:
    card = await card_of(on)
    on.inbox.fail("PATCH *", status=403, times=None)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    heard = (await answered(on, on.acme.ana, 1))[0]
    await idle(on)
    (entry,) = await record(redis_url)
    assert (entry.what, entry.outcome) == ("archive", "failed: Forbidden")
    assert entry.ref in heard


async def test_admins_read_the_last_acts_and_nobody_else_does(on: Stage) -> None:
    card = await card_of(on)
    await on.slack.press(on.acme.bo, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Bo" in shows(on, card))
    await on.slack.command(on.acme.ana, card.channel, command="/inbox", text="log")
    heard = await hears(on, on.acme.ana, f"<@{on.acme.bo}> archive ")
    assert "Sarah Chen" in heard
    assert f" in <#{card.channel}>: done" in heard
    assert thread(on).id not in heard.partition("|")[2]
    await on.slack.command(on.acme.bo, card.channel, command="/inbox", text="log")
    await hears(on, on.acme.bo, "Only workspace admins")


@pytest.mark.parametrize(
    ("what", "about", "outcome", "says"),
    [
        ("snippet saved", "U0ANA:abc", "done", "snippet saved in"),
        ("snippet removed", "team:abc", "done", "snippet removed in"),
        ("snippets", "team:abc", "refused: AdminsOnly", "snippets in"),
        ("archive", "a-thread-that-is-forgotten", "done", "archive a conversation in"),
        ("send", "1234567890", "sent", "send a conversation in"),
        ("link", "U0ANA", "done: mem_gone_123", ": done: a former colleague ("),
        ("assign_to", "t-gone", "done: mem_gone_123", ": done: a former colleague ("),
        ("assign_by_rule", "t-gone", "done: mem_gone_123", ": done: a former colleague ("),
        ("assign_to", "t-gone", "done: {will}", ": done: WILL ("),
        ("move", "t-gone", "done: {channel}", ": done: <#{channel}> ("),
        ("contact", "t-gone", "done: tags, status", ": done: tags, status ("),
    ],
)
async def test_a_line_of_the_log_says_nothing_that_is_not_so(
    on: Stage, redis_url: str, what: str, about: str, outcome: str, says: str
) -> None:
    known = {"will": on.inbox.add_member("WILL", "will@acme.example"), "channel": on.acme.channel}
    redis = connect(redis_url)
    who = Asker(user=on.acme.bo, channel=on.acme.channel)
    await AuditLog(redis).note(who, what, about, outcome.format(**known), "abc123", "m1")
    await redis.aclose()
    await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="log")
    heard = await hears(on, on.acme.ana, "abc123")
    assert says.format(**known) in heard
    assert "mem_gone" not in heard


async def test_while_inbox_says_nobody_s_name_nobody_is_called_a_former_colleague(on: Stage, redis_url: str) -> None:
    redis = connect(redis_url)
    await AuditLog(redis).note(Asker(user=on.acme.bo), "link", "U0ANA", "done: mem_gone_123", "abc123")
    await redis.aclose()
    on.inbox.fail("*", status=503, times=None)
    await on.slack.command(on.acme.ana, on.acme.channel, command="/inbox", text="log")
    assert "done: a colleague (abc123)" in await hears(on, on.acme.ana, "abc123")


async def test_one_act_is_one_entry_however_often_it_is_written(redis_url: str) -> None:
    redis = connect(redis_url)
    audit = AuditLog(redis)
    for _ in range(3):
        await audit.note(Asker(user="U1"), "archive", "t1", "done", "abc123", "m1")
    await audit.note(Asker(user="U1"), "archive", "t1", "done", "abc124", "m1")
    assert [one.ref for one in await audit.newest(20)] == ["abc124", "abc123"]
    await redis.aclose()


async def test_what_is_older_than_the_record_is_kept_goes(redis_url: str) -> None:
    old = int((time.time() - 91 * 86_400) * 1000)
    with Redis.from_url(redis_url) as plain:
        for number in range(300):  # Redis cuts whole nodes of a hundred
            plain.xadd(
                keys.AUDIT, {"user": "U0", "what": "archive", "outcome": "done", "ref": "old"}, f"{old}-{number}"
            )
        redis = connect(redis_url)
        await AuditLog(redis, days=90).note(Asker(user="U1"), "archive", "t1", "done", "new", "m1")
        assert plain.xlen(keys.AUDIT) <= 101
        newest = await AuditLog(redis).newest(1)
        await redis.aclose()
    assert newest[0].ref == "new"


@pytest.mark.parametrize("count", [0, 1, 500, 1001])
async def test_all_entries_are_read_page_by_page(redis_url: str, count: int) -> None:
    now = int(time.time() * 1000)
    with Redis.from_url(redis_url) as plain:
        pipe = plain.pipeline()
        for number in range(count):
            pipe.xadd(keys.AUDIT, {"user": "U0", "what": "x", "outcome": "done", "ref": str(number)}, f"{now}-{number}")
        pipe.execute()
    assert [one.ref for one in await record(redis_url)] == [str(number) for number in range(count)]
