"""A Redis that fails over to its replica: so that nothing is lost, or so that it goes back to an earlier state."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from tests.servers import Relay, ask, relay, starting

AT_ONCE = ("--repl-diskless-sync-delay", "0", "--hz", "100")


@dataclass
class Twins:
    """The ports of a server and its replica, which hears of it through `link`; `address` leads to the server.

    `lost` are the spans (Unix seconds) of which nothing is left.
    """

    primary: int
    replica: int
    address: Relay
    link: Relay
    lost: list[tuple[float, float]] = field(default_factory=list)
    moves: int = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.address.port}"

    async def fail_over(self) -> None:
        """The replica takes over once it has all that was written, as an operator does it."""
        await ask(self.primary, "CLIENT", "PAUSE", "20000", "WRITE")
        await self._synced()
        await self._swap()

    async def go_back(self, seconds: float) -> None:
        """The replica takes over that has heard nothing for `seconds`."""
        since = await self._synced()
        self.link.silence()
        await asyncio.sleep(seconds)
        self.lost.append((since, await self._swap()))

    def loses(self, began: float, ended: float) -> bool:
        """Whether what was written down between the two may be lost."""
        return any(began <= until and ended >= since for since, until in self.lost)

    async def _swap(self) -> float:
        """When nobody wrote to the old one any more."""
        old, new = self.primary, self.replica
        await ask(new, "REPLICAOF", "NO", "ONE")
        self.address.target = self.link.target = new
        await ask(old, "REPLICAOF", "127.0.0.1", str(self.link.port))
        over = time.time()
        await ask(old, "CLIENT", "UNPAUSE")
        self.primary, self.replica, self.moves = new, old, self.moves + 1
        await self.linked()
        return over

    async def linked(self) -> None:
        async def up() -> bool:
            return bool((await _replication(self.replica))["master_link_status"] == "up")

        await _until(up)

    async def _synced(self) -> float:
        """The replica has all that was written until then."""
        since = time.time()
        written = int((await _replication(self.primary))["master_repl_offset"])

        async def has_it() -> bool:
            return int((await _replication(self.replica))["slave_repl_offset"]) >= written

        await _until(has_it)
        return since


@asynccontextmanager
async def twins(folder: Path) -> AsyncIterator[Twins]:
    with starting(folder) as start:
        first, second = start(*AT_ONCE), start(*AT_ONCE)
        async with relay(first) as address, relay(first) as link:
            made = Twins(first, second, address, link)
            await ask(second, "REPLICAOF", "127.0.0.1", str(link.port))
            await made.linked()
            yield made


async def _replication(port: int) -> dict[str, Any]:
    found: dict[str, Any] = await ask(port, "INFO", "replication")
    return found


async def _until(so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                if await so():
                    return
            except RedisError:
                pass  # it is loading
            await asyncio.sleep(0.02)
