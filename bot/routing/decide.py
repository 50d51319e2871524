"""What the rules say of a conversation now, and why: its channel, who gets it, who is mentioned, what the contact gets.

Whether Slack takes posts in that channel is not asked here: `bot.people.refused_channels` waits for one that does not.
Of each of these the first rule that fits and says anything of it decides; tags come from every rule that fits.
Raises `StoreUnavailable` when Redis does not answer, and `InboxError` where Inbox must be asked and does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from bot.context import Bot
from bot.errors import Gone
from bot.models import Message, Thread
from bot.routing.fit import LASTING, Known, fits, unmet
from bot.routing.said import named
from bot.routing.store import Condition, Memory, Pin, Rule


class Trial(NamedTuple):
    """How one rule, the `number`-th, does with a conversation."""

    number: int
    rule: Rule
    unmet: tuple[Condition, ...]
    fits: bool


class Decision(NamedTuple):
    """`channel` is None where the conversation is posted nowhere. `trial` is the rule that decided, if one did."""

    channel: str | None
    trial: Trial | None = None
    pin: Pin | None = None


class Plan(NamedTuple):
    """Where the conversation belongs, and the rules that do the rest; None and () where none does.

    Of those that note something, one sets the status: the others are without.
    """

    place: Decision
    turns: Trial | None = None
    mention: Trial | None = None
    noted: tuple[Trial, ...] = ()


async def decide(bot: Bot, thread: Thread, message: Message | None) -> Decision:
    """The pin, else the first rule that fits, else the default. `message` is what the person wrote last.

    Once a conversation said a rule's words, that rule goes on fitting: else "thanks" would move it back.
    """
    memory, rules = await _known(bot, thread.id)
    return _place(bot, memory, await _trials(bot, memory, rules, thread, message))


async def settle(bot: Bot, thread: Thread, message: Message) -> Plan:
    """All that the rules say about `message`, remembering the rules that say so."""
    memory, rules = await _known(bot, thread.id)
    found = await _trials(bot, memory, rules, thread, message)
    plan = _plan(bot, memory, found)
    rule = plan.place.trial.rule.id if plan.place.trial else None
    if not plan.place.pin and rule != memory.rule:
        await bot.routes.remember(thread.id, rule)
    lasting = [one.rule for one in found if one.fits and any(each.field in LASTING for each in one.rule.conditions)]
    await bot.routes.fitted(thread.id, [one.id for one in lasting if one.id not in memory.fitted])
    done = {one.rule for one in memory.did if one.kind == "noted"}  # what people changed since then stays so
    return plan._replace(noted=tuple(one for one in plan.noted if one.rule.id not in done))


async def tried(bot: Bot, thread: Thread, message: Message | None) -> tuple[list[Trial], Plan]:
    """Every rule in order, whether it fits, and what they come to; a pin is left out, and nothing is remembered."""
    memory, rules = await _known(bot, thread.id)
    memory, rules = memory.having(pin=None), named(rules, await bot.directory.names())
    found = await _trials(bot, memory, rules, thread, message)
    return found, _plan(bot, memory, found)


def _plan(bot: Bot, memory: Memory, found: Sequence[Trial]) -> Plan:
    fitting = [one for one in found if one.fits]
    status = next((one for one in fitting if one.rule.status), None)
    noted = (one if one is status else _without_status(one) for one in fitting)
    return Plan(
        place=_place(bot, memory, found),
        turns=next((one for one in fitting if one.rule.turns), None),
        mention=next((one for one in fitting if one.rule.mention), None),
        noted=tuple(one for one in noted if one.rule.tags or one.rule.status),
    )


def _without_status(trial: Trial) -> Trial:
    return trial._replace(rule=trial.rule.having(status=None))


def _place(bot: Bot, memory: Memory, found: Sequence[Trial]) -> Decision:
    if memory.pin:
        return Decision(memory.pin.channel, pin=memory.pin)
    first = next((one for one in found if one.fits and one.rule.is_about_place), None)
    return Decision(first.rule.channel or None, first) if first else Decision(bot.settings.notify_channel)


async def _known(bot: Bot, thread_id: str) -> tuple[Memory, list[Rule]]:
    return await asyncio.gather(bot.routes.memory(thread_id), bot.routes.rules())


async def _trials(
    bot: Bot, memory: Memory, rules: Sequence[Rule], thread: Thread, message: Message | None
) -> list[Trial]:
    asked = {each.field for one in rules for each in one.conditions}
    if asked & {"followers", "verified"}:
        thread = await _whole(bot, thread)
    known = Known(memory.campaign, "first" in asked and await _is_first(bot, memory, thread, message))
    found = []
    for number, rule in enumerate(rules, 1):
        missing = unmet(rule, thread, message, known)
        before = rule.id == memory.rule or rule.id in memory.fitted
        found.append(Trial(number, rule, tuple(missing), fits(missing, before=before)))
    return found


async def _whole(bot: Bot, thread: Thread) -> Thread:
    """The thread with all that Inbox tells of its person: v1's events tell a part."""
    if thread.person is not None and thread.person.verified is not None:
        return thread
    try:
        return (await bot.background.thread(thread.id)).with_person(thread.person)
    except Gone:
        return thread


async def _is_first(bot: Bot, memory: Memory, thread: Thread, message: Message | None) -> bool:
    """Whether `message` is the first that they wrote; Inbox is asked once for each conversation."""
    if message is None:
        return False
    if memory.first is not None:
        return message.id == memory.first
    try:
        found = await bot.background.messages(thread.id)
    except Gone:
        return False
    is_first = not any(one.inbound and one.id != message.id and one.created_at <= message.created_at for one in found)
    await bot.routes.saw_first(thread.id, message.id if is_first else "")
    return is_first
