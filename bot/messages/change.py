"""Editing, taking back and reacting to one message, once Inbox confirmed it.

An attempt of unknown outcome is followed by a look at the message: only that says what became of it.
"""

from __future__ import annotations

from functools import partial

import structlog

from bot import accept, text
from bot.cards.jobs import Amend
from bot.context import Bot
from bot.emoji import is_emoji, same
from bot.errors import Gone, InboxError, NotNow, RateLimited, WindowClosed
from bot.feature import Feature
from bot.messages import words
from bot.messages.jobs import ChangeMessage, digest
from bot.messages.views import TITLE
from bot.models import Message
from bot.people import answers, forms
from bot.people.answers import given_back
from bot.people.mentions import decoded
from bot.queue.job import SENDS_WAIT, Job, Keep, Later
from bot.send.outcome import pause
from bot.slack.blocks import loading_modal
from bot.slack.payloads import Ack, Body, button_value, from_modal, modal_of, more_of, submitted
from bot.words import EMPTY_TEXT_FIELD, patience

log = structlog.get_logger(__name__)

feature = Feature()


@feature.view("edit_message")
async def edited(ack: Ack, body: Body, bot: Bot) -> None:
    """The form *Edit message* was submitted."""
    (thread_id, who), said = from_modal(body), submitted(body, "text")
    message_id, _, shown = more_of(body).partition(" ")
    if not said.strip():
        await ack(response_action="errors", errors={"text": EMPTY_TEXT_FIELD})
        return
    job = partial(ChangeMessage, verb="edit", thread_id=thread_id, message_id=message_id, text=said, shown=shown)
    await accept.submitted(bot, body, job(asker=who))
    await ack()


@feature.view("react")
async def chosen(ack: Ack, body: Body, bot: Bot) -> None:
    """An emoji was chosen, or written."""
    thread_id, who = from_modal(body)
    emoji = text.decode(submitted(body, "other").strip()) or submitted(body, "emoji")
    if not is_emoji(emoji):
        await ack(response_action="errors", errors={"other": words.NO_EMOJI})
        return
    job = ChangeMessage(verb="react", thread_id=thread_id, message_id=more_of(body), text=emoji, asker=who)
    await accept.submitted(bot, body, job)
    await ack()


@feature.action("unsend")
async def unsend(ack: Ack, body: Body, bot: Bot) -> None:
    """*Unsend…*, after Slack has asked whether to; its value is the message."""
    (thread_id, who), view_id = from_modal(body), modal_of(body)
    job = ChangeMessage(verb="unsend", thread_id=thread_id, message_id=button_value(body), view_id=view_id, asker=who)
    await accept.show(bot, who, loading_modal(TITLE), instead_of=view_id)
    await accept.asked(bot, job)
    await ack()


@feature.handles(ChangeMessage)
async def change(job: ChangeMessage, keep: Keep, bot: Bot) -> list[Job]:
    """Do it in Inbox, and say so. Raises `Refused` for those who may not act."""
    actor = await bot.access.actor(job.asker, fresh=True)
    try:
        if not job.begun and job.verb == "edit":
            job = job.having(text=await decoded(bot, job.text))
        if not (job.begun and await _is_so(bot, job)):
            if says := await _otherwise(bot, job):
                await answers.note(bot, job, "not done: edited meanwhile", actor.member.id)
                return given_back(job.asker, words.edited_meanwhile(says), job.text)
            job = job.having(begun=True)
            await keep(job)
            await _act(bot, job)
    except NotNow as error:
        return await _later(bot, job, error)
    except InboxError as error:
        log.warning("not_changed", ref=job.ref, status=error.status, code=error.code, request=error.request_id)
        if not await _refused_as_done(bot, job, error):
            await answers.note(bot, job, "not done", actor.member.id)
            return await _instead(bot, job, _why(bot, job, error))
    await answers.note(bot, job, "done", actor.member.id)
    shown = Amend(thread_id=job.thread_id, message_id=job.message_id, deleted=job.verb == "unsend")
    return [shown, *await _tell(bot, job, await _done(bot, job))]


