"""What happens in Inbox: the event feed, webhooks, and what they change of what is known.

An event passes three lanes: `inbound` finds out what it says, in the order of the feed; the channel's lane posts it;
the card's lane draws. What changed elsewhere is read again from Inbox rather than believed of a late event.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog

from bot import jobs
from bot.errors import Gone, InboxError, NotNow, RateLimited
from bot.inbox import Inbox
from bot.jobs import (
    Amend,
    Announce,
    Campaign,
    Digest,
    Job,
    Later,
    Missed,
    Move,
    Notify,
    Outbound,
    Post,
    Recheck,
    Refresh,
    RefreshPerson,
    Render,
    Sync,
)
from bot.models import Card, Event, Message, Note, Thread
from bot.routing import Router
from bot.stats import counted
from bot.store.cards import Cards
from bot.store.feed import Feed
from bot.store.people import People
from bot.store.routes import Routes
from bot.store.waiting import Waiting
from bot.views import words

log = structlog.get_logger(__name__)

AWAY: Final = 300.0  # seconds without reading the feed: what happened meanwhile is summed up
HISTORY: Final = 24 * 3600.0  # seconds; an older message of a thread that is being imported is no news
READ_AGAIN: Final = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds until the feed is tried again, before order is given up
RECHECK: Final = 5.0  # seconds until a thread that Inbox did not show is asked for again
MISSING: Final = (1.0, 2.0, 4.0)  # seconds between looks for a message that Inbox told of and does not show
READ_FOR: Final = 4.0  # seconds of reading in one job; a long feed takes several
KEPT: Final = timedelta(days=7)  # how long Inbox keeps its events (V2SPEC, Events)

# The types that tell of a message, of a change to one, of a thread, and of what a thread has from its person; all
# others only count.
MESSAGES: Final = {"message.created", "message.received"}
SENT: Final = {"message.sent"}
TARGETS: Final = {"target.contacted", "target.followUpSent", "target.replied"}
AMENDS: Final = {"message.edited", "message.deleted", "message.reactionAdded", "message.reactionRemoved"}
THREADS: Final = {"thread.archived", "thread.unarchived", "thread.assigned", "thread.unassigned", "thread.deleted"}
PERSONS: Final = {f"{who}.{what}Changed" for who in ("prospect", "contact") for what in ("assignee", "tags", "status")}


def wanted(event: Event) -> list[Job]:
    """The work an event asks for: what it changes of the cards, and of the figures."""
    return [*_shown(event), *counted(event)]


def _shown(event: Event) -> list[Job]:
    """None for types that change nothing here."""
    if event.type in TARGETS and event.thread_id:
        return [Campaign(thread_id=event.thread_id)]
    if event.type in MESSAGES | SENT and event.direction == "outbound" and event.thread_id:
        campaign = event.message is not None and event.message.author == "campaign"
        at = event.message.created_at if event.message else event.created_at
        return [Outbound(thread_id=event.thread_id, written=at, campaign=campaign)]
    if event.type in MESSAGES and event.direction != "outbound":
        readable = event.message is not None or (event.message_id and event.thread_id)
        return [Notify(event=event)] if readable else []
    if event.type in AMENDS and event.message_id and event.thread_id:
        deleted = event.type == "message.deleted"
        return [Amend(thread_id=event.thread_id, message_id=event.message_id, deleted=deleted)]
    if event.type in THREADS and event.thread_id:
        return [Refresh(thread_id=event.thread_id, event=event)]
    if event.type in PERSONS and (event.contact_id or event.person_platform_id):
        return [RefreshPerson(event=event)]
    return []


async def learn(cards: Cards, thread: Thread) -> list[Job]:
    """Write down a thread that has no card yet.

    Of what is said beside a card or a change, nobody knows which is the later one: then Inbox is asked again.
    """
    card = await cards.get(thread.id)
    if card is None:
        await cards.write(thread)
        doubtful = await cards.was_passed_over(thread.id)
    else:
        doubtful = card.gone or _state(card.thread) != _state(thread) or _restricted(card.thread, thread)
    return [Refresh(thread_id=thread.id)] if doubtful else []


async def first_seen(thread_id: str, inbox: Inbox, cards: Cards, people: People) -> Card:
    """What Inbox says of a thread of which nothing was known. Raises `InboxError`."""
    thread = await inbox.thread(thread_id)
    await cards.write(thread)
    await people.saw(thread)
    return await cards.get(thread_id) or Card(thread=thread)


class News:
    """Learns what is true. `inbox` should be paced as background work."""

    def __init__(
        self, inbox: Inbox, people: People, cards: Cards, feed: Feed, router: Router, routes: Routes, waiting: Waiting
    ) -> None:
        self._inbox, self._people, self._cards, self._feed = inbox, people, cards, feed
        self._router, self._routes, self._waiting = router, routes, waiting

    async def notify(self, job: Notify, _: object) -> list[Job]:
        """An inbound message: note it, and post it where it belongs."""
        try:
            message, thread = await self._message(job.event)
        except Gone as error:
            if job.tries < len(MISSING):  # told of sooner than it can be read
                raise Later(MISSING[job.tries], job.model_copy(update={"tries": job.tries + 1})) from error
            log.warning("message_gone", ref=job.ref, event_id=job.event.id)
            return []
        if thread is None or not message.inbound:
            return []
        if thread.syncing and (jobs.now() - message.created_at).total_seconds() > HISTORY:
            log.info("imported", ref=job.ref, event_id=job.event.id)  # old messages of an account that was just linked
            return []
        await self._people.saw(thread)
        await self._waiting.wrote(thread.id, message.created_at.timestamp())
        return [*await learn(self._cards, thread), *await self._posts(thread, message)]

    async def _posts(self, thread: Thread, message: Message) -> list[Job]:
        """A post where the rules want it; where they want it elsewhere than the card is, the card moves."""
        channel, place = await self._router.place(thread, message), await self._cards.place(thread.id)
        if channel is None:
            return []
        if place is not None and place.channel != channel:
            return [Move(channel=channel, thread_id=thread.id, message=message)]
        return [Post(channel=channel, thread_id=thread.id, message=message)]

    async def outbound(self, job: Outbound, _: object) -> list[Job]:
        """What our side wrote answers whoever waits; a campaign answers nobody."""
        if job.campaign:
            await self._routes.saw_campaign(job.thread_id)
        else:
            await self._waiting.answered(job.thread_id, job.written.timestamp())
        return []

    async def campaign(self, job: Campaign, _: object) -> list[Job]:
        """A rule may ask for it; the event may come after the message that it tells of."""
        await self._routes.saw_campaign(job.thread_id)
        card, place = await self._cards.get(job.thread_id), await self._cards.place(job.thread_id)
        if card is None or place is None:
            return []
        channel = (await self._router.decide(card.thread, card.latest)).channel
        return [Move(channel=channel, thread_id=job.thread_id)] if channel and channel != place.channel else []

    async def _message(self, event: Event) -> tuple[Message, Thread | None]:
        """The message and its thread with its person, from the payload where it carries them, else from Inbox."""
        message, thread = event.message, event.thread
        if message is None:
            message, thread = await self._inbox.message(event.message_id or "", event.thread_id or "")
        if not message.inbound:
            return message, None
        if thread is None or thread.person is None:
            known = await self._cards.get(message.thread_id)
            person = known.thread.person if known else None
            if thread is None or person is None:
                thread = await self._inbox.thread(message.thread_id)
            thread = thread.with_person(person)
        return message, thread

    async def refresh(self, job: Refresh, _: object) -> list[Job]:
        """Learn what is true of a thread that has a card, unless the card shows it already."""
        card = await self._cards.get(job.thread_id)
        if card is None:
            await self._cards.pass_over(job.thread_id)  # its first message may be on its way, with what was true before
            card = await self._cards.get(job.thread_id)
        if card is None:
            return []
        if job.event and job.event.type == "thread.deleted":
            return await self._bury(card)
        if not card.gone and _agrees(card, job):
            return []
        try:
            thread = _told(await self._inbox.thread(job.thread_id), job.event).with_person(card.thread.person)
        except Gone as error:
            return await self._bury(card) if error.code else []
        except NotNow:
            return [Recheck(thread_id=job.thread_id)]  # people's clicks wait in this lane
        await self._people.saw(thread)
        await self._cards.write(thread, notes=_notes(card.thread, thread, job))
        return [Render(thread_id=job.thread_id)]

    async def recheck(self, job: Recheck, _: object) -> list[Job]:
        """Wait, then refresh."""
        if not job.waited:
            raise Later(RECHECK, job.model_copy(update={"waited": True}))
        return [Refresh(thread_id=job.thread_id)]

    async def refresh_person(self, job: RefreshPerson, _: object) -> list[Job]:
        """Refresh every thread with the person whose default assignee, tags or status changed."""
        person = job.event.contact_id or job.event.person_platform_id or ""
        return [Refresh(thread_id=one, event=job.event) for one in sorted(await self._cards.threads_of(person))]

    async def _bury(self, card: Card) -> list[Job]:
        await self._cards.bury(card.thread.id)
        if card.thread.person is not None:
            await self._people.forget(card.thread.person)
        return [Render(thread_id=card.thread.id)]

    async def digest(self, job: Digest, _: object) -> list[Job]:
        """One message that sums up, then each thread; the busiest channel sees no storm."""
        missed, places = await self._feed.collect(job.ref), dict(job.places)
        began = jobs.now()
        for one in missed:
            if one.thread_id not in places:
                if (jobs.now() - began).total_seconds() > READ_FOR:
                    raise Later(0.0, job.model_copy(update={"places": places}))
                try:
                    places[one.thread_id] = await self._where(one.thread_id)
                except RateLimited as error:
                    raise Later(error.retry_after, job.model_copy(update={"places": places})) from error
        follow: list[Job] = []
        for channel in dict.fromkeys(filter(None, places.values())):
            here = [one for one in missed if places[one.thread_id] == channel]
            text = words.digest(sum(one.messages for one in here), len(here), here[0].since, stale=job.stale)
            threads = [Missed(channel=channel, thread_id=one.thread_id, since=one.since) for one in here]
            follow += [Announce(channel=channel, text=text), *threads]
        return follow

    async def _where(self, thread_id: str) -> str | None:
        """The channel of a thread in which somebody wrote while the bot was away: its card's, else the rules'."""
        if place := await self._cards.place(thread_id):
            return place.channel
        if not await self._routes.rules():
            return self._router.default  # without asking Inbox
        try:
            thread = await self._inbox.thread(thread_id)
        except Gone:
            return None
        return (await self._router.decide(thread, thread.last_message)).channel

    # --- the feed --------------------------------------------------------------------------------------------------

    async def sync(self, job: Sync, _: object) -> list[Job]:
        """Give every event after the cursor its turn, then those whose webhook came but that the feed does not show.

        Where the feed cannot be read for a while, the events that wait go on in their own order: better than never.
        """
        follow: list[Job] = []
        waiting = await self._feed.waiting()  # what comes during the reading has a reading of its own, for its order
        try:
            if not await self._read_on():
                return [Sync()]
            follow = await self._summed_up()
        except RateLimited as error:
            raise Later(error.retry_after, job) from error
        except NotNow as error:
            log.warning("feed_not_read", ref=job.ref, status=error.status, code=error.code)
            if job.tries < len(READ_AGAIN):
                again = job.model_copy(update={"tries": job.tries + 1})
                raise Later(READ_AGAIN[job.tries], again) from error
        except InboxError as error:
            log.warning("feed_not_read", ref=job.ref, status=error.status, code=error.code)
        for event in waiting:
            await self._feed.turn(event, wanted(event))
        return follow

    async def _read_on(self) -> bool:
        """Read the feed to its end, or for a while: whether the end was reached.

        What happened before the bot ran for the first time is history. What happened during a time away is only
        counted, for the digest.
        """
        cursor, last = await self._feed.cursor(), await self._feed.read_at()
        # Until the first reading is through, and when the other API version's feed is read from its beginning.
        began = await self._feed.began() if last is None or cursor is None else None
        at = jobs.now()
        away = last is not None and await self._away(last, at)
        while (jobs.now() - at).total_seconds() < READ_FOR:
            page = await self._inbox.events(cursor)
            for event in page.events:
                if began is None or event.created_at >= began:
                    await self._turn(event, away)
            cursor = page.last_seq if page.last_seq is not None else cursor
            await self._feed.advance(cursor or 0)
            if not page.has_more or page.last_seq is None:
                await self._feed.was_read(at)
                return True
        return False

    async def _away(self, last: datetime, at: datetime) -> bool:
        """Whether nobody has read the feed for long; after longer than it goes back, look at the threads themselves."""
        if (at - last).total_seconds() <= AWAY:
            return False
        if at - last > KEPT and await self._feed.is_first_gap(last):
            for thread in await self._inbox.recent_threads(last):
                await self._feed.miss_thread(thread.id, last)
        return True

    async def _summed_up(self) -> list[Job]:
        """The digest of what was missed, now or by a reading that died before its digest."""
        return [Digest(stale=await self._feed.had_gap())] if await self._feed.has_missed() else []

    async def _turn(self, event: Event, late: bool) -> None:
        asked = wanted(event)
        if late and any(isinstance(one, Notify) for one in asked) and event.thread_id:
            await self._feed.miss(event, [one for one in asked if not isinstance(one, Notify)])
            await self._waiting.wrote(event.thread_id, event.created_at.timestamp())
        else:
            await self._feed.turn(event, asked)


def _state(thread: Thread) -> tuple[bool, str | None, bool]:
    """What a card shows of a thread besides its messages."""
    return thread.archived, thread.assignee_id, thread.is_request


def _restricted(before: Thread, after: Thread) -> bool:
    """Whether the platform forbids more or less than before; only v2, which always names the contact, says so."""
    return bool(before.contact_id and after.contact_id) and before.restrictions != after.restrictions


def _told(thread: Thread, event: Event | None) -> Thread:
    """v1 tells the contact's assignee in its event alone."""
    if event is not None and event.type == "prospect.assigneeChanged":
        return thread.with_default(event.assignee_id)
    return thread


def _agrees(card: Card, job: Refresh) -> bool:
    """Whether the card shows already what the event or the answer tells."""
    if job.shown is not None:
        return _state(job.shown) == _state(card.thread) and not _restricted(card.thread, job.shown)
    match job.event:
        case Event(thread=Thread() as thread):
            return _state(thread) == _state(card.thread)
        case Event(type="thread.archived"):
            return card.thread.archived
        case Event(type="thread.unarchived"):
            return not card.thread.archived
        case Event(type="thread.assigned" | "thread.unassigned" as kind, assignee_id=assignee):
            return assignee == card.thread.assignee_id and (assignee is None) == (kind == "thread.unassigned")
    return False


def _notes(before: Thread, after: Thread, job: Refresh) -> dict[str, Note]:
    """Who did what the card does not show yet: somebody in Inbox, which names no actor."""
    note = Note(who=None, at=job.event.created_at if job.event else jobs.now())
    changed = {"archived": before.archived != after.archived, "assigned": before.assignee_id != after.assignee_id}
    return {name: note for name, differs in changed.items() if differs}
