"""Reminders of those who wait for an answer, and the morning's digest: looked up in Redis alone, Inbox is not asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import structlog

from bot import jobs
from bot.consent import Consent
from bot.errors import ChannelRefused, InboxError, ScopeMissing, SlackRefused, Unidentified
from bot.gate import Gate
from bot.hours import zone_of
from bot.inbox import Inbox
from bot.jobs import Due, Job, Later, Morning, Nudge
from bot.models import Card
from bot.refused_channels import RefusedChannels
from bot.slack import Slack
from bot.store.cards import Cards, Place
from bot.store.pace import LATER, Pace
from bot.store.people import People
from bot.store.preferences import Preferences
from bot.store.waiting import FORGOTTEN, Waiting
from bot.views import Msg
from bot.views import reminding as views

log = structlog.get_logger(__name__)

LOOK: Final = 1800.0  # seconds; assignments are noticed by then
TOO_LATE: Final = timedelta(hours=3)  # a digest that could not come is left out


class Target(NamedTuple):
    """Whom to remind of a thread: a channel or a Slack user, and of what was written since (Unix seconds)."""

    channel: str
    since: float


class Reminding:
    """Any process may do it; what was done is known to all."""

    def __init__(
        self,
        gate: Gate,
        slack: Slack,
        inbox: Inbox,
        people: People,
        cards: Cards,
        preferences: Preferences,
        waiting: Waiting,
        pace: Pace,
        consent: Consent,
        refused: RefusedChannels,
    ) -> None:
        self._gate, self._installation = gate, gate.installation
        self._slack, self._inbox, self._people, self._cards = slack, inbox, people, cards
        self._preferences = preferences
        self._waiting, self._pace, self._consent, self._refused = waiting, pace, consent, refused

    # --- when ---------------------------------------------------------------------------------------------------------

    async def due(self, _: Due, __: object) -> list[Job]:
        """Judge every thread that is to be looked at. It is looked at again later, whatever becomes of the reminder."""
        now, again = jobs.now(), {}
        nudges: dict[str, dict[str, float]] = {}
        for thread_id in await self._waiting.due():
            match await self._judge(thread_id, now):
                case None:
                    await self._waiting.over(thread_id)
                case Target(channel, since):
                    nudges.setdefault(channel, {})[thread_id] = since
                    again[thread_id] = now.timestamp() + LOOK
                case datetime() as at:
                    again[thread_id] = min(at.timestamp(), now.timestamp() + LOOK)
        await self._waiting.look_at(again)
        return [
            *(Nudge(channel=channel, threads=threads) for channel, threads in nudges.items()),
            *await self._mornings(now),
        ]

    async def _judge(self, thread_id: str, now: datetime) -> Target | datetime | None:
        """Whom to remind now, when to look again, or None when it is over."""
        wait, card = await self._waiting.get(thread_id), await self._cards.get(thread_id)
        if wait is None or wait.since is None or now.timestamp() - wait.since > FORGOTTEN:
            return None
        if card is not None and (card.gone or card.thread.archived):
            return None
        place, since = await self._cards.place(thread_id), datetime.fromtimestamp(wait.since, UTC)
        if card is None or place is None:
            return now + timedelta(seconds=LOOK)
        wanted = (await self._preferences.channel(place.channel)).reminders
        hours = wanted.assigned_after if card.thread.assignee_id else wanted.unassigned_after
        if hours is None:
            return now + timedelta(seconds=LOOK)
        if (at := wanted.after(since, hours)) > now:
            return at
        if not wanted.working(now):
            return wanted.after(now, 1e-6)
        try:
            user = await self._user_of(card.thread.assignee_id)
        except (InboxError, Unidentified):  # who they are now, cannot be told
            return now + timedelta(seconds=LOOK)
        if user and (quiet := (await self._preferences.person(user)).quiet) and (until := quiet.until(now)):
            return until
        return Target(user or place.channel, wait.since)

    async def _user_of(self, member_id: str | None) -> str | None:
        """The Slack user who may act, as the member; without one, the channel is reminded."""
        for user, member in (await self._people.links()).items():
            if member == member_id and await self._gate.acts_as(user, member):
                return user
        return None

    async def _mornings(self, now: datetime) -> list[Job]:
        """The digests that are due. Each finds its next date itself; one that could not come is left out."""
        follow: list[Job] = []
        for channel in await self._waiting.mornings():
            at = datetime.fromtimestamp(await self._waiting.morning(channel) or 0, UTC)
            reminders = (await self._preferences.channel(channel)).reminders
            if reminders.digest is None or now - at > TOO_LATE:
                await self._schedule(channel, now)
            else:
                follow.append(Morning(channel=channel, day=at.astimezone(zone_of(reminders.zone)).date().isoformat()))
        return follow

    async def _schedule(self, channel: str, after: datetime) -> None:
        following = (await self._preferences.channel(channel)).reminders.next_digest(after)
        await self._waiting.save_morning(channel, following.timestamp() if following else None)

    # --- what ---------------------------------------------------------------------------------------------------------

    async def nudge(self, job: Nudge, _: object) -> list[Job]:
        """Say it once, of those who wait still."""
        still = {one: since for one, since in job.threads.items() if await self._waits(one, since)}
        found = await self._waiters(still)
        if not found:
            return []
        await self._slot(job)
        personal = job.channel.startswith(("U", "W"))
        shows = personal or await self._consent.shows(job.channel)
        if await self._said(job, views.reminder(found, personal=personal, names=shows)):
            for thread_id, since in still.items():
                await self._waiting.reminded(thread_id, since)
        return []

    async def morning(self, job: Morning, _: object) -> list[Job]:
        """Everybody who waits in the channel; nothing when nobody does."""
        if timedelta(seconds=job.age) > TOO_LATE:  # the channel took no posts for so long
            await self._schedule(job.channel, jobs.now())
            return []
        waiting = await self._waiting.all()
        here = {
            one: at for one, at in waiting.items() if (p := await self._cards.place(one)) and p.channel == job.channel
        }
        if found := await self._waiters(here):
            await self._slot(job)
            await self._said(job, views.morning(found, names=await self._consent.shows(job.channel)))
        await self._schedule(job.channel, jobs.now())
        return []

    async def _waits(self, thread_id: str, since: float) -> bool:
        wait = await self._waiting.get(thread_id)
        return wait is not None and wait.since == since

    async def _waiters(self, threads: dict[str, float]) -> list[views.Waiter]:
        """Those that are open and have a card, longest first."""
        found, names = [], await self._names()
        for thread_id, since in sorted(threads.items(), key=lambda one: one[1]):
            card, place = await self._cards.get(thread_id), await self._cards.place(thread_id)
            if card and place and not card.gone and not card.thread.archived:
                found.append(self._waiter(card, place, since, names))
        return found

    def _waiter(self, card: Card, place: Place, since: float, names: Mapping[str, str]) -> views.Waiter:
        person, member = card.thread.person, card.thread.assignee_id
        return views.Waiter(
            name=person.label if person else "Someone",
            since=datetime.fromtimestamp(since, UTC),
            link=self._installation.permalink(*place),
            assignee=names.get(member, "a colleague") if member else None,
        )

    async def _names(self) -> dict[str, str]:
        """The members by id; nobody's name is worth waiting for."""
        try:
            return {one.id: one.label for one in await self._people.members(self._inbox.members)}
        except InboxError:
            return {}

    async def _slot(self, job: Nudge | Morning) -> None:
        if wait := await self._pace.channel(job.channel, job.lane, LATER, job.at.timestamp()):
            raise Later(wait, job)

    async def _said(self, job: Nudge | Morning, message: Msg) -> bool:
        """Whether Slack has it; a channel that takes no posts is tried again with the next look."""
        mark = f"{job.kind}-{job.ref}-{job.channel}"
        try:
            # An attempt whose outcome is unknown may have posted it.
            since = job.at.timestamp() - 5
            if not (job.tries and await self._slack.find(job.channel, mark, thread_ts=None, since=since)):
                await self._slack.post(job.channel, message, metadata={"message_id": mark})
        except (ChannelRefused, ScopeMissing) as error:
            await self._refused.note(job.channel, error)
            if isinstance(job, Morning):
                raise Later(self._refused.look_again, job) from error
            return False
        except SlackRefused as error:
            log.warning("not_reminded", ref=job.ref, channel=job.channel, error=error.code)
            return False
        return True
