"""Assigns a conversation that nobody has to whoever's turn it is.

That is done in the lane of the thread, as people's clicks are: no claim from Slack is overruled. For what is done in
Inbox itself, the thread is read before anything is written.
"""

from __future__ import annotations

from typing import Final

import structlog

from bot.assign.jobs import TellAssignee
from bot.card import Card, Note
from bot.cards.jobs import Render
from bot.context import Bot
from bot.errors import (
    Conflict,
    Gone,
    InboxError,
    NotNow,
    RateLimited,
    Rejected,
    SlackAway,
    SlackBusy,
    Unconfirmed,
    Unidentified,
)
from bot.events.jobs import Refresh
from bot.feature import Feature
from bot.models import Thread
from bot.people import answers
from bot.people.jobs import TellAdmins
from bot.queue.job import DAY, Job, Keep, utc_now
from bot.rules import words
from bot.rules.available import BeingCountedError, candidates, forget_seat, with_room
from bot.rules.found import Found, found, remember
from bot.rules.jobs import AssignByRule, NobodyFree
from bot.rules.turn_store import SPENT, Turn

log = structlog.get_logger(__name__)
SOON: Final = 0.3  # seconds until it is looked again how many conversations somebody has
TRIES: Final = 20  # of people whom Inbox does not take for assignees
feature = Feature()


@feature.handles(AssignByRule)
async def assign_by_rule(job: AssignByRule, _: Keep, bot: Bot) -> list[Job]:
    """Wait for a volunteer, then do it; where Inbox or Slack is away, people's clicks do not wait for that."""
    if job.waits:
        return [job.back()]
    try:
        return await _assign(bot, job)
    except Gone as error:
        if not error.code:
            raise
        await _give_back(bot, job)
        return [Refresh(thread_id=job.thread_id)]
    except BeingCountedError:
        return [job.tried(bot.timing.pauses, SOON)]
    except (NotNow, Unconfirmed, SlackAway, Unidentified) as error:
        if job.age > DAY:
            raise
        told = error.retry_after if isinstance(error, (RateLimited, SlackBusy)) else None
        return [job.tried(bot.timing.pauses, told or None)]


@feature.gives_up(AssignByRule)
async def not_assigned(job: AssignByRule, error: Exception, bot: Bot) -> list[Job]:
    """It stays as it is, and whose turn it was has the next one."""
    await _give_back(bot, job)
    return []


async def _assign(bot: Bot, job: AssignByRule) -> list[Job]:
    by, card = await found(bot, job.rule), await bot.cards.get(job.thread_id)
    if by is None or card is None:  # removed, while Inbox was away perhaps
        await _give_back(bot, job)
        return []
    turn = await bot.turns.taken(job.thread_id, job.message_id)
    if turn and turn.user == SPENT:
        return []
    if turn is None and not _is_wanted(card):
        return []
    thread = (await bot.background.thread(job.thread_id)).with_person(card.thread.person)
    if turn and thread.assignee_id == turn.member:  # whoever wrote it died, or was not told so
        return await _assigned(bot, job, by, card, turn, thread)
    if thread.archived or thread.assignee_id or (thread.person and thread.person.assignee_id):
        await _give_back(bot, job)
        return [Refresh(thread_id=job.thread_id, shown=thread)]
    turn = turn or await _take(bot, job, by)
    if turn is None:
        return await _nobody(bot, job, by)
    try:
        thread = await bot.background.update_thread(job.thread_id, assignee_id=turn.member)
    except (Gone, Conflict, Rejected) as error:
        return await _not_taken(bot, job, by, turn, error)
    return await _assigned(bot, job, by, card, turn, thread)


def _is_wanted(card: Card) -> bool:
    """As far as is known without Inbox: somebody waits, and nobody has it."""
    return not card.gone and card.thread.assignee_id is None and card.waiting_since is not None


async def _take(bot: Bot, job: AssignByRule, by: Found) -> Turn | None:
    """Another worker may take the last place that somebody has meanwhile: the script looks again."""
    turns = by.rule.turns
    if turns is None:
        return None
    there = await with_room(bot, await candidates(bot, turns), turns.most)
    everybody = [one.turn for one in there]
    return await bot.turns.take(by.rule.id, job.thread_id, job.message_id, everybody, turns.most)


async def _give_back(bot: Bot, job: AssignByRule) -> None:
    turn = await bot.turns.taken(job.thread_id, job.message_id)
    if turn and turn.user != SPENT:
        await bot.turns.give_back(job.rule, job.thread_id, job.message_id, turn)


async def _not_taken(bot: Bot, job: AssignByRule, by: Found, turn: Turn, error: InboxError) -> list[Job]:
    """Inbox refuses: where the thread is there, it is the assignee, and the next one has the turn."""
    await bot.background.thread(job.thread_id)
    log.warning("assignee_refused", ref=job.ref, member=turn.member, status=error.status, code=error.code)
    if job.tries >= TRIES:
        raise error
    await forget_seat(bot, turn.user)
    await bot.turns.give_back(by.rule.id, job.thread_id, job.message_id, turn, owed=False)
    return [job.tried(bot.timing.pauses)]


async def _assigned(bot: Bot, job: AssignByRule, by: Found, card: Card, turn: Turn, thread: Thread) -> list[Job]:
    """Inbox has confirmed it: the card says so, and who has it is told."""
    await bot.turns.confirmed(by.rule.id, job.thread_id, turn)
    now, name = utc_now(), await bot.directory.assignee(turn.member) or ""
    await remember(bot, by, job.thread_id, "assigned", words.assigned_it(name))
    await answers.note_of_ours(bot, job, "assign_by_rule", job.thread_id, f"done: {turn.member}", turn.member)
    thread = thread.with_person(card.thread.person)
    await bot.cards.write(thread, notes={"assigned": Note(who=words.rule(by.number), at=now)})
    await bot.directory.saw(thread)
    log.info("assigned_by_rule", ref=job.ref, thread=job.thread_id, rule=by.rule.id, member=turn.member)
    said = words.rule(by.number).capitalize()
    return [Render(thread_id=job.thread_id), TellAssignee(thread_id=thread.id, member_id=turn.member, by=said)]


async def _nobody(bot: Bot, job: AssignByRule, by: Found) -> list[Job]:
    """It stays unassigned; its channel is told, without one the admins are."""
    await remember(bot, by, job.thread_id, "assigned", words.FOUND_NOBODY)
    place = await bot.cards.place(job.thread_id)
    log.info("nobody_free", ref=job.ref, thread=job.thread_id, rule=by.rule.id)
    if channel := place.channel if place else job.channel:
        return [NobodyFree(channel=channel, rule=by.rule.id, thread_id=job.thread_id)]
    return [TellAdmins(name=f"nobody-free:{by.rule.id}", text=words.nobody_free_nowhere(by.number))]
