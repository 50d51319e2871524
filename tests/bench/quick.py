"""The bot as `bot serve` (`both`) or `bot worker` starts it, but as fast in one channel as in many: `quick.py ROLE`.

Slack takes one post a second in a channel, and Inbox 300 calls a minute; both would be measured instead of the bot.
"""

from __future__ import annotations

import sys
from typing import Final

import uvloop

from bot import log, settings
from bot.app import bridge
from bot.context import Timing
from bot.run import run

PACES: Final = Timing(channel_interval=0.001, inbox_per_minute=10**8)


async def main(role: str) -> None:
    wanted = settings.load()
    log.configure(wanted.log_level, wanted.log_format)
    async with bridge(wanted, PACES) as built:
        await run(built, web=role == "both", worker=True)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
