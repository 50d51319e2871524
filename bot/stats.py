"""`/inbox stats`: how much came, how much was answered and how soon, from what the bot itself has seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, timedelta
from statistics import median
from typing import Final, Literal

import structlog

from bot import jobs
from bot.answers import say, tell
from bot.errors import InboxError, ScopeMissing, SlackRefused
from bot.gate import Gate
from bot.inbox import Inbox
from bot.jobs import Chart, Console, Count, Job, Keep
from bot.models import Answer, Day, Event, Figures, Period, Sent, Share
from bot.slack import Slack
from bot.store.cards import Cards
from bot.store.people import People
from bot.store.tally import Tally
from bot.views import chart_caption, chart_png, chart_words, stats_message, words

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


class Stats:
    """Asks Inbox for nothing but its members' names, which are cached."""

    def __init__(self, gate: Gate, slack: Slack, inbox: Inbox, people: People, cards: Cards, tally: Tally) -> None:
        self._gate, self._slack, self._inbox, self._people = gate, slack, inbox, people
        self._cards, self._tally = cards, tally

    async def count(self, job: Count, _: object) -> list[Job]:
        """An answer counts for who wrote it, where the bot sent it, else for whom the conversation is assigned to."""
        match job.what:
            case "received":
                await self._tally.received(job.thread_id, job.message_id, job.when)
            case "sent":
                member, certain = job.member, bool(job.member)
                if not certain:
                    card = await self._cards.get(job.thread_id)
                    member = (card.thread.assignee_id if card else None) or ""
                await self._tally.sent(job.thread_id, job.message_id, job.when, member, certain=certain)
            case "closed":
                await self._tally.closed(job.thread_id)
        return []

    async def show(self, job: Console) -> list[Job]:
        """The figures where they were asked for, for the asker alone; and then as a picture."""
        await self._gate.actor(job.asker)
        return [tell(job.asker, stats_message(await self._figures())), Chart(asker=job.asker)]

    async def chart(self, job: Chart, keep: Keep) -> list[Job]:
        """In the direct messages with the bot, where nobody else is: a file is seen only where it was shared."""
        figures = await self._figures()
        try:
            file = await self._slack.upload("inbox.png", chart_png(figures.days), chart_words(figures.days))
        except SlackRefused as error:
            log.warning("no_picture", ref=job.ref, error=error.code)
            return [say(job.asker, words.NO_PICTURE)] if isinstance(error, ScopeMissing) else []
        if not job.channel:
            place = await self._slack.post(job.asker.user, chart_caption(figures.periods[-1]))
            job = job.model_copy(update={"channel": place.channel})
            await keep(job)
        await self._slack.share(file, words.PICTURE, job.channel)
        return []

    async def _figures(self) -> Figures:
        today = jobs.now().astimezone(UTC).date()
        days = await self._tally.days([today - timedelta(days=back) for back in reversed(range(max(PERIODS)))])
        names = await self._names()
        waiting = await self._waiting(names)
        periods = tuple(_period(days[-length:], names) for length in PERIODS)
        return Figures(since=await self._tally.since(), days=tuple(days), periods=periods, waiting=waiting)

    async def _waiting(self, names: dict[str, str]) -> tuple[tuple[str, int], ...]:
        """How many conversations wait for an answer, by assignee; nobody's is ""."""
        ids = await self._tally.waiting()
        known = await self._cards.threads(ids)
        still = [one for one in ids if not (one in known and known[one].archived)]
        assigned = (known[one].assignee_id if one in known else None for one in still)
        return tuple(Counter(names.get(one, words.SOMEONE) if one else "" for one in assigned).most_common())

    async def _names(self) -> dict[str, str]:
        try:
            return {one.id: one.label for one in await self._people.members(self._inbox.members)}
        except InboxError:
            return {}  # figures without names are better than none


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
        name = names.get(one.member, words.SOMEONE) if one.member else words.UNKNOWN_WRITER
        by_name.setdefault(name, []).append(one.seconds)
    shares = (Share(name=name, answered=len(took), median=median(took)) for name, took in by_name.items())
    return tuple(sorted(shares, key=lambda one: (-one.answered, one.name)))
