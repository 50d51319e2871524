"""Somebody outside the team is erased: nothing in Redis names them any more, or holds a word to or from them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, cast, get_args, get_origin, get_type_hints

import msgspec
import pytest
from pydantic import SecretStr
from redis.exceptions import ResponseError

from bot.address import Candidate
from bot.bulk.jobs import Bulk, How, Ticked, Wanted
from bot.cards.jobs import Announce, Move
from bot.errors import SettingsError
from bot.events.jobs import Digest, LookAtBuried
from bot.feature import Console
from bot.features import KINDS
from bot.later.jobs import ChangeLater, Decide, Scheduled
from bot.later.store import Schedule
from bot.messages.jobs import ChangeMessage
from bot.models import Person, Thread
from bot.operate.doctor import retry
from bot.operate.forget import forget
from bot.people.audit_store import AuditLog
from bot.people.directory import Directory
from bot.people.erasure import Erasure
from bot.people.jobs import Tell
from bot.people.known import Known
from bot.people.traces import _SEVERAL, Traces
from bot.queue.job import Asker, Job, utc_now
from bot.queue.lanes import Lanes
from bot.reminders.jobs import Nudge
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.stage import Stage, bot_on, scene
from bot.send.jobs import Send
from bot.settings import Settings
from bot.store import keys
from bot.store.connect import connect
from bot.targets.jobs import TellLate
from bot.thread_replies.jobs import Early, Echo
from tests.conftest import QUICK
from tests.e2e.bulk import listed
from tests.e2e.scheduling import later
from tests.e2e.steps import card_of, form, hears, idle, reply_form, shows, thread, version
from tests.e2e.test_contact import contact_form
from tests.e2e.test_snippets import choose, keep
from tests.stored import stored_jobs

BOSS = Asker(user="U1")
HERS = Thread(id="t-sarah", account_link_id="l1", last_message=None)
SECRETS = (
    "Sarah Chen",
    "sarah",
    "my number is 555",
    "and my street",
    "We call you",
    "Dear person",
    "A note of theirs",
    "We ship",
)


async def everything(redis: Any) -> dict[str, str]:
    """Each key with all that it holds, as text."""
    found = {}
    for name in await redis.keys("*"):
        if (kind := await redis.type(name)) == b"none":  # it has expired meanwhile
            continue
        value = await {
            b"string": redis.get,
            b"hash": redis.hgetall,
            b"list": lambda one: redis.lrange(one, 0, -1),
            b"set": redis.smembers,
            b"zset": lambda one: redis.zrange(one, 0, -1),
            b"stream": redis.xrange,
        }[kind](name)
        found[name.decode()] = f"{name.decode()} {value!r}"
    return found


def telling(found: dict[str, str], words: tuple[str, ...]) -> list[str]:
    return [text for text in found.values() if any(one.lower() in text.lower() for one in words)]


async def lives_with_her(on: Stage) -> None:
    """All that a team does with somebody within a day."""
    slack, ana, bo, channel = on.slack, on.acme.ana, on.acme.bo, on.acme.channel
    card = await card_of(on, "Hello, my number is 555")
    await card_of(on, "Omar stays", on.acme.omar)
    await on.inbox.customer_writes(on.acme.sarah, "and my street is Elm")
    await idle(on)
    await later(on, ana, card, "We ship on Friday", send_when="week")
    await reply_form(on, ana, card)
    await slack.submit(ana, values={"text": "We call you"})
    await slack.until(lambda: any("We call you" in slack.show(one) for one in slack.replies(channel, card.ts)))
    await idle(on)
    await reply_form(on, bo, card)  # stays open
    await slack.command(ana, channel, text="@sarah Dear person")
    await hears(on, ana, "Sent to")
    await slack.command(ana, channel, "/inbox", "find Sarah")
    await hears(on, ana, "Conversations with")
    await listed(on)
    await slack.open_home(ana)
    await slack.until(lambda: slack.home(ana))
    if version(on) == "v2":
        await contact_form(on, ana, card)
    await idle(on, held=1)  # that Bo is replying is shown for a while


def letter(text: str) -> Tell:
    return Tell(asker=Asker(user="U0BURIED"), text=text)


async def bury(redis: Any, job: Job, reason: str = "RuntimeError") -> None:
    lanes = Lanes(redis, "buries", KINDS)
    await lanes.open()
    await lanes.accept(job)
    for ticket in await lanes.take(keys.PEOPLE, 10, 0.5):
        await lanes.bury(ticket, reason)
    await lanes.leave()


def alone(redis_url: str) -> Settings:
    """Those of an operator where no bot runs."""
    wanted: dict[str, Any] = {"slack_bot_token": "xoxb-1", "slack_signing_secret": "s", "inbox_api_token": "i"}
    return Settings(_env_file=None, **wanted, redis_url=SecretStr(redis_url))  # type: ignore[call-arg]


def _early() -> Early:
    echo = next(one["job"] for one in stored_jobs() if one["job"]["kind"] == "echo")
    return Early(asker=BOSS, wish=msgspec.convert(echo, Echo))


def a_send(text: str = "Hello") -> Send:
    """To Sarah, from @acme."""
    stored = next(one["job"] for one in stored_jobs() if one["job"]["kind"] == "send")
    return msgspec.convert(stored | {"text": text}, Send)


def bulk(name: str, *left: str, how: dict[str, How] | None = None, asker: Asker = BOSS) -> Bulk:
    """Archives these, of which the first is in hand."""
    ticked = tuple(Ticked(thread_id=one, seen=datetime(2100, 1, 1, tzinfo=UTC)) for one in left)
    wanted = Wanted(act="archive")
    return Bulk(
        id=name, wanted=wanted, seen_in="list|7f3a9c|0", left=ticked, how=how or {}, begun=bool(left), asker=asker
    )


def settings_of(on: Stage, redis_url: str) -> Settings:
    return on.settings.model_copy(update={"redis_url": SecretStr(redis_url)})


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    client = connect(redis_url)
    yield client
    await client.aclose()


async def test_somebody_who_is_forgotten_is_found_nowhere_in_redis(
    on: Stage, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    redis: Any = connect(redis_url)
    await lives_with_her(on)
    before = await everything(redis)
    assert len(telling(before, SECRETS)) > 10
    assert await forget(settings_of(on, redis_url), "@Sarah") == 0
    said = capsys.readouterr().out
    assert "entries about @Sarah are gone" in said
    (card, _) = on.slack.messages(on.acme.channel)
    assert f"/archives/{on.acme.channel}/p{card.ts.replace('.', '')}" in said
    after = await everything(redis)
    assert telling(after, (*SECRETS, on.acme.sarah.platform_id)) == []
    assert telling(after, ("Omar Khan", "Omar stays"))
    (entry,) = [one for one in await AuditLog(redis).newest(100) if one.what == "forget"]
    assert (entry.user, entry.about) == ("operator", "")
    await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "log")
    assert "operator forget" in await hears(on, on.acme.ana, "forget")

    # Whoever writes again is known again: a new card, and the buttons of the old one work.
    assert await forget(settings_of(on, redis_url), "@sarah") == 0
    await on.inbox.customer_writes(on.acme.sarah, "Me again")
    await idle(on)
    *_, fresh = on.slack.messages(on.acme.channel)
    assert "Me again" in shows(on, fresh)
    await redis.aclose()


async def test_an_erasure_that_was_interrupted_goes_on_another_time(
    on: Stage, redis_url: str, redis: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """By what tells who they are, which goes last; what stands in Slack was said before."""
    card = await card_of(on, "Hello, my number is 555")
    await on.inbox.customer_writes(on.acme.sarah, "and my street is Elm")
    await idle(on)
    await redis.set(keys.DEAD, "a string, of which no letters are read")
    with pytest.raises(ResponseError):
        await forget(settings_of(on, redis_url), "@sarah")
    assert f"p{card.ts.replace('.', '')}" in capsys.readouterr().out
    await redis.delete(keys.DEAD)
    assert await forget(settings_of(on, redis_url), "@sarah") == 0
    assert telling(await everything(redis), (*SECRETS, on.acme.sarah.platform_id)) == []


async def test_an_erasure_that_is_refused_in_the_midst_leaves_all_by_which_the_rest_is_found(
    redis: Any, redis_url: str
) -> None:
    """What one profile's conversations say leads to the contact, and that to what is kept of another profile."""
    sarah = Person(platform="twitter", platform_id="1234567890", username="sarah", name="Sarah Chen")
    lena = Person(platform="linkedin", platform_id="ACoAAB0000001", name="Lena Chen")
    for id, who in (("thread-of-lena-2", lena), *((f"thread-of-sarah-{one}", sarah) for one in range(3, 10))):
        held = Thread(id=id, account_link_id="l1", person=who, contact_id="contact-1")
        await redis.hset(keys.card(id), "thread", held.json())
    before = await everything(redis)
    await redis.execute_command("ACL", "SETUSER", "default", "resetkeys", "%R~*", "%W~*[^2]")
    try:
        with pytest.raises(ResponseError):
            await forget(alone(redis_url), "@sarah")
    finally:
        await redis.execute_command("ACL", "SETUSER", "default", "allkeys")
    assert await everything(redis) == before
    assert await forget(alone(redis_url), "@sarah") == 0
    assert telling(await everything(redis), ("Lena Chen", "Sarah Chen")) == []


