"""Which channel a conversation belongs in now, and why.

Raises `StoreUnavailable` when Redis does not answer.
"""

from __future__ import annotations

from typing import NamedTuple

from bot.context import Bot
from bot.models import Message, Thread
from bot.routing.fit import fits, unmet
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


async def decide(bot: Bot, thread: Thread, message: Message | None) -> Decision:
    """The pin, else the first rule that fits, else the default. `message` is what the person wrote last.

    Once a conversation said a rule's words, that rule goes on fitting: else "thanks" would move it back.
    """
    return await _decide(bot, await bot.routes.memory(thread.id), thread, message)


async def _decide(bot: Bot, memory: Memory, thread: Thread, message: Message | None) -> Decision:
    if memory.pin:
        return Decision(memory.pin.channel, pin=memory.pin)
    first = next((one for one in await _trials(bot, memory, thread, message) if one.fits), None)
    return Decision(first.rule.channel, first) if first else Decision(bot.settings.notify_channel)


async def place(bot: Bot, thread: Thread, message: Message) -> str | None:
    """The channel for `message`, remembering the rule that says so."""
    memory = await bot.routes.memory(thread.id)
    decision = await _decide(bot, memory, thread, message)
    rule = decision.trial.rule.id if decision.trial else None
    if not decision.pin and rule != memory.rule:
        await bot.routes.remember(thread.id, rule)
    return decision.channel


async def trials(bot: Bot, thread: Thread, message: Message | None) -> list[Trial]:
    """Every rule in order, and whether it fits."""
    return await _trials(bot, await bot.routes.memory(thread.id), thread, message)


async def _trials(bot: Bot, memory: Memory, thread: Thread, message: Message | None) -> list[Trial]:
    found = []
    for number, rule in enumerate(await bot.routes.rules(), 1):
        missing = unmet(rule, thread, message, campaign=memory.campaign)
        found.append(Trial(number, rule, tuple(missing), fits(missing, before=rule.id == memory.rule)))
    return found
