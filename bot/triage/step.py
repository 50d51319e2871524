"""What somebody does with the conversation before them, which leads to the next one."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.cards.newer import wrote_since
from bot.context import Bot
from bot.errors import Gone, InboxError, NotNow
from bot.feature import Feature
from bot.models import Thread
from bot.people import answers, forms
from bot.people.access import Actor
from bot.people.answers import given_back
from bot.queue.job import Job, Keep, Later
from bot.snooze.times import CHOICES, by_choice
from bot.threads.jobs import Change, Wish
from bot.threads.jobs import Verb as ChangeVerb
from bot.triage import words
from bot.triage.jobs import NextTriage, StepTriage, Verb
from bot.triage.show import following, unsent
from bot.triage.store import Triage
from bot.triage.views import TITLE

CHANGES: Final[dict[Verb, ChangeVerb]] = {"archive": "archive", "snooze": "snooze", "take": "assign_to_me"}
ANSWERED: Final = 0.4  # seconds until Slack shows what the form was answered with; later, it would cover the next one
feature = Feature()


@feature.handles(StepTriage)
async def step(job: StepTriage, _: Keep, bot: Bot) -> list[Job]:
    """Once for each conversation: whoever is killed over it does the same again."""
    if job.verb == "reply" and not job.waited:
        raise Later(ANSWERED, job.having(waited=True))
    actor = await forms.actor(bot, job, TITLE, job.typed)
    if actor is None:
        return []
    kept = await bot.triages.kept.get(job.triage)
    if kept is None or kept.user != actor.user:
        return await forms.notice(bot, job, TITLE, words.TOO_OLD, job.typed)
    if kept.step == job.key:
        return await _gone_on(bot, job, kept)
    if kept.now != job.thread_id:  # it was pressed twice
        return [*unsent(job, job.typed), *await following(bot, job, actor, job.triage, kept, first=kept.now)]
    if job.verb != "reply" and not (await bot.triages.take(job.triage, [job.thread_id])).thread_id:
        kept = kept.without(job.thread_id)
        return [*unsent(job, job.typed), *await following(bot, job, actor, job.triage, kept, note=words.TAKEN)]
    if (note := await _stays(bot, job, actor, kept)) is not None:
        return await following(bot, job, actor, job.triage, kept, first=job.thread_id, note=note, typed=job.typed)
    done = kept.done + (job.verb != "skip")
    kept = kept.without(job.thread_id).having(now="", step=job.key, stepped=kept.seen, done=done)
    await bot.triages.kept.put(job.triage, kept)
    return await _gone_on(bot, job, kept)


@feature.gives_up(StepTriage)
async def not_done(job: StepTriage, error: Exception, bot: Bot) -> list[Job]:
    """What was written is handed back."""
    return given_back(job.asker, answers.explain(bot, error, job.ref), job.typed)


async def _stays(bot: Bot, job: StepTriage, actor: Actor, kept: Triage) -> str | None:
    """Why the same conversation stays before them, "" for no reason to be named; None where the next one comes."""
    if job.verb not in ("anyway", "archive", "snooze", "take"):
        return None
    try:
        thread = await bot.inbox.thread(job.thread_id)
        if job.verb == "anyway":
            await bot.replies.agree(job.thread_id, actor.user, thread.assignee_id or "")
            return ""
        if job.verb == "take":
            return await _taken(bot, actor, kept, thread)
        return words.MEANWHILE if await wrote_since(bot, thread, kept.seen) else None
    except Gone:
        return None  # the change says so
    except NotNow as error:
        return words.nothing_done(error)
    except InboxError as error:
        return answers.explain(bot, error, job.ref)


async def _taken(bot: Bot, actor: Actor, kept: Triage, thread: Thread) -> str | None:
    """What is said where a colleague took it after it was shown; None where it can be taken."""
    has = thread.assignee_id
    if kept.has is None or has in (None, kept.has, actor.member.id):
        return None
    return words.has_it(await bot.directory.assignee(has) or "A colleague")


async def _gone_on(bot: Bot, job: StepTriage, kept: Triage) -> list[Job]:
    """What is done stays before this person until it shows in Inbox; what was skipped, a colleague may have.

    The next one is shown by a job of its own: what was pressed is done though that fails.
    """
    if job.verb == "skip":
        await bot.triages.give_back(job.triage, job.thread_id)
    done = [await _change(bot, job, CHANGES[job.verb], kept.stepped)] if job.verb in CHANGES else []
    shows_next = NextTriage(triage=job.triage, view_id=job.view_id, asker=job.asker)
    return [*done, *unsent(job, job.typed), shows_next]


async def _change(bot: Bot, job: StepTriage, verb: ChangeVerb, seen: datetime | None) -> Change:
    """The same as the button of a card that shows what was written until `seen`."""
    choice, wish = next((one for one in CHOICES if one == job.choice), None), None
    if choice:
        zone = await bot.access.zone(job.asker)
        wish = Wish(until=by_choice(choice, job.at, zone))
    return Change(at=job.at, verb=verb, thread_id=job.thread_id, snooze=wish, seen=seen, asker=job.asker)
