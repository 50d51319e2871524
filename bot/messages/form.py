"""*This message…*: the shortcut on a card or below it, and the form with what is possible there."""

from __future__ import annotations

from functools import partial

from bot import accept, words
from bot.context import Bot
from bot.feature import Feature
from bot.messages.jobs import OpenMessage
from bot.messages.views import TITLE, message_modal
from bot.people import forms
from bot.queue.job import Job, Keep
from bot.slack.payloads import Ack, Body, remembered

feature = Feature()


@feature.shortcut("this_message")
async def press(ack: Ack, body: Body, bot: Bot) -> None:
    """The message shortcut."""
    await accept.thread_form(bot, body, TITLE, partial(OpenMessage, ts=body["message"]["ts"]))
    await ack()


@feature.handles(OpenMessage)
async def open_form(job: OpenMessage, _: Keep, bot: Bot) -> list[Job]:
    """Fill the loading view."""
    if await forms.actor(bot, job, TITLE) is None:
        return []
    card = await bot.cards.get(job.thread_id)
    if card is None or card.gone:
        await forms.notice(bot, job, TITLE, words.GONE if card else words.NO_CARD)
        return []
    account = await bot.directory.account_label(card.thread.account_link_id)
    metadata = remembered(job.thread_id, job.asker)
    snoozed = card.snoozed is not None
    view = message_modal(thread=card.thread, account=account, metadata=metadata, snoozed=snoozed)
    await forms.fill(bot, job.view_id, view)
    return []
