"""Finding conversations from Slack: `/inbox find`, `mine`, `unassigned`, `requests`, and profiles that people paste.

A list is private and stays as it was read, so that pages do not shift; a conversation that is acted on from it shows
what became of it.

Every method that reads for somebody asks the gate first.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from bot import accept, text, words
from bot.context import Bot
from bot.errors import InboxError, Mistake, PlatformUnknown
from bot.feature import Console, Feature
from bot.inbox.search import Search
from bot.lists import words as words_find
from bot.lists.box_views import BOXED, Boxes
from bot.lists.jobs import LookUp, ShowAgain
from bot.lists.profiles import in_text
from bot.lists.store import MOST, Listing
from bot.lists.views import PAGE, Item, listing
from bot.models import Thread
from bot.people.answers import say, tell
from bot.people.jobs import Tell
from bot.queue.job import Asker, Job, Keep
from bot.recipient import Recipient, Unreadable, is_definite, read_in_slack
from bot.slack.payloads import Ack, Body, asker, button_value, seen_in, ticked_now
from bot.slack.visible_text import seen

log = structlog.get_logger(__name__)

feature = Feature()


@feature.shortcut("find_in_inbox")
async def find_in_inbox(ack: Ack, body: Body, bot: Bot) -> None:
    """The message shortcut that looks up the profiles a message links to."""
    recipients = tuple(one.key for one in in_text(seen(body["message"])))
    await accept.asked(bot, LookUp(recipients=recipients, asker=asker(body)))
    await ack()


@feature.action("page_on", "page_back")
async def turn_page(ack: Ack, body: Body, bot: Bot) -> None:
    """Next and Previous; their value is the list and the page."""
    await accept.asked(bot, ShowAgain(seen_in=button_value(body), asker=asker(body)))
    await ack()


@feature.action("tick")
async def tick(ack: Ack, body: Body, bot: Bot) -> None:
    """The box of a row, which only marks it; nothing is drawn, as the box shows it already."""
    listing_id, _page, shown = await bot.listings.seen(seen_in(body), asker(body).user)
    if shown:
        thread_id = str(body["actions"][0]["block_id"]).rpartition("|")[2]
        await bot.ticks.tick(listing_id, thread_id, on=bool(ticked_now(body)))
    await ack()


@feature.action("tick_all", "untick_all")
async def tick_all(ack: Ack, body: Body, bot: Bot) -> None:
    """All rows of all pages, or none."""
    who, wanted = asker(body), body["actions"][0]["action_id"]
    job = ShowAgain(seen_in=seen_in(body), ticks="all" if wanted == "tick_all" else "none", asker=who)
    await accept.asked(bot, job)
    await ack()


@feature.word("mine", help="your open conversations", alone=True)
async def mine(job: Console, typed: str, bot: Bot) -> list[Job]:
    """Those that are assigned to whoever asks."""
    actor = await bot.access.actor(job.asker)
    return await _search(bot, job, Search(kind="mine", about=actor.member.id))


@feature.word("unassigned", help="those that nobody has", alone=True)
async def unassigned(job: Console, typed: str, bot: Bot) -> list[Job]:
    """Open conversations without an assignee."""
    await bot.access.actor(job.asker)
    return await _search(bot, job, Search(kind="unassigned"))


@feature.word("requests", help="message requests", alone=True)
async def requests(job: Console, typed: str, bot: Bot) -> list[Job]:
    """Conversations with people whom nobody has answered or accepted."""
    await bot.access.actor(job.asker)
    return await _search(bot, job, Search(kind="requests"))


@feature.word("find", help="conversations by words or `@handle`")
async def find(job: Console, typed: str, bot: Bot) -> list[Job]:
    """By a handle or an address, whose that is; by words, in which they stand."""
    await bot.access.actor(job.asker)
    rest = typed.split()
    if not rest:
        raise Mistake(words_find.USAGE)
    if len(rest) == 1 and (is_definite(rest[0]) or rest[0].isdecimal()):
        try:
            return await _look_up(bot, job, (read_in_slack(rest[0]),))
        except Unreadable as error:
            colleague = error.why == "colleague"
            raise Mistake(words_find.COLLEAGUE if colleague else words.unreadable(error.why)) from error
    return await _search(bot, job, Search(kind="words", about=text.decode(" ".join(rest))))


@feature.handles(LookUp)
async def look_up(job: LookUp, _: Keep, bot: Bot) -> list[Job]:
    """The conversations with the people whose profiles a message links to."""
    await bot.access.actor(job.asker)
    if not job.recipients:
        return [say(job.asker, words_find.NO_PROFILE)]
    return await _look_up(bot, job, [Recipient.of(one) for one in job.recipients])


async def _search(bot: Bot, job: Console, wanted: Search) -> list[Job]:
    try:
        found = await bot.inbox.search(wanted)
    except InboxError as error:
        return [_unread(job, error)]
    notes = (words_find.looked_at(found.looked),) if found.looked else ()
    about = wanted.about if wanted.kind == "words" else ""
    if not found.threads:
        return [say(job.asker, "\n".join([words_find.empty(wanted.kind, about), *notes]))]
    threads = tuple(found.threads if wanted.kind == "words" else waiting_first(found.threads))
    return [await begin(bot, job, words_find.title(wanted.kind, about, len(threads)), threads, notes)]


async def _look_up(bot: Bot, job: Console | LookUp, recipients: Sequence[Recipient]) -> list[Job]:
    threads: dict[str, Thread] = {}
    notes: list[str] = []
    try:
        links = await bot.directory.account_links()
        for one in recipients:
            try:
                found = await bot.inbox.look_up(one, links)
            except PlatformUnknown as error:
                notes.append(words.platform_unknown(error.platform))
                continue
            known = [(who, thread) for who, thread in found if who.name or who.username or thread]
            threads |= {thread.id: thread for _, thread in known if thread and not thread.idle}
            notes += [words_find.no_conversation(who) for who, thread in known if thread is None]
            notes += [] if known else [words.nobody(one.name, one.platform)]
    except InboxError as error:
        return [_unread(job, error)]
    if not threads:
        return [say(job.asker, "\n".join(notes))]
    title = words_find.title("person", ", ".join(one.name for one in recipients), len(threads))
    return [await begin(bot, job, title, tuple(threads.values()), notes)]


async def begin(
    bot: Bot,
    job: Console | LookUp,
    title: str,
    threads: tuple[Thread, ...],
    notes: Sequence[str],
    *,
    boxes: bool = False,
) -> Tell:
    """The first page of a list that is kept from now on."""
    shown = Listing(user=job.asker.user, title=title, threads=threads, notes=tuple(notes), boxes=boxes)
    await bot.listings.put(job.ref, shown)
    return await _page(bot, job.asker, job.ref, shown, 0)


@feature.handles(ShowAgain)
async def show_again(job: ShowAgain, _: Keep, bot: Bot) -> list[Job]:
    """Another page, or the same one after something on it changed, in the place of what is there."""
    await bot.access.actor(job.asker)
    listing_id, page, shown = await bot.listings.seen(job.seen_in, job.asker.user)
    if shown is None:
        return [say(job.asker, words_find.TOO_OLD)]
    if job.ticks:
        await bot.ticks.put(listing_id, shown.open[:MOST] if job.ticks == "all" else [])
    if job.changed:
        shown = shown.with_change(job.changed, job.shown or await present(bot, job.changed))
        await bot.listings.put(listing_id, shown)
    said = await _page(bot, job.asker, listing_id, shown, page)
    return [said.having(replace=True, goes_on=job.goes_on)]


async def present(bot: Bot, thread_id: str) -> Thread | None:
    """What Inbox last confirmed of a thread that was acted on; None when it was deleted."""
    card = await bot.cards.get(thread_id)
    return card.thread if card and not card.gone else None


async def _page(bot: Bot, asker: Asker, listing_id: str, shown: Listing, page: int) -> Tell:
    size = BOXED if shown.boxes else PAGE
    pages = max(1, -(-len(shown.threads) // size))
    page = max(0, min(page, pages - 1))
    items = await items_of(bot, shown.threads[page * size : (page + 1) * size])
    boxes = None
    if shown.boxes:
        ticked, count = await bot.ticks.of(listing_id), len(shown.open)
        boxes = Boxes(ticked, min(count, MOST), count > MOST, shown.running, shown.said, shown.turn)
    view = listing(
        shown.title, items, seen_in=f"list|{listing_id}", page=page, pages=pages, notes=shown.notes, boxes=boxes
    )
    return tell(asker, view)


async def items_of(bot: Bot, threads: Sequence[Thread]) -> list[Item]:
    """The threads with the names on them, as far as they are known."""
    accounts, members = await bot.directory.account_names(), await bot.directory.member_names()
    snoozed = await bot.snoozes.of([one.id for one in threads])
    return [
        Item(
            one,
            accounts.get(one.account_link_id, "your account"),
            members.get(one.assignee_id, "a colleague") if one.assignee_id else None,
            snoozed.get(one.id),
        )
        for one in threads
    ]


def waiting_first(threads: Sequence[Thread]) -> list[Thread]:
    """Those that wait for an answer, the longest first, then the others."""

    def rank(thread: Thread) -> tuple[bool, float]:
        last = thread.last_message
        return not (last and last.inbound), last.created_at.timestamp() if last else 0.0

    return sorted(threads, key=rank)


def _unread(job: Console | LookUp, error: InboxError) -> Tell:
    log.warning("not_listed", ref=job.ref, status=error.status, code=error.code)
    return say(job.asker, words_find.not_listed(error, job.ref))
