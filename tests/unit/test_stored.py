"""What lies in people's Redis is read by every later version: jobs of all kinds, and every kind of key."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from bot.cards.posts_store import Posts
from bot.cards.store import Cards
from bot.channels.store import Preferences
from bot.events.store import Feed
from bot.features import FEATURES, KINDS
from bot.later.store import Schedule
from bot.lists.store import Listings
from bot.models import Place
from bot.people.audit_store import AuditLog
from bot.people.directory import Directory
from bot.people.links import Links
from bot.people.rights import Rights
from bot.queue.job import dump
from bot.queue.lanes import Lanes
from bot.reminders.store import Waiting
from bot.reply.store import Replies
from bot.routing.store import Routes
from bot.send.store import Attempts
from bot.snooze.store import Snoozes
from bot.stats.store import Counts
from bot.store import keys
from bot.store.connect import connect
from bot.store.installation import InstallState
from bot.store.layout import migrate
from tests.stored import restore, stored_jobs, stored_redis

STORED = stored_jobs()
FACTS, KEPT = stored_redis()
CLOCK = datetime.fromtimestamp(float(FACTS["card"]), UTC)  # when the stored things were done, within a minute

LANES_SINCE = {
    "amend": ("inbound:", "posts:"),
    "announce": ("announce:",),
    "campaign": ("inbound:",),
    "digest": ("digest",),
    "draw_home": ("home:",),
    "echo": ("echo:",),
    "missed": ("posts:",),
    "move": ("posts:",),
    "nobody_free": ("nobody-free:",),
    "notify": ("inbound:",),
    "outbound": ("inbound:",),
    "post": ("posts:",),
    "render_below": ("posts:",),
    "revise": ("echo:",),
    "save_settings": ("settings:",),
}


# --- jobs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", STORED, ids=[f"{n} {one['job']['kind']}" for n, one in enumerate(STORED)])
def test_a_stored_job_waits_where_it_waited_and_loses_nothing(line: dict[str, Any]) -> None:
    job = KINDS.load(json.dumps(line["job"]).encode())
    assert (job.kind, job.once) == (line["job"]["kind"], line["once"])
    # What lies in a lane is worked there, wherever its kind waits from now on.
    assert job.lane == line["lane"] or job.lane.startswith(LANES_SINCE[job.kind])
    assert (job.patient, job.background) == (line["patient"], line["background"])
    assert job.merge == line["merge"] or job.kind == "post"  # which shows whatever waits
    _assert_within(line["job"], job)
    assert KINDS.load(dump(job)) == job


def _assert_within(stored: Any, now: Any) -> None:
    """All that was stored is there; a later version may have added to it."""
    if isinstance(stored, dict):
        for name, value in stored.items():
            _assert_within(value, now[name] if isinstance(now, dict) else getattr(now, name))
    elif isinstance(stored, list):
        assert len(stored) == len(now)
        for one, other in zip(stored, now, strict=True):
            _assert_within(one, other)
    else:
        assert stored == msgspec.to_builtins(now)


def test_all_kinds_of_jobs_are_among_the_stored_ones() -> None:
    kinds = {kind.__struct_config__.tag for kind in FEATURES.handlers}
    assert {line["job"]["kind"] for line in STORED} == kinds


def test_a_stored_job_that_lacks_what_has_a_default_is_read(api: str) -> None:
    """As a version before the field was added wrote it."""
    line = next(one["job"] for one in STORED if one["job"]["kind"] == "send")
    needed = ("ref", "at", "kind", "intent", "address", "person", "account", "text", "asker")
    job = KINDS.load(json.dumps({name: line[name] for name in needed} | {"api": api}).encode())
    assert (job.lane, job.tries, job.once) == ("to:a1:1876543210987654321", 0, None)


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    """The Redis of that team, as a bot finds it at its start."""
    client: Any = connect(redis_url)
    await restore(client, KEPT)
    await migrate(client)
    yield client
    await client.aclose()


async def test_a_start_keeps_every_key_and_its_time_to_live(redis: Any) -> None:
    present = {name.decode() for name in await redis.keys("*")}
    assert {name for name in KEPT if KEPT[name]["expires"] is None} <= present
    for name in present & KEPT.keys():
        assert (await redis.ttl(name) == -1) == (KEPT[name]["expires"] is None)


async def test_stored_work_lies_where_it_lay(redis: Any) -> None:
    lanes = Lanes(redis, "heir", KINDS, claim_idle=15.0)
    await lanes.open()
    assert await lanes.depth() == {"people": 1, "background": 2, "delayed": 2, "dead": 1}
    (ticket,) = await lanes.reclaim(keys.PEOPLE, 10)
    assert ticket.lane == f"tell:{FACTS['ana']}"
    first = await lanes.head(ticket)
    assert first is not None
    assert (first.kind, first.ref) == ("tell", "aaaaa1")
    await lanes.finish(ticket)
    (next_one,) = await lanes.take(keys.PEOPLE, 10, 0.001)
    second = await lanes.head(next_one)
    assert second is not None
    assert second.ref == "aaaaa2"
    assert not await lanes.accept(first, once="trigger:kept")  # what was accepted then is not accepted again
    (letter,) = await lanes.dead_letters()
    assert letter.job is not None
    assert (letter.job.ref, letter.reason) == ("ccccc1", "RuntimeError")
    assert await lanes.revive(letter.id)
    assert {one.lane for one in await lanes.take(keys.BACKGROUND, 10, 0.001)} == {"sync", f"thread:{FACTS['omar']}"}


async def test_a_stored_card_is_known_by_its_thread_its_place_and_its_person(redis: Any) -> None:
    cards = Cards(redis)
    card = await cards.get(FACTS["sarah"])
    assert card is not None
    assert card.latest is not None
    assert card.assigned is not None
    assert card.answered is not None
    assert card.thread.person is not None
    assert (card.thread.person.label, card.latest.text) == ("Sarah Chen", "And one more")
    assert (card.assigned.who, card.answered.who, card.archived, card.gone) == ("Bo", "Bo", None, False)
    assert card.thread.assignee_id == FACTS["bo_member"]
    place = Place(FACTS["channel"], FACTS["card"])
    assert await cards.place(FACTS["sarah"]) == place
    assert await cards.at(place) == FACTS["sarah"]
    assert await cards.threads_of("1876543210987654321") == {FACTS["sarah"]}
    assert await cards.was_passed_over("unseen")


async def test_a_stored_card_says_who_assigned_it_by_name_and_later_by_member(redis: Any) -> None:
    by_name, by_member = [await Cards(redis).get(one) for one in (FACTS["sarah"], "given")]
    assert by_name is not None
    assert by_name.assigned is not None
    assert [by_name.assigned.is_by(FACTS["ana_member"], name) for name in ("Bo", "Ana", None)] == [True, False, False]
    assert by_member is not None
    assert by_member.assigned is not None
    assert by_member.assigned.is_by(FACTS["ana_member"], None)
    assert not by_member.assigned.is_by(FACTS["bo_member"], "Bo")


async def test_stored_rights_and_links_hold(redis: Any) -> None:
    people, rights = Links(redis), Rights(redis, KINDS)
    assert await people.links() == {
        FACTS["ana"]: FACTS["ana_member"],
        FACTS["bo"]: FACTS["bo_member"],
        FACTS["kim"]: FACTS["bo_member"],
    }
    assert await people.link("U0GONE") == ""  # taken away on purpose
    assert await people.linked_members() == {FACTS["ana_member"], FACTS["bo_member"]}
    assert await rights.guest_allowed(FACTS["guest"])
    assert await rights.consent(FACTS["shared"]) == FACTS["ana"]
    sharing = await rights.sharings.get(FACTS["channel"])
    assert sharing is not None
    assert (sharing.shared, sharing.teams, sharing.ended) == (False, (), None)
    sharing = await rights.sharings.get(FACTS["shared"])
    assert sharing is not None
    assert (sharing.shared, sharing.teams) == (True, ("T0OTHER",))
    click = await rights.kept_click(FACTS["kim"])
    assert click is not None
    assert (click.kind, click.ref) == ("change", "c11c4d")
    assert not await Lanes(redis, "x", KINDS).accept(click, once="trigger:kept")


async def test_what_was_cached_of_people_is_read_without_asking(redis: Any) -> None:
    nobody_asked = SimpleNamespace(members=None, account_links=None, tags=None, statuses=None, platforms=None)
    people = Directory(redis, cast(Any, nobody_asked))
    assert [one.label for one in await people.members()] == ["Ana", "Bo"]
    assert [one.label for one in await people.account_links()] == ["@acme"]
    assert [one.name for one in await people.tags()] == ["VIP"]
    assert [one.name for one in await people.statuses()] == ["Lead"]
    assert [one.characters for one in await people.platforms()] == [10_000]
    profile = await people.profiles.get(FACTS["ana"])
    assert profile is not None
    assert (profile.name, profile.admin, profile.email) == ("Ana", True, "ana@acme.example")
    found = await people.lookup("omar_k")
    assert found is not None
    assert [one.thread_id for one in found] == [FACTS["omar"]]
    assert await people.lookup("nobody") == []


async def test_stored_sends_are_known_by_their_intent_and_by_what_they_became(redis: Any) -> None:
    intents, replies = Attempts(redis), Replies(redis, 600.0)
    echo = f"slack-{FACTS['channel']}-{FACTS['said']}"
    send = await intents.get(echo)
    assert send is not None
    assert (send.text, send.echo, send.address.thread_id) == ("And again", FACTS["said"], FACTS["sarah"])
    arrived = await intents.arrived(echo)
    assert arrived is not None
    message_id, thread_id = arrived
    assert thread_id == FACTS["sarah"]
    assert not await intents.claim(message_id, "another")
    assert await intents.claim(message_id, echo, thread_id)
    assert await intents.withdrawn(f"slack-{FACTS['channel']}-1.000001")
    assert await intents.answer("slack-asked", send=False) is True  # the first answer stays
    refused = await intents.plan_refused()
    assert refused is not None
    assert abs(refused - CLOCK) < timedelta(minutes=1)
    choice = await intents.choices.get("ch1")
    assert choice is not None
    assert (choice.text, choice.user, len(choice.candidates)) == ("Hello", FACTS["ana"], 1)
    receipts = [name for name in KEPT if ":receipt-of:" in name]
    (of_reply,) = [await replies.receipts.get(name.rpartition(":")[2]) for name in receipts]
    assert of_reply is not None
    assert (of_reply.state, of_reply.send.text) == ("sent", "We are on it")
    at = await replies.receipt_at(of_reply.send.receipt)
    assert at is not None
    assert at.channel == FACTS["channel"]
    assert all([await Posts(redis).shown_at(name.rpartition(":")[2]) for name in KEPT if ":shown:" in name])


async def test_who_wrote_and_who_is_replying_is_read(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.send.store.utc_now", lambda: CLOCK + timedelta(minutes=5))
    monkeypatch.setattr("bot.reply.store.utc_now", lambda: CLOCK + timedelta(minutes=5))
    send = await Attempts(redis).get(f"slack-{FACTS['channel']}-{FACTS['said']}")
    assert send is not None
    wrote = await Attempts(redis).writers(send.person)
    assert {user: (one.account, one.sent) for user, one in wrote.items()} == {
        FACTS["ana"]: ("@acme", True),
        FACTS["bo"]: ("@acme", True),
    }
    assert [one.name for one in await Replies(redis, 600.0).writers(FACTS["sarah"])] == ["Bo"]


async def test_stored_choices_and_rules_hold(redis: Any) -> None:
    preferences, routes = Preferences(redis), Routes(redis)
    assert (await preferences.channel(FACTS["channel"])).replies == ">>"
    other = await preferences.channel(FACTS["other"])
    assert (other.privacy, other.reply_assigns, other.replies) == ("preview", False, "")
    reminders = other.reminders
    assert (reminders.unassigned_after, reminders.assigned_after, reminders.zone) == (2.5, 8.0, "Europe/Berlin")
    assert (reminders.days, reminders.opens, reminders.closes) == ((0, 1, 2), time(9), time(17, 30))
    assert reminders.digest == time(9, 15)
    assert set(await preferences.channels()) == {FACTS["channel"], FACTS["other"]}
    bo = await preferences.person(FACTS["bo"])
    assert bo.told_of_assignment is False
    assert bo.quiet is not None
    assert msgspec.to_builtins(bo.quiet) == {"begins": "20:00:00", "ends": "08:00:00", "zone": "Europe/Berlin"}
    (rule,) = await routes.rules()
    assert rule.channel == FACTS["other"]
    assert await routes.edit("by number", FACTS["bo"], lambda _: [], CLOCK) == FACTS["ana"]
    omar, sarah = await routes.memory(FACTS["omar"]), await routes.memory(FACTS["sarah"])
    assert omar.pin is not None
    assert (omar.pin.channel, omar.pin.by, omar.rule) == (FACTS["other"], FACTS["ana"], rule.id)
    assert (sarah.campaign, sarah.pin) == (True, None)


async def test_the_stored_place_in_the_feed_and_what_was_missed_are_known(redis: Any) -> None:
    feed = Feed(redis)
    assert await feed.cursor() == int(KEPT["{inbox-bridge}:1:feed:cursor"]["value"])
    assert [one.id for one in await feed.waiting()] == ["ev2"]
    assert await feed.has_missed()
    assert await feed.knows_gap()
    assert [(one.thread_id, one.messages) for one in await feed.collect("c0ffee")] == [(FACTS["sarah"], 1)]
    assert [(one.thread_id, one.messages) for one in await feed.collect("fresh")] == [(FACTS["sarah"], 1)]
    assert await feed.missed(["msg1", "msg3", "msg9"]) == {"msg1", "msg3"}
    assert not await feed.knows_gap()
    assert [await feed.missed_more(ref) for ref in ("c0ffee", "fresh")] == [False, True]  # who collected it tells it
    assert abs(await feed.began() - CLOCK) < timedelta(minutes=1)
    read_at = await feed.read_at()
    assert read_at is not None
    assert abs(read_at - CLOCK) < timedelta(minutes=1)
    shown = [name.rpartition(":")[2] for name in KEPT if ":once:message:" in name]
    assert await feed.shown(shown) == set(shown)


async def test_stored_waits_mornings_and_figures_are_known(redis: Any) -> None:
    waiting, counts = Waiting(redis), Counts(redis)
    found = await waiting.get("waits")
    assert found is not None
    assert (found.first, found.since) == (1764148364.5, 1764148364.5)
    assert list(await waiting.due()) == ["waits"]
    assert await waiting.morning(FACTS["channel"]) == 1764230400.0
    assert await counts.since() == date(2025, 11, 26)
    (day,) = await counts.days([date(2025, 11, 26)])
    assert sorted(day.received) == sorted([FACTS["sarah"]] * 2 + [FACTS["omar"]])
    assert {one.member for one in day.answers} == {FACTS["ana_member"]}


async def test_a_stored_snooze_is_known_and_wakes_when_it_was_to(redis: Any) -> None:
    snoozes = Snoozes(redis)
    (thread_id, snoozed), *more = (await snoozes.all()).items()
    assert (thread_id, more) == ("sleeps", [])
    assert (snoozed.until, snoozed.by, snoozed.reminds) == (datetime(2100, 1, 1, tzinfo=UTC), FACTS["ana"], True)
    card = await Cards(redis).get("sleeps")
    assert card is not None
    assert card.snoozed == snoozed
    assert await snoozes.closes("sleeps")
    assert await snoozes.due() == []


async def test_a_stored_message_that_is_sent_later_is_known_and_waits(redis: Any) -> None:
    schedule = Schedule(redis)
    (known,) = await schedule.all()
    assert (known.state, known.why, known.at) == ("asks", "wrote", datetime(2100, 1, 1, tzinfo=UTC))
    assert (known.send.text, known.send.asker.user) == ("See you in 2100", FACTS["ana"])
    assert await schedule.between(known.to) == [known]
    place = await schedule.post_at(known.id)
    assert place is not None
    assert place.channel == FACTS["channel"]
    assert await schedule.due() == []
    await schedule.erase(known)
    assert await redis.keys(keys.scheduled("*")) + await redis.keys(keys.scheduled_to("*")) == []


async def test_stored_lists_the_record_and_the_installation_are_known(redis: Any) -> None:
    home = await Listings(redis).get(f"home-{FACTS['ana']}")
    assert home is not None
    assert home.user == FACTS["ana"]
    entries = await AuditLog(redis).newest(100)
    assert {"link", "consent", "allow", "send", "assign_to_me", "replies on"} <= {one.what for one in entries}
    assert all(one.outcome and one.ref for one in entries)
    install = InstallState(redis)
    workspace = await install.workspace()
    assert workspace is not None
    assert (workspace.team, workspace.bot_user) == ("T0ACME", "U0SANDBOXBOT")
    assert await install.inbox_version() == "v2"
    assert await install.revoked()
