"""Sends a message once more whose sending was not confirmed, when its writer has looked and wants that."""

from __future__ import annotations

from bot import accept, words
from bot.context import Bot
from bot.errors import NotNow
from bot.feature import Feature
from bot.people.answers import say
from bot.queue.job import Asker, Job, Keep
from bot.reply.jobs import Receipt
from bot.send.jobs import Send, SendAgain
from bot.send.outcome import given_up
from bot.send.views import only_the_writer
from bot.slack.payloads import Ack, Body, asker, button_value

feature = Feature()


@feature.action("send_again")
async def press(ack: Ack, body: Body, bot: Bot) -> None:
    """The button of a receipt."""
    await accept.asked(bot, SendAgain(intent=button_value(body), asker=asker(body)))
    await ack()


@feature.handles(SendAgain)
async def send_again(job: SendAgain, _: Keep, bot: Bot) -> list[Job]:
    """A new attempt with a key of its own."""
    try:
        actor = await bot.access.actor(job.asker, fresh=True)
    except NotNow as error:
        return [say(job.asker, given_up(bot, job, error))]
    kept = await bot.attempts.get(job.intent)
    if kept is not None and kept.card and kept.asker.user != job.asker.user:
        return [say(job.asker, only_the_writer(kept.asker.user))]
    if kept is None or kept.asker.user != job.asker.user:
        return [say(job.asker, words.TOO_OLD)]
    now = {"ref": job.ref, "at": job.at, "asker": _beside(kept, job.asker), "member": actor.member.id}
    again = kept.anew.having(**now | {"intent": f"{kept.intent}-again", "only": f"again:{kept.intent}"})
    await bot.attempts.keep(again)
    return [*([Receipt(send=again, state="sending")] if again.card else []), again]


def _beside(kept: Send, asker: Asker) -> Asker:
    """Who asks, where the Slack message is whose words are sent again; elsewhere, where they ask."""
    where = {"channel": kept.asker.channel, "thread_ts": kept.asker.thread_ts}
    return asker.having(**where) if kept.echo else asker
