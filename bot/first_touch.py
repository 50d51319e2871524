"""What speaks against a first message: a colleague or a campaign wrote already, or the account or the plan forbids it.

A conversation in which both sides have written is none of it: there, anybody may go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from bot.errors import InboxError, NotNow
from bot.gate import Actor
from bot.inbox import Inbox
from bot.jobs import now
from bot.models import AccountLink, Candidate, Member, Message
from bot.store.cards import Cards
from bot.store.intents import Intents, Wrote
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
    """Raises `NotNow` where Inbox does not tell; any other refusal is the send's to explain."""

    def __init__(self, inbox: Inbox, people: People, cards: Cards, intents: Intents) -> None:
        self._inbox, self._people, self._cards, self._intents = inbox, people, cards, intents

    async def judge(
        self, to: Candidate, known: Sequence[Candidate], links: Sequence[AccountLink], actor: Actor, asked: datetime
    ) -> Verdict:
        """What to ask before `actor` writes to `to`; `known` are all conversations with them, and perhaps others'.

        What the API sent after they `asked` is their own message: Redis went back, and this is worked once more.
        """
        writers = await self._intents.writers(to.person)
        same = [one for one in known if one.person.platform_id == to.person.platform_id]
        threads = {one.thread_id: one.account_link_id or "" for one in (to, *same) if one.thread_id}
        if actor.user in writers or (set(threads) == {to.thread_id} and await self._wrote_to_us(to.thread_id or "")):
            return Verdict([], first=False)
        talks = {one: await self._messages(one) for one in list(threads)[:THREADS]}
        here = {one.direction for one in talks.get(to.thread_id or "", [])}
        if len(here) == 2:
            return Verdict([], first=False)
        labels = {one.id: one.label for one in links}
        ours = [
            (one, labels.get(threads[thread], ""))
            for thread, talk in talks.items()
            for one in talk
            if not (one.author == "api" and one.created_at > asked)
        ]
        doubts = await self._written(ours, writers, actor) + await self._account(to.account_link_id or "", links)
        first = not (writers or any(talks.values()))
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
        except NotNow:
            raise
        except InboxError:
            return []

    async def _written(
        self, messages: Sequence[tuple[Message, str]], writers: Mapping[str, Wrote], actor: Actor
    ) -> list[str]:
        """The latest that somebody else of the team wrote in the last days, unless `actor` has written too.

        `messages` come with the label of their account; `writers` wrote through this bot, as the API names nobody.
        """
        wrote = [(one.at, f"<@{user}>", one.account) for user, one in writers.items()]
        for one, account in messages:
            if one.inbound or one.deleted or one.created_at < now() - RECENT or (one.author == "api" and writers):
                continue
            who = await self._writer(one, actor)
            if who is None:
                return []
            wrote.append((one.created_at, who, account))
        return [words_find.wrote_before(who, account, at) for at, who, account in sorted(wrote)[-1:]]

    async def _writer(self, message: Message, actor: Actor) -> str | None:
        """Who wrote it, as mrkdwn; None for `actor`."""
        if message.author not in ("member", "agent") or message.writer_id is None:
            return words_find.somebody(message.author)
        if message.writer_id in (actor.member.id, actor.member.user_id):
            return None
        return words_find.colleague(await self._member(message.writer_id))

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
