"""What speaks against a first message: a colleague or a campaign wrote already, or the account or the plan forbids it.

A conversation in which both sides have written is none of it: there, anybody may go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from bot.errors import InboxError, RateLimited, Unavailable
from bot.gate import Actor
from bot.inbox import Inbox
from bot.jobs import now
from bot.models import AccountLink, Candidate, Member, Message
from bot.store.cards import Cards
from bot.store.intents import Intents
from bot.store.people import People
from bot.views import words_find

RECENT: Final = timedelta(days=7)
READ: Final = 50  # of the newest messages of a conversation
THREADS: Final = 5  # conversations with one person that are read
PLATFORMS: Final = {"twitter": "X", "linkedin": "LinkedIn"}


class Verdict(NamedTuple):
    """`doubts` are mrkdwn; `first` says that nobody of the team and the person have exchanged a message."""

    doubts: list[str]
    first: bool


class FirstTouch:
    """Raises `RateLimited` and `Unavailable` where Inbox does not tell; any other refusal is the send's to explain."""

    def __init__(self, inbox: Inbox, people: People, cards: Cards, intents: Intents) -> None:
        self._inbox, self._people, self._cards, self._intents = inbox, people, cards, intents

    async def judge(
        self, to: Candidate, known: Sequence[Candidate], links: Sequence[AccountLink], actor: Actor
    ) -> Verdict:
        """What to ask before `actor` writes to `to`; `known` are all conversations with them, and perhaps others'."""
        same = [one for one in known if one.person.platform_id == to.person.platform_id]
        threads = {one.thread_id: one.account_link_id or "" for one in (to, *same) if one.thread_id}
        if set(threads) == {to.thread_id} and await self._wrote_to_us(to.thread_id or ""):
            return Verdict([], first=False)
        talks = {one: await self._messages(one) for one in list(threads)[:THREADS]}
        here = {one.direction for one in talks.get(to.thread_id or "", [])}
        if len(here) == 2:
            return Verdict([], first=False)
        doubts = await self._written(talks, threads, links, actor)
        first = not any(talks.values())
        doubts += await self._account(to.account_link_id or "", links)
        refused = await self._intents.plan_refused() if first else None
        return Verdict([*doubts, *([words_find.plan_refused(refused)] if refused else [])], first)

    async def _wrote_to_us(self, thread_id: str) -> bool:
        """Whether a card shows that they wrote: then an answer is no first message, and nothing has to be read."""
        card = await self._cards.get(thread_id)
        seen = (card.latest, card.thread.last_message) if card else ()
        return any(one is not None and one.inbound for one in seen)

    async def _messages(self, thread_id: str) -> list[Message]:
        try:
            return await self._inbox.messages(thread_id, READ)
        except (RateLimited, Unavailable):
            raise
        except InboxError:
            return []

    async def _written(
        self,
        talks: dict[str, list[Message]],
        threads: dict[str, str],
        links: Sequence[AccountLink],
        actor: Actor,
    ) -> list[str]:
        """The latest that somebody else of the team wrote in the last days, unless `actor` has written too."""
        since, accounts = now() - RECENT, {one.id: one.label for one in links}
        ours = [(one, accounts.get(threads[thread], "another account")) for thread in talks for one in talks[thread]]
        ours = [(one, account) for one, account in ours if not (one.inbound or one.deleted or one.created_at < since)]
        writers = [await self._writer(one, actor) for one, _ in ours]
        if not writers or None in writers:
            return []
        (latest, account), who = max(zip(ours, writers, strict=True), key=lambda pair: pair[0][0].created_at)
        return [words_find.wrote_before(who or "", account, latest.created_at)]

    async def _writer(self, message: Message, actor: Actor) -> str | None:
        """Who wrote it, as mrkdwn; None for `actor`. What the API sent was sent by this bot or by another program."""
        if message.author == "api":
            sent = await self._intents.of(message.id)
            if sent is None:
                return words_find.somebody("api")
            return None if sent.asker.user == actor.user else f"<@{sent.asker.user}>"
        if message.author in ("member", "agent") and message.writer_id:
            if message.writer_id in (actor.member.id, actor.member.user_id):
                return None
            return words_find.colleague(await self._member(message.writer_id))
        return words_find.somebody(message.author)

    async def _member(self, writer_id: str) -> Member | None:
        members = await self._people.members(self._inbox.members)
        return next((one for one in members if writer_id in (one.id, one.user_id)), None)

    async def _account(self, account_link_id: str, links: Sequence[AccountLink]) -> list[str]:
        """Why the account cannot send; what was known for a while is asked again before it is held against anybody."""
        if not any(one.id == account_link_id and _is_closed(one) for one in links):
            return []
        fresh = await self._people.account_links(self._inbox.account_links, fresh=True)
        return [
            words_find.account_closed(one.label, one.status, PLATFORMS.get(one.platform, one.platform))
            for one in fresh
            if one.id == account_link_id and _is_closed(one)
        ]


def _is_closed(link: AccountLink) -> bool:
    """v1 does not tell capabilities: none named means none known."""
    return link.status != "active" or bool(link.capabilities and "message:send" not in link.capabilities)
