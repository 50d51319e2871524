"""The client that people of the bot hold: each verb goes to the API version that is spoken at the moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, Final

from bot.errors import InboxError, Unavailable
from bot.facts import ContactChange
from bot.inbox.client import Inbox
from bot.inbox.version import Spoken

VERBS: Final = frozenset(name for name, verb in vars(Inbox).items() if iscoroutinefunction(verb))
# What an ended version did not take is asked of the other one within the same call. The rest is not: who sends notes
# the version of each attempt, who repeats a reaction looks first, a contact has another id there, and a place in the
# feed belongs to one version.
AGAIN: Final = VERBS - {"send", "react", "change_contact", "events"}


class Either:
    """`bot.inbox.client.Inbox` on whichever version `spoken` says."""

    def __init__(self, spoken: Spoken, clients: Callable[[str], Inbox]) -> None:
        """`clients` opens the client of a version; each is opened once."""
        self._spoken, self._open = spoken, clients
        self._clients: dict[str, Inbox] = {}

    @property
    def version(self) -> str:
        return self._spoken.version

    @property
    def sunset(self) -> str | None:
        return self._spoken.sunset

    @property
    def answers(self) -> int:
        return self._client().answers

    def steps(self, change: ContactChange) -> list[ContactChange]:
        return self._client().steps(change)

    def __getattr__(self, verb: str) -> Callable[..., Awaitable[Any]]:
        """Each verb that asks Inbox."""
        if verb not in VERBS:
            raise AttributeError(verb)
        return partial(self._ask, verb)

    async def _ask(self, verb: str, /, *args: Any, **options: Any) -> Any:
        inbox, signs = self._client(), self._spoken.signs
        answers = inbox.answers
        try:
            answer = await getattr(inbox, verb)(*args, **options)
        except InboxError as error:
            moved = await self._spoken.failed(inbox.version, error)
            if not (moved and verb in AGAIN and isinstance(error, Unavailable)):
                raise
            return await getattr(self._client(), verb)(*args, **options)
        if inbox.answers != answers:  # what need not be asked says nothing of who would answer
            self._spoken.answered(inbox.version, inbox.sunset, signs)
        return answer

    def _client(self) -> Inbox:
        version = self._spoken.version
        if version not in self._clients:
            self._clients[version] = self._open(version)
        return self._clients[version]
