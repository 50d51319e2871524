"""*Save as note*: what somebody wrote goes below the notes of the contact."""

from __future__ import annotations

from bot import accept
from bot.contact import words
from bot.contact.form import TITLE
from bot.contact.jobs import ChangeContact
from bot.context import Bot
from bot.feature import Feature
from bot.people.answers import say
from bot.slack.blocks import loading_modal
from bot.slack.payloads import Ack, Body, button_value, from_modal, modal_of

feature = Feature()


@feature.action("save_note")
async def save_note(ack: Ack, body: Body, bot: Bot) -> None:
    """The button of *This message…*; its value is `message` and an id of Inbox's, or `talk` and one of ours."""
    (thread_id, who), view_id = from_modal(body), modal_of(body)
    kind, _, about = button_value(body).partition(" ")
    talk = await bot.contacts.talk.get(about) if kind == "talk" else None
    if kind == "talk" and (talk is None or talk.user != who.user):
        await accept.asked(bot, say(who, words.TALK_GONE))
        await ack()
        return
    card = await bot.cards.get(thread_id)
    thread = card.thread if card else None
    known = thread and (thread.contact_id or (thread.person and thread.person.profile_id))
    job = ChangeContact(
        thread_id=thread_id,
        contact_id=known or thread_id,
        append=talk.text if talk else "",
        message_id="" if talk else about,
        sign=True,
        view_id=view_id,
        asker=who,
    )
    await accept.show(bot, who, loading_modal(TITLE), instead_of=view_id)
    await accept.asked(bot, job)
    await ack()
