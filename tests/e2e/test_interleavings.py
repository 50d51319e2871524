"""However Inbox's webhooks arrive (twice, late, in any order, or never), a channel holds the same in the end."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from bot.context import Timing
from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.records import Message
from bot.sandbox.stage import Stage
from tests.conftest import Open
from tests.e2e.steps import cards, idle, shows, thread

pytestmark = pytest.mark.exhaustive

QUOTA = 100_000
# The timer, in seconds, finds what no webhook tells; many examples in a minute must not wait for Inbox's quota.
OFTEN = Timing(channel_interval=0.001, poll=0.005, inbox_per_minute=QUOTA)
PEOPLE = 2
MINUTE = datetime.now(UTC).replace(second=0, microsecond=0)
MEANWHILE = re.compile(r"^Person |you have this conversation")
_RUN = itertools.count()

# What happens in Inbox, one after the other, to the person with this number.
HAPPENINGS = st.lists(
    st.tuples(st.sampled_from(["writes", "writes", "writes", "archived", "assigned"]), st.integers(0, PEOPLE - 1)),
    min_size=3,
    max_size=10,
)


# After each of them: which of the events so far are delivered (again), all at once.
ARRIVALS = st.lists(st.lists(st.integers(0, 20), max_size=3), min_size=3, max_size=15)


@contextmanager
def _clock(on: Stage) -> Iterator[None]:
    """Everything happens within the same minute, in every run, so that times look alike."""
    steps = itertools.count()
    on.inbox.world.clock, real = (lambda: MINUTE + timedelta(milliseconds=next(steps))), on.inbox.world.clock
    try:
        yield
    finally:
        on.inbox.world.clock = real


async def _happens(on: Stage, what: str, person: PersonRecord, number: int) -> None:
    match what:
        case "writes":
            await on.inbox.customer_writes(person, f"text {number}")
        case "archived":
            await on.inbox.app_archives(thread(on, person).id)
        case "assigned":
            held = thread(on, person).assignee_id == on.acme.bo_member
            await on.inbox.app_assigns(thread(on, person).id, on.acme.ana_member if held else on.acme.bo_member)


async def _play(on: Stage, happenings: list[tuple[str, int]], arrivals: list[list[int]] | None) -> str:
    """Fresh people do as the happenings say, and webhooks arrive as planned, None: each once and in order.

    What the channel shows of it in the end.
    """
    run = next(_RUN)
    people = [on.inbox.add_person(f"r{run}p{n}", f"Person {n}") for n in range(PEOPLE)]
    for person in people:
        on.inbox.add_thread(on.acme.account, person)
    known = {card.ts for card in cards(on)}
    before = len(on.inbox.events)
    on.inbox.auto_deliver = arrivals is None
    with _clock(on):
        for number, (happening, chosen) in enumerate(itertools.zip_longest(happenings, arrivals or [])):
            if happening:
                await _happens(on, happening[0], people[happening[1]], number)
            events = on.inbox.events[before:]
            await asyncio.gather(*(on.inbox.redeliver(events[one % len(events)].id) for one in chosen or () if events))
    await on.slack.until(lambda: all(_whole(on, person) for person in people))
    await idle(on)
    new = [_seen(on, card).replace(f"r{run}p", "") for card in cards(on) if card.ts not in known]
    return "\n".join(sorted(new, key=_whose))  # which of two conversations was first, is a race


def _whole(on: Stage, person: PersonRecord) -> bool:
    """Whether the card shows the conversation as it is, and each message but the first stands below it."""
    if not thread(on, person).messages:
        return True
    card = _card(on, person)
    if card is None:
        return False
    below = "\n".join(on.slack.show(reply) for reply in on.slack.replies(card.channel, card.ts)).splitlines()
    return _true(on, person) and all(one.text in below for one in thread(on, person).messages[1:])


def _whose(seen: str) -> str:
    found = re.search(r"Person \d", seen)
    return found[0] if found else ""


def _card(on: Stage, person: PersonRecord) -> Message | None:
    return next((card for card in cards(on) if f"(@{person.username})" in shows(on, card)), None)


def _true(on: Stage, person: PersonRecord) -> bool:
    card, real = _card(on, person), thread(on, person)
    names = {None: "Unassigned", on.acme.ana_member: "Assigned to Ana", on.acme.bo_member: "Assigned to Bo"}
    shown = shows(on, card) if card else ""
    latest = next(one.text for one in reversed(real.messages))
    return ("Archived" in shown) == real.archived and names[real.assignee_id] in shown and latest in shown


def _seen(on: Stage, card: Message) -> str:
    """A card and what is below it, as people see them.

    Without when a change was made in Inbox: a card that is drawn after the change knows only how things are. And
    without who wrote what is below the card: one post may hold several messages. And whether somebody is mentioned
    there depends on who had it when the message was heard of.
    """
    shown = re.sub(r" in Inbox, \d\d:\d\d UTC", "", shows(on, card))
    below = "\n".join(on.slack.show(reply) for reply in on.slack.replies(card.channel, card.ts))
    return "\n".join([shown, *(line for line in below.splitlines() if not MEANWHILE.search(line))])


@pytest.fixture
async def busy(opened: Open, api: str) -> Stage:
    """The stage, where webhooks arrive only as the test says."""
    on = await opened(versions=[api], timing=OFTEN)
    on.inbox.rate_per_minute = QUOTA
    await on.slack.until(lambda: [call for call in on.inbox.calls if call.path.endswith("/events")])
    await idle(on)
    return on


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example of a race does not shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(happenings=[("writes", 0)] * 4, arrivals=[[], [], [], [3], [2], [1], [0]])
@given(happenings=HAPPENINGS, arrivals=ARRIVALS)
async def test_the_channel_holds_the_same_however_the_webhooks_arrive(
    busy: Stage, happenings: list[tuple[str, int]], arrivals: list[list[int]]
) -> None:
    ordered = await _play(busy, happenings, None)
    assert await _play(busy, happenings, arrivals) == ordered
    assert busy.inbox.violations == []
