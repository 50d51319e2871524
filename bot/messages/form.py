"""*This message…*: the shortcut on a card or below it, and the form with what is possible there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from bot import accept, words
from bot.card import Card
from bot.cards.known import card_of
from bot.contact.store import Talk
from bot.context import Bot
from bot.errors import InboxError
from bot.feature import Feature
from bot.messages.jobs import OpenMessage, digest
from bot.messages.possible import NEEDS, hindered
from bot.messages.views import TITLE, edit_modal, message_modal, react_modal
from bot.messages.words import TALK, TOO_LONG, UNKNOWN
from bot.models import Limits, Message, Place
from bot.people import answers, forms
from bot.people.mentions import decoded
from bot.queue.job import Job, Keep, utc_now
from bot.slack.inputs import capacity
from bot.slack.payloads import Ack, Body, asker, button_value, from_modal, modal_of, more_of, picked_now, remembered
from bot.slack.visible_text import seen
from bot.thread_replies.send import intent_of

SAID: Final = 3_000  # code points of what a colleague said that can go into the notes
FORMS: Final = ("edit_message", "react")
feature = Feature()


@feature.shortcut("this_message")
async def press(ack: Ack, body: Body, bot: Bot) -> None:
    """The message shortcut."""
    message = body["message"]
    by_bot = bool(message.get("bot_id"))
    said = "" if by_bot else seen(message)[:SAID]
    await accept.thread_form(bot, body, TITLE, partial(OpenMessage, ts=message["ts"], by_bot=by_bot, said=said))
    await ack()


@feature.action("this_message")
async def press_on_receipt(ack: Ack, body: Body, bot: Bot) -> None:
    """The button on the receipt of what was sent with `/dm`; its value is the thread and the message."""
    who, (thread_id, _, message_id) = asker(body), button_value(body).partition("|")
    job = partial(OpenMessage, thread_id=thread_id, message_id=message_id, asker=who)
    await accept.form(bot, who, TITLE, lambda view: job(view_id=view))
    await ack()


@feature.action("which_message")
async def choose(ack: Ack, body: Body, bot: Bot) -> None:
    """One of several messages that stand in one Slack message."""
    (thread_id, who), (by, _, ts) = from_modal(body), more_of(body).partition(" ")
    job = partial(OpenMessage, thread_id=thread_id, message_id=picked_now(body), ts=ts, by_bot=by == "bot", asker=who)
    await accept.asked(bot, job(view_id=modal_of(body)))
    await ack()


@feature.action(*FORMS)
async def press_form(ack: Ack, body: Body, bot: Bot) -> None:
    """*Edit…* and *React…*; their value is the message."""
    thread_id, who = from_modal(body)
    job = partial(OpenMessage, thread_id=thread_id, message_id=button_value(body), asker=who)
    form = body["actions"][0]["action_id"]
    await accept.form(bot, who, TITLE, lambda view: job(view_id=view, form=form), instead_of=modal_of(body))
    await ack()


@feature.handles(OpenMessage)
async def open_form(job: OpenMessage, _: Keep, bot: Bot) -> list[Job]:
    """Fill the loading view with what is possible now, or with the reason why it is not."""
    if await forms.actor(bot, job, TITLE) is None:
        return []
    try:
        card = await card_of(bot, job.thread_id)
        if card.gone:
            return await forms.notice(bot, job, TITLE, words.GONE)
        messages = await _messages(bot, job, card)
        about = job.message_id or (messages[-1].id if messages else "")
        chosen = (await bot.inbox.message(about, job.thread_id))[0] if about else None
    except InboxError as error:
        return await forms.notice(bot, job, TITLE, answers.explain(bot, error, job.ref))
    await _fill(bot, job, card, messages, chosen.at(utc_now()) if chosen else None)
    return []


async def _messages(bot: Bot, job: OpenMessage, card: Card) -> Sequence[Message]:
    """Those that the Slack message shows."""
    place = Place(job.asker.channel or "", job.ts)
    shown = await bot.posts.at(place)
    latest = card.latest or card.thread.last_message
    if latest and await bot.cards.place(job.thread_id) == place:
        shown = [*(one for one in shown if one.id != latest.id), latest]
    if not shown and (arrived := await bot.attempts.arrived(intent_of(*place))):
        message_id, thread_id = arrived
        return [Message(id=message_id, thread_id=thread_id, direction="outbound", created_at=job.at)]
    return shown


async def _fill(bot: Bot, job: OpenMessage, card: Card, messages: Sequence[Message], chosen: Message | None) -> None:
    thread, link = card.thread, await bot.directory.account(card.thread.account_link_id)
    limits, now = await bot.directory.limits(thread.platform), utc_now()
    reasons = {one: hindered(one, chosen, thread, link, limits, now) for one in NEEDS} if chosen else {}
    if job.form and chosen:
        await _fill_form(bot, job, card, chosen, limits, reasons[job.form])
        return
    view = message_modal(
        card=card,
        account=link.label if link else "your account",
        messages=messages,
        chosen=chosen,
        reasons=reasons,
        note=UNKNOWN if job.by_bot else TALK,
        talk=await _talk(bot, job),
        metadata=remembered(job.thread_id, job.asker, f"{'bot' if job.by_bot else 'person'} {job.ts}"),
    )
    await forms.fill(bot, job.view_id, view)


async def _talk(bot: Bot, job: OpenMessage) -> str:
    """Under which id what a colleague said is kept for who may put it into the notes; "" for nothing."""
    said = (await decoded(bot, job.said)).strip()
    if not said:
        return ""
    talk_id = job.key.removeprefix("slack-")
    await bot.contacts.talk.put(talk_id, Talk(user=job.asker.user, thread_id=job.thread_id, text=said))
    return f"talk {talk_id}"


async def _fill_form(bot: Bot, job: OpenMessage, card: Card, chosen: Message, limits: Limits | None, why: str) -> None:
    person, edits = card.thread.person, job.form == "edit_message"
    metadata = remembered(job.thread_id, job.asker, f"{chosen.id} {digest(chosen.text)}" if edits else chosen.id)
    characters = limits.characters if limits else None
    if edits and len(chosen.text) > capacity(characters):
        why = why or TOO_LONG
    if why:
        await forms.notice(bot, job, TITLE, why)
    elif edits:
        await forms.fill(bot, job.view_id, edit_modal(chosen, person, characters, metadata))
    else:
        await forms.fill(bot, job.view_id, react_modal(chosen, person, metadata))
