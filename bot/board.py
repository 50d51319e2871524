"""Cards in Slack: one for each thread, drawn from what is true now, and what else is posted in channels."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from functools import partial
from typing import Final, TypeVar

import structlog

from bot import jobs
from bot.answers import say
from bot.consent import Consent
from bot.errors import Gone, InboxError, SlackRefused, VersionEnded
from bot.inbox import Inbox
from bot.jobs import Announce, Job, Keep, Later, Leave, Missed, Move, Post, Recheck, Render, TellAdmins
from bot.models import AccountLink, Card, Installation, Label, Member, Message
from bot.news import learn
from bot.refused_channels import RefusedChannels
from bot.slack import Slack
from bot.store.cards import Cards, Place
from bot.store.feed import Feed
from bot.store.pace import FIRST, LATER, NEW, Pace
from bot.store.people import People
from bot.store.posts import Posts
from bot.store.preferences import Preferences
from bot.store.replies import Replies
from bot.store.rights import Rights
from bot.views import Msg, closed_card, closed_note, forbidden, meanwhile, steering, thread_card, words

log = structlog.get_logger(__name__)

Item = TypeVar("Item", AccountLink, Label, Member)

NAMES_WITHIN: Final = 2.0  # seconds that a card waits for the names on it
_UNNAMED: Final = ContextVar("unnamed", default=False)  # of the job at hand: each is worked in a task of its own


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
        preferences: Preferences,
        installation: Installation,
        replies: Replies,
        posts: Posts,
        refused: RefusedChannels,
    ) -> None:
        self._preferences, self._installation = preferences, installation
        self._slack, self._inbox, self._people = slack, inbox, people
        self._rights, self._consent, self._replies, self._posts = rights, Consent(slack, rights), replies, posts
        self._cards, self._feed, self._pace, self.refused = cards, feed, pace, refused

    async def fit(self, card: Card, channel: str, message: Msg) -> Msg:
        """`message`, or what may stand in a channel where another organisation reads along."""
        if await self._consent.shows(channel):
            return message
        return closed_note(await self._account(card.thread.account_link_id))

    async def shared(self, channel: str) -> list[Job]:
        """Admins are told of a channel whose messages are not shown, once."""
        if await self._consent.shows(channel):
            return []
        return [TellAdmins(name=f"shared:{channel}", text=words.shared_channel(channel))]

    async def _once(
        self, job: Announce | Move | Missed, mark: str, channel: str, message: Msg, thread_ts: str | None = None
    ) -> Place:
        """Post, unless an attempt whose outcome is unknown turns out to have posted what carries this `mark`."""
        if job.tries:
            found = await self._slack.find(channel, mark, thread_ts=thread_ts, since=job.at.timestamp() - 5)
            if found:
                return found
        return await self._slack.post(channel, message, thread_ts=thread_ts, metadata={"message_id": mark})

    async def stands(self, job: Post | Move | Missed, place: Place, before: Place | None) -> None:
        """The card is there now. Where another channel's lane was faster, this one is closed, and the job done anew."""
        if not await self._cards.put(job.thread_id, place, before):
            raise Later(0.0, job, Leave(thread_id=job.thread_id, old=(place.channel, place.ts)))

    async def with_latest(self, card: Card, message: Message) -> Card:
        """The card with `message` on it, unless it shows a later one."""
        if card.latest is not None and card.latest.created_at > message.created_at:
            return card
        await self._cards.put_latest(card.thread.id, message)
        return card.model_copy(update={"latest": message})

    async def slot(self, job: Job, channel: str, turn: int) -> None:
        """Raises `Later` until the channel takes another post of the class `turn`."""
        if wait := await self._pace.channel(channel, job.lane, turn, job.at.timestamp()):
            raise Later(wait, job)

    async def announce(self, job: Announce, _: object) -> list[Job]:
        """Say it to the channel, and then show the threads that it sums up."""
        async with self.refused.waiting(job, job.channel):
            await self.slot(job, job.channel, FIRST)
            await self._once(job, f"digest-{job.ref}-{job.channel}", job.channel, {"text": job.text, "blocks": []})
        return [Missed(channel=job.channel, thread_id=one, since=since) for one, since in job.threads.items()]

    async def missed(self, job: Missed, _: object) -> list[Job]:
        """The card of a thread that is still open, and below it what was written meanwhile."""
        async with self.refused.waiting(job, job.channel):
            return await self._missed(job)

    async def _missed(self, job: Missed) -> list[Job]:
        if waiting := await self._posts.waiting(job.thread_id):  # something new, and what was missed goes before that
            first = waiting[0].message
            return [Post(channel=job.channel, thread_id=job.thread_id, message=first, waits=True)]
        await self.slot(job, job.channel, LATER)
        try:
            thread = await self._inbox.thread(job.thread_id)
            messages = await self._inbox.messages(job.thread_id)
        except Gone:
            return []
        new = await self._feed.unseen(messages, job.since)
        then = [*await learn(self._cards, thread), Render(thread_id=thread.id)]
        await self._people.saw(thread)
        card = await self._cards.get(thread.id)
        place = await self._cards.place(thread.id)
        if card is None or not new or (thread.archived and place is None):
            await self._feed.caught_up(thread.id)
            return then
        card = await self.with_latest(card, new[-1])
        if place is None:
            drawn = await self.draw(card, job.channel)
            place = await self._once(job, f"card-{thread.id}-{job.ref}", job.channel, drawn)
            await self.stands(job, place, None)
            await self._feed.show([new[-1].id])  # the card shows it
            if new := new[:-1]:
                await self.slot(job, job.channel, LATER)
        if new:
            shown = [await self.fresh(one, place.channel) for one in new]
            note = await self.fit(card, place.channel, meanwhile(shown, card.thread.person))
            await self._once(job, f"missed-{thread.id}-{job.ref}", place.channel, note, place.ts)
            await self._feed.show(one.id for one in new)
        await self._feed.caught_up(thread.id)
        return then

    async def move(self, job: Move, keep: Keep) -> list[Job]:
        """Post the card in another channel, once. Of a job of an older version, the message waits with the others."""
        async with self.refused.waiting(job, job.channel):
            return await self._move(job, keep)

    async def _move(self, job: Move, keep: Keep) -> list[Job]:
        card, place = await self._cards.get(job.thread_id), await self._cards.place(job.thread_id)
        if card is None:
            return []
        if not job.posted:
            if job.message:
                await self._posts.put(job.message, job.channel, marked=True)
                return [Post(channel=job.channel, thread_id=job.thread_id, message=job.message, waits=True)]
            if place is not None and place.channel == job.channel:
                return []
            await self.slot(job, job.channel, FIRST if job.mover else NEW)
            drawn = await self.draw(card, job.channel)
            new = await self._once(job, f"move-{job.ref}", job.channel, drawn)
            job = job.model_copy(update={"posted": new.ts, "old": tuple(place) if place else None})
            await keep(job)
        again = job.model_copy(update={"posted": "", "old": None})
        await self.stands(again, Place(job.channel, job.posted), Place(*job.old) if job.old else None)
        then: list[Job] = [Leave(thread_id=job.thread_id, old=job.old)] if job.old else []
        if job.mover:
            link = self._installation.permalink(job.channel, job.posted)
            then.append(say(job.mover, steering.moved(_name(card), job.channel, link)))
        return [*then, Render(thread_id=job.thread_id), *await self.shared(job.channel)]

    async def leave(self, job: Leave, _: object) -> list[Job]:
        """In the place of the old card stands where the new one is."""
        card, place, old = await self._cards.get(job.thread_id), await self._cards.place(job.thread_id), Place(*job.old)
        if card is None or place is None or place == old:
            return []
        gone = steering.moved_away()
        if await self._consent.shows(old.channel):
            gone = steering.moved_card(_name(card), place.channel, self._installation.permalink(*place))
        await self._change(job, old, gone)
        return []

    async def render(self, job: Render, _: object) -> list[Job]:
        """Draw the card as things are now."""
        card, place = await self._cards.get(job.thread_id), await self._cards.place(job.thread_id)
        if card is None or place is None:
            return []
        await self.refused.unless_known(job, place.channel)
        await self._change(job, place, await self.draw(card, place.channel))
        return named_later(job.thread_id)

    async def _change(self, job: Render | Leave, place: Place, message: Msg) -> None:
        """What cannot be changed stays as it is; where the channel refuses that, it is tried again for a day."""
        try:
            async with self.refused.waiting(job, place.channel):
                await self._slack.update(place, message)
        except SlackRefused as error:
            log.warning("card_not_drawn", ref=job.ref, thread=job.thread_id, error=error.code)

    async def draw(self, card: Card, channel: str) -> Msg:
        """The card as it may stand in `channel`."""
        thread, link = card.thread, await self._link(card.thread.account_link_id)
        account = link.label if link else "your account"
        if not await self._consent.shows(channel):
            return closed_card(card, account=account)
        if latest := card.latest or thread.last_message:
            card = card.model_copy(update={"latest": await self.fresh(latest, channel)})
        status, tags = await self._labels(card)
        return thread_card(
            card,
            account=account,
            assignee=await self._assignee(thread.assignee_id),
            status=status,
            tags=tags,
            replying=[one.name for one in await self._replies.writers(thread.id)],
            no_reply=forbidden(thread, link),
        )

    async def fresh(self, message: Message, channel: str) -> Message:
        """As much of the message as the channel wants to show, with the files that still answer."""
        return message.at(jobs.now()).veiled((await self._preferences.channel(channel)).privacy)

    async def _account(self, account_link_id: str) -> str:
        link = await self._link(account_link_id)
        return link.label if link else "your account"

    async def _link(self, account_link_id: str) -> AccountLink | None:
        """The account; None where Inbox does not say."""
        found = await self._find([account_link_id], partial(self._people.account_links, self._inbox.account_links))
        return found[0] if found else None

    async def _assignee(self, member_id: str | None) -> str | None:
        if member_id is None:
            return None
        found = await self._find([member_id], partial(self._people.members, self._inbox.members))
        return found[0].label if found else "a colleague"

    async def _labels(self, card: Card) -> tuple[str, list[str]]:
        """The names of the person's status and tags, as far as Inbox tells them."""
        person = card.thread.person
        if person is None or not (person.status_id or person.tag_ids):
            return "", []
        status = await self._find([person.status_id], partial(self._people.statuses, self._inbox.statuses))
        tags = await self._find(person.tag_ids, partial(self._people.tags, self._inbox.tags))
        return next((one.name for one in status), ""), [one.name for one in tags]

    async def _find(self, wanted: Iterable[str | None], load: Callable[..., Awaitable[list[Item]]]) -> list[Item]:
        """Those of `load`'s with an id in `wanted`, in that order; asked for anew before one is left out."""
        ids = [one for one in wanted if one]
        known: dict[str, Item] = {}
        try:
            async with asyncio.timeout(NAMES_WITHIN):
                for fresh in (False, True):
                    if not known.keys() >= set(ids):
                        known = {one.id: one for one in await load(fresh=fresh)}
        except (InboxError, TimeoutError) as error:  # a card without names is better than no card
            if isinstance(error, VersionEnded):
                _UNNAMED.set(True)
        return [known[one] for one in ids if one in known]


def named_later(thread_id: str) -> list[Job]:
    """A card that was drawn without names, as an API version has ended, is looked at until the other one tells them."""
    return [Recheck(thread_id=thread_id)] if _UNNAMED.get() else []


def _name(card: Card) -> str:
    return card.thread.person.label if card.thread.person else "Someone"
