"""Receipts of replies, below their card: posted as "sending", and drawn anew there until the end is known."""

from __future__ import annotations

from typing import Final

from bot.answers import private_receipt
from bot.consent import Consent
from bot.errors import SlackRefused
from bot.jobs import Job, Keep, Later, Receipt
from bot.models import Privacy, veiled
from bot.refused_channels import RefusedChannels
from bot.slack import Slack
from bot.store.cards import Cards, Place
from bot.store.pace import FIRST, Pace
from bot.store.preferences import Preferences
from bot.store.replies import Replies
from bot.views import Msg, closed_reply, reply_receipt

UNHAPPY: Final = {"unconfirmed", "failed"}


class Receipts:
    """One post for each reply, drawn from the job alone: to run one twice changes nothing."""

    def __init__(
        self,
        slack: Slack,
        cards: Cards,
        replies: Replies,
        pace: Pace,
        consent: Consent,
        preferences: Preferences,
        refused: RefusedChannels,
    ) -> None:
        self._slack, self._cards, self._replies, self._pace = slack, cards, replies, pace
        self._consent, self._preferences, self._refused = consent, preferences, refused

    async def show(self, job: Receipt, _: Keep) -> list[Job]:
        """For all to see; who wrote it is told of an unhappy end besides, and of any where nothing can be posted."""
        card = await self._cards.place(job.send.card)
        private: list[Job] = [private_receipt(job.send, job.state, job.reason)]
        try:
            shown = card is not None and await self._where_possible(job, card, private)
        except SlackRefused:
            shown = False
        if shown and job.message:
            await self._replies.put_receipt_of(job.message.id, job)
        alone = job.state in UNHAPPY or (not shown and job.state != "sending")
        return private if alone and not job.told else []

    async def _where_possible(self, job: Receipt, card: Place, private: list[Job]) -> bool:
        """Whether it stands there with all that it says; where the channel refuses it, its writer need not wait."""
        if job.state == "sending":  # the outcome must not wait behind it
            return await self._draw(job, card)
        later = job.model_copy(update={"told": True})
        async with self._refused.waiting(later, card.channel, [] if job.told else private):
            return await self._draw(job, card)

    async def _draw(self, job: Receipt, card: Place) -> bool:
        """Whether it stands there with all that it says."""
        open_here = await self._consent.shows(card.channel)
        message: Msg = closed_reply(job.state, job.send.account)
        if open_here:
            message = _drawn(job, (await self._preferences.channel(card.channel)).privacy)
        place = await self._replies.receipt_at(job.send.receipt)
        if place is not None:
            await self._slack.update(place, message)
            return open_here
        place = await self._post(job, card, message)
        await self._replies.put_receipt(job.send.receipt, place)
        return open_here

    async def _post(self, job: Receipt, card: Place, message: Msg) -> Place:
        """Post, unless an attempt whose outcome is unknown turns out to have posted it."""
        mark = job.send.receipt
        if job.tries:
            since = job.at.timestamp() - 5
            found = await self._slack.find(card.channel, mark, thread_ts=card.ts, since=since)
            if found:
                await self._slack.update(found, message)
                return found
        if wait := await self._pace.channel(card.channel, job.lane, FIRST, job.at.timestamp()):
            raise Later(wait, job)
        return await self._slack.post(card.channel, message, thread_ts=card.ts, metadata={"message_id": mark})


def _drawn(job: Receipt, privacy: Privacy) -> Msg:
    """Inbox's reason may quote the text: it is told in private."""
    send = job.send
    return reply_receipt(
        writer=send.writer,
        person=send.person.label,
        account=send.account,
        text=veiled(send.text, privacy),
        url=send.url,
        state=job.state,
        reason=job.reason if privacy == "full" else "",
        intent=send.intent,
        at=job.at,
        message=job.message.veiled(privacy) if job.message else None,
    )
