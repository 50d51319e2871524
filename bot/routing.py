"""Which channel a conversation belongs in now, and why."""

from __future__ import annotations

from typing import NamedTuple

from bot.models import Message, Thread
from bot.rules import Condition, Rule, fits, unmet
from bot.store.routes import Memory, Pin, Routes


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


class Router:
    """Raises `StoreUnavailable` when Redis does not answer."""

    def __init__(self, routes: Routes, default: str | None) -> None:
        """`default` is NOTIFY_CHANNEL, for what no rule takes."""
        self._routes, self.default = routes, default

    async def decide(self, thread: Thread, message: Message | None) -> Decision:
        """The pin, else the first rule that fits, else the default. `message` is what the person wrote last.

        Once a conversation said a rule's words, that rule goes on fitting: else "thanks" would move it back.
        """
        return await self._decide(await self._routes.memory(thread.id), thread, message)

    async def _decide(self, memory: Memory, thread: Thread, message: Message | None) -> Decision:
        if memory.pin:
            return Decision(memory.pin.channel, pin=memory.pin)
        first = next((one for one in await self._trials(memory, thread, message) if one.fits), None)
        return Decision(first.rule.channel, first) if first else Decision(self.default)

    async def place(self, thread: Thread, message: Message) -> str | None:
        """The channel for `message`, remembering the rule that says so."""
        memory = await self._routes.memory(thread.id)
        decision = await self._decide(memory, thread, message)
        rule = decision.trial.rule.id if decision.trial else None
        if not decision.pin and rule != memory.rule:
            await self._routes.remember(thread.id, rule)
        return decision.channel

    async def trials(self, thread: Thread, message: Message | None) -> list[Trial]:
        """Every rule in order, and whether it fits."""
        return await self._trials(await self._routes.memory(thread.id), thread, message)

    async def _trials(self, memory: Memory, thread: Thread, message: Message | None) -> list[Trial]:
        found = []
        for number, rule in enumerate(await self._routes.rules(), 1):
            missing = unmet(rule, thread, message, campaign=memory.campaign)
            found.append(Trial(number, rule, tuple(missing), fits(missing, before=rule.id == memory.rule)))
        return found
