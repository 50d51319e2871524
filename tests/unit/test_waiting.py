"""Who waits since when, whatever the order in which it is heard of: a reminder never comes for what was answered."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.reminders.store import FIRST_LOOK, FORGOTTEN, Wait, Waiting
from bot.store import keys

NOW = time.time()


@pytest.fixture
def waiting(redis: Any) -> Waiting:
    return Waiting(redis)


async def test_they_wait_from_the_first_unanswered_message_on(waiting: Waiting) -> None:
    for at in (NOW - 30.25, NOW - 20, NOW - 10):
        await waiting.wrote("t", at)
    assert await waiting.get("t") == Wait(NOW - 30.25, NOW - 30.25)
    assert await waiting.all() == {"t": NOW - 30.25}


async def test_an_answer_that_is_heard_of_before_what_it_answers_ends_it_as_well(waiting: Waiting) -> None:
    await waiting.answered("t", NOW - 10)
    await waiting.wrote("t", NOW - 20)
    assert await waiting.get("t") is None
    await waiting.wrote("t", NOW - 5)
    assert await waiting.get("t") == Wait(NOW - 5, NOW - 5)


async def test_what_came_after_the_answer_waits_on_though_the_answer_is_heard_of_late(waiting: Waiting) -> None:
    await waiting.wrote("t", NOW - 30)
    await waiting.wrote("t", NOW - 10)
    await waiting.answered("t", NOW - 20)
    assert await waiting.get("t") == Wait(NOW - 10, NOW - 10)
    assert await waiting.all() == {"t": NOW - 10}
    await waiting.answered("t", NOW)
    assert await waiting.get("t") is None
    assert await waiting.all() == {}


async def test_the_same_message_heard_of_twice_is_one(waiting: Waiting) -> None:
    for _ in range(2):
        await waiting.wrote("t", NOW - 10)
    await waiting.reminded("t", NOW - 10)
    await waiting.wrote("t", NOW - 10)
    assert await waiting.get("t") == Wait(NOW - 10, None)


async def test_a_reminder_of_something_else_changes_nothing(waiting: Waiting) -> None:
    await waiting.wrote("t", NOW - 10)
    await waiting.reminded("t", NOW - 11)
    assert await waiting.get("t") == Wait(NOW - 10, NOW - 10)


async def test_they_are_looked_at_when_it_is_time_and_not_when_it_is_over(waiting: Waiting) -> None:
    await waiting.wrote("soon", NOW - FIRST_LOOK - 1)
    await waiting.wrote("later", NOW + 3600)
    due = await waiting.due()
    assert list(due) == ["soon"]
    await waiting.look_again(due, {"soon": NOW + 3600, "over": NOW - 60})
    assert not await waiting.anything()
    await waiting.look_at_all()
    assert sorted(await waiting.due()) == ["later", "soon"]
    due = await waiting.due()
    await waiting.look_again({"soon": due["soon"]}, {})
    assert list(await waiting.due()) == ["later"]


async def test_what_was_put_to_another_time_during_a_look_stays_there(waiting: Waiting) -> None:
    for one in ("set", "wrote", "over"):
        await waiting.wrote(one, NOW - FIRST_LOOK - 1)
    due = await waiting.due()
    await waiting.look_at_all()
    for one in ("wrote", "over"):
        await waiting.closed(one, NOW - 1)
        await waiting.wrote(one, NOW)
    again = await waiting.due()
    assert again != due
    await waiting.look_at_all()  # twice at once: the first look knows nothing of the second setting
    await waiting.look_again(again, {"set": NOW + 3600})
    await waiting.look_again(due, {"set": NOW + 3600, "wrote": NOW + 3600})
    assert await waiting.get("over") == Wait(NOW, NOW)
    assert sorted(await waiting.due()) == ["over", "set", "wrote"]


async def test_after_two_weeks_nobody_is_reminded_of_who_still_waits(waiting: Waiting, redis: Any) -> None:
    await waiting.wrote("old", NOW - FORGOTTEN - 1)
    await waiting.wrote("new", NOW)
    assert await waiting.all() == {"new": NOW}
    await waiting.look_again({"old": (await waiting.due())["old"]}, {})
    assert await waiting.get("old") == Wait(NOW - FORGOTTEN - 1, None)
    assert await waiting.everybody() == ["old", "new"]
    assert await redis.ttl(keys.waiting("old")) == -1
    await waiting.answered("old", NOW)
    assert await waiting.everybody() == ["new"]
    assert 0 < await redis.ttl(keys.waiting("old")) <= FORGOTTEN


async def test_what_was_archived_unanswered_is_forgotten_after_a_fortnight_and_not_before_its_snooze_is_over(
    waiting: Waiting, redis: Any
) -> None:
    async def lives() -> int:
        return int(await redis.ttl(keys.waiting("t")))

    await waiting.wrote("t", NOW - 20, "one")
    assert await lives() == -1
    await waiting.closed("t", NOW)
    assert 0 < await lives() <= FORGOTTEN
    await waiting.sleeps("t", datetime.fromtimestamp(NOW + 90 * 86_400, UTC))
    await waiting.closed("t", NOW + 1, inboxs=True)
    assert await lives() > 80 * 86_400 + FORGOTTEN
    await waiting.reopened("t", woken=True)
    assert await lives() == -1


# --- when a wait begins ----------------------------------------------------------------------------------------------


async def test_a_wait_begins_with_the_first_message_alone_however_often_that_is_heard_of(waiting: Waiting) -> None:
    heard = [await waiting.wrote("t", NOW - 20, "one"), await waiting.wrote("t", NOW - 10, "two")]
    heard += [await waiting.wrote("t", NOW - 20, "one"), await waiting.wrote("t", NOW - 10, "two")]
    assert heard == [True, False, True, False]


async def test_after_an_answer_the_next_message_begins_a_wait(waiting: Waiting) -> None:
    await waiting.wrote("t", NOW - 20, "one")
    await waiting.answered("t", NOW - 15)
    assert await waiting.wrote("t", NOW - 10, "two")
    assert not await waiting.wrote("t", NOW - 20, "one")


async def test_after_an_archive_the_next_message_begins_a_wait_though_nobody_has_answered(waiting: Waiting) -> None:
    await waiting.wrote("t", NOW - 20, "one")
    await waiting.closed("t", NOW - 15, inboxs=True)
    assert await waiting.everybody() == []
    assert await waiting.wrote("t", NOW - 10, "two")
    assert await waiting.get("t") == Wait(NOW - 10, NOW - 10)
    assert await waiting.everybody() == ["t"]


async def test_who_waited_when_it_was_archived_waits_again_when_it_is_reopened(waiting: Waiting) -> None:
    await waiting.wrote("t", NOW - 20, "one")
    await waiting.closed("t", NOW - 15)
    await waiting.reopened("t")
    assert await waiting.get("t") == Wait(NOW - 20, NOW - 20)
    assert await waiting.everybody() == ["t"]
    assert await waiting.wrote("t", NOW - 10, "two")


async def test_an_archive_that_is_heard_of_after_what_came_later_ends_no_wait(waiting: Waiting) -> None:
    assert await waiting.wrote("t", NOW - 10, "one")
    await waiting.closed("t", NOW - 15, inboxs=True)
    assert await waiting.everybody() == ["t"]


async def test_what_a_colleague_archives_here_was_there_though_inboxs_clock_is_ahead(waiting: Waiting) -> None:
    await waiting.wrote("t", NOW + 10, "one")
    await waiting.closed("t", NOW)
    assert await waiting.everybody() == []
    assert await waiting.wrote("t", NOW + 11, "two")


# --- how many wait ---------------------------------------------------------------------------------------------------


async def test_who_waits_is_counted_by_channel_however_many_they_are(waiting: Waiting, redis: Any) -> None:
    crowd, few = 700, 3
    for number in range(crowd + few):
        channel, since = ("C1", NOW - 7200) if number < crowd else ("C2", NOW - 60)
        await redis.hset(keys.card(f"t{number}"), "channel", channel)
        await waiting.wrote(f"t{number}", since + number / 1000)
    await waiting.wrote("no card", NOW - 10)
    await waiting.wrote("forgotten", NOW - FORGOTTEN - 60)
    counted = await waiting.by_channel()
    assert {channel: count for channel, (count, _) in counted.items()} == {"C1": crowd, "C2": few, "": 1}
    assert counted["C1"][1] == pytest.approx(NOW - 7200)
    assert counted["C2"][1] == pytest.approx(NOW - 60 + crowd / 1000)
