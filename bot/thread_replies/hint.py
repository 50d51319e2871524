"""Talk in a card's Slack thread stays in Slack. Who seems to have meant an answer is told so, once in a channel."""

from __future__ import annotations

from bot import accept
from bot.context import Bot
from bot.errors import NotNow, Refused
from bot.feature import Feature
from bot.people.answers import tell
from bot.queue.job import Job, Keep
from bot.slack.payloads import Ack, Body, asker, button_value
from bot.thread_replies.jobs import Echo, Hint
from bot.thread_replies.send import once_of
from bot.thread_replies.views import hint

feature = Feature()


@feature.handles(Hint)
async def show_hint(job: Hint, _: Keep, bot: Bot) -> list[Job]:
    """Only who may send is told, and only where something could go out; nobody is told twice."""
    channel, user = job.asker.channel or "", job.asker.user
    card = await bot.cards.get(job.thread_id)
    if card is None or card.gone or card.thread.person is None or not await bot.sharing.shows(channel):
        return []
    try:
        await bot.access.actor(job.asker)
    except (Refused, NotNow):
        return []
    hinted = (await bot.preferences.person(user)).hinted
    if hinted.get(channel, job.ref) != job.ref:
        return []
    await bot.preferences.set_person(user, hinted={**hinted, channel: job.ref})
    told = hint(
        thread_id=job.thread_id,
        thread_ts=job.asker.thread_ts or "",
        ts=job.ts,
        text=job.text,
        person=card.thread.person.label,
        prefix=(await bot.preferences.channel(channel)).replies,
    )
    return [tell(job.asker, told)]


@feature.gives_up(Hint)
async def no_hint(job: Hint, error: Exception, bot: Bot) -> list[Job]:
    """They asked for nothing."""
    return []


@feature.action("send_this")
async def press(ack: Ack, body: Body, bot: Bot) -> None:
    """The button of the hint: what was written goes out as if it had begun with a prefix, once."""
    thread_id, thread_ts, ts, said = button_value(body).split("|", 3)
    who = asker(body).having(thread_ts=thread_ts)
    job = Echo(thread_id=thread_id, ts=ts, text=said, whole=True, asker=who)
    await accept.once(bot, job, once_of(who.channel, ts))
    await ack()
