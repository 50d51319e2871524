"""Slack, Inbox or Redis is away, or refuses us: accepted work waits, in order, and is done once when they are back."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bot.cards.jobs import Missed, Render
from bot.dm.jobs import Dm
from bot.queue.job import Asker, Job, dump, utc_now
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.stage import Stage
from bot.slack import codes
from bot.store import embedded, keys
from tests.clients import plain_http
from tests.conftest import QUICK, Open
from tests.e2e.steps import card_of, cards, hears, idle, reply_form, shows, thread, told, until

HASTE = replace(QUICK, breath=0.01, pauses=(0.005,), sends_pause=(0.005,), look_again=0.02, away=0.3)
TRIES = 40  # of each job that is tried again: far more than one may fail by itself


@pytest.fixture
async def on(opened: Open, api: str) -> Stage:
    """As everywhere, with short pauses."""
    return await opened(versions=[api], timing=HASTE)


async def dm(on: Stage, text: str, user: str = "") -> None:
    assert (await on.slack.command(user or on.acme.ana, on.acme.channel, text=text)).ok


def people(on: Stage) -> list[PersonRecord]:
    return [on.acme.sarah, on.acme.omar, on.inbox.add_person("lena", "Lena Roth")]


async def several_write(on: Stage, who: list[PersonRecord], words: str, lost: int = 0) -> None:
    """Three messages each, of which the webhooks of the one with the number `lost` do not come."""
    for number in (1, 2, 3):
        on.inbox.auto_deliver = number != lost
        for person in who:
            await on.inbox.customer_writes(person, f"{words} {number}")
    on.inbox.auto_deliver = True
    await on.inbox.settle()


def shown_of(on: Stage, person: PersonRecord, words: str) -> tuple[int, list[str]]:
    """How many cards they have, and which messages stand below them, in order; a post may hold several."""
    own = [card for card in cards(on) if person.name in shows(on, card)]
    below = [on.slack.show(one) for card in own for one in on.slack.replies(card.channel, card.ts)]
    return len(own), [said for one in below for said in re.findall(rf"^{words} \d$", one, re.MULTILINE)]


async def all_stand_once(on: Stage, who: list[PersonRecord], words: str) -> None:
    """Each has one card, and below it the whole conversation, in order: the first message too, as others followed."""
    wanted = [f"{words} 1", f"{words} 2", f"{words} 3"]
    await on.slack.until(lambda: all(shown_of(on, one, words) == (1, wanted) for one in who))
    await idle(on)
    assert [shown_of(on, one, words) for one in who] == [(1, wanted)] * len(who)
    assert await on.bridge.lanes.dead_letters() == []


async def tried(on: Stage) -> int:
    """How often the job that was tried least was tried; the feed is asked twice each time, half a second apart."""
    redis: Any = on.bridge.lanes._redis
    found = [key async for key in redis.scan_iter(keys.lane("").replace("{", "\\{") + "*")]
    heads = [await on.bridge.lanes.head(_ticket(key.decode().removeprefix(keys.lane("")))) for key in found]
    return min((job.tries for job in heads if job and job.tries and job.kind != "sync"), default=0)


def _ticket(lane: str) -> Any:
    from bot.queue.lanes import Ticket

    return Ticket("", "", lane)


async def an_hour_passes(on: Stage) -> None:
    async with asyncio.timeout(60):
        while await tried(on) < TRIES:  # noqa: ASYNC110  # it is in the worker's hands
            await asyncio.sleep(0.05)


def notices(on: Stage, words: str) -> int:
    return len([one for one in told(on, on.acme.ana) if words in one])


# --- Slack ------------------------------------------------------------------------------------------------------------

FAULTS = [
    {"status": 503},
    pytest.param({"error": "invalid_auth"}, marks=pytest.mark.exhaustive),
    pytest.param({"error": "message_limit_exceeded"}, marks=pytest.mark.exhaustive),
    {"error": "not_in_any_book"},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: str(next(iter(one.values()))))
async def test_an_hour_without_slack_loses_nothing_keeps_the_order_and_is_told_afterwards(
    on: Stage, fault: dict[str, Any]
) -> None:
    who = people(on)
    on.slack.fail("*", **fault, times=None)
    await several_write(on, who, "hello")
    await an_hour_passes(on)
    assert await on.bridge.lanes.dead_letters() == []
    assert cards(on) == []
    on.slack.heal()
    await all_stand_once(on, who, "hello")
    unknown = fault.get("error") == "not_in_any_book"
    await hears(on, on.acme.ana, "which I don't know" if unknown else "Slack didn't answer me, or refused my token")
    assert notices(on, "which I don't know") == unknown
    assert notices(on, "Slack didn't answer me, or refused my token") == (not unknown)


async def test_a_token_that_slack_refuses_without_an_event_is_in_the_log_and_in_readyz_until_it_is_good(
    on: Stage, logged: Any
) -> None:
    async with plain_http() as http:
        assert (await http.get(f"{on.url}/readyz")).status_code == 200
        on.slack.fail("*", "invalid_auth", times=None)
        await on.inbox.customer_writes(on.acme.sarah, "hello")
        await an_hour_passes(on)
        refused = await http.get(f"{on.url}/readyz")
        assert (refused.status_code, "SLACK_BOT_TOKEN" in refused.text) == (503, True)
        on.slack.heal()
        await on.slack.until(lambda: cards(on))
        assert (await http.get(f"{on.url}/readyz")).status_code == 200
    assert logged().count("slack_refuses_the_token") == 1


RESTRICTED = {"restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_locked"}
WAITS: list[set[str] | frozenset[str]] = [
    codes.PASSING,
    codes.BUSY,
    codes.TOKEN,
    codes.CHANNEL,
    codes.SCOPE,
    RESTRICTED,
    {"a_code_of_next_year"},
]
REFUSALS: dict[str, list[set[str] | frozenset[str]]] = {
    "waits": WAITS,
    "is a dead letter": [codes.NOT_THERE, codes.CONTENT],
}


@pytest.mark.parametrize("each", [False, pytest.param(True, marks=pytest.mark.exhaustive)], ids=["one", "each"])
@pytest.mark.parametrize("fate", list(REFUSALS))
async def test_what_becomes_of_a_post_follows_from_the_kind_of_slacks_code(opened: Open, fate: str, each: bool) -> None:
    on = await opened(versions=["v2"], timing=HASTE)
    for code in [code for kind in REFUSALS[fate] for code in sorted(kind)[: None if each else 1]]:
        person, known = on.inbox.add_person(f"from_{code}", f"From {code}"), len(cards(on))
        on.slack.fail("chat.postMessage", code, times=3)
        await on.inbox.customer_writes(person, "hello")
        if fate == "waits":
            await on.slack.until(lambda: len(cards(on)) > known)  # noqa: B023  # asked within the round
            continue
        async with asyncio.timeout(60):
            while not (letters := await on.bridge.lanes.dead_letters()):  # noqa: ASYNC110  # the same
                await asyncio.sleep(0.01)
        (letter,) = letters
        assert letter.reason.endswith(code)
        on.slack.heal()
        await on.bridge.lanes.revive(letter.id)
        await on.slack.until(lambda: len(cards(on)) > known)  # noqa: B023  # asked within the round
    assert await on.bridge.lanes.dead_letters() == []


@pytest.mark.parametrize(
    "code", ["restricted_action_read_only_channel", "ekm_access_denied", "missing_scope", "no_permission"]
)
async def test_a_card_that_its_channel_does_not_let_be_drawn_is_drawn_when_it_does(on: Stage, code: str) -> None:
    card = await card_of(on)
    on.slack.fail("chat.update", code, times=None)
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await hears(on, on.acme.ana, "I can't change what I posted in")
    on.slack.heal()
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    await hears(on, on.acme.ana, "again. What waited is being changed now.")
    await idle(on)
    assert notices(on, "I can't change what I posted in") == notices(on, "again. What waited is being changed now") == 1
    assert notices(on, "post in") == 0
    assert await on.bridge.lanes.dead_letters() == []


async def test_where_only_replies_are_taken_cards_are_drawn_and_answered_while_new_ones_wait(opened: Open) -> None:
    on = await opened(versions=["v2"], timing=replace(HASTE, look_again=600.0))
    card = await card_of(on)
    on.slack.fail("chat.postMessage", "restricted_action_thread_only_channel", times=1)
    await on.inbox.customer_writes(on.acme.omar, "hello")
    await hears(on, on.acme.ana, "I can't post in")
    await reply_form(on, on.acme.bo, card)
    await on.slack.submit(on.acme.bo, values={"text": "We are on it"})
    await on.slack.until(lambda: [r for r in on.slack.replies(card.channel, card.ts) if "We are on it" in r.text])
    await on.slack.press(on.acme.ana, card.channel, card.ts, "Archive")
    await on.slack.until(lambda: "Archived by Ana" in shows(on, card))
    assert len(cards(on)) == 1


async def test_a_receipt_that_the_channel_refuses_is_told_in_private_and_posted_when_it_may_be(on: Stage) -> None:
    card = await card_of(on)
    await reply_form(on, on.acme.bo, card)
    await on.slack.until(lambda: "Bo is replying" in shows(on, card))
    on.slack.channels[card.channel].archived = True
    await on.slack.submit(on.acme.bo, values={"text": "We are on it"})
    await hears(on, on.acme.bo, "Sent to Sarah Chen")
    on.slack.channels[card.channel].archived = False
    await on.slack.until(lambda: [r for r in on.slack.replies(card.channel, card.ts) if "We are on it" in r.text])
    await idle(on)
    assert len([one for one in told(on, on.acme.bo) if "Sent to" in one]) == 1
    below = [one.text for one in on.slack.replies(card.channel, card.ts)]
    assert ["Hi there" in one for one in below] == [True, False]  # what it answers goes before it, and each once
    assert [sent.text for sent in on.inbox.sent()] == ["We are on it"]


async def test_a_message_waits_until_slack_can_say_who_wrote_it_and_goes_out_once(on: Stage) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    on.slack.fail("users.info", status=503, times=None)
    await dm(on, "@sarah Hello", on.acme.bo)
    await hears(on, on.acme.bo, "Slack can't tell me who you are right now. I'll keep trying for 10 minutes")
    await an_hour_passes(on)
    assert on.inbox.sent() == []
    on.slack.heal()
    await hears(on, on.acme.bo, "Sent to Sarah Chen")
    await idle(on)
    assert [sent.text for sent in on.inbox.sent()] == ["Hello"]
    (heard,) = told(on, on.acme.bo)  # the outcome took the place of what was said meanwhile
    assert heard.count("Sent to Sarah Chen (@sarah) from @acme\n") == 1


# --- Inbox ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "page"), [(503, False), (401, False), (403, True), pytest.param(405, True, marks=pytest.mark.exhaustive)]
)
async def test_an_hour_without_inbox_loses_nothing_keeps_the_order_and_sends_nothing_twice(
    on: Stage, status: int, page: bool
) -> None:
    """Sends are tried for ten minutes; the pauses of this hour are short, and some webhooks are lost.

    A page is what a firewall in front of Inbox answers; it says nothing of what was asked.
    """
    who = people(on)
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    on.inbox.fail("*", status, times=None, page=page)
    on.inbox.webhook.version = "2"  # which does not say all that a card needs
    await several_write(on, who, "hello", lost=2)
    for number in (1, 2, 3):
        await dm(on, f"@omar_k news {number}")
    await an_hour_passes(on)
    await hears(on, on.acme.ana, "Inbox has not answered me since" if status != 401 else "set INBOX_API_TOKEN to it")
    assert await on.bridge.lanes.dead_letters() == []
    on.inbox.heal()
    await all_stand_once(on, who, "hello")
    await until(lambda: len(on.inbox.sent()) == 3)
    assert [sent.text for sent in on.inbox.sent()] == ["news 1", "news 2", "news 3"]
    over = "Inbox answers again." if status != 401 else "Inbox accepts my API token again."
    await hears(on, on.acme.ana, over)
    assert notices(on, over) == 1
    assert notices(on, "Inbox has not answered me since") == (status != 401)
    assert notices(on, "set INBOX_API_TOKEN to it") == (status == 401)


async def test_what_inbox_cannot_tell_for_minutes_while_it_answers_all_else_is_shown_then(opened: Open) -> None:
    on = await opened(versions=["v2"], timing=HASTE)
    on.inbox.fail("GET /v2/messages*", 503, times=30)  # a read is tried twice
    await on.inbox.customer_writes(on.acme.sarah, "hello")
    await hears_card(on)
    assert await on.bridge.lanes.dead_letters() == []


async def test_what_inbox_never_tells_is_told_to_the_admins_once_and_what_follows_goes_on(opened: Open) -> None:
    on = await opened(versions=["v2"], timing=HASTE)
    on.inbox.fail("GET /v2/messages*", 500, times=None)
    for person in (on.acme.sarah, on.acme.omar):
        await on.inbox.customer_writes(person, "hello")
    await hears(on, on.acme.ana, "A message could not be shown in Slack")
    async with asyncio.timeout(60):
        while len(letters := await on.bridge.lanes.dead_letters()) < 2:  # noqa: ASYNC110  # it is in the worker's hands
            await asyncio.sleep(0.05)
    assert [one.reason for one in letters] == ["Unavailable 500 internal"] * 2
    assert notices(on, "A message could not be shown in Slack") == 1
    on.inbox.heal()
    await on.inbox.customer_writes(on.acme.omar, "are you there?")
    await hears_card(on)


async def test_what_was_missed_and_inbox_never_tells_is_told_to_the_admins(opened: Open) -> None:
    on = await opened(versions=["v2"], timing=HASTE)
    card = await card_of(on)
    on.inbox.fail("GET /v2/threads/*", 500, times=None)
    missed = Missed(channel=card.channel, thread_id=thread(on).id, since=utc_now() - timedelta(hours=1))
    await on.bridge.lanes.accept(missed)
    await hears(on, on.acme.ana, "A message could not be shown in Slack")
    await idle(on)
    assert [one.reason for one in await on.bridge.lanes.dead_letters()] == ["Unavailable 500 internal"]


@pytest.mark.parametrize("what", ["threads/*", "*messages*"])
async def test_what_was_missed_and_inbox_cannot_tell_for_minutes_is_shown_then(opened: Open, what: str) -> None:
    """It fails more often than a job may that is not vital, for seven times: each asks twice."""
    on = await opened(versions=["v2"], timing=HASTE)
    card = await card_of(on)
    on.inbox.auto_deliver = False
    await on.inbox.customer_writes(on.acme.sarah, "missed text")
    on.inbox.fail(f"GET /v2/{what}", 503, times=24)
    missed = Missed(channel=card.channel, thread_id=thread(on).id, since=utc_now() - timedelta(hours=1))
    await on.bridge.lanes.accept(missed)
    await on.slack.until(lambda: "missed text" in "".join(map(on.slack.show, on.slack.replies(card.channel, card.ts))))
    await idle(on)
    assert await on.bridge.lanes.dead_letters() == []


async def hears_card(on: Stage) -> None:
    await on.slack.until(lambda: cards(on))
    await idle(on)


def written(on: Stage, seconds_ago: float, tries: int = 0) -> Dm:
    at = utc_now() - timedelta(seconds=seconds_ago)
    return Dm(
        recipient="sarah",
        text="This took me a while to write",
        asker=Asker(user=on.acme.ana, team="T0ACME", channel=on.acme.channel),
        at=at,
        tries=tries,
    )


@pytest.mark.parametrize(
    ("status", "outcome", "why"),
    [
        (429, "Not sent to", "Inbox didn't take it for 10 minutes"),
        (401, "Not sent to", "Inbox no longer accepts my API token"),
        (503, "Not confirmed", ""),
    ],
)
async def test_a_send_is_tried_for_ten_minutes_and_then_handed_back_as_what_is_certain(
    on: Stage, status: int, outcome: str, why: str
) -> None:
    """It is 598 seconds old, and has been tried more often than any job may fail by itself."""
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    on.inbox.fail("POST *", status, times=None, retry_after=1)
    job = written(on, 598, tries=200)
    await on.bridge.lanes.accept(job)
    heard = await hears(on, on.acme.ana, outcome, within=55.0)  # after an unknown outcome, v1 is looked at for 40 s
    assert (utc_now() - job.at).total_seconds() >= 600
    assert why in heard
    assert "This took me a while to write" in heard
    await idle(on)
    assert on.inbox.sent() == []
    assert await on.bridge.lanes.dead_letters() == []


@pytest.mark.parametrize("retry_after", [1, pytest.param(5, marks=pytest.mark.exhaustive)])
async def test_who_is_asked_to_wait_often_sends_when_the_wait_is_over(on: Stage, retry_after: int) -> None:
    on.inbox.add_thread(on.acme.account, on.acme.sarah)
    on.inbox.fail("POST *", 429, retry_after=retry_after)
    await on.bridge.lanes.accept(written(on, 300, tries=200))
    await hears(on, on.acme.ana, "Sent to Sarah Chen")
    assert len(on.inbox.sent()) == 1


# --- Redis ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[embedded.Valkey]]:
    """A Valkey of this test's own, which may be ended, and another started in its place."""
    started = [embedded.start(tmp_path)]
    yield started
    for server in started:
        assert server.process is not None
        server.process.kill()
        server.process.wait()


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL], ids=["asleep", "killed"])
async def test_redis_away_while_several_write_loses_nothing_and_does_nothing_twice(
    servers: list[embedded.Valkey], opened: Open, tmp_path: Path, number: signal.Signals
) -> None:
    (server,) = servers
    assert server.process is not None
    on = await opened(versions=["v2"], redis_url=server.url, timing=replace(HASTE, claim_idle=5.0))
    on.slack.scopes |= {"channels:history", "groups:history"}  # without them, a post may come twice
    who = people(on)
    on.inbox.add_thread(on.acme.account, on.acme.omar)
    await several_write(on, who, "hello")
    for count in (1, 2, 3):
        await dm(on, f"@omar_k news {count}")
    server.process.send_signal(number)
    await asyncio.sleep(3.0)
    if number == signal.SIGSTOP:
        server.process.send_signal(signal.SIGCONT)
    else:
        server.process.wait()
        servers.append(embedded.start(tmp_path))
    await all_stand_once(on, who, "hello")
    await until(lambda: len(on.inbox.sent()) == 3)
    assert [sent.text for sent in on.inbox.sent()] == ["news 1", "news 2", "news 3"]


