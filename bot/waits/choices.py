"""How a person hears of those who wait in their conversations, and what a channel sees of it.

Raises `Refused` for people who may not choose that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from bot import accept
from bot.context import Bot
from bot.errors import Mistake
from bot.feature import Console, Feature
from bot.later.jobs import hold_chosen
from bot.models import Broadcast, Heard
from bot.people import answers
from bot.people.announce import announced, channel_of_admin
from bot.people.answers import say
from bot.queue.job import Job, Keep
from bot.slack.payloads import Ack, Body, asker, from_modal, picked_now, submitted
from bot.waits import views
from bot.waits.jobs import SetHeard

TYPED: Final[Mapping[str, Heard]] = {
    "on": "mention", "mention": "mention", "message": "message", "dm": "message",
    "off": "nothing", "nothing": "nothing",
}  # fmt: skip
WAYS: Final[tuple[Broadcast, ...]] = get_args(Broadcast)
feature = Feature()


@feature.action("my_mentions")
async def my_mentions(ack: Ack, body: Body, bot: Bot) -> None:
    """The menu in Home."""
    await accept.asked(bot, SetHeard(heard=picked_now(body), asker=asker(body)))  # type: ignore[arg-type]  # an option
    await ack()


@feature.view("my_settings")
async def my_settings(ack: Ack, body: Body, bot: Bot) -> None:
    """The form of somebody who is no admin; what they chose is said where they began."""
    _, who = from_modal(body)
    chosen = {how: typed for typed, how in TYPED.items()}[submitted(body, "heard")]  # type: ignore[index]  # an option
    await accept.submitted(bot, body, Console(words=f"mentions {chosen}", asker=who), *hold_chosen(body, who))
    await ack()


@feature.handles(SetHeard)
async def set_heard(job: SetHeard, _: Keep, bot: Bot) -> list[Job]:
    """Slack shows the menu as it was set; nothing is to be drawn."""
    actor = await bot.access.actor(job.asker)
    await bot.preferences.set_person(actor.user, heard=job.heard)
    await answers.note(bot, job, "done", actor.member.id)
    return []


@feature.word("mentions", help="how you hear that somebody waits in a conversation of yours: `on`, `message`, `off`")
async def mentions(job: Console, typed: str, bot: Bot) -> list[Job]:
    """Anyone, for themselves."""
    user = (await bot.access.insider(job.asker)).id
    if not typed:
        return [say(job.asker, views.heard((await bot.preferences.person(user)).heard))]
    how = TYPED.get(typed.lower())
    if how is None:
        raise Mistake(views.MENTIONS_USAGE)
    await bot.preferences.set_person(user, heard=how)
    return [say(job.asker, views.heard(how))]


@feature.word(
    "follow-ups",
    help="which later messages this channel sees outside of threads: `once` for each wait, `thread`, `every`",
    admins=True,
)
async def follow_ups(job: Console, typed: str, bot: Bot) -> list[Job]:
    """An admin, for the channel."""
    channel = await channel_of_admin(bot, job, views.BROADCAST_USAGE)
    if not typed:
        return [say(job.asker, views.broadcast(channel, (await bot.preferences.channel(channel)).broadcast))]
    how = next((one for one in WAYS if one == typed.lower()), None)
    if how is None:
        raise Mistake(views.BROADCAST_USAGE)
    await bot.preferences.set_channel(channel, broadcast=how)
    return await announced(bot, job, "/inbox follow-ups", "", views.broadcast(channel, how))