async def _act(bot: Bot, job: ChangeMessage) -> None:
    match job.verb:
        case "edit":
            await bot.inbox.edit_message(job.message_id, job.thread_id, job.text)
        case "unsend":
            await bot.inbox.unsend(job.message_id, job.thread_id)
        case "react":
            await bot.inbox.react(job.message_id, job.thread_id, job.text)


async def _is_so(bot: Bot, job: ChangeMessage) -> bool:
    """Whether the message is as it is to be, after an attempt whose outcome nobody knows."""
    try:
        message, _ = await bot.inbox.message(job.message_id, job.thread_id)
    except Gone as error:
        return job.verb == "unsend" and bool(error.code)
    return _shows(job, message)


async def _otherwise(bot: Bot, job: ChangeMessage) -> str:
    """What the message says where that is neither what its editor saw nor what they wrote; "" where they saw it."""
    if not job.shown:
        return ""
    try:
        message, _ = await bot.inbox.message(job.message_id, job.thread_id)
    except Gone:  # or so old that v1 does not show it: Inbox says so when it is asked to edit it
        return ""
    seen = message.deleted or _shows(job, message) or digest(message.text) == job.shown
    return "" if seen else message.text


def _shows(job: ChangeMessage, message: Message) -> bool:
    if job.verb == "unsend":
        return message.deleted
    if job.verb == "edit":
        return message.text.strip() == job.text.strip()
    return any(one.ours is not False and same(one.emoji, job.text) for one in message.reactions)


async def _refused_as_done(bot: Bot, job: ChangeMessage, error: InboxError) -> bool:
    """Whether Inbox refuses to take back what is taken back already, as after an attempt whose answer was lost."""
    if job.verb != "unsend" or isinstance(error, WindowClosed):
        return False
    try:
        return await _is_so(bot, job)
    except InboxError:
        return False


async def _later(bot: Bot, job: ChangeMessage, error: NotNow) -> list[Job]:
    """Try again for ten minutes, saying so once; then nobody knows."""
    left = SENDS_WAIT - job.age
    if left <= 0:
        await answers.note(bot, job, "unconfirmed")
        return await _instead(bot, job, words.NOT_CONFIRMED)
    wait = error.retry_after if isinstance(error, RateLimited) else pause(bot, job.tries)
    then = [] if job.told else await _tell(bot, job, patience(error, left))
    again = job.having(tries=job.tries + 1, told=True)
    raise Later(min(wait, left), again, *then) from error


def _why(bot: Bot, job: ChangeMessage, error: InboxError) -> str:
    if isinstance(error, WindowClosed):
        return words.too_late(error.closed_at)
    return answers.explain(bot, error, job.ref)


async def _done(bot: Bot, job: ChangeMessage) -> str:
    card = await bot.cards.get(job.thread_id)
    name = card.thread.person.label if card and card.thread.person else "the person"
    match job.verb:
        case "edit":
            return words.edited(name)
        case "unsend":
            return words.unsent(name)
    return words.reacted(name, job.text)


@feature.gives_up(ChangeMessage)
async def not_changed(job: ChangeMessage, error: Exception, bot: Bot) -> list[Job]:
    """What was written is handed back."""
    return await _instead(bot, job, answers.explain(bot, error, job.ref))


async def _instead(bot: Bot, job: ChangeMessage, why: str) -> list[Job]:
    """Why it was not done; what was written comes back as it was typed."""
    if job.verb != "edit":
        return await _tell(bot, job, why)
    return given_back(job.asker, why, job.text if job.begun else text.decode(job.text))


async def _tell(bot: Bot, job: ChangeMessage, said: str) -> list[Job]:
    return await forms.told(bot, job, job.view_id, TITLE, said)
