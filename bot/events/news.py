"""What happens in Inbox: the event feed, webhooks, and what they change of what is known.

An event passes three lanes of its conversation: one finds out what it says, in the order of the feed; one posts it; one
draws the card. What changed elsewhere is read again from Inbox rather than believed of a late event.

Learns what is true. `inbox` should be paced as background work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot import words
from bot.cards.jobs import Amend, Announce, Move, Post, Render
from bot.cards.store import Cards
from bot.context import Bot
from bot.errors import Gone, InboxError, NotNow, RateLimited
from bot.events.jobs import Campaign, Digest, Notify, Outbound, Recheck, Refresh, RefreshPerson, Sync
from bot.events.store import Missed
from bot.feature import Feature
from bot.inbox.client import Inbox
from bot.inbox.event import Event
from bot.models import Card, Message, Note, Thread
from bot.people.directory import Directory
from bot.queue.job import Job, Keep, Later, utc_now
from bot.routing import decide
from bot.stats.count import counted

log = structlog.get_logger(__name__)

AWAY: Final = 300.0  # seconds without reading the feed: what happened meanwhile is summed up
HISTORY: Final = 24 * 3600.0  # seconds; an older message of a thread that is being imported is no news
READ_AGAIN: Final = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds until the feed is tried again, before order is given up
RECHECK: Final = 5.0  # seconds until a thread that Inbox did not show is asked for again
MISSING: Final = (1.0, 2.0, 4.0)  # seconds between looks for a message that Inbox told of and does not show
LISTED: Final = 1000  # messages of a conversation in which very much is written, read at once
FEW: Final = 5  # threads without cards that a digest asks for one by one
TOGETHER: Final = 50  # events of the feed whose turns share a round trip to Redis
READ_FOR: Final = 2.0  # seconds of reading in one job; a long feed takes several
OVERLAP: Final = timedelta(minutes=10)  # of two versions' feeds, as Inbox's clock and ours may differ
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


async def first_seen(thread_id: str, inbox: Inbox, cards: Cards, people: Directory) -> Card:
    """What Inbox says of a thread of which nothing was known. Raises `InboxError`."""
    thread = await inbox.thread(thread_id)
    await cards.write(thread)
    await people.saw(thread)
    return await cards.get(thread_id) or Card(thread=thread)


feature = Feature()


@feature.handles(Notify)
async def notify(job: Notify, _: Keep, bot: Bot) -> list[Job]:
    """An inbound message: note it, and post it where it belongs."""
    try:
        message, thread = await _message(bot, job)
    except Gone as error:
        if job.tries < len(MISSING):  # told of sooner than it can be read
            raise Later(MISSING[job.tries], job.model_copy(update={"tries": job.tries + 1})) from error
        log.warning("message_gone", ref=job.ref, event_id=job.event.id)
        return []
    if thread is None or not message.inbound:
        return []
    if thread.syncing and (utc_now() - message.created_at).total_seconds() > HISTORY:
        log.info("imported", ref=job.ref, event_id=job.event.id)  # old messages of an account that was just linked
        return []
    await bot.directory.saw(thread)
    await bot.waiting.wrote(thread.id, message.created_at.timestamp())
    return [*await learn(bot.cards, thread), *await _to_show(bot, thread, message, job.event.seq)]


async def _to_show(bot: Bot, thread: Thread, message: Message, seq: int) -> list[Job]:
    """A post where the rules want it; where they want it elsewhere than the card is, the card moves there."""
    channel = await decide.place(bot, thread, message)
    if channel is None or not await bot.posts.put(message, channel, seq):
        return []
    post = Post(channel=channel, thread_id=thread.id, message=message, waits=True)
    if await bot.feed.owed(thread.id):  # the summary of what was missed there may wait for a slot of its own
        await bot.lanes.hurry(post)
    return [post]


@feature.handles(Outbound)
async def outbound(job: Outbound, _: Keep, bot: Bot) -> list[Job]:
    """What our side wrote answers whoever waits; a campaign answers nobody."""
    if job.campaign:
        await bot.routes.saw_campaign(job.thread_id)
    else:
        await bot.waiting.answered(job.thread_id, job.written.timestamp())
    card = await bot.cards.get(job.thread_id)
    return [Refresh(thread_id=job.thread_id)] if card and card.gone else []  # nobody writes where there is nothing


@feature.handles(Campaign)
async def campaign(job: Campaign, _: Keep, bot: Bot) -> list[Job]:
    """A rule may ask for it; the event may come after the message that it tells of."""
    await bot.routes.saw_campaign(job.thread_id)
    card, place = await bot.cards.get(job.thread_id), await bot.cards.place(job.thread_id)
    if card is None or place is None:
        return []
    channel = (await decide.decide(bot, card.thread, card.latest)).channel
    return [Move(channel=channel, thread_id=job.thread_id)] if channel and channel != place.channel else []


async def _message(bot: Bot, job: Notify) -> tuple[Message, Thread | None]:
    """The message and its thread with its person, from the payload where it carries them, else from Inbox."""
    message, thread = job.event.message, job.event.thread
    listed = False
    if message is None:
        message, thread, listed = await _read(bot, job)
    if not message.inbound:
        return message, None
    if thread is None or thread.person is None:
        known = await bot.cards.get(message.thread_id)
        person = known.thread.person if known else None
        if listed and known:
            thread = known.thread
        if thread is None or person is None:
            thread = await bot.background.thread(message.thread_id)
        thread = thread.with_person(person)
    return message, thread


async def _read(bot: Bot, job: Notify) -> tuple[Message, Thread | None, bool]:
    """The message from Inbox, and whether from a list: one person's flood does not spend all calls of the team."""
    message_id, thread_id = job.event.message_id or "", job.event.thread_id or ""
    if found := await bot.posts.read_lately(thread_id, message_id):
        return found, None, True
    if await bot.posts.is_busy(thread_id):
        if wait := await bot.posts.listing_rests(thread_id):
            raise Later(wait, job)
        messages = await bot.background.messages(thread_id, LISTED)
        await bot.posts.keep_read(thread_id, messages)
        if found := next((one for one in messages if one.id == message_id), None):
            return found, None, True
    return *await bot.background.message(message_id, thread_id), False


