"""From what happens in Inbox to cards in Slack: one card for each thread, drawn from what is true now.

An event passes three lanes: `inbound` finds out what it says, in the order of the feed; the channel's lane posts it;
the card's lane draws. What changed elsewhere is read again from Inbox rather than believed of a late event.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot import jobs
from bot.consent import Consent
from bot.errors import Gone, InboxError, RateLimited, SlackRefused, Unavailable
from bot.inbox import Inbox
from bot.jobs import (
    Announce,
    Digest,
    Job,
    Later,
    Missed,
    Notify,
    Post,
    Recheck,
    Refresh,
    RefreshPerson,
    Render,
    Sync,
    TellAdmins,
)
from bot.models import Card, Event, Message, Note, Thread
from bot.slack import Slack
from bot.store.cards import Cards, Place
from bot.store.feed import Feed
from bot.store.pace import Pace
from bot.store.people import People
from bot.store.rights import Rights
from bot.views import Msg, closed_card, closed_note, follow_up, meanwhile, thread_card, words

log = structlog.get_logger(__name__)

AWAY: Final = 300.0  # seconds without reading the feed: what happened meanwhile is summed up
HISTORY: Final = 24 * 3600.0  # seconds; an older message of a thread that is being imported is no news
READ_AGAIN: Final = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds until the feed is tried again, before order is given up
RECHECK: Final = 5.0  # seconds until a thread that Inbox did not show is asked for again
NAMES_WITHIN: Final = 2.0  # seconds that a card waits for the names on it
MISSING: Final = (1.0, 2.0, 4.0)  # seconds between looks for a message that Inbox told of and does not show
READ_FOR: Final = 4.0  # seconds of reading in one job; a long feed takes several
LOOK_AGAIN: Final = 60.0  # seconds until a channel that took no post is tried again
WAITS: Final = 86_400.0  # seconds that a post waits for its channel
LOST: Final = {"channel_not_found", "not_in_channel", "is_archived", "restricted_action"}
KEPT: Final = timedelta(days=7)  # how long Inbox keeps its events (V2SPEC, Events)

# The types that tell of a message, of a thread, and of a person's default assignee; all others only count.
MESSAGES: Final = {"message.created", "message.received"}
THREADS: Final = {"thread.archived", "thread.unarchived", "thread.assigned", "thread.unassigned", "thread.deleted"}
ASSIGNEES: Final = {"prospect.assigneeChanged", "contact.assigneeChanged"}


def wanted(event: Event) -> list[Job]:
    """The work an event asks for; none for our own and other outbound messages and for types that no card shows."""
    if event.type in MESSAGES and event.direction != "outbound":
        readable = event.message is not None or (event.message_id and event.thread_id)
        return [Notify(event=event)] if readable else []
    if event.type in THREADS and event.thread_id:
        return [Refresh(thread_id=event.thread_id, event=event)]
    if event.type in ASSIGNEES and (event.contact_id or event.person_platform_id):
        return [RefreshPerson(event=event)]
    return []


class Board:
    """Keeps the cards true. `inbox` should be paced as background work."""

    def __init__(
        self,
        slack: Slack,
        inbox: Inbox,
        people: People,
        cards: Cards,
        feed: Feed,
        pace: Pace,
        rights: Rights,
        channel: str | None,
        look_again: float = LOOK_AGAIN,
    ) -> None:
        """`look_again` is how many seconds a post waits before it tries a channel again that did not take it."""
        self._slack, self._inbox, self._people = slack, inbox, people
        self._rights, self._consent = rights, Consent(slack, rights)
        self._look_again = look_again
        self._cards, self._feed, self._pace, self._channel = cards, feed, pace, channel

    # --- what happened ---------------------------------------------------------------------------------------------

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
        return [*await self._learn(thread), *self._posts(thread, message)]

    async def _learn(self, thread: Thread) -> list[Job]:
        """Write down a thread that has no card yet.

        Of what is said beside a card or a change, nobody knows which is the later one: then Inbox is asked again.
        """
        card = await self._cards.get(thread.id)
        if card is None or card.gone:
            await self._cards.write(thread)
            doubtful = card is None and await self._cards.was_passed_over(thread.id)
        else:
            doubtful = _state(card.thread) != _state(thread)
        return [Refresh(thread_id=thread.id)] if doubtful else []

    def _posts(self, thread: Thread, message: Message) -> list[Job]:
        if self._channel is None:
            return []
        return [Post(channel=self._channel, thread_id=thread.id, message=message)]

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
        if _agrees(card, job):
            return []
        try:
            thread = (await self._inbox.thread(job.thread_id)).with_person(card.thread.person)
        except Gone as error:
            return await self._bury(card) if error.code else []
        except (RateLimited, Unavailable):
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
        """Refresh every thread with the person whose default assignee changed."""
        person = job.event.contact_id or job.event.person_platform_id or ""
        return [Refresh(thread_id=one, event=job.event) for one in sorted(await self._cards.threads_of(person))]

    async def _bury(self, card: Card) -> list[Job]:
        await self._cards.bury(card.thread.id)
        if card.thread.person is not None:
            await self._people.forget(card.thread.person)
        return [Render(thread_id=card.thread.id)]

    # --- in Slack --------------------------------------------------------------------------------------------------

    async def post(self, job: Post, _: object) -> list[Job]:
        """A new card, or a message below the card that the thread has."""
        async with self._reaching(job):
            return await self._post(job)

    async def _post(self, job: Post) -> list[Job]:
        await self._slot(job)
        card = await self._cards.get(job.thread_id)
        if card is None:
            return []
        card = await self._with_latest(card, job.message)
        place = await self._cards.place(job.thread_id)
        if place is not None:
            note = follow_up(job.message, card.thread.person)
            try:
                await self._once(job, place.channel, await self._fit(card, place.channel, note), place.ts)
                return [Render(thread_id=job.thread_id), *await self._shared(place.channel)]
            except SlackRefused as error:
                if place.channel == job.channel or error.code not in LOST:
                    raise  # else the card is in a channel of earlier days that is gone: here comes a new one
        await self._cards.put(job.thread_id, await self._once(job, job.channel, await self._draw(card, job.channel)))
        changed = await self._cards.get(job.thread_id) != card  # while the card had no place to be drawn at
        return [*([Render(thread_id=job.thread_id)] if changed else []), *await self._shared(job.channel)]

    async def _fit(self, card: Card, channel: str, message: Msg) -> Msg:
        """`message`, or what may stand in a channel where another organisation reads along."""
        if await self._consent.shows(channel):
            return message
        return closed_note(await self._account(card.thread.account_link_id))

    async def _shared(self, channel: str) -> list[Job]:
        """Admins are told of a channel whose messages are not shown, once."""
        if await self._consent.shows(channel):
            return []
        return [TellAdmins(name=f"shared:{channel}", text=words.shared_channel(channel))]

    @asynccontextmanager
    async def _reaching(self, job: Post | Announce | Missed) -> AsyncIterator[None]:
        """Where the channel takes no posts, admins are told once, and the posts wait for a day before they are lost."""
        notice = f"channel:{job.channel}"
        try:
            yield
        except SlackRefused as error:
            if error.code not in LOST or job.age > WAITS:
                raise
            told = TellAdmins(name=notice, text=words.lost_channel(job.channel, error.code))
            raise Later(self._look_again, job, told) from error
        if job.age > self._look_again / 2:  # it may have been one of those that waited
            await self._rights.well(notice)

    async def _once(self, job: Post, channel: str, message: Msg, thread_ts: str | None = None) -> Place:
        """Post, unless an attempt whose outcome is unknown turns out to have posted it."""
        mark = {"message_id": job.message.id}
        if job.tries:
            found = await self._slack.find(channel, job.message.id, thread_ts=thread_ts, since=job.at.timestamp() - 5)
            if found:
                return found
        return await self._slack.post(channel, message, thread_ts=thread_ts, metadata=mark)

    async def _with_latest(self, card: Card, message: Message) -> Card:
        """The card with `message` on it, unless it shows a later one."""
        if card.latest is not None and card.latest.created_at > message.created_at:
            return card
        await self._cards.put_latest(card.thread.id, message)
        return card.model_copy(update={"latest": message})

    async def _slot(self, job: Job) -> None:
        """Raises `Later` until the channel takes another post."""
        if wait := await self._pace.channel(job.channel):  # type: ignore[union-attr]  # jobs of a channel's lane
            raise Later(wait, job)

    # --- after a time away -----------------------------------------------------------------------------------------

    async def digest(self, job: Digest, _: object) -> list[Job]:
        """One message that sums up, then each thread; the busiest channel sees no storm."""
        missed = await self._feed.collect(job.ref)
        if not missed or self._channel is None:
            return []
        total = sum(one.messages for one in missed)
        text = words.digest(total, len(missed), missed[0].since, stale=job.stale)
        threads = [Missed(channel=self._channel, thread_id=one.thread_id, since=one.since) for one in missed]
        return [Announce(channel=self._channel, text=text), *threads]

    async def announce(self, job: Announce, _: object) -> list[Job]:
        """Say it to the channel."""
        async with self._reaching(job):
            await self._slot(job)
            await self._slack.post(job.channel, {"text": job.text, "blocks": []})
        return []

    async def missed(self, job: Missed, _: object) -> list[Job]:
        """The card of a thread that is still open, and below it what was written meanwhile."""
        async with self._reaching(job):
            return await self._missed(job)

    async def _missed(self, job: Missed) -> list[Job]:
        await self._slot(job)
        try:
            thread = await self._inbox.thread(job.thread_id)
            messages = await self._inbox.messages(job.thread_id)
        except Gone:
            return []
        missed = await self._feed.missed(one.id for one in messages)
        since = [one for one in reversed(messages) if one.inbound and (one.id in missed or one.created_at >= job.since)]
        shown = await self._feed.shown(one.id for one in since)
        new = [one for one in since if one.id not in shown]
        then = [*await self._learn(thread), Render(thread_id=thread.id)]
        await self._people.saw(thread)
        card = await self._cards.get(thread.id)
        place = await self._cards.place(thread.id)
        if card is None or not new or (thread.archived and place is None):
            return then
        card = await self._with_latest(card, new[-1])
        if place is None:
            place = await self._slack.post(job.channel, await self._draw(card, job.channel))
            await self._cards.put(thread.id, place)
            await self._feed.show([new[-1].id])  # the card shows it
            new = new[:-1]
        if new:
            note = await self._fit(card, place.channel, meanwhile(new, card.thread.person))
            await self._slack.post(place.channel, note, thread_ts=place.ts)
            await self._feed.show(one.id for one in new)
        return then

    async def render(self, job: Render, _: object) -> list[Job]:
        """Draw the card as things are now."""
        card, place = await self._cards.get(job.thread_id), await self._cards.place(job.thread_id)
        if card is None or place is None:
            return []
        try:
            await self._slack.update(place, await self._draw(card, place.channel))
        except SlackRefused as error:
            log.warning("card_not_drawn", ref=job.ref, thread=job.thread_id, error=error.code)
        return []

    async def _draw(self, card: Card, channel: str) -> Msg:
        """The card as it may stand in `channel`."""
        thread = card.thread
        if not await self._consent.shows(channel):
            return closed_card(card, account=await self._account(thread.account_link_id))
        return thread_card(
            card, account=await self._account(thread.account_link_id), assignee=await self._assignee(thread.assignee_id)
        )

    async def _account(self, account_link_id: str) -> str:
        try:
            async with asyncio.timeout(NAMES_WITHIN):
                for fresh in (False, True):
                    for link in await self._people.account_links(self._inbox.account_links, fresh=fresh):
                        if link.id == account_link_id:
                            return link.label
        except (InboxError, TimeoutError):
            pass  # a card without the account's name is better than no card
        return "your account"

    async def _assignee(self, member_id: str | None) -> str | None:
        if member_id is None:
            return None
        try:
            async with asyncio.timeout(NAMES_WITHIN):
                for fresh in (False, True):
                    for member in await self._people.members(self._inbox.members, fresh=fresh):
                        if member.id == member_id:
                            return member.label
        except (InboxError, TimeoutError):
            pass
        return "a colleague"

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
        except Unavailable as error:
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
            await self._feed.miss(event)
        else:
            await self._feed.turn(event, asked)


def _state(thread: Thread) -> tuple[bool, str | None, bool]:
    """What a card shows of a thread besides its messages."""
    return thread.archived, thread.assignee_id, thread.is_request


def _agrees(card: Card, job: Refresh) -> bool:
    """Whether the card shows already what the event or the answer tells."""
    if job.shown is not None:
        return _state(job.shown) == _state(card.thread)
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
