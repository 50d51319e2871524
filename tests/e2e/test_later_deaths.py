"""Whoever dies over a message that is sent later, at whatever point: it waits, and goes out once or comes back once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.channels.store import Preferences
from bot.later.jobs import ChangeLater, Decide, HoldBack, Release, RingLater, Scheduled, ShowLater
from bot.queue.job import Asker, Job, utc_now
from bot.reply.jobs import Reply
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from bot.store.connect import connect
from tests.conftest import QUICK, Open
from tests.e2e.deaths import everywhere, worked
from tests.e2e.scheduling import Later, below, later, rings, sent
from tests.e2e.steps import card_of, cards, idle, labels, receipts, thread, told

pytestmark = pytest.mark.exhaustive


@pytest.fixture
async def clock(redis_url: str) -> AsyncIterator[Later]:
    found = Later(redis_url)
    yield found
    found.close()


@pytest.fixture
async def on(opened: Open, api: str, optional_scopes: frozenset[str]) -> Stage:
    """History may be read, which tells whether something was posted; and a minute has room for all those deaths."""
    running = await opened(versions=[api], timing=replace(QUICK, inbox_per_minute=10_000))
    running.inbox.rate_per_minute = 10_000
    running.slack.scopes |= optional_scopes
    return running


async def follows(on: Stage, then: Sequence[Job]) -> None:
    await on.bridge.lanes.accept(*then)
    await idle(on)


def bo(on: Stage, card: Message) -> Asker:
    return Asker(user=on.acme.bo, team=on.slack.team_id, channel=card.channel)


def written(on: Stage, person: PersonRecord, card: Message, lives: int) -> Reply:
    at = utc_now() + timedelta(days=1)
    return Reply(thread_id=thread(on, person).id, text=f"Later {lives}", send_at=at, asker=bo(on, card))


async def waits(on: Stage, clock: Later, card: Message, lives: int) -> Scheduled:
    """A message of Bo's that waits below the card."""
    await later(on, on.acme.bo, card, f"Later {lives}")
    (known,) = clock.waiting()
    return known


def told_of(on: Stage, lives: int, words: str) -> int:
    """How often Bo was told these words of that message."""
    return len([one for one in told(on, on.acme.bo) if f"Later {lives}" in one and words in one])


async def test_whoever_dies_over_writing_it_down_it_waits_once_and_goes_out_once(on: Stage, clock: Later) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        then, died = await worked(on, written(on, person, card, lives), lives)
        await follows(on, then)
        assert (len(clock.waiting()), len(below(on, card))) == (1, 1)
        return await assert_goes(on, clock, card, lives) and died

    await everywhere(on, act)


async def test_whoever_dies_over_the_timer_each_goes_out_once(on: Stage, clock: Later) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        await waits(on, clock, card, lives)
        clock.comes()
        _, died = await worked(on, RingLater(), lives)
        await idle(on)
        return assert_gone(on, clock, card, lives) and died

    await everywhere(on, act)


async def test_whoever_dies_over_releasing_it_it_goes_out_once(on: Stage, clock: Later) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        known = await waits(on, clock, card, lives)
        clock.comes()
        then, died = await worked(on, Release(about=known.id, to=known.to, asker=known.send.asker), lives)
        await follows(on, then)
        return assert_gone(on, clock, card, lives) and died

    await everywhere(on, act)


async def test_what_shows_it_while_whoever_releases_it_is_dead_takes_nothing_away(on: Stage, clock: Later) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        known = await waits(on, clock, card, lives)
        clock.comes()
        show = ShowLater(about=known.id)
        release = Release(about=known.id, to=known.to, asker=known.send.asker)
        then, died = await worked(on, release, lives, lambda: follows(on, [show]))
        await follows(on, then)
        return assert_gone(on, clock, card, lives) and died

    await everywhere(on, act)


@pytest.mark.parametrize("hold", [0, 30])
async def test_what_was_cancelled_before_another_worker_took_it_does_not_wait_again(
    on: Stage, clock: Later, redis_url: str, hold: int
) -> None:
    redis = connect(redis_url)
    await Preferences(redis).set_person(on.acme.bo, hold=hold)
    await redis.aclose()

    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        was = []

        async def cancelled() -> None:
            was.extend([await decided(on, known, card, "cancel") for known in clock.waiting()])

        job = written(on, person, card, lives)
        job = job.having(send_at=None) if hold else job
        then, died = await worked(on, job, lives, cancelled)
        if was:
            await follows(on, then)
            assert (clock.kept(), f"Later {lives}" in sent(on), labels_below(on, card)) == ([], False, [])
            return died
        await on.bridge.lanes.accept(*then)
        await idle(on, held=1 if hold else 0)
        for known in clock.waiting():
            await decided(on, known, card, "cancel")
        return died

    await everywhere(on, act)


