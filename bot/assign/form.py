"""Giving a thread to a colleague: the form in which one is chosen."""

from __future__ import annotations

from functools import partial
from typing import Final

from bot import accept, words
from bot.assign.jobs import OpenAssign
from bot.assign.views import NOBODY, assign_modal
from bot.cards.known import card_of
from bot.context import Bot
from bot.errors import InboxError
from bot.feature import Console, Feature
from bot.people import answers, forms
from bot.queue.job import Job, Keep
from bot.slack.payloads import Ack, Body, asker, from_modal, remembered, seen_in, submitted
from bot.threads.jobs import Change

TITLE: Final = "Assign to…"
feature = Feature()


@feature.more("assign_to")
@feature.action("assign_to")
@feature.shortcut("assign_to")
async def press(ack: Ack, body: Body, bot: Bot) -> None:
    """The option of a card's menu and the button of *This message…*, once on cards too; a shortcut before 2026-11."""
    await accept.thread_form(bot, body, TITLE, partial(OpenAssign, seen_in=seen_in(body)))
    await ack()


@feature.view("assign_to")
async def chosen(ack: Ack, body: Body, bot: Bot) -> None:
    """A colleague was chosen, or nobody."""
    about, who = from_modal(body)
    thread_id, _, place = about.partition(" ")
    assignee, note = submitted(body, "assignee"), submitted(body, "note").strip()
    job = Change(verb="assign_to", thread_id=thread_id, assignee=assignee, note=note, asker=who)
    if assignee == NOBODY:
        job = Change(verb="unassign", thread_id=thread_id, note=note, asker=who)
    seen: dict[str, object] = {"seen_in": place} if place == "home" else {"listed": bool(place)}
    await accept.submitted(bot, body, job.having(**seen))
    await ack()


@feature.action("assignments_off")
async def assignments_off(ack: Ack, body: Body, bot: Bot) -> None:
    """The button in what a new assignee is told."""
    await accept.asked(bot, Console(words="assignments off", asker=asker(body)))
    await ack()


@feature.handles(OpenAssign)
async def open_form(job: OpenAssign, _: Keep, bot: Bot) -> list[Job]:
    """Fill the loading view with the colleagues who have a seat in Inbox."""
    actor = await forms.actor(bot, job, TITLE)
    if actor is None:
        return []
    try:
        card = await card_of(bot, job.thread_id)
    except InboxError as error:
        return await forms.notice(bot, job, TITLE, answers.explain(bot, error, job.ref))
    if card.gone:
        return await forms.notice(bot, job, TITLE, words.GONE)
    try:
        members = await bot.directory.members()
    except InboxError:
        return await forms.notice(bot, job, TITLE, words.UNCHANGED)
    view = assign_modal(
        members=members,
        me=actor.member.id,
        thread=card.thread,
        metadata=remembered(f"{job.thread_id} {job.seen_in.partition('|')[0]}".rstrip(), job.asker),
    )
    await forms.fill(bot, job.view_id, view)
    return []
