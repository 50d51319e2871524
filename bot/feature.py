"""What a feature adds to the product, in tables of its own: listeners, handlers of jobs, and words of `/inbox`.

A module of a feature fills its `Feature` by decorators. Nothing else happens at import: a feature that `bot.features`
does not list does nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from bot.context import Bot
from bot.queue.job import Asked, Job, Keep
from bot.queue.timer import Look
from bot.slack.payloads import MORE, Ack, Body
from bot.words import asked

J = TypeVar("J", bound=Job)
K = TypeVar("K")
V = TypeVar("V")


class Console(Asked, tag="console"):
    """`/inbox` with words that need an answer from the store, Slack or Inbox."""

    patient: ClassVar[bool] = False
    waits_in: ClassVar[str] = "console:{asker.user}"
    words: str

    @property
    def described(self) -> tuple[str, str]:
        return f"/inbox {self.words.split()[0]}", ""  # the rest may be an address

    @property
    def line(self) -> str:
        return asked(f"/inbox {self.words}")


Listener = Callable[[Ack, Body, Bot], Awaitable[None]]
"""Reads a payload, accepts a job, acknowledges."""
Handler = Callable[[J, Keep, Bot], Awaitable[Sequence[Job]]]
"""Does a job, and returns the jobs that follow. A worker may die at any await: each handler can be run again."""
LastWord = Callable[[J, Exception, Bot], Awaitable[Sequence[Job]]]
"""What follows from a job that will not be tried again because of the error."""
Run = Callable[[Console, str, Bot], Awaitable[Sequence[Job]]]
"""Answers a word of `/inbox`; the text is what was typed behind the word."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of `/inbox`; `help` is its line in `/inbox help`, and `admins` alone may use it and see that line.

    `for_admins` is what they may do with it besides, in a line that they alone see; "" where that is nothing. `run` is
    None where a listener opens a form instead. Nothing may be typed behind a word that stands `alone`.
    """

    name: str
    run: Run | None
    help: str
    admins: bool
    alone: bool
    for_admins: str = ""


class Feature:
    """The tables of one module, or of several `parts` together. Raises `ValueError` when two things claim one name."""

    def __init__(self, *parts: Feature) -> None:
        self.listeners: dict[tuple[str, str], Listener] = {}
        self.handlers: dict[type[Job], Handler[Any]] = {}
        self.last_words: dict[type[Job], LastWord[Any]] = {}
        self.timers: list[Callable[[Bot], Look]] = []
        self.words: dict[str, Word] = {}
        self.openers: dict[str, Listener] = {}
        for part in parts:
            _claim(self.listeners, part.listeners)
            _claim(self.handlers, part.handlers)
            _claim(self.last_words, part.last_words)
            self.timers += part.timers
            _claim(self.words, part.words)
            _claim(self.openers, part.openers)

    def handles(self, kind: type[J]) -> Callable[[Handler[J]], Handler[J]]:
        """The decorated function does the jobs of this class."""

        def register(handler: Handler[J]) -> Handler[J]:
            handlers: dict[type[Job], Handler[Any]] = {kind: handler}
            _claim(self.handlers, handlers)
            return handler

        return register

    def gives_up(self, kind: type[J]) -> Callable[[LastWord[J]], LastWord[J]]:
        """The decorated function has the last word on jobs of this class, in place of `answers.failed`."""

        def register(last_word: LastWord[J]) -> LastWord[J]:
            last_words: dict[type[Job], LastWord[Any]] = {kind: last_word}
            _claim(self.last_words, last_words)
            return last_word

        return register

    def looks(self, timer: Callable[[Bot], Look]) -> Callable[[Bot], Look]:
        """The decorated function says what is looked at now and then."""
        self.timers.append(timer)
        return timer

    def word(
        self, *names: str, help: str, admins: bool = False, alone: bool = False, for_admins: str = ""
    ) -> Callable[[Run], Run]:
        """The decorated function answers a word of `/inbox`; the first of `names` is the one that help shows."""

        def register(run: Run) -> Run:
            word = Word(names[0], run, help, admins, alone, for_admins)
            _claim(self.words, dict.fromkeys(names, word))
            return run

        return register

    def opens(
        self, name: str, *, help: str, admins: bool = False, for_admins: str = "", alone: bool = True
    ) -> Callable[[Listener], Listener]:
        """The decorated listener opens a form for a word of `/inbox`, which must happen within the request.

        Unless the word stands `alone`, the listener reads what was typed behind it.
        """

        def register(listener: Listener) -> Listener:
            _claim(self.openers, {name: listener})
            _claim(self.words, {name: Word(name, None, help, admins, alone=alone, for_admins=for_admins)})
            return listener

        return register

    def command(self, name: str) -> Callable[[Listener], Listener]:
        """A slash command."""
        return self._listens("command", name)

    def action(self, *action_ids: str) -> Callable[[Listener], Listener]:
        """A button, or another element that people act on."""
        return self._listens("block_actions", *action_ids)

    def more(self, *names: str) -> Callable[[Listener], Listener]:
        """An option in the menu of a card, `blocks.more(words, name, …)`; read like a button of the card."""
        return self._listens(MORE, *names)

    def suggests(self, action_id: str) -> Callable[[Listener], Listener]:
        """An external menu asks what to offer for what somebody has typed into it; answered within the request."""
        return self._listens("block_suggestion", action_id)

    def shortcut(self, *callback_ids: str) -> Callable[[Listener], Listener]:
        """A message shortcut."""
        return self._listens("message_action", *callback_ids)

    def view(self, callback_id: str) -> Callable[[Listener], Listener]:
        """A submitted modal."""
        return self._listens("view_submission", callback_id)

    def view_closed(self, callback_id: str) -> Callable[[Listener], Listener]:
        """A modal that was closed without being submitted, and wanted to know."""
        return self._listens("view_closed", callback_id)

    def event(self, event_type: str) -> Callable[[Listener], Listener]:
        """An event of Slack's Events API."""
        return self._listens("event_callback", event_type)

    def _listens(self, kind: str, *names: str) -> Callable[[Listener], Listener]:
        def register(listener: Listener) -> Listener:
            _claim(self.listeners, {(kind, name): listener for name in names})
            return listener

        return register


def _claim(table: dict[K, V], more: Mapping[K, V]) -> None:
    if twice := table.keys() & more.keys():
        raise ValueError(f"claimed twice: {sorted(map(str, twice))}")
    table.update(more)
