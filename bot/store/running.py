"""Whether a process of the bot uses a Redis now."""

from __future__ import annotations

import re
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot.store import keys

_PROCESS: Final = re.compile(r".+-\d+-[0-9a-f]{8}")  # `bot.start.process_name`
ALIVE: Final = 10_000  # ms; a worker asks for work several times a second
WORKED: Final = 120_000  # ms; one of them gets some at least each minute: the event feed is read


async def others(redis: Redis) -> bool:
    """Whether another process than ours does. Where its user may not ask who is connected, the workers tell.

    Where it may not ask that either, somebody might. Raises `StoreUnavailable`.
    """
    client: Any = redis  # redis-py types its commands as sync and async at once
    options = client.connection_pool.connection_kwargs
    try:
        connected = await client.client_list(_type="normal")
    except ResponseError:
        return await _works(client)
    here = {one["name"] for one in connected if int(one["db"]) == int(options.get("db") or 0)}
    return any(_PROCESS.fullmatch(name) for name in here - {options.get("client_name")})


async def _works(client: Any) -> bool:
    for stream in (keys.PEOPLE, keys.BACKGROUND):
        try:
            workers = await client.xinfo_consumers(stream, keys.GROUP)
        except ResponseError as error:
            if "NOPERM" in str(error):
                return True
            continue  # there is no such stream yet, or nobody ever worked
        if any(map(_is_alive, workers)):
            return True
    return False


def _is_alive(worker: Any) -> bool:
    """Before 7.2 a server knows when somebody got work, and not when they asked for some: it has no `inactive` then.

    https://redis.io/docs/latest/commands/xinfo-consumers/
    """
    return int(worker["idle"]) < (ALIVE if "inactive" in worker else WORKED)