@feature.handles(Refresh)
async def refresh(job: Refresh, _: Keep, bot: Bot) -> list[Job]:
    """Learn what is true of a thread that has a card, unless the card shows it already."""
    card = await bot.cards.get(job.thread_id)
    if card is None:
        await bot.cards.pass_over(job.thread_id)  # its first message may be on its way, with what was true before
        card = await bot.cards.get(job.thread_id)
    if card is None:
        return []
    if job.event and job.event.type == "thread.deleted":
        return await _bury(bot, card)
    if not card.gone and _agrees(card, job):
        return []
    try:
        thread = _told(await bot.background.thread(job.thread_id), job.event).with_person(card.thread.person)
    except Gone as error:
        return await _bury(bot, card) if error.code else []
    except NotNow:
        return [Recheck(thread_id=job.thread_id)]  # people's clicks wait in this lane
    await bot.directory.saw(thread)
    await bot.cards.write(thread, notes=_notes(card.thread, thread, job))
    return [Render(thread_id=job.thread_id)]


@feature.handles(Recheck)
async def recheck(job: Recheck, _: Keep, bot: Bot) -> list[Job]:
    """Wait, then refresh."""
    if not job.waited:
        raise Later(RECHECK, job.model_copy(update={"waited": True}))
    return [Refresh(thread_id=job.thread_id)]


@feature.handles(RefreshPerson)
async def refresh_person(job: RefreshPerson, _: Keep, bot: Bot) -> list[Job]:
    """Refresh every thread with the person whose default assignee, tags or status changed."""
    person = job.event.contact_id or job.event.person_platform_id or ""
    return [Refresh(thread_id=one, event=job.event) for one in sorted(await bot.cards.threads_of(person))]


async def _bury(bot: Bot, card: Card) -> list[Job]:
    await bot.cards.bury(card.thread.id)
    if card.thread.person is not None:
        await bot.directory.forget(card.thread.person)
    return [Render(thread_id=card.thread.id)]


@feature.handles(Digest)
async def digest(job: Digest, _: Keep, bot: Bot) -> list[Job]:
    """One message for each channel that sums up, and then shows each thread; the busiest sees no storm."""
    missed, places, began = await bot.feed.collect(job.ref), dict(job.places), utc_now()
    places = places or await _listed(bot, missed)
    for one in missed:
        if one.thread_id not in places:
            if (utc_now() - began).total_seconds() > READ_FOR:
                raise Later(0.0, job.model_copy(update={"places": places}))
            try:
                places[one.thread_id] = await _where(bot, one.thread_id)
            except RateLimited as error:
                raise Later(error.retry_after, job.model_copy(update={"places": places})) from error
    follow: list[Job] = []
    for channel in dict.fromkeys(filter(None, places.values())):
        here = [one for one in missed if places[one.thread_id] == channel]
        text = words.digest(sum(one.messages for one in here), len(here), here[0].since, stale=job.stale)
        follow.append(Announce(channel=channel, text=text, threads={one.thread_id: one.since for one in here}))
    return follow


