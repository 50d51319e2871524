"""`/inbox stats`: how much came, how much was answered and how soon, from what the bot itself has seen.

Asks Inbox for nothing but its members' names, which are cached.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, timedelta
from statistics import median
from typing import Final, Literal

import structlog

from bot.address import Sent
from bot.context import Bot
from bot.errors import ScopeMissing, SlackRefused
from bot.feature import Console, Feature
from bot.inbox.event import Event
from bot.people.answers import say, tell
from bot.queue.job import Job, Keep, utc_now
from bot.stats import views
from bot.stats.chart import chart_png
from bot.stats.figures import Answer, Day, Figures, Period, Share
from bot.stats.jobs import Chart, Count

log = structlog.get_logger(__name__)

PERIODS: Final = (7, 30)  # days
OLD: Final = timedelta(days=1)  # a message that is told of so late is history that Inbox imports
WRITTEN: Final = {"message.created", "message.received", "message.sent"}
CLOSED: Final = {"thread.archived", "thread.deleted"}


def counted(event: Event) -> list[Count]:
    """What an event adds to the figures. A campaign answers nobody, where the event tells that it was one (v1)."""
    if event.thread_id is None or (event.message and event.message.author == "campaign"):
        return []
    if event.type in CLOSED:
        return [Count(what="closed", thread_id=event.thread_id, when=event.created_at)]
    direction = event.direction or (event.message.direction if event.message else None)
    when = event.message.created_at if event.message else event.created_at
    if event.type not in WRITTEN or direction is None or not event.message_id or event.created_at - when > OLD:
        return []
    what: Literal["received", "sent"] = "received" if direction == "inbound" else "sent"
    return [Count(what=what, thread_id=event.thread_id, when=when, message_id=event.message_id)]


def signed(sent: Sent, member: str) -> Count:
    """What the bot itself sent, with who wrote it; Inbox's own event of it does not say."""
    message = sent.message
    return Count(what="sent", thread_id=sent.thread_id, when=message.created_at, message_id=message.id, member=member)


feature = Feature()


@feature.handles(Count)
async def count(job: Count, _: Keep, bot: Bot) -> list[Job]:
    """An answer counts for who wrote it, where the bot sent it, else for whom the conversation is assigned to."""
    match job.what:
        case "received":
            await bot.counts.received(job.thread_id, job.message_id, job.when)
        case "sent":
            member, certain = job.member, bool(job.member)
            if not certain:
                card = await bot.cards.get(job.thread_id)
                member = (card.thread.assignee_id if card else None) or ""
            await bot.counts.sent(job.thread_id, job.message_id, job.when, member, certain=certain)
        case "closed":
            if not await bot.snoozes.closes(job.thread_id):  # it comes back, and waits still
                await bot.counts.closed(job.thread_id)
    return []


@feature.word("stats", help="how much came and was answered, how soon and by whom", alone=True)
async def show_stats(job: Console, typed: str, bot: Bot) -> list[Job]:
    """The figures where they were asked for, for the asker alone; and then as a picture."""
    await bot.access.actor(job.asker)
    return [tell(job.asker, views.stats_message(await _figures(bot))), Chart(asker=job.asker)]


@feature.handles(Chart)
async def chart(job: Chart, keep: Keep, bot: Bot) -> list[Job]:
    """In the direct messages with the bot, where nobody else is: a file is seen only where it was shared."""
    figures = await _figures(bot)
    try:
        file = await bot.slack.upload("inbox.png", chart_png(figures.days), views.chart_words(figures.days))
    except SlackRefused as error:
        log.warning("no_picture", ref=job.ref, error=error.code)
        return [say(job.asker, views.NO_PICTURE)] if isinstance(error, ScopeMissing) else []
    if not job.channel:
        place = await bot.slack.post(job.asker.user, views.chart_caption(figures.periods[-1]))
        job = job.model_copy(update={"channel": place.channel})
        await keep(job)
    await bot.slack.share(file, views.PICTURE, job.channel)
    return []


async def _figures(bot: Bot) -> Figures:
    today = utc_now().astimezone(UTC).date()
    days = await bot.counts.days([today - timedelta(days=back) for back in reversed(range(max(PERIODS)))])
    names = await bot.directory.member_names()
    waiting = await _waiting(bot, names)
    periods = tuple(_period(days[-length:], names) for length in PERIODS)
    return Figures(since=await bot.counts.since(), days=tuple(days), periods=periods, waiting=waiting)


async def _waiting(bot: Bot, names: dict[str, str]) -> tuple[tuple[str, int], ...]:
    """How many conversations wait for an answer, by assignee; nobody's is ""."""
    ids = await bot.waiting.everybody()
    known = await bot.cards.threads(ids)
    still = [one for one in ids if not (one in known and known[one].archived)]
    assigned = (known[one].assignee_id if one in known else None for one in still)
    return tuple(Counter(names.get(one, views.SOMEONE) if one else "" for one in assigned).most_common())


def _period(days: Sequence[Day], names: dict[str, str]) -> Period:
    answers = [one for day in days for one in day.answers]
    threads = [one for day in days for one in day.received]
    return Period(
        days=len(days),
        received=len(threads),
        threads=len(set(threads)),
        answered=len(answers),
        median=median(one.seconds for one in answers) if answers else None,
        shares=_shares(answers, names),
    )


def _shares(answers: Sequence[Answer], names: dict[str, str]) -> tuple[Share, ...]:
    """Who answered most comes first."""
    by_name: dict[str, list[float]] = {}
    for one in answers:
        name = names.get(one.member, views.SOMEONE) if one.member else views.UNKNOWN_WRITER
        by_name.setdefault(name, []).append(one.seconds)
    shares = (Share(name=name, answered=len(took), median=median(took)) for name, took in by_name.items())
    return tuple(sorted(shares, key=lambda one: (-one.answered, one.name)))
