"""Giving a thread to a colleague: the form to choose one, and the word to whom it was given."""

from __future__ import annotations

from functools import partial
from typing import Final

from bot import accept, words
from bot.assign import views
from bot.assign.jobs import OpenAssign, TellAssignee
from bot.assign.views import NOBODY, assign_modal, assigned_message
from bot.cards.known import first_seen
from bot.context import Bot
from bot.errors import InboxError, SlackError
from bot.feature import Console, Feature
from bot.people import answers, forms
from bot.people.answers import tell
from bot.people.colleague import user_of
from bot.people.jobs import Tell
from bot.queue.job import Asker, Job, Keep, Later, utc_now
from bot.slack.blocks import handed_back
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
    await accept.submitted(bot, body, job.model_copy(update=seen))
    await ack()


@feature.action("assignments_off")
async def assignments_off(ack: Ack, body: Body, bot: Bot) -> None:
    """The button in what a new assignee is told."""
    who = asker(body)
    await accept.asked(bot, who, Console(words="assignments off", asker=who))
    await ack()


@feature.handles(OpenAssign)
async def open_form(job: OpenAssign, _: Keep, bot: Bot) -> list[Job]:
    """Fill the loading view with the colleagues who have a seat in Inbox."""
    actor = await forms.actor(bot, job, TITLE)
    if actor is None:
        return []
    try:
        card = await bot.cards.get(job.thread_id) or await first_seen(bot, job.thread_id)  # lists name more than cards
    except InboxError as error:
        await forms.notice(bot, job, TITLE, answers.explain(bot, error, job.ref))
        return []
    if card.gone:
        await forms.notice(bot, job, TITLE, words.GONE)
        return []
    try:
        members = await bot.directory.members()
    except InboxError:
        await forms.notice(bot, job, TITLE, words.UNCHANGED)
        return []
    view = assign_modal(
        members=members,
        me=actor.member.id,
        thread=card.thread,
        metadata=remembered(f"{job.thread_id} {job.seen_in.partition('|')[0]}".rstrip(), job.asker),
    )
    await forms.fill(bot, job.view_id, view)
    return []


@feature.handles(TellAssignee)
async def tell_assignee(job: TellAssignee, _: Keep, bot: Bot) -> list[Job]:
    """One direct message to the new assignee, after their quiet hours; without a note none if they do not want it."""
    card, member = await bot.cards.get(job.thread_id), await bot.access.member(job.member_id)
    user = await user_of(bot, member) if member else None
    if card is None or user is None:
        return _unread(job, views.NO_MORE if user else views.NOT_IN_SLACK)
    if card.thread.assignee_id != job.member_id:
        return _unread(job, views.PASSED_ON)
    wanted, now = await bot.preferences.person(user), utc_now()
    if not (wanted.told_of_assignment or job.note):
        return []
    if wanted.quiet and (until := wanted.quiet.until(now)):
        raise Later((until - now).total_seconds(), job)
    place = await bot.cards.place(job.thread_id)
    try:
        link = await bot.slack.permalink(place) if place else None
    except SlackError:
        link = None
    message = assigned_message(card, by=job.by, link=link, note=job.note)
    return [Tell(asker=Asker(user=user), text=message["text"], blocks=message["blocks"], lasting=True)]


def _unread(job: TellAssignee, why: str) -> list[Job]:
    """Who wrote a note has it back where nobody reads it."""
    if not (job.note and job.asker):
        return []
    return [tell(job.asker, one, lasting=True) for one in handed_back(views.unread(why), job.note)]


@feature.gives_up(TellAssignee)
async def not_told(job: TellAssignee, error: Exception, bot: Bot) -> list[Job]:
    """After a day in which it could not be told."""
    return _unread(job, views.NOT_IN_SLACK)
