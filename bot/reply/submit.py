"""Replies from a card: what was written in the form, and the attempt to send it."""

from __future__ import annotations

from datetime import datetime

from bot import accept, words
from bot.address import Address
from bot.card import Card
from bot.context import Bot
from bot.errors import NotNow, Unidentified
from bot.feature import Feature
from bot.later.form import send_at
from bot.later.put import begun
from bot.models import Thread
from bot.people.mentions import decoded
from bot.queue.job import Job, Keep, utc_now
from bot.reply.form import stopped
from bot.reply.jobs import Reply
from bot.send.jobs import Reminder, Send
from bot.send.outcome import given_up, not_begun, not_sent
from bot.slack.payloads import Ack, Body, block_of, from_modal, more_of, submitted, ticked
from bot.snippets.put import unsendable
from bot.snooze.times import REMINDERS

feature = Feature()
feature.gives_up(Reply)(not_begun)


@feature.view("reply")
async def written(ack: Ack, body: Body, bot: Bot) -> None:
    """The form was submitted: what can be seen to be wrong is said beside the field."""
    thread_id, who = from_modal(body)
    said = submitted(body, "text")
    reply_to, clock, seen = (*more_of(body).split("|"), "", "")[:3]
    until, wrong = send_at(body, clock)
    if why := unsendable(body):
        wrong[block_of(body, "text")] = why
    if wrong:
        await ack(response_action="errors", errors=wrong)
        return
    archives = next((datetime.fromisoformat(one) for one in ticked(body, "archive")), None)
    job = Reply(
        thread_id=thread_id,
        text=said,
        archives=archives,
        reminder=_reminder(body, until or utc_now()),
        reply_to=reply_to,
        send_at=until,
        seen=datetime.fromisoformat(seen) if seen else None,
        asker=who,
    )
    await accept.submitted(bot, body, job)
    await ack()


def _reminder(body: Body, sent: datetime) -> Reminder | None:
    """What was chosen at the end of the form, for a reply that is sent then."""
    after, _, seen = submitted(body, "remind").partition("|")
    return Reminder(at=sent + REMINDERS[after], seen=datetime.fromisoformat(seen)) if after else None


@feature.handles(Reply)
async def reply(job: Reply, _: Keep, bot: Bot) -> list[Job]:
    """The one attempt to send that everything after this belongs to, written down."""
    drawn = await stopped(bot, job.thread_id, job.asker.user)
    try:
        actor = await bot.access.actor(job.asker, fresh=True)
        await _remember(bot, job)
        card = await bot.cards.get(job.thread_id)
        if card is None or card.gone:
            why = words.GONE if card else words.NO_CARD
            return [await not_sent(bot, job, why, "no such conversation"), *drawn]
        thread, account = await _with_person(bot, card), await bot.directory.account_label(card.thread.account_link_id)
        body = await decoded(bot, job.text)
    except (NotNow, Unidentified) as error:
        return [await not_sent(bot, job, given_up(bot, job, error), "failed")]
    if thread.person is None:
        return [await not_sent(bot, job, words.NO_WAY, "no way"), *drawn]
    send = Send(
        ref=job.ref,
        at=job.at,
        intent=job.key,
        address=Address.within(thread, thread.person),
        person=thread.person,
        url=thread.url,
        account=account,
        text=body,
        asker=job.asker,
        member=actor.member.id,
        writer=actor.name,
        card=thread.id,
        receipt=job.key,
        archives=job.archives,
        reminder=job.reminder,
        reply_to=job.reply_to,
        not_before=job.send_at,
    )
    return [*await begun(bot, send, job.seen), *drawn]


async def _remember(bot: Bot, job: Reply) -> None:
    """The box is as they left it the next time."""
    wanted = job.archives is not None
    if (await bot.preferences.person(job.asker.user)).archive_when_sent != wanted:
        await bot.preferences.set_person(job.asker.user, archive_when_sent=wanted)


async def _with_person(bot: Bot, card: Card) -> Thread:
    return card.thread if card.thread.person else await bot.inbox.thread(card.thread.id)
