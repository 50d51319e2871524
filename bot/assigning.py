"""Giving a thread to a colleague: the form to choose one, and the word to whom it was given."""

from __future__ import annotations

from typing import Final

import structlog

from bot import jobs
from bot.errors import InboxError, SlackError
from bot.forms import Forms, remembered
from bot.gate import Gate
from bot.inbox import Inbox
from bot.jobs import Asker, Job, Keep, Later, OpenAssign, Tell, TellAssignee
from bot.models import Member
from bot.slack import Slack
from bot.store.cards import Cards
from bot.store.people import People
from bot.store.preferences import Preferences
from bot.views import assign_modal, assigned_message, words

log = structlog.get_logger(__name__)

TITLE: Final = "Assign to…"


class Assigning:
    """Everything about colleagues that a change of assignee needs beside the change itself."""

    def __init__(
        self,
        gate: Gate,
        slack: Slack,
        inbox: Inbox,
        people: People,
        cards: Cards,
        preferences: Preferences,
        forms: Forms,
    ) -> None:
        self._gate, self._slack, self._inbox, self._people = gate, slack, inbox, people
        self._cards, self._preferences, self._forms = cards, preferences, forms

    async def open(self, job: OpenAssign, _: Keep) -> list[Job]:
        """Fill the loading view with the colleagues who have a seat in Inbox."""
        actor = await self._forms.actor(job, TITLE)
        if actor is None:
            return []
        card = await self._cards.get(job.thread_id)
        if card is None or card.gone:
            await self._forms.notice(job, TITLE, words.GONE if card else words.NO_CARD)
            return []
        try:
            members = await self._people.members(self._inbox.members)
        except InboxError:
            await self._forms.notice(job, TITLE, words.UNCHANGED)
            return []
        view = assign_modal(
            members=sorted(members, key=lambda one: one.label.casefold()),
            me=actor.member.id,
            thread=card.thread,
            metadata=remembered(job.thread_id, job.asker),
        )
        await self._forms.fill(job.view_id, view)
        return []

    async def tell(self, job: TellAssignee, _: Keep) -> list[Job]:
        """One direct message to the new assignee, after their quiet hours; none if they do not want it."""
        card, member = await self._cards.get(job.thread_id), await self._gate.member(job.member_id)
        user = await self._user(member) if member else None
        if card is None or user is None:
            return []
        wanted, now = await self._preferences.person(user), jobs.now()
        if not wanted.told_of_assignment or card.thread.assignee_id != job.member_id:
            return []
        if wanted.quiet and (until := wanted.quiet.until(now)):
            raise Later((until - now).total_seconds(), job)
        place = await self._cards.place(job.thread_id)
        try:
            link = await self._slack.permalink(place) if place else None
        except SlackError:
            link = None
        message = assigned_message(card, by=job.by, link=link)
        return [Tell(asker=Asker(user=user), text=message["text"], blocks=message["blocks"], lasting=True)]

    async def _user(self, member: Member) -> str | None:
        """The Slack user who acts as `member`, linked or by address; None when nobody may."""
        linked = [user for user, has in (await self._people.links()).items() if has == member.id]
        known = [*linked, *([] if linked else [await self._slack.user_with(member.email)] if member.email else [])]
        for user in known:
            if user and await self._gate.acts_as(user, member.id):
                return user
        log.info("assignee_not_in_slack", member=member.id)
        return None
