"""Replies from a card: the form, and who has it open."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

import structlog

from bot import accept
from bot.card import Card
from bot.cards.jobs import Render
from bot.cards.known import card_of
from bot.cards.views import why_not
from bot.context import Bot
from bot.errors import Gone, InboxError
from bot.events.jobs import Refresh
from bot.feature import Feature
from bot.later.form import fields
from bot.models import AccountLink, Message, Thread
from bot.people import answers, forms
from bot.people.access import Actor
from bot.queue.job import Job, Keep, Later, utc_now
from bot.reply.jobs import Fade, OpenReply, StopReplying
from bot.reply.views import Entry, asked_first, reply_modal
from bot.slack.payloads import Ack, Body, button_value, from_modal, modal_of, more_of, remembered
from bot.snippets import put
from bot.snooze.times import REMINDERS

log = structlog.get_logger(__name__)

TITLE: Final = "Reply"
SHOWN: Final = 5  # messages of the conversation in the form
feature = Feature()


@feature.action("reply")
@feature.shortcut("reply")
async def press(ack: Ack, body: Body, bot: Bot) -> None:
    """The button, and the shortcut on a card or below it."""
    await accept.thread_form(bot, body, TITLE, OpenReply)
    await ack()


@feature.action("reply_to")
async def press_reply_to(ack: Ack, body: Body, bot: Bot) -> None:
    """*Reply to this* in *This message…*; its value is the message."""
    thread_id, who = from_modal(body)
    job = partial(OpenReply, thread_id=thread_id, reply_to=button_value(body), asker=who)
    await accept.form(bot, who, TITLE, lambda view: job(view_id=view), instead_of=modal_of(body))
    await ack()


@feature.action("reply_anyway")
async def press_anyway(ack: Ack, body: Body, bot: Bot) -> None:
    """The button in the view that says which colleague has the conversation."""
    thread_id, who = from_modal(body)
    job = partial(OpenReply, thread_id=thread_id, anyway=button_value(body), reply_to=more_of(body))
    await accept.asked(bot, job(view_id=body["view"]["id"], asker=who))
    await ack()


@feature.view_closed("reply")
async def closed(ack: Ack, body: Body, bot: Bot) -> None:
    """The form was closed without being submitted."""
    thread_id, who = from_modal(body)
    await accept.once(bot, StopReplying(thread_id=thread_id, asker=who), f"closed:{body['view']['id']}")
    await ack()


@feature.handles(OpenReply)
async def open_form(job: OpenReply, _: Keep, bot: Bot) -> list[Job]:
    """Fill the loading view with the conversation and a field, or with the reason why there is none."""
    actor = await forms.actor(bot, job, TITLE)
    if actor is None:
        return []
    try:
        card = await card_of(bot, job.thread_id)
        thread, link, messages = await asyncio.gather(
            _now(bot, card), account_of(bot, card.thread), last_messages(bot, job.thread_id, job.reply_to)
        )
    except InboxError as error:
        await forms.notice(bot, job, TITLE, answers.explain(bot, error, job.ref))
        return [Refresh(thread_id=job.thread_id)]
    if reason := why_not(thread, link):
        await forms.notice(bot, job, TITLE, reason)
        return [Refresh(thread_id=job.thread_id, shown=thread)]
    if await _to_ask(bot, job, actor, thread):
        name = await bot.directory.assignee(thread.assignee_id)
        metadata = remembered(job.thread_id, job.asker, job.reply_to)
        await forms.fill(bot, job.view_id, asked_first(thread, name or "", metadata))
        return []
    return await _fill(bot, job, actor, thread, link, messages)


async def _to_ask(bot: Bot, job: OpenReply, actor: Actor, thread: Thread) -> bool:
    """Whether a colleague has the conversation of whom who asks does not know yet; remembers that they do."""
    has = thread.assignee_id
    if has is None or has == actor.member.id:
        return False
    if job.anyway == has:
        await bot.replies.agree(job.thread_id, actor.user, has)
        return False
    return await bot.replies.agreed(job.thread_id, actor.user) != has


async def _fill(
    bot: Bot, job: OpenReply, actor: Actor, thread: Thread, link: AccountLink | None, messages: Sequence[Message] | None
) -> list[Job]:
    seen = messages[-1].created_at if messages and not job.reply_to else utc_now()
    later, clock = await fields(bot, job.asker)
    others = await bot.replies.begin(job.thread_id, actor.user, actor.name)
    archives = (await bot.preferences.person(actor.user)).archive_when_sent
    view = reply_modal(
        thread=thread,
        account=link.label if link else "your account",
        assignee=await bot.directory.assignee(thread.assignee_id),
        takes=thread.assignee_id is None and await _takes(bot, job.thread_id),
        messages=messages,
        others=[(one.name, one.since) for one in others],
        entry=Entry(await bot.directory.characters(thread.platform), archives, seen),
        reminders=tuple(REMINDERS),
        later=later,
        answers=bool(job.reply_to),
        metadata=remembered(job.thread_id, job.asker, f"{job.reply_to}|{clock}|{seen.isoformat()}"),
    )
    shown = False
    try:
        shown = await put.fill(bot, job, view)
    finally:
        if not shown:
            await bot.replies.end(job.thread_id, actor.user)
    if not shown:
        return []
    return [Render(thread_id=job.thread_id), Fade(thread_id=job.thread_id)]


async def _now(bot: Bot, card: Card) -> Thread:
    """The thread as it is; as it was where Inbox does not answer, so that a reply can wait for Inbox."""
    try:
        return (await bot.inbox.thread(card.thread.id)).with_person(card.thread.person)
    except Gone:
        raise
    except InboxError as error:
        log.info("thread_not_read", thread=card.thread.id, status=error.status)
        return card.thread


async def account_of(bot: Bot, thread: Thread) -> AccountLink | None:
    """The account that sends; its state is asked for anew, as no event tells of it."""
    try:
        links = await bot.directory.account_links(fresh=True)
    except InboxError:
        return None
    return next((link for link in links if link.id == thread.account_link_id), None)


async def _takes(bot: Bot, thread_id: str) -> bool:
    """Whether a reply assigns the thread, by the choice of the channel that its card is in."""
    place = await bot.cards.place(thread_id)
    return place is None or (await bot.preferences.channel(place.channel)).reply_assigns


async def last_messages(bot: Bot, thread_id: str, reply_to: str = "") -> Sequence[Message] | None:
    """The last messages, oldest first, or the one that is answered; None where Inbox does not show them now."""
    try:
        if reply_to:
            return [(await bot.inbox.message(reply_to, thread_id))[0].at(utc_now())]
        found = await bot.inbox.messages(thread_id, SHOWN)
    except InboxError:
        return None
    return [one.at(utc_now()) for one in reversed(found)]


@feature.handles(StopReplying)
async def stop_replying(job: StopReplying, _: Keep, bot: Bot) -> list[Job]:
    """The form was closed."""
    return await stopped(bot, job.thread_id, job.asker.user)


async def stopped(bot: Bot, thread_id: str, user: str) -> list[Job]:
    """`user` has the form open no more: the card is drawn without them."""
    await bot.replies.end(thread_id, user)
    await bot.lanes.hurry(Fade(thread_id=thread_id))
    return [Render(thread_id=thread_id)]


@feature.handles(Fade)
async def fade(job: Fade, _: Keep, bot: Bot) -> list[Job]:
    """Draw the card each time that somebody's open form is no longer believed."""
    then: list[Job] = [Render(thread_id=job.thread_id)] if job.waited else []
    writers = await bot.replies.writers(job.thread_id)
    if not writers:
        return then
    left = (min(one.until for one in writers) - utc_now()).total_seconds()
    raise Later(max(left, 0.05), job.having(waited=True), *then)
