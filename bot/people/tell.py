"""Says something to one person, privately, or to each admin; and, after a second, that what was asked takes longer.

That line stands where it can give way to what they are told in the end: a command's answers replace one another, and
a direct message can be changed. What is shown to one person in a channel can be neither changed nor taken away
(https://docs.slack.dev/reference/methods/chat.postEphemeral).
"""

from __future__ import annotations

from typing import Final

import structlog

from bot.context import Bot
from bot.errors import SlackError, SlackRefused, SlackUnknown
from bot.feature import Feature
from bot.models import Place
from bot.people.answers import tell as as_told
from bot.people.jobs import Tell, TellAdmins
from bot.people.line_store import Shown
from bot.people.notice_words import UNSHOWN, UNSHOWN_SUMMARY
from bot.queue.job import Asker, Job, Keep, Later, Line, utc_now
from bot.slack.blocks import Msg

log = structlog.get_logger(__name__)

AGAIN: Final = 0.1  # seconds until it is looked again where the line stands that is just being said
feature = Feature()


@feature.handles(Tell)
async def tell(job: Tell, _: Keep, bot: Bot) -> list[Job]:
    """In the place of the line, else where they asked, as long as that is possible; else in a direct message."""
    message: Msg = {"text": job.text, "blocks": job.blocks}
    name = Line(ref=job.ref, asker=job.asker, text="").name
    shown = None if job.replace else await bot.lines.get(name)
    if shown and shown.is_on_its_way:
        raise Later(AGAIN, job)
    if shown:
        stands = await _in_place(bot, shown, message)
        if not job.meanwhile:
            await bot.lines.drop(name)
        if stands and not (job.lasting and shown.url):
            return []
    elif job.meanwhile:
        if not await bot.lines.begin(name):  # it is begun since it was looked for
            raise Later(AGAIN, job)
        await _show(bot, name, job.asker, message)
        return []
    await bot.slack.tell(job.asker, message, seconds_ago=job.age, lasting=job.lasting, replace=job.replace)
    return []


@feature.gives_up(Tell)
async def not_told(job: Tell, error: Exception, bot: Bot) -> list[Job]:
    """Whoever cannot be told cannot be told of that either."""
    return []


def unshown() -> TellAdmins:
    """What follows where a message cannot be shown, and nobody has asked for it."""
    return TellAdmins(name="unshown", text=UNSHOWN)


def unshown_summary() -> TellAdmins:
    """The same where a summary, and with it all that was missed in its conversations, cannot be shown."""
    return TellAdmins(name="unshown-summary", text=UNSHOWN_SUMMARY)


@feature.handles(TellAdmins)
async def tell_admins(job: TellAdmins, _: Keep, bot: Bot) -> list[Job]:
    """To the people in BOT_ADMINS, or where it names nobody to the workspace's admins and owners."""
    everyone = sorted(bot.admins) or await bot.slack.admins(bot.installation.team)
    if not everyone:
        log.error("no_admin_to_tell", ref=job.ref, about=job.name)
    message: Msg = {"text": job.text, "blocks": job.blocks}
    return [as_told(Asker(user=one), message, lasting=True) for one in everyone if one != job.but]


@feature.handles(Line)
async def line(job: Line, _: Keep, bot: Bot) -> list[Job]:
    """Say that it takes longer, or end that."""
    if not job.over:
        if await bot.lines.begin(job.name, job.lane):
            await _show(bot, job.name, job.asker, {"text": job.text, "blocks": []})
        return []
    shown = await bot.lines.get(job.name)
    if shown and shown.is_on_its_way:
        raise Later(AGAIN, job)
    if shown:
        await _in_place(bot, shown, {"text": job.text, "blocks": []} if job.text else None)
        await bot.lines.drop(job.name)
    return []


@feature.gives_up(Line)
async def not_said(job: Line, error: Exception, bot: Bot) -> list[Job]:
    """Then they hear the outcome alone."""
    return []


async def _show(bot: Bot, name: str, asker: Asker, message: Msg) -> None:
    """Where it can be changed; without it where Slack does not take it now."""
    url = asker.response_url if asker.command else None
    try:
        if url and await bot.slack.answer(url, message):
            await bot.lines.put(name, Shown(at=utc_now(), url=url))
            return
        place = await bot.slack.post(asker.user, message)
        if not await bot.lines.put(name, Shown(at=utc_now(), channel=place.channel, ts=place.ts)):
            await bot.slack.delete(place)  # what it is about was told while Slack took its time
    except SlackError as error:
        log.info("line_not_said", error=str(error))
        await bot.lines.drop(name)


async def _in_place(bot: Bot, shown: Shown, message: Msg | None) -> bool:
    """Whether `message` stands where the line was; None takes the line away."""
    if shown.url:
        return await bot.slack.answer(shown.url, message, replace=True)
    if not shown.ts:
        return False
    place = Place(shown.channel, shown.ts)
    try:
        await (bot.slack.update(place, message) if message else bot.slack.delete(place))
    except (SlackRefused, SlackUnknown):
        return False
    return True
