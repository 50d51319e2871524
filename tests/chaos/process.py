"""One process of the bot as `bot serve` or `bot worker` would start it, with shorter waits: `process.py web|worker`."""

from __future__ import annotations

import asyncio
import json
import os
import sys

from bot import log, settings
from bot.app import bridge
from bot.context import Timing
from bot.run import run


async def main(role: str) -> None:
    wanted = settings.load()
    log.configure(wanted.log_level, wanted.log_format)
    async with bridge(wanted, Timing(**json.loads(os.environ["CHAOS_PACES"]))) as built:
        await run(built, web=role == "web", worker=role == "worker")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