def labels_below(on: Stage, card: Message) -> list[str]:
    """The buttons of the posts below the card."""
    return [label for one in on.slack.replies(card.channel, card.ts) for label in labels(one)]


async def test_whoever_dies_over_undoing_it_the_text_comes_back_though_its_time_comes(on: Stage, clock: Later) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        known = await waits(on, clock, card, lives)
        release = Release(about=known.id, to=known.to, asker=known.send.asker)
        undo = Decide(about=known.id, verb="cancel", asker=bo(on, card))
        gone = []

        async def comes() -> None:
            gone.append(clock.waiting()[0].state)
            clock.comes()
            await follows(on, [release])

        then, died = await worked(on, undo, lives, comes)
        await follows(on, then)
        out = f"Later {lives}" in sent(on)
        assert (told_of(on, lives, "Nothing was sent") == 1) != out
        assert out == (gone == ["waits"])
        assert clock.kept() == []
        return died

    await everywhere(on, act)


async def test_whoever_dies_over_asking_it_is_asked_once(on: Stage, clock: Later) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        known = await waits(on, clock, card, lives)
        then, died = await worked(on, HoldBack(about=known.id, written=utc_now()), lives)
        await follows(on, then)
        assert told_of(on, lives, "so I hold it") == 1
        (post,) = below(on, card)
        assert post.text.startswith("✋")
        assert f"Later {lives}" not in sent(on)
        await decided(on, known, card, "anyway")
        return await assert_goes(on, clock, card, lives) and died

    await everywhere(on, act)


async def test_whoever_dies_over_a_release_that_asks_it_is_asked_once(on: Stage, clock: Later) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        known = await waits(on, clock, card, lives)
        clock.comes(ago=7200)
        then, died = await worked(on, Release(about=known.id, to=known.to, asker=known.send.asker), lives)
        await follows(on, then)
        assert told_of(on, lives, "Is it still right?") == 1
        await decided(on, known, card, "anyway")
        return assert_gone(on, clock, card, lives) and died

    await everywhere(on, act)


async def test_whoever_dies_over_handing_it_back_it_comes_back_once(on: Stage, clock: Later) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        known = await waits(on, clock, card, lives)
        clock.comes()
        on.inbox.set_account_status(on.acme.account, "offline")
        then, died = await worked(on, Release(about=known.id, to=known.to, asker=known.send.asker), lives)
        await follows(on, then)
        on.inbox.set_account_status(on.acme.account, "active")
        assert told_of(on, lives, "is signed out of X") == 1
        assert (below(on, card), clock.kept()) == ([], [])
        assert f"Later {lives}" not in sent(on)
        return died

    await everywhere(on, act)


@pytest.mark.parametrize("verb", ["cancel", "now"])
async def test_whoever_dies_over_a_button_it_is_done_once(on: Stage, clock: Later, verb: str) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        known = await waits(on, clock, card, lives)
        died = await decided(on, known, card, verb, lives)
        if verb == "now":
            return assert_gone(on, clock, card, lives) and died
        assert told_of(on, lives, "Nothing was sent") == 1
        assert (below(on, card), clock.kept()) == ([], [])
        assert f"Later {lives}" not in sent(on)
        return died

    await everywhere(on, act)


async def test_whoever_dies_over_a_change_it_goes_out_once_as_it_was_changed(on: Stage, clock: Later) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        known = await waits(on, clock, card, lives)
        until, said = utc_now() + timedelta(days=2), f"Other {lives}"
        job = ChangeLater(about=known.id, text=said, until=until, seen=utc_now(), asker=bo(on, card))
        then, died = await worked(on, job, lives)
        await follows(on, then)
        clock.comes()
        await rings(on)
        assert (sent(on).count(said), f"Later {lives}" in sent(on)) == (1, False)
        assert clock.kept() == []
        return died

    await everywhere(on, act)


@pytest.mark.parametrize("said", ["Other {}", None])
async def test_whoever_dies_over_a_change_that_is_sent_then_hands_no_text_back(
    on: Stage, clock: Later, said: str | None
) -> None:
    """What was written down is sent by whoever comes first: its writer must not send it again."""

    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        known = await waits(on, clock, card, lives)
        wanted = said and said.format(lives)
        job = ChangeLater(about=known.id, text=wanted, until=utc_now(), seen=utc_now(), asker=bo(on, card))
        changed = []

        async def comes() -> None:
            changed.append(clock.waiting()[0].by == job.key)
            clock.comes()
            await rings(on)

        before = len(told(on, on.acme.bo))
        then, died = await worked(on, job, lives, comes)
        await follows(on, then)
        out = wanted or f"Later {lives}"
        heard = told(on, on.acme.bo)[before:]
        if changed == [False]:  # it has gone as it was
            assert sent(on).count(f"Later {lives}") == 1
            return died
        assert (sent(on).count(out), clock.kept()) == (1, [])
        assert [one for one in heard if "waits no longer" in one] == []
        assert [one for one in heard if "I'm sending it now." in one or "is on its way already" in one] != []
        return died

    await everywhere(on, act)


