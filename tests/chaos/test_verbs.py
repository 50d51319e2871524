"""The daily verbs under random kill -9 and faults: what Inbox, each card and each writer know agrees in the end.

Each conversation has a colleague who notes something of the contact or snoozes it, and a customer who writes, edits and
takes back. Half-way an admin sends all of them to another channel. `CHAOS_VERBS` is how many verbs go each way
(200 unless set), `CHAOS_SEED` repeats a run.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from dataclasses import dataclass, field

import pytest
from redis.asyncio import Redis

from bot.features import KINDS
from bot.queue.lanes import Lanes
from bot.sandbox.inbox.records import PersonRecord, ThreadRecord
from bot.sandbox.slack.records import BOT_USER, Message
from tests.chaos.crew import Crew, crew

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]
VERBS = int(os.environ.get("CHAOS_VERBS", "200"))
PEOPLE = 10
# A form that opens before the last note is written is compared with that note: then it comes back.
NOT_SAVED = ("Nothing was saved", "Not saved", "I can't tell")


@dataclass
class Conversation:
    """One of them, its colleague, and what was accepted so far."""

    person: PersonRecord
    user: str
    notes: list[str] = field(default_factory=list)
    snoozes: int = 0
    written: list[str] = field(default_factory=list)
    expected: dict[str, str] = field(default_factory=dict)  # by message: the text that it has now
    gone: list[str] = field(default_factory=list)  # texts that nobody may read any more


@pytest.mark.parametrize("api", ["v1", "v2"])
async def test_what_was_done_to_a_conversation_is_done_and_shown_whatever_dies(redis_url: str, api: str) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(10**6))
    dice = random.Random(f"{seed} {api}")
    async with crew(redis_url, api) as on:
        vip = on.slack.add_channel("vip")
        all_of_them = [_conversation(on, n) for n in range(PEOPLE)]
        for one in all_of_them:
            await _writes(on, one, "in first")
        await on.until(lambda: all(_card(on, one) for one in all_of_them), 60)
        done = asyncio.Event()
        trouble = [
            asyncio.create_task(on.harass(dice, done, (0.3, 2.0))),
            asyncio.create_task(_faults(on, dice, done)),
        ]
        await asyncio.gather(*(_half(on, one, dice, 0) for one in all_of_them))
        await _routed(on, vip)
        await asyncio.gather(*(_half(on, one, dice, 1) for one in all_of_them))
        done.set()
        await asyncio.gather(*trouble)
        on.slack.heal()
        on.inbox.heal()
        for one in all_of_them:  # all of them move, at the latest now
            await _writes(on, one, "in last")
        await _settled(on, redis_url)
        _judge(on, all_of_them, vip, f"API {api}, seed {seed}")


def _conversation(on: Crew, n: int) -> Conversation:
    user = on.slack.add_user(None, f"Agent {n}", f"agent{n}@acme.test")
    on.inbox.add_member(f"Agent {n}", f"agent{n}@acme.test")
    return Conversation(on.inbox.add_person(f"person{n}", f"Person {n}"), user)


async def _routed(on: Crew, channel: str) -> None:
    """Ana tries until a web process lives."""
    for _ in range(100):
        if (await on.slack.command(on.acme.ana, channel, "/inbox", "route add platform:x")).ok:
            return
        await asyncio.sleep(0.2)
    raise AssertionError("no web process answers")


async def _writes(on: Crew, one: Conversation, text: str) -> None:
    said = f"{text} {one.person.username} {len(one.written)}."
    one.written.append(await on.inbox.customer_writes(one.person, said))
    one.expected[one.written[-1]] = said


def _thread(on: Crew, one: Conversation) -> ThreadRecord:
    found = on.inbox.world.thread_between(on.acme.account, one.person)
    assert found is not None
    return found


def _cards(on: Crew, one: Conversation) -> list[Message]:
    """Those which are not left for another channel or place."""
    posts = [post for channel in on.slack.channels for post in on.slack.messages(channel) if post.user == BOT_USER]
    name = f"@{one.person.username})"
    return [post for post in posts if not post.thread_ts and name in on.slack.show(post) and _buttons(post)]


def _buttons(post: Message) -> bool:
    return any(block["type"] == "actions" for block in post.blocks)


def _card(on: Crew, one: Conversation) -> Message | None:
    return next(iter(_cards(on, one)), None)


async def _half(on: Crew, one: Conversation, dice: random.Random, half: int) -> None:
    for k in range(half * VERBS // PEOPLE // 2, (half + 1) * VERBS // PEOPLE // 2):
        try:
            match dice.randrange(4):
                case 0:
                    await _notes(on, one, f"note {k} of {one.person.username}")
                case 1:
                    await _snoozes(on, one)
                    await _writes(on, one, "in")
                case 2:
                    await _edits(on, one, dice, k)
                case 3:
                    await _takes_back(on, one, dice)
        except (LookupError, AssertionError, TimeoutError):  # the form did not open: its web process died
            pass
        await _writes(on, one, "in")
        await asyncio.sleep(dice.uniform(0.0, 1.0))


async def _notes(on: Crew, one: Conversation, note: str) -> None:
    card = _card(on, one)
    assert card
    await on.slack.press(one.user, card.channel, card.ts, "more", value="Contact…")
    await _form(on, one.user, "contact_notes")
    ack = await on.slack.submit(one.user, values={"contact_notes": note})
    if ack.ok and not ack.body:
        one.notes.append(note)


async def _snoozes(on: Crew, one: Conversation) -> None:
    card = _card(on, one)
    assert card
    await on.slack.press(one.user, card.channel, card.ts, "Snooze…")
    await _form(on, one.user, "Until")
    ack = await on.slack.submit(one.user, values={})
    one.snoozes += ack.ok and not ack.body


async def _form(on: Crew, user: str, words: str) -> None:
    """Until the modal has a field of that block id or label."""

    def there() -> bool:
        blocks = (on.slack.modal(user) or {"blocks": []})["blocks"]
        return any(words in (block.get("block_id"), block.get("label", {}).get("text")) for block in blocks)

    await on.slack.until(there, 5)


async def _edits(on: Crew, one: Conversation, dice: random.Random, k: int) -> None:
    message = dice.choice(list(one.expected))
    one.gone.append(one.expected[message])
    one.expected[message] = f"in edited {one.person.username} {k}!"
    await on.inbox.edits(message, one.expected[message])


async def _takes_back(on: Crew, one: Conversation, dice: random.Random) -> None:
    message = dice.choice(list(one.expected))
    one.gone.append(one.expected.pop(message))
    await on.inbox.deletes(message)


async def _faults(on: Crew, dice: random.Random, until: asyncio.Event) -> None:
    while not until.is_set():
        await asyncio.sleep(dice.uniform(0.2, 1.0))
        match dice.randrange(6):
            case 0:
                on.inbox.fail("PATCH *", dice.choice([500, 503]))
            case 1:
                on.inbox.fail("PATCH *", drop=dice.choice(["before", "after"]))
            case 2:
                on.inbox.fail("* *", 429, retry_after=1)
            case 3:
                on.slack.fail("chat.postMessage", status=500)
            case 4:
                on.slack.fail("chat.update", drop="after")
            case 5:
                on.slack.fail("views.open", status=500)


async def _settled(on: Crew, redis_url: str) -> None:
    """Until no job waits or is worked on."""
    await on.inbox.settle()
    async with Redis.from_url(redis_url) as redis:
        lanes = Lanes(redis, "chaos", KINDS)
        for _ in range(480):
            depth = await lanes.depth()
            if not (depth["people"] or depth["background"] or depth["delayed"]):
                break
            await asyncio.sleep(0.25)
        assert await lanes.dead_letters() == []


def _judge(on: Crew, all_of_them: list[Conversation], vip: str, about: str) -> None:
    deaths = sum(hand.deaths for hand in on.hands)
    accepted = sum(len(one.notes) + one.snoozes for one in all_of_them)
    print(f"\n{about}: {accepted} verbs accepted, {deaths} processes killed")  # noqa: T201  # the figures
    wrong = [words for one in all_of_them for words in _wrong(on, one, vip)]
    for words in wrong:
        print(f"  {words}")  # noqa: T201
    assert on.inbox.violations == []
    assert wrong == []


def _told(on: Crew, one: Conversation) -> str:
    """What its colleague alone was shown, in messages, and in forms that came back with the last note."""
    forms = [json.dumps(call.args["view"]) for call in on.slack.calls if call.method.startswith("views.") and call.ok]
    return "\n".join([*on.told(one.user), *(form for form in forms if one.notes and f'"{one.notes[-1]}"' in form)])


def _wrong(on: Crew, one: Conversation, vip: str) -> list[str]:
    """What does not agree, in words."""
    name, found = one.person.username, []
    cards = _cards(on, one)
    if [card.channel for card in cards] != [vip]:
        return [f"{name}: its cards are in {[card.channel for card in cards]}"]
    (card,) = cards
    told = _told(on, one)
    if one.notes and one.person.notes != one.notes[-1] and not any(words in told for words in NOT_SAVED):
        found.append(f"{name}: {one.notes[-1]} was accepted, Inbox has {one.person.notes}, and they were told {told}")
    shown = on.slack.show(card)
    if _thread(on, one).archived or "Snoozed until" in shown or "Waiting since" not in shown:
        found.append(f"{name}: they wrote last, and the card shows {shown.splitlines()[0]}")
    everything = [on.slack.show(post) for post in on.slack.replies(vip, card.ts)]
    last = one.expected[one.written[-1]]
    if last not in "\n".join([shown, *everything]):
        found.append(f"{name}: {last} is nowhere")
    stale = [text for text in one.gone if text in "\n".join([shown, *everything])]
    found += [f"{name}: {text} was edited or taken back, and is still shown" for text in stale]
    lines = [line for said in everything for line in said.splitlines() if line.startswith("in ")]
    if twice := {line for line in lines if lines.count(line) > 1}:
        found.append(f"{name}: twice {sorted(twice)}")
    return found
