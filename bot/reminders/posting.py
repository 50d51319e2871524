"""What all that is said of those who wait has in common: who they are, a slot, and once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import structlog

from bot.card import Card
from bot.context import Bot
from bot.errors import ChannelRefused, ScopeMissing, SlackRefused
from bot.models import Place
from bot.queue.job import Later
from bot.reminders import views
from bot.reminders.jobs import Said
from bot.slack.blocks import Msg
from bot.store.quota import LATER

log = structlog.get_logger(__name__)


async def waiters(bot: Bot, threads: dict[str, float]) -> list[views.Waiter]:
    """Those that are open and have a card, longest first."""
    found, names = [], await bot.directory.member_names()
    longest = sorted(threads, key=threads.__getitem__)
    for thread_id, (card, place) in zip(longest, await bot.cards.standings(longest), strict=True):
        if card and place and not card.gone and not card.thread.archived:
            found.append(_waiter(bot, card, place, threads[thread_id], names))
    return found


def _waiter(bot: Bot, card: Card, place: Place, since: float, names: Mapping[str, str]) -> views.Waiter:
    member = card.thread.assignee_id
    return views.Waiter(
        name=card.thread.who,
        since=datetime.fromtimestamp(since, UTC),
        link=bot.installation.permalink(*place),
        assignee=names.get(member, "a colleague") if member else None,
    )


async def slot(bot: Bot, job: Said) -> None:
    if wait := await bot.quota.channel(job.channel, job.lane, LATER, job.at.timestamp()):
        raise Later(wait, job)


async def stands(bot: Bot, job: Said) -> bool:
    """Whether an attempt whose outcome is unknown has posted it, as far as the bot may read that."""
    if not job.tries:
        return False
    return bool(await bot.slack.find(job.channel, job.mark, thread_ts=None, since=job.at.timestamp() - 5))


async def said(bot: Bot, job: Said, message: Msg) -> bool:
    """Whether Slack has it; a channel that takes no posts is tried again with the next look."""
    to_channel = not job.channel.startswith(("U", "W"))
    try:
        if not await stands(bot, job):
            await bot.slack.post(job.channel, message, metadata={"message_id": job.mark})
            if to_channel:
                await bot.refused.taken(job, job.channel, "post")
    except (ChannelRefused, ScopeMissing) as error:
        if to_channel:
            await bot.refused.note(job.channel, error)
        if job.insists:
            raise Later(bot.refused.look_again, job) from error
        return False
    except SlackRefused as error:
        log.warning("not_reminded", ref=job.ref, channel=job.channel, error=error.code)
        return False
    return True
