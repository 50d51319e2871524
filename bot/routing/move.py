"""Why a card is where it is, and moving it by hand: the shortcut and the form."""

from __future__ import annotations

from bot import accept
from bot.context import Bot
from bot.feature import Feature
from bot.routing import views
from bot.routing.jobs import MoveTo, Why
from bot.slack.payloads import Ack, Body, asker, button_value, from_modal, remembered, submitted

feature = Feature()


@feature.shortcut("why_here")
async def why_here(ack: Ack, body: Body, bot: Bot) -> None:
    """The message shortcut that asks why the conversation is in this channel."""
    await accept.on_thread(bot, body, lambda thread_id, who: Why(thread_id=thread_id, asker=who))
    await ack()


@feature.action("move_thread")
async def move_thread(ack: Ack, body: Body, bot: Bot) -> None:
    """The form that asks where to; it shows nothing, and its submission is checked."""
    who = asker(body)
    await bot.slack.open_view(who.trigger or "", views.move_modal(remembered(button_value(body), who)))
    await ack()


@feature.view("move_thread")
async def chosen(ack: Ack, body: Body, bot: Bot) -> None:
    """A channel was chosen, or none: where the rules want it."""
    thread_id, who = from_modal(body)
    await accept.submitted(bot, body, MoveTo(thread_id=thread_id, to=submitted(body, "channel") or None, asker=who))
    await ack()
