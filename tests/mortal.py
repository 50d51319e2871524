"""A worker that dies at a chosen point: of whatever a handler waits for, it lives to see so many answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Mortal(Generic[T]):
    """`await Mortal(handler(…), lives)` is what the handler returns; None when it waits more than `lives` times.

    It is cancelled then, which closes its connections as a kill does: what was asked for may be done or not.
    """

    def __init__(self, doing: Coroutine[Any, Any, T], lives: int) -> None:
        self._doing, self._lives = doing, lives
        self.died = False

    def __await__(self) -> Generator[Any, Any, T | None]:
        return self._in_a_task().__await__()

    async def _in_a_task(self) -> T | None:
        task = asyncio.create_task(self._counted())
        try:
            return await task
        except asyncio.CancelledError:
            assert self.died
            return None

    async def _counted(self) -> T:
        return await _Steps(self)

    def step(self, number: int) -> None:
        if number > self._lives and not self.died:
            self.died = True
            task = asyncio.current_task()
            assert task
            task.cancel()

    @property
    def doing(self) -> Coroutine[Any, Any, T]:
        return self._doing


class Interrupted(Generic[T]):
    """`await Interrupted(handler(…), after, meanwhile)`: `meanwhile` happens once it has waited `after` times."""

    def __init__(self, doing: Coroutine[Any, Any, T], after: int, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self._doing, self._after, self._meanwhile = doing, after, meanwhile
        self.was = False

    def __await__(self) -> Generator[Any, Any, T]:
        number = 0
        failed: BaseException | None = None
        while True:
            try:
                wanted = self._doing.send(None) if failed is None else self._doing.throw(failed)
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                failed = None
                yield wanted
            except BaseException as error:  # what it waited for has failed
                failed = error
            number += 1
            if number == self._after:
                self.was = True
                yield from self._meanwhile().__await__()


class _Steps(Generic[T]):
    """The coroutine of a `Mortal`, which hears of each time that it waits."""

    def __init__(self, of: Mortal[T]) -> None:
        self._of = of

    def __await__(self) -> Generator[Any, Any, T]:
        doing, number = self._of.doing, 0
        answer: BaseException | None = None
        while True:
            try:
                wanted = doing.send(None) if answer is None else doing.throw(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            number += 1
            self._of.step(number)
            try:
                answer = None
                yield wanted
            except BaseException as error:  # what it waited for has failed, or it has died
                answer = error
