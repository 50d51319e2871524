"""What follows from what somebody wrote, as the rules say it: jobs, each done once whatever happens."""

from __future__ import annotations

from datetime import timedelta

from bot.cards.known import learn
from bot.context import Bot
from bot.errors import Gone
from bot.feature import Feature
from bot.models import Message, Thread
from bot.queue.job import Job, Keep
from bot.routing import decide
from bot.routing.decide import Plan
from bot.rules.jobs import AssignByRule, Judge, MentionByRule, NoteByRule

feature = Feature()


def followed(plan: Plan, thread: Thread, message: Message, channel: str | None) -> list[Job]:
    """The jobs; `channel` is where the conversation has its card, or is about to have it."""
    jobs = [*_noted(plan, thread), *_assigned(plan, thread, message, channel or "")]
    if plan.mention and channel:
        jobs.append(MentionByRule(thread_id=thread.id, message_id=message.id, rule=plan.mention.rule.id))
    return jobs


def _noted(plan: Plan, thread: Thread) -> list[Job]:
    contact = thread.contact_id or (thread.person and thread.person.profile_id) or thread.id
    return [
        NoteByRule(thread_id=thread.id, contact_id=contact, rule=one.rule.id, status=one.rule.status is not None)
        for one in plan.noted
    ]


def _assigned(plan: Plan, thread: Thread, message: Message, channel: str) -> list[Job]:
    """None where somebody has it, as far as is known: that is looked at again before anything is written."""
    trial = plan.turns
    if trial is None or trial.rule.turns is None or thread.assignee_id is not None:
        return []
    after = trial.rule.turns.after
    job = AssignByRule(thread_id=thread.id, message_id=message.id, rule=trial.rule.id, channel=channel)
    until = message.created_at + timedelta(seconds=after)
    return [job.having(waits=True, until=until) if after else job]


@feature.handles(Judge)
async def judge(job: Judge, _: Keep, bot: Bot) -> list[Job]:
    """Of an absence, the last message counts: what was written before it was read with it."""
    try:
        thread = await bot.background.thread(job.thread_id)
    except Gone:
        return []
    card = await bot.cards.get(job.thread_id)
    message = (card.latest if card else None) or thread.their_last
    if message is None:
        return []
    known = [] if card else await _met(bot, thread, message)
    plan = await decide.settle(bot, thread, message)
    return [*known, *followed(plan, thread, message, job.channel)]


async def _met(bot: Bot, thread: Thread, message: Message) -> list[Job]:
    """A conversation that is shown nowhere: nobody has noted so far who waits there."""
    await bot.directory.saw(thread)
    await bot.waiting.wrote(thread.id, message.created_at.timestamp(), message.id)
    return await learn(bot, thread)
