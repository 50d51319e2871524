"""Who of those that a rule names may get a conversation now: with a seat, not away, and with room for another one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple

from bot.context import Bot
from bot.errors import Refused, Unidentified
from bot.inbox.search import Search
from bot.queue.job import Asker, utc_now
from bot.routing.store import Turns
from bot.rules.store import Turn

NO_SEAT_HOLDS: Final = 300.0  # seconds until somebody without a seat is looked for again
COUNT_HOLDS: Final = 120_000  # ms until Inbox is asked again how many open conversations somebody has
FULL_HOLDS: Final = 15_000  # the same of somebody who has too many


class Candidate(NamedTuple):
    """One whom a rule names. `why` they get nothing now, and until when, where that is known; "" where they may.

    `member` is "" where they have no seat, `name` the one that Slack shows.
    """

    user: str
    name: str
    member: str = ""
    why: Literal["", "away", "quiet", "seat", "full"] = ""
    until: datetime | None = None

    @property
    def turn(self) -> Turn:
        return Turn(self.user, self.member, free=not self.why)


async def candidates(bot: Bot, turns: Turns) -> list[Candidate]:
    """All of them, in the order of their turns.

    Raises `InboxError`, and `SlackError` or `Unidentified` where Slack does not say who they are.
    """
    users: list[str] = []
    for one in turns.to:
        users += await bot.groups.users(one) if one.startswith("S") else [one]
    return [await _candidate(bot, user) for user in dict.fromkeys(users)]


async def _candidate(bot: Bot, user: str) -> Candidate:
    known = await bot.directory.profiles.get(user)
    name, unseated = known.name if known else "somebody", f"no-seat:{user}"
    if await bot.quota.held_for(unseated):
        return Candidate(user, name, why="seat")
    try:
        actor = await bot.access.actor(Asker(user=user, team=bot.installation.team))
    except Unidentified:
        raise
    except Refused:
        await bot.quota.hold(unseated, NO_SEAT_HOLDS)
        known = await bot.directory.profiles.get(user)
        return Candidate(user, known.name if known else name, why="seat")
    choices, now = await bot.preferences.person(user), utc_now()
    if choices.away and choices.away.holds(now):
        return Candidate(user, actor.name, actor.member.id, "away", choices.away.until)
    if choices.quiet and (until := choices.quiet.until(now)):
        return Candidate(user, actor.name, actor.member.id, "quiet", until)
    return Candidate(user, actor.name, actor.member.id)


async def with_room(bot: Bot, found: Sequence[Candidate], most: int | None) -> list[Candidate]:
    """The same; who has `most` open conversations already is `full`. Raises `InboxError`."""
    if most is None:
        return list(found)
    return [one._replace(why="full") if not one.why and await _is_full(bot, one.member, most) else one for one in found]


async def _is_full(bot: Bot, member: str, most: int) -> bool:
    """Inbox is asked now and then; in between, what rules gave them is counted here."""
    at, now = await bot.turns.counted(member), await bot.turns.now()
    if at is not None and now - at < COUNT_HOLDS:
        if await bot.turns.load(member) < most:
            return False
        if now - at < FULL_HOLDS:
            return True
    found = await bot.background.search(Search(kind="mine", about=member), limit=max(2 * most, 100))
    await bot.turns.count(member, [one.id for one in found.threads], now)
    return await bot.turns.load(member) >= most


async def forget_seat(bot: Bot, user: str) -> None:
    """Inbox does not take them for an assignee: they get nothing for a while, and are looked up anew then."""
    await bot.quota.hold(f"no-seat:{user}", NO_SEAT_HOLDS)
    await bot.directory.members(fresh=True)
