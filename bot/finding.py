"""Finding conversations from Slack: `/inbox find`, `mine`, `unassigned`, `requests`, and profiles that people paste.

A list is private and stays as it was read, so that pages do not shift; a conversation that is acted on from it shows
what became of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import structlog

from bot.answers import say, tell
from bot.errors import InboxError, PlatformUnknown
from bot.gate import Gate
from bot.inbox import Inbox
from bot.jobs import Asker, Change, Console, DrawHome, Job, Keep, LookUp, ShowAgain, Tell
from bot.models import Found, Search, Thread
from bot.recipient import Recipient, Unreadable, is_definite, read_in_slack
from bot.store.cards import Cards
from bot.store.listings import Listing, Listings
from bot.store.people import People
from bot.views import PAGE, Item, listing, text, words, words_find

log = structlog.get_logger(__name__)

_Change = Callable[[Change, Keep], Awaitable[Sequence[Job]]]


class Finding:
    """Every method that reads for somebody asks the gate first."""

    def __init__(self, gate: Gate, inbox: Inbox, people: People, cards: Cards, listings: Listings) -> None:
        self._gate, self._inbox, self._people, self._cards, self._listings = gate, inbox, people, cards, listings

    async def command(self, job: Console, what: str, rest: Sequence[str]) -> list[Job]:
        """`/inbox find …`, `/inbox mine` and the others. Raises `Refused`."""
        actor = await self._gate.actor(job.asker)
        match what:
            case "mine":
                return await self._search(job, Search(kind="mine", about=actor.member.id))
            case "unassigned" | "requests":
                return await self._search(job, Search(kind=what))
        if not rest:
            return [say(job.asker, words_find.USAGE)]
        if len(rest) == 1 and (is_definite(rest[0]) or rest[0].isdecimal()):
            try:
                return await self._look_up(job, (read_in_slack(rest[0]),))
            except Unreadable as error:
                unread = words.unreadable(error.why)
                return [say(job.asker, words_find.COLLEAGUE if error.why == "colleague" else unread)]
        return await self._search(job, Search(kind="words", about=text.decode(" ".join(rest))))

    async def look_up(self, job: LookUp, _: object) -> list[Job]:
        """The conversations with the people whose profiles a message links to."""
        await self._gate.actor(job.asker)
        if not job.recipients:
            return [say(job.asker, words_find.NO_PROFILE)]
        return await self._look_up(job, [Recipient.of(one) for one in job.recipients])

    async def _search(self, job: Console, wanted: Search) -> list[Job]:
        try:
            found = await self._inbox.search(wanted)
        except InboxError as error:
            return [_unread(job, error)]
        notes = (words_find.looked_at(found.looked),) if found.looked else ()
        about = wanted.about if wanted.kind == "words" else ""
        if not found.threads:
            return [say(job.asker, "\n".join([words_find.empty(wanted.kind, about), *notes]))]
        threads = tuple(found.threads if wanted.kind == "words" else waiting_first(found.threads))
        return [await self._begin(job, words_find.title(wanted.kind, about, len(threads)), threads, notes)]

    async def _look_up(self, job: Console | LookUp, recipients: Sequence[Recipient]) -> list[Job]:
        threads: dict[str, Thread] = {}
        notes: list[str] = []
        try:
            links = await self._people.account_links(self._inbox.account_links)
            for one in recipients:
                try:
                    found = await self._inbox.look_up(one, links)
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
        return [await self._begin(job, title, tuple(threads.values()), notes)]

    async def _begin(
        self, job: Console | LookUp, title: str, threads: tuple[Thread, ...], notes: Sequence[str]
    ) -> Tell:
        """The first page of a list that is kept from now on."""
        shown = Listing(user=job.asker.user, title=title, threads=threads, notes=tuple(notes))
        await self._listings.keep(job.ref, shown)
        return await self._page(job.asker, job.ref, shown, 0)

    async def show_again(self, job: ShowAgain, _: object) -> list[Job]:
        """Another page, or the same one after something on it changed, in the place of what is there."""
        await self._gate.actor(job.asker)
        _list, listing_id, page = job.seen_in.split("|")
        shown = await self._listings.get(listing_id)
        if shown is None or shown.user != job.asker.user:
            return [say(job.asker, words_find.TOO_OLD)]
        if job.changed:
            shown = shown.with_change(job.changed, await self.present(job.changed))
            await self._listings.keep(listing_id, shown)
        said = await self._page(job.asker, listing_id, shown, int(page))
        return [said.model_copy(update={"replace": True})]

    async def read(self, wanted: Search, limit: int) -> Found:
        """For a caller that asked the gate. Raises `InboxError`s."""
        return await self._inbox.search(wanted, limit)

    async def present(self, thread_id: str) -> Thread | None:
        """What Inbox last confirmed of a thread that was acted on; None when it was deleted."""
        card = await self._cards.get(thread_id)
        return card.thread if card and not card.gone else None

    async def _page(self, asker: Asker, listing_id: str, shown: Listing, page: int) -> Tell:
        pages = max(1, -(-len(shown.threads) // PAGE))
        page = max(0, min(page, pages - 1))
        items = await self.items(shown.threads[page * PAGE : (page + 1) * PAGE])
        seen_in = f"list|{listing_id}"
        return tell(asker, listing(shown.title, items, seen_in=seen_in, page=page, pages=pages, notes=shown.notes))

    async def items(self, threads: Sequence[Thread]) -> list[Item]:
        """The threads with the names on them, as far as they are known."""
        accounts, members = await self._names()
        return [
            Item(
                one,
                accounts.get(one.account_link_id, "your account"),
                members.get(one.assignee_id, "a colleague") if one.assignee_id else None,
            )
            for one in threads
        ]

    async def _names(self) -> tuple[dict[str, str], dict[str, str]]:
        """The labels of the team's accounts and of its members, by id; a list without them is better than none."""
        try:
            links = await self._people.account_links(self._inbox.account_links)
            members = await self._people.members(self._inbox.members)
        except InboxError:
            return {}, {}
        return {one.id: one.label for one in links}, {one.id: one.label for one in members}


def waiting_first(threads: Sequence[Thread]) -> list[Thread]:
    """Those that wait for an answer, the longest first, then the others."""

    def rank(thread: Thread) -> tuple[bool, float]:
        last = thread.last_message
        return not (last and last.inbound), last.created_at.timestamp() if last else 0.0

    return sorted(threads, key=rank)


def drawn_again(change: _Change) -> _Change:
    """`change`, and then the list or the Home in which it was asked for, as things are now."""

    async def handler(job: Change, keep: Keep) -> list[Job]:
        then = list(await change(job, keep))
        if job.seen_in == "home":
            then.append(DrawHome(changed=job.thread_id, asker=job.asker))
        elif job.seen_in:
            then.append(ShowAgain(seen_in=job.seen_in, changed=job.thread_id, asker=job.asker))
        return then

    return handler


def _unread(job: Console | LookUp, error: InboxError) -> Tell:
    log.warning("not_listed", ref=job.ref, status=error.status, code=error.code)
    return say(job.asker, words_find.not_listed(error, job.ref))
