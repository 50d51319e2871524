"""Puts the next conversation before somebody, which is before nobody else."""

from __future__ import annotations

import asyncio
from typing import Final

from bot.bulk.wanted import Filter, fits
from bot.cards.known import written
from bot.cards.views import why_not
from bot.context import Bot
from bot.errors import Gone, InboxError
from bot.events.jobs import Refresh
from bot.feature import Feature
from bot.lists import words as lists
from bot.models import Thread
from bot.people import forms
from bot.people.access import Actor
from bot.people.answers import given_back, say
from bot.queue.job import Filled, Job, Keep, utc_now
from bot.reply.form import account_of, last_messages
from bot.reply.views import Entry
from bot.slack.payloads import remembered
from bot.snippets import put
from bot.snippets.views import text_field
from bot.triage import views, words
from bot.triage.jobs import NextTriage
from bot.triage.store import Triage

LOOKED_AT: Final = 10  # conversations that are read until one is still to be done, before others have their turn
feature = Feature()


@feature.handles(NextTriage)
async def go_on(job: NextTriage, _: Keep, bot: Bot) -> list[Job]:
    """Where it had come to."""
    actor = await forms.actor(bot, job, views.TITLE)
    kept = await bot.triages.kept.get(job.triage)
    if actor is None or kept is None:
        return []
    return await following(bot, job, actor, job.triage, kept)


@feature.gives_up(NextTriage)
async def not_shown(job: NextTriage, _: Exception, __: Bot) -> list[Job]:
    """What was pressed before is done all the same."""
    return [say(job.asker, words.NOT_SHOWN)]


async def following(
    bot: Bot, job: Filled, actor: Actor, triage_id: str, kept: Triage, first: str = "", note: str = "", typed: str = ""
) -> list[Job]:
    """Show the next that is still to be done, or `first`, and keep that it is before this person. `note` is mrkdwn.

    What stood in the field of `first`, `typed`, stays there; where `first` is not shown, it comes back.
    """
    back: list[Job] = []
    for _ in range(LOOKED_AT):
        before = [first, *(one for one in kept.left if one != first)] if first in kept.left else kept.left
        thread_id, free = await bot.triages.take(triage_id, before)
        if first and thread_id != first:
            back, first, note, typed = unsent(job, typed), "", words.CHANGED if note else "", ""
        if not thread_id:
            await bot.triages.kept.put(triage_id, kept.having(now=""))
            await forms.fill(bot, job.view_id, views.over(words.over(kept.done, len(kept.left))))
            return back
        try:
            thread = await _still(bot, kept, thread_id)
        except InboxError as error:
            await bot.triages.give_back(triage_id, thread_id)
            await forms.notice(bot, job, views.TITLE, lists.not_listed(error, job.ref), typed)
            return back
        if thread:
            return [*back, *await _shown(bot, job, actor, triage_id, kept, thread, 1 + free, note, typed)]
        kept = kept.without(thread_id)
        await bot.triages.kept.put(triage_id, kept)
        await bot.triages.give_back(triage_id, thread_id)
    return [*back, NextTriage(triage=triage_id, view_id=job.view_id, asker=job.asker)]


def unsent(job: Filled, typed: str) -> list[Job]:
    """What stood in the field comes back."""
    return given_back(job.asker, words.NOT_SENT, typed) if typed.strip() else []


async def _still(bot: Bot, kept: Triage, thread_id: str) -> Thread | None:
    """The thread, if it is still one of those; who works through them sees what is true now. Raises `InboxError`."""
    try:
        thread = await bot.inbox.thread(thread_id)
    except Gone as error:
        if not error.code:
            raise
        return None
    if not await fits(bot, Filter(kept.conditions, kept.waiting), thread):
        return None
    if await bot.cards.get(thread_id) is None:
        await written(bot, thread)  # a list names threads that have no card yet
    return thread


async def _shown(
    bot: Bot, job: Filled, actor: Actor, triage_id: str, kept: Triage, thread: Thread, left: int, note: str, typed: str
) -> list[Job]:
    messages, link = await asyncio.gather(last_messages(bot, thread.id), account_of(bot, thread))
    shown = [*(messages or ()), *([thread.last_message] if thread.last_message else [])]
    seen = max((one.created_at for one in shown), default=utc_now())
    archives = (await bot.preferences.person(actor.user)).archive_when_sent
    view = views.form(
        thread,
        account=link.label if link else "your account",
        assignee=await bot.directory.assignee(thread.assignee_id) or "",
        snoozed=await bot.snoozes.get(thread.id),
        messages=messages,
        left=left,
        colleague=not await _agreed(bot, actor, thread),
        why_not=why_not(thread, link),
        others=[(one.name, one.since) for one in await bot.replies.writers(thread.id) if one.user != actor.user],
        note=note,
        entry=Entry(await bot.directory.characters(thread.platform), archives, seen, typed),
        turn=job.ref,
        metadata=remembered(thread.id, job.asker, triage_id),
    )
    writes = view.get("submit") is not None
    if not await (put.fill(bot, job, view) if writes else forms.fill(bot, job.view_id, view)):
        await bot.triages.give_back(triage_id, thread.id)  # they have closed it
        await bot.triages.kept.put(triage_id, kept.having(now=""))
        return unsent(job, typed)
    now = {"now": thread.id, "seen": seen, "has": thread.assignee_id or ""}  # only now have they seen it
    await bot.triages.kept.put(triage_id, kept.having(**now))
    stands = writes and len(typed) <= text_field(view)["element"]["max_length"]
    return [Refresh(thread_id=thread.id, shown=thread), *([] if stands else unsent(job, typed))]


async def _agreed(bot: Bot, actor: Actor, thread: Thread) -> bool:
    """Whether they may answer without asking whoever has it."""
    has = thread.assignee_id
    return has in (None, actor.member.id) or await bot.replies.agreed(thread.id, actor.user) == has