async def _listed(bot: Bot, missed: Sequence[Missed]) -> dict[str, str | None]:
    """The channels of many threads without cards, for a few calls instead of one for each thread."""
    if len(missed) < FEW or not await bot.routes.rules():
        return {}
    try:
        threads = await bot.background.recent_threads(min(one.since for one in missed))
    except InboxError:  # then they are asked for one by one
        return {}
    wanted, places = {one.thread_id for one in missed}, dict[str, str | None]()
    for thread in threads:
        if thread.id in wanted and not await bot.cards.place(thread.id):
            places[thread.id] = (await decide.decide(bot, thread, thread.last_message)).channel
    return places


async def _where(bot: Bot, thread_id: str) -> str | None:
    """The channel of a thread in which somebody wrote while the bot was away: its card's, else the rules'."""
    if place := await bot.cards.place(thread_id):
        return place.channel
    if not await bot.routes.rules():
        return bot.settings.notify_channel  # without asking Inbox
    try:
        thread = await bot.background.thread(thread_id)
    except Gone:
        return None
    return (await decide.decide(bot, thread, thread.last_message)).channel


# --- the feed --------------------------------------------------------------------------------------------------
@feature.handles(Sync)
async def sync(job: Sync, _: Keep, bot: Bot) -> list[Job]:
    """Give every event after the cursor its turn, then those whose webhook came but that the feed does not show.

    Where the feed cannot be read for a while, the events that wait go on in their own order: better than never.
    """
    follow: list[Job] = []
    waiting = await bot.feed.waiting()  # what comes during the reading has a reading of its own, for its order
    try:
        if not await _read_on(bot):
            return [Sync()]
        follow = await _summed_up(bot)
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
        await bot.feed.turn(event, wanted(event))
    return follow


async def _read_on(bot: Bot) -> bool:
    """Read the feed to its end, or for a while: whether the end was reached.

    What happened before the bot ran for the first time is history. What happened during a time away is only
    counted, for the digest.
    """
    spoken = bot.background.version
    cursor, last = await bot.feed.cursor(), await bot.feed.read_at()
    began = await _begins(bot, cursor, last)
    at = utc_now()
    missed_until = await _away(bot, last, at) if last is not None else None
    while (utc_now() - at).total_seconds() < READ_FOR:
        page = await bot.background.events(cursor)
        if bot.background.version != spoken:
            return False  # whose feed the page is of is not known, and the cursor is not this version's
        for start in range(0, len(page.events), TOGETHER):
            part = page.events[start : start + TOGETHER]
            ours = [one for one in part if began is None or one.created_at >= began]
            await asyncio.gather(*(_turn(bot, one, missed_until) for one in ours))  # asked of Redis in this order
            await bot.feed.advance(part[-1].seq, spoken)
            if (utc_now() - at).total_seconds() > READ_FOR:
                return False  # a slow Redis gets through a page all the same
        cursor = page.last_seq if page.last_seq is not None else cursor
        await bot.feed.advance(cursor or 0, spoken)
        if not page.has_more or page.last_seq is None:
            await bot.feed.was_read(at)
            return True
    return False


async def _begins(bot: Bot, cursor: int | None, last: datetime | None) -> datetime | None:
    """Since when events have their turn, until a feed has been read through for the first time; then None.

    What happened before the first start is history. What the other API version's feed told is known: reading up to
    a week of it again would hold up what is new.
    """
    before = await bot.feed.read_before()
    if last is not None and cursor is not None and before is None:
        return None
    began = await bot.feed.began()
    return max(began, before - OVERLAP) if before else began


async def _away(bot: Bot, last: datetime, at: datetime) -> datetime | None:
    """Until when nobody has read the feed, if for long; after longer than it goes back, look at the threads."""
    if (at - last).total_seconds() <= AWAY:
        return None
    if at - last > KEPT and await bot.feed.is_first_gap(last):
        for thread in await bot.background.recent_threads(last):
            await bot.feed.miss_thread(thread.id, last)
    return await bot.feed.absence(last, at)


async def _summed_up(bot: Bot) -> list[Job]:
    """The digest of what was missed, now or by a reading that died before its digest."""
    return [Digest(stale=await bot.feed.had_gap())] if await bot.feed.has_missed() else []


async def _turn(bot: Bot, event: Event, missed_until: datetime | None) -> None:
    asked, late = wanted(event), missed_until is not None and event.created_at < missed_until
    if late and any(isinstance(one, Notify) for one in asked) and event.thread_id:
        await bot.feed.miss(event, [one for one in asked if not isinstance(one, Notify)])
        await bot.waiting.wrote(event.thread_id, event.created_at.timestamp())
    else:
        await bot.feed.turn(event, asked)


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
    note = Note(who=None, at=job.event.created_at if job.event else utc_now())
    changed = {"archived": before.archived != after.archived, "assigned": before.assignee_id != after.assignee_id}
    return {name: note for name, differs in changed.items() if differs}
