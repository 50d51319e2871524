"""`/inbox assign`: which conversations are assigned to whom, in the list and the language of `/inbox route`."""

from __future__ import annotations

from collections.abc import Sequence

from bot.context import Bot
from bot.errors import SlackAway, Unidentified
from bot.feature import Console, Feature
from bot.models import Message, Thread
from bot.people.answers import say
from bot.queue.job import Job
from bot.routing import decide
from bot.routing.commands import conversations, ruled, tried
from bot.rules import words
from bot.rules.available import BeingCountedError, Candidate, candidates, with_room

feature = Feature()


@feature.word(
    "assign",
    "assigns",
    help="who gets which conversations, in turn: `assign list`, `assign test @handle`",
    for_admins="change that: `assign add`, `assign move`, `assign remove`",
)
async def assign(job: Console, typed: str, bot: Bot) -> list[Job]:
    """`/inbox assign …`; `test` says besides who would get it."""
    verb, _, rest = typed.partition(" ")
    if verb.lower() not in ("test", "try"):
        return await ruled(bot, job, typed, "assign")
    await bot.access.actor(job.asker)
    found = await conversations(bot, rest)
    await bot.routes.saw(job.asker.user)
    return [say(job.asker, await _tried(bot, *one)) for one in found]


async def _tried(bot: Bot, thread: Thread, message: Message | None) -> str:
    said = await tried(bot, thread, message)
    _, plan = await decide.tried(bot, thread, message)
    if thread.assignee_id is not None:
        return f"{said}\n{words.has_it(await bot.directory.assignee(thread.assignee_id) or '')}"
    if plan.turns is None or plan.turns.rule.turns is None:
        return f"{said}\n{words.NO_TURNS}"
    try:
        found = await with_room(bot, await candidates(bot, plan.turns.rule.turns), plan.turns.rule.turns.most)
    except (SlackAway, Unidentified, BeingCountedError):
        return f"{said}\n{words.UNKNOWN_NOW}"
    return f"{said}\n{words.turns(plan.turns.number, await _in_turn(bot, plan.turns.rule.id, found))}"


async def _in_turn(bot: Bot, rule: str, found: Sequence[Candidate]) -> list[Candidate]:
    """Who comes next stands first."""
    last = await bot.turns.last(rule)
    at = next((n for n, one in enumerate(found, 1) if one.user == last), 0)
    return [*found[at:], *found[:at]]
