"""Conversations assigned in turn among five, of whom one is away and one has as many as the rule allows, by two workers
that are killed: nobody is passed over, nothing is given to two, and no claim by hand is overruled.

`CHAOS_ROUNDS` is how many conversations there are (1,000 unless set), `CHAOS_SEED` repeats a run.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter, defaultdict

import pytest

from bot.sandbox.inbox.records import PersonRecord
from bot.sandbox.slack.records import BOT_USER
from tests.chaos.crew import Crew, crew

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1500)]
ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "1000"))
MOST = max(20, ROUNDS // 2)  # of open ones, in the rule
CLAIMED = 0.1  # of all conversations, somebody takes by hand as soon as they see the card


@pytest.mark.parametrize("api", ["v2", "v1"])
async def test_turns_are_fair_whoever_dies(redis_url: str, api: str) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(10**6))
    dice = random.Random(f"{seed} {api}")
    async with crew(redis_url, api, webs=1, workers=2) as on:
        members = await _five(on)
        zoe, zoes = on.slack.add_user(None, "Zoe", "zoe@acme.example"), on.inbox.add_member("Zoe", "zoe@acme.example")
        people = [on.inbox.add_person(f"person{n}", f"Person {n}") for n in range(ROUNDS)]
        done, no_more = asyncio.Event(), asyncio.Event()
        trouble = [asyncio.create_task(_killed(on, dice, done)), asyncio.create_task(_faults(on, dice, done))]
        claims = asyncio.create_task(_claims(on, zoe, dice, no_more))
        for person in people:
            await on.inbox.customer_writes(person, f"in {person.username}")
            await asyncio.sleep(dice.uniform(0.0, 0.1))
        done.set()
        await asyncio.gather(*trouble)
        on.inbox.heal()
        await on.until(lambda: all(_has_it(on, one) for one in people), 120 + ROUNDS)
        no_more.set()
        await claims
        await asyncio.sleep(6)  # what a dead worker had in hand is done by then
        given, claimed = _given(on, members), list(_given(on, [zoes]))
        turns = Counter(next(iter(one)) for one in given.values())
        deaths = sum(hand.deaths for hand in on.hands)
        print(  # noqa: T201  # the measured figures
            f"\n  API {api}, seed {seed}: {ROUNDS} conversations, {len(given)} turns, {len(claimed)} claims by hand, "
            f"{deaths} deaths; turns: {', '.join(str(turns[one]) for one in members)}"
        )
        assert {thread: one for thread, one in given.items() if len(one) > 1} == {}
        assert (turns[members[3]], turns[members[4]]) == (0, 0)
        assert max(turns[one] for one in members[:3]) - min(turns[one] for one in members[:3]) <= 2
        assert {one: on.inbox.thread(one).effective_assignee for one in claimed} == dict.fromkeys(claimed, zoes)
        assert on.inbox.violations == []
        assert deaths >= 2
        assert len(claimed) > ROUNDS * CLAIMED / 4 or ROUNDS < 200  # of few, chance may claim none


async def _five(on: Crew) -> list[str]:
    """Their members: the fourth is away, the fifth has as many open ones as the rule allows."""
    others = [
        (on.slack.add_user(None, name, address), on.inbox.add_member(name, address))
        for name, address in (("Cy", "cy@acme.example"), ("Di", "di@acme.example"), ("Ed", "ed@acme.example"))
    ]
    users = (on.acme.ana, on.acme.bo, *(user for user, _ in others))
    for n in range(MOST):
        busy = on.inbox.add_person(f"busy{n}", f"Busy {n}")
        on.inbox.add_thread(on.acme.account, busy, assignee_id=others[2][1])
    rule = f"assign add all to:{','.join(f'<@{one}>' for one in users)} most:{min(MOST, 500)}"
    for user, words in ((users[3], "away"), (on.acme.ana, rule), (on.acme.ana, "assignments off")):
        assert (await on.slack.command(user, on.acme.channel, "/inbox", words)).ok
    await on.until(lambda: "You are away" in _heard(on, users[3]), 20)
    await on.until(lambda: "Rule 1" in _heard(on, on.acme.ana), 20)
    return [on.acme.ana_member, on.acme.bo_member, *(member for _, member in others)]


def _heard(on: Crew, user: str) -> str:
    return " ".join([*(one.text for one in on.slack.ephemerals(user)), *(one.text for one in on.slack.dms(user))])


def _has_it(on: Crew, person: PersonRecord) -> str | None:
    found = on.inbox.world.thread_between(on.acme.account, person)
    return found.effective_assignee if found else None


def _given(on: Crew, members: list[str]) -> dict[str, set[str]]:
    """Whom the rule gave each thread, by what Inbox was asked and took."""
    found = defaultdict[str, set[str]](set)
    for call in on.inbox.calls:
        if call.method == "PATCH" and call.status == 200 and call.body.get("assigneeId") in members:
            found[call.path.rpartition("/")[2]].add(call.body["assigneeId"])
    return found


async def _killed(on: Crew, dice: random.Random, until: asyncio.Event) -> None:
    """Kill -9 one of the two workers after the other."""
    workers = [hand for hand in on.hands if hand.role == "worker"]
    while not until.is_set() or sum(hand.deaths for hand in workers) < 2:
        await asyncio.sleep(dice.uniform(0.5, 3.0))
        hand = dice.choice(workers)
        await hand.kill()
        await hand.start()


async def _faults(on: Crew, dice: random.Random, until: asyncio.Event) -> None:
    while not until.is_set():
        await asyncio.sleep(dice.uniform(0.5, 2.0))
        match dice.randrange(4):
            case 0:
                on.inbox.fail("PATCH *", 503)
            case 1:
                on.inbox.fail("PATCH *", drop="before")
            case 2:
                on.inbox.fail("PATCH *", drop="after")
            case 3:
                on.inbox.fail("GET *", 503)


async def _claims(on: Crew, user: str, dice: random.Random, until: asyncio.Event) -> None:
    """Take some conversations as soon as their cards are there; a click that Inbox does not take is refused."""
    seen = set[str]()
    while not until.is_set():
        for card in on.slack.messages(on.acme.channel):
            if card.user != BOT_USER or card.ts in seen or card.thread_ts or not card.blocks:
                continue
            seen.add(card.ts)
            buttons = [one for block in card.blocks if block["type"] == "actions" for one in block["elements"]]
            take = next((one for one in buttons if one.get("action_id") in ("assign_to_me", "unassign")), None)
            if take and dice.random() < CLAIMED:
                thread_id = str(take["value"])
                if on.inbox.thread(thread_id).effective_assignee is None and take["action_id"] == "assign_to_me":
                    await on.slack.press(user, card.channel, card.ts, "Assign to me")
        await asyncio.sleep(0.01)
