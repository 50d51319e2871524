"""Replies from a card: the form, who has it open, and the `Send` that comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from bot import jobs
from bot.answers import Answers
from bot.errors import Gone, InboxError, NotNow, Unidentified
from bot.forms import Forms, remembered
from bot.gate import Actor, Gate
from bot.inbox import Inbox
from bot.jobs import Fade, Job, Keep, Later, OpenReply, Receipt, Render, Reply, Send, StopReplying
from bot.models import AccountLink, Address, Card, Message, Thread
from bot.news import first_seen
from bot.slack import Slack
from bot.store.cards import Cards
from bot.store.intents import Intents
from bot.store.lanes import Lanes
from bot.store.people import People
from bot.store.preferences import Preferences
from bot.store.replies import Replies
from bot.views import reply_modal, why_not, words
from bot.writing import Writing

log = structlog.get_logger(__name__)

TITLE: Final = "Reply"
SHOWN: Final = 5  # messages of the conversation in the form


class Replying:
    """From the press of Reply to the message that is written down to be sent."""

    def __init__(
        self,
        gate: Gate,
        slack: Slack,
        inbox: Inbox,
        people: People,
        cards: Cards,
        replies: Replies,
        intents: Intents,
        preferences: Preferences,
        lanes: Lanes,
        forms: Forms,
        answers: Answers,
        writing: Writing,
    ) -> None:
        self._gate, self._slack, self._inbox, self._people, self._cards = gate, slack, inbox, people, cards
        self._replies, self._intents, self._preferences, self._lanes = replies, intents, preferences, lanes
        self._forms, self._answers, self._writing = forms, answers, writing

    async def open(self, job: OpenReply, _: Keep) -> list[Job]:
        """Fill the loading view with the conversation and a field, or with the reason why there is none."""
        actor = await self._forms.actor(job, TITLE)
        if actor is None:
            return []
        try:
            card = await self._cards.get(job.thread_id)
            if card is None:  # from a list, which names threads that have no card yet
                card = await first_seen(job.thread_id, self._inbox, self._cards, self._people)
            thread, link, messages = await asyncio.gather(
                self._now(card), self._account(card.thread), self._messages(job.thread_id)
            )
        except InboxError as error:
            await self._forms.notice(job, TITLE, self._answers.explain(error, job.asker, job.ref))
            return [jobs.Refresh(thread_id=job.thread_id)]
        if reason := why_not(thread, link):
            await self._forms.notice(job, TITLE, reason)
            return [jobs.Refresh(thread_id=job.thread_id, shown=thread)]
        return await self._fill(job, actor, thread, link, messages)

    async def _fill(
        self,
        job: OpenReply,
        actor: Actor,
        thread: Thread,
        link: AccountLink | None,
        messages: Sequence[Message] | None,
    ) -> list[Job]:
        others = await self._replies.begin(job.thread_id, actor.user, actor.name)
        view = reply_modal(
            thread=thread,
            account=link.label if link else "your account",
            assignee=await self._assignee(thread),
            takes=thread.assignee_id is None and await self._takes(job.thread_id),
            messages=messages,
            others=[(one.name, one.since) for one in others],
            characters=await self._limit(thread.platform),
            metadata=remembered(job.thread_id, job.asker),
        )
        shown = False
        try:
            shown = await self._forms.fill(job.view_id, view)
        finally:
            if not shown:
                await self._replies.end(job.thread_id, actor.user)
        if not shown:
            return []
        return [Render(thread_id=job.thread_id), Fade(thread_id=job.thread_id)]

    async def _now(self, card: Card) -> Thread:
        """The thread as it is; as it was where Inbox does not answer, so that a reply can wait for Inbox."""
        try:
            return (await self._inbox.thread(card.thread.id)).with_person(card.thread.person)
        except Gone:
            raise
        except InboxError as error:
            log.info("thread_not_read", thread=card.thread.id, status=error.status)
            return card.thread

    async def _account(self, thread: Thread) -> AccountLink | None:
        """The account that sends; its state is asked for anew, as no event tells of it."""
        try:
            links = await self._people.account_links(self._inbox.account_links, fresh=True)
        except InboxError:
            return None
        return next((link for link in links if link.id == thread.account_link_id), None)

    async def _assignee(self, thread: Thread) -> str | None:
        if thread.assignee_id is None:
            return None
        try:
            member = await self._gate.member(thread.assignee_id)
        except InboxError:
            member = None
        return member.label if member else "a colleague"

    async def _takes(self, thread_id: str) -> bool:
        """Whether a reply assigns the thread, by the choice of the channel that its card is in."""
        place = await self._cards.place(thread_id)
        return place is None or (await self._preferences.channel(place.channel)).reply_assigns

    async def _messages(self, thread_id: str) -> Sequence[Message] | None:
        """The last messages, oldest first; None where Inbox does not show them now."""
        try:
            found = await self._inbox.messages(thread_id, SHOWN)
        except InboxError:
            return None
        return [one.at(jobs.now()) for one in reversed(found)]

    async def _limit(self, platform: str) -> int | None:
        try:
            known = await self._people.platforms(self._inbox.platforms)
        except InboxError:
            return None
        return next((one.characters for one in known if one.platform == platform), None)

    async def reply(self, job: Reply, _: Keep) -> list[Job]:
        """The one attempt to send that everything after this belongs to, written down."""
        drawn = await self._stopped(job.thread_id, job.asker.user)
        try:
            actor = await self._gate.actor(job.asker)
            card = await self._cards.get(job.thread_id)
            if card is None or card.gone:
                why = words.GONE if card else words.NO_CARD
                return [await self._answers.not_sent(job, why, "no such conversation"), *drawn]
            thread, link = await self._with_person(card), await self._link(card.thread)
            body = await self._writing.decoded(job.text)
        except (NotNow, Unidentified) as error:
            return await self._answers.later_or_failed(job, error)
        if thread.person is None:
            return [await self._answers.not_sent(job, words.NO_WAY, "no way"), *drawn]
        send = Send(
            ref=job.ref,
            at=job.at,
            intent=job.key,
            address=Address.within(thread, thread.person),
            person=thread.person,
            url=thread.url,
            account=link.label if link else "your account",
            text=body,
            asker=job.asker,
            member=actor.member.id,
            writer=actor.name,
            card=thread.id,
            receipt=job.key,
        )
        await self._intents.keep(send)
        return [Receipt(send=send, state="sending"), send, *drawn]

    async def _with_person(self, card: Card) -> Thread:
        return card.thread if card.thread.person else await self._inbox.thread(card.thread.id)

    async def _link(self, thread: Thread) -> AccountLink | None:
        links = await self._people.account_links(self._inbox.account_links)
        return next((link for link in links if link.id == thread.account_link_id), None)

    async def stop(self, job: StopReplying, _: Keep) -> list[Job]:
        """The form was closed."""
        return await self._stopped(job.thread_id, job.asker.user)

    async def _stopped(self, thread_id: str, user: str) -> list[Job]:
        await self._replies.end(thread_id, user)
        await self._lanes.hurry(Fade(thread_id=thread_id))
        return [Render(thread_id=thread_id)]

    async def fade(self, job: Fade, _: Keep) -> list[Job]:
        """Draw the card each time that somebody's open form is no longer believed."""
        then: list[Job] = [Render(thread_id=job.thread_id)] if job.waited else []
        writers = await self._replies.writers(job.thread_id)
        if not writers:
            return then
        left = (min(one.until for one in writers) - jobs.now()).total_seconds()
        raise Later(max(left, 0.05), job.model_copy(update={"waited": True}), *then)