async def test_a_change_that_comes_after_it_was_sent_hands_the_text_back_unless_that_was_sent(
    on: Stage, clock: Later
) -> None:
    card = await card_of(on)
    known = await waits(on, clock, card, 1)
    clock.comes()
    await rings(on)
    until = utc_now() + timedelta(days=1)
    for text, words in (("Other", "waits no longer"), ("Later 1", "is on its way already, as you wrote it.")):
        job = ChangeLater(about=known.id, text=text, until=until, seen=utc_now(), asker=bo(on, card))
        then, _ = await worked(on, job, 1000)
        await follows(on, then)
        (heard,) = [one for one in told(on, on.acme.bo) if words in one]
        assert (text in heard) == (text == "Other")


async def test_whoever_dies_over_showing_it_it_stands_there_once(on: Stage, clock: Later) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        (show, *more), _ = await worked(on, written(on, person, card, lives), 1000)
        assert isinstance(show, ShowLater)
        then, died = await worked(on, show, lives)
        await follows(on, [*then, *more])
        assert (len(below(on, card)), told_of(on, lives, "🕓")) == (1, 0)
        return await assert_goes(on, clock, card, lives) and died

    await everywhere(on, act)


async def test_whoever_dies_over_showing_it_nothing_stays_of_what_is_cancelled_meanwhile(
    on: Stage, clock: Later
) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        (show, *more), _ = await worked(on, written(on, person, card, lives), 1000)
        assert isinstance(show, ShowLater)
        gone: list[Job] = []

        async def cancel() -> None:
            (known,) = clock.waiting()
            then, _ = await worked(on, Decide(about=known.id, verb="cancel", asker=bo(on, card)), 1000)
            gone.extend(then)

        then, died = await worked(on, show, lives, cancel)
        if not gone:
            await cancel()
        await follows(on, [*then, *more, *gone])  # what takes it away has its turn after what shows it
        assert (below(on, card), clock.kept()) == ([], [])
        return died

    await everywhere(on, act)


async def test_whoever_dies_over_a_reply_that_is_held_for_seconds_it_goes_out_once(
    on: Stage, clock: Later, redis_url: str
) -> None:
    redis = connect(redis_url)
    await Preferences(redis).set_person(on.acme.bo, hold=30)
    await redis.aclose()

    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        job = written(on, person, card, lives).having(send_at=None)
        then, died = await worked(on, job, lives)
        await on.bridge.lanes.accept(*then)
        await idle(on, held=1)
        (receipt,) = receipts(on, card)
        assert labels(receipt) == ["Undo"]
        (known,) = clock.waiting()
        clock.comes()
        await on.bridge.lanes.hurry(Release(about=known.id, to=known.to, asker=known.send.asker))
        await idle(on)
        return assert_gone(on, clock, card, lives) and died

    await everywhere(on, act)


async def test_on_a_card_that_was_deleted_in_slack_it_stands_below_the_new_one(on: Stage, clock: Later) -> None:
    card = await card_of(on)
    (show, *_), _ = await worked(on, written(on, on.acme.sarah, card, 1), 1000)
    on.slack.remove(on.slack.message(card.channel, card.ts))
    await follows(on, [show])
    (fresh,) = cards(on)
    assert len(below(on, fresh)) == 1
    await assert_goes(on, clock, fresh, 1)


async def test_whoever_dies_over_taking_it_away_nothing_is_left(on: Stage, clock: Later) -> None:
    async def act(person: PersonRecord, card: Message, lives: int) -> bool:
        known = await waits(on, clock, card, lives)
        clock.amend(known, lambda one: one.having(state="over"))
        then, died = await worked(on, ShowLater(about=known.id), lives)
        await follows(on, then)
        assert (below(on, card), clock.kept()) == ([], [])
        return died

    await everywhere(on, act)


async def decided(on: Stage, known: Scheduled, card: Message, verb: str, lives: int = 1000) -> bool:
    job = Decide(about=known.id, verb=verb, asker=bo(on, card))  # type: ignore[arg-type]  # one of them
    then, died = await worked(on, job, lives)
    await follows(on, then)
    return died


async def assert_goes(on: Stage, clock: Later, card: Message, lives: int) -> bool:
    """When its time comes, and not before."""
    assert f"Later {lives}" not in sent(on)
    clock.comes()
    await rings(on)
    return assert_gone(on, clock, card, lives)


def assert_gone(on: Stage, clock: Later, card: Message, lives: int) -> bool:
    assert sent(on).count(f"Later {lives}") == 1
    assert len(receipts(on, card)) == 1
    assert (below(on, card), clock.kept()) == ([], [])
    return True
