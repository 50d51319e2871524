"""How often the event feed is read.

Often while people are active, less often while nobody is, and hardly ever while webhooks bring the news. Readings spend
at most 15 % of what the team may ask of Inbox in a day: where people are active for longer than eight hours of it, the
feed is read as it is at rest until that is over. They wait when the background's share is used up.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from bot.context import Bot
from bot.events.jobs import Sync
from bot.events.store import Feed
from bot.feature import Feature
from bot.queue.timer import Look

# As multiples of the shortest time between two readings, three seconds:
IDLE: Final = 3.5  # the longest time between two readings, when nobody has acted for long: 10.5 s
RESTING: Final = 20  # the time between two readings while webhooks come: 60 s
FADES: Final = 60  # the time is this part of how long nobody has acted: three minutes for three seconds
TRUSTED: Final = 600  # a webhook that came within 30 minutes is taken to work
A_DAY: Final = 1.8  # readings in a day, as multiples of those of a day at rest: 14,800 of 100,000 calls
feature = Feature()


@feature.looks
def look(bot: Bot) -> Look:
    """At the start, and as often as `interval` says."""
    return Look("feed", Sync, partial(interval, bot.feed, bot.timing.poll), at_start=True)


async def interval(feed: Feed, often: float) -> float:
    """Seconds that should lie between two readings now; `often` is the least."""
    idle, without_webhook = await feed.quiet_for()
    if without_webhook < often * TRUSTED:
        return often * RESTING
    at_rest = often * IDLE
    if await feed.readings(at_least=3600 / at_rest) > A_DAY * 86_400 / at_rest:
        return at_rest
    return min(max(often, idle / FADES), at_rest)