class Goes:
    """A Redis that can be put back to where it was, as a failover to a replica that lags behind does."""

    def __init__(self, url: str) -> None:
        self._redis: Any = Redis.from_url(url)
        self._kept: dict[bytes, tuple[bytes, int]] = {}

    def remember(self) -> None:
        for key in self._redis.keys("*"):
            self._kept[key] = self._redis.dump(key), max(0, self._redis.pttl(key))

    def back(self) -> None:
        pipe = self._redis.pipeline(transaction=True)
        pipe.flushall()
        for key, (value, ttl) in self._kept.items():
            pipe.restore(key, ttl, value)
        pipe.execute()
        self._redis.close()


async def by_dm(on: Stage) -> None:
    on.inbox.fail("*", delay=0.4)  # who that is
    await on.slack.command(on.acme.ana, on.acme.channel, text="@lena Hello to somebody new")


async def by_form(on: Stage) -> None:
    on.slack.fail("users.info", delay=0.4)  # who is mentioned
    await on.slack.submit(on.acme.ana, values={"text": f"Hello from <@{on.acme.kim}>"})


@pytest.mark.parametrize("how", ["dm", "first dm", "form"])
async def test_what_is_worked_again_after_redis_went_back_is_sent_once(opened: Open, redis_url: str, how: str) -> None:
    """The job was accepted, worked and sent within the second that Redis lost: the same key goes out again."""
    on = await opened(versions=["v2"], timing=replace(HASTE, claim_idle=1.0))
    lena = on.inbox.add_person("lena", "Lena Roth")
    if how == "dm":
        on.inbox.add_thread(on.acme.account, lena)
    if how == "form":
        card = await card_of(on)
        await reply_form(on, on.acme.ana, card)
        await on.slack.until(lambda: "Ana is replying" in shows(on, card))
    redis = Goes(redis_url)
    await (by_form(on) if how == "form" else by_dm(on))
    redis.remember()
    await until(lambda: len(on.inbox.sent()) == 1)
    redis.back()
    await idle(on)
    keys_used = {call.headers.get("idempotency-key") for call in on.inbox.calls if call.method == "POST"}
    assert len(on.inbox.sent()) == 1
    assert len(keys_used) == 1
    assert len([call for call in on.inbox.calls if call.method == "POST"]) >= 2  # it was really done again
    assert [one for one in told(on, on.acme.ana) if "Not sent" in one or "Not confirmed" in one] == []


def test_the_key_of_a_send_follows_from_the_accepted_job_alone() -> None:
    """And two jobs that happen to have one reference have two keys."""
    from bot.features import KINDS

    one: Job = Dm(ref="7f3a9c", recipient="sarah", text="Hi", asker=Asker(user="U1", trigger="1.2"))
    other = one.having(at=one.at + timedelta(microseconds=1))
    worked = KINDS.load(dump(one)).having(tries=7, told=True)
    assert KINDS.load(dump(worked)).key == KINDS.load(dump(one)).key == one.key
    assert one.key != other.key
    assert Render(thread_id="t1").key != Render(thread_id="t1").key
