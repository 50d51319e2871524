"""What people do all day in Slack and Inbox, and what was accepted of it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.sandbox.inbox.records import PersonRecord, ThreadRecord
from bot.sandbox.slack.records import BOT_USER, Ack, Ephemeral, Message
from tests.chaos.crew import Crew

PREFIX = "&gt;&gt;"
NOT_THERE = (LookupError, AssertionError, TimeoutError)  # a form or a button did not come: its web process died


@dataclass
class Accepted:
    """What somebody asked for, and between when it was written down (Unix seconds)."""

    text: str
    began: float
    ended: float


@dataclass
class Said:
    """A reply that began with the prefix: what it says by now (None: it was deleted), and what was done to it."""

    message: Message
    now: str | None
    done: list[Accepted]

    @property
    def text(self) -> str:
        return self.done[0].text


@dataclass
class Talk:
    """A conversation, the colleague who looks after it, and what was accepted in it so far."""

    person: PersonRecord
    user: str
    number: int
    sends: list[Accepted] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    written: list[str] = field(default_factory=list)

    def thread(self, on: Crew) -> ThreadRecord:
        found = on.inbox.world.thread_between(on.acme.account, self.person)
        assert found is not None
        return found

    def cards(self, on: Crew) -> list[Message]:
        """Those which are not left for another channel or place, the oldest first."""
        channels = [one for one in on.slack.channels.values() if not one.user]
        posts = [post for one in channels for post in on.slack.messages(one.id) if post.user == BOT_USER]
        name = f"@{self.person.username})"
        found = [post for post in posts if not post.thread_ts and has_buttons(post) and name in on.slack.show(post)]
        return sorted(found, key=lambda one: one.ts)


def has_buttons(post: Message) -> bool:
    return any(block["type"] == "actions" for block in post.blocks)


def talk(on: Crew, n: int) -> Talk:
    user = on.slack.add_user(None, f"Agent {n}", f"agent{n}@acme.test")
    on.inbox.add_member(f"Agent {n}", f"agent{n}@acme.test")
    return Talk(on.inbox.add_person(f"person{n}", f"Person {n}"), user, n)


async def timed(text: str, asked: Awaitable[Ack]) -> Accepted | None:
    """What was asked for, if it was accepted."""
    began = time.time()
    ack = await asked
    refused = isinstance(ack.body, dict) and ack.body.get("response_action") == "errors"
    words = isinstance(ack.body, str) or (isinstance(ack.body, dict) and "text" in ack.body)
    return Accepted(text, began, time.time()) if ack.ok and not refused and not words else None


async def writes(on: Crew, one: Talk, dice: random.Random) -> None:
    """The customer writes; Inbox loses, repeats and reorders some of the webhooks."""
    one.written.append(f"in {one.number} {len(one.written)}")
    on.inbox.auto_deliver = dice.random() > 0.05
    await on.inbox.customer_writes(one.person, one.written[-1])
    on.inbox.auto_deliver = True
    if dice.random() < 0.1:
        await on.inbox.redeliver(dice.choice(on.inbox.events[-20:]).id)


async def by_command(on: Crew, one: Talk, k: int) -> None:
    text = f"dm {one.number} {k}"
    sends = on.slack.command(on.acme.ana, on.acme.channel, "/dm", f"@{one.person.username} {text}")
    if accepted := await timed(text, sends):
        one.sends.append(accepted)


async def by_form(on: Crew, one: Talk, k: int) -> None:
    card, user = one.cards(on)[-1], one.user
    await on.slack.press(user, card.channel, card.ts, "Reply")
    await on.slack.until(lambda: len((on.slack.modal(user) or {"blocks": []})["blocks"]) > 1, 5)
    if not (on.slack.modal(user) or {}).get("submit"):  # a colleague has it
        await on.slack.press_modal(user, "Reply anyway")
    await on.slack.until(lambda: (on.slack.modal(user) or {}).get("submit"), 5)
    text = f"filled {one.number} {k}"
    if accepted := await timed(text, on.slack.submit(user, values={"text": text})):
        one.sends.append(accepted)


async def by_prefix(on: Crew, one: Talk, k: int, dice: random.Random) -> None:
    """A reply in the card's Slack thread; some are edited or deleted there, before or after they went out."""
    card, text, began = one.cards(on)[-1], f"said {one.number} {k}", time.time()
    message = await on.slack.write(one.user, card.channel, f"{PREFIX} {text}", card.ts)
    said = Said(message, text, [Accepted(text, began, time.time())])
    one.said.append(said)
    doing = dice.random()
    if doing > 0.5:
        return
    await asyncio.sleep(dice.uniform(0.0, 2.0))
    began, said.now = time.time(), f"changed {one.number} {k}" if doing > 0.2 else None
    if said.now:
        await on.slack.rewrite(message, f"{PREFIX} {said.now}")
    else:
        await on.slack.erase(message)
    said.done.append(Accepted(said.now or "", began, time.time()))


async def moves(on: Crew, one: Talk, channel: str) -> None:
    """*Move to…*, from the answer to why the card is where it is. Raises one of `NOT_THERE` if it was not taken."""
    card, user = one.cards(on)[-1], one.user
    known = len(on.slack.ephemerals(user))
    assert (await on.slack.shortcut(user, card.channel, card.ts, "why_here")).ok

    def answered() -> bool:
        words = on.slack.ephemerals(user)[known:]
        return bool(words and "[Move to…]" in on.slack.show(words[-1]))

    await on.slack.until(answered, 5)
    await on.slack.press_ephemeral(user, on.slack.ephemerals(user)[-1], "Move to…")
    await on.slack.until(lambda: (on.slack.modal(user) or {}).get("callback_id") == "move_thread", 5)
    assert (await on.slack.submit(user, values={"channel": channel})).ok


@dataclass
class Stranger:
    """Somebody to whom a colleague wrote lately, so that a first message from Slack is asked about."""

    person: PersonRecord
    text: str
    asked: Accepted | None = None
    pressed: Accepted | None = None


async def begins(on: Crew, one: Stranger, until: asyncio.Event, may_be_lost: Callable[[Accepted], bool]) -> None:
    """Ana writes to them, and says *Send anyway* when she is asked, which takes a minute at most once all is well."""
    command = on.slack.command(on.acme.ana, on.acme.channel, "/dm", f"@{one.person.username} {one.text}")
    one.asked, patience = await timed(one.text, command), 120
    while one.asked and not one.pressed and patience and not (until.is_set() and may_be_lost(one.asked)):
        await asyncio.sleep(0.5)
        patience -= until.is_set()
        for words in [words for words in on.slack.ephemerals(on.acme.ana) if _asks(on, one, words)][-1:]:
            with contextlib.suppress(*NOT_THERE):
                one.pressed = await timed(one.text, on.slack.press_ephemeral(on.acme.ana, words, "Send anyway"))


def _asks(on: Crew, one: Stranger, words: Ephemeral) -> bool:
    shown = on.slack.show(words)
    return f"Before you write to {one.person.name} " in shown and "[Send anyway]" in shown


def stranger(on: Crew, n: int) -> Stranger:
    return Stranger(on.inbox.add_person(f"new{n}", f"New {n}"), f"first {n}")
