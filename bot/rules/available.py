"""Who of those that a rule names may get a conversation now: with a seat, not away, and with room for another one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple

from bot.context import Bot
from bot.inbox.search import Search
from bot.queue.job import utc_now
from bot.routing.store import Turns
from bot.rules.turn_store import Load, Turn

NO_SEAT_HOLDS: Final = 300.0  # seconds until somebody without a seat is looked for again
COUNT_HOLDS: Final = 120.0  # seconds until Inbox is asked again how many open conversations somebody has
FULL_HOLDS: Final = 45.0  # the same of somebody who has too many
ASKED_FOR: Final = 5.0  # seconds that the others leave to the worker who asks


class BeingCountedError(Exception):
    """Another worker asks Inbox just now how many somebody has: look again in a moment."""


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
    actor = await bot.access.colleague(user)
    if actor is None:
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
    """The same; who has `most` open conversations already is `full`.

    Raises `InboxError`, and `BeingCountedError` where another worker is just asking Inbox.
    """
    if most is None:
        return list(found)
    loads = await bot.turns.loads([one.member for one in found if not one.why])
    checked = []
    for one in found:
        is_full = not one.why and await _is_full(bot, one.member, loads[one.member], most)
        checked.append(one._replace(why="full") if is_full else one)
    return checked


async def _is_full(bot: Bot, member: str, known: Load, most: int) -> bool:
    """Inbox is asked now and then, by one worker; in between, what rules gave them is counted here."""
    is_full = known.number >= most
    if known.age is not None and known.age < (FULL_HOLDS if is_full else COUNT_HOLDS):
        return is_full
    if not await bot.quota.turn(f"count:{member}", ASKED_FOR):
        if known.age is None:
            raise BeingCountedError
        return is_full
    began = await bot.turns.now()
    found = await bot.background.search(Search(kind="mine", about=member), limit=most)
    return await bot.turns.count(member, [one.id for one in found.threads], began) >= most


async def forget_seat(bot: Bot, user: str) -> None:
    """Inbox does not take them for an assignee: they get nothing for a while, and are looked up anew then."""
    await bot.quota.hold(f"no-seat:{user}", NO_SEAT_HOLDS)
    await bot.directory.members(fresh=True)
