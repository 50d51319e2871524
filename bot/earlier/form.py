"""*Earlier…*: everything that was with a person, privately, with pages of messages and a way to answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

from bot import accept
from bot.context import Bot
from bot.earlier import words
from bot.earlier.jobs import OpenEarlier
from bot.earlier.views import CONVERSATIONS, MESSAGES, TITLE, Labels, Past, earlier_modal, messages_modal
from bot.errors import InboxError
from bot.facts import Acquaintance
from bot.feature import Feature
from bot.models import Message, Thread
from bot.people import answers, forms
from bot.queue.job import Job, Keep, utc_now
from bot.slack.payloads import Ack, Body, button_value, from_modal, modal_of, remembered

YOUR_TEAM = "Your team"
READ = 100  # messages of each conversation, to know who wrote last
feature = Feature()


@feature.more("earlier")
@feature.action("earlier")
async def press(ack: Ack, body: Body, bot: Bot) -> None:
    """The option of a card's menu, and the button of *This message…*."""
    await accept.thread_form(bot, body, TITLE, OpenEarlier)
    await ack()


@feature.action("earlier_page", "earlier_page_on")
async def turn(ack: Ack, body: Body, bot: Bot) -> None:
    """Another page of conversations; the value is its number."""
    await _again(bot, body, "", int(button_value(body)))
    await ack()


@feature.action("earlier_messages", "earlier_messages_on")
async def read(ack: Ack, body: Body, bot: Bot) -> None:
    """A page of messages; the value is the conversation and the number."""
    of, _, page = button_value(body).rpartition("|")
    await _again(bot, body, of, int(page))
    await ack()


async def _again(bot: Bot, body: Body, of: str, page: int) -> None:
    thread_id, who = from_modal(body)
    job = partial(OpenEarlier, thread_id=thread_id, of=of, page=page, asker=who)
    await accept.form(bot, who, TITLE, lambda view: job(view_id=view), instead_of=modal_of(body))


@feature.handles(OpenEarlier)
async def open_form(job: OpenEarlier, _: Keep, bot: Bot) -> list[Job]:
    """Fill the view for who may act."""
    if await forms.actor(bot, job, TITLE) is None:
        return []
    try:
        await (_messages(bot, job) if job.of else _conversations(bot, job))
    except InboxError as error:
        await forms.notice(bot, job, TITLE, answers.explain(bot, error, job.ref))
    return []


async def _conversations(bot: Bot, job: OpenEarlier) -> None:
    known = await bot.inbox.acquaintance(job.thread_id)
    threads = sorted(known.threads, key=_last, reverse=True)
    pages = max(1, -(-len(threads) // CONVERSATIONS))
    page = max(0, min(job.page, pages - 1))
    shown = threads[page * CONVERSATIONS : (page + 1) * CONVERSATIONS]
    view = earlier_modal(
        known,
        await _past(bot, shown),
        await _labels(bot, known),
        page=page,
        pages=pages,
        note=words.X_ALONE if bot.inbox.version == "v1" else "",
        metadata=remembered(job.thread_id, job.asker),
    )
    await forms.fill(bot, job.view_id, view)


async def _messages(bot: Bot, job: OpenEarlier) -> None:
    thread, found = await asyncio.gather(
        bot.inbox.thread(job.of), bot.inbox.messages(job.of, (job.page + 1) * MESSAGES + 1)
    )
    shown = [one.at(utc_now()) for one in found[job.page * MESSAGES : (job.page + 1) * MESSAGES]]
    view = messages_modal(
        shown[::-1],
        thread.person,
        job.of,
        page=job.page,
        more=len(found) > (job.page + 1) * MESSAGES,
        metadata=remembered(job.thread_id, job.asker),
    )
    await forms.fill(bot, job.view_id, view)


async def _past(bot: Bot, threads: Sequence[Thread]) -> list[Past]:
    """The conversations, with who wrote last in them as far as Inbox shows it."""
    accounts, members = await bot.directory.account_names(), await bot.directory.member_names()
    names = members | {one.user_id: one.label for one in await bot.directory.members() if one.user_id}
    found = await asyncio.gather(*(bot.inbox.messages(one.id, READ) for one in threads), return_exceptions=True)
    past = []
    for thread, read in zip(threads, found, strict=True):
        if isinstance(read, BaseException) and not isinstance(read, InboxError):
            raise read
        messages = [] if isinstance(read, BaseException) else read
        theirs = next((one for one in messages if one.inbound), None)
        ours = next((one for one in messages if not one.inbound), None)
        past.append(
            Past(
                thread,
                accounts.get(thread.account_link_id, "your account"),
                members.get(thread.assignee_id, "a colleague") if thread.assignee_id else None,
                not isinstance(read, BaseException),
                theirs.created_at if theirs else None,
                ours.created_at if ours else None,
                await _writer(bot, ours, names) if ours else "",
                [one.created_at for one in messages if one.author == "campaign"],
            )
        )
    return past


async def _writer(bot: Bot, message: Message, names: Mapping[str, str]) -> str:
    """Who of us wrote it: from Slack, in Inbox, or nobody whom Inbox names."""
    if send := await bot.attempts.of_message(message.id):
        return send.writer or YOUR_TEAM
    if message.author == "campaign":
        return "A campaign"
    return names.get(message.writer_id or "", YOUR_TEAM)


async def _labels(bot: Bot, known: Acquaintance) -> Labels:
    return Labels(*await bot.directory.labels(next(iter(known.profiles), None)))


def _last(thread: Thread) -> float:
    return thread.last_message.created_at.timestamp() if thread.last_message else 0.0
