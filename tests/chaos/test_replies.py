"""Replies under random kill -9 and faults, from the form and by the prefix: nothing lost, nothing sent twice, in order.

`CHAOS_REPLIES` is how many go each way (200 unless set), `CHAOS_SEED` repeats a run.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
from collections import Counter

import pytest

from bot.sandbox.slack.records import Message
from tests.chaos.crew import Crew, crew, inversions

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]
REPLIES = int(os.environ.get("CHAOS_REPLIES", "200"))
PEOPLE = 10
SCOPES = {"channels:history", "groups:history", "reactions:write"}


@pytest.mark.parametrize("api", ["v1", "v2"])
async def test_a_reply_is_sent_once_or_handed_back_whatever_dies(redis_url: str, api: str) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(10**6))
    dice = random.Random(f"{seed} {api}")
    async with crew(redis_url, api) as on:
        on.slack.scopes |= SCOPES
        assert (await on.slack.command(on.acme.ana, on.acme.channel, "/inbox", "replies on >>")).ok
        for n in range(PEOPLE):
            await on.inbox.customer_writes(on.inbox.add_person(f"person{n}", f"Person {n}"), "Hello")
        await on.until(lambda: len(_cards(on)) == PEOPLE, 60)
        cards = _cards(on)
        done = asyncio.Event()
        trouble = [
            asyncio.create_task(on.harass(dice, done, (0.3, 2.0))),
            asyncio.create_task(_faults(on, dice, done)),
        ]
        written = [_by_prefix(on, card, n, dice) for n, card in enumerate(cards)]
        filled = [_by_form(on, card, n, dice) for n, card in enumerate(cards)]
        accepted = [text for texts in await asyncio.gather(*written, *filled) for text in texts]
        done.set()
        await asyncio.gather(*trouble)
        on.slack.heal()
        on.inbox.heal()
        await on.settled(lambda: len(_open(on, accepted)))
        _judge(on, accepted, f"API {api}, seed {seed}")


def _cards(on: Crew) -> list[Message]:
    return [one for one in on.slack.messages(on.acme.channel) if "[Reply]" in on.slack.show(one)]


async def _by_prefix(on: Crew, card: Message, n: int, dice: random.Random) -> list[str]:
    """Bo answers in the card's Slack thread."""
    texts = [f"said {n} {k}" for k in range(REPLIES // PEOPLE)]
    for text in texts:
        await on.slack.write(on.acme.bo, card.channel, f"&gt;&gt; {text}", card.ts)
        await asyncio.sleep(dice.uniform(0.0, 1.0))
    return texts


async def _by_form(on: Crew, card: Message, n: int, dice: random.Random) -> list[str]:
    """Each card has a person who answers from its form; the texts that Slack saw accepted."""
    user = on.slack.add_user(None, f"Agent {n}", f"agent{n}@acme.test")
    on.inbox.add_member(f"Agent {n}", f"agent{n}@acme.test")
    accepted: list[str] = []
    for k in range(REPLIES // PEOPLE):
        try:
            await on.slack.press(user, card.channel, card.ts, "Reply")
            await on.slack.until(lambda: len((on.slack.modal(user) or {"blocks": []})["blocks"]) > 1, 5)
            if not (on.slack.modal(user) or {}).get("submit"):  # Bo has it
                await on.slack.press_modal(user, "Reply anyway")
            await on.slack.until(lambda: (on.slack.modal(user) or {}).get("submit"), 5)
            ack = await on.slack.submit(user, values={"text": f"filled {n} {k}"})
            if ack.ok and not (isinstance(ack.body, dict) and ack.body.get("response_action") == "errors"):
                accepted.append(f"filled {n} {k}")
        except (LookupError, AssertionError, TimeoutError):  # the form did not open: its web process died
            pass
        await asyncio.sleep(dice.uniform(0.0, 1.0))
    return accepted


async def _faults(on: Crew, dice: random.Random, until: asyncio.Event) -> None:
    while not until.is_set():
        await asyncio.sleep(dice.uniform(0.2, 1.0))
        match dice.randrange(5):
            case 0:
                on.inbox.fail("POST *", dice.choice([500, 503]))
            case 1:
                on.inbox.fail("POST *", drop=dice.choice(["before", "after"]))
            case 2:
                on.inbox.fail("* *", 429, retry_after=1)
            case 3:
                on.slack.fail("chat.postMessage", status=500)
            case 4:
                on.slack.fail("reactions.add", drop="after")


def _told(on: Crew) -> set[str]:
    """The texts that were handed back to those who wrote them."""
    told = [one for user in on.slack.users for one in on.told(user) if "Not sent" in one or "Not confirmed" in one]
    return {text for one in told for text in re.findall(r"(?:said|filled) \d+ \d+", one)}


def _open(on: Crew, accepted: list[str]) -> list[str]:
    sent, told = set(on.sent()), _told(on)
    return [text for text in accepted if text not in sent and text not in told]


def _judge(on: Crew, accepted: list[str], about: str) -> None:
    sent, told = on.sent(), _told(on)
    lost = _open(on, accepted)
    twice = [text for text, count in Counter(sent).items() if count > 1]
    ways = {text.rsplit(" ", 1)[0] for text in sent}
    wrong = [text for way in ways for text in inversions([one for one in sent if one.rsplit(" ", 1)[0] == way])]
    print(  # noqa: T201  # the figures
        f"\n{about}: {len(accepted)} replies accepted, {on.deaths} processes killed\n"
        f"  lost: {len(lost)} {lost[:5]}\n  sent twice: {len(twice)} {twice[:5]}\n"
        f"  out of order: {len(wrong)} {wrong[:5]}\n"
        f"  told as not confirmed or not sent: {len(told)}"
    )
    assert on.inbox.violations == []
    assert (lost, twice, wrong) == ([], [], [])