WRITTEN: dict[str, Callable[[], Job]] = {
    "send": lambda: a_send(),
    "reply below a card": _early,
    "send now": lambda: Decide(about="1-slack-0000aa", verb="now", asker=BOSS),
    "edit": lambda: ChangeMessage(verb="edit", thread_id="t1", message_id="m1", text="Hi", asker=BOSS),
    "another time": lambda: ChangeLater(about="1-slack-0000aa", until=utc_now(), seen=utc_now(), asker=BOSS),
}


@pytest.mark.parametrize("written", list(WRITTEN))
@pytest.mark.parametrize(
    ("reason", "stays"), [("RuntimeError", True), ("unreadable: ValidationError", False), ("untold: KeyError", False)]
)
async def test_what_somebody_wrote_or_decided_is_not_done_by_retry_unless_nobody_was_told(
    redis_url: str, redis: Any, written: str, reason: str, stays: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    await bury(redis, WRITTEN[written](), reason)
    (dead,) = await Lanes(redis, "looks", KINDS).dead_letters()
    assert await retry(alone(redis_url), dead.id) == int(stays)
    assert ("may have sent or changed it since" in capsys.readouterr().out) is stays
    assert len(await Lanes(redis, "looks", KINDS).dead_letters()) == int(stays)
    assert (await redis.exists(keys.lane(dead.lane)) == 0) is stays


async def test_letters_that_failed_and_sentences_that_wait_are_erased_where_no_bot_runs(
    redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also for somebody of whom nothing but these is kept."""
    redis: Any = connect(redis_url)
    settings = alone(redis_url)
    await bury(redis, letter("I couldn't send “Hi” to @sarah."))
    await bury(redis, letter("I couldn't send “Hi” to @omar_k."))
    await Lanes(redis, "x", KINDS).accept(Console(words="find @sarah", asker=Asker(user="U1")))
    await redis.xgroup_destroy(keys.PEOPLE, keys.GROUP)
    assert await forget(settings, "https://x.com/sarah") == 0
    assert telling(await everything(redis), ("sarah",)) == []
    assert len(telling(await everything(redis), ("omar_k",))) == 1
    assert await forget(settings, "https://x.com/sarah") == 0
    assert "Nothing is kept of https://x.com/sarah." in capsys.readouterr().out
    await redis.aclose()


async def test_whose_name_begins_like_theirs_or_who_is_written_about_them_keeps_what_is_accepted(
    redis_url: str,
) -> None:
    redis: Any = connect(redis_url)
    known, lanes = Known(redis), Lanes(redis, "x", KINDS)
    sam = Person(platform="twitter", platform_id="12", username="sam", name="Ana Li")
    samantha = Person(platform="twitter", platform_id="123", username="samantha", name="Ana Lima")
    await known.met(sam, samantha, Person(platform="twitter", platform_id="99", username="acm", name="ACM"))
    others = ("Sent to @samantha", "@sam.antha has written", "Ana Lima answered", "Maria-Ana Li answered", "me@sam")
    theirs = ("Sent to @sam.", "*Ana Li* has written", "@SAM: done")
    failed: list[Job] = [letter("Sent to @samantha."), letter("Sent to Ana Li."), a_send("Or @sam?")]
    for job in failed:
        await bury(redis, job)
    for job in (*map(letter, others + theirs), a_send("Ask @sam, or Ana Li")):
        await lanes.accept(job)
    await redis.xgroup_destroy(keys.PEOPLE, keys.GROUP)
    assert await forget(alone(redis_url), "@sam") == 0
    assert await forget(alone(redis_url), "@acm") == 0
    left = [json.loads(raw[1:]) for name in await redis.keys(keys.lane("*")) for raw in await redis.lrange(name, 0, -1)]
    assert sorted(one["text"] for one in left) == sorted([*others, "Ask @sam, or Ana Li"])
    letters = [json.loads(fields[b"item"][1:])["text"] for _, fields in await redis.xrange(keys.DEAD)]
    assert letters == ["Sent to @samantha.", "Or @sam?"]
    assert [one.platform_id for one in await known.like("ana")] == ["123"]
    assert await known.one("twitter", "12") is None
    await redis.aclose()


async def test_somebody_to_whom_nothing_but_a_message_waits_is_found(
    redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Months after they were seen last."""
    redis: Any = connect(redis_url)
    at = utc_now() + timedelta(days=200)
    await Schedule(redis).begin(Scheduled(id="1-slack-0000aa", send=a_send("See you in June"), at=at, seen=utc_now()))
    assert await forget(alone(redis_url), "@sarah") == 0
    assert "entries about @sarah are gone" in capsys.readouterr().out
    assert telling(await everything(redis), ("sarah", "See you in June")) == []
    await redis.aclose()


@pytest.mark.parametrize("platform_id", ["12345678", "1234567890123"])
async def test_the_record_of_who_was_written_to_first_goes_by_an_id_of_any_length(
    redis: Any, redis_url: str, platform_id: str
) -> None:
    """X gave ids of eight digits before 2013. Of others it stays."""
    await Known(redis).met(Person(platform="twitter", platform_id=platform_id, username="sarah", name="Sarah Chen"))
    log = AuditLog(redis)
    for about in (platform_id, f"{platform_id[:-1]}0", "t-omar"):
        await log.note(BOSS, "send", about, "sent", f"ref-{about}", "m1")
    assert await forget(alone(redis_url), "@sarah") == 0
    assert {one.about for one in await log.newest(10)} == {"", f"{platform_id[:-1]}0", "t-omar"}


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [("@sarah", None), ("sarah", None), ("https://x.com/sarah", None), ("", "Sarah Chen (@sarah) on X")],
)
async def test_an_open_form_with_a_saved_reply_to_them_is_gone(
    on: Stage, redis: Any, redis_url: str, typed: str, chosen: str | None
) -> None:
    """Also where nothing but their first name stands in it; what is open to others stays."""
    keep(redis_url, ("Greeting", "Dear {first_name|there}, we ship"))
    await card_of(on)
    await card_of(on, "Omar stays", on.acme.omar)
    for user, given in ((on.acme.bo, "@omar_k"), (on.acme.ana, typed)):
        await on.slack.command(user, on.acme.channel, text=given)
        await form(on, user)
    if chosen:
        await on.slack.suggest(on.acme.ana, "known", "sarah")
        assert await choose(on, on.acme.ana, "gre", "", known=chosen) == "Dear Sarah, we ship"
    await idle(on)
    assert len(await redis.keys(keys.snippet_form("*"))) == 2
    assert await forget(settings_of(on, redis_url), "@sarah") == 0
    (left,) = await redis.keys(keys.snippet_form("*"))
    assert b"@omar_k" in await redis.get(left)
    assert telling(await everything(redis), ("sarah",)) == []


async def test_what_names_nobody_or_several_erases_nothing(on: Stage, redis_url: str) -> None:
    linkedin = on.inbox.add_account("acme-li", "Acme", platform="linkedin")
    other: PersonRecord = on.inbox.add_person("sarah", "Sarah Other", "ACoAAB1234567", platform="linkedin")
    await card_of(on)
    await on.inbox.customer_writes(other, "From LinkedIn", linkedin)
    await idle(on)
    settings = settings_of(on, redis_url)
    for typed in ("", "sarah chen", "someone@example.com"):
        with pytest.raises(SettingsError, match="names nobody"):
            await forget(settings, typed)
    with pytest.raises(SettingsError, match="may be any of"):
        await forget(settings, "@sarah")
    assert await forget(settings, "https://linkedin.com/in/sarah") == 0
    redis: Any = connect(redis_url)
    found = await everything(redis)
    assert telling(found, ("Sarah Other", "From LinkedIn", "ACoAAB1234567")) == []
    assert telling(found, ("Sarah Chen",))
    await redis.aclose()


async def test_a_contacts_profiles_on_other_platforms_are_forgotten_with_the_one_that_is_named(
    on: Stage, redis: Any, redis_url: str
) -> None:
    """Which v1 does not know: there each is a person of their own. Lena is kept in a lookup alone."""
    linkedin = on.inbox.add_account("acme-li", "Acme", platform="linkedin")
    sarah = on.acme.sarah
    also = on.inbox.add_person("sarah-chen", "Dr. Chen", "ACoAAB1234567", platform="linkedin", also=sarah)
    await card_of(on)
    await on.inbox.customer_writes(also, "From LinkedIn", linkedin)
    await idle(on)
    await redis.sadd(keys.wrote("linkedin", also.platform_id), on.acme.ana)
    kept = Person(platform="linkedin", platform_id="ACoAAB7654321", name="Elena C", contact_id=sarah.contact.id)
    await Directory(redis, on.bridge.inbox).save_lookup("linkedin:elena", [Candidate(person=kept, account_link_id="a")])
    assert await forget(settings_of(on, redis_url), "@sarah") == 0
    found = telling(await everything(redis), ("Dr. Chen", "From LinkedIn", "ACoAAB1234567", "Elena C"))
    assert bool(found) == (version(on) == "v1")
    assert await forget(settings_of(on, redis_url), "https://linkedin.com/in/sarah-chen") == 0
    assert telling(await everything(redis), ("Dr. Chen", "From LinkedIn", "ACoAAB1234567")) == []


async def test_a_contact_that_somebody_had_once_leads_to_nobody_else(
    redis: Any, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two people were one contact in Inbox by mistake; what was kept meanwhile says so still, of either."""
    person = partial(Person, name="Somebody Else")
    sarah = person(platform="twitter", platform_id="1234567890", username="sarah", name="Sarah Chen")
    lena = person(platform="linkedin", platform_id="ACoAAB0000001", name="Lena Chen")
    bob = person(platform="linkedin", platform_id="ACoAAB0000002", name="Bob Brown")
    bobs = person(platform="twitter", platform_id="2234567890", username="bob", name="Bobby Brown")
    late, early = 365 * keys.DAY, 335 * keys.DAY  # what is left of a card that was written then
    for id, who, contact, left in (
        *(("thread-of-sarah", sarah, "contact-1", late), ("thread-of-lena", lena, "contact-1", early)),
        *((f"thread-of-bob-{one}-months-ago", bob, "contact-1", early - one) for one in range(1, 9)),
        *(("thread-of-bob", bob, "contact-2", late), ("thread-of-bobby", bobs, "contact-2", early)),
        ("thread-of-bob-snoozed-long-ago", bob, "contact-1", None),
    ):
        held = Thread(id=id, account_link_id="l1", person=who, contact_id=contact)
        await redis.hset(keys.card(id), "thread", held.json())
        if left is not None:
            await redis.expire(keys.card(id), left)
    stale = [Candidate(person=one.having(contact_id="contact-1")) for one in (bob, bobs)]
    stale += [Candidate(person=sarah.having(contact_id="contact-2"))]
    await Directory(redis, cast(Any, None)).save_lookup("linkedin:somebody", stale)
    assert await forget(alone(redis_url), "@sarah") == 0
    found = await everything(redis)
    assert telling(found, ("Sarah Chen", "Lena Chen")) == []
    assert len([one for one in found if one.startswith(keys.card("thread-of-bob"))]) == 11
    said = capsys.readouterr().out
    assert "Lena Chen (linkedin ACoAAB0000001)" in said.partition("entries")[0]
    assert "Bob" not in said


async def test_where_a_card_moved_away_from_is_told_as_it_names_them(
    on: Stage, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    card = await card_of(on)
    channels = [on.slack.add_channel(one) for one in ("vip", "vips")]
    for channel in channels:
        await on.bridge.lanes.accept(Move(channel=channel, thread_id=thread(on).id))
        await idle(on)
    (left,), (now,) = (on.slack.messages(channel) for channel in channels)
    assert "Sarah" in shows(on, card)
    assert "Sarah" in shows(on, left)
    assert await forget(settings_of(on, redis_url), "@sarah") == 0
    said = capsys.readouterr().out
    for post in (card, left, now):
        assert f"/archives/{post.channel}/p{post.ts.replace('.', '')}" in said


async def test_work_in_hand_of_a_bot_that_runs_is_not_touched(
    on: Stage, redis_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.operate.forget.TRIES", 1)
    await card_of(on)
    on.inbox.fail("*", 503, times=None)
    await on.slack.command(on.acme.ana, on.acme.channel, text="@sarah Dear person")
    await asyncio.sleep(0.1)
    assert await forget(settings_of(on, redis_url), "@sarah") == 1
    assert "Nothing was done" in capsys.readouterr().out
    redis: Any = connect(redis_url)
    assert telling(await everything(redis), ("Sarah Chen",))
    await redis.aclose()


async def test_work_about_several_goes_on_with_the_others(redis: Any) -> None:
    lanes, at = Lanes(redis, "x", KINDS), utc_now()
    both, hers = {"t-sarah": at, "t-omar": at}, {"t-sarah": at}
    jobs: list[Job] = [
        Announce(channel="C1", text="Missed", threads=both),
        Announce(channel="C1", text="Missed", threads=hers),
        Digest(places=dict.fromkeys(both, "C1"), unknown=tuple(both)),
        Digest(places=dict.fromkeys(hers, "C1")),
        Nudge(channel="C1", threads=dict.fromkeys(both, 1.0)),
        TellLate(channel="C1", stage="late", threads=dict.fromkeys(both, 1.0)),
        LookAtBuried(left=tuple(both)),
        bulk("over", how={"t-omar": "done", "t-sarah": "gone"}),
        bulk("hers", how={"t-sarah": "gone"}),
        bulk("goes on", "t-omar", "t-sarah"),
        bulk("met a new message", "t-omar", how={"t-sarah": "fresh"}).having(came=(HERS,)),
    ]
    for job in jobs:
        await lanes.accept(job)
    assert await Erasure(redis).sweep(Traces(threads={"t-sarah"}), alone=True) == len(jobs)
    items = [raw for name in await redis.keys(keys.lane("*")) for raw in await redis.lrange(name, 0, -1)]
    left = [KINDS.load(raw[1:]) for raw in items]
    assert not [raw for raw in items if b"t-sarah" in raw]
    assert sorted(type(one).__name__ for one in left) == [
        *("Announce", "Bulk", "Bulk", "Bulk", "Digest", "Digest", "LookAtBuried", "Nudge", "TellLate"),
    ]  # fmt: skip
    for goes_on in [one for one in left if isinstance(one, Bulk) and one.left]:
        assert (goes_on.begun, goes_on.waits, goes_on.left) == (True, False, bulk("", "t-omar").left)
        assert goes_on.came == ()
    assert await Erasure(redis).sweep(Traces(threads={"t-sarah"}), alone=True) == 0


def test_of_work_about_several_each_list_of_conversations_is_known() -> None:
    """One that is not would drop the rest of the work with it."""
    for kind in KINDS._kinds:
        hints = get_type_hints(kind).items()
        lists = {name for name, what in hints if {tuple, dict, list} & {*map(get_origin, (what, *get_args(what)))}}
        lists -= {name for name, what in hints if get_origin(what) is ClassVar}
        known = _SEVERAL.get(str(kind.__struct_config__.tag))
        assert known is None or set(known) == lists, kind


async def test_what_a_colleague_does_with_many_goes_on_without_who_is_forgotten(
    redis: Any, redis_url: str, api: str
) -> None:
    """Sarah comes first, so that it lies in the lane of her conversation."""
    async with scene(versions=[api]) as on:
        async with bot_on(on, timing=QUICK, redis_url=redis_url) as first:
            await card_of(first)
            await card_of(first, person=on.acme.omar)
        ana = Asker(user=on.acme.ana, team=on.slack.team_id, channel=on.acme.channel)
        hers, his = thread(first), thread(first, on.acme.omar)
        lanes = Lanes(redis, "x", KINDS)
        await lanes.accept(bulk("goes on", hers.id, his.id, asker=ana))
        await lanes.accept(bulk("is over", hers.id, how={his.id: "already"}, asker=ana))
        await redis.xgroup_destroy(keys.PEOPLE, keys.GROUP)
        assert await forget(alone(redis_url), "@sarah") == 0
        async with bot_on(on, timing=QUICK, redis_url=redis_url) as second:
            await hears(second, on.acme.ana, "✅ 1 archived.")
            await hears(second, on.acme.ana, "✅ 1 was archived already.")
            await idle(second)
            assert [thread(second).archived, thread(second, on.acme.omar).archived] == [False, True]
            assert await second.bridge.lanes.dead_letters() == []
